"""Print the vectors of words."""

from __future__ import annotations

import argparse

from embed.cli.questions import Answer, add_questions, answer_all, load_vectors

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors and the words."""
    parser.description = f"{parser.description} Every number is the shortest decimal that means the same float32."
    add_questions(parser, "word", show_all=show_all)


def run(arguments: argparse.Namespace) -> int:
    """Print the vector of each word."""
    from embed.formats.word2vec_text import format_lines

    vectors = load_vectors(arguments)

    def answer(asked: tuple[str, ...]) -> Answer:
        numbers = format_lines([b""], vectors.vector(asked[0])[None]).decode().split()
        return Answer([tuple(numbers)], {"vector": [float(number) for number in numbers]})

    return answer_all(arguments, vectors, answer)
