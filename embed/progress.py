"""What a user watches while training runs: one bar, drawn only where somebody is looking."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TextIO

from tqdm import tqdm

__all__ = ["ProgressBar"]

_REDRAW_SECONDS = 0.2


class ProgressBar:
    """Tokens done, tokens per second, remaining time, loss and learning rate.

    Parameters
    ----------
    total : int or None
        Tokens in all; None when not known, as while a corpus is being read for the first time.
    label : str
        What is being done.
    show : bool or None
        None draws on a terminal only, so that log files stay clean.
    stream : text file
        Where to draw.
    """

    def __init__(self, total: int | None, label: str, show: bool | None, stream: TextIO | None = None) -> None:
        self._bar = tqdm(
            total=total,
            desc=label,
            unit="tok",
            unit_scale=True,
            mininterval=_REDRAW_SECONDS,
            dynamic_ncols=True,
            file=stream if stream is not None else sys.stderr,
            disable=None if show is None else not show,
        )

    def advance_to(self, tokens: int) -> None:
        """Set the number of tokens done."""
        self._bar.update(tokens - self._bar.n)

    def tell(self, label: str, **figures: float) -> None:
        """Show a new label and some figures after the bar."""
        self._bar.set_description(label, refresh=False)
        self._bar.set_postfix({name: f"{value:.4g}" for name, value in figures.items()}, refresh=False)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
