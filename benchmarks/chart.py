"""Pictures from the JSON that the commands wrote: speed beside the peers (for the README), and how cost grows."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from benchmarks.processes import BenchmarkError

__all__ = ["draw", "loaded_pyplot", "saved"]

_LABELS = {"skip-gram": "skip-gram", "cbow": "CBOW", "subword": "skip-gram with n-grams"}
_AXES = {"threads": "threads", "dim": "dim", "words": "words in the vocabulary", "tokens": "tokens of the corpus"}
_OURS, _PEER, _SECOND = "#1f6f8b", "#b8b8b8", "#c8553d"
_BAR = 0.38


def draw(results: Path, picture: Path) -> None:
    """Draw what the results hold: their speed rows, or else their scaling.

    Parameters
    ----------
    results : Path
        JSON written by the benchmarks.
    picture : Path
        Where to write; the ending names the format (.svg, .png).

    Raises
    ------
    BenchmarkError
        If the results hold neither, or matplotlib is not installed.
    """
    sections = _sections(results)
    pyplot = loaded_pyplot()
    if "scaling" in sections and "speed" not in sections:
        figure = _draw_scaling(pyplot, sections["scaling"]["axes"])
    else:
        figure = _draw_speed(pyplot, _speed_rows(results, sections))
    saved(figure, picture)


def saved(figure: Any, picture: Path) -> None:
    """Write a figure; the ending names the format."""
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)


def _sections(results: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(results.read_text(encoding="utf-8"))["sections"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(f"{results} holds no results of the benchmarks") from error


def loaded_pyplot() -> Any:
    """Return matplotlib's pyplot, set up to write the same bytes every time; raises BenchmarkError without it."""
    try:
        import matplotlib
    except ImportError as error:
        raise BenchmarkError("the chart needs matplotlib: pip install matplotlib") from error
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "embed", "font.size": 10})
    return importlib.import_module("matplotlib.pyplot")


def _draw_speed(pyplot: Any, rows: dict[str, Any]) -> Any:
    figure, axes = pyplot.subplots(figsize=(7.2, 2.6), layout="constrained")
    for place, (name, row) in enumerate(rows.items()):
        ours, peer = (row[side]["per_second"]["median"] / 1e6 for side in ("ours", "peer"))
        axes.barh(place - _BAR / 2, ours, _BAR, color=_OURS)
        axes.barh(place + _BAR / 2, peer, _BAR, color=_PEER)
        axes.text(ours, place - _BAR / 2, f" {ours:.2f}  ({row['ratio']['median']:.1f} times)", va="center")
        axes.text(peer, place + _BAR / 2, f" {peer:.2f}  {row['against']}", va="center", color="#555555")
        axes.text(0, place, f"{_LABELS[name]}  ", va="center", ha="right")
    axes.set_yticks([])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.35 * max(row["ours"]["per_second"]["median"] / 1e6 for row in rows.values()))
    axes.set_xlabel("million corpus tokens per second, one thread, dim 100")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure


def _draw_scaling(pyplot: Any, axes_data: dict[str, Any]) -> Any:
    """Draw one panel for each axis: nanoseconds a token over the value, which is on a logarithmic scale."""
    figure, panels = pyplot.subplots(
        1, len(axes_data), figsize=(2.6 * len(axes_data), 2.6), layout="constrained", squeeze=False
    )
    for panel, (axis, points) in zip(panels[0], axes_data.items(), strict=True):
        for model, colour in (("skip-gram", _OURS), ("CBOW", _SECOND)):
            mine = [point for point in points if point["model"] == model]
            values = [point["value"] for point in mine]
            costs = [1e9 * point["seconds"]["median"] / point["tokens"] for point in mine]
            panel.plot(values, costs, marker="o", markersize=4, color=colour, label=model)
        values = sorted({point["value"] for point in points})
        panel.set_xscale("log")
        panel.set_xticks(values, [_short(value) for value in values], fontsize=8, rotation=45)
        panel.minorticks_off()
        panel.set_ylim(bottom=0)
        panel.set_xlabel(_AXES[axis])
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    panels[0][0].set_ylabel("nanoseconds a token")
    panels[0][0].legend(frameon=False)
    return figure


def _short(value: int) -> str:
    """Return 70000 as 70k."""
    if value >= 1_000_000:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 10_000 else str(value)


def _speed_rows(results: Path, sections: dict[str, Any]) -> dict[str, Any]:
    rows = sections.get("speed", {}).get("rows")
    if rows is None:
        raise BenchmarkError(f"{results} holds no results of the speed benchmark, nor of the scaling")
    found = {name: rows[name] for name in _LABELS if name in rows}
    if not found:
        raise BenchmarkError(f"{results} holds no row with a peer, only {', '.join(rows)}")
    return found
