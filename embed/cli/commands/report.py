"""Write a page about models."""

from __future__ import annotations

import argparse
import os
import sys

from embed.cli.argument_types import positive
from embed.cli.parser import PROGRAM
from embed.cli.vector_flags import VECTORS_HELP, add_reading, reading_options
from embed.cli.writing import check_inputs, check_vector_output
from embed.errors import ConfigError
from embed.messages import printable

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the models, the page, and what it shows."""
    parser.usage = f"{PROGRAM} report MODEL [MODEL ...] -o PAGE [flags]"
    parser.add_argument("models", nargs="+", metavar="MODEL", help=VECTORS_HELP)
    parser.add_argument("-o", "--output", required=True, metavar="PAGE", help="the page, one file of HTML")
    parser.add_argument("--sets", metavar="DIR", help="score each test file in a folder (default: the usual sets)")
    parser.add_argument("--no-scores", action="store_true", help="score nothing")
    parser.add_argument("--no-map", action="store_true", help="draw no map, which takes the longest")
    parser.add_argument(
        "--words", type=positive, default=20_000, metavar="N", help="words to ask the page about (default: 20000)"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_reading(parser, show_all=show_all)


def run(arguments: argparse.Namespace) -> None:
    """Write a page about models."""
    if arguments.sets is not None and arguments.no_scores:
        raise ConfigError("--sets and --no-scores exclude each other; give only one")
    check_inputs(*arguments.models)
    check_vector_output(arguments.output, None, arguments.models)

    from tqdm import tqdm

    from embed.eval import load_folder
    from embed.pages.report import report

    sets = None if arguments.sets is None else load_folder(arguments.sets, None)
    shown = {} if not arguments.no_map else {"map_words": 0}
    bar = tqdm(total=100, desc="report", bar_format="{desc} {bar} {n:.0f} %", disable=arguments.quiet or None)

    def show(share: float) -> None:
        bar.update(100 * share - bar.n)

    with bar:
        report(
            arguments.models,
            arguments.output,
            sets=() if arguments.no_scores else sets,
            words=arguments.words,
            progress=show,
            **shown,
            **reading_options(arguments),
        )
    if not arguments.quiet:
        size = os.path.getsize(arguments.output) / 1e6 if os.path.isfile(arguments.output) else 0.0
        print(printable(f"{arguments.output}: {size:.1f} MB, open it in a browser"), file=sys.stderr)
