"""Print the answers to an analogy question."""

from __future__ import annotations

import argparse

from embed.cli.parser import reading_options
from embed.cli.told import tell_of_composed
from embed.messages import tsv_field

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Print the answers to one analogy question."""
    from embed import formats

    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    tell_of_composed(vectors, (arguments.a, arguments.b, arguments.c))
    answers = vectors.analogy(
        arguments.a, arguments.b, arguments.c, n=arguments.n, method=arguments.method, top=arguments.top
    )
    for word, score in answers:
        print(tsv_field(word), f"{score:.4f}", sep="\t")
