"""Files dealt to several readers: together they read what one reads, to the sentence and to the fingerprint."""

from __future__ import annotations

import bz2
import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.config.train import TrainConfig
from embed.corpora import open_corpus
from embed.corpora.dealing import Share, deal, fingerprint_of_shares, open_share, read_digests, why_unreadable
from embed.errors import CorpusError
from embed.files.extents import line_begin

CONFIG = TrainConfig()
CHARACTERS = st.sampled_from(
    ["a", "b c", " ", "\n", "\n\n", "\r\n", "é", "\ufeff", "<mediawiki", "BZh91AY&SY", "z" * 70]
)
TEXTS = st.lists(st.lists(CHARACTERS, max_size=60).map("".join), min_size=1, max_size=4)


def written(folder: Path, texts: list[str]) -> list[str]:
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.txt"
        path.write_bytes(("word\n" + text).encode() if text else b"")
        paths.append(str(path))
    return paths


def sentences_of(shares: list[Share], **columns: Any) -> tuple[list[list[str]], list[Any]]:
    """Return what the readers of all shares read, and the digests that they find."""
    found, digests = [], []
    for share in shares:
        if share:
            corpus = open_share(share, CONFIG, **columns)
            found += list(corpus)
            digests.append(read_digests(corpus))
    return found, digests


@given(texts=TEXTS, readers=st.integers(1, 5))
def test_readers_read_what_one_reads(tmp_path_factory: pytest.TempPathFactory, texts: list[str], readers: int) -> None:
    source = written(tmp_path_factory.mktemp("text"), texts)
    corpus = open_corpus(source)
    shares = deal(source, corpus, readers)
    assert shares is not None
    assert len(shares) == readers
    found, digests = sentences_of(shares)
    assert found == list(corpus)
    assert fingerprint_of_shares(corpus, shares, digests) == corpus.fingerprint()


def test_large_file_is_cut_at_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("".join(f"line {number}\n" for number in range(50_000)))
    shares = deal(str(path), open_corpus(str(path)), 4)
    assert shares is not None
    [pieces] = zip(*shares, strict=True)
    sizes = [piece.end - piece.begin for piece in pieces]
    assert sum(sizes) == path.stat().st_size
    assert max(sizes) - min(sizes) < 40
    data = path.read_bytes()
    assert all(data[piece.begin - 1 : piece.begin] in (b"", b"\n") for piece in pieces)


@pytest.mark.parametrize("content", [b"", b"a", b"a\n", b"\n\na\nbc", b"a" * 70_000 + b"\nb"])
def test_line_begin_is_the_first_from_there(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text"
    path.write_bytes(content)
    begins = [0, *(at + 1 for at, byte in enumerate(content) if byte == 10)]
    for offset in {0, min(1, len(content)), len(content) // 2, len(content)}:
        expected = next((begin for begin in begins if begin >= offset), len(content))
        assert line_begin(str(path), offset) == expected


def test_compressed_files_and_tables_are_dealt_whole(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.gz").write_bytes(gzip.compress(b"a b\nc\n" * (number + 1)))
        (tmp_path / f"{number}.csv").write_text("text,more\na b,1\n" + "c d,2\n" * number)
    compressed = str(tmp_path / "*.gz")
    corpus = open_corpus(compressed)
    shares = deal(compressed, corpus, 3)
    assert shares is not None
    assert [piece.end for share in shares for piece in share] == [0] * 4
    found, digests = sentences_of(shares)
    assert found == list(corpus)
    assert fingerprint_of_shares(corpus, shares, digests) == corpus.fingerprint()
    tables = str(tmp_path / "*.csv")
    shares = deal(tables, table := open_corpus(tables, column="text"), 3)
    assert shares is not None
    assert sentences_of(shares, column="text")[0] == list(table)


def test_what_one_process_has_to_read_is_not_dealt(tmp_path: Path) -> None:
    (tmp_path / "one.bz2").write_bytes(bz2.compress(b"a b\n"))
    os.mkfifo(tmp_path / "pipe")
    one = str(tmp_path / "one.bz2")
    assert deal(one, open_corpus(one), 2) is None
    piped = [one, str(tmp_path / "pipe")]
    assert deal(piped, open_corpus(piped), 2) is None
    sentences = [["a", "b"]]
    assert deal(sentences, open_corpus(sentences), 2) is None


def test_damage_is_reported_where_it_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"good line\n" * 100 + b"\xff bad\n" + b"good line\n")
    shares = deal(str(path), open_corpus(str(path)), 3)
    assert shares is not None
    for share in shares[:2]:
        list(open_share(share, CONFIG))
    with pytest.raises(CorpusError, match=r"text: byte 1,000 \(0xff\) is not valid UTF-8"):
        list(open_share(shares[2], CONFIG))


def test_file_that_differs_elsewhere_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a b\n" * 10)
    shares = deal(str(path), open_corpus(str(path)), 2)
    assert shares is not None
    assert [why_unreadable(share) for share in shares] == ["", ""]
    path.write_text("a c\n" * 10)
    assert why_unreadable(shares[0]) == f"{path} is another file"
    path.unlink()
    assert why_unreadable(shares[1]) == f"{path}: No such file or directory"
