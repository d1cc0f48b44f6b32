"""The digest of a corpus: any cut of the stream gives the same, any change another; and the UTF-8 of many words."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.files import _digest
from embed.text import _text

BLOCK = 4096
MASK = (1 << 64) - 1


def digest_of(data: bytes, *cuts: int) -> str:
    digest = _digest.ContentDigest(32)
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        digest.update(data[start:end])
    return digest.hexdigest()


def splitmix(numbers: int) -> list[int]:
    state, drawn = 0, []
    for _ in range(numbers):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        drawn.append(z ^ z >> 31)
    return drawn


def plain_definition(data: bytes) -> str:
    """Return what csrc/text_sums.h says, in numbers of any size."""
    keys, sums = splitmix(BLOCK // 8), hashlib.blake2b(digest_size=32)
    for start in range(0, len(data) // BLOCK * BLOCK + 1, BLOCK):
        words = np.frombuffer(data[start : start + BLOCK].ljust(BLOCK, b"\0"), dtype="<u8").tolist()
        keyed = [(word + key) & MASK for word, key in zip(words, keys, strict=True)]
        total = sum(a * b for a, b in zip(keyed[::2], keyed[1::2], strict=True))
        sums.update((total % (1 << 128)).to_bytes(16, "little"))
    sums.update(len(data).to_bytes(8, "little"))
    return sums.hexdigest()


@pytest.mark.parametrize("size", [0, 1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 10_000])
def test_the_digest_is_what_it_is_defined_to_be(size: int) -> None:
    data = np.random.default_rng(size).bytes(size)
    assert digest_of(data) == plain_definition(data)


@given(st.lists(st.integers(0, 20_000), max_size=8))
def test_any_cut_of_the_stream_gives_the_same(cuts: list[int]) -> None:
    data = np.random.default_rng(1).bytes(20_000)
    assert digest_of(data, *sorted(cuts)) == digest_of(data)


def test_any_change_gives_another() -> None:
    data = b"some text " * 1000
    others = [data + b"\0", data[:-1], b"\0" + data, data[BLOCK:] + data[:BLOCK]]
    others += [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(0, len(data), 97)]
    assert len({digest_of(other) for other in [data, *others]}) == len(others) + 1


def test_asking_for_the_digest_does_not_end_it() -> None:
    digest = _digest.ContentDigest(32)
    digest.update(b"first")
    assert digest.hexdigest() == digest_of(b"first")
    digest.update(b"second")
    assert digest.hexdigest() == digest_of(b"firstsecond")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_words_in_utf8(words: list[str]) -> None:
    joined, ends = _text.utf8_of(words)
    assert joined == "".join(words).encode()
    assert ends.tolist() == [len("".join(words[: k + 1]).encode()) for k in range(len(words))]


@given(size=st.integers(0, 5 * BLOCK), cuts=st.lists(st.integers(0, 5 * BLOCK), max_size=4))
def test_stretches_of_a_stream_have_its_digest(size: int, cuts: list[int]) -> None:
    data = bytes(np.arange(size, dtype=np.uint32).view(np.uint8)[:size])
    ends = [*sorted(min(cut, size) for cut in cuts), size]
    digest = _digest.ContentDigest(32)
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        stretch = _digest.BlockSums(start)
        stretch.update(data[start : (start + end) // 2])
        stretch.update(data[(start + end) // 2 : end])
        head, sums, tail = stretch.parts()
        digest.update(head)
        if sums:
            digest.update_sums(sums)
        digest.update(tail)
    assert digest.hexdigest() == digest_of(data)


def test_sums_between_blocks_alone_are_accepted() -> None:
    digest = _digest.ContentDigest(32)
    digest.update(b"a")
    with pytest.raises(ValueError, match="sums are of whole blocks"):
        digest.update_sums(bytes(_digest.SUM_BYTES))
