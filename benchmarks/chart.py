"""Pictures: speed beside the peers, from the document that records it; how cost grows; what time buys."""

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
_PARTS = {"scaling": "axes", "defaults": "runs"}
"""The commands whose results are drawn, and the part of them."""
_COLOURS = ("#1f6f8b", "#c8553d", "#6a994e", "#8e6c8a", "#b8860b")
_PASSES = ("half the passes", "default", "twice the passes")
_DRAWN_DIM = 100
_OURS, _PEER, _SECOND = "#1f6f8b", "#b8b8b8", "#c8553d"
_BAR = 0.38


def draw(source: Path, picture: Path) -> None:
    """Draw the speed that a document records, or what `scaling` or `defaults` has measured.

    Parameters
    ----------
    source : Path
        A document with a table of the goals (.md), or the JSON of `scaling` or `defaults`.
    picture : Path
        Where to write; the ending names the format (.svg, .png).

    Raises
    ------
    BenchmarkError
        If the source holds none of them, or matplotlib is not installed.
    """
    if source.suffix == ".md":
        goals = read_goals(source)
        figure = _draw_speed(loaded_pyplot(), goals)
    else:
        name, measured = _measured(source)
        figure = (_draw_scaling if name == "scaling" else _draw_defaults)(loaded_pyplot(), measured)
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)


def _measured(results: Path) -> tuple[str, Any]:
    """Return the command and what it has measured."""
    try:
        sections = json.loads(results.read_text(encoding="utf-8"))["sections"]
        name = next(name for name in _PARTS if name in sections)
        return name, sections[name][_PARTS[name]]
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise BenchmarkError(f"{results} holds no results of {' or '.join(_PARTS)}") from error


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


def _draw_defaults(pyplot: Any, runs: list[dict[str, Any]]) -> Any:
    """Draw one panel for each kind of task: score over processor seconds, a colour for each size of text.

    A line joins half the passes, the default (a star) and twice the passes; dots are the other settings of ours,
    crosses are gensim and fastText.
    """
    dim = min({run["dim"] for run in runs}, key=lambda dim: abs(dim - _DRAWN_DIM))
    runs = [run for run in runs if run["dim"] == dim and run["seed"] == 1]
    kinds = [kind for kind in runs[0]["kinds"] if any(run["kinds"][kind] is not None for run in runs)]
    figure, panels = pyplot.subplots(
        1, len(kinds), figsize=(2.9 * len(kinds), 3.1), layout="constrained", squeeze=False
    )
    sizes = sorted({run["tokens"] for run in runs})
    colours = pyplot.get_cmap("viridis_r")(range(30, 256, 225 // len(sizes)))  # the palest ones are hard to see
    for panel, kind in zip(panels[0], kinds, strict=True):
        for size, colour in zip(sizes, colours, strict=False):
            known = [run for run in runs if run["tokens"] == size and run["kinds"][kind] is not None]
            points = {run["model"]: (run["cpu_seconds"], run["kinds"][kind]) for run in known}
            line = [points[name] for name in _PASSES if name in points]
            panel.plot(*zip(*line, strict=True), color=colour, label=f"{_short(size)} tokens") if line else None
            for name, point in points.items():
                marker = "*" if name == "default" else "x" if name.startswith(("gensim", "fastText")) else "."
                panel.scatter(*point, marker=marker, s=90 if marker == "*" else 22, color=colour, zorder=2)
        panel.set_xscale("log")
        panel.set_title(kind)
        panel.set_xlabel("processor seconds")
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    panels[0][0].set_ylabel(f"percent points, dim {dim}")
    panels[0][-1].legend(frameon=False, fontsize=8)
    return figure


def _short(value: int) -> str:
    """Return 70000 as 70k."""
    if value >= 1_000_000:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 10_000 else str(value)
