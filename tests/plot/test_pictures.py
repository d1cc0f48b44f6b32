"""Pictures: what they show, and how they are saved."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import embed.plot
from embed import WordVectors
from embed.errors import ConfigError, MissingExtraError, MissingWordError
from embed.eval import SimilaritySet, compare, evaluate
from embed.model.model import EpochRecord
from embed.plot.layout import LAYOUTS, Layout, lay_out, place_names
from embed.plot.style import FAINT
from embed.training.learning_curves import Curve

pytest.importorskip("bokeh", reason="pictures need the extra report")


def _clusters(count: int = 60, seed: int = 1) -> tuple[list[str], np.ndarray]:
    """Return words of three topics, which are near each other."""
    draw = np.random.default_rng(seed)
    middles = 4 * draw.normal(size=(3, 12))
    rows = np.stack([middles[number % 3] + draw.normal(size=12) for number in range(count)]).astype(np.float32)
    return [f"{'abc'[number % 3]}{number}" for number in range(count)], rows


@pytest.mark.parametrize("method", LAYOUTS)
def test_neighbours_are_near_each_other_in_a_layout(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if method == LAYOUTS[0]:
        pytest.importorskip("openTSNE", reason="the layout needs the extra report")
    else:
        monkeypatch.setitem(sys.modules, "openTSNE", None)
    _, rows = _clusters()
    shares: list[float] = []
    layout = lay_out(rows, progress=shares.append)
    assert layout.method == method
    assert shares[-1] == 1
    assert np.abs(layout.points).max() == 1
    distances = np.linalg.norm(layout.points[:, None] - layout.points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert np.mean(distances.argmin(axis=1) % 3 == np.arange(60) % 3) > 0.9
    assert np.array_equal(layout.points, lay_out(rows).points)


@pytest.mark.parametrize("rows", [np.ones((1, 4)), np.ones((12, 1)), np.zeros((30, 5)), np.ones((2, 3))])
def test_a_layout_of_hardly_anything_is_finite(rows: np.ndarray) -> None:
    assert np.isfinite(lay_out(rows).points).all()


def test_an_outlier_does_not_empty_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    rows = np.random.default_rng(1).normal(size=(1000, 2)) * (1, 0.1) + (20, 0)
    rows[0] = (0, 20)
    points = lay_out(rows).points
    assert np.ptp(points[1:], axis=0).min() > 1


def test_places_are_named_by_frequent_words_near_them() -> None:
    draw = np.random.default_rng(2)
    middles = np.array([[-0.8, -0.8], [0.8, 0.8]])
    points = np.stack([middles[number % 2] + 0.05 * draw.normal(size=2) for number in range(250)])
    names = place_names(Layout(points, LAYOUTS[1]), [f"w{number}" for number in range(250)])
    for word, x, y in names:
        number = int(word[1:])
        assert np.linalg.norm(middles[number % 2] - (x, y)) < 0.3
        assert number < 125
    assert place_names(Layout(points[:5], LAYOUTS[1]), list("abcde")) == []


def test_a_curve_has_a_line_for_each_loss() -> None:
    records = tuple(EpochRecord(n, 2.0 / n, 3.0 / n if n > 1 else None, 0.1, 1.0, 10.0) for n in (1, 2, 3))
    figure = embed.plot.curve(Curve("run", records))
    lines = [each for each in figure.renderers if type(each.glyph).__name__ == "Line"]
    assert [list(each.data_source.data["x"]) for each in lines] == [[2, 3], [1, 2, 3]]
    with pytest.raises(ConfigError, match="a curve needs a run"):
        embed.plot.curve()
    with pytest.raises(ConfigError, match="a run must be a model, a curve or a path, not 7"):
        embed.plot.curve(7)


def test_scores_and_differences_have_their_intervals() -> None:
    words, rows = _clusters()
    draw = np.random.default_rng(3)
    pairs = tuple((words[a], words[b], float(a % 3 == b % 3)) for a, b in draw.integers(0, 60, (80, 2)) if a != b)
    tests = SimilaritySet("made up", tuple(pair[:2] for pair in pairs), np.array([pair[2] for pair in pairs]))
    good = WordVectors(words, rows)
    bad = WordVectors(words, draw.normal(size=rows.shape).astype(np.float32))
    report = evaluate(good, tests, resamples=200)
    figure = embed.plot.scores(report, evaluate(bad, tests, resamples=200))
    data = figure.hover.renderers[0].data_source.data
    score = report.results[0].spearman
    assert (data["value"], data["low"], data["high"]) == ([score.value], [score.low], [score.high])
    worse = embed.plot.differences(compare(good, bad, tests, resamples=200)).hover.renderers[0].data_source.data
    assert worse["high"][0] < 0
    assert worse["colour"][0] != FAINT
    same = embed.plot.differences(compare(good, good, tests, resamples=200)).hover.renderers[0].data_source.data
    assert same["colour"] == [FAINT]
    with pytest.raises(ConfigError, match="there is no score to draw"):
        embed.plot.scores()


def test_frequencies_and_a_map_show_words_as_text() -> None:
    _, rows = _clusters()
    words = ["\x1b[31m", "<b>"] + [f"w{number}" for number in range(58)]
    vectors = WordVectors(words, rows, counts=np.arange(60, 0, -1))
    counted = embed.plot.frequencies(("n", vectors)).hover.renderers
    assert counted == "auto" or counted
    figure = embed.plot.map(vectors, words=20)
    points = figure.hover.renderers[0].data_source.data
    assert points["word"][:2] == ["\\x1b[31m", "<b>"]
    assert len(points["x"]) == 20
    with pytest.raises(ConfigError, match="counts of the words are unknown"):
        embed.plot.frequencies(("n", WordVectors(words, rows)))
    with pytest.raises(ConfigError, match="words"):
        embed.plot.map(vectors, words=1)


def test_neighbours_are_those_of_nearest() -> None:
    words, rows = _clusters()
    vectors = WordVectors(words, rows)
    data = embed.plot.neighbours(vectors, "a0", 5).hover.renderers[0].data_source.data
    assert list(data["right"]) == [score for _, score in vectors.nearest("a0", 5)]
    with pytest.raises(MissingWordError):
        embed.plot.neighbours(vectors, "nothing")


def test_a_picture_is_saved_as_a_page_that_holds_all(tmp_path: Path) -> None:
    words, rows = _clusters()
    embed.plot.save(embed.plot.neighbours(WordVectors(words, rows), "a0"), tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<script src" not in page
    with pytest.raises(ConfigError, match=r"the extension of a picture must be one of \.html, \.svg, \.png"):
        embed.plot.save(None, tmp_path / "p.gif")


def test_svg_and_png_without_a_browser_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("selenium", reason="the sentence about the browser comes after that about selenium")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    words, rows = _clusters()
    with pytest.raises(MissingExtraError, match="install chromium and chromium-driver, or save as"):
        embed.plot.save(embed.plot.neighbours(WordVectors(words, rows), "a0"), tmp_path / "p.svg")
    assert not list(tmp_path.iterdir())
