"""Declare the formats: name, extensions, reader, writer and recogniser of each.

A format is one line in `FORMATS`; nothing else in the package lists them. Word2vec's text and binary files have no
mark at the start: `embed.formats.detect` tries them when no other format recognises a file.

Rejected: plug-ins by entry point (loading a file must not run code that nobody asked for).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
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
    web,
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
    "refuse_vectors_ending",
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
        File extensions that mean this format, in lower case; empty if the format must be named.
    read : callable or None
        ``read(path, **options) -> WordVectors``; None for formats that are only written.
    write : callable or None
        ``write(vectors, path, **options)``; None for formats that are only read.
    recognise : callable or None
        Whether the start of a file is in this format; None for formats that `embed.formats.detect` recognises.
    options : tuple of str
        The options of `embed.formats.load` and `save` that apply to the format.
    compressible : bool
        A second extension such as ``.gz`` compresses the file.
    files : tuple of str
        The names of the files in the folder, for formats that write a folder.
    beside : tuple of str
        Suffixes of further files written beside the named one.
    also : tuple of str
        Extensions of other formats that files of this one may have, too.
    keeps_ngrams : bool
        The file stores the n-grams that compose unknown words.
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
        """Return those of the given options that apply to the format."""
        return {name: value for name, value in given.items() if name in self.options}


_WORD_OPTIONS = ("encoding", "decode_errors", "keep_first", "unescape", "limit", "on_bad_word")
_TEXT_OPTIONS = ("dim", *_WORD_OPTIONS)
_TABLE_OPTIONS = ("keep_first",)


def _write_glove(vectors: WordVectors, path: Any, *, on_bad_word: OnBadWord) -> None:
    word2vec_text.write(vectors, path, header=False, on_bad_word=on_bad_word)


def _read_fasttext(path: Any, **options: Any) -> WordVectors:
    from embed.formats import fasttext_model  # imports models, and with them the compiled core

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
        ("encoding", "decode_errors", "keep_first", "limit"),
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
    Format(
        "model2vec",
        (".model2vec",),
        model2vec.read,
        model2vec.write,
        model2vec.recognise,
        ("run_card",),
        files=model2vec.FILES,
    ),
    Format("projector", (".projector",), None, projector.write, None, ("on_bad_word",), files=projector.FILES),
    Format("web", (".web",), None, web.write, None, (), files=web.FILES),
    Format("usearch", (".usearch",), None, usearch_index.write, None, ("on_bad_word",), beside=(usearch_index.WORDS,)),
)

FORMATS: dict[str, Format] = {form.name: form for form in _ALL}
"""All formats by name."""


def by_name(name: str) -> Format:
    """Return the format of a name; raises ConfigError if there is none."""
    if not isinstance(name, str) or name not in FORMATS:
        raise ConfigError(f"{option('format')} must be one of {_listed(sorted(FORMATS))}, not {shown(name)}")
    return FORMATS[name]


def extensions() -> dict[str, Format]:
    """Return the format by extension, including those of compressed files."""
    found = {}
    for form in _ALL:
        for extension in form.extensions:
            for more in ("", *COMPRESSED_EXTENSIONS) if form.compressible else ("",):
                found[extension + more] = form
    return found


def refuse_ending(path: str | os.PathLike[str], name: str, among: Sequence[str] = ()) -> None:
    """Raise FormatError if the extension of a file means another format than `name`.

    Parameters
    ----------
    path : path
    name : str
        The format that is written.
    among : sequence of str
        The formats that could be written instead, one of which may have this extension.
    """
    ending, form = _ending(path)
    if form is None or form.name == name or ending.startswith(FORMATS[name].also or ("/",)):
        return
    own = FORMATS[name].extensions or FORMATS[name].also
    other = next((each for each in among if ending.startswith(FORMATS[each].also or ("/",))), None)
    raise FormatError(
        f"{os.fspath(path)}: the extension {ending} means the format {form.name!r}, but the file would be {name!r}: "
        f"use the extension {own[0]}" + (f", or write {option('format', other)}" if other else "")
    )


def refuse_vectors_ending(path: str | os.PathLike[str], what: str, own: str) -> None:
    """Raise FormatError if the extension of a file that holds no vectors means vectors; ``.txt`` may hold any text.

    Parameters
    ----------
    path : path
    what : str
        What is written, with its article.
    own : str
        An extension that it may have.
    """
    ending, form = _ending(path)
    if form is not None and ending != ".txt":
        raise FormatError(
            f"{os.fspath(path)}: the extension {ending} means vectors in the format {form.name!r}, but the file would "
            f"be {what}: use another extension, such as {own}"
        )


def _ending(path: str | os.PathLike[str]) -> tuple[str, Format | None]:
    """Return the extension of a file name and its format, None if there is none."""
    endings = [ending.lower() for ending in PurePath(path).suffixes[-2:]]
    known = extensions()
    for ending in ("".join(endings), "".join(endings[-1:])):
        if ending in known:
            return ending, known[ending]
    return "", None


def readable() -> str:
    """List the formats that can be read, for messages."""
    return ", ".join(sorted(form.name for form in _ALL if form.read is not None))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
