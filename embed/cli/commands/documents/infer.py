"""Write the vectors, or the codes, of new documents."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from embed.cli.document_flags import (
    add_bits,
    add_model,
    add_texts,
    id_text,
    json_id,
    load_model,
    open_source,
    write_array,
)
from embed.cli.flags import add_run_parameters, given_parameters
from embed.cli.parser import PROGRAM
from embed.cli.writing import check_corpus_outputs, check_inputs, save_or_rescue
from embed.errors import ConfigError, CorpusError, FormatError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from embed.documents.reading import Document
    from embed.formats.registry import Format

    Float32s = npt.NDArray[np.float32]

__all__ = ["add_arguments", "run"]

_NPY, _JSONL = ".npy", ".jsonl"


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the model, the documents and the output."""
    parser.usage = f"{PROGRAM} documents infer MODEL SOURCE -o OUT [flags]"
    parser.description = (
        "Write the vector of each new document: OUT.npy has rows in order, OUT.jsonl an id and a vector a line; files "
        "of word vectors (.txt .bin .embed ...) have the ids as words. Words and documents of MODEL do not change."
    )
    add_model(parser)
    add_texts(parser)
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="write to this file")
    parser.add_argument("--codes", action="store_true", help="write codes as packed bits, to OUT.npy")
    add_bits(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_run_parameters(parser, "epochs", "threads")


def run(arguments: argparse.Namespace) -> None:
    """Write the vectors, or the codes, of new documents."""
    from embed.files.outputs import Output
    from embed.training.showing import showing
    from embed.vectors.sentences import warn_of_empty
    from embed.vectors.word_vectors import WordVectors

    path = arguments.output
    if arguments.bits is not None and not arguments.codes:
        raise ConfigError("--bits has no effect without --codes: give both")
    kind = _kind(path, arguments.codes)
    beside = () if isinstance(kind, str) else kind.beside
    holds = () if isinstance(kind, str) else kind.files
    check_inputs(arguments.model, arguments.source)
    check_corpus_outputs([Output(path, "the vectors", beside, holds=holds)], [arguments.source], [arguments.model])
    model = load_model(arguments.model)
    documents: Iterable[Document] = open_source(arguments, model.config)
    if not isinstance(kind, str):
        documents = _distinct(documents, path)
    ids: list[Hashable] = []
    with showing(False if arguments.quiet else None) as progress, progress.counting("inferring") as count:
        vectors = model.infer(_noted(documents, ids, count), **given_parameters(arguments))
    if not ids:
        raise CorpusError(f"{arguments.source}: there are no documents; name a source that has some")
    if kind == _NPY:
        write_array(path, model.encode(vectors, arguments.bits) if arguments.codes else vectors)
    elif kind == _JSONL:
        _write_lines(path, ids, vectors)
    else:
        save_or_rescue(WordVectors(list(map(id_text, ids)), vectors), path)
    warn_of_empty(len(vectors) - int(vectors.any(axis=1).sum()), len(vectors))


def _kind(path: str, codes: bool) -> str | Format:
    """Return ``.npy``, ``.jsonl`` or a format of word vectors, by the ending; raises FormatError for others."""
    from embed.files.compressing import COMPRESSED_EXTENSIONS
    from embed.formats import FORMATS, format_of

    endings = [ending.lower() for ending in PurePath(path).suffixes]
    if endings[-1:] == [_NPY]:
        return _NPY
    if codes:
        raise FormatError(f"{path}: codes are written to .npy; name a file with this ending")
    if endings and endings[-1] in COMPRESSED_EXTENSIONS:
        endings.pop()
    return _JSONL if endings[-1:] == [_JSONL] else FORMATS[format_of(path)]


def _distinct(documents: Iterable[Document], path: str) -> Iterator[Document]:
    """Yield documents whose ids become the words of a file; raise FormatError at an id that an earlier one has."""
    words = set()
    for document in documents:
        word = id_text(document.tags[0])
        if word in words:
            raise FormatError(
                f"{path}: the id {word!r:.60} is that of several documents; write them to .npy or .jsonl, whose rows "
                "are in the order of the documents"
            )
        words.add(word)
        yield document


def _noted(documents: Iterable[Document], ids: list[Hashable], count: Callable[[int, int], None]) -> Iterator[Document]:
    """Yield documents, and note their ids and how many words there were."""
    words = 0
    for document in documents:
        ids.append(document.tags[0])
        words += len(document.words)
        count(words, 0)
        yield document


def _write_lines(path: str, ids: Sequence[Hashable], vectors: Float32s) -> None:
    from embed.files.compressing import compressing_write
    from embed.files.json_text import json_bytes
    from embed.formats.word2vec_text import format_lines
    from embed.vectors.sentences import BATCH_TEXTS

    with compressing_write(path) as out:
        for start in range(0, len(ids), BATCH_TEXTS):
            named = ids[start : start + BATCH_TEXTS]
            numbers = format_lines([b""] * len(named), vectors[start : start + BATCH_TEXTS]).splitlines()
            for one, line in zip(named, numbers, strict=True):
                key = json_bytes(json_id(one))
                out.write(b'{"id": ' + key + b', "vector": [' + line.strip().replace(b" ", b", ") + b"]}\n")
