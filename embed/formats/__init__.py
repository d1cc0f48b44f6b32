"""Files of word vectors: one module per format, each with `read` and `write`, and the choice between them.

`load` looks at the content of a file, `save` at the ending of its name. `embed.formats.registry` lists the
formats, docs/formats.md describes them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from embed.arguments import file_path, of_kind, whole_number
from embed.choices import DecodeErrors, OnBadWord, OnDuplicate
from embed.errors import ConfigError, FormatError, advise
from embed.files.inputs import Input
from embed.formats import native, word2vec_binary, word2vec_text
from embed.formats.detect import detect, hinted
from embed.formats.reading import MOST_DIMENSIONS, PathOrInput
from embed.formats.registry import FASTTEXT, FLORET, FORMATS, NATIVE, by_name, extensions, refuse_ending
from embed.formats.words import UTF8, WordDecoder
from embed.messages import option
from embed.vectors.word_vectors import WordVectors

__all__ = [
    "EXTENSIONS",
    "FORMATS",
    "by_name",
    "convert",
    "detect",
    "format_of",
    "load",
    "native",
    "refuse_ending",
    "save",
    "word2vec_binary",
    "word2vec_text",
]

EXTENSIONS = {ending: form.name for ending, form in extensions().items()}
"""The format that `save` writes, by the ending of the file name."""


def load(
    path: PathOrInput,
    format: str | None = None,
    *,
    dim: int | None = None,
    encoding: str = UTF8,
    decode_errors: DecodeErrors = "strict",
    on_duplicate: OnDuplicate = "refuse",
    unescape: bool = False,
) -> WordVectors:
    """Read vectors from a file in any known format.

    Parameters
    ----------
    path : path
        Text and binary files may be compressed by gzip, bzip2, xz or zstd. Pipes, URLs and "-" for standard input are
        read once; formats that are mapped are copied to a temporary file first.
    format : str, optional
        The name of a format (docs/formats.md). Default: found out from the content.
    dim : int, optional
        How many numbers a vector has: for text without a first line that says it and with spaces in words.
    encoding : str
        Of the words in text, binary and fastText files.
    decode_errors : {"strict", "replace"}
        A word that is not valid in the encoding: raise, or put U+FFFD in place of the bytes; where two words would
        become the same, the second keeps its bytes as ``\\xNN``.
    on_duplicate : {"refuse", "first"}
        A word that comes twice: raise, or keep the first.
    unescape : bool
        Undo what ``save(..., on_bad_word="escape")`` did to words.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or is in no known format; with file and line or byte.
    ConfigError
        There is no format of this name, it is only written, or an option has another value.
    """
    if dim is not None:
        dim = whole_number("vectors.dim", dim, 1, MOST_DIMENSIONS)
    options: dict[str, Any] = {
        "encoding": encoding,
        "decode_errors": decode_errors,
        "on_duplicate": on_duplicate,
        "unescape": unescape,
    }
    WordDecoder(**options)  # says what is wrong with them, whatever the format
    source = Input.of(path, FormatError)
    chosen = by_name(detect(source) if format is None else format)
    if chosen.read is None:
        raise ConfigError(f"the format {chosen.name!r} is for other programs: it can be written, but not read")
    try:
        vectors = chosen.read(source, **chosen.known_options(dim=dim, **options))
    except FormatError as error:
        if format is None:
            raise
        raise hinted(error, source, chosen.name) from None
    if dim not in (None, vectors.dim):
        raise FormatError(f"{source.name}: the vectors have {vectors.dim} dimensions, not {dim}")
    return vectors


def save(
    vectors: WordVectors,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    on_bad_word: OnBadWord = "refuse",
) -> None:
    """Write vectors to a file.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written. A further ending .gz, .zst, .bz2 or .xz compresses text
        and binary files.
    format : str, optional
        The name of a format (docs/formats.md). Default: by the ending of the name.
    on_bad_word : {"refuse", "escape"}
        Words that the format cannot hold: raise, or write them escaped.

    Raises
    ------
    FormatError
        The ending says no format, or another one than `format`; a word or number cannot be written, or the file
        cannot.
    ConfigError
        There is no format of this name, or it is only read; `vectors` are none.

    Warns
    -----
    AdviceWarning
        The format does not hold the n-grams that the vectors have.
    """
    if isinstance(getattr(vectors, "vectors", None), WordVectors):
        raise ConfigError("save writes vectors: give it model.vectors, or write the whole model by save_model")
    path, vectors = file_path("path", path), of_kind("vectors", vectors, WordVectors)
    chosen = by_name(format_of(path) if format is None else format)
    refuse_ending(path, chosen.name)
    if chosen.write is None:
        raise ConfigError(f"the format {chosen.name!r} can be read, but not written")
    if not len(vectors) and chosen.name not in (NATIVE, FLORET):
        raise FormatError(f"{os.fspath(path)}: cannot write: there are no words, only a table of n-grams")
    if vectors.subwords is not None and not chosen.keeps_ngrams:
        is_table = vectors.subwords.scheme.word_rows(1) == 0
        keeping = f"'{FLORET if is_table else FASTTEXT}' or '{NATIVE}'"
        advise(
            f"{os.fspath(path)}: the format {chosen.name!r} holds words alone: the n-grams, from which unknown words "
            f"get vectors, are left out; {keeping} keeps them"
        )
    chosen.write(vectors, path, **chosen.known_options(on_bad_word=on_bad_word))


def convert(
    source: PathOrInput,
    target: str | os.PathLike[str],
    format: str | None = None,
    *,
    on_bad_word: OnBadWord = "refuse",
    dim: int | None = None,
    encoding: str = UTF8,
    decode_errors: DecodeErrors = "strict",
    on_duplicate: OnDuplicate = "refuse",
) -> WordVectors:
    """Read `source` in any format, write it to `target`, return the vectors; options are those of `load` and `save`."""
    chosen = by_name(format_of(target) if format is None else format).name  # before the work of reading
    vectors = load(source, dim=dim, encoding=encoding, decode_errors=decode_errors, on_duplicate=on_duplicate)
    save(vectors, target, chosen, on_bad_word=on_bad_word)
    return vectors


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that `save` writes to a file of this name; raises FormatError if that is unknown."""
    endings = [ending.lower() for ending in Path(path).suffixes]
    for ending in ("".join(endings[-2:]), "".join(endings[-1:])):
        if ending in EXTENSIONS:
            return EXTENSIONS[ending]
    plain = [ending for form in FORMATS.values() for ending in form.extensions]
    raise FormatError(
        f"{os.fspath(path)}: cannot tell the format from the extension {''.join(endings[-1:])!r}: it must be one of "
        f"{', '.join(plain)}, or {option('format')} must say one of {', '.join(sorted(FORMATS))}"
    )
