"""Replace the provisional ids of a file by final ones, in place and in threads: hands of :mod:`embed.text.in_order`.

A block of ids shrinks by its dropped words, so it is written before where it was read. A block's place is known in its
turn, when all blocks before it have been read, and it reaches no further than the block itself did: no write meets ids
that are still to be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BufferedRandom
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.corpora.lanes import Lane
from embed.text import _text
from embed.text.encoded_corpus import ID_TYPE, OFFSET_TYPE
from embed.text.in_order import in_order

__all__ = ["Numbering", "Stretch", "renumber"]

_BLOCK = 1 << 18
"""Ids renumbered at a time."""
_ID_BITS = np.int32(np.iinfo(np.int32).max)
"""The bits of a provisional id without that of the begin of a sentence."""


@dataclass(slots=True)
class Numbering:
    """The provisional id of each id of a thread, int32[n], known when its chunks have been joined."""

    ids: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))


@dataclass(slots=True)
class Stretch:
    """Tokens that stand together in a file and have ids of their own."""

    tokens: int
    numbering: Numbering


def renumber(
    ids: Path,
    offsets: Path,
    table: NDArray[np.int32],
    threads: int,
    stretches: Sequence[Stretch] = (),
    numbers: list[NDArray[np.int64]] | None = None,
) -> tuple[int, int]:
    """Replace provisional by final ids in place, and write the offsets; return (tokens, sentences).

    Parameters
    ----------
    ids : Path
        int32 provisional ids, the sign bit starting a sentence.
    offsets : Path
        The file to write.
    table : int32[V]
        The final id of each provisional id, -1 for dropped words.
    threads : int
    stretches : sequence of Stretch
        All of the file, if its ids are not the provisional ones.
    numbers : list or None
        As for :func:`embed.text.encoding.encode`.

    Raises
    ------
    OSError
        A file cannot be read or written.
    """
    numberings = {id(stretch.numbering): stretch.numbering for stretch in stretches}
    finals = {key: table[numbering.ids] for key, numbering in numberings.items()}
    parts = [(stretch.tokens, finals[id(stretch.numbering)]) for stretch in stretches]
    blocks = _blocks(parts or [(ids.stat().st_size // ID_TYPE.itemsize, table)])
    offsets.write_bytes(np.zeros(1, dtype=OFFSET_TYPE).tobytes())
    done = _Done()
    with ExitStack() as files:
        hands = [
            _Renumbering(
                files.enter_context(open(ids, "r+b")), files.enter_context(open(offsets, "r+b")), done, numbers
            )
            for _ in range(threads)
        ]
        in_order([Lane(blocks, is_ready=True)], hands)
        if done.tokens > done.last_end:
            hands[0].write_ends(done.sentences, np.array([done.tokens]))
            done.sentences += 1
        hands[0].truncate(done.tokens)
    return done.tokens, done.sentences


def _blocks(parts: Sequence[tuple[int, NDArray[np.int32]]]) -> Iterator[tuple[int, int, NDArray[np.int32]]]:
    """Yield the first token of each block, the number of tokens, and the final id of each id."""
    begin = 0
    for tokens, table in parts:
        for start in range(begin, begin + tokens, _BLOCK):
            yield start, min(_BLOCK, begin + tokens - start), table
        begin += tokens


@dataclass(slots=True)
class _Done:
    """The tokens and sentences of the blocks in front of a block: kept, and of the text."""

    tokens: int = 0
    last_end: int = 0  # the tokens up to the end of the last whole sentence
    sentences: int = 0
    sentences_of_text: int = 0


@dataclass(slots=True)
class _Block:
    """A block with final ids, and its place in the files."""

    ids: NDArray[np.int32]
    ends: NDArray[np.int64]
    begun: int  # sentences, dropped ones too
    numbers: NDArray[np.int64] | None  # of the sentences with a token left, 0 for the first that the block begins
    token: int = 0
    sentence: int = 0


class _Renumbering:
    """A :class:`embed.text.in_order.Hand`."""

    def __init__(
        self,
        ids: BufferedRandom,
        offsets: BufferedRandom,
        done: _Done,
        numbers: list[NDArray[np.int64]] | None,
    ) -> None:
        self._ids, self._offsets = ids, offsets
        self._done, self._numbers = done, numbers
        self._ends = np.empty(_BLOCK, dtype=np.int64)

    def begin(self, chunk: tuple[int, int, NDArray[np.int32]], place: tuple[int, int]) -> _Block:
        """Read a block and give it its final ids."""
        first, tokens, table = chunk
        self._ids.seek(first * ID_TYPE.itemsize)
        block = np.empty(tokens, dtype=np.int32)
        self._ids.readinto(block.data)
        begun, numbers = 0, None
        if self._numbers is not None:
            sentence_of = np.cumsum(block < 0) - 1
            begun = int(sentence_of[-1]) + 1
            numbers = np.unique(sentence_of[table[block & _ID_BITS] >= 0])
        kept, closed = _text.remap(block, table, self._ends)
        return _Block(block[:kept], self._ends[:closed].copy(), begun, numbers)

    def join(self, begun: _Block) -> None:
        """Learn the block's place."""
        done = self._done
        if len(begun.ends) and begun.ends[0] == 0 and done.tokens == done.last_end:
            begun.ends = begun.ends[1:]  # no sentence was open
        begun.ends += done.tokens
        begun.token, begun.sentence = done.tokens, done.sentences
        done.tokens += len(begun.ids)
        done.sentences += len(begun.ends)
        if len(begun.ends):
            done.last_end = int(begun.ends[-1])
        if self._numbers is not None and begun.numbers is not None:
            found = begun.numbers + done.sentences_of_text
            if self._numbers and len(found) and self._numbers[-1][-1] == found[0]:
                found = found[1:]  # a sentence that began in the last block
            if len(found):
                self._numbers.append(found)
            done.sentences_of_text += begun.begun

    def end(self, begun: _Block) -> None:
        """Write the block."""
        self._ids.seek(begun.token * ID_TYPE.itemsize)
        self._ids.write(begun.ids.astype(ID_TYPE, copy=False).data)
        self._ids.flush()
        self.write_ends(begun.sentence, begun.ends)

    def write_ends(self, sentence: int, ends: NDArray[np.int64]) -> None:
        """Write the ends, in tokens, of this sentence and those after it."""
        self._offsets.seek((sentence + 1) * OFFSET_TYPE.itemsize)
        self._offsets.write(ends.astype(OFFSET_TYPE, copy=False).data)
        self._offsets.flush()

    def truncate(self, tokens: int) -> None:
        """Cut the file of ids."""
        self._ids.truncate(tokens * ID_TYPE.itemsize)
