"""Write folders for TensorBoard's embedding projector (also projector.tensorflow.org).

``vectors.tsv`` has a line of numbers separated by tabs for each word and no header. ``metadata.tsv`` has the
words; with counts it has two columns and the header that the projector then needs. ``projector_config.pbtxt`` names
the two. A word with a tab or a line break would become two fields or lines, and the projector skips an empty word:
both are refused, or escaped (`embed.formats.escaping`).

The projector shows up to about 100,000 points; the most frequent words come first. It writes nothing back, so there
is no reader.
"""

from __future__ import annotations

import os

from embed.choices import OnBadWord
from embed.files.atomic import atomic_write, atomic_write_text
from embed.files.folders import folder_write
from embed.formats.escaping import encode_words
from embed.formats.word2vec_text import WRITE_NUMBERS, format_lines
from embed.vectors.word_vectors import WordVectors

__all__ = ["FILES", "write"]

VECTORS, METADATA, CONFIG = "vectors.tsv", "metadata.tsv", "projector_config.pbtxt"
FILES = (VECTORS, METADATA, CONFIG)
"""The projector needs the last one to find the others."""

_CONFIG_TEXT = f"""embeddings {{
  tensor_path: "{VECTORS}"
  metadata_path: "{METADATA}"
}}
"""


def write(vectors: WordVectors, path: str | os.PathLike[str], *, on_bad_word: OnBadWord = "refuse") -> None:
    """Write the three files into a folder.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        A new folder, or an older one of this kind, replaced when the whole folder has been written.
    on_bad_word : {"refuse", "escape"}
        For words that are empty or hold white space, NUL or a lone surrogate: raise, or escape them.

    Raises
    ------
    FormatError
        A word or a number cannot be written, or the folder cannot.
    """
    words = encode_words(vectors.words, on_bad_word)
    _ = vectors.norms  # checks that all numbers are finite
    block = max(1, WRITE_NUMBERS // vectors.dim)
    with folder_write(path, FILES) as folder:
        with atomic_write(folder / VECTORS) as file:
            for start in range(0, len(words), block):
                rows = vectors.matrix[start : start + block]
                lines = format_lines([b""] * len(rows), rows)  # each begins with a space
                file.write(lines[1:].replace(b"\n ", b"\n").replace(b" ", b"\t"))
        labels = words
        if vectors.counts is not None:
            counts = vectors.counts.tolist()
            labels = [b"word\tcount", *(b"%b\t%d" % pair for pair in zip(words, counts, strict=True))]
        with atomic_write(folder / METADATA) as file:
            file.write(b"\n".join(labels) + b"\n")
        atomic_write_text(folder / CONFIG, _CONFIG_TEXT)
