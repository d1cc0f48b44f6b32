"""An encoded corpus on disk: a directory of plain little-endian arrays, and ``meta.json``, which describes them.

A directory that is kept is made beside its place and renamed, so it is there whole or not at all. It is used again when
the fingerprint of input and settings is the same. The compiled core trusts ids and offsets, so all of them are checked
when a directory is opened.

Rejected: a database or Arrow file (the trainer needs two arrays), the vocabulary as text (a caller's words may hold
white space).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from embed import _digest, _text
from embed.errors import EmbedError, FormatError, cannot_open
from embed.files.locks import held, remove_abandoned
from embed.vocab import Vocabulary

__all__ = [
    "COUNTS",
    "IDS",
    "ID_TYPE",
    "META",
    "OFFSETS",
    "OFFSET_TYPE",
    "WORDS",
    "WORD_OFFSETS",
    "EncodedCorpus",
    "describe",
    "kept_corpus",
    "move",
    "work_directory",
    "write_vocabulary",
    "writing",
    "writing_ids",
]

FORMAT_NAME = "train-embeddings encoded corpus"
FORMAT_VERSION = 1
META, IDS, OFFSETS = "meta.json", "ids.i32", "offsets.i64"
WORDS, WORD_OFFSETS, COUNTS = "words.utf8", "word_offsets.i64", "counts.i64"
DATA_FILES = (IDS, OFFSETS, WORDS, WORD_OFFSETS, COUNTS)

ID_TYPE, OFFSET_TYPE = np.dtype("<i4"), np.dtype("<i8")
_WORDS_BLOCK = 1 << 16
"""Words written at a time."""
_CHECK_BLOCK = 1 << 22
"""Numbers verified at a time when a directory is opened."""
_HASH_BYTES = 1 << 20


class EncodedCorpus:
    """An encoded corpus on disk; a context manager.

    Attributes
    ----------
    ids : int32[N], memory-mapped
        The tokens that are in the vocabulary, sentence after sentence.
    offsets : int64[S+1], memory-mapped
        Sentence s is ``ids[offsets[s]:offsets[s + 1]]``; no sentence is empty.
    vocabulary : Vocabulary
        ``vocabulary.words[i]`` is the word of id i; its counts are those in `ids`.
    raw_tokens : int
        Tokens of the text, those of words left out included.
    count_error : int
        By how much a count may be too low, and how many occurrences of a word may be missing, because words were
        forgotten while counting (`max_vocab` of :func:`embed.encode`); 0 if none were, and everything is exact.
    fingerprint : str
        Identifies input and settings; for input that cannot be read twice, the encoded content.
    directory : Path
        Where it lies; removed by :meth:`close` (and at the end of the process) if it is temporary.
    """

    def __init__(self, directory: Path, meta: dict[str, Any], vocabulary: Vocabulary, *, temporary: bool) -> None:
        self.directory = directory
        self.vocabulary = vocabulary
        self.raw_tokens: int = meta["raw_tokens"]
        self.count_error: int = meta.get("count_error", 0)
        self.fingerprint: str = meta["fingerprint"]
        self.ids: NDArray[np.int32] = np.memmap(directory / IDS, dtype=ID_TYPE, mode="r")
        self.offsets: NDArray[np.int64] = np.memmap(directory / OFFSETS, dtype=OFFSET_TYPE, mode="r")
        self._remove = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True) if temporary else None

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> EncodedCorpus:
        """Open a directory that :func:`embed.encode` has kept.

        Raises
        ------
        FormatError
            When it is no encoded corpus, of another version, cut short, or its parts contradict each other.
        """
        directory = Path(directory)
        meta = _read_meta(directory)
        if meta["version"] != FORMAT_VERSION:
            raise FormatError(
                f"{directory} is an encoded corpus of version {meta['version']}; "
                f"this program reads version {FORMAT_VERSION}"
            )
        try:
            for name in DATA_FILES:
                size, expected = os.stat(directory / name).st_size, meta["sizes"][name]
                if size != expected:
                    raise _corrupt(directory, f"{name} has {size:,} bytes instead of {expected:,}")
            encoded = cls(directory, meta, _read_vocabulary(directory), temporary=False)
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, FormatError):
                raise
            raise _corrupt(directory, getattr(error, "strerror", None) or str(error)) from error
        _verify(encoded)
        return encoded

    @property
    def sentences(self) -> int:
        """The number of sentences S."""
        return len(self.offsets) - 1

    def close(self) -> None:
        """Let go of the files, and remove them if they are temporary. Closing twice is allowed."""
        self.ids = np.empty(0, dtype=ID_TYPE)
        self.offsets = np.zeros(1, dtype=OFFSET_TYPE)
        if self._remove is not None:
            self._remove()

    def __enter__(self) -> EncodedCorpus:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"<EncodedCorpus: {len(self.ids):,} of {self.raw_tokens:,} tokens "
            f"in {self.sentences:,} sentences, {len(self.vocabulary):,} words, {self.directory}>"
        )


# reading


def kept_corpus(target: Path, corpus: Any, settings: dict[str, Any]) -> EncodedCorpus | None:
    """Return what is in the directory if it was made from `corpus` with `settings`, None if it is to be made (again).

    Raises
    ------
    FormatError
        When it holds something else, or is damaged.
    """
    if not os.path.lexists(target):
        return None
    if target.is_dir() and not any(target.iterdir()):
        return None
    meta = _read_meta(target)
    fingerprint = getattr(corpus, "fingerprint", None)
    source = fingerprint() if fingerprint else None
    if source is None or meta["version"] != FORMAT_VERSION or meta["fingerprint"] != _combined(source, settings):
        return None
    return EncodedCorpus.open(target)


def _read_meta(directory: Path) -> dict[str, Any]:
    try:
        meta = json.loads((directory / META).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise cannot_open(
            FormatError, f"{directory} is not an encoded corpus (it has no {META}), and is left as it is", error
        ) from error
    except OSError as error:
        raise cannot_open(FormatError, f"{directory}: cannot read {META}: {error.strerror}", error) from error
    except (ValueError, RecursionError) as error:
        raise _corrupt(directory, f"{META} is not valid JSON") from error
    if not isinstance(meta, dict) or meta.get("format") != FORMAT_NAME:
        raise FormatError(
            f"{directory} is not an encoded corpus (its {META} is something else's), and is left as it is"
        )
    wanted = {"version": int, "fingerprint": str, "raw_tokens": int, "sizes": dict}
    for name, kind in wanted.items():
        if not isinstance(meta.get(name), kind):
            raise _corrupt(directory, f"{META} lacks {name!r}")
    if not isinstance(meta.get("count_error", 0), int):
        raise _corrupt(directory, f"{META} has a 'count_error' that is no number")
    return meta


def _read_vocabulary(directory: Path) -> Vocabulary:
    text = (directory / WORDS).read_bytes()
    ends = np.fromfile(directory / WORD_OFFSETS, dtype=OFFSET_TYPE)
    counts = np.fromfile(directory / COUNTS, dtype=OFFSET_TYPE).astype(np.int64, copy=False)
    is_sound = len(ends) == len(counts) + 1 > 1 and ends[0] == 0 and ends[-1] == len(text) and (np.diff(ends) > 0).all()
    if not is_sound or counts[-1] < 1 or (np.diff(counts) > 0).any():
        raise _corrupt(directory, "the vocabulary contradicts itself")
    words = [text[a:b].decode() for a, b in pairwise(ends.tolist())]
    if len(set(words)) != len(words):
        raise _corrupt(directory, "a word is in the vocabulary twice")
    return Vocabulary(words, counts)


def _verify(encoded: EncodedCorpus) -> None:
    """Make sure that no id or offset leads outside: the core trusts them."""
    ids, offsets, words = encoded.ids, encoded.offsets, len(encoded.vocabulary)
    if offsets[0] != 0 or offsets[-1] != len(ids) or encoded.vocabulary.total != len(ids):
        raise _corrupt(encoded.directory, "offsets, counts and ids contradict each other")
    counts = np.zeros(words, dtype=np.int64)
    for start in range(0, len(ids), _CHECK_BLOCK):
        block = ids[start : start + _CHECK_BLOCK]
        if block.min() < 0 or block.max() >= words:
            raise _corrupt(encoded.directory, f"{IDS} holds ids outside the vocabulary")
        counts += np.bincount(block, minlength=words)
    if not np.array_equal(counts, encoded.vocabulary.counts):
        raise _corrupt(encoded.directory, f"{COUNTS} are not those of {IDS}")
    for start in range(0, len(offsets) - 1, _CHECK_BLOCK):
        block_offsets = offsets[start : start + _CHECK_BLOCK + 1]
        if (np.diff(block_offsets) <= 0).any():
            raise _corrupt(encoded.directory, f"{OFFSETS} is not rising")


def _corrupt(directory: Path, why: str) -> FormatError:
    return FormatError(f"the encoded corpus {directory} is damaged: {why}; remove the directory to have it made again")


# writing


@contextlib.contextmanager
def writing(where: object) -> Iterator[None]:
    """Turn an OSError into the FormatError that says where nothing could be written."""
    try:
        yield
    except EmbedError:  # of what is read meanwhile
        raise
    except OSError as error:
        raise FormatError(f"cannot write the encoded corpus in {where}: {error.strerror or error}") from error


@contextlib.contextmanager
def writing_ids(path: Path) -> Iterator[BinaryIO]:
    """Open the file of ids; what is still in its buffer when a disk is full fails once more as it is closed."""
    with writing(path.parent):
        # not in a `with`: what goes wrong as it is opened or closed is told otherwise than what does meanwhile
        file = open(path, "wb")  # noqa: SIM115
    try:
        yield file
    finally:
        with writing(path.parent):
            file.close()


def work_directory(target: Path | None) -> Path:
    """Return a new directory beside `target`, or a temporary one; what killed processes left beside it is removed.

    Raises
    ------
    FormatError
        When it cannot be made.
    """
    where = tempfile.gettempdir() if target is None else str(target.parent)
    with writing(where):
        if target is None:
            return Path(tempfile.mkdtemp(prefix="train-embeddings-"))
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(target.parent, f".{target.name}.", IDS)
        if target.exists():  # else it may be what a killed process could not put back
            remove_abandoned(target.parent, f".{target.name}.old.", target.name)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))


def write_vocabulary(work: Path, vocabulary: Vocabulary) -> None:
    """Write the words and their counts."""
    with open(work / WORDS, "wb") as words, open(work / WORD_OFFSETS, "wb") as offsets:
        end = 0
        offsets.write(np.zeros(1, dtype=OFFSET_TYPE).tobytes())
        for start in range(0, len(vocabulary), _WORDS_BLOCK):
            part, ends = _text.utf8_of(vocabulary.words[start : start + _WORDS_BLOCK])
            words.write(part)
            offsets.write((end + ends).astype(OFFSET_TYPE, copy=False).data)
            end += len(part)
    (work / COUNTS).write_bytes(vocabulary.counts.astype(OFFSET_TYPE, copy=False).data)


def describe(
    work: Path, corpus: Any, settings: dict[str, Any], facts: dict[str, int], *, durable: bool
) -> dict[str, Any]:
    """Write, and return, what META says of the data files that are there; if `durable`, all are on the disk then."""
    read_fingerprint = getattr(corpus, "read_fingerprint", None) or getattr(corpus, "fingerprint", None)
    source = read_fingerprint() if read_fingerprint else None
    meta = {
        "format": FORMAT_NAME,
        "version": FORMAT_VERSION,
        "fingerprint": _combined(source, settings) if source else _content_hash(work),
        **settings,
        **facts,
        "sizes": {name: os.stat(work / name).st_size for name in DATA_FILES},
    }
    (work / META).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    if durable:
        for name in (*DATA_FILES, META):
            with open(work / name, "rb+") as file:
                os.fsync(file.fileno())
    return meta


def _combined(source: str, settings: dict[str, Any]) -> str:
    content = json.dumps([FORMAT_NAME, FORMAT_VERSION, source, settings], sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=32).hexdigest()


def _content_hash(work: Path) -> str:
    digest = _digest.ContentDigest(32)
    for name in DATA_FILES:
        with open(work / name, "rb") as file:
            while chunk := file.read(_HASH_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def move(work: Path, target: Path) -> None:
    """Give the finished directory its name; what was there goes only once the new one is in place."""
    os.chmod(work, 0o755)
    if not target.exists():
        os.rename(work, target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    with held(old):
        try:
            os.rename(target, old / target.name)
            try:
                os.rename(work, target)
            except OSError:
                os.rename(old / target.name, target)
                raise
        except OSError:
            with contextlib.suppress(OSError):
                old.rmdir()  # unless it holds what could not be put back
            raise
        shutil.rmtree(old, ignore_errors=True)
