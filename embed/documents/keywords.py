"""Read the keywords of labels: a line for each label, its name, a tab, and words."""

from __future__ import annotations

import os

from embed.corpora.text import text_lines
from embed.corpora.tokenizers import TokenizerChoice, get_tokenizer
from embed.errors import CorpusError
from embed.files.inputs import Input

__all__ = ["read_keywords"]


def read_keywords(
    path: str | os.PathLike[str] | Input, *, tokenizer: TokenizerChoice = "words", lowercase: bool = True
) -> dict[str, list[str]]:
    """Return the keywords of each label, in the order of the file.

    Parameters
    ----------
    path : path
        UTF-8, compressed or not. Empty lines are skipped.
    tokenizer, lowercase
        Those of the documents, so that keywords are spelled as their words.

    Raises
    ------
    CorpusError
        The file cannot be read; a line has no tab, no label or no word, or repeats a label; there are no lines.
    """
    source = Input.of(path)
    split = get_tokenizer(tokenizer, lowercase).split
    found: dict[str, list[str]] = {}
    with source.open() as stream:
        for number, line in enumerate(text_lines(stream, "strict"), 1):
            if not line.strip():
                continue
            label, tab, words = line.partition("\t")
            label, where = label.strip(), f"{source.name}, line {number:,}"
            keywords = list(dict.fromkeys(split(words)))
            if not (label and tab and keywords):
                raise CorpusError(f"{where}: expected a label, a tab and keywords, not {line.rstrip()!r:.60}")
            if label in found:
                raise CorpusError(f"{where}: the label {label!r:.60} is there already; put its keywords on one line")
            found[label] = keywords
    if not found:
        raise CorpusError(f"{source.name}: there are no labels; write a label, a tab and keywords on each line")
    return found
