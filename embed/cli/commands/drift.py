"""Print how far words have moved between two slices of time, with intervals."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from embed.cli.argument_types import positive, word
from embed.cli.output import print_json_line, print_message
from embed.cli.parser import PROGRAM
from embed.cli.vector_flags import add_reading, reading_options
from embed.cli.writing import check_inputs
from embed.messages import tsv_field

if TYPE_CHECKING:
    from embed.vectors.replicates import Replicates
    from embed.vectors.word_vectors import WordVectors

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both slices and the words."""
    parser.usage = f"{PROGRAM} drift A B [WORD ...] [flags]"
    parser.description = f"{parser.description} Columns: word, drift, low, high; 0 is no change."
    parser.add_argument("first", metavar="A", help="a folder of replicates, or vectors, which have no intervals")
    parser.add_argument("second", metavar="B", help="the same of another slice")
    parser.add_argument("words", nargs="*", type=word, metavar="WORD", help="default: those that moved the farthest")
    add_reading(parser, show_all=show_all)
    parser.add_argument("-n", type=positive, default=20, metavar="N", help="how many to print (default: %(default)s)")
    parser.add_argument("--top", type=positive, metavar="N", help="only the N most frequent words of both")
    parser.add_argument(
        "--same-space", action="store_true", help="the output vectors were frozen (--freeze outputs): turn nothing"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object for each word, one a line")


def run(arguments: argparse.Namespace) -> int:
    """Print the drift of words."""
    from embed.errors import MissingWordError
    from embed.vectors.drift import drift

    check_inputs(arguments.first, arguments.second)
    a, b = (_slice(path, arguments) for path in (arguments.first, arguments.second))
    asked = arguments.words or None
    found = drift(a, b, asked, top=arguments.top, same_space=arguments.same_space)
    for one in found if asked else found[: arguments.n]:
        ends = {} if math.isnan(one.low) else {"low": round(one.low, 4), "high": round(one.high, 4)}
        if arguments.json:
            print_json_line({"word": one.word, "drift": round(one.value, 4), **ends})
        else:
            print(tsv_field(one.word), f"{one.value:.4f}", *(f"{end:.4f}" for end in ends.values()), sep="\t")
    left_out = [one for one in dict.fromkeys(arguments.words) if all(one != each.word for each in found)]
    for one in left_out:
        print_message(f"{one!r:.60} is not a word of both slices")
    return MissingWordError.exit_code if left_out else 0


def _slice(path: str, arguments: argparse.Namespace) -> Replicates | WordVectors:
    from embed import formats
    from embed.formats.replicates import are_replicates, load_replicates

    return load_replicates(path) if are_replicates(path) else formats.load(path, **reading_options(arguments))
