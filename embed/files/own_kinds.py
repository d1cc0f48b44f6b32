"""Recognise the files and folders of this package by their first bytes, and name the reader of each.

A reader given a file of another kind reports the kind and how to read it. One line of `_KINDS` or `_FOLDERS` declares
one kind; the marks are declared here for the writers, too. Vocabularies are plain text without a mark.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import NamedTuple

from embed.errors import FormatError

__all__ = [
    "CHECKPOINT_MARK",
    "META_NAME",
    "PHRASES_MARK",
    "REPLICATES_NAME",
    "OwnKind",
    "own_folder",
    "own_kind",
    "own_kind_of",
    "refuse_another_kind",
]

CHECKPOINT_MARK = b"embed-checkpoint"
PHRASES_MARK = b"train-embeddings phrase model"
META_NAME = "meta.json"
"""The file in the folder of an encoded corpus that lists the others."""
REPLICATES_NAME = "replicates.json"
"""The file in a folder of replicates that lists the others."""

_NATIVE = rb'[\s\S]{8}\{"__metadata__":\{"format":"train-embeddings",[^\\}]*'
_LOOK_BYTES = 4096


class OwnKind(NamedTuple):
    """A kind of file or folder of this package.

    Attributes
    ----------
    name : str
    what : str
        The description of the kind, with its article.
    advice : str
        How to read the file, in the imperative.
    """

    name: str
    what: str
    advice: str


_KINDS: tuple[tuple[bytes, OwnKind], ...] = (
    (_NATIVE + rb'"items":', OwnKind("items", "item vectors", "read them with embed.ItemVectors.load")),
    (_NATIVE + rb'"labels":', OwnKind("labels", "labels", "read them with embed.LabelSearch.load")),
    (_NATIVE + rb'"kind":"model"', OwnKind("model", "a whole model", "read it with embed.Model.load")),
    (
        _NATIVE + rb'"kind":"documents"',
        OwnKind("documents", "a model of documents", "read it with embed.DocumentModel.load"),
    ),
    (_NATIVE + rb'"kind":"vectors"', OwnKind("vectors", "word vectors", "read them with embed.load")),
    (_NATIVE + rb'"kind":"quantized"', OwnKind("vectors", "quantised word vectors", "read them with embed.load")),
    (
        re.escape(CHECKPOINT_MARK),
        OwnKind(
            "checkpoint",
            "a checkpoint of a run",
            "resume the run from its folder to get the vectors",
        ),
    ),
    (re.escape(PHRASES_MARK), OwnKind("phrases", "a phrase model", "read it with embed.PhraseModel.load")),
)
_FOLDERS: tuple[tuple[str, OwnKind], ...] = (
    (
        re.escape(REPLICATES_NAME),
        OwnKind(
            "replicates",
            "replicates of word vectors",
            "read them with embed.Replicates.load, or convert them to their mean",
        ),
    ),
    (re.escape(META_NAME), OwnKind("encoded", "an encoded corpus", "open it with embed.EncodedCorpus.open")),
    (
        r"checkpoint-\d+\.ckpt",
        OwnKind("checkpoints", "the checkpoints of a run", "resume the run from them (embed.train, resume=...)"),
    ),
)
_PATTERNS = [(re.compile(pattern), kind) for pattern, kind in _KINDS]


def own_kind(start: bytes) -> OwnKind | None:
    """Return the kind of the file that begins with `start`; None for files of other programs."""
    start = start[:_LOOK_BYTES]
    return next((kind for pattern, kind in _PATTERNS if pattern.match(start)), None)


def own_kind_of(path: str | os.PathLike[str]) -> str | None:
    """Return the name of the kind of a file or folder; None for those of other programs, and what cannot be read."""
    kind = own_folder(path)
    if kind is None and os.path.isfile(path):
        with suppress(OSError), open(path, "rb") as file:
            kind = own_kind(file.read(_LOOK_BYTES))
    return None if kind is None else kind.name


def own_folder(path: str | os.PathLike[str]) -> OwnKind | None:
    """Return the kind of a folder; None for folders of other programs."""
    try:
        names = os.listdir(path)
    except OSError:
        return None
    return next((kind for pattern, kind in _FOLDERS if any(re.fullmatch(pattern, name) for name in names)), None)


def refuse_another_kind(
    path: str | os.PathLike[str], what: str, *wanted: str, start: bytes | None = None, name: str = ""
) -> None:
    """Raise FormatError if a file or folder of this package is of another kind than the wanted ones.

    Parameters
    ----------
    path : path
        A file that cannot be read passes: its reader reports why.
    what : str
        The description of the wanted kind, with its article.
    *wanted : str
        The names of the kinds that the reader takes.
    start : bytes, optional
        The first bytes of the file, if they have been read.
    name : str, optional
        The name of the file in the message (default: `path`).
    """
    if start is None and os.path.isfile(path):  # a pipe gives its first bytes only once
        try:
            with open(path, "rb") as file:
                start = file.read(_LOOK_BYTES)
        except OSError:
            return
    kind = own_folder(path) if start is None else own_kind(start)
    if kind is not None and kind.name not in wanted:
        raise FormatError(f"{name or os.fspath(path)}: holds {kind.what}, not {what}: {kind.advice}")
