"""Choose who is shown the progress of a run: a terminal, a notebook, a log."""

from __future__ import annotations

import sys
from typing import TextIO

from embed.config.run import RunOptions
from embed.training.progress import Progress, Sink
from embed.training.progress_bars import NotebookBar, TerminalBar, notebook
from embed.training.progress_lines import JsonLines, Lines, Logged, is_logged

__all__ = ["progress_of", "showing"]


def showing(show: bool | None) -> Progress:
    """Return a progress that is shown on standard error, in the notebook, or nowhere; see `RunOptions.progress`."""
    return Progress(*_shown(show))


def progress_of(options: RunOptions) -> Progress:
    """Return the progress of a run with these options, which is logged, too; raises FormatError as `JsonLines` does."""
    sinks = [*_shown(options.progress), Logged()]
    if options.log_json is not None:
        sinks.append(JsonLines(options.log_json, appends=options.resume is not None))
    return Progress(*sinks)


def _shown(show: bool | None) -> list[Sink]:
    stream = sys.stderr
    if show is False or stream is None:
        return []
    is_terminal = _is_terminal(stream)
    if not is_terminal and (display := notebook()) is not None:
        return [NotebookBar(display)]
    if show or is_terminal:
        return [TerminalBar(stream)]
    return [] if is_logged() else [Lines(stream)]


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (OSError, ValueError):  # ValueError: the file has been closed
        return False
