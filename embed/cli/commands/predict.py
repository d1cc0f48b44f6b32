"""Print the labels of each line of a text, by a classifier of fastText.

A line of the text is a line of the output, which is empty if no label has the threshold, so that ``paste`` joins them.
"""

from __future__ import annotations

import argparse

from embed.cli.classifier_flags import MODEL_HELP, add_prediction
from embed.cli.output import print_json_line
from embed.cli.parser import PROGRAM

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the classifier, the text, and which labels to print."""
    parser.usage = f"{PROGRAM} predict MODEL [FILE] [flags]"
    parser.description = f"{parser.description} An invalid byte of the text counts as U+FFFD."
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("text", nargs="?", default="-", metavar="FILE", help="one text a line (default: -)")
    add_prediction(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON object for each text, one a line")


def run(arguments: argparse.Namespace) -> None:
    """Print the labels of each line."""
    from embed.cli.writing import check_inputs
    from embed.corpora.text import text_lines
    from embed.files.inputs import Input
    from embed.formats.fasttext_classifier import read_classifier
    from embed.messages import tsv_field

    check_inputs(arguments.model, arguments.text)
    classifier = read_classifier(arguments.model)
    names = [tsv_field(label) for label in classifier.labels]
    with Input(arguments.text).open() as stream:
        lines = (line.encode() for line in text_lines(stream, "replace"))
        for batch in classifier.batches(lines, arguments.k, arguments.threshold):
            rows = zip(batch.counts.tolist(), batch.labels.tolist(), batch.probabilities.tolist(), strict=True)
            for count, labels, shares in rows:
                found = list(zip(labels[:count], shares[:count], strict=True))
                if arguments.json:
                    listed = [
                        {"label": classifier.labels[label], "probability": round(share, 4)} for label, share in found
                    ]
                    print_json_line({"labels": listed})
                else:
                    print("\t".join(f"{names[label]}\t{share:.4f}" for label, share in found))
