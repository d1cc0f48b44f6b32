"""Test sets: formats told apart by content, names resolved without gensim, bad lines named."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from embed.errors import ConfigError, FormatError, MissingExtraError
from embed.eval import AnalogySet, SimilaritySet, load_set, load_sets

PAIRS = (("old", "new"), ("smart", "clever"))
SCORES = (1.5, 9.25)


def _file(folder: Path, content: str | bytes, name: str = "some_set.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("old\tnew\t1.5\nsmart\tclever\t9.25\n", id="tabs"),
        pytest.param("old,new,1.5\nsmart,clever,9.25\n", id="commas"),
        pytest.param("old new 1.5\nsmart  clever 9.25", id="blanks and no last newline"),
        pytest.param("Word 1,Word 2,Human (mean)\nold,new,1.5\nsmart,clever,9.25\n", id="header"),
        pytest.param("# old\tnew\t3\n\n# x\nold\tnew\t1.5\n\nsmart\tclever\t9.25\n", id="comments"),
        pytest.param("old\tnew\t1.5\r\nsmart\tclever\t9.25\r\n", id="windows lines"),
        pytest.param("\ufeffold\tnew\t1.5\nsmart\tclever\t9.25\n", id="byte order mark"),
        pytest.param(
            "word1\tword2\tPOS\tSimLex999\tconc(w1)\nold\tnew\tA\t1.5\t2.7\nsmart\tclever\tA\t9.25\t1.7\n",
            id="SimLex-999's own columns",
        ),
        pytest.param("old\tnew\tA\t1.5\tANTONYMS\nsmart\tclever\tA\t9.25\tNONE\n", id="SimVerb's columns"),
        pytest.param("old\tnew\t1.5\t3\t0\nsmart\tclever\t9.25\t9\t8\n", id="rating columns after the mean"),
    ],
)
def test_similarity_formats(tmp_path: Path, content: str) -> None:
    test = load_set(_file(tmp_path, content))
    assert test == SimilaritySet("some_set", PAIRS, SCORES)


def test_a_similarity_word_may_hold_a_blank_or_a_line_separator_character(tmp_path: Path) -> None:
    test = load_set(_file(tmp_path, "New York\ta\u2028b\t3\n"))
    assert isinstance(test, SimilaritySet)
    assert test.pairs == (("New York", "a\u2028b"),)


def test_analogies_in_sections(tmp_path: Path) -> None:
    content = ": family\nboy girl he she\n: gram1-x\nbig bigger small smaller\n: JJ_JJR\ngood better 1 2\n"
    test = load_set(_file(tmp_path, content))
    assert isinstance(test, AnalogySet)
    assert test.questions == (
        ("boy", "girl", "he", "she"),
        ("big", "bigger", "small", "smaller"),
        ("good", "better", "1", "2"),
    )
    assert test.sections == ("family", "gram1-x", "JJ_JJR")
    assert [test.is_syntactic(section) for section in test.sections] == [False, True, False]


def test_analogies_without_sections(tmp_path: Path) -> None:
    test = load_set(_file(tmp_path, "boy girl he she\nman woman king queen\n"))
    assert isinstance(test, AnalogySet)
    assert len(test) == 2
    assert len(test.section_names()) == 1
    assert not test.has_totals()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("old\tnew\t1.5\nsmart\tclever\tnone\n", 2, "number in column 3"),
        ("old\tnew\t1.5\nsmart\tclever\n", 2, "number in column 3"),
        ("old\tnew\t1.5\n# fine\n\nsmart\tclever\tnan\n", 4, "number in column 3"),
        ("old\tnew\t1.5\n\tclever\t2\n", 2, "two words"),
        ("a\tb\tscore\nold\tnew\t1.5\nx\ty\tz\n", 3, "number in column 3"),
        (": family\nboy girl he she\nboy girl he\n", 3, "four words"),
        (": family\nboy girl he she they\n", 2, "four words"),
        (":\nboy girl he she\n", 1, "without a name"),
        ("just some prose in a file\nthat is no test set\n", 1, "neither"),
        (b"old\tnew\t1.5\nsm\xffart\tclever\t2\n", 2, "byte offset 14"),
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, content: str | bytes, line: int, words: str) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(FormatError) as caught:
        load_set(path)
    assert f"{path}, line {line}:" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(FormatError, match="holds no test items"):
        load_set(_file(tmp_path, content))


def test_a_header_alone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="line 1"):
        load_set(_file(tmp_path, "word1\tword2\tscore\n"))


def test_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot read the test file"):
        load_set(tmp_path)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'goggle'.*google, wordsim353, simlex999"):
        load_set("goggle")


def test_no_set_at_all_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no test set"):
        load_sets([])


def test_sets_from_values_pass_through() -> None:
    similarity = SimilaritySet.from_pairs("mine", [("a", "b", 1)])
    analogies = AnalogySet.from_sections("mine", {"s": [("a", "b", "c", "d")], "t": [("e", "f", "g", "h")]})
    assert load_sets([similarity, analogies]) == [similarity, analogies]
    assert load_sets(similarity) == [similarity]
    assert analogies.sections == ("s", "t")


def test_named_sets_have_their_published_sizes() -> None:
    pytest.importorskip("gensim")
    sizes = {test.name: len(test) for test in load_sets(None)}
    assert sizes == {"google": 19544, "wordsim353": 353, "simlex999": 999}
    google = load_set("google")
    assert isinstance(google, AnalogySet)
    syntactic = sum(google.is_syntactic(section) for section in google.sections)
    assert syntactic == 10675
    assert len(google.section_names()) == 14


def test_named_sets_import_neither_gensim_nor_scipy() -> None:
    pytest.importorskip("gensim")
    program = (
        "import json, sys\nfrom embed.eval import load_sets\nsizes = [len(s) for s in load_sets(None)]\n"
        "print(json.dumps([sizes, [m for m in ('gensim', 'scipy') if m in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    sizes, imported = json.loads(done.stdout)
    assert sizes == [19544, 353, 999]
    assert imported == []


def test_a_named_set_without_gensim_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install train-embeddings\[gensim\]"):
        load_set("wordsim353")


def test_a_gensim_without_its_data_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "gensim", tmp_path / "__init__.py", submodule_search_locations=[str(tmp_path)]
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(FormatError, match=r"simlex999\.txt"):
        load_set("simlex999")
