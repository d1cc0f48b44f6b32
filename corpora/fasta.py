"""Read FASTA files: the k-mers of each record are a sentence (cut at 10,000, as long lines of text are).

A record begins with a line that begins with ``>``, and its sequence goes on over the lines after it. The letters stay
as they are, unless `lowercase` makes soft-masked and other letters alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from embed.choices import TextErrors
from embed.files.inputs import Input

from .files import FileCorpus
from .segmenters import kmers
from .text import pieces, text_lines

__all__ = ["FastaCorpus", "is_fasta"]

_HEAD = 64


def is_fasta(file: Input) -> bool:
    """Return whether a file begins with a record."""
    return file.peek(_HEAD).lstrip().startswith(b">")


class FastaCorpus(FileCorpus):
    """Records of FASTA files as sentences of k-mers.

    Parameters
    ----------
    files : list of Input
    length : int
        k.
    lowercase : bool
    decode_errors : {"strict", "replace", "skip"}
        As for :class:`TextCorpus`.
    """

    def __init__(self, files: list[Input], length: int, *, lowercase: bool, decode_errors: TextErrors) -> None:
        super().__init__(files)
        self._length, self._lowercase, self._decode_errors = length, lowercase, decode_errors

    def settings(self) -> dict[str, Any]:
        """Return the reading settings."""
        return {
            "reader": "fasta",
            "kmer": self._length,
            "lowercase": self._lowercase,
            "decode_errors": self._decode_errors,
        }

    def byte_chunks(self) -> None:
        """Return None: the sentences are made in Python."""
        return None

    def __iter__(self) -> Iterator[list[str]]:
        for stream in self.streams():
            yield from pieces(self._parts(text_lines(stream, self._decode_errors)))

    def _parts(self, lines: Iterator[str]) -> Iterator[tuple[list[str], bool]]:
        before = ""  # what the next line continues
        for line in lines:
            if line.startswith(">"):
                before = ""
                yield [], True
                continue
            sequence = before + line.strip()
            if self._lowercase:
                sequence = sequence.lower()
            yield kmers(self._length, sequence), False
            before = sequence[1 - self._length :] if self._length > 1 else ""
        yield [], True
