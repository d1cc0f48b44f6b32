"""Print or draw the losses of runs by epoch, as text, JSON or a chart."""

from __future__ import annotations

import argparse
import sys

from embed.cli.output import print_json
from embed.cli.writing import check_inputs, check_vector_output
from embed.errors import ConfigError
from embed.messages import tsv_field

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the runs, and the form of their curves."""
    parser.description = f"{parser.description} Without --out, print one line an epoch."
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run card (OUT.json), a model, or a checkpoint")
    parser.add_argument("-o", "--out", metavar="CHART", help="draw a chart: .svg .png .pdf (the extra plot)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the losses of the runs, or draw them."""
    from embed.training.learning_curves import draw_curves, read_curve, table

    if arguments.out is not None and arguments.json:
        raise ConfigError("--out and --json exclude each other; give only one")
    check_inputs(*arguments.runs)
    if arguments.out is not None:
        check_vector_output(arguments.out, None, arguments.runs)
    curves = [read_curve(run) for run in arguments.runs]
    if arguments.out is not None:
        draw_curves(curves, arguments.out)
    elif arguments.json:
        print_json([{"run": each.name, "epochs": [vars(record) for record in each.records]} for each in curves])
    else:
        sys.stdout.writelines("\t".join(map(tsv_field, row)) + "\n" for row in table(curves))
