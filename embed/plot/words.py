"""Draw words: how often they occur, where they are, and what is near one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from embed.arguments import whole_number
from embed.errors import ConfigError
from embed.messages import printable
from embed.plot.bokeh import bokeh
from embed.plot.layout import Layout, lay_out, place_names
from embed.plot.style import SERIES, TEXT, new_figure, place_legend
from embed.vectors.word_vectors import WordVectors

__all__ = ["frequencies", "map", "map_of", "neighbours"]

_HEIGHT, _MAP_HEIGHT, _BAR = 280, 560, 26
_FRAME = 60
_MOST_POINTS = 600
"""Of a curve of frequencies; ranks are taken at equal steps of their logarithm."""
_WORD = 40
"""The most characters of a word in a picture."""
_LARGEST, _SMALLEST = 8.0, 2.5
"""The diameters of the most and the least frequent word of a map, in pixels."""
_MARGIN = 1.06
"""The range of a map, relative to its points."""


def frequencies(*named: tuple[str, WordVectors]) -> Any:
    """Draw how often words occur, by their rank: both axes are logarithmic.

    Parameters
    ----------
    *named : tuple of (str, WordVectors)
        Names for the legend, and vectors with counts; vectors without are left out.

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    ConfigError
        No vectors have counts.
    MissingExtraError
        Bokeh is not installed.
    """
    counted = [(name, each) for name, each in named if each.counts is not None]
    if not counted:
        raise ConfigError("the counts of the words are unknown: give vectors that were saved with them")
    figure = new_figure(_HEIGHT, tools="hover", x_axis_type="log", y_axis_type="log", x_axis_label="rank of the word")
    figure.yaxis.axis_label = "occurrences"
    for number, (name, vectors) in enumerate(counted):
        ranks = np.unique(np.geomspace(1, len(vectors), min(len(vectors), _MOST_POINTS)).astype(int))
        assert vectors.counts is not None
        source = {
            "rank": ranks,
            "count": vectors.counts[ranks - 1],
            "word": [printable(vectors.words[rank - 1], _WORD) for rank in ranks],
        }
        data = bokeh("models").ColumnDataSource(source)
        look = {"color": SERIES[number % len(SERIES)], "legend_label": printable(name, _WORD), "source": data}
        figure.line("rank", "count", line_width=2, **look)
        figure.scatter("rank", "count", size=5, alpha=0, hover_alpha=0.9, **look)
    figure.hover.tooltips = [("word", "@word"), ("rank", "@rank{0,0}"), ("occurrences", "@count{0,0}")]
    place_legend(figure)
    return figure


def map(
    vectors: WordVectors, *, words: int = 5000, seed: int = 1, progress: Callable[[float], None] | None = None
) -> Any:
    """Draw the most frequent words in the plane, neighbours near each other; see :mod:`embed.plot.layout`.

    Parameters
    ----------
    vectors : WordVectors
    words : int
        How many.
    seed : int
        Of the layout.
    progress : callable, optional
        Is given the share of the layout that is done, from 0 to 1.

    Returns
    -------
    bokeh.plotting.figure
        Named ``"map"``. Distances between words that are far from each other mean little.

    Raises
    ------
    ConfigError
        `words` is not a whole number from 2 on.
    MissingExtraError
        Bokeh is not installed.
    """
    shown = min(whole_number("words", words, 2), len(vectors))
    bokeh("plotting")  # before the time that a layout takes
    layout = lay_out(vectors.matrix[:shown], seed=seed, progress=progress)
    return map_of(layout, vectors.words[:shown], None if vectors.counts is None else vectors.counts[:shown])


def map_of(layout: Layout, words: Sequence[str], counts: Any = None, name: str = "map") -> Any:
    """Draw words at the places of a layout.

    Parameters
    ----------
    layout : Layout
        Of as many points.
    words : sequence of str
        By falling frequency.
    counts : array of int64, shape (n,), optional
        Their occurrences, for the hints.
    name : str
        The name of the figure; its data are named ``"words of NAME"``, those of the words that a page marks
        ``"marks of NAME"``, and the names of places ``"names of NAME"``.
    """
    models = bokeh("models")
    figure = new_figure(_MAP_HEIGHT, tools="pan,wheel_zoom,box_zoom,reset,hover", output_backend="webgl", name=name)
    figure.toolbar.active_scroll = figure.select_one(models.WheelZoomTool)
    figure.x_range.start = figure.y_range.start = -_MARGIN
    figure.x_range.end = figure.y_range.end = _MARGIN
    figure.axis.visible = False
    figure.grid.grid_line_alpha = 0
    size = np.linspace(_LARGEST, _SMALLEST, len(words))
    source = {
        "x": layout.points[:, 0].astype(np.float32),
        "y": layout.points[:, 1].astype(np.float32),
        "size": size.astype(np.float32),
        "word": [printable(word, _WORD) for word in words],
        "rank": np.arange(1, len(words) + 1, dtype=np.int32),
    }
    tooltips = [("", "@word"), ("rank", "@rank{0,0}")]
    if counts is not None:
        source["count"] = np.asarray(counts, np.float64)
        tooltips.append(("occurrences", "@count{0,0}"))
    data = models.ColumnDataSource(source, name=f"words of {name}")
    points = figure.scatter(
        "x", "y", size="size", source=data, color=SERIES[0], alpha=0.45, line_alpha=0, hover_color=SERIES[1]
    )
    figure.hover.renderers, figure.hover.tooltips = [points], tooltips
    names = place_names(layout, words)
    if names:
        label = {
            "x": [x for _, x, _ in names],
            "y": [y for _, _, y in names],
            "text": [printable(word, _WORD) for word, _, _ in names],
        }
        figure.text(
            "x",
            "y",
            text="text",
            source=models.ColumnDataSource(label),
            text_color=TEXT,
            text_font_style="bold",
            text_font_size="13px",
            text_align="center",
            text_baseline="middle",
            name=f"names of {name}",
        )
    found = models.ColumnDataSource({"x": [], "y": [], "word": []}, name=f"marks of {name}")
    figure.scatter("x", "y", source=found, size=12, color=SERIES[1], line_alpha=0)
    figure.text(
        "x", "y", text="word", source=found, x_offset=9, y_offset=5, text_color=SERIES[1], text_font_size="13px"
    )
    return figure


def neighbours(vectors: WordVectors, word: str, n: int = 10) -> Any:
    """Draw the neighbours of a word, and their cosines.

    Parameters
    ----------
    vectors : WordVectors
    word : str
        An unknown word works too, if the vectors have n-grams.
    n : int
        How many.

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    ConfigError
        `n` is not a whole number from 1 on.
    MissingWordError
        The word has no vector.
    MissingExtraError
        Bokeh is not installed.
    """
    found = vectors.nearest(word, n)
    place = [-number for number in range(len(found))]
    figure = new_figure(_FRAME + _BAR * len(found), tools="hover", x_axis_label=f"cosine with {printable(word, _WORD)}")
    figure.yaxis.ticker = place
    figure.yaxis.major_label_overrides = {
        at: printable(name, _WORD) for at, (name, _) in zip(place, found, strict=True)
    }
    figure.ygrid.grid_line_alpha = 0
    cosines = [score for _, score in found]
    figure.x_range.start, figure.x_range.end = min([0.0, *cosines]), max([0.0, *cosines]) * 1.05
    bars = figure.hbar(y=place, right=cosines, left=0, height=0.7, color=SERIES[0], alpha=0.85)
    figure.hover.renderers, figure.hover.tooltips = [bars], [("cosine", "@right{0.0000}")]
    return figure
