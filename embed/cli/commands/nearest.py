"""Print the neighbours of words."""

from __future__ import annotations

import argparse

from embed.cli.parser import reading_options
from embed.cli.told import tell_of_composed
from embed.messages import tsv_field

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Print the neighbours of each word."""
    from embed import formats

    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    tell_of_composed(vectors, arguments.words)
    for word in arguments.words:
        for neighbour, score in vectors.nearest(word, arguments.n, top=arguments.top):
            print(tsv_field(word), tsv_field(neighbour), f"{score:.4f}", sep="\t")
