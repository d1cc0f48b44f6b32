"""Print how well a classifier predicts the labels of the lines of a text."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from embed.cli.classifier_flags import MODEL_HELP, add_prediction
from embed.cli.output import print_json
from embed.cli.parser import PROGRAM

if TYPE_CHECKING:
    from embed.vectors.classifier import Classifier, Tested

__all__ = ["add_arguments", "run"]

_NAMES = ("precision", "recall", "f1")


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the classifier, the lines, and which labels to predict."""
    parser.usage = f"{PROGRAM} classify test MODEL TEXT [flags]"
    parser.description = "Print the lines that have labels and words, and precision, recall and F1 of the labels."
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("text", metavar="TEXT", help="a line for each example: its labels and its words; -")
    add_prediction(parser)
    parser.add_argument("--labels", action="store_true", help="print those of each label, too")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> None:
    """Predict the lines, and compare."""
    from embed.cli.writing import check_inputs
    from embed.files.inputs import Input
    from embed.formats.fasttext_classifier import read_classifier
    from embed.messages import tsv_field

    check_inputs(arguments.model, arguments.text)
    classifier = read_classifier(arguments.model)
    tested = classifier.test(Input(arguments.text).contents(), arguments.k, arguments.threshold)
    if arguments.json:
        print_json(_facts(classifier, tested, of_labels=arguments.labels))
        return
    print(f"lines\t{len(tested.lines)}")
    for name, value in zip(_NAMES, tested.scores(), strict=True):
        print(f"{name}\t{_shown(value)}")
    if arguments.labels:
        print("\t".join(("label", *_NAMES)))
        for number, label in enumerate(classifier.labels):
            print("\t".join((tsv_field(label), *map(_shown, tested.scores(number)))))


def _facts(classifier: Classifier, tested: Tested, *, of_labels: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {"lines": len(tested.lines), **_scores(tested)}
    if of_labels:
        facts["labels"] = [{"label": label, **_scores(tested, row)} for row, label in enumerate(classifier.labels)]
    return facts


def _scores(tested: Tested, label: int | None = None) -> dict[str, float | None]:
    found = zip(_NAMES, tested.scores(label), strict=True)
    return {name: None if math.isnan(value) else round(value, 4) for name, value in found}


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"
