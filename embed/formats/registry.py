"""The formats by name: their extensions, what reads and writes them, and how a file of each is recognised.

A format is one line in `FORMATS`; nothing else in the package lists them. Word2vec's text and binary forms
have no mark at their beginning: they are what is left when no other format recognises a file, and
`embed.formats.detect` looks closer at those.

Rejected: plug-ins by entry point (a file that is loaded must not run code that nobody asked for).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from embed.arguments import shown
from embed.choices import OnBadWord
from embed.errors import ConfigError, FormatError
from embed.files.compressing import COMPRESSED_EXTENSIONS
from embed.formats import (
    arrow,
    fasttext_bin,
    floret,
    model2vec,
    native,
    npz,
    projector,
    safetensors_file,
    usearch_index,
    word2vec_binary,
    word2vec_text,
)
from embed.formats.reading import Start
from embed.messages import option
from embed.vectors.word_vectors import WordVectors

__all__ = [
    "BINARY",
    "FASTTEXT",
    "FLORET",
    "FORMATS",
    "GLOVE",
    "NATIVE",
    "TEXT",
    "Format",
    "by_name",
    "extensions",
    "readable",
    "refuse_ending",
]

TEXT, BINARY, NATIVE, GLOVE = "text", "binary", "native", "glove"
FASTTEXT, FLORET = "fasttext", "floret"


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    name : str
    extensions : tuple of str
        Endings of a file name that mean this format, in lower case; none, if it has to be asked for by name.
    read : callable or None
        ``read(path, **options) -> WordVectors``; None for formats that are only written.
    write : callable or None
        ``write(vectors, path, **options)``; None for formats that are only read.
    recognise : callable or None
        Whether a file that starts so is in this format; None for those that other means tell.
    options : tuple of str
        Which options of `embed.formats.load` and `save` it knows; the others have no meaning for it.
    compressible : bool
        A further ending such as ``.gz`` compresses the file.
    files : tuple of str
        What is written is a folder of files of these names.
    beside : tuple of str
        Endings of files that are written beside, after the name of the first.
    also : tuple of str
        Endings of other formats that a file of this one may have as well.
    keeps_ngrams : bool
        What is written holds the n-grams, from which the vectors of unknown words are composed.
    """

    name: str
    extensions: tuple[str, ...]
    read: Callable[..., WordVectors] | None
    write: Callable[..., None] | None
    recognise: Callable[[Start], bool] | None = None
    options: tuple[str, ...] = ()
    compressible: bool = False
    files: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    keeps_ngrams: bool = False

    def known_options(self, **given: Any) -> dict[str, Any]:
        """Return the options among those given that this format knows."""
        return {name: value for name, value in given.items() if name in self.options}


_WORD_OPTIONS = ("encoding", "decode_errors", "on_duplicate", "unescape", "on_bad_word")
_TEXT_OPTIONS = ("dim", *_WORD_OPTIONS)
_TABLE_OPTIONS = ("on_duplicate",)


def _write_glove(vectors: WordVectors, path: Any, *, on_bad_word: OnBadWord) -> None:
    word2vec_text.write(vectors, path, header=False, on_bad_word=on_bad_word)


def _read_fasttext(path: Any, **options: Any) -> WordVectors:
    from embed.formats import fasttext_model  # knows models, and with them the trainer's compiled core

    return fasttext_model.read_vectors(path, **options)


def _write_fasttext(vectors: WordVectors, path: Any) -> None:
    from embed.formats import fasttext_model

    fasttext_model.write_vectors(vectors, path)


_ALL = (
    Format(
        TEXT, (".txt", ".vec"), word2vec_text.read, word2vec_text.write, None, _TEXT_OPTIONS, True, also=(".glove",)
    ),
    Format(GLOVE, (".glove",), word2vec_text.read, _write_glove, None, _TEXT_OPTIONS, True, also=(".txt", ".vec")),
    Format(BINARY, (".bin",), word2vec_binary.read, word2vec_binary.write, None, _WORD_OPTIONS, compressible=True),
    Format(
        FASTTEXT,
        (),
        _read_fasttext,
        _write_fasttext,
        fasttext_bin.recognise,
        ("encoding", "decode_errors", "on_duplicate"),
        compressible=True,
        also=(".bin",),
        keeps_ngrams=True,
    ),
    Format(FLORET, (".floret",), floret.read, floret.write, floret.recognise, compressible=True, keeps_ngrams=True),
    Format(NATIVE, (".embed",), native.read_vectors, native.write_vectors, native.recognise, keeps_ngrams=True),
    Format(
        "safetensors",
        (".safetensors",),
        safetensors_file.read,
        safetensors_file.write,
        safetensors_file.recognise,
        _TABLE_OPTIONS,
    ),
    Format("npz", (".npz",), npz.read, npz.write, npz.recognise, _TABLE_OPTIONS),
    Format("parquet", (".parquet",), arrow.read_parquet, arrow.write_parquet, arrow.recognise_parquet, _TABLE_OPTIONS),
    Format("arrow", (".arrow", ".feather"), arrow.read_arrow, arrow.write_arrow, arrow.recognise_arrow, _TABLE_OPTIONS),
    Format("model2vec", (".model2vec",), model2vec.read, model2vec.write, model2vec.recognise, files=model2vec.FILES),
    Format("projector", (".projector",), None, projector.write, None, ("on_bad_word",), files=projector.FILES),
    Format("usearch", (".usearch",), None, usearch_index.write, None, ("on_bad_word",), beside=(usearch_index.WORDS,)),
)

FORMATS: dict[str, Format] = {form.name: form for form in _ALL}
"""Every format by its name."""


def by_name(name: str) -> Format:
    """Return a format; raises ConfigError if there is none of that name."""
    if not isinstance(name, str) or name not in FORMATS:
        raise ConfigError(f"{option('format')} must be one of {_listed(sorted(FORMATS))}, not {shown(name)}")
    return FORMATS[name]


def extensions() -> dict[str, Format]:
    """Return the format that each ending of a file name means, compressed ones included."""
    found = {}
    for form in _ALL:
        for extension in form.extensions:
            for more in ("", *COMPRESSED_EXTENSIONS) if form.compressible else ("",):
                found[extension + more] = form
    return found


def refuse_ending(path: str | os.PathLike[str], name: str) -> None:
    """Raise FormatError if a file of this name would be taken for one of another format than `name`."""
    endings = [ending.lower() for ending in PurePath(path).suffixes[-2:]]
    known = extensions()
    for ending in dict.fromkeys(("".join(endings), "".join(endings[-1:]))):
        form = known.get(ending)
        if form is None:
            continue
        if form.name != name and not ending.startswith(FORMATS[name].also or ("/",)):
            own = FORMATS[name].extensions or FORMATS[name].also
            raise FormatError(
                f"{os.fspath(path)}: the ending {ending} is that of the format {form.name!r}, but what is written is "
                f"{name!r}: give it the ending {own[0]}"
            )
        return


def readable() -> str:
    """Return the names of the formats that can be read, for messages."""
    return ", ".join(sorted(form.name for form in _ALL if form.read is not None))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
