"""Print the answers to analogy questions."""

from __future__ import annotations

import argparse

from embed.choices import ANALOGY_METHODS
from embed.cli.parser import PROGRAM
from embed.cli.questions import add_questions, add_ranking, answer_all, load_answering, ranking, restrictions

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, the words, and which answers to print."""
    parser.usage = f"{PROGRAM} analogy VECTORS [A B C ...] [flags]"
    add_questions(parser, "a", "b", "c", show_all=show_all)
    parser.add_argument("--method", choices=ANALOGY_METHODS, default=ANALOGY_METHODS[0], help="default: %(default)s")
    add_ranking(parser, "score")


def run(arguments: argparse.Namespace) -> int:
    """Print the answers to each analogy question."""
    words, vectors = load_answering(arguments)
    limits = restrictions(arguments, words)
    return answer_all(
        arguments,
        words,
        lambda asked: ranking(vectors.analogy(*asked, method=arguments.method, **limits), "answers", "score"),
    )
