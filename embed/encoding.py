"""Text to ids on disk: the corpus is tokenised and counted once, and every epoch and thread maps the result.

One pass over the text writes provisional ids (order of first occurrence) while the compiled counter counts.
Then the final ids are known, and the file of ids is rewritten in place, block by block, without the words
left out. Memory holds the distinct words (with `max_vocab`, a bounded number of them: embed/count_bound.py) and one
block, whatever the length of the corpus; the input may be a pipe or a generator.

A directory that is kept holds plain little-endian arrays and ``meta.json``; it is made beside its place and
renamed, so it is there whole or not at all. It is used again when the fingerprint of input and settings is
the same.

Rejected: a counting pass and an encoding pass (reads and tokenises twice, impossible for a pipe), a database
or Arrow file (the trainer needs two arrays), the vocabulary as text (a caller's words may hold white space).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from embed import _digest, _text
from embed.abandoned import held, remove_abandoned
from embed.corpora import PIECE_TOKENS, SentenceCorpus
from embed.corpora.files import FileCorpus
from embed.count_bound import Numberings, words_held
from embed.errors import AdviceWarning, CorpusError, FormatError
from embed.phrase_model import PhraseSettings, learn_passes
from embed.vocab import Vocabulary, check_limits

__all__ = ["EncodedCorpus", "Progress", "count_tokens", "encode", "encode_with"]

FORMAT_NAME = "train-embeddings encoded corpus"
FORMAT_VERSION = 1
META, IDS, OFFSETS = "meta.json", "ids.i32", "offsets.i64"
WORDS, WORD_OFFSETS, COUNTS = "words.utf8", "word_offsets.i64", "counts.i64"
DATA_FILES = (IDS, OFFSETS, WORDS, WORD_OFFSETS, COUNTS)

Progress = Callable[[int, int], object]
"""Called with (tokens so far, bytes of the input read so far)."""

_ID, _OFFSET = np.dtype("<i4"), np.dtype("<i8")
_BLOCK = 1 << 16
"""Ids, words, or tokens of sentences that came as lists, handled at a time."""
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
        forgotten while counting (`max_vocab` of :func:`encode`); 0 if none were, and everything is exact.
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
        self.ids: NDArray[np.int32] = np.memmap(directory / IDS, dtype=_ID, mode="r")
        self.offsets: NDArray[np.int64] = np.memmap(directory / OFFSETS, dtype=_OFFSET, mode="r")
        self._remove = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True) if temporary else None

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> EncodedCorpus:
        """Open a directory that :func:`encode` has kept.

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
        self.ids = np.empty(0, dtype=_ID)
        self.offsets = np.zeros(1, dtype=_OFFSET)
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


