"""Read texts with a label each, and give each text a vector: the mean of those of its words, plain or weighted.

The weight of SIF is a / (a + p), where p is the word's share of the tokens (Arora, Liang & Ma, ICLR 2017, algorithm 1),
counted in the training text of the vectors if they know it, else in the texts. The common direction of the texts, which
the paper then removes, is left in: a classifier that sees the direction may ignore it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embed.choices import TextWeighting
from embed.corpora.tokenizers import get_tokenizer
from embed.errors import FormatError

from ..decoding import LINE_END, decoded_file
from ..space import Space
from .words import WordRows, look_up

__all__ = ["LabelledTexts", "read_texts", "text_rows"]

SIF_A = 1e-3
"""The paper's value for sentences."""


@dataclass(frozen=True)
class LabelledTexts:
    """Texts, split into words, with one label each.

    Attributes
    ----------
    texts : tuple of tuple of str
    labels : tuple of str
    """

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]


def read_texts(path: Path) -> LabelledTexts:
    """Read lines of a label, a tab and a text, which the tokenizer "words" splits.

    Raises
    ------
    FormatError
        The file cannot be read, or a line has no tab.
    """
    split = get_tokenizer("words", lowercase=False).split
    texts, labels = [], []
    for number, line in enumerate(LINE_END.split(decoded_file(path)), start=1):
        if not line.strip():
            continue
        label, tab, text = line.partition("\t")
        if not tab or not label.strip():
            raise FormatError(f"{path}, line {number}: expected a label, a tab and a text, not {line.strip()!r:.60}")
        texts.append(tuple(split(text)))
        labels.append(label.strip())
    if not texts:
        raise FormatError(f"{path} has no texts; name a file with a label, a tab and a text a line")
    return LabelledTexts(tuple(texts), tuple(labels))


def text_rows(space: Space, texts: Sequence[Sequence[str]], weighting: TextWeighting = "mean") -> WordRows:
    """Return the vectors of texts, zeros for a text without known words.

    A text is covered if the vocabulary knows one of its words; it is composed if only n-grams give it a vector.
    """
    tokens = Counter(word for text in texts for word in text)
    index = {word: i for i, word in enumerate(tokens)}
    found = look_up(space, list(index))
    weights = (found.covered | found.composed).astype(np.float64)
    if weighting == "sif":
        weights *= SIF_A / (SIF_A + _shares(space, tokens))
    rows = np.zeros((len(texts), space.dim), dtype=np.float32)
    covered, composed = np.zeros((2, len(texts)), dtype=np.bool_)
    for i, text in enumerate(texts):
        ids = [index[word] for word in text]
        if (total := weights[ids].sum()) > 0:
            rows[i] = weights[ids] @ found.rows[ids] / total
        covered[i] = found.covered[ids].any()
        composed[i] = found.composed[ids].any() and not covered[i]
    return WordRows(rows, covered, composed)


def _shares(space: Space, tokens: Counter[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the share of the tokens of each word."""
    counts = space.shares(tokens)
    if counts is not None:
        return np.array([counts.get(word, 0.0) for word in tokens])
    return np.array(list(tokens.values())) / tokens.total()
