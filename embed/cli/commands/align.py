"""Turn vectors into the space of others, and print how often a held-out word finds its partner."""

from __future__ import annotations

import argparse

from embed.cli.argument_types import positive
from embed.cli.output import print_json, print_message
from embed.cli.vector_flags import VECTORS_HELP, add_reading, reading_options
from embed.cli.writing import check_inputs, check_vector_output
from embed.config.alignment import TOP

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both files, the pairs of words, and the output."""
    parser.description = f"{parser.description} The turn keeps all lengths and angles."
    parser.add_argument("vectors", metavar="A", help=VECTORS_HELP)
    parser.add_argument("other", metavar="B", help="vectors in the space that A is turned into")
    add_reading(parser, show_all=show_all)
    parser.add_argument("-o", "--output", metavar="OUT", help="write A in the space of B to this file")
    parser.add_argument(
        "--dictionary", metavar="FILE", help="a word of A and its partner in B a line (default: the words of both)"
    )
    parser.add_argument(
        "--top", type=positive, default=TOP, metavar="N", help="the N most frequent words of both [%(default)s]"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the draw of held-out words [1]")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> None:
    """Align the vectors, print the precision, and write them."""
    from embed import formats
    from embed.vectors.alignment import align

    check_inputs(arguments.vectors, arguments.other, arguments.dictionary)
    if arguments.output is not None:
        form = formats.FORMATS[formats.format_of(arguments.output)]
        inputs = [path for path in (arguments.vectors, arguments.other, arguments.dictionary) if path is not None]
        check_vector_output(arguments.output, form, inputs)
    a, b = (formats.load(path, **reading_options(arguments)) for path in (arguments.vectors, arguments.other))
    found = align(a, b, arguments.dictionary, top=arguments.top, seed=arguments.seed)
    if arguments.output is not None:
        formats.save(found.vectors, arguments.output)
    if arguments.json:
        facts = {"pairs": found.pairs, "unknown": found.unknown, "tested": found.tested, "searched": found.searched}
        print_json({**facts, "precision": [each._asdict() for each in found.precision]})
        return
    if found.unknown:
        print_message(f"{found.unknown:,} pairs have a word without a vector")
    if not found.precision:
        print(f"{found.pairs:,} pairs, too few to hold out some")
        return
    print(f"{found.pairs:,} pairs; {found.tested:,} held out, among {found.searched:,} words")
    print(found.table())
