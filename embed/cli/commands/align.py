"""Turn vectors into the space of others; print how often held-out words find their partners, or partners of words."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from embed.choices import PARTNER_MEASURES
from embed.cli.argument_types import positive, word
from embed.cli.output import print_json, print_json_line, print_message
from embed.cli.parser import PROGRAM
from embed.cli.vector_flags import VECTORS_HELP, add_reading, reading_options
from embed.cli.writing import check_inputs, check_vector_output
from embed.config.alignment import TOP
from embed.messages import tsv_field

if TYPE_CHECKING:
    from embed.vectors.alignment import Alignment

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both files, the words, the pairs of words, and the output."""
    parser.usage = f"{PROGRAM} align A B [WORD ...] [flags]"
    parser.description = f"{parser.description} It keeps all angles."
    parser.add_argument("vectors", metavar="A", help=VECTORS_HELP)
    parser.add_argument("other", metavar="B", help="vectors in the space that A is turned into")
    parser.add_argument("words", nargs="*", type=word, metavar="WORD", help="print the partners of these words of A")
    add_reading(parser, show_all=show_all)
    parser.add_argument("-o", "--output", metavar="OUT", help="write A in the space of B to this file")
    parser.add_argument("--dictionary", metavar="FILE", help="pairs, one a line (default: the words of both)")
    parser.add_argument("--test", metavar="FILE", help="pairs to measure with (default: held out)")
    parser.add_argument("--refine", type=int, default=0, metavar="N", help="fit N times more, to pairs that it finds")
    parser.add_argument(
        "--top", type=positive, default=TOP, metavar="N", help="the N most frequent words of both [%(default)s]"
    )
    parser.add_argument("-n", type=positive, default=5, metavar="N", help="partners of a word [%(default)s]")
    parser.add_argument(
        "--measure", choices=PARTNER_MEASURES, default=PARTNER_MEASURES[0], help="of partners [%(default)s]"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the draw of held-out words [1]")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Align the vectors, print the precision or partners, and write them."""
    from embed import formats
    from embed.vectors.alignment import align

    named = (arguments.vectors, arguments.other, arguments.dictionary, arguments.test)
    inputs = [path for path in named if path is not None]
    check_inputs(*inputs)
    if arguments.output is not None:
        form = formats.FORMATS[formats.format_of(arguments.output)]
        check_vector_output(arguments.output, form, inputs)
    a, b = (formats.load(path, **reading_options(arguments)) for path in (arguments.vectors, arguments.other))
    settings = {name: getattr(arguments, name) for name in ("test", "refine", "top", "seed")}
    found = align(a, b, arguments.dictionary, **settings)
    if arguments.output is not None:
        formats.save(found.vectors, arguments.output)
    if arguments.words:
        return _print_partners(found, arguments)
    _print_precision(found, is_tested=arguments.test is not None, as_json=arguments.json)
    return 0


def _print_precision(found: Alignment, *, is_tested: bool, as_json: bool) -> None:
    if as_json:
        facts = {"pairs": found.pairs, "unknown": found.unknown, "tested": found.tested, "searched": found.searched}
        print_json({**facts, "precision": [each._asdict() for each in found.precision]})
        return
    if found.unknown:
        print_message(f"pairs left out: {found.unknown:,}, because {_why_left_out(is_tested)}")
    if not found.precision:
        print(f"{found.pairs:,} pairs, too few to hold out some")
        return
    print(f"{found.pairs:,} pairs; {found.tested:,} held out, among {found.searched:,} words")
    print(found.table())


def _why_left_out(is_tested: bool) -> str:
    return "a word has no vector" + (", or is to be tested and not frequent enough (--top)" if is_tested else "")


def _print_partners(found: Alignment, arguments: argparse.Namespace) -> int:
    """Print a line for each partner of each word: word, partner, score."""
    from embed.errors import MissingWordError

    code = 0
    for asked in arguments.words:
        try:
            partners = found.partners(asked, arguments.n, measure=arguments.measure)
        except MissingWordError as error:
            print_message(str(error))
            code = error.exit_code
            continue
        if arguments.json:
            listed = [{"word": partner, "score": round(score, 4)} for partner, score in partners]
            print_json_line({"word": asked, "measure": arguments.measure, "partners": listed})
            continue
        for partner, score in partners:
            print(tsv_field(asked), tsv_field(partner), f"{score:.4f}", sep="\t")
    return code
