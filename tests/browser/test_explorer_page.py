"""The local page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embed import Model, WordVectors
from tests.browser.conftest import Browser
from tests.pages.made_up import HOSTILE, model
from tests.pages.serving import exploring

pytest.importorskip("bokeh", reason="pages need the extra report")

ANSWERS = """
return [...document.querySelectorAll("#answers > div")].map((model) => [...model.querySelectorAll("tr")].map(
  (row) => [...row.cells].map((each) => each.textContent)))
"""


@pytest.fixture(scope="module")
def trained() -> Model:
    return model()


@pytest.fixture(scope="module")
def address(trained: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("explore")
    trained.save(folder / "first.embed")
    WordVectors([*trained.vectors.words[:20], "alone"], np.eye(21, dtype=np.float32)).save(folder / "second.embed")
    with exploring(folder / "first.embed", folder / "second.embed") as (found, _):
        yield found


def test_two_models_answer_side_by_side(browser: Browser, address: str, trained: Model) -> None:
    browser.open(address)
    browser.wait("return document.activeElement.id === 'ask'")
    browser.type("#ask", "tree1 - ship1 + ship2")
    first, second = browser.wait(f"const found = (() => {{ {ANSWERS} }})(); return found.length === 2 && found")
    vectors = trained.vectors
    assert vectors.counts is not None
    expected = vectors.analogy("ship1", "tree1", "ship2", n=12)
    assert [row[0].removesuffix(" only here") for row in first] == [word for word, _ in expected]
    assert [row[1] for row in first] == [f"{cosine:.3f}" for _, cosine in expected]
    assert {row[0].endswith(" only here") for row in first} == {True, False} or len(second) == 0
    browser.type("#ask", "alone")
    browser.wait("return document.querySelector('#answers').textContent.includes('“alone”: not among')")
    assert browser.messages() == []
    assert all(asked.startswith(address) for asked in browser.requests())


def test_a_prefix_is_completed(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.driver.find_element("css selector", "#ask").send_keys("tree1 - ship2")
    found = browser.wait("return [...document.querySelectorAll('#completions option')].map((each) => each.value)")
    assert set(found) <= {f"tree1 - ship{number}" for number in range(30)}


def test_the_map_is_drawn_and_words_are_found_on_it(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.run("document.querySelector('button.draw').click()")
    browser.wait("return document.getElementById('share 0').textContent.startsWith('Layout')")
    browser.wait("return !document.getElementById('find-form').hidden")
    browser.type("#find", "ship3")
    marks = "return window.Bokeh.documents[0].get_model_by_name('marks of map 0').data.word[0] === 'ship3'"
    assert browser.wait(marks)
    assert browser.messages() == []


def test_hostile_words_are_text(browser: Browser, address: str) -> None:
    browser.open(address)
    for word in HOSTILE:
        browser.run("document.querySelector('#ask').value = arguments[0]", word)
        browser.run("document.querySelector('#ask').form.requestSubmit()")
        browser.run("document.querySelector('#heat-words').value = arguments[0]", word)
        browser.run("document.querySelector('#heat-words').dispatchEvent(new Event('change'))")
        browser.wait("return document.querySelector('#heat th') && document.querySelector('#answers table')")
    assert browser.run("return window.hurt") is None
    assert browser.messages() == []


def test_a_page_elsewhere_cannot_read_the_vectors(browser: Browser, address: str, tmp_path: Path) -> None:
    (tmp_path / "evil.html").write_text("<!DOCTYPE html><title>evil</title>", encoding="utf-8")
    browser.open(tmp_path / "evil.html")
    script = """
    const done = arguments[1];
    fetch(arguments[0]).then((answer) => answer.text()).then(done, (error) => done("refused"));
    """
    assert browser.driver.execute_async_script(script, f"{address}models") == "refused"
