"""Print the neighbours of words."""

from __future__ import annotations

import argparse

from embed.cli.questions import add_questions, add_ranking, answer_all, load_answering, ranking, restrictions

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, the words, and which neighbours to print."""
    parser.description = f"{parser.description} Unknown words work too, if the vectors have n-grams."
    add_questions(parser, "word", show_all=show_all)
    add_ranking(parser, "cosine")


def run(arguments: argparse.Namespace) -> int:
    """Print the neighbours of each word."""
    words, vectors = load_answering(arguments)
    limits = restrictions(arguments, words)
    return answer_all(arguments, words, lambda asked: ranking(vectors.nearest(asked[0], **limits), "nearest", "cosine"))
