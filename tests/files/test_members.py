"""Members of compressed data in threads: the bytes and the errors of one thread, wherever pieces are cut."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import threading
import zlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embed.corpora import TextCorpus
from embed.errors import CorpusError
from embed.files import bzip2, compressed, members, xz
from embed.files.compressed import ByteStream
from embed.files.members import Helpers
from embed.files.zstd import zstd_module
from embed.text.encoding import encode
from tests.hostile.limits import MIB, at_most

TEXT = "".join(f"word{k * k % 97} " + "\n" * (k % 11 == 0) for k in range(150)).encode()
PATTERNS = {"gzip": "_GZIP_MEMBER", "xz": "_XZ_STREAM", "zstd": "_ZSTD_FRAME"}


def xz_blocks(parts: list[bytes], **options: Any) -> bytes:
    """Return one stream of several blocks, made of streams of one block (The .xz File Format, 2 to 4)."""

    blocks, records, header = b"", b"", lzma.compress(b"", **options)[:12]
    for part in filter(None, parts):  # nothing needs no block
        stream = lzma.compress(part, **options)
        index_bytes = (int.from_bytes(stream[-8:-4], "little") + 1) * 4
        index = stream[-12 - index_bytes : -12]
        end = 2
        for _ in range(2):
            while index[end] & 0x80:
                end += 1
            end += 1
        blocks += stream[12 : -12 - index_bytes]
        records += index[2:end]
    index = bytes([0, len(list(filter(None, parts)))]) + records
    index += bytes(-len(index) % 4)
    index += zlib.crc32(index).to_bytes(4, "little")
    sizes = (len(index) // 4 - 1).to_bytes(4, "little") + header[6:8]
    return header + blocks + index + zlib.crc32(sizes).to_bytes(4, "little") + sizes + b"YZ"


def joined(compress: Callable[[bytes], bytes]) -> Callable[[list[bytes]], bytes]:
    return lambda parts: b"".join(map(compress, parts))


ROWS: dict[str, tuple[str, Callable[[list[bytes]], bytes]]] = {
    "gzip": ("gzip", joined(lambda part: gzip.compress(part, mtime=0))),
    "bzip2": ("bzip2", joined(bz2.compress)),
    "xz": ("xz", joined(lzma.compress)),
    "xz-blocks": ("xz", xz_blocks),
    "zstd": ("zstd", joined(lambda part: zstd_module("a test").compress(part))),
}
EACH = pytest.mark.parametrize("row", ROWS)


pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut pieces from every member, and look no further than the test's data."""
    sizes = {"PIECE_BYTES": 1, "LOOK_BYTES": 1 << 16, "FIRST_BYTES": 16, "READ_BYTES": 40, "TEXT_BYTES": 40}
    for name, value in sizes.items():
        monkeypatch.setattr(members, name, value)


def outcome(raw: bytes, threads: int, size: int = 64) -> bytes | str:
    """Return the decompressed bytes, or the message of the error behind as many as were read."""
    with Helpers(threads) as helpers, ByteStream(io.BytesIO(raw), "f") as stream:
        if threads > 1:
            stream.help(helpers)
        try:
            text = b"".join(iter(lambda: stream.read(size), b""))
            stream.drain()
        except CorpusError as error:
            return str(error)
        assert stream.raw_bytes == len(raw)
        return text


def pieces_of(monkeypatch: pytest.MonkeyPatch) -> list[list[bytes] | None]:
    """Return a list that receives what became of each piece."""
    found: list[list[bytes] | None] = []
    whole = members.whole

    def noting(parts: Iterable[bytes], most: int) -> list[bytes] | None:
        found.append(whole(parts, most))
        return found[-1]

    monkeypatch.setattr(members, "whole", noting)
    return found


