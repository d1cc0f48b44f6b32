"""Print the scores of two files of vectors, with intervals and p-values of their differences."""

from __future__ import annotations

import argparse

from embed.cli.notices import report_ngrams
from embed.cli.scores import add_evaluation, evaluation_settings, print_report
from embed.cli.vector_flags import add_vectors, reading_options
from embed.cli.writing import check_inputs

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both files of vectors, the test sets and the protocol."""
    add_vectors(parser, "first", "second", show_all=show_all)
    add_evaluation(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the scores of two files of vectors, with intervals and p-values of their differences."""
    from embed import formats
    from embed.eval import compare

    check_inputs(arguments.first, arguments.second, *arguments.sets)
    first, second = (formats.load(path, **reading_options(arguments)) for path in (arguments.first, arguments.second))
    report_ngrams(first, second)
    settings = evaluation_settings(arguments)
    names = (arguments.first, arguments.second)
    print_report(compare(first, second, arguments.sets or None, names=names, **settings), arguments)
