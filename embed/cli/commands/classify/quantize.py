"""Quantise a classifier, and write it as fastText does."""

from __future__ import annotations

import argparse
import sys

from embed.cli.classifier_flags import add_declared, given_of
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_inputs
from embed.config.classifier import QUANTISATION, TRAINING, ClassifierConfig, QuantizeConfig
from embed.errors import ConfigError
from embed.messages import printable

__all__ = ["add_arguments", "run"]

_RETRAINING = ("epochs", "lr", "label_prefix", "threads")
"""The parameters of training for the rows that a cutoff leaves."""


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare both files, and the quantisation."""
    parser.usage = f"{PROGRAM} classify quantize MODEL OUT [flags]"
    parser.description = f"{parser.description} fastText reads it. A cutoff saves most, with little loss if trained on."
    parser.add_argument("source", metavar="MODEL", help="a classifier of fastText: .bin")
    parser.add_argument("target", metavar="OUT", help="conventionally *.ftz")
    add_declared(parser, QuantizeConfig, QUANTISATION, main=QUANTISATION, show_all=False)
    parser.add_argument("--retrain", metavar="TEXT", help="after a cutoff: train the rows left on these lines")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    table = {name: TRAINING[name] for name in _RETRAINING}
    add_declared(parser, ClassifierConfig, table, main=_RETRAINING, show_all=False)


def run(arguments: argparse.Namespace) -> None:
    """Quantise a classifier."""
    config = QuantizeConfig(**given_of(arguments, QUANTISATION))
    training = ClassifierConfig(**given_of(arguments, _RETRAINING), seed=config.seed)
    if arguments.retrain is not None and not config.cutoff:
        raise ConfigError("--retrain trains the rows that a cutoff leaves: set --cutoff")
    for name in ("epochs", "lr", "label_prefix"):
        if arguments.retrain is None and hasattr(arguments, name):
            raise ConfigError(f"--{name.replace('_', '-')} is for training: name a text with --retrain")

    from embed.documents.quantizing import quantize_classifier
    from embed.files.inputs import Input
    from embed.files.outputs import Output, check_outputs
    from embed.formats import fasttext_bin
    from embed.formats.fasttext_classifier import read_file
    from embed.formats.registry import FASTTEXT, refuse_ending
    from embed.training.showing import showing

    check_inputs(arguments.source, arguments.retrain)
    refuse_ending(arguments.target, FASTTEXT)
    inputs = [path for path in (arguments.source, arguments.retrain) if path is not None]
    check_outputs([Output(arguments.target, "the classifier")], inputs)
    file = read_file(arguments.source)
    text = None if arguments.retrain is None else Input(arguments.retrain).contents()
    with showing(False if arguments.quiet else None) as progress:
        found = quantize_classifier(
            file, config, text=text, training=training, threads=training.threads, progress=progress
        )
    fasttext_bin.write(found, arguments.target)
    if not arguments.quiet:
        summary = f"{found.input.shape[0]:,} rows of words and n-grams, {found.labels:,} labels: {arguments.target}"
        print(printable(summary), file=sys.stderr)
