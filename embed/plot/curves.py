"""Draw learning curves: the loss of each epoch."""

from __future__ import annotations

import os
from typing import Any

from embed.arguments import shown
from embed.errors import ConfigError
from embed.messages import printable
from embed.model.model import Model
from embed.plot.style import SERIES, new_figure, place_legend
from embed.training.learning_curves import Curve, read_curve

__all__ = ["curve"]

_HEIGHT = 280
_NAME = 60
"""The most characters of a name in a legend."""


def curve(*runs: Model | Curve | str | os.PathLike[str]) -> Any:
    """Draw the losses of runs by epoch: held-out as a full line, the training's own as a dashed one.

    Parameters
    ----------
    *runs : Model, Curve or path
        Models, curves of :func:`~embed.training.learning_curves.read_curve`, or files that it reads: run cards, models,
        checkpoints.

    Returns
    -------
    bokeh.plotting.figure
        Losses in nats an example.

    Raises
    ------
    ConfigError
        There is no run, or a value is none.
    FormatError
        A file holds no epochs.
    MissingExtraError
        Bokeh is not installed.
    """
    if not runs:
        raise ConfigError("a curve needs a run: give a model, a run card or a checkpoint")
    figure = new_figure(_HEIGHT, tools="pan,xwheel_zoom,reset,hover", x_axis_label="epoch")
    figure.yaxis.axis_label = "loss (nats an example)"
    figure.xaxis.ticker.mantissas, figure.xaxis.ticker.min_interval = [1, 2, 5], 1
    figure.hover.tooltips = [("epoch", "@x"), ("loss", "@y{0.0000}")]
    for number, each in enumerate(map(_curve, runs)):
        for of, dash in (("held_out_loss", "solid"), ("loss", "dashed")):
            epochs, losses = each.points(of)
            if epochs:
                which = "held-out" if of == "held_out_loss" else "training"
                name = f"{printable(each.name, _NAME)}: {which}"
                look = {"color": SERIES[number % len(SERIES)], "legend_label": name}
                figure.line(epochs, losses, line_width=2, line_dash=dash, **look)
                figure.scatter(epochs, losses, size=5, **look)
    place_legend(figure)
    return figure


def _curve(run: object) -> Curve:
    if isinstance(run, Curve):
        return run
    if isinstance(run, Model):
        return Curve(f"{run.config.objective}, {run.config.dim} dimensions", run.history)
    if isinstance(run, (str, os.PathLike)):
        return read_curve(run)
    raise ConfigError(f"a run must be a model, a curve or a path, not {shown(run)}")
