"""Read and write plain safetensors files, for programs that do not know this package; memory-mapped when read.

Tensors: ``embeddings`` F32 [V, dim]; the words as ``words.bytes`` and ``words.offsets``
(`embed.formats.word_blob`), because the header of a safetensors file is limited to 100 MB; ``counts`` I64 [V]
if known. n-grams are not stored: use the native format for those.

Rejected: words in the metadata (limited, and slow to parse).
"""

from __future__ import annotations

import os

from embed.errors import FormatError
from embed.files.bounds import in_memory
from embed.files.inputs import Input
from embed.formats import _safetensors
from embed.formats.reading import PathOrInput, Start
from embed.formats.tables import read_table, table_of
from embed.vectors.word_vectors import WordVectors

__all__ = ["EMBEDDINGS", "read", "recognise", "write"]

EMBEDDINGS = "embeddings"
"""The name of the matrix, as in model2vec."""


def recognise(start: Start) -> bool:
    """Return whether a file has the safetensors layout."""
    return not start.is_folder and _safetensors.looks_like(start.data)


def write(vectors: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write vectors and, if known, counts.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        Replaced when the whole file has been written.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the file cannot be written.
    """
    _safetensors.write(path, table_of(vectors, EMBEDDINGS), {})


@in_memory
def read(path: PathOrInput, *, keep_first: bool = False) -> WordVectors:
    """Read vectors; the matrix is memory-mapped.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or lacks a tensor.
    """
    source = Input.of(path, FormatError)
    arrays, _ = _safetensors.read_mapped(source)
    return read_table(source.name, arrays, EMBEDDINGS, keep_first)
