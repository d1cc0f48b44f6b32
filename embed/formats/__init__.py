"""Read and write files of word vectors: one module per format, each with `read` and `write`.

`load` recognises the format by the content, `save` by the extension. `embed.formats.registry` lists the formats,
docs/formats.md describes them.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack

from embed.arguments import file_path, of_kind, shown
from embed.choices import OnBadWord
from embed.config.reading import ReadingKeywords, ReadingOptions
from embed.errors import ConfigError, FormatError, advise
from embed.files.inputs import Input
from embed.files.own_kinds import refuse_another_kind
from embed.files.saved import Saved
from embed.formats import native, word2vec_binary, word2vec_text
from embed.formats.detect import detect, hinted
from embed.formats.reading import PathOrInput, read_start
from embed.formats.registry import FASTTEXT, FLORET, FORMATS, NATIVE, by_name, extensions, refuse_ending
from embed.formats.words import check_encoding
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
    "load_words",
    "native",
    "refuse_ending",
    "save",
    "save_vectors",
    "word2vec_binary",
    "word2vec_text",
]

EXTENSIONS = {ending: form.name for ending, form in extensions().items()}
"""The format that `save` writes, by the extension of the file name."""


def load(path: PathOrInput, format: str | None = None, **reading: Unpack[ReadingKeywords]) -> WordVectors:
    """Read vectors from a file in any known format.

    Parameters
    ----------
    path : path
        Text and binary files may be compressed by gzip, bzip2, xz or zstd, or be the only file in a zip archive. Pipes,
        URLs and "-" for standard input are read once; memory-mapped formats are first copied to a temporary file.
    format : str, optional
        The name of a format (docs/formats.md). Default: recognised by the content.
    dim : int, optional
        The length of a vector, for text files without a header whose words hold spaces.
    limit : int, optional
        Read the first `limit` words only: the most frequent ones, in files of most programs. Text and binary files are
        read no further.
    encoding : str, default "utf-8"
        The encoding of the words in text, binary and fastText files.
    decode_errors : {"strict", "replace"}
        For a word that is not valid in the encoding: raise, or replace the bytes by U+FFFD. If two words become the
        same, the second shows its bytes as ``\\xNN``.
    keep_first : bool, default False
        Keep the first of equal words, instead of raising.
    unescape : bool, default False
        Undo what ``save(..., on_bad_word="escape")`` did to words.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or is not in a known format; with file and line or byte.
    ConfigError
        The format is unknown or cannot be read, or an option is unknown or wrong.
    """
    options = ReadingOptions.of(reading)
    check_encoding(options.encoding)  # whatever the format
    source = Input.of(path, FormatError)
    if source.is_folder:
        refuse_another_kind(source.path, "vectors")
    chosen = by_name(detect(source) if format is None else format)
    if chosen.read is None:
        raise ConfigError(f"the format {chosen.name!r} can be written, but not read: name another format")
    try:
        vectors = chosen.read(source, **chosen.known_options(**asdict(options)))
    except FormatError as error:
        if format is None:
            raise
        raise hinted(error, source, chosen.name) from None
    if options.dim not in (None, vectors.dim):
        raise FormatError(
            f"{source.name}: the vectors have {vectors.dim} dimensions, not {options.dim}: correct "
            f"{option('vectors.dim')}"
        )
    return vectors[: options.limit] if options.limit is not None and options.limit < len(vectors) else vectors


def load_words(path: PathOrInput, format: str | None = None, **reading: Unpack[ReadingKeywords]) -> WordVectors:
    """Read word vectors as `load` does, but refuse a file of items; for `WordVectors.load`."""
    source = Input.of(path, FormatError)
    if not source.is_folder:
        start = read_start(source).data
        refuse_another_kind(source.path, "word vectors", "vectors", "model", start=start, name=source.name)
    return load(source, format, **reading)


def save(
    value: Saved,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    on_bad_word: OnBadWord = "refuse",
    run_card: dict[str, Any] | None = None,
) -> None:
    """Write vectors, a model, items, phrases or a vocabulary to a file.

    Parameters
    ----------
    value : WordVectors, Model, ItemVectors, PhraseModel or Vocabulary
    path : path
        Replaced when the whole file has been written. For vectors, a second extension .gz, .zst, .bz2 or .xz compresses
        text and binary files.
    format : str, optional
        The name of a format (docs/formats.md), for vectors or a model. Default: for vectors, by the extension; for a
        model, "native". The other objects have one format.
    on_bad_word : {"refuse", "escape"}
        For words of vectors that the format cannot store: raise, or escape them.
    run_card : dict, optional
        What the vectors were trained with (`Model.run_card`), for formats with a model card: model2vec.

    Raises
    ------
    FormatError
        The extension means no format, or another one than `format`; or a word, a number or the file cannot be
        written.
    ConfigError
        The format is unknown or cannot be written, or `value` is none of these objects.

    Warns
    -----
    AdviceWarning
        The format drops the n-grams of the vectors.
    """
    if isinstance(value, WordVectors):
        save_vectors(value, path, format, on_bad_word=on_bad_word, run_card=run_card)
        return
    if not isinstance(value, Saved):
        raise ConfigError(
            f"save writes vectors, a model, items, phrases or a vocabulary, not {shown(value)} of type "
            f"{type(value).__name__}"
        )
    kind = type(value).__name__
    for name, is_given in (("on_bad_word", on_bad_word != "refuse"), ("run_card", run_card is not None)):
        if is_given:
            raise ConfigError(f"{option(name)} is for word vectors, not for {kind}: leave it out")
    if format is not None and not value.has_formats:
        raise ConfigError(f"{option('format')} is {shown(format)}, but {kind} has one format: leave it out")
    value.save(path, **({} if format is None else {"format": format}))


def save_vectors(
    vectors: WordVectors,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    on_bad_word: OnBadWord = "refuse",
    run_card: dict[str, Any] | None = None,
) -> None:
    """Write vectors; see `save` for parameters and errors."""
    if run_card is not None:
        run_card = of_kind("run_card", run_card, dict)
    path, vectors = file_path("path", path), of_kind("vectors", vectors, WordVectors)
    chosen = by_name(format_of(path) if format is None else format)
    refuse_ending(path, chosen.name)
    if chosen.write is None:
        raise ConfigError(f"the format {chosen.name!r} can be read, but not written: name another format")
    if not len(vectors) and chosen.name not in (NATIVE, FLORET):
        raise FormatError(
            f"{os.fspath(path)}: cannot write: there are no words, only an n-gram table: write it as '{FLORET}' or "
            f"'{NATIVE}'"
        )
    if vectors.subwords is not None and not chosen.keeps_ngrams:
        is_table = vectors.subwords.scheme.word_rows(1) == 0
        keeping = f"'{FLORET if is_table else FASTTEXT}' or '{NATIVE}'"
        advise(
            f"{os.fspath(path)}: the format {chosen.name!r} drops the n-grams, from which unknown words get vectors: "
            f"write {keeping} to keep them"
        )
    chosen.write(vectors, path, **chosen.known_options(on_bad_word=on_bad_word, run_card=run_card))


def convert(
    source: PathOrInput,
    target: str | os.PathLike[str],
    format: str | None = None,
    *,
    on_bad_word: OnBadWord = "refuse",
    **reading: Unpack[ReadingKeywords],
) -> WordVectors:
    """Read `source` in any format, write it to `target`, return the vectors; for options see `load` and `save`."""
    chosen = by_name(format_of(target) if format is None else format).name  # before the work of reading
    vectors = load(source, **reading)
    save_vectors(vectors, target, chosen, on_bad_word=on_bad_word)
    return vectors


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that `save` writes to a file of this name; raises FormatError if there is none."""
    endings = [ending.lower() for ending in Path(path).suffixes]
    for ending in ("".join(endings[-2:]), "".join(endings[-1:])):
        if ending in EXTENSIONS:
            return EXTENSIONS[ending]
    plain = [ending for form in FORMATS.values() for ending in form.extensions]
    raise FormatError(
        f"{os.fspath(path)}: no format has the extension {''.join(endings[-1:])!r}: use one of {', '.join(plain)}, or "
        f"set {option('format')} to one of {', '.join(sorted(FORMATS))}"
    )
