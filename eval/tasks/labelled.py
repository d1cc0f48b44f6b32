"""Read labelled words: columns of CoNLL's shared tasks, or CoNLL-U of Universal Dependencies.

Blank lines separate sentences. A file is CoNLL-U if its rows have ten fields, separated by tabs, that begin with a
number; its comments, multiword tokens (3-4) and empty nodes (3.1) are skipped. Any other file has the word first and
the labels after it, separated by tabs or by blanks; there "#" is a word, and rows -DOCSTART- are skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from embed.errors import FormatError
from embed.messages import option

from ..decoding import LINE_END, decoded_file

__all__ = ["LabelledWords", "read_labelled"]

_UD_COLUMNS, _UD_WORD, _UD_LABEL = 10, 1, 3  # ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC
_UD_ID = re.compile(r"\d+(?:[-.]\d+)?")
_DOCUMENT = "-DOCSTART-"


@dataclass(frozen=True)
class LabelledWords:
    """Sentences of words with one label each.

    Attributes
    ----------
    words, labels : tuple of tuple of str
        For each sentence, its words, and as many labels.
    column : int
        The column of the labels, from one.
    """

    words: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    column: int


def read_labelled(path: Path, column: int | None = None) -> LabelledWords:
    """Read a file of labelled words.

    Parameters
    ----------
    path : Path
    column : int, optional
        The column of the label, from one; by default UPOS of CoNLL-U, and the last column of other files.

    Raises
    ------
    FormatError
        The file cannot be read, or a line is malformed.
    """
    lines = LINE_END.split(decoded_file(path))
    first = next((line for line in lines if line.strip() and not line.startswith("# ")), "")
    is_ud = first.count("\t") == _UD_COLUMNS - 1 and _UD_ID.fullmatch(first.partition("\t")[0]) is not None
    separator = "\t" if "\t" in first else None
    width = len(first.split(separator))
    word_at = _UD_WORD if is_ud else 0
    label_at = column - 1 if column is not None else _UD_LABEL if is_ud else width - 1
    if width < 2:
        raise FormatError(f"{path} has no columns of words and labels; name a file in the format of CoNLL or CoNLL-U")
    if label_at >= width or label_at == word_at:
        raise FormatError(f"{path} has {width} columns, so {option('label', column)} is no column of labels")
    words: list[tuple[str, ...]] = []
    labels: list[tuple[str, ...]] = []
    sentence: list[tuple[str, str]] = []
    for number, line in enumerate([*lines, ""], start=1):
        if not line.strip():
            if sentence:
                words.append(tuple(word for word, _ in sentence))
                labels.append(tuple(label for _, label in sentence))
                sentence = []
            continue
        if is_ud and line.startswith("#"):
            continue
        fields = line.strip("\r\n").split(separator)
        if len(fields) != width or not fields[word_at] or not fields[label_at]:
            raise FormatError(
                f"{path}, line {number}: expected {width} columns with a word and a label, not {line.strip()!r:.60}"
            )
        if (is_ud and not fields[0].isdecimal()) or (not is_ud and fields[0] == _DOCUMENT):
            continue
        sentence.append((fields[word_at], fields[label_at]))
    if not words:
        raise FormatError(f"{path} has no labelled words; name a file with a word and its label a line")
    return LabelledWords(tuple(words), tuple(labels), label_at + 1)
