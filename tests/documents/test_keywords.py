"""Keywords of labels are spelled as the words of documents; a malformed line is refused by its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from embed.documents.keywords import read_keywords
from embed.errors import CorpusError


def test_labels_and_keywords(tmp_path: Path) -> None:
    path = tmp_path / "k.tsv"
    path.write_bytes(b"\xef\xbb\xbfrec.autos\tCar cars  Engine car\r\n\r\nsci space\tmoon\torbit")
    assert read_keywords(path) == {"rec.autos": ["car", "cars", "engine"], "sci space": ["moon", "orbit"]}
    assert read_keywords(path, tokenizer="whitespace", lowercase=False)["rec.autos"][0] == "Car"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tx\nb y\n", r"k\.tsv, line 2: expected a label, a tab and keywords, not 'b y'"),
        (b"\tx\n", "line 1: expected a label"),
        (b"a\t!\n", "line 1: expected a label"),
        (b"a\tx\n\na\ty\n", "line 3: the label 'a' is there already"),
        (b"\n \n", "there are no labels"),
        (b"", "there are no labels"),
        (b"a\tx\xff\n", "not valid UTF-8"),
        (b"a\tx\0\n", "is NUL"),
    ],
)
def test_malformed_keywords_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "k.tsv").write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        read_keywords(tmp_path / "k.tsv")
