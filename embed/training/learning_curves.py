"""Show learning curves: the losses of each epoch of one or several runs, as a table or as a chart.

A run is given by its run card, its model, or one of its checkpoints, even of a running training. Both losses of a run
have one colour, so that they are read together: a held-out loss that rises while the training loss falls shows a model
that learns its text by heart.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embed.checkpoints import checkpoint_folder
from embed.errors import ConfigError, FormatError, from_extra
from embed.files.atomic import atomic_write
from embed.files.inputs import Input
from embed.files.outputs import LARGEST_CARD
from embed.files.own_kinds import CHECKPOINT_MARK
from embed.files.records import made
from embed.formats import fasttext_bin, native
from embed.formats.reading import Start, read_start
from embed.markup import heading, panel
from embed.messages import printable
from embed.model.history import EpochRecord, epochs_in_words, history_html, losses

__all__ = ["ENDINGS", "Curve", "draw_curves", "read_curve", "table"]

ENDINGS = (".svg", ".png", ".pdf")
"""The extensions of charts, which decide the format."""
COLUMNS = ("run", "epoch", "loss", "held_out_loss", "lr", "seconds", "tokens_per_second")
_LONGEST_LABEL = 80
"""The most characters of a name in the legend."""
_WIDTH, _HEIGHT, _DPI = 8.0, 5.0, 150
"""The size of a chart in inches and, for PNG, dots per inch."""


@dataclass(frozen=True, repr=False)
class Curve:
    """The epochs of one run.

    Attributes
    ----------
    name : str
        The path given to `read_curve`.
    records : tuple of EpochRecord
        At least one.
    """

    name: str
    records: tuple[EpochRecord, ...]

    def points(self, of: str) -> tuple[list[int], list[float]]:
        """Return the epochs that have this loss ("loss" or "held_out_loss"), and the losses (nats)."""
        found = losses(self.records, of)
        return [epoch for epoch, _ in found], [loss for _, loss in found]

    def __repr__(self) -> str:
        return f"<{self._in_words()}>"

    def _repr_html_(self) -> str:
        return panel(heading(self._in_words()), history_html(self.records))

    def _in_words(self) -> str:
        return f"Curve: {printable(self.name, _LONGEST_LABEL)}, {epochs_in_words(self.records)}"


def read_curve(path: str | os.PathLike[str]) -> Curve:
    """Read the epochs of a run from its run card (JSON), model or checkpoint.

    Raises
    ------
    FormatError
        The file cannot be read, is none of these, is damaged, or holds no epoch.
    """
    source = Input.of(path, FormatError)
    name, start = source.name, read_start(source)
    if start.is_folder:
        raise FormatError(f"{name}: this is a folder: name the run card, the model or a checkpoint of the run")
    if start.data.startswith(CHECKPOINT_MARK):
        if source.reads_once:
            raise FormatError(f"{name}: a checkpoint cannot be read from a pipe or URL: name its file")
        records = checkpoint_folder.read(path).history
    else:
        records = _records(name, _history(source, start))
    if not records:
        raise FormatError(f"{name}: the run has not finished an epoch yet: try again later")
    return Curve(name, records)


def _history(source: Input, start: Start) -> Any:
    name = source.name
    if start.data.lstrip().startswith(b"{"):
        with source.open() as stream:
            text = stream.read(LARGEST_CARD + 1)
        if len(text) > LARGEST_CARD:
            raise FormatError(f"{name}: too large for a run card (more than {LARGEST_CARD >> 20} MiB)")
        try:
            card = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{name}: not valid JSON: {error!s:.100}") from error
        return card.get("epochs") if isinstance(card, dict) else None
    if fasttext_bin.recognise(start):
        raise FormatError(f"{name}: a fastText file has no history: name the run card or the native model of the run")
    history = native.read_metadata(source).get("history")
    if history is None:
        raise FormatError(f"{name}: holds vectors without a history: name the run card or the model of the run")
    try:
        return json.loads(history)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name}: damaged: the history is not valid JSON: {error!s:.100}") from error


def _records(name: str, history: Any) -> tuple[EpochRecord, ...]:
    try:
        if not isinstance(history, list):
            raise ValueError("there is no list of epochs")
        return tuple(made(EpochRecord, record) for record in history)
    except (TypeError, ValueError) as error:
        raise FormatError(f"{name}: not the history of a run: {error!s:.200}") from error


def table(curves: Sequence[Curve]) -> Iterator[tuple[str, ...]]:
    """Yield `COLUMNS`, then a row for each epoch; a loss that was not measured is empty."""
    yield COLUMNS
    for curve in curves:
        for record in curve.records:
            values = (getattr(record, column) for column in COLUMNS[1:])
            yield curve.name, *("" if value is None else f"{value:.6g}" for value in values)


def draw_curves(curves: Sequence[Curve], path: str | os.PathLike[str]) -> None:
    """Draw the losses by epoch: held-out as a full line, the training's own as a dashed one.

    Parameters
    ----------
    curves : sequence of Curve
    path : path
        Its extension, one of `ENDINGS`, decides the format. The same curves give the same SVG.

    Raises
    ------
    ConfigError
        The extension is another one.
    MissingExtraError
        matplotlib is not installed.
    FormatError
        The file cannot be written.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(f"{os.fspath(path)}: the extension of a chart must be one of {', '.join(ENDINGS)}")
    matplotlib, figures, ticker = (
        from_extra("plot", module, "a chart needs matplotlib")
        for module in ("matplotlib", "matplotlib.figure", "matplotlib.ticker")
    )
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "embed"}):
        figure = figures.Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        axes = figure.add_subplot()
        drawn: list[Any] = []
        names: list[str] = []
        for number, curve in enumerate(curves):
            for of, line in (("held_out_loss", "-"), ("loss", "--")):
                epochs, losses = curve.points(of)
                if epochs:
                    drawn += axes.plot(epochs, losses, line, marker=".", color=f"C{number % 10}")
                    names.append(f"{curve.name}: {'held-out' if of == 'held_out_loss' else 'training'}")
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss (nats an example)")
        axes.grid(alpha=0.3)
        _add_legend(axes, drawn, names)
        metadata = {} if ending == ".png" else {"Date": None} if ending == ".svg" else {"CreationDate": None}
        figure.savefig(file, format=ending[1:], dpi=_DPI, metadata=metadata)
    with atomic_write(path) as out:
        out.write(file.getvalue())


def _add_legend(axes: Any, drawn: list[Any], names: list[str]) -> None:
    """Label the lines literally: no mathematics between dollars, none hidden by a leading underscore."""
    legend = axes.legend(drawn, [str(number) for number in range(len(drawn))], fontsize="small")
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(printable(name, _LONGEST_LABEL))
