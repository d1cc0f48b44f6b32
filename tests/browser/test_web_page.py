"""The folder of `convert --to web` in a real browser: it answers as Python does, and asks only for its own files."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed import formats
from embed.corpora.normal_form import Form
from embed.formats import web
from embed.vectors import WordVectors
from tests.browser.conftest import Browser
from tests.pages.made_up import HOSTILE

CLOSE = 0.005
MODULE = "const vectors = await (await import('./vectors.js')).load();"
IN_PAGE = "return (async (...given) => {" + MODULE + " %s })(...arguments)"
READY = "return !document.getElementById('word').disabled"
ROWS = """
return [...document.querySelectorAll("#neighbours tr")].map((row) => [...row.cells].map((each) => each.textContent))
"""
FAILED = "const text = document.getElementById('state').textContent; return text.includes('cannot') && text"
ASK = "const field = document.getElementById('word'); field.value = arguments[0]; field.form.requestSubmit()"

Serve = Callable[[Path], str]


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    rng = np.random.default_rng(8)
    centers = rng.normal(size=(25, 40))
    matrix = (centers[rng.integers(0, 25, 500)] + 0.8 * rng.normal(size=(500, 40))).astype(np.float32)
    matrix[7], matrix[9] = 0, matrix[8]  # no direction; two that are equal
    words = [*HOSTILE, "naïve", "new york", "__proto__", *(f"word{n}" for n in range(493))]
    return WordVectors(words, matrix, form=Form(lowercase=True))


@pytest.fixture(scope="module")
def folder(vectors: WordVectors, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("web") / "v.web"
    formats.save(vectors, path)
    return path


def opened(browser: Browser, address: str, **size: Any) -> None:
    browser.open(address, **size)
    browser.wait(READY)


def test_neighbours_are_those_of_python(
    browser: Browser, page_server: Serve, folder: Path, vectors: WordVectors
) -> None:
    opened(browser, page_server(folder))
    words = [vectors.words[row] for row in (0, 3, 5, 6, 8, 9, 50, 499)]
    answers = browser.run(IN_PAGE % "return given[0].map((word) => vectors.nearest(word, {n: 600}))", words)
    for word, found in zip(words, answers, strict=True):
        expected = dict(vectors.nearest(word, 600))
        assert len(found) == len(expected) == 499
        assert {one["word"] for one in found} == set(expected)
        exact = [expected[one["word"]] for one in found]
        assert [one["cosine"] for one in found] == pytest.approx(exact, abs=CLOSE)
        assert all(after - before < 2 * CLOSE for before, after in pairwise(exact))
    twins = browser.run(IN_PAGE % "return vectors.nearest('word1', {n: 1})")
    assert twins == [{"word": "word2", "cosine": pytest.approx(1)}]
    assert browser.messages() == []


def test_limits_and_spellings_are_those_of_python(
    browser: Browser, page_server: Serve, folder: Path, vectors: WordVectors
) -> None:
    opened(browser, page_server(folder))
    short = browser.run(IN_PAGE % "return vectors.nearest('word60', {n: 5, top: 40, least: .2})")
    assert [one["word"] for one in short] == [word for word, _ in vectors.nearest("word60", 5, 40, least=0.2)]
    assert browser.run(IN_PAGE % "return vectors.nearest('word60', {least: 1.01})") == []
    assert browser.run(IN_PAGE % "return vectors.nearest('word60', {n: 0})") == []
    assert browser.run(IN_PAGE % "return vectors.similarity('WORD3', given[0])", "nai\u0308ve") == pytest.approx(
        vectors.similarity("word3", "naïve"), abs=CLOSE
    )
    assert browser.run(IN_PAGE % "return vectors.similarity('word0', 'word1')") == 0  # the zero vector
    told = browser.run(IN_PAGE % "try { vectors.nearest('nobody') } catch (error) { return [error.name, error.word] }")
    assert told == ["MissingWordError", "nobody"]
    for word in ("constructor", "toString", "nobody"):
        assert browser.run(IN_PAGE % "return vectors.has(given[0])", word) is False


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (400, True)])
def test_the_page_answers_what_is_typed_and_asks_for_its_own_files_alone(
    browser: Browser, page_server: Serve, folder: Path, vectors: WordVectors, width: int, dark: bool
) -> None:
    address = page_server(folder)
    opened(browser, address, width=width, dark=dark)
    assert browser.texts("#state") == ["500 words × 40 dimensions"]
    browser.type("#word", "word42")
    rows = browser.wait(ROWS)
    expected = dict(vectors.nearest("word42", 500))
    assert len(rows) == 12
    for word, cosine, _ in rows:
        assert float(cosine) == pytest.approx(expected[word], abs=CLOSE)
    browser.run("document.querySelector('#neighbours button').click()")
    assert browser.run("return document.getElementById('word').value") == rows[0][0]
    browser.type("#word", "nobody")
    assert browser.texts("#neighbours") == ["“nobody” is not in the vocabulary."]
    browser.run("document.getElementById('a').value = 'word3'")
    browser.type("#b", "new york")
    assert float(browser.texts("#similarity")[0]) == pytest.approx(vectors.similarity("word3", "new york"), abs=CLOSE)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    names = sorted(sent.removeprefix(address) for sent in browser.requests())
    assert names == sorted("" if name == "index.html" else name for name in web.FILES)
    assert browser.messages() == []


def test_hostile_words_are_text(browser: Browser, page_server: Serve, folder: Path, vectors: WordVectors) -> None:
    opened(browser, page_server(folder))
    for word in HOSTILE:
        near = vectors.nearest(word, 1)[0][0]
        browser.run(
            "const field = document.getElementById('word'); field.value = arguments[0]; field.form.requestSubmit()",
            near,
        )
        browser.wait(ROWS)
        browser.run("document.getElementById('word').value = '<'")
        browser.run("document.getElementById('word').dispatchEvent(new Event('input'))")
    shown = browser.run("return [...document.querySelectorAll('#completions option')].map((each) => each.value)")
    assert shown == [word for word in vectors.words if word.startswith("<")]
    assert browser.run("return window.hurt === undefined && document.querySelectorAll('img, main script').length === 0")
    assert browser.messages() == []


def test_damaged_folders_and_a_page_without_a_server_are_told(
    browser: Browser, page_server: Serve, vectors: WordVectors, tmp_path: Path
) -> None:
    path = tmp_path / "v.web"
    formats.save(vectors, path)
    with (path / "vectors.i8").open("ab") as file:
        file.write(b"x")
    browser.open(page_server(path))
    assert "vectors.i8 has 20001 numbers, not 500 × 40" in browser.wait(FAILED)
    (path / "words.json").write_text('{"format": "other"}')
    browser.open(page_server(path))
    assert "is not “train-embeddings web”" in browser.wait(FAILED)
    browser.open(path / "index.html")
    assert "python -m http.server" in browser.texts("#state")[0]
    browser.messages()
