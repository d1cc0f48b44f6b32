"""The directory that an encoded corpus is written into: a temporary one, or one that is kept for the next run.

A directory that is kept is filled by one process at a time, which holds its lock meanwhile. Others that want the same
wait, and use what they find then; others that want something else are told. Only a directory that is new, empty, or
filled by this package is written into, and what else lies in it stays. The files are written in a temporary folder
inside, so that a link to another disk or a mount point is filled in its place; they get their names when all are whole,
and count from the moment when :data:`~embed.text.encoded_corpus.META` names them.

Rejected: a directory beside, which is renamed (mount points cannot be, a link is replaced by a folder, whatever else
lies in the old one goes with it, and a process that is killed between two renames leaves none).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from embed.errors import EmbedError, FormatError, cannot_open
from embed.files import _digest
from embed.files.atomic import flush_folder
from embed.files.folders import strangers
from embed.files.locks import MARK, Door, InUse, note_at
from embed.files.temporary import is_temporary, remove_run_folder, run_folder, temporary_folder
from embed.text import _text
from embed.text.encoded_corpus import (
    COUNTS,
    DATA_FILES,
    FORMAT_NAME,
    FORMAT_VERSION,
    IDS,
    META,
    OFFSET_TYPE,
    WORD_OFFSETS,
    WORDS,
    EncodedCorpus,
    data_file,
    is_data_file,
    read_meta,
)
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["describe", "kept", "temporary", "write_vocabulary", "writing", "writing_ids"]

Encode = Callable[[Path, str | None], tuple[dict[str, Any], Vocabulary]]
"""Writes a corpus into a folder; given that and the generation of its files, returns META's values and the words."""

POLL_SECONDS = 0.05
"""How often a process that waits looks whether the directory is ready."""
_HOLDS = "an encoded corpus"
_WORDS_BLOCK = 1 << 16
"""Words written at a time."""
_HASH_BYTES = 1 << 20


def temporary(encode: Encode) -> EncodedCorpus:
    """Encode into a directory in TMPDIR, which goes when the corpus is closed."""
    with writing("the directory for temporary files (TMPDIR)"):
        work, door = run_folder()
    try:
        meta, vocabulary = encode(work, None)
        return EncodedCorpus(work, meta, vocabulary, temporary=door)
    except BaseException:
        remove_run_folder(work, door)
        raise


def kept(target: Path, corpus: Any, settings: dict[str, Any], encode: Encode) -> EncodedCorpus:
    """Return what is in a directory if it was made from `corpus` with `settings`; else encode into it.

    Raises
    ------
    FormatError
        When the directory holds something else or a damaged corpus, cannot be written, or is in use by another process
        that wants something else.
    """
    fingerprint = functools.cache(getattr(corpus, "fingerprint", lambda: None))
    reading = getattr(corpus, "settings", None)
    key = _digest_of([settings, reading() if callable(reading) else None])
    while True:
        if (found := _found(target, fingerprint, settings)) is not None:
            return found
        is_new = _make(target)
        with writing(target):
            try:
                door = Door.take(target, {"holds": _HOLDS, "key": key})
            except FileNotFoundError:  # one whose text could not be encoded has just removed it
                continue
        if door is None:
            _refuse_others(target, key)
            time.sleep(POLL_SECONDS)
            continue
        try:
            if (found := _found(target, fingerprint, settings)) is not None:
                return found
            _refuse_in_use(target)
            return _fill(target, encode)
        except BaseException:
            door.release()
            if is_new:
                _unmake(target)
            raise
        finally:
            door.release()


def _found(target: Path, fingerprint: Callable[[], str | None], settings: dict[str, Any]) -> EncodedCorpus | None:
    """Return what is in the directory if it is wanted; raise FormatError if it is nothing of ours."""
    if not os.path.exists(target):  # nor does what a link leads to
        return None
    try:
        if target.is_dir() and not (target / META).exists() and not _is_foreign(target):
            return None
    except OSError as error:
        raise cannot_open(FormatError, f"{target}: cannot be read: {error.strerror or error}", error) from error
    meta = read_meta(target)
    if meta["version"] != FORMAT_VERSION or (source := fingerprint()) is None:
        return None
    wanted = _combined(source, settings)
    if meta["fingerprint"] != wanted:
        return None
    encoded = EncodedCorpus.open(target)
    if encoded.fingerprint == wanted:
        return encoded
    encoded.close()  # another process has just put its corpus in the place of this one
    return None


