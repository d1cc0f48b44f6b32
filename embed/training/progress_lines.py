"""Write the progress of a run as lines: to standard error, to the logger ``embed``, or as JSON to a file.

A line comes every ten seconds in the first two minutes of a run, then every minute.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

from embed.errors import advise
from embed.files.json_text import json_line, parse_json
from embed.files.line_log import LineLog
from embed.messages import printable
from embed.training.progress import Event, Pace, State

__all__ = ["JsonLines", "Lines", "Logged", "is_logged", "is_own_log"]

LOGGER = logging.getLogger("embed")
LOGGER.addHandler(logging.NullHandler())  # the program decides what is logged, and where

_PROGRAM = "train-embeddings"
_LONGEST_START = 1 << 14


class Lines:
    """Plain lines; a :class:`embed.training.progress.Sink`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._pace = stream, Pace()

    def show(self, state: State) -> None:
        """Write a line if one is due."""
        if self._pace.is_due(state.elapsed):
            with suppress(OSError, ValueError):  # ValueError: the file has been closed
                self._stream.write(f"{state.line()}\n")
                self._stream.flush()

    def note(self, event: Event) -> None:
        """Write nothing."""

    def finish(self) -> None:
        """Write nothing."""

    close = finish


class Logged:
    """Messages at INFO of the logger ``embed``; a :class:`embed.training.progress.Sink`."""

    def __init__(self) -> None:
        self._pace = Pace()

    def show(self, state: State) -> None:
        """Log a line if one is due."""
        if self._pace.is_due(state.elapsed):
            LOGGER.info("%s", state.line())

    def note(self, event: Event) -> None:
        """Log what has happened."""
        LOGGER.info("%s", printable(event.sentence))

    def finish(self) -> None:
        """Log nothing."""

    close = finish


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class JsonLines:
    """A JSON object a line in a file; a :class:`embed.training.progress.Sink`.

    Parameters
    ----------
    path : path
    appends : bool
        Add to the file, as a run does that resumes another one; otherwise replace it.
    now : callable
        Returns the time.

    Raises
    ------
    FormatError
        The file cannot be written. Later failures warn, and end the log alone.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, appends: bool = False, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._now = now
        self._pace = Pace()
        self._log: LineLog | None = LineLog(path, appends=appends)

    def show(self, state: State) -> None:
        """Write an object if one is due."""
        if not self._pace.is_due(state.elapsed):
            return
        facts = {
            "epoch": state.epoch,
            "epochs": state.epochs,
            "tokens": state.tokens,
            "share": state.share,
            "tokens_per_s": state.tokens_per_second,
            "loss": state.loss,
            "lr": state.lr,
            "seconds_left": state.seconds_left,
        }
        is_training = state.epoch is not None
        self._write("progress" if is_training else state.activity, facts if is_training else _known(facts), state)

    def note(self, event: Event) -> None:
        """Write what has happened."""
        program = {"program": _PROGRAM} if event.name == "start" else {}
        self._write(event.name, {**program, **event.facts}, event)

    def finish(self) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Close the file."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def _write(self, name: str, facts: dict[str, Any], of: State | Event) -> None:
        if self._log is None:
            return
        time = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self._log.write(json_line({"time": time, "event": name, "elapsed": round(of.elapsed, 3), **facts}))
        except OSError as error:
            failed = self._log
            self.close()
            advise(f"{failed.path}: cannot write the log: {error.strerror or error}; the run continues without it")


def is_logged() -> bool:
    """Return whether somebody reads the messages of the logger ``embed`` at INFO."""
    if not LOGGER.isEnabledFor(logging.INFO):
        return False
    logger: logging.Logger | None = LOGGER
    while logger is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def is_own_log(path: str) -> bool:
    """Return whether a file is empty or begins as `JsonLines` does."""
    try:
        with open(path, "rb") as file:
            start = file.readline(_LONGEST_START)
        if not start:
            return True
        first = parse_json(start)
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and first.get("event") == "start" and first.get("program") == _PROGRAM


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
