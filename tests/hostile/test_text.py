"""Corpora that are bombs, no text, or damaged in ways that used to lose text in silence."""

from __future__ import annotations

import bz2
import gc
import lzma
import os
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embed.corpora import TextCorpus, open_corpus, text
from embed.corpora.tokenizers import split_words
from embed.errors import CorpusError
from embed.files import compressed
from embed.text import _text
from embed.text.encoding import encode
from tests.hostile.limits import MIB, at_most, bomb, gzipped, has_limits

COMPRESSIONS = ["gzip", "bzip2", "xz", "zstd"]
BOUND = 48 * MIB
"""Memory that reading a corpus takes, whatever it expands to (the vocabulary aside)."""


def _bytes(corpus: TextCorpus) -> Iterator[object]:
    chunks = corpus.byte_chunks()
    assert chunks is not None
    return chunks


def _words(corpus: TextCorpus) -> Iterator[object]:
    return iter(corpus)


@has_limits
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_bomb_of_text_is_read_in_constant_memory(tmp_path: Path, compression: str) -> None:
    """96 MiB of text, twice the bound, in a file of some KB."""
    path = tmp_path / "bomb"
    path.write_bytes(bomb(compression, b"endless" * 9 + b" ", 96))
    assert path.stat().st_size < MIB
    with at_most(BOUND), encode(TextCorpus(path)) as encoded:
        assert encoded.raw_tokens == 96 * MIB // 64
        assert encoded.vocabulary.words == ["endless" * 9]


class _LongStream:
    """A text of 8 bytes a token that no file holds."""

    def __init__(self, tokens: int) -> None:
        self._blocks = tokens // 10_000

    def byte_chunks(self) -> Iterator[bytes]:
        words = [b"w%06d" % (number * number % 5_000) for number in range(10_000)]
        for _ in range(self._blocks):
            yield b" ".join(words) + b"\n"

    def __iter__(self) -> Iterator[list[str]]:
        raise NotImplementedError


@has_limits
@pytest.mark.parametrize("threads", [1, 2])
def test_a_long_stream_is_counted_in_constant_memory(threads: int) -> None:
    """6M tokens: 46 MiB of text, and 23 MiB of ids, which are mapped at the end; either in memory is too much."""
    encode(_LongStream(10_000), threads=threads).close()  # makes what stays
    with at_most(BOUND), encode(_LongStream(6_000_000), threads=threads) as encoded:
        assert encoded.raw_tokens == len(encoded.ids) == 6_000_000


@has_limits
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("read", [_bytes, _words])
def test_a_bomb_without_white_space_is_refused(
    tmp_path: Path, compression: str, read: Callable[[TextCorpus], Iterator[object]]
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(bomb(compression, b"a", 64))
    assert path.stat().st_size < MIB
    corpus = TextCorpus(path, tokenizer="whitespace" if read is _bytes else "words", lowercase=True)
    with at_most(BOUND), pytest.raises(CorpusError, match=r"bomb: a word is longer than 1,048,576 bytes"):
        for _ in read(corpus):
            pass
    with (
        at_most(BOUND),
        pytest.raises(CorpusError, match=r"bomb: a word is longer than 1,048,576 bytes, after 0 tokens"),
    ):
        encode(TextCorpus(path))


def test_the_longest_word_is_the_same_for_every_reader(tmp_path: Path) -> None:
    longest = _text.MAX_WORD_BYTES
    assert longest == text.LONGEST_WORD_BYTES
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"a " + b"x" * longest + b" b")
    for tokenizer in ("whitespace", "words"):
        with encode(TextCorpus(path, tokenizer=tokenizer), min_count=1) as encoded:
            assert sorted(map(len, encoded.vocabulary.words)) == [1, 1, longest]
    path.write_bytes(b"a " + b"x" * (longest + 1) + b" b")
    with pytest.raises(CorpusError, match=r"corpus\.txt: a word is longer"):
        encode(TextCorpus(path))
    with pytest.raises(CorpusError, match="a word is longer"):
        encode([["a", "x" * (longest + 1)]])