@EACH
@pytest.mark.parametrize("size", [1, 2, 3, 10, 101, 500, len(TEXT) - 1, len(TEXT)])
def test_any_number_of_threads_gives_the_text(
    row: str, size: int, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXT if size > 9 else TEXT[:60]
    found = pieces_of(monkeypatch)
    raw = ROWS[row][1]([text[start : start + size] for start in range(0, len(text), size)])
    for threads in (1, 2, 3, 8):
        assert outcome(raw, threads) == text
    # a block may be a piece, and the end of a stream of blocks of xz is one more
    assert bool(found) == (size < len(text) or row.startswith(("bzip2", "xz")))
    assert None not in found


@pytest.mark.parametrize("row", [row for row in ROWS if row != "bzip2"])
@pytest.mark.parametrize("piece", [1, 50, 300])
def test_starts_that_are_guessed_wrongly_change_nothing(
    row: str, piece: int, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    compression, compress = ROWS[row]
    raw = compress([TEXT[start : start + 200] for start in range(0, len(TEXT), 200)])
    monkeypatch.setattr(compressed, PATTERNS[compression], re.compile(b"(?s:.)"))
    monkeypatch.setattr(members, "PIECE_BYTES", piece)
    found = pieces_of(monkeypatch)
    assert outcome(raw, 1) == TEXT
    assert not found
    assert outcome(raw, 3) == TEXT
    assert None in found


@EACH
def test_damage_anywhere_is_told_as_by_one_thread(row: str, small: None) -> None:
    raw = ROWS[row][1]([TEXT[:60], TEXT[60:90], TEXT[90:150]])
    for place in range(len(raw)):
        for wrong in (raw[:place], raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :]):
            alone = outcome(wrong, 1)
            assert outcome(wrong, 3) == alone
            if place >= 10 and wrong == raw[:place]:
                assert isinstance(alone, bytes) or f"the {ROWS[row][0]} data is cut short after" in alone
            if place >= 10 and row != "zstd":  # these frames have no checksum
                assert isinstance(alone, str) or TEXT.startswith(alone)
        if place % 5 == 0:
            assert outcome(wrong, 2, 7) == outcome(wrong, 1, 7)


@EACH
@pytest.mark.parametrize("garbage", [b"x", b"no member at all", b"\x1f\x8b\x08", b"BZh91AY", b"\0\0\0\0x"])
def test_garbage_after_a_member_is_told_as_by_one_thread(row: str, garbage: bytes, small: None) -> None:
    compress = ROWS[row][1]
    for raw in (compress([TEXT]) + garbage, compress([TEXT]) + garbage + compress([TEXT])):
        alone = outcome(raw, 1)
        assert isinstance(alone, str)
        assert "is damaged after" in alone or "is cut short after" in alone
        assert outcome(raw, 3) == alone


@pytest.mark.parametrize("threads", [1, 3])
def test_members_within_the_data_of_a_member_are_data(
    threads: int, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = b"".join(gzip.compress(TEXT[start : start + 50]) for start in range(0, len(TEXT), 50))
    found = pieces_of(monkeypatch)
    raw = gzip.compress(inner, compresslevel=0) * 3  # level 0 stores them as they are
    assert outcome(raw, threads) == inner * 3
    assert (None in found) == (threads > 1)
    random = os.urandom(300)
    inner = b"".join(zstd_module("a test").compress(random + bytes([k])) for k in range(5))
    assert outcome(zstd_module("a test").compress(inner) * 3, threads) == inner * 3


@EACH
def test_a_piece_that_expands_too_far_is_read_by_the_present_thread(
    row: str, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MOST_BYTES", 1000)
    found = pieces_of(monkeypatch)
    text = [b"a" * 10, b"b" * 20_000, b"c" * 10, b"d" * 30_000, b"e" * 10]
    assert outcome(ROWS[row][1](text), 2) == b"".join(text)
    assert None in found
    assert all(sum(map(len, parts)) <= 1000 for parts in found if parts)


def test_a_bomb_takes_the_memory_of_its_pieces(tmp_path: Path) -> None:
    squeeze = zlib.compressobj(9, wbits=31)
    bomb = b"".join(squeeze.compress(b"a " * (MIB // 2)) for _ in range(150)) + squeeze.flush()
    path = tmp_path / "bombs"
    path.write_bytes(bomb * 2)
    with Helpers(2) as helpers, open(path, "rb") as file, at_most(280 * MIB), ByteStream(file, "f") as stream:
        stream.help(helpers)
        assert sum(map(len, iter(lambda: stream.read(MIB), b""))) == 300 * MIB


def test_streams_share_helpers(small: None) -> None:
    raw = [ROWS[row][1]([TEXT[start : start + 40] for start in range(0, len(TEXT), 40)]) for row in ROWS]
    with Helpers(1) as helpers, ExitStack() as stack:
        streams = [stack.enter_context(ByteStream(io.BytesIO(one), "f")) for one in raw]
        for stream in streams:
            stream.help(helpers)
        found = [bytearray() for _ in streams]
        while parts := [stream.read(30) for stream in streams]:
            for text, part in zip(found, parts, strict=True):
                text += part
            if not any(parts):
                break
    assert found == [TEXT] * len(raw)


@EACH
def test_what_is_not_read_leaves_no_thread(row: str, small: None) -> None:
    raw = ROWS[row][1]([TEXT[start : start + 40] for start in range(0, len(TEXT), 40)])
    with Helpers(3) as helpers, ByteStream(io.BytesIO(raw), "f") as stream:
        assert stream.peek(10) == TEXT[:10]
        stream.help(helpers)
        assert stream.read(50) == TEXT[:50]


def test_a_system_that_gives_no_threads(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    raw = ROWS["gzip"][1]([TEXT[start : start + 40] for start in range(0, len(TEXT), 40)])
    monkeypatch.setattr(threading.Thread, "start", refuses)
    assert outcome(raw, 3) == TEXT


@pytest.mark.parametrize("is_pipe", [False, True])
@EACH
def test_an_encoded_corpus_is_the_same(row: str, is_pipe: bool, small: None, tmp_path: Path) -> None:
    if is_pipe and not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    raw = ROWS[row][1]([TEXT[start : start + 40] for start in range(0, len(TEXT), 40)])
    path = tmp_path / "text"
    found = []
    for threads in (1, 3):
        if is_pipe:
            path.unlink(missing_ok=True)
            os.mkfifo(path)
            writer = threading.Thread(target=path.write_bytes, args=(raw,))
            writer.start()
        else:
            path.write_bytes(raw)
        with encode(TextCorpus(path), min_count=1, threads=threads) as encoded:
            found.append((encoded.ids.tolist(), encoded.offsets.tolist(), encoded.vocabulary.words))
        if is_pipe:
            writer.join()
    assert found[0] == found[1]
    assert len(found[0][0]) == len(TEXT.split())


# bzip2

BLOCKS = Random(1).randbytes(99_000) + TEXT + b"a" * 300_000 + Random(2).randbytes(110_000) + TEXT
"""At level 1, blocks have up to 100,000 bytes after equal ones in a row are counted."""


@pytest.fixture(scope="module")
def blocks() -> bytes:
    return bz2.compress(BLOCKS, 1)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_blocks_of_one_stream_are_pieces(threads: int, blocks: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "PIECE_BYTES", 1)
    found = pieces_of(monkeypatch)
    raw = blocks + bz2.compress(b"") + blocks
    assert outcome(raw, threads, 10_000) == BLOCKS * 2
    assert None not in found
    assert (threads == 1) == (not found)
    assert threads == 1 or len(found) == 6


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("distance", [97, 20_011, 300_007])
def test_marks_within_a_block_change_nothing(
    threads: int, distance: int, blocks: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = bzip2._Bits._find

    def finding(bits: bzip2._Bits, start: int) -> None:
        find(bits, start)
        end = 8 * (bits._first + len(bits._held))
        first = 8 * (bits._first + start)
        extra = set(range(first - first % distance + distance, end, distance)) - dropped
        bits._marks = sorted({*bits._marks, *extra})

    dropped: set[int] = set()
    drop = bzip2._Bits.drop
    monkeypatch.setattr(bzip2._Bits, "drop", lambda bits, mark: dropped.add(mark) or drop(bits, mark))
    monkeypatch.setattr(bzip2._Bits, "_find", finding)
    monkeypatch.setattr(bzip2, "MOST_COINCIDENCES", 1 << 30)
    monkeypatch.setattr(members, "PIECE_BYTES", 1)
    raw = bz2.compress(TEXT * 3) * 2 if distance == 97 else blocks
    found = pieces_of(monkeypatch)
    assert outcome(raw, threads, 10_000) == (TEXT * 6 if distance == 97 else BLOCKS)
    assert (None in found) == (threads > 1)
    assert dropped


def test_damage_of_a_block_is_told_as_by_one_thread(blocks: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "PIECE_BYTES", 1)
    for place in range(10, len(blocks), len(blocks) // 40):
        for wrong in (blocks[:place], blocks[:place] + bytes([blocks[place] ^ 0x55]) + blocks[place + 1 :]):
            alone = outcome(wrong, 1, 10_000)
            assert isinstance(alone, str)
            assert "is damaged after" in alone or (wrong == blocks[:place] and "is cut short after" in alone)
            assert outcome(wrong, 3, 10_000) == alone


def test_the_checksum_of_a_stream_is_checked(blocks: bytes) -> None:
    found = bzip2._Bits(io.BytesIO(blocks))
    end = 0
    while (mark := found.mark_after(end)) is not None:
        end = mark
    place = end // 8 + 8  # within the checksum behind the last mark; 10,000 bytes are read at once
    wrong = blocks[:place] + bytes([blocks[place] ^ 1]) + blocks[place + 1 :]
    for threads in (1, 2):
        assert "damaged after 510,000 decompressed bytes" in str(outcome(wrong, threads, 10_000))


# xz


def native(raw: bytes) -> bytes | None:
    """Decompress streams in a row with the library alone; None if it refuses them."""
    text = b""
    try:
        while raw := raw.lstrip(b"\0"):
            decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
            text += decompressor.decompress(raw)
            if not decompressor.eof:
                return None
            raw = decompressor.unused_data
    except lzma.LZMAError:
        return None
    return text


def reframed(raw: bytes) -> bytes:
    source = xz.BlockStreams(io.BytesIO(raw))
    return b"".join(iter(lambda: source.read(1000), b""))


FILTERS: list[list[dict[str, Any]] | None] = [
    None,
    [{"id": lzma.FILTER_DELTA, "dist": 3}, {"id": lzma.FILTER_LZMA2, "preset": 1}],
    [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 0, "lc": 0, "lp": 2}],
]


@settings(max_examples=60)
@given(
    parts=st.lists(
        st.one_of(st.binary(max_size=40), st.integers(1, 300_000).map(lambda n: (b"ab c" * n)[:n])), max_size=4
    ),
    check=st.sampled_from([lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256]),
    filters=st.sampled_from(FILTERS),
    streams=st.integers(1, 3),
    padding=st.sampled_from([0, 4, 1000]),
)
def test_blocks_of_xz_become_streams(
    parts: list[bytes], check: int, filters: list[dict[str, Any]] | None, streams: int, padding: int
) -> None:
    one = xz_blocks(parts, check=check, filters=filters) if parts else lzma.compress(b"", check=check)
    raw = (one + bytes(padding)) * streams
    assert native(raw) == native(reframed(raw)) == outcome(raw, 2) == b"".join(parts) * streams
    starts = reframed(raw).count(one[:12])
    assert starts >= streams * (len([part for part in parts if part]) + 1)


def test_blocks_without_compression_become_streams() -> None:
    random = os.urandom(200_000)  # stored in chunks
    raw = xz_blocks([random, TEXT, random])
    assert native(reframed(raw)) == random + TEXT + random


def test_xz_is_refused_where_the_library_refuses_it() -> None:
    raw = xz_blocks([TEXT[:50], TEXT[50:90], b""]) + bytes(4) + lzma.compress(TEXT[90:])
    for place in range(len(raw)):
        for wrong in (raw[:place], raw[:place] + bytes([raw[place] ^ 0x11]) + raw[place + 1 :]):
            assert native(reframed(wrong)) == native(wrong), place


def test_wrong_indexes_are_refused() -> None:
    whole, other = xz_blocks([TEXT[:50], TEXT[50:]]), xz_blocks([TEXT[:51], TEXT[51:]])
    start = whole.index(b"\0\2", -32)
    for wrong in (whole[:start] + other[other.index(b"\0\2", -32) :], whole[:start], whole[:start] + bytes(40)):
        alone = outcome(wrong, 1)
        assert isinstance(alone, str)
        assert outcome(wrong, 2) == alone
        assert native(wrong) is None
