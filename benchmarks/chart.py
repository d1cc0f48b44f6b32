"""Pictures: speed beside the peers, from the document that records it (for the README), and how cost grows."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.recorded import RecordedGoals, number, read_goals

_LABELS = {
    "skip-gram-100": "skip-gram",
    "cbow-100": "CBOW",
    "subword-skip-gram-100": "skip-gram with n-grams",
    "subword-cbow-100": "CBOW with n-grams",
}
_AXES = {"threads": "threads", "dim": "dim", "words": "words in the vocabulary", "tokens": "tokens of the corpus"}
_OURS, _PEER, _SECOND = "#1f6f8b", "#b8b8b8", "#c8553d"
_BAR = 0.38


def draw(source: Path, picture: Path) -> None:
    """Draw the speed that a document records, or the scaling that a command has measured.

    Parameters
    ----------
    source : Path
        A document with a table of the goals (.md), or the JSON of `scaling`.
    picture : Path
        Where to write; the ending names the format (.svg, .png).

    Raises
    ------
    BenchmarkError
        If the source holds neither, or matplotlib is not installed.
    """
    if source.suffix == ".md":
        goals = read_goals(source)
        figure = _draw_speed(loaded_pyplot(), goals)
    else:
        axes = _scaling_axes(source)
        figure = _draw_scaling(loaded_pyplot(), axes)
    saved(figure, picture)


def saved(figure: Any, picture: Path) -> None:
    """Write a figure; the ending names the format."""
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)


def _scaling_axes(results: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(results.read_text(encoding="utf-8"))["sections"]["scaling"]["axes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(f"{results} holds no results of the scaling") from error


def loaded_pyplot() -> Any:
    """Return matplotlib's pyplot, set up to write the same bytes every time; raises BenchmarkError without it."""
    try:
        import matplotlib
    except ImportError as error:
        raise BenchmarkError("the chart needs matplotlib: pip install matplotlib") from error
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "embed", "font.size": 10})
    return importlib.import_module("matplotlib.pyplot")


def _draw_speed(pyplot: Any, goals: RecordedGoals) -> Any:
    """Draw two named bars for each model, ours and the peer's, with the machine and the day below."""
    rows = {label: goals.rows[name] for name, label in _LABELS.items() if name in goals.rows}
    if not rows:
        raise BenchmarkError(f"no row has a peer, only {', '.join(goals.rows)} were measured")
    figure, axes = pyplot.subplots(figsize=(7.6, 0.7 * len(rows) + 0.7), layout="constrained")
    speeds = [(number(row["ours/s"]) / 1e6, number(row["other/s"]) / 1e6) for row in rows.values()]
    for height, ((label, row), (ours, peer)) in enumerate(zip(rows.items(), speeds, strict=True)):
        axes.barh(height - _BAR / 2, ours, _BAR, color=_OURS)
        axes.barh(height + _BAR / 2, peer, _BAR, color=_PEER)
        times = f"{float(row['ratio']):.1f} times"
        axes.text(ours, height - _BAR / 2, f" train-embeddings {ours:.2f}  ({times})", va="center")
        axes.text(peer, height + _BAR / 2, f" {row['against']} {peer:.2f}", va="center", color="#555555")
        axes.text(0, height, f"{label}  ", va="center", ha="right")
    axes.set_yticks([])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.85 * max(ours for ours, _ in speeds))
    machine = f"{goals.processor} with {goals.simd.upper()}, {goals.date}"
    axes.set_xlabel(f"million tokens per second, one thread, dim 100\n{machine}")
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