def test_the_lines_of_a_callers_tokenizer_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LONGEST_LINE_BYTES", 3 * MIB)
    path = tmp_path / "bomb"
    path.write_bytes(bomb("gzip", b"a ", 2))
    assert len(list(TextCorpus(path, tokenizer=str.split))) == 105
    path.write_bytes(bomb("gzip", b"a ", 64))
    with pytest.raises(CorpusError, match="a line is longer than 3,145,728 bytes"):
        list(TextCorpus(path, tokenizer=str.split))


@has_limits
def test_a_header_cannot_ask_for_memory(tmp_path: Path) -> None:
    """The 12 bytes of an xz block header may say that 1.5 GiB are needed, and it was set aside."""
    path = tmp_path / "corpus.xz"
    small = lzma.compress(b"a b\n", filters=[{"id": lzma.FILTER_LZMA2, "preset": 0}])
    large = bytearray(small)
    header = slice(12, 12 + 4 * (small[12] + 1))  # of the first block: its size, flags, filters, checksum
    large[header.start + 4] = 37  # the size of the dictionary: 1.5 GiB
    large[header.stop - 4 : header.stop] = zlib.crc32(large[header.start : header.stop - 4]).to_bytes(4, "little")
    path.write_bytes(large)
    with (
        at_most(300 * MIB),
        pytest.raises(CorpusError, match=r"corpus\.xz: decompressing the xz data needs more than 256 MiB"),
    ):
        list(TextCorpus(path))
    path.write_bytes(small)
    assert list(TextCorpus(path)) == [["a", "b"]]
    assert compressed.XZ_MEMORY_BYTES == 256 * MIB


@pytest.mark.parametrize("compress", [gzipped, bz2.compress, lzma.compress])
@pytest.mark.parametrize("damage", [b"\1", b"xy", b"BZx", b"\xfd7zX\1\1"])
def test_what_follows_the_last_member_is_not_dropped_in_silence(
    tmp_path: Path, compress: Callable[[bytes], bytes], damage: bytes
) -> None:
    """The second of two bzip2 or xz members was left out without a word when its first bytes were damaged."""
    path = tmp_path / "corpus"
    path.write_bytes(compress(b"a b\n") + damage + compress(b"c d\n")[len(damage) :])
    with pytest.raises(CorpusError, match=r"corpus: the (gzip|bzip2|xz) data is (damaged|cut short)"):
        list(TextCorpus(path))


def test_padding_of_xz_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "corpus.xz"
    path.write_bytes(lzma.compress(b"a b\n") + bytes(8) + lzma.compress(b"c\n") + bytes(4))
    assert list(TextCorpus(path)) == [["a", "b"], ["c"]]


def test_long_runs_of_underscores_within_and_around_words() -> None:
    run = "_" * 250_000
    assert split_words(f"a{run}a b{run} {run}") == [f"a{run}a", "b"]


def test_text_in_place_of_a_path_is_explained_however_long() -> None:
    for wrong in ("some text " * 1000, "x" * 5000, "*no such file?" * 500, "\ud800", "a\0b", "~" * 300):
        with pytest.raises(CorpusError) as caught:
            open_corpus(wrong)
        assert len(str(caught.value)) < 500


def test_reading_leaves_no_file_open_and_no_memory(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    good, bad = tmp_path / "good.gz", tmp_path / "bad.gz"
    good.write_bytes(gzipped(b"a b c\n" * 1000))
    bad.write_bytes(gzipped(os.urandom(5000))[:-9])
    before = set(os.listdir("/proc/self/fd"))
    tracemalloc.start()
    try:
        kept = 0
        for turn in range(60):
            with encode(TextCorpus(good), min_count=1) as encoded:
                assert encoded.raw_tokens == 3000
            for _ in range(3):
                with pytest.raises(CorpusError):
                    encode(TextCorpus(bad, decode_errors="skip"), min_count=1)
            if turn == 20:
                gc.collect()
                kept = tracemalloc.get_traced_memory()[0]
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - kept < 100_000
    finally:
        tracemalloc.stop()
    assert set(os.listdir("/proc/self/fd")) == before
