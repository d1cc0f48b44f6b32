"""Score spans, such as noun phrases, that are written as labels B-NP, I-NP and O of words.

The definition is that of conlleval (Tjong Kim Sang & Buchholz 2000): a predicted span is right if a span of the same
type begins and ends at the same words. A label that does not continue the label before it begins a span.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from ..bootstrap import Floats

__all__ = ["are_spans", "counts", "spans"]

_OUTSIDE = "O"
_SPAN = re.compile(r"[BIES]-(.+)")
_BEGINS, _ENDS = "BS", "ES"


def are_spans(labels: Iterable[str]) -> bool:
    """Return whether the labels are O and the parts of spans: B-NP, I-NP; E- and S- mark ends and single words."""
    kinds = set(labels)
    return bool(kinds - {_OUTSIDE}) and all(label == _OUTSIDE or _SPAN.fullmatch(label) for label in kinds)


def spans(labels: Sequence[str]) -> set[tuple[int, int, str]]:
    """Return the spans of a sentence: first word, word after the last, type."""
    found = set()
    start, kind, ended = 0, "", True
    for i, label in enumerate((*labels, _OUTSIDE)):
        part, _, name = label.partition("-")
        if kind and (name != kind or ended or part in _BEGINS):
            found.add((start, i, kind))
            kind = ""
        if name and not kind:
            start, kind = i, name
        ended = part in _ENDS
    return found


def counts(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> tuple[Floats, Floats]:
    """Return twice the right spans, and the predicted and true spans, of each sentence; F1 is their ratio.

    F1 = 2 P R / (P + R) with P = right / predicted and R = right / true is 2 right / (predicted + true).
    """
    pairs = [(spans(one), spans(other)) for one, other in zip(predicted, gold, strict=True)]
    right = np.array([2 * len(one & other) for one, other in pairs], dtype=np.float64)
    both = np.array([len(one) + len(other) for one, other in pairs], dtype=np.float64)
    return right, both
