"""Print the neighbours of words."""

from __future__ import annotations

import argparse

from embed.cli.argument_types import word
from embed.cli.notices import report_composed
from embed.cli.vector_flags import add_ranking, add_vectors, reading_options
from embed.messages import tsv_field

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors and the words."""
    add_vectors(parser, show_all=show_all)
    parser.add_argument(
        "words", nargs="+", type=word, metavar="WORD", help="an unknown word works too, if the vectors have n-grams"
    )
    add_ranking(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the neighbours of each word."""
    from embed import formats

    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    report_composed(vectors, arguments.words)
    for asked in arguments.words:
        for neighbour, score in vectors.nearest(asked, arguments.n, top=arguments.top):
            print(tsv_field(asked), tsv_field(neighbour), f"{score:.4f}", sep="\t")
