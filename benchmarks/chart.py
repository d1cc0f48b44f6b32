"""The picture of the README: training speed beside the peers, from the JSON that `all` or `speed --output` wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.processes import BenchmarkError

__all__ = ["draw"]

_LABELS = {"skip-gram": "skip-gram", "cbow": "CBOW", "subword": "skip-gram with n-grams"}
_OURS, _PEER = "#1f6f8b", "#b8b8b8"
_BAR = 0.38


def draw(results: Path, picture: Path) -> None:
    """Draw tokens per second of each row that has a peer.

    Parameters
    ----------
    results : Path
        JSON written by the benchmarks.
    picture : Path
        Where to write; the ending names the format (.svg, .png).

    Raises
    ------
    BenchmarkError
        If the results hold no speed rows, or matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise BenchmarkError("the chart needs matplotlib: pip install matplotlib") from error
    rows = _speed_rows(results)
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "embed", "font.size": 10})
    from matplotlib import pyplot

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
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)


def _speed_rows(results: Path) -> dict[str, Any]:
    try:
        rows = json.loads(results.read_text(encoding="utf-8"))["sections"]["speed"]["rows"]
    except (OSError, ValueError, KeyError) as error:
        raise BenchmarkError(f"{results} holds no results of the speed benchmark") from error
    found = {name: rows[name] for name in _LABELS if name in rows}
    if not found:
        raise BenchmarkError(f"{results} holds no row with a peer, only {', '.join(rows)}")
    return found
