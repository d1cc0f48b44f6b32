"""The folder that a page in a browser reads: its files, its 8-bit vectors, and what its page may do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from embed import formats
from embed.cli import main
from embed.corpora.normal_form import Form
from embed.errors import ConfigError, FormatError
from embed.formats import web
from embed.vectors import WordVectors


def made(rows: int = 300, dim: int = 100) -> WordVectors:
    rng = np.random.default_rng(4)
    centers = rng.normal(size=(20, dim))
    matrix = centers[rng.integers(0, 20, rows)] + 0.7 * rng.normal(size=(rows, dim))
    matrix *= rng.lognormal(0, 3, size=(rows, 1))  # lengths do not matter
    matrix[5] = 0
    return WordVectors([f"w{n}" for n in range(rows)], matrix.astype(np.float32))


def cosines(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(lengths > 0, lengths, 1)
    return units @ units.T


def test_the_folder_holds_words_and_rows_of_8_bits(tmp_path: Path) -> None:
    vectors = made()
    formats.save(vectors, tmp_path / "v.web")
    assert sorted(path.name for path in (tmp_path / "v.web").iterdir()) == sorted(web.FILES)
    about = json.loads((tmp_path / "v.web" / "words.json").read_text(encoding="utf-8"))
    assert (about["words"], about["dim"], about["lowercase"]) == (vectors.words, 100, False)
    codes = np.fromfile(tmp_path / "v.web" / "vectors.i8", np.int8).reshape(300, 100)
    assert np.abs(codes).max(axis=1).tolist() == [127 if row != 5 else 0 for row in range(300)]
    np.testing.assert_allclose(cosines(codes.astype(float)), cosines(vectors.matrix.astype(float)), atol=0.005)


def test_rows_of_any_length_keep_their_direction(tmp_path: Path) -> None:
    formats.save(WordVectors(["a", "b"], [[3e38, 0], [0, 1e-44]], form=Form(lowercase=True)), tmp_path / "v.web")
    assert (tmp_path / "v.web" / "vectors.i8").read_bytes() == bytes([127, 0, 0, 127])
    assert json.loads((tmp_path / "v.web" / "words.json").read_bytes())["lowercase"] is True


def test_any_word_is_stored_and_a_lone_surrogate_refused(tmp_path: Path) -> None:
    words = ["", "<script>", "__proto__", "a\nb", "\0", "\u2028", "é", '"\\', "日本"]
    formats.save(WordVectors(words, np.eye(9)), tmp_path / "v.web")
    assert json.loads((tmp_path / "v.web" / "words.json").read_bytes())["words"] == words
    with pytest.raises(FormatError, match="lone surrogate"):
        formats.save(WordVectors(["\ud800"], [[1.0]]), tmp_path / "w.web")
    assert not (tmp_path / "w.web").exists()
    with pytest.raises(ConfigError, match="'web' can be written, but not read"):
        formats.load(tmp_path / "v.web", "web")


def test_an_older_folder_is_replaced_and_a_folder_of_others_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    formats.save(made(), tmp_path / "v.npz")
    for _ in range(2):
        assert main(["convert", str(tmp_path / "v.npz"), str(tmp_path / "site"), "--to", "web"]) == 0
    (tmp_path / "site" / "mine.html").write_text("mine")
    assert main(["convert", str(tmp_path / "v.npz"), str(tmp_path / "site"), "--to", "web"]) == 4
    assert "'mine.html', which would be lost" in capsys.readouterr().err


def test_the_page_obeys_a_strict_policy() -> None:
    home = Path(web.__file__).parent
    page = (home / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy[1]
    assert "unsafe" not in page
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", page)
    for name in ("page.js", "vectors.js"):
        script = (home / name).read_text(encoding="utf-8")
        assert not re.search(r"\beval\b|\bFunction\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write", script)
        assert not re.search(r"https?:|//cdn|\bimport\([^.]", script)