def encode(
    corpus: Iterable[list[str]],
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    phrases: PhraseSettings | None = None,
    directory: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> EncodedCorpus:
    """Encode a corpus into ids, in one pass over its text.

    Parameters
    ----------
    corpus : corpus or iterable of lists of str
        See :func:`embed.corpora.open_corpus`. Iterated once, so a generator will do.
    min_count : int
        Leave out words that occur less often.
    max_vocab : int or None
        Keep at most this many words, the most frequent ones. While counting, memory then holds at most 4,194,304 or
        16 times `max_vocab` distinct words, whichever is more (some 90 bytes each), and a text with fewer is
        counted exactly. When there are more, rare ones are forgotten: a count is never too high, and too low by at
        most E, which is at most 2 x tokens / words held; no word that occurs more than E times is missed; and a
        warning says what E was.
    phrases : PhraseSettings or None
        Learn phrases first and join them; `min_count` and `max_vocab` then apply to words and phrases as joined.
    directory : path or None
        Where to keep the result. An encoded corpus that is there is used if it was made from the same input
        with the same settings, and replaced if not. None: a temporary directory, removed on close.
    progress : callable or None
        Called now and then with (tokens so far, bytes of the input read so far).

    Raises
    ------
    CorpusError
        When the input is unreadable or malformed, holds no tokens, or no word occurs `min_count` times.
    ConfigError
        When `min_count` or `max_vocab` is out of bounds.
    FormatError
        When `directory` holds something else or a damaged encoded corpus, or cannot be written.

    Warns
    -----
    AdviceWarning
        When words were forgotten while counting, so that counts may be too low.
    """
    check_limits(min_count, max_vocab)
    if not hasattr(corpus, "byte_chunks") and not isinstance(corpus, SentenceCorpus):
        corpus = SentenceCorpus(corpus)
    settings: dict[str, Any] = {"min_count": int(min_count), "max_vocab": None if max_vocab is None else int(max_vocab)}
    if phrases is not None:
        settings["phrases"] = phrases.to_dict()
    target = None if directory is None else Path(directory)
    if target is not None and (kept := _kept(target, corpus, settings)) is not None:
        _warn_of_error(kept)
        return kept
    work = _work_directory(target)
    with held(work):
        try:
            durable = target is not None
            meta, vocabulary = _encode_into(work, corpus, settings, progress, durable=durable, phrases=phrases)
            if target is not None:
                with _writing(target):
                    _move(work, target)
            encoded = EncodedCorpus(target or work, meta, vocabulary, temporary=target is None)
            _warn_of_error(encoded)
            return encoded
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise


def encode_with(
    vocabulary: Vocabulary,
    corpus: Iterable[list[str]],
    *,
    new_words_from: int | None = None,
    progress: Progress | None = None,
) -> EncodedCorpus:
    """Encode a corpus into the ids of a vocabulary that is there already, to go on training with it.

    Parameters
    ----------
    vocabulary : Vocabulary
        In any order. The result has it as it is: its counts are those it came with, not those in this corpus.
    corpus : corpus or iterable of lists of str
        As for :func:`encode`. Tokens that are not in the vocabulary are left out.
    new_words_from : int, optional
        Words that occur at least so often in this corpus join the vocabulary, and the counts of all words are those
        they came with plus those in this corpus; the result has them by falling count.
    progress : callable or None
        As for :func:`encode`.

    Returns
    -------
    EncodedCorpus
        In a temporary directory, removed on close.

    Raises
    ------
    CorpusError
        When the input is unreadable or malformed, or holds no token of the vocabulary.
    """
    if not hasattr(corpus, "byte_chunks") and not isinstance(corpus, SentenceCorpus):
        corpus = SentenceCorpus(corpus)
    work = _work_directory(None)
    try:
        meta, vocabulary = _encode_into(
            work, corpus, {}, progress, durable=False, vocabulary=vocabulary, new_words_from=new_words_from
        )
        return EncodedCorpus(work, meta, vocabulary, temporary=True)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


# the pass over the text


def _encode_into(
    work: Path,
    corpus: Iterable[list[str]],
    settings: dict[str, Any],
    progress: Progress | None,
    *,
    durable: bool,
    vocabulary: Vocabulary | None = None,
    phrases: PhraseSettings | None = None,
    new_words_from: int | None = None,
) -> tuple[dict[str, Any], Vocabulary]:
    counter = count_tokens(work / IDS, corpus, progress, settings.get("max_vocab"))
    if phrases is not None:
        with _writing(work):
            learn_passes(work / IDS, counter, phrases, keep_joined=True)
    if vocabulary is None:
        vocabulary, table = _ranked(counter, corpus, settings)
    else:
        if new_words_from is not None:
            vocabulary = _united(counter, vocabulary, new_words_from)
        table = _given(counter, corpus, vocabulary)
    raw_tokens, count_error = counter.tokens, counter.error
    del counter
    with _writing(work):
        tokens, sentences = _remap(work, table)
        _write_vocabulary(work, vocabulary)
        read_fingerprint = getattr(corpus, "read_fingerprint", None) or getattr(corpus, "fingerprint", None)
        source = read_fingerprint() if read_fingerprint else None
        meta = {
            "format": FORMAT_NAME,
            "version": FORMAT_VERSION,
            "fingerprint": _combined(source, settings) if source else _content_hash(work),
            **settings,
            "raw_tokens": raw_tokens,
            **({"count_error": count_error} if count_error else {}),
            "tokens": tokens,
            "sentences": sentences,
            "words": len(vocabulary),
            "sizes": {name: os.stat(work / name).st_size for name in DATA_FILES},
        }
        (work / META).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
        if durable:
            for name in (*DATA_FILES, META):
                with open(work / name, "rb+") as file:
                    os.fsync(file.fileno())
    return meta, vocabulary


def _warn_of_error(encoded: EncodedCorpus) -> None:
    if encoded.count_error:
        message = (
            f"max_vocab: the text has more distinct words than are held while counting, so rare ones were forgotten; "
            f"counts may be too low by up to {encoded.count_error:,}, and as many occurrences be left out; a larger "
            "max_vocab, or none, holds more"
        )
        warnings.warn(message, AdviceWarning, stacklevel=3)


def count_tokens(
    path: Path, corpus: Iterable[list[str]], progress: Progress | None, max_vocab: int | None = None
) -> _text.TokenCounter:
    """Write the provisional ids of a corpus, int32 with the sign bit starting a sentence; return their counter.

    With `max_vocab`, memory is bounded as :func:`encode` says, and the id _text.GONE stands for words forgotten.

    Raises
    ------
    CorpusError
        When the input is unreadable or malformed, or has too many words or one that is too long.
    FormatError
        When the file cannot be written.
    """
    counter = _text.TokenCounter(PIECE_TOKENS)
    if max_vocab is not None:
        counter.bound(words_held(max_vocab))
    try:
        _count(path, counter, corpus, progress)
    except OverflowError as error:
        current = getattr(corpus, "current_name", None)
        raise CorpusError(
            f"{f'{current}: ' if current else ''}{error}, after {counter.tokens:,} tokens: at most "
            f"{_text.MAX_WORDS:,} distinct words of up to {_text.MAX_WORD_BYTES:,} bytes can be counted"
        ) from error
    return counter


def _ranked(
    counter: _text.TokenCounter, corpus: Iterable[list[str]], settings: dict[str, Any]
) -> tuple[Vocabulary, NDArray[np.int32]]:
    """Return the vocabulary of what was counted, and the id of each provisional one, -1 where left out."""
    ranked = counter.rank(settings["min_count"], settings["max_vocab"] or _text.MAX_WORDS)
    if not len(ranked):
        raise CorpusError(_why_empty(counter, corpus, settings["min_count"]))
    table = np.full(len(counter), -1, dtype=np.int32)
    table[ranked] = np.arange(len(ranked), dtype=np.int32)
    return Vocabulary(counter.words(ranked), counter.counts(ranked)), table


def _united(counter: _text.TokenCounter, vocabulary: Vocabulary, min_count: int) -> Vocabulary:
    """Return a vocabulary with the words that occur `min_count` times in what was counted, and all counts added up."""
    counts = dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
    counted = counter.rank(1, _text.MAX_WORDS)
    for start in range(0, len(counted), _BLOCK):
        block = counted[start : start + _BLOCK]
        for word, count in zip(counter.words(block), counter.counts(block).tolist(), strict=True):
            if word in counts or count >= min_count:
                counts[word] = counts.get(word, 0) + count
    return Vocabulary.from_counts(list(counts), counts.values())


def _given(counter: _text.TokenCounter, corpus: Iterable[list[str]], vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Return the id in `vocabulary` of each provisional one, -1 where it has none."""
    table = np.full(len(counter), -1, dtype=np.int32)
    for start in range(0, len(counter), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(counter)), dtype=np.int32)
        ids = (vocabulary.get(word) for word in counter.words(block))
        table[block] = [-1 if id is None else id for id in ids]
    if (table < 0).all():
        if counter.tokens:
            raise CorpusError(f"none of the {counter.tokens:,} tokens is one of the {len(vocabulary):,} words known")
        raise CorpusError(_why_empty(counter, corpus, 1))
    return table


def _count(path: Path, counter: _text.TokenCounter, corpus: Iterable[list[str]], progress: Progress | None) -> None:
    """Feed the corpus to the counter and write the provisional ids, all in its last numbering."""
    numberings = Numberings(path)

    def drain(file: BinaryIO) -> None:
        with _writing(path.parent):
            before = file.tell() // _ID.itemsize
            counter.pour(file.write)
            file.flush()
            if (moved := counter.moved()) is not None:
                numberings.add(before, moved)
        if progress is not None:
            progress(counter.tokens, getattr(corpus, "bytes_read", 0))

    with _writing_ids(path) as file:
        byte_chunks = getattr(corpus, "byte_chunks", None)
        chunks: Iterator[bytes] | None = byte_chunks() if byte_chunks else None
        if chunks is not None:
            for chunk in chunks:
                counter.feed(chunk)
                drain(file)
            counter.finish()
        else:
            waiting = 0
            for sentence in corpus:
                try:
                    counter.add_sentence(sentence)
                except UnicodeEncodeError as error:
                    raise CorpusError(f"the word {error.object!r:.60} cannot be written as UTF-8") from error
                waiting += len(sentence)
                if waiting >= _BLOCK:
                    drain(file)
                    waiting = 0
        drain(file)
    with _writing(path.parent):
        numberings.settle()


def _why_empty(counter: _text.TokenCounter, corpus: Iterable[list[str]], min_count: int) -> str:
    if counter.tokens:
        top = counter.rank(1, 1)
        word, count = counter.words(top)[0], int(counter.counts(top)[0])
        return (
            f"none of the {len(counter) - counter.is_bound:,} distinct words in {counter.tokens:,} tokens "
            "occurs at least "
            f"{min_count:,} times (min_count); the most frequent one, {word!r:.60}, occurs {count:,} times"
        )
    if isinstance(corpus, FileCorpus):
        names = ", ".join(file.name for file in corpus.files[:3]) + (", ..." if len(corpus.files) > 3 else "")
        where = f"{corpus.bytes_read:,} bytes of {len(corpus.files):,} file(s) ({names})"
        return f"the corpus is empty: there are no tokens in {where}"
    return "the corpus is empty: it has no sentences, or only empty ones"


def _remap(work: Path, table: NDArray[np.int32]) -> tuple[int, int]:
    """Rewrite provisional as final ids in place, write the offsets; return (tokens, sentences)."""
    remapper = _text.Remapper(table)
    block = np.empty(_BLOCK, dtype=np.int32)
    sentences = 0
    # The writer never overtakes the reader, so one file serves both.
    with (
        open(work / IDS, "rb") as reader,
        open(work / IDS, "r+b") as writer,
        open(work / OFFSETS, "wb") as offsets,
    ):
        offsets.write(np.zeros(1, dtype=_OFFSET).tobytes())
        while size := reader.readinto(block.data):
            kept, closed = remapper.remap(block[: size // _ID.itemsize])
            writer.write(block[:kept].astype(_ID, copy=False).data)
            offsets.write(closed.astype(_OFFSET, copy=False).data)
            sentences += len(closed)
        if remapper.tokens > remapper.closed_tokens:
            offsets.write(np.array([remapper.tokens], dtype=_OFFSET).tobytes())
            sentences += 1
        writer.truncate(remapper.tokens * _ID.itemsize)
    return remapper.tokens, sentences


# the directory


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


def _kept(target: Path, corpus: Any, settings: dict[str, Any]) -> EncodedCorpus | None:
    """Return what is in the directory if it fits, None if it is to be made (again)."""
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


def _work_directory(target: Path | None) -> Path:
    where = tempfile.gettempdir() if target is None else str(target.parent)
    with _writing(where):
        if target is None:
            return Path(tempfile.mkdtemp(prefix="train-embeddings-"))
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(target.parent, f".{target.name}.", IDS)
        if target.exists():  # else it may be what a killed process could not put back
            remove_abandoned(target.parent, f".{target.name}.old.", target.name)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))


def _move(work: Path, target: Path) -> None:
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


@contextlib.contextmanager
def _writing_ids(path: Path) -> Iterator[BinaryIO]:
    """Open the file of ids; what is still in its buffer when a disk is full fails once more as it is closed."""
    with _writing(path.parent):
        file = open(path, "wb")  # noqa: SIM115
    try:
        yield file
    finally:
        with _writing(path.parent):
            file.close()


@contextlib.contextmanager
def _writing(where: object) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FormatError(f"cannot write the encoded corpus in {where}: {error.strerror or error}") from error


def _read_meta(directory: Path) -> dict[str, Any]:
    try:
        meta = json.loads((directory / META).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FormatError(f"{directory} is not an encoded corpus (it has no {META}), and is left as it is") from error
    except OSError as error:
        raise FormatError(f"{directory}: cannot read {META}: {error.strerror}") from error
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


def _corrupt(directory: Path, why: str) -> FormatError:
    return FormatError(f"the encoded corpus {directory} is damaged: {why}; remove the directory to have it made again")


def _write_vocabulary(work: Path, vocabulary: Vocabulary) -> None:
    with open(work / WORDS, "wb") as words, open(work / WORD_OFFSETS, "wb") as offsets:
        end = 0
        offsets.write(np.zeros(1, dtype=_OFFSET).tobytes())
        for start in range(0, len(vocabulary), _BLOCK):
            part, ends = _text.utf8_of(vocabulary.words[start : start + _BLOCK])
            words.write(part)
            offsets.write((end + ends).astype(_OFFSET, copy=False).data)
            end += len(part)
    (work / COUNTS).write_bytes(vocabulary.counts.astype(_OFFSET, copy=False).data)


def _read_vocabulary(directory: Path) -> Vocabulary:
    text = (directory / WORDS).read_bytes()
    ends = np.fromfile(directory / WORD_OFFSETS, dtype=_OFFSET)
    counts = np.fromfile(directory / COUNTS, dtype=_OFFSET).astype(np.int64, copy=False)
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
