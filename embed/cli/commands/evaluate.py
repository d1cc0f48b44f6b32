"""Print the scores of one file of vectors."""

from __future__ import annotations

import argparse

from embed.cli.parser import reading_options
from embed.cli.scores import evaluation_settings, print_report
from embed.cli.told import tell_of_ngrams
from embed.cli.writing import check_inputs

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> None:
    """Print the scores of one file of vectors."""
    from embed import formats
    from embed.eval import evaluate

    check_inputs(arguments.vectors, *arguments.sets)
    vectors = formats.load(arguments.vectors, **reading_options(arguments))
    tell_of_ngrams(vectors)
    settings = evaluation_settings(arguments)
    print_report(evaluate(vectors, arguments.sets or None, name=arguments.vectors, **settings), arguments)
