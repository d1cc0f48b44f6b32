"""zstd of the standard library or of ``backports.zstd``: frames in a row, bounded memory, a Python that has neither."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import embed
from embed import WordVectors
from embed.errors import CorpusError, EmbedError, MissingExtraError
from embed.files import zstd
from embed.files.inputs import Input
from tests.hostile.limits import MIB, at_most

SKIPPABLE = b"\x50\x2a\x4d\x18\x03\0\0\0pad"


def _read(path: Path) -> bytes:
    parts = []
    with Input(str(path)).open() as stream:
        assert stream.compression == "zstd"
        while data := stream.read(MIB):
            parts.append(data)
    return b"".join(parts)


def test_frames_in_a_row_and_skippable_ones_are_one_text(tmp_path: Path) -> None:
    frames = [zstd.zstd_module("t").compress(text) for text in (b"a b\n", b"", b"c d\n" * 1000)]
    path = tmp_path / "t.txt"
    path.write_bytes(SKIPPABLE + frames[0] + SKIPPABLE + frames[1] + frames[2] + SKIPPABLE)
    assert _read(path) == b"a b\n" + b"c d\n" * 1000


@pytest.mark.parametrize("cut", [1, 3, 10])
def test_a_frame_cut_short_is_an_error(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes((zstd.zstd_module("t").compress(b"a b c\n" * 3) * 2)[:-cut])
    with pytest.raises(CorpusError, match=r"t\.txt: the zstd data is cut short"):
        _read(path)


def test_what_follows_the_last_frame_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(zstd.zstd_module("t").compress(b"a b c\n") + b"no frame")
    with pytest.raises(CorpusError, match=r"t\.txt: the zstd data is damaged"):
        _read(path)


def test_a_bomb_takes_the_memory_of_its_window(tmp_path: Path) -> None:
    squeeze = zstd.zstd_module("t").ZstdCompressor()
    path = tmp_path / "bomb"
    path.write_bytes(b"".join(squeeze.compress(b"a " * (MIB // 2)) for _ in range(400)) + squeeze.flush())
    assert path.stat().st_size < MIB
    with at_most(24 * MIB), Input(str(path)).open() as stream:
        size = 0
        while data := stream.read(MIB):
            size += len(data)
    assert size == 400 * MIB


@pytest.fixture
def _no_zstd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, zstd._MODULE, None)


@pytest.mark.usefixtures("_no_zstd")
def test_without_zstd_a_compressed_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    text, plain, out = tmp_path / "t.zst", tmp_path / "t.txt", tmp_path / "v.txt.zst"
    text.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    plain.write_text("a b a b\n" * 20)
    for read in (
        lambda: embed.train(str(text)),
        lambda: embed.load(text),
        lambda: embed.encode(embed.TextCorpus(text)),
    ):
        with pytest.raises(MissingExtraError, match=r"t\.zst: zstd needs the module .*, or use another compression"):
            read()
    with pytest.raises(MissingExtraError, match=r"v\.txt\.zst: zstd needs the module") as caught:
        embed.save(WordVectors(["a"], np.ones((1, 2), np.float32)), out)
    assert isinstance(caught.value, EmbedError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.txt", "t.zst"]
    assert embed.encode(embed.TextCorpus(plain), min_count=1).raw_tokens == 80  # everything else works
