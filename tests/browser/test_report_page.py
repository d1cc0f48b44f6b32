"""A report in a real browser: it asks nothing of the network, and answers as `nearest` does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import embed
import embed.plot
from embed import Model
from embed.pages.report import report
from tests.browser.conftest import Browser
from tests.pages.made_up import HOSTILE, model, text

pytest.importorskip("bokeh", reason="pages need the extra report")

ANSWERS = """
return [...document.querySelectorAll("#answers tr")].map((row) => [...row.cells].map((each) => each.textContent))
"""
DRAWN = "return window.Bokeh?.documents.some((each) => each.is_idle && each.get_model_by_name('map 0'))"
COLOURS = "const look = getComputedStyle(document.body); return [look.color, look.backgroundColor]"
PIXELS = """
const all = (root) => [...root.querySelectorAll("*")].flatMap(
  (each) => each.shadowRoot ? [each, ...all(each.shadowRoot)] : [each]);
const large = all(document.querySelector(".map")).filter((each) => each.tagName === "CANVAS" && each.width > 300);
return Math.max(0, ...large.map((canvas) => {
  const drawing = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  return drawing.filter((value, at) => at % 4 === 3 && value > 0).length;
}));
"""
"""The pixels of the map that are not transparent; its canvases are in the shadow of Bokeh's elements."""


@pytest.fixture(scope="module")
def trained() -> Model:
    return model()


@pytest.fixture(scope="module")
def page(trained: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "pairs.tsv").write_text("tree1\ttree2\t9\ntree1\tship1\t1\nship2\tship3\t8\n", encoding="utf-8")
    report({"first": trained, "second": model(seed=9)}, folder / "report.html", sets=folder / "pairs.tsv")
    return folder / "report.html"


def test_typed_words_are_answered_as_nearest_answers(browser: Browser, page: Path, trained: Model) -> None:
    browser.open(page)
    vectors = trained.vectors
    for question, answer in (
        ("tree1", vectors.nearest("tree1", 12)),
        ("tree1 ship2", vectors.nearest(["tree1", "ship2"], 12)),
        ("tree1 - ship1 + ship2", vectors.analogy("ship1", "tree1", "ship2", n=12)),
    ):
        browser.type("#ask", question)
        rows = browser.wait(ANSWERS)[:12]
        expected = dict(vectors.nearest(vectors.vector("tree1"), len(vectors)) if question == "tree1" else answer)
        for word, cosine, count in rows:
            assert float(cosine) == pytest.approx(expected.get(word, float(cosine)), abs=0.005)
            row = vectors.words.index(word)
            assert vectors.counts is not None
            assert count == f"{vectors.counts[row]:,} ×"
        assert float(rows[0][1]) == pytest.approx(answer[0][1], abs=0.005)
        assert [float(row[1]) for row in rows] == sorted((float(row[1]) for row in rows), reverse=True)
        assert len(set(dict(answer)) & {row[0] for row in rows}) >= 10
    assert browser.messages() == []
    assert browser.requests() == [page.as_uri()]


def test_an_unknown_word_is_told(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.type("#ask", "nowhere")
    browser.wait("return document.querySelector('#answers').textContent.includes('nowhere')")
    assert browser.texts("#answers p") == ["“nowhere”: not among the words of this model."] * 2


def test_hostile_words_are_text(browser: Browser, page: Path) -> None:
    browser.open(page)
    for word in HOSTILE:
        browser.type("#ask", word.replace("\x1b", ""))
        browser.type("#heat-words", word)
    browser.run("document.querySelector('#ask').value = arguments[0]", HOSTILE[0])
    browser.run("document.querySelector('#ask').form.requestSubmit()")
    browser.wait("return document.querySelector('#answers table button')")
    assert browser.run("return window.hurt") is None
    assert browser.messages() == []


@pytest.mark.parametrize("has_webgl", [True, False])
def test_the_map_is_drawn_with_and_without_webgl(has_webgl: bool, page: Path, request: pytest.FixtureRequest) -> None:
    window: Browser = request.getfixturevalue("browser" if has_webgl else "browser_without_webgl")
    window.open(page)
    window.wait(DRAWN)
    assert window.run("return !!document.createElement('canvas').getContext('webgl')") == has_webgl
    drawn = window.wait(PIXELS)
    assert drawn > 1000
    assert window.messages() == []


def test_a_word_is_found_on_the_map(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.wait(DRAWN)
    browser.type("#find", "ship3")
    marks = "return Bokeh.documents[0].get_model_by_name('marks of map 0').data.word"
    assert browser.wait(f"const found = (() => {{ {marks} }})(); return found[0] === 'ship3' && found") == ["ship3"]
    browser.type("#find", "nowhere")
    assert browser.texts("#found") == ["“nowhere” is not on the map."]


def test_the_heat_map_has_the_cosines(browser: Browser, page: Path, trained: Model) -> None:
    browser.open(page)
    browser.type("#heat-words", "tree1, tree2 ship1 nowhere")
    browser.run("document.querySelector('#heat-words').dispatchEvent(new Event('change'))")
    browser.wait("return document.querySelectorAll('#heat td[title]').length === 9")
    found = browser.run("return [...document.querySelectorAll('#heat td[title]')].map((each) => each.title)")
    words = ["tree1", "tree2", "ship1"]
    cosines = [trained.vectors.similarity(a, b) for a in words for b in words]
    assert np.allclose([float(title.rpartition(": ")[2]) for title in found], cosines, atol=0.006)
    assert browser.texts("#heat p") == ["“nowhere”: not among the words of this model."]


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_a_phone_and_a_desk(browser: Browser, page: Path, dark: bool) -> None:
    for width in (400, 1280):
        browser.open(page, width=width, dark=dark)
        browser.wait(DRAWN)
        assert browser.run("return document.documentElement.scrollWidth") <= width
        ink, paper = browser.run(
            "const look = getComputedStyle(document.body); return [look.color, look.backgroundColor]"
        )
        assert (sum(map(int, paper[4:-1].split(","))) < sum(map(int, ink[4:-1].split(",")))) == dark


def test_replicates_answer_with_intervals_and_agreement(browser: Browser, tmp_path: Path) -> None:
    replicates = embed.replicate(text(), replicates=3, dim=16, epochs=3, min_count=1, objective="sg", progress=False)
    report(replicates, tmp_path / "report.html", sets=(), map_words=0)
    browser.open(tmp_path / "report.html")
    for question, expected in (
        ("tree1", replicates.nearest("tree1", 12)),
        ("tree1 - ship1 + ship2", replicates.analogy("ship1", "tree1", "ship2", n=12)),
    ):
        browser.type("#ask", question)
        rows = browser.wait(ANSWERS)
        by_word = {each.word: each for each in expected}
        met = 0
        for word, cosine, interval, agreeing, _ in rows:
            if word in by_word:
                met += 1
                answer = by_word[word]
                assert float(cosine) == pytest.approx(answer.score, abs=0.006)
                low, _, high = interval.partition(" to ")
                assert (float(low), float(high)) == pytest.approx((answer.low, answer.high), abs=0.03)
                assert agreeing.endswith(" of 3")
        assert met >= 10
    assert browser.messages() == []


def test_pictures_are_saved_as_svg_and_png(browser: Browser, trained: Model, tmp_path: Path) -> None:
    figure = embed.plot.neighbours(trained.vectors, "tree1")
    for name, start in (("p.svg", b"<svg"), ("p.png", b"\x89PNG")):
        embed.plot.save(figure, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    assert "cosine with tree1" in (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert figure.sizing_mode == "stretch_width"
