"""Print the cosine of the angle between two words."""

from __future__ import annotations

import argparse

from embed.cli.parser import PROGRAM
from embed.cli.questions import Answer, add_questions, answer_all, load_vectors

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors and the words."""
    parser.usage = f"{PROGRAM} similarity VECTORS [A B ...] [flags]"
    add_questions(parser, "a", "b", show_all=show_all)


def run(arguments: argparse.Namespace) -> int:
    """Print the cosine of each pair of words."""
    vectors = load_vectors(arguments)

    def answer(asked: tuple[str, ...]) -> Answer:
        cosine = vectors.similarity(*asked)
        return Answer([(f"{cosine:.4f}",)], {"cosine": round(cosine, 4)})

    return answer_all(arguments, vectors, answer)
