"""Print the cosine of the angle between two words."""

from __future__ import annotations

import argparse

from embed.cli.parser import PROGRAM
from embed.cli.questions import add_questions, answer_all, estimate, load_answering

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors and the words."""
    parser.usage = f"{PROGRAM} similarity VECTORS [A B ...] [flags]"
    add_questions(parser, "a", "b", show_all=show_all)


def run(arguments: argparse.Namespace) -> int:
    """Print the cosine of each pair of words."""
    words, vectors = load_answering(arguments)
    return answer_all(arguments, words, lambda asked: estimate(vectors.similarity(*asked), "cosine"))
