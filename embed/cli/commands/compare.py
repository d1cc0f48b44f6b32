"""Print the scores of two files of vectors, with intervals and p-values of their differences."""

from __future__ import annotations

import argparse

from embed.cli.notices import report_ngrams
from embed.cli.scores import add_evaluation, evaluation_settings, input_files, print_report, task_of
from embed.cli.vector_flags import add_vectors, reading_options
from embed.cli.writing import check_inputs

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both files of vectors, the test sets and the protocol."""
    add_vectors(parser, "first", "second", show_all=show_all)
    add_evaluation(parser, show_all=show_all)


def run(arguments: argparse.Namespace) -> None:
    """Print the scores of two files of vectors, with intervals and p-values of their differences."""
    from embed import formats
    from embed.eval import compare, compare_tasks
    from embed.formats.replicates import are_replicates, load_replicates

    check_inputs(arguments.first, arguments.second, *arguments.sets)
    task = task_of(arguments)
    names = (arguments.first, arguments.second)
    if task is None:
        models = [
            load_replicates(path) if are_replicates(path) else [formats.load(path, **reading_options(arguments))]
            for path in names
        ]
        report_ngrams(*(model[0] for model in models))
        report = compare(models[0], models[1], names=names, **evaluation_settings(arguments))
    else:
        first, second = (formats.load(path, **reading_options(arguments)) for path in names)
        report_ngrams(first, second)
        report = compare_tasks(first, second, task, input_files(arguments), names=names)
    print_report(report, arguments)
