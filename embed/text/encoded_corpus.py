"""Read an encoded corpus: a directory of plain little-endian arrays, described by ``meta.json``.

A new corpus replaces another in its directory by adding files with new names (``ids.1f2e3d4c.i32``) and then, in one
step, a ``meta.json`` with their generation. A reader thus always finds the complete files of one corpus, and can use
them while they are open. A corpus is reused if the fingerprint of input and settings matches. All ids and offsets are
checked on opening. :mod:`embed.text.encoded_folder` writes directories.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import re
import weakref
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embed.errors import FormatError, cannot_open
from embed.files.locks import FolderLock, SharedLock
from embed.files.own_kinds import META_NAME, refuse_another_kind
from embed.files.temporary import remove_run_folder
from embed.messages import printable
from embed.vocabulary.vocabulary import Vocabulary

__all__ = [
    "COUNTS",
    "DATA_FILES",
    "FORMAT_NAME",
    "FORMAT_VERSION",
    "IDS",
    "ID_TYPE",
    "META",
    "OFFSETS",
    "OFFSET_TYPE",
    "WORDS",
    "WORD_OFFSETS",
    "EncodedCorpus",
    "data_file",
    "is_data_file",
    "read_meta",
]

FORMAT_NAME = "train-embeddings encoded corpus"
FORMAT_VERSION = 1
META, IDS, OFFSETS = META_NAME, "ids.i32", "offsets.i64"
WORDS, WORD_OFFSETS, COUNTS = "words.utf8", "word_offsets.i64", "counts.i64"
DATA_FILES = (IDS, OFFSETS, WORDS, WORD_OFFSETS, COUNTS)

ID_TYPE, OFFSET_TYPE = np.dtype("<i4"), np.dtype("<i8")
_CHECK_BLOCK = 1 << 22
"""Numbers checked at a time on opening."""
_BLOCK_SENTENCES = 1 << 16
_GENERATION = re.compile(r"[0-9a-f]{8}")


class EncodedCorpus:
    """An encoded corpus on disk; a context manager.

    Attributes
    ----------
    ids : int32[N], memory-mapped
        The tokens in the vocabulary, sentence by sentence.
    offsets : int64[S+1], memory-mapped
        Sentence s is ``ids[offsets[s]:offsets[s + 1]]``; no sentence is empty.
    starts : None
        Where each sentence stands in `ids`, if not at its offset (:mod:`embed.text.drawn_corpus`).
    vocabulary : Vocabulary
        ``vocabulary.words[i]`` is the word of id i; its counts are those in `ids`.
    raw_tokens : int
        The number of tokens of the text, including words outside the vocabulary.
    count_error : int
        How much too low a count may be, and how many occurrences of a word may be missing, because words were
        dropped while counting (`max_vocab` of :func:`embed.encode`); 0 if everything is exact.
    least_count : int or None
        The `min_count` that was chosen by the size of the text; None if it was given.
    fingerprint : str
        Identifies input and settings, or, for input that cannot be read twice, the encoded content.
    directory : Path
        The directory, removed by :meth:`close` (and at the end of the process) if it is temporary.
    seconds : mapping of str to float
        How long reading, counting and encoding took, which are done side by side: by their shares of the time of all
        threads. Without counting for Python sentences, which are read and counted in one; empty if the directory was
        there.
    """

    starts: NDArray[np.int64] | None = None
    seconds: Mapping[str, float] = MappingProxyType({})
    _remove: Callable[[], object] | None = None

    def __init__(
        self,
        directory: Path,
        meta: dict[str, Any],
        vocabulary: Vocabulary,
        *,
        written_in: Path | None = None,
        temporary: FolderLock | None = None,
    ) -> None:
        """Map the files of `directory`, or of `written_in` before they are moved; take its lock, if temporary."""
        self.directory = directory
        self.vocabulary = vocabulary
        self.raw_tokens: int = meta["raw_tokens"]
        self.count_error: int = meta.get("count_error", 0)
        self.least_count: int | None = meta.get("least_count")
        self.fingerprint: str = meta["fingerprint"]
        ids, offsets = (
            data_file(directory, name, meta) if written_in is None else written_in / name for name in (IDS, OFFSETS)
        )
        self._in_use: SharedLock | None = SharedLock.hold(ids)
        self.ids: NDArray[np.int32] = _mapped(self._in_use.descriptor, ID_TYPE)
        with open(offsets, "rb") as file:
            self.offsets: NDArray[np.int64] = _mapped(file.fileno(), OFFSET_TYPE)
        if temporary is not None:
            self._remove = weakref.finalize(self, remove_run_folder, directory, temporary)

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> EncodedCorpus:
        """Open a directory that :func:`embed.encode` has written.

        Raises
        ------
        FormatError
            The directory is not an encoded corpus, has another version, or is damaged.
        """
        directory = Path(directory)
        refuse_another_kind(directory, "an encoded corpus", "encoded")
        while True:
            meta = read_meta(directory)
            if meta["version"] != FORMAT_VERSION:
                raise FormatError(
                    f"the encoded corpus {directory} has version {meta['version']}, but this program reads version "
                    f"{FORMAT_VERSION}; encode the text again"
                )
            try:
                _compare_sizes(directory, meta)
                encoded = cls(directory, meta, _read_vocabulary(directory, meta))
            except FileNotFoundError as error:
                if read_meta(directory) != meta:  # another process has just replaced the corpus
                    continue
                raise _corrupt(directory, f"{os.path.basename(error.filename)} is missing") from error
            except OSError as error:
                what = "the files" if error.filename is None else os.path.basename(error.filename)
                message = f"{directory}: cannot read {what}: {error.strerror or error}"
                raise cannot_open(FormatError, message, error) from error
            except (ValueError, KeyError, TypeError) as error:
                if isinstance(error, FormatError):
                    raise
                raise _corrupt(directory, str(error)) from error
            _verify(encoded)
            return encoded

    @property
    def sentences(self) -> int:
        """The number of sentences S."""
        return len(self.offsets) - 1

    @property
    def tokens(self) -> int:
        """The number of tokens in the vocabulary, N."""
        return int(self.offsets[-1])

    @property
    def counts(self) -> NDArray[np.int64]:
        """Occurrences of each word, int64[V]."""
        return self.vocabulary.counts

    def boundary_near(self, wanted: float) -> int | None:
        """Return the position nearest to `wanted` where a sentence begins, other than the first; None if none is near.

        Of two at the same distance, the first.
        """
        after = int(np.searchsorted(self.offsets, wanted))
        near = (int(self.offsets[i]) for i in (after - 1, after) if 0 <= i < len(self.offsets))
        boundary = min(near, key=lambda position: abs(position - wanted))
        return boundary if 0 < boundary < self.tokens else None

    def first_pair(self) -> int | None:
        """Return the end, in tokens, of the first sentence that has two; None if no sentence has."""
        for first in range(0, len(self.offsets) - 1, _BLOCK_SENTENCES):
            block = self.offsets[first : first + _BLOCK_SENTENCES + 1]
            if len(found := np.flatnonzero(np.diff(block) > 1)):
                return int(block[found[0] + 1])
        return None

    def close(self) -> None:
        """Close the files, and remove them if they are temporary. Closing twice is allowed."""
        self.ids = np.empty(0, dtype=ID_TYPE)
        self.offsets = np.zeros(1, dtype=OFFSET_TYPE)
        self._in_use = None
        if self._remove is not None:
            self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {self.tokens:,} of {self.raw_tokens:,} tokens "
            f"in {self.sentences:,} sentences, {len(self.vocabulary):,} words, {printable(str(self.directory))}>"
        )


def _mapped(descriptor: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        return np.frombuffer(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ), dtype)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        size = os.fstat(descriptor).st_size
        raise FormatError(
            f"not enough memory to map the {size:,} bytes of the encoded corpus; raise the limit (ulimit -v)"
        ) from error


# reading


def data_file(directory: Path, name: str, meta: dict[str, Any]) -> Path:
    """Return the path of one of DATA_FILES in the generation that META names."""
    stem, ending = name.split(".")
    generation = meta.get("generation")
    return directory / (name if generation is None else f"{stem}.{generation}.{ending}")


def is_data_file(name: str) -> bool:
    """Return whether a name belongs to a data file of any generation."""
    stem, *generation, ending = name.split(".") if name.count(".") in (1, 2) else ("", "")
    return f"{stem}.{ending}" in DATA_FILES and all(_GENERATION.fullmatch(part) for part in generation)


def read_meta(directory: Path) -> dict[str, Any]:
    """Read META and check the types of its values.

    Raises
    ------
    FormatError
        The directory is not an encoded corpus, or META is damaged.
    """
    try:
        meta = json.loads((directory / META).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise cannot_open(
            FormatError, f"{directory} is not an encoded corpus (it has no {META}); name another directory", error
        ) from error
    except OSError as error:
        raise cannot_open(FormatError, f"{directory}: cannot read {META}: {error.strerror}", error) from error
    except (ValueError, RecursionError) as error:
        raise _corrupt(directory, f"{META} is not valid JSON") from error
    if not isinstance(meta, dict) or meta.get("format") != FORMAT_NAME:
        raise FormatError(
            f"{directory} is not an encoded corpus (its {META} belongs to another program); name another directory"
        )
    wanted = {"version": int, "fingerprint": str, "raw_tokens": int, "sizes": dict}
    for name, kind in wanted.items():
        if not isinstance(meta.get(name), kind):
            raise _corrupt(directory, f"{META} lacks {name!r}")
    generation = meta.get("generation")
    if generation is not None and not (isinstance(generation, str) and _GENERATION.fullmatch(generation)):
        raise _corrupt(directory, f"{META} has an invalid 'generation'")
    if not isinstance(meta.get("count_error", 0), int):
        raise _corrupt(directory, f"{META} has an invalid 'count_error'")
    return meta


def _compare_sizes(directory: Path, meta: dict[str, Any]) -> None:
    for name in DATA_FILES:
        size, expected = os.stat(data_file(directory, name, meta)).st_size, meta["sizes"][name]
        if size != expected:
            raise _corrupt(directory, f"{name} has {size:,} bytes instead of {expected:,}")


def _read_vocabulary(directory: Path, meta: dict[str, Any]) -> Vocabulary:
    text = data_file(directory, WORDS, meta).read_bytes()
    ends, counts = (
        np.fromfile(data_file(directory, name, meta), dtype=OFFSET_TYPE).astype(np.int64, copy=False)
        for name in (WORD_OFFSETS, COUNTS)
    )
    is_sound = len(ends) == len(counts) + 1 > 1 and ends[0] == 0 and ends[-1] == len(text) and (np.diff(ends) > 0).all()
    if not is_sound or counts[-1] < 1 or (np.diff(counts) > 0).any():
        raise _corrupt(directory, "its vocabulary is inconsistent")
    words = [text[a:b].decode() for a, b in pairwise(ends.tolist())]
    if len(set(words)) != len(words):
        raise _corrupt(directory, "its vocabulary has a duplicate word")
    return Vocabulary(words, counts)


def _verify(encoded: EncodedCorpus) -> None:
    """Check that all ids and offsets are in range, because the core does not."""
    ids, offsets, words = encoded.ids, encoded.offsets, len(encoded.vocabulary)
    if offsets[0] != 0 or offsets[-1] != len(ids) or encoded.vocabulary.total != len(ids):
        raise _corrupt(encoded.directory, "offsets, counts and ids are inconsistent")
    counts = np.zeros(words, dtype=np.int64)
    for start in range(0, len(ids), _CHECK_BLOCK):
        block = ids[start : start + _CHECK_BLOCK]
        if block.min() < 0 or block.max() >= words:
            raise _corrupt(encoded.directory, f"{IDS} holds ids outside the vocabulary")
        counts += np.bincount(block, minlength=words)
    if not np.array_equal(counts, encoded.vocabulary.counts):
        raise _corrupt(encoded.directory, f"{COUNTS} does not match {IDS}")
    for start in range(0, len(offsets) - 1, _CHECK_BLOCK):
        block_offsets = offsets[start : start + _CHECK_BLOCK + 1]
        if (np.diff(block_offsets) <= 0).any():
            raise _corrupt(encoded.directory, f"{OFFSETS} is not increasing")


def _corrupt(directory: Path, why: str) -> FormatError:
    return FormatError(f"the encoded corpus {directory} is damaged: {why}; remove the directory and encode again")
