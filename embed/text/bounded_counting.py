"""Count in bounded memory while writing ids: set the limit, and renumber the ids of the file at the end.

With `max_vocab`, the table of the token counter holds at most `words_held` words. When it is full, the words with the
smallest counts are dropped (csrc/text_bound.h has the method and the proof of its bound). The remaining words get new
ids, so each pruning starts a new numbering in the file of provisional ids. Tables from old to new ids are stored beside
the file, at most twice as large as the ids, and the file is rewritten once at the end.

Rejected: rewriting the file at each pruning (quadratic), never reusing ids (their table grows with the text), a second
pass over the text (impossible for a pipe, and with other results than for a file).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embed.text import _text

__all__ = ["Numberings", "words_held"]

WORDS_PER_ENTRY = 16
"""Words in the table per word of `max_vocab`."""
LEAST_WORDS = 1 << 22
"""The least limit of the table: it takes some 350 MB, and a text with fewer words is counted exactly."""
_BLOCK = 1 << 16
"""Ids renumbered at a time."""
_ID = np.dtype("<i4")
_ID_BITS = np.int32(np.iinfo(np.int32).max)


def words_held(max_vocab: int) -> int:
    """Return the limit of distinct words while counting for a vocabulary of `max_vocab`."""
    return min(max(WORDS_PER_ENTRY * max_vocab, LEAST_WORDS), _text.MAX_WORDS)


class Numberings:
    """The successive numberings of a file of provisional ids, stored beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._moves = path.with_name(f"{path.name}.moves")
        self._ends: list[int] = []
        self._sizes: list[int] = []

    def add(self, tokens: int, moved: np.ndarray[tuple[int], np.dtype[np.int32]]) -> None:
        """Store that `moved` renumbers the ids of the file from the end of the previous call up to `tokens`.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        with open(self._moves, "ab") as file:
            file.write(moved.data)
        self._ends.append(tokens)
        self._sizes.append(len(moved))

    def apply(self) -> None:
        """Rewrite the file in the last numbering.

        Raises
        ------
        OSError
            A file cannot be read or written.
        """
        if not self._ends:
            return
        starts = np.concatenate(([0], np.cumsum(self._sizes)))
        moves = np.memmap(self._moves, dtype=np.int32, mode="r+")
        for number in range(len(self._sizes) - 2, -1, -1):
            table = moves[starts[number] : starts[number + 1]]
            table[:] = moves[starts[number + 1] : starts[number + 2]][table]
        with open(self._path, "r+b") as file:
            position = 0
            for number, end in enumerate(self._ends):
                table = np.array(moves[starts[number] : starts[number + 1]])
                while position < end:
                    file.seek(position * _ID.itemsize)
                    ids = np.frombuffer(file.read(min(_BLOCK, end - position) * _ID.itemsize), dtype=np.int32)
                    file.seek(position * _ID.itemsize)
                    file.write((table[ids & _ID_BITS] | (ids & ~_ID_BITS)).data)
                    position += len(ids)
        del moves, table
        self._moves.unlink()
