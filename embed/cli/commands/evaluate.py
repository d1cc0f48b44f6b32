"""Print the scores of one file of vectors."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from embed.cli.notices import report_ngrams
from embed.cli.parser import PROGRAM
from embed.cli.scores import (
    add_evaluation,
    evaluation_settings,
    input_files,
    print_report,
    refuse_protocol,
    task_of,
)
from embed.cli.vector_flags import add_vectors, reading_options
from embed.cli.writing import check_inputs
from embed.errors import ConfigError

if TYPE_CHECKING:
    from embed.eval import SenseReport

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, the test sets and the protocol."""
    parser.usage = f"{PROGRAM} evaluate VECTORS [SET ...] [flags]"
    add_vectors(parser, show_all=show_all)
    add_evaluation(parser, show_all=show_all)
    parser.add_argument(
        "--senses", action="store_true", help="score senses: each SET is a folder of induction sets, or a file of SCWS"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the scores of one file of vectors."""
    from embed import formats
    from embed.eval import evaluate, evaluate_task

    check_inputs(arguments.vectors, *arguments.sets)
    if arguments.senses:
        print_report(_of_senses(arguments), arguments)
        return
    task = task_of(arguments)
    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    report_ngrams(vectors)
    if task is None:
        report = evaluate(vectors, name=arguments.vectors, **evaluation_settings(arguments))
    else:
        report = evaluate_task(vectors, task, input_files(arguments), name=arguments.vectors)
    print_report(report, arguments)


def _of_senses(arguments: argparse.Namespace) -> SenseReport:
    """Score the senses of a model.

    Raises
    ------
    ConfigError
        There is no set, or a flag that does not apply to senses.
    """
    import os

    from embed.eval import (
        InductionSet,
        SenseReport,
        evaluate_scws,
        evaluate_sense_induction,
        load_induction_sets,
        load_scws,
    )
    from embed.senses import SenseVectors

    refuse_protocol(arguments, "--senses")
    paths = input_files(arguments)
    if not paths:
        raise ConfigError("--senses needs sets: name folders of induction sets, or files of SCWS")
    tests = [
        test for path in paths for test in (load_induction_sets(path) if os.path.isdir(path) else [load_scws(path)])
    ]
    model = SenseVectors.load(arguments.vectors)
    results = [
        evaluate_sense_induction(model.disambiguate_word, test)
        if isinstance(test, InductionSet)
        else evaluate_scws(model.similarities, test)
        for test in tests
    ]
    return SenseReport(arguments.vectors, tuple(results))
