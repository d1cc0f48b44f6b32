"""Train a classifier on lines with labels, and write it as fastText does."""

from __future__ import annotations

import argparse
import sys

from embed.cli.classifier_flags import add_declared, given_of
from embed.cli.flags import HelpAll
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_inputs
from embed.config.classifier import TRAINING, ClassifierConfig
from embed.messages import printable

__all__ = ["add_arguments", "run"]

_MAIN = frozenset(("loss", "dim", "word_ngrams", "min_n", "max_n", "epochs", "lr", "min_count", "label_prefix"))
"""The parameters in the short help, which must fit a screen; --help-all shows all."""


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the lines, the classifier, and a flag for each parameter."""
    parser.usage, parser.description = f"{PROGRAM} classify train TEXT -o MODEL [flags]", None
    parser.add_argument("text", metavar="TEXT", help="a line for each example: its labels and its words; -")
    parser.add_argument("-o", "--output", metavar="MODEL", required=True, help="write the classifier: .bin")
    parser.add_argument("--vectors", metavar="FILE", help="begin with these vectors of words, in any format")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--help-all", action=HelpAll, declare=add_arguments, help="list every parameter, by group")
    add_declared(parser, ClassifierConfig, TRAINING, main=_MAIN, show_all=show_all)


def run(arguments: argparse.Namespace) -> None:
    """Train; write the classifier."""
    config = ClassifierConfig(**given_of(arguments, TRAINING))

    from embed.documents.classifier import initial_vectors, train_classifier
    from embed.files.inputs import Input
    from embed.files.outputs import Output, check_outputs
    from embed.formats import fasttext_bin
    from embed.formats.registry import FASTTEXT, refuse_ending
    from embed.training.showing import showing

    check_inputs(arguments.text, arguments.vectors)
    refuse_ending(arguments.output, FASTTEXT)
    inputs = [path for path in (arguments.text, arguments.vectors) if path is not None]
    check_outputs([Output(arguments.output, "the classifier")], inputs)
    vectors = None if arguments.vectors is None else initial_vectors(arguments.vectors, config.dim)
    with showing(False if arguments.quiet else None) as progress:
        file = train_classifier(Input(arguments.text).contents(), config, vectors=vectors, progress=progress)
    fasttext_bin.write(file, arguments.output)
    if not arguments.quiet:
        counts = f"{len(file.vocabulary):,} words, {file.labels:,} labels, {config.dim} dimensions"
        print(printable(f"{counts}: {arguments.output}"), file=sys.stderr)
