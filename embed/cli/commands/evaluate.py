"""Print the scores of one file of vectors."""

from __future__ import annotations

import argparse

from embed.cli.notices import report_ngrams
from embed.cli.scores import add_evaluation, evaluation_settings, input_files, print_report, task_of
from embed.cli.vector_flags import add_vectors, reading_options
from embed.cli.writing import check_inputs

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, the test sets and the protocol."""
    add_vectors(parser, show_all=show_all)
    add_evaluation(parser, show_all=show_all)


def run(arguments: argparse.Namespace) -> None:
    """Print the scores of one file of vectors."""
    from embed import formats
    from embed.eval import evaluate, evaluate_task

    check_inputs(arguments.vectors, *arguments.sets)
    task = task_of(arguments)
    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    report_ngrams(vectors)
    if task is None:
        report = evaluate(vectors, name=arguments.vectors, **evaluation_settings(arguments))
    else:
        report = evaluate_task(vectors, task, input_files(arguments), name=arguments.vectors)
    print_report(report, arguments)
