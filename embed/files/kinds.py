"""Recognise files that hold neither text nor readable vectors by their first bytes, and advise what to do with them.

Such files are not opened any further, because pickles run code. Each line of `_KINDS` is one kind of file, with advice
for users who want text and for users who want vectors.

Rejected: the name's ending (may be wrong), libmagic (a dependency for forty lines; its guesses about text would be
false alarms).
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["LOOK_BYTES", "ForeignKind", "foreign_kind"]

LOOK_BYTES = 512
"""The number of first bytes that `foreign_kind` inspects."""


class ForeignKind(NamedTuple):
    """A kind of file that cannot be read.

    Attributes
    ----------
    what : str
        The kind, with its article: "a PDF file".
    for_text, for_vectors : str
        Advice in the imperative, for a user who wants text or vectors.
    """

    what: str
    for_text: str
    for_vectors: str


_OWN_WORDS = "pass the words and the matrix to embed.WordVectors(words, matrix), and save that"
_UNPACK = "unpack it first (only gzip, bzip2, xz, zstd and a zip of one file are read directly)"
_AS_TEXT = "save it as plain text (UTF-8) first"
_NAME_TEXT, _NAME_VECTORS = "name a text file", "name a file of vectors"
_ANY_CODE = "which can run any code and is never opened"
_EXPORT_TEXT = "write its text to a plain file, one sentence a line"
_GENSIM = (
    "load it with gensim and export vectors with save_word2vec_format, or a FastText model with save_facebook_model"
)
_TORCH = f"load it with torch, {_OWN_WORDS}"
# The size of a header, with which safetensors and our own files begin, may have the bytes of a short mark; a bracket
# follows the size.
_NO_HEADER = rb"(?![\s\S]{6}\{)"
_OLD_PICKLE = rb"(?:\(?[dl]p\d+\n|c(?:copy_reg|__builtin__|numpy|gensim|torch|collections)[\w.]*\n\w+\n)"
_PICKLE = rb"(?:\x80[\x02-\x05]" + _NO_HEADER + rb"|" + _OLD_PICKLE + rb")"

_KINDS: tuple[tuple[bytes, str, str, str], ...] = (
    # archives: the first names in a zip decide
    (rb"PK\x03\x04[\s\S]{0,300}\.npy", "a NumPy archive (npz)", "read it with embed.load if it holds vectors", ""),
    (
        rb"PK\x03\x04[\s\S]{0,400}(?:data\.pkl|\.format_version)",
        "a PyTorch file, which holds a pickle and is never opened",
        _EXPORT_TEXT,
        _TORCH,
    ),
    (
        rb"PK\x03\x04[\s\S]{0,300}(?:\[Content_Types\]\.xml|_rels/|word/|xl/|ppt/)",
        "an Office document",
        _AS_TEXT,
        _NAME_VECTORS,
    ),
    (rb"PK\x03\x04[\s\S]{0,60}mimetypeapplication/", "a document or an e-book (zip)", _AS_TEXT, _NAME_VECTORS),
    (rb"PK\x05\x06", "an empty zip archive", _NAME_TEXT, _NAME_VECTORS),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK, _UNPACK),
    (rb"Rar!\x1a\x07", "a rar archive", _UNPACK, _UNPACK),
    (rb"[\s\S]{257}ustar[\x00 ]", "a tar archive", _UNPACK, _UNPACK),
    (rb"\x04\x22\x4d\x18", "compressed with lz4", _UNPACK, _UNPACK),
    (rb"\x1f\x9d" + _NO_HEADER, "compressed with compress (.Z)", _UNPACK, _UNPACK),
    # documents
    (rb"%PDF-", "a PDF file", _AS_TEXT, _NAME_VECTORS),
    (rb"\{\\rtf", "a Rich Text document", _AS_TEXT, _NAME_VECTORS),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document", _AS_TEXT, _NAME_VECTORS),
    (rb"WARC/\d\.\d\r?\n", "a web archive (WARC)", "extract its text first", _NAME_VECTORS),
    # pickles
    (
        _PICKLE + rb"[\s\S]{0,256}\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19\.",
        f"a pickled PyTorch file, {_ANY_CODE}",
        _EXPORT_TEXT,
        _TORCH,
    ),
    (_PICKLE + rb"[\s\S]{0,400}gensim", f"a gensim pickle, {_ANY_CODE}", _EXPORT_TEXT, _GENSIM),
    (_PICKLE, f"a pickle, {_ANY_CODE}", _EXPORT_TEXT, f"if you trust it, load it, {_OWN_WORDS}"),
    # numbers and tables
    (rb"\x93NUMPY", "a NumPy array, which has no words", _NAME_TEXT, f"read it with numpy.load, {_OWN_WORDS}"),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", _NAME_TEXT, f"read it with h5py, {_OWN_WORDS}"),
    (rb"MATLAB 5\.0 MAT-file", "a MATLAB file", _NAME_TEXT, f"read it with scipy.io.loadmat, {_OWN_WORDS}"),
    (
        rb"SQLite format 3\x00",
        "an SQLite database",
        "export the table as CSV first",
        f"select words and numbers from it, {_OWN_WORDS}",
    ),
    (rb"Obj\x01", "an Avro file", "convert it to Parquet or JSON first", f"read it with fastavro, {_OWN_WORDS}"),
    (
        rb"ORC[\x00-\x08\x0e-\x1f\x80-\xff]",
        "an ORC file",
        "convert it to Parquet first",
        f"read it with pyarrow.orc, {_OWN_WORDS}",
    ),
    # models
    (
        rb"GGUF(?:[\x01-\x1f]\x00\x00\x00|\x00\x00\x00[\x01-\x1f])",
        "a GGUF file of a language model",
        _NAME_TEXT,
        f"read its table of embeddings, {_OWN_WORDS}",
    ),
    (rb"[\s\S]{4}TFL3", "a TensorFlow Lite model", _NAME_TEXT, f"read its table of embeddings, {_OWN_WORDS}"),
    (
        rb"\x08[\x01-\x20]\x12[\s\S](?:pytorch|tf2onnx|onnx|skl2onnx|keras2onnx)",
        "an ONNX model",
        _NAME_TEXT,
        f"read its table of embeddings with onnx, {_OWN_WORDS}",
    ),
    # the rest
    (
        rb"version https://git-lfs",
        "a Git LFS pointer, not the file itself",
        "fetch the file with 'git lfs pull'",
        "fetch the file with 'git lfs pull'",
    ),
    (rb"\x89PNG\r|\xff\xd8\xff|GIF8[79]a|RIFF[\s\S]{4}WEBP", "an image", _NAME_TEXT, _NAME_VECTORS),
    (rb"RIFF[\s\S]{4}(?:WAVE|AVI )|OggS\x00|ID3[\x02-\x04]|fLaC\x00", "audio or video", _NAME_TEXT, _NAME_VECTORS),
    (rb"\x7fELF|MZ[\x00-\xff]{0,60}\x00{8}|\xcf\xfa\xed\xfe", "a program", _NAME_TEXT, _NAME_VECTORS),
)
_ZIP = ForeignKind("a zip archive", _UNPACK, _UNPACK)
_ZIP_MARK = b"PK\x03\x04"
_PATTERNS = [(re.compile(pattern), ForeignKind(*kind)) for pattern, *kind in _KINDS]


def foreign_kind(start: bytes, *, is_unpacked: bool = False) -> ForeignKind | None:
    """Return the kind of a file from its first `LOOK_BYTES` bytes (fewer only if it is shorter), or None.

    A zip archive may hold text or vectors, unless it `is_unpacked` itself.
    """
    start = start[:LOOK_BYTES]
    found = next((kind for pattern, kind in _PATTERNS if pattern.match(start)), None)
    return _ZIP if found is None and is_unpacked and start.startswith(_ZIP_MARK) else found