def _is_foreign(target: Path) -> bool:
    """Return whether a directory holds something and is none of ours.

    It is looked at in the order in which a process fills it, the mark before all else and META last, so that none that
    is being filled meanwhile seems foreign.
    """
    return bool(strangers(target)) and MARK not in os.listdir(target) and not (target / META).exists()


def _make(target: Path) -> bool:
    with writing(target):
        if os.path.isdir(target):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            # a link may lead to a place where nothing is yet
            Path(os.path.realpath(target)).mkdir()
            return True
        return False


def _unmake(target: Path) -> None:
    """Remove a directory that was made in vain, unless it holds something."""
    with contextlib.suppress(OSError):
        Path(os.path.realpath(target)).rmdir()


def _refuse_others(target: Path, key: str) -> None:
    """Raise FormatError if the process that holds the directory does something else with it."""
    note = note_at(target)
    if not note or (note.get("holds") == _HOLDS and note.get("key") == key):
        return
    does = "encodes with other settings" if note.get("holds") == _HOLDS else f"keeps {note.get('holds')!s:.60}"
    raise FormatError(
        f"{target} is in use: process {note.get('process')!s:.20} on {note.get('host')!s:.60} {does} there; "
        "name another directory for the encoded corpus"
    )


def _refuse_in_use(target: Path) -> None:
    """Raise FormatError if another process has what would be replaced open."""
    if not (target / META).exists():
        return
    try:
        ids = InUse.of(data_file(target, IDS, read_meta(target)))
    except OSError:  # missing: then nobody has it
        return
    if ids.is_shared():
        raise FormatError(
            f"{target} holds the encoded corpus of another text or of other settings, which another process is using; "
            "name another directory, or wait until that process has ended"
        )


def _fill(target: Path, encode: Encode) -> EncodedCorpus:
    generation = (
        secrets.token_hex(4) if any(is_data_file(name) or name == META for name in os.listdir(target)) else None
    )
    with contextlib.ExitStack() as stack:
        with writing(target):
            work = stack.enter_context(temporary_folder(target))
        meta, vocabulary = encode(work, generation)
        with writing(target):
            encoded = EncodedCorpus(target, meta, vocabulary, written_in=work)
            _publish(work, target, meta)
        return encoded


def _publish(work: Path, target: Path, meta: dict[str, Any]) -> None:
    """Let the files in `work` be those of the directory, and remove those that were."""
    named = {name: data_file(target, name, meta) for name in DATA_FILES}
    try:
        for name, path in named.items():
            os.rename(work / name, path)
        flush_folder(target)
        os.replace(work / META, target / META)
    except BaseException:
        with contextlib.suppress(FormatError):
            if read_meta(target) == meta:  # interrupted just after the last step
                raise
        for path in named.values():
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    flush_folder(target)
    for name in os.listdir(target):
        if is_data_file(name) and target / name not in named.values():
            with contextlib.suppress(OSError):  # mapped, on Windows: it goes the next time
                (target / name).unlink()


# the files


@contextlib.contextmanager
def writing(where: object) -> Iterator[None]:
    """Turn an OSError into the FormatError that says where nothing could be written."""
    try:
        yield
    except EmbedError:  # of what is read meanwhile
        raise
    except OSError as error:
        if isinstance(where, Path) and is_temporary(where.name):  # a name that the user has never heard of
            where = where.parent
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
    work: Path,
    corpus: Any,
    settings: dict[str, Any],
    facts: dict[str, int],
    *,
    generation: str | None = None,
    durable: bool,
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
        **({} if generation is None else {"generation": generation}),
        "sizes": {name: os.stat(work / name).st_size for name in DATA_FILES},
    }
    (work / META).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    if durable:
        for name in (*DATA_FILES, META):
            with open(work / name, "rb+") as file:
                os.fsync(file.fileno())
    return meta


def _combined(source: str, settings: dict[str, Any]) -> str:
    return _digest_of([FORMAT_NAME, FORMAT_VERSION, source, settings])


def _digest_of(value: Any) -> str:
    content = json.dumps(value, sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=32).hexdigest()


def _content_hash(work: Path) -> str:
    digest = _digest.ContentDigest(32)
    for name in DATA_FILES:
        with open(work / name, "rb") as file:
            while chunk := file.read(_HASH_BYTES):
                digest.update(chunk)
    return digest.hexdigest()
