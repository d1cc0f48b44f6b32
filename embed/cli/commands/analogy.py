"""Print the answers to an analogy question."""

from __future__ import annotations

import argparse

from embed.choices import ANALOGY_METHODS
from embed.cli.argument_types import word
from embed.cli.notices import report_composed
from embed.cli.vector_flags import add_ranking, add_vectors, reading_options
from embed.messages import tsv_field

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors and the three words."""
    add_vectors(parser, show_all=show_all)
    for name in ("a", "b", "c"):
        parser.add_argument(name, type=word, metavar=name.upper())
    parser.add_argument("--method", choices=ANALOGY_METHODS, default=ANALOGY_METHODS[0], help="default: %(default)s")
    add_ranking(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the answers to one analogy question."""
    from embed import formats

    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    report_composed(vectors, (arguments.a, arguments.b, arguments.c))
    answers = vectors.analogy(
        arguments.a, arguments.b, arguments.c, n=arguments.n, method=arguments.method, top=arguments.top
    )
    for answer, score in answers:
        print(tsv_field(answer), f"{score:.4f}", sep="\t")
