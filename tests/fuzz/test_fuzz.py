"""The readers on damaged input: every old finding, every prefix and every flipped byte of a valid file, and some more.

The targets and what they promise are in ``targets.py``; ``make fuzz`` searches for new findings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embed.text.encoding import encode
from tests.fuzz.seeds import TOKENS, mutations, seeds
from tests.fuzz.targets import TARGETS, attempt, pack, unpack
from tests.hostile.limits import MIB, at_most

REGRESSIONS = Path(__file__).parent / "regressions"
MEMORY = 256 * MIB
"""More address space that a reader of an input of a few KB may take, the blocks it reads in included."""
MUTATIONS = 150
STEPS = {"gensim-model": 7}
"""Bytes between two that are changed, where reading takes long."""
NEEDS = {"wiki": "mwparserfromhell", "wikitext": "mwparserfromhell"}


def _prefixes_and_flips(data: bytes, step: int) -> Iterator[bytes]:
    for size in range(0, len(data), step):
        yield data[:size]
    for place in range(0, len(data), step):
        for flip in (0x01, 0xFF):
            yield b"".join([data[:place], bytes([data[place] ^ flip]), data[place + 1 :]])


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_are_read_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(name, "embed"))
    start = seeds(name)
    assert attempt(TARGETS[name], start[0], tmp_path) is None
    refused, tried, step = 0, 0, STEPS.get(name, 1)
    with at_most(MEMORY):
        for data in (*_prefixes_and_flips(start[0], step), *mutations(start, TOKENS.get(name, []), MUTATIONS, 1)):
            refused += attempt(TARGETS[name], data, tmp_path) is not None
            tried += 1
    assert tried == 3 * -(-len(start[0]) // step) + MUTATIONS
    # what is damaged may be valid by chance, but not often
    assert refused > tried / 20 or name in ("encoded-resized", "ngrams", "words", "wikitext")


@pytest.mark.parametrize("name", TARGETS)
def test_old_findings_stay_fixed(name: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(name, "embed"))
    for path in sorted((REGRESSIONS / name).glob("*")):
        with at_most(MEMORY):
            attempt(TARGETS[name], path.read_bytes(), tmp_path)


def test_the_old_findings_belong_to_targets_and_are_small() -> None:
    files = [path for path in REGRESSIONS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} <= set(TARGETS)
    assert len(files) > 20
    assert sum(path.stat().st_size for path in files) < 200_000


def test_an_encoded_corpus_is_packed_and_unpacked(tmp_path: Path) -> None:
    encode([["a", "b"], ["a"]], min_count=1, directory=tmp_path / "kept").close()
    parts = unpack(pack(tmp_path / "kept"))
    assert parts == {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir() if path.suffix != ".lock"}
    assert unpack(b"\x02\0a") == {"meta.json": b"a"}
    assert unpack(b"") == {}
