"""Words that are each other's neighbours, and the synonym file of Solr and Elasticsearch that holds them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed import formats
from embed.cli import main
from embed.errors import ConfigError
from embed.formats.synonyms import escape_synonym, synonym_lines
from embed.vectors import WordVectors, search
from embed.vectors.synonyms import mutual_neighbours


def parsed(text: str) -> list[list[str]]:
    """Return the words of each line, by the rules of Lucene's SolrSynonymParser."""
    found = []
    for line in re.split("\r\n|\n|\r", text):
        if not line or line.startswith("#"):
            continue
        assert len(_parts(line, "=>")) == 1, line
        found.append([_unescaped(part).strip("".join(map(chr, range(33)))) for part in _parts(line, ",")])
    return found


def _parts(line: str, separator: str) -> list[str]:
    parts, part, at = [], "", 0
    while at < len(line):
        if line.startswith(separator, at):
            parts.append(part)
            part, at = "", at + len(separator)
        else:
            step = 2 if line[at] == "\\" else 1
            part, at = part + line[at : at + step], at + step
    return [part for part in [*parts, part] if part]


def _unescaped(part: str) -> str:
    return re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL)


@pytest.fixture
def vectors() -> WordVectors:
    rng = np.random.default_rng(5)
    centers = rng.normal(size=(30, 8))
    matrix = centers[rng.integers(0, 30, 120)] + 0.3 * rng.normal(size=(120, 8))
    matrix[17] = 0
    return WordVectors([f"w{n}" for n in range(120)], matrix.astype(np.float32))


@pytest.mark.parametrize(("n", "least", "top"), [(1, -1.0, None), (3, 0.8, None), (200, 0.5, 60)])
def test_pairs_are_those_by_brute_force(
    vectors: WordVectors, n: int, least: float, top: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SQUARE_ROWS", 7)
    near = {
        word: {other for other, cosine in vectors.nearest(word, n, top) if cosine >= least}
        for word in vectors.words[:top]
        if word != "w17"
    }
    expected = [(a, b) for a in near for b in near if a in near[b] and b in near[a]]
    found = mutual_neighbours(vectors, n, least=least, top=top)
    index = {word: row for row, word in enumerate(vectors.words)}
    assert [(a, b) for a, b, _ in found] == [(a, b) for a, b in expected if index[a] < index[b]]
    assert found
    for a, b, cosine in found:
        assert cosine == pytest.approx(vectors.similarity(a, b), abs=1e-6)


def test_a_hub_is_not_the_synonym_of_all_that_are_near_to_it() -> None:
    """Of "x" the hub is the nearest, but the hub has nearer ones."""
    vectors = WordVectors(["hub", "twin", "x"], [[1, 0], [1, 0.1], [1, -1]])
    assert [pair[:2] for pair in mutual_neighbours(vectors, 1, least=0)] == [("hub", "twin")]


def test_bad_settings_name_what_is_allowed(vectors: WordVectors) -> None:
    for call in (
        lambda: mutual_neighbours(vectors, 0),
        lambda: mutual_neighbours(vectors, least=float("nan")),
        lambda: mutual_neighbours(vectors, top=0),
        lambda: synonym_lines([], phrase_delimiter="/"),
    ):
        with pytest.raises(ConfigError, match="must be"):
            call()


ODD = ["a,b", "a=>b", "#tag", "C:\\dir", "=>x", "\\", "a\\,b", "x=", "#", "1,000", "new york", ",1,", "x\\=>", "é#"]


@pytest.mark.parametrize("word", ODD)
def test_whatever_has_a_meaning_is_escaped(word: str) -> None:
    lines, left_out = synonym_lines([(word, "other", 1.0), ("other", word, 1.0)])
    if any(map(str.isalnum, word)):
        assert parsed("\n".join(lines)) == [[word, "other"], ["other", word]]
        assert not left_out
    else:
        assert (lines, left_out) == ([], [word])


LETTER = st.one_of(st.sampled_from(",=>#\\ \n\r\t_a1\u2028"), st.characters())


@given(st.lists(st.tuples(st.text(LETTER, max_size=6), st.text(LETTER, max_size=6)), max_size=4))
def test_any_words_are_read_as_they_were_or_left_out(pairs: list[tuple[str, str]]) -> None:
    lines, left_out = synonym_lines((a, b, 1.0) for a, b in pairs)
    kept = [[a, b] for a, b in pairs if a not in left_out and b not in left_out]
    assert parsed("\n".join(lines)) == kept
    "\n".join(lines).encode()


def test_phrases_become_words_with_spaces() -> None:
    lines, _ = synonym_lines([("new_york", "nyc", 1), ("_init_", "a__b", 1)], phrase_delimiter="_")
    assert parsed("\n".join(lines)) == [["new york", "nyc"], ["_init_", "a__b"]]
    assert escape_synonym("new_york") == "new_york"


def test_the_command_writes_the_file_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    formats.save(WordVectors(["a,b", "c", "!", "?"], [[1, 0], [1, 0.1], [-1, 0], [-1, 0.1]]), "v.embed")
    assert main(["synonyms", "v.embed", "-o", "s.txt", "-n", "1"]) == 0
    assert capsys.readouterr().err == (
        "train-embeddings: left out 2 words without a letter or digit, or that a line cannot hold, such as '!'\n"
    )
    text = Path("s.txt").read_text(encoding="utf-8")
    assert parsed(text) == [["a,b", "c"]]
    assert text.startswith("# mutual neighbours")
    assert main(["synonyms", "v.embed", "-n", "1"]) == 0
    assert capsys.readouterr().out == text
    assert main(["synonyms", "v.embed", "-o", "s.txt", "--least", "1.5"]) == 0
    assert "--least" in capsys.readouterr().err
    for arguments, code in ((["-o", "v.embed"], 4), (["-o", "no/s.txt"], 2), (["--least", "nan"], 2)):
        assert main(["synonyms", "v.embed", *arguments]) == code
        assert capsys.readouterr().err.count("\n") == 1
