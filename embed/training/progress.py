"""Draw a progress bar during training, on a terminal that can be written to."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import TextIO

from tqdm import tqdm

__all__ = ["ProgressBar"]

_REDRAW_SECONDS = 0.2


class _Bar(tqdm):  # type: ignore[type-arg]  # a subscript is an error when the module runs
    monitor_interval = 0  # no monitoring thread: the bar checks the clock at each update


class ProgressBar:
    """Tokens done, tokens per second, remaining time, loss and learning rate.

    A failing stream, such as a closed terminal, ends the bar and nothing else.

    Parameters
    ----------
    total : int or None
        All tokens; None if unknown, as during the first pass over a corpus.
    label : str
        The name of the activity.
    show : bool or None
        None draws on a terminal only, so that log files stay clean.
    stream : text file
        Where to draw (default: standard error, unless it is closed).
    """

    def __init__(self, total: int | None, label: str, show: bool | None, stream: TextIO | None = None) -> None:
        target = sys.stderr if stream is None else stream
        self._bar: _Bar | None = None
        if target is None or show is False:
            return
        with self._drawing():
            self._bar = _Bar(
                total=total,
                desc=label,
                unit="tok",
                unit_scale=True,
                mininterval=_REDRAW_SECONDS,
                miniters=0,
                dynamic_ncols=True,
                file=target,
                disable=None if show is None else False,
            )

    def advance_to(self, tokens: int) -> None:
        """Set the number of tokens done."""
        if self._bar is not None:
            with self._drawing():
                self._bar.update(tokens - self._bar.n)

    def describe(self, label: str, **figures: float | None) -> None:
        """Show a new label, and figures after the bar; None means not known yet."""
        if self._bar is not None:
            self._bar.set_description(label, refresh=False)
            known = {name: f"{value:.4g}" for name, value in figures.items() if value is not None}
            self._bar.set_postfix(known, refresh=False)

    @contextlib.contextmanager
    def _drawing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError):  # ValueError: the file has been closed
            if self._bar is not None:
                self._bar.disable = True
            self._bar = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            with self._drawing():
                self._bar.close()
