"""Print the scores of one file of vectors."""

from __future__ import annotations

import argparse

from embed.cli.notices import report_ngrams
from embed.cli.scores import add_evaluation, evaluation_settings, print_report
from embed.cli.vector_flags import add_vectors, reading_options
from embed.cli.writing import check_inputs

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, the test sets and the protocol."""
    add_vectors(parser, show_all=show_all)
    add_evaluation(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the scores of one file of vectors."""
    from embed import formats
    from embed.eval import evaluate

    check_inputs(arguments.vectors, *arguments.sets)
    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    report_ngrams(vectors)
    settings = evaluation_settings(arguments)
    print_report(evaluate(vectors, arguments.sets or None, name=arguments.vectors, **settings), arguments)
