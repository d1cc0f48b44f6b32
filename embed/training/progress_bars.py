"""Draw the progress of a run as a bar that is redrawn in its place: on a terminal, or below a cell of a notebook."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from tqdm import tqdm

from embed.markup import escaped, line, panel, progress_bar
from embed.messages import printable
from embed.training.progress import Event, State

__all__ = ["NotebookBar", "TerminalBar", "notebook"]

_REDRAW_SECONDS = 0.2
_CELL_REDRAW_SECONDS = 0.5
"""Each redrawing is a message to the browser."""


class _Bar(tqdm):  # type: ignore[type-arg]  # a subscript is an error when the module runs
    monitor_interval = 0  # no monitoring thread: the bar checks the clock at each update


class TerminalBar:
    """Tokens done, tokens per second, remaining time, loss and learning rate; a :class:`embed.training.progress.Sink`.

    Parameters
    ----------
    stream : text file
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: _Bar | None = None
        self._is_broken = False

    def show(self, state: State) -> None:
        """Draw the bar, now and then."""
        with self._drawing():
            if self._bar is None:
                self._bar = _Bar(
                    total=state.total,
                    initial=state.first,
                    desc=state.label,
                    unit="tok",
                    unit_scale=True,
                    mininterval=_REDRAW_SECONDS,
                    miniters=0,
                    dynamic_ncols=True,
                    file=self._stream,
                )
            figures = {"loss": state.loss, "lr": state.lr}
            self._bar.set_description_str(state.label, refresh=False)
            self._bar.set_postfix(
                {name: f"{value:.4g}" for name, value in figures.items() if value is not None}, refresh=False
            )
            self._bar.update(state.tokens - self._bar.n)

    def note(self, event: Event) -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Draw the bar for the last time."""
        with self._drawing():
            if self._bar is not None:
                self._bar.close()
            self._bar = None

    close = finish

    @contextlib.contextmanager
    def _drawing(self) -> Iterator[None]:
        if self._is_broken:
            return
        try:
            yield
        except (OSError, ValueError):  # ValueError: the file has been closed
            self._is_broken = True
            if self._bar is not None:
                self._bar.disable = True
            self._bar = None


class NotebookBar:
    """A bar below the cell, with what the run decided; a :class:`embed.training.progress.Sink`.

    It is plain HTML that the kernel replaces, and text where HTML is not shown: no library of widgets is needed.

    Parameters
    ----------
    display : callable
        IPython's function of this name.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None
        self._replicate = self._decided = self._state = ""
        self._share: float | None = None
        self._due = 0.0

    def show(self, state: State) -> None:
        """Redraw the bar, now and then."""
        self._state, self._share = state.line(), state.share
        if state.elapsed >= self._due:
            self._due = state.elapsed + _CELL_REDRAW_SECONDS
            self._draw()

    def note(self, event: Event) -> None:
        """Show which replicate is trained, what the training decided, and how it ended."""
        if event.name == "replicate":
            self._replicate = printable(event.sentence)
        elif event.name == "training":
            self._decided = printable(event.sentence)
            self._draw()
        elif event.name == "end":
            self._state = printable(event.sentence)
            if event.facts["outcome"] == "done":
                self._share = 1.0
            self._draw()

    def finish(self) -> None:
        """Leave the bar."""

    close = finish

    def _draw(self) -> None:
        texts = [text for text in (self._replicate, self._decided, self._state) if text]
        html = panel(*(line(escaped(text)) for text in texts), progress_bar(self._share))
        data = {"text/plain": "\n".join(texts), "text/html": html}
        if self._handle is None:
            self._handle = self._display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def notebook() -> Any | None:
    """Return what displays below a cell, if this process is the kernel of a notebook; otherwise None."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is None:
        return None
    return importlib.import_module("IPython.display").display
