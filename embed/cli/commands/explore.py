"""Open a local page that answers questions about vectors."""

from __future__ import annotations

import argparse
import signal
import sys

from embed.checkpoints.signals import Interrupted
from embed.cli.argument_types import positive
from embed.cli.parser import PROGRAM
from embed.cli.vector_flags import VECTORS_HELP, add_reading, reading_options
from embed.cli.writing import check_inputs
from embed.messages import printable

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, and where to serve the page."""
    parser.usage = f"{PROGRAM} explore VECTORS [MORE ...] [flags]"
    parser.add_argument(
        "vectors", nargs="+", metavar="VECTORS", help=f"{VECTORS_HELP}; labels after their model of documents"
    )
    parser.add_argument(
        "--port",
        type=positive,
        default=0,
        metavar="N",
        help="port of the page on this computer (default: a free one)",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")
    add_reading(parser, show_all=show_all)


def run(arguments: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C."""
    check_inputs(*arguments.vectors)

    from embed.pages.explore import serve

    def opened(address: str) -> None:
        names = ", ".join(arguments.vectors)
        print(printable(f"{names}: {address} (Ctrl-C ends the page)"), file=sys.stderr, flush=True)
        if not arguments.no_browser:
            import webbrowser

            webbrowser.open(address)

    try:
        serve(arguments.vectors, port=arguments.port, opened=opened, reading=reading_options(arguments))
    except Interrupted as stop:
        if stop.number != signal.SIGINT:
            raise
        print("the page has ended", file=sys.stderr)
