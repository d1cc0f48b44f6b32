"""Write the vector of each line of a text: weighted means of word vectors, without what the texts share.

The directions that all texts share are known only after the last text, so the means wait in a temporary file. Without
such directions (``--remove-common 0``), lines are written as they are read, except to ``.npy``, whose header has their
number.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

from embed.choices import TOKENIZERS
from embed.cli.parser import PROGRAM
from embed.cli.vector_flags import add_vectors, reading_options
from embed.cli.writing import check_inputs, check_vector_output
from embed.errors import ConfigError, FormatError
from embed.messages import option

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from embed.vectors.sentences import SentenceVectors

    Float32s = npt.NDArray[np.float32]

__all__ = ["add_arguments", "run"]

_NPY, _TSV, _JSONL = _FORMATS = ("npy", "tsv", "jsonl")
_WEIGHTINGS = ("sif", "mean")


def add_arguments(parser: argparse.ArgumentParser, *, show_all: bool) -> None:
    """Declare the vectors, the text, the output, and the weights."""
    parser.usage = f"{PROGRAM} embed-text VECTORS [FILE] [-o OUT] [flags]"
    parser.description = f"{parser.description} OUT's ending chooses the format, or --format."
    add_vectors(parser, show_all=show_all)
    parser.add_argument("text", nargs="?", default="-", metavar="FILE", help="one text a line (default: -)")
    parser.add_argument("-o", "--output", metavar="OUT", help="write to this file: .npy .tsv .jsonl")
    parser.add_argument("--format", choices=_FORMATS, help="(default: by OUT's ending, or tsv)")
    parser.add_argument("--weighting", choices=_WEIGHTINGS, default="sif", help="(default: %(default)s)")
    parser.add_argument("--sif-a", type=float, metavar="A", help="sif: weights A/(A + share of the tokens) [1e-3]")
    parser.add_argument(
        "--remove-common",
        type=int,
        metavar="K",
        help="remove the K directions that the texts share most [sif 1, mean 0]",
    )
    parser.add_argument("--tokenizer", choices=TOKENIZERS, default="words", help="(default: %(default)s)")
    parser.add_argument(
        "--lowercase", action=argparse.BooleanOptionalAction, help="(default: if all words of VECTORS are lower case)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the vector of each line of a text."""
    from embed import formats
    from embed.files.compressing import compressing_write
    from embed.vectors.sentences import SentenceVectors, warn_of_empty

    form = _format(arguments.output, arguments.format)
    check_inputs(arguments.vectors, arguments.text)
    if arguments.output is not None:
        check_vector_output(arguments.output, None, [arguments.vectors, arguments.text])
    reading = reading_options(arguments)
    vectors = formats.load(arguments.vectors, **reading)
    _ = vectors.norms  # checks that all numbers are finite
    if arguments.weighting == "sif" and (vectors.counts is None or not vectors.counts.any()):
        raise ConfigError(
            f"{arguments.vectors}: SIF weights need word counts, and this file has none: name a .embed, .safetensors, "
            f".npz or .parquet file that stores counts, or give {option('weighting', 'mean')}"
        )
    model = SentenceVectors(
        vectors,
        weighting=arguments.weighting,
        remove_common=arguments.remove_common,
        tokenizer=arguments.tokenizer,
        lowercase=arguments.lowercase,
        **({} if arguments.sif_a is None else {"sif_a": arguments.sif_a}),
    )
    opened: AbstractContextManager[BinaryIO] = (
        nullcontext(sys.stdout.buffer) if arguments.output is None else compressing_write(arguments.output)
    )
    with opened as out:
        empty, texts = _write(model, _means(model, arguments.text, reading.get("decode_errors", "strict")), out, form)
    warn_of_empty(empty, texts)


def _format(path: str | None, named: str | None) -> str:
    """Return the format of the output, by name or ending; raises FormatError if they contradict each other."""
    if path is None:
        return named or _TSV
    from embed.files.compressing import COMPRESSED_EXTENSIONS

    endings = [ending.lower() for ending in PurePath(path).suffixes[-2:]]
    compressed = bool(endings) and endings[-1] in COMPRESSED_EXTENSIONS
    ending = "".join(endings[-2 if compressed else -1 :][:1]).removeprefix(".")
    found = ending if ending in _FORMATS else named
    if found is None or named not in (None, found) or (compressed and found == _NPY):
        raise FormatError(
            f"{path}: the vectors of texts are written to .npy, or to .tsv or .jsonl, which may be compressed: use one "
            f"of these extensions that agrees with {option('format')}"
        )
    return found


def _means(model: SentenceVectors, path: str, policy: str) -> Iterator[Float32s]:
    """Yield the weighted means of the lines of a text, batch by batch."""
    from embed.corpora.text import DECODE_ERRORS, text_lines
    from embed.files.inputs import Input
    from embed.vectors.sentences import batches, tokens_of

    source = Input(path)
    with source.open() as stream:
        for lines in batches(text_lines(stream, next(name for name in DECODE_ERRORS if name == policy))):
            yield model.means(tokens_of(lines, model.tokenizer))


def _write(model: SentenceVectors, means: Iterator[Float32s], out: BinaryIO, form: str) -> tuple[int, int]:
    """Write all vectors; return the number of texts without a known word, and of all texts."""
    import tempfile

    import numpy as np

    from embed.vectors.sentences import BATCH_TEXTS, CommonDirections

    empty = texts = 0
    if not model.remove_common and form != _NPY:
        for rows in means:
            empty, texts = empty + int((~rows.any(axis=1)).sum()), texts + len(rows)
            out.write(_lines(rows, form))
        return empty, texts
    shared, dim = CommonDirections(model.vectors.dim), model.vectors.dim
    with tempfile.TemporaryFile() as held:
        for rows in means:
            shared.add(rows)
            empty, texts = empty + int((~rows.any(axis=1)).sum()), texts + len(rows)
            try:
                held.write(rows.tobytes())
                held.flush()
            except OSError as error:
                raise FormatError(
                    f"cannot write to a temporary file: {error.strerror or error}; set TMPDIR to another folder"
                ) from error
        held.seek(0)
        model.common = shared.first(model.remove_common)
        if form == _NPY:
            header = {"descr": "<f4", "fortran_order": False, "shape": (texts, dim)}
            np.lib.format.write_array_header_1_0(out, header)
        while data := held.read(BATCH_TEXTS * dim * np.dtype(np.float32).itemsize):
            rows = model.without_common(np.frombuffer(data, np.float32).reshape(-1, dim))
            out.write(rows.astype("<f4").tobytes() if form == _NPY else _lines(rows, form))
    return empty, texts


def _lines(rows: Float32s, form: str) -> bytes:
    """Return a line for each row: numbers between tabs, or a JSON array."""
    from embed.formats.word2vec_text import format_lines

    text = format_lines([b""] * len(rows), rows)  # each line begins with a space
    if form == _TSV:
        return text[1:].replace(b"\n ", b"\n").replace(b" ", b"\t")
    return b"[" + text[1:-1].replace(b"\n ", b"]\n[").replace(b" ", b", ") + b"]\n"
