"""Compare two groupings of the same items: the gold senses of a word's occurrences, and the senses that a model chose.

Everything follows from the contingency table n_ij, the number of items of gold group i in found group j, with row sums
a_i, column sums b_j and N items. A pair of items is *together* in a grouping if both are in one group; tp counts the
pairs together in both, fp those together in `found` alone, fn those in `gold` alone, tn the others.

Rejected: scikit-learn's functions (an extra that no score should need); the tests compare both.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from ..bootstrap import Floats

__all__ = ["MEASURES", "adjusted_rand_index", "paired_f_score", "purity", "v_measure"]

Labels = Sequence[Hashable]


def adjusted_rand_index(gold: Labels, found: Labels) -> float:
    """Return the Rand index, corrected for chance, of two groupings: 1 if equal, about 0 if unrelated.

    ARI = 2 (tp tn - fn fp) / ((tp + fn)(fn + tn) + (tp + fp)(fp + tn)) (Hubert & Arabie 1985, equation 5, in the form
    of Warrens 2008, equation 3). It is 1 for equal groupings of any kind, also of less than two items.
    """
    tp, fp, fn, tn = _pairs(_table(gold, found))
    if not fp and not fn:
        return 1.0
    return 2 * (tp * tn - fn * fp) / ((tp + fn) * (fn + tn) + (tp + fp) * (fp + tn))


def v_measure(gold: Labels, found: Labels) -> float:
    """Return the harmonic mean of homogeneity and completeness (Rosenberg & Hirschberg 2007, equations 1 to 3).

    With entropies H, h = 1 - H(gold | found) / H(gold) and c = 1 - H(found | gold) / H(found), each 1 where the
    divisor is 0; V = 2 h c / (h + c). It grows with the number of groups: read it beside the paired F-score.
    """
    table = _table(gold, found)
    of_gold, of_found = _entropy(table.sum(axis=1)), _entropy(table.sum(axis=0))
    shared = of_gold + of_found - _entropy(table.ravel())
    homogeneity = shared / of_gold if of_gold else 1.0
    completeness = shared / of_found if of_found else 1.0
    total = homogeneity + completeness
    return max(0.0, 2 * homogeneity * completeness / total) if total > 0 else 0.0


def paired_f_score(gold: Labels, found: Labels) -> float:
    """Return the F-score of the pairs together in `found`, 2 tp / (2 tp + fp + fn) (Artiles, Amigó & Gonzalo 2009).

    It favours few groups: one group for all has the recall 1. Groupings without pairs are equal and have 1.
    """
    tp, fp, fn, _ = _pairs(_table(gold, found))
    return 2 * tp / (2 * tp + fp + fn) if tp or fp or fn else 1.0


def purity(gold: Labels, found: Labels) -> float:
    """Return the share of items in the most frequent gold group of their found group (Zhao & Karypis 2001)."""
    table = _table(gold, found)
    return float(table.max(axis=0).sum() / table.sum()) if table.size else 1.0


MEASURES = {
    "ARI": adjusted_rand_index,
    "V-measure": v_measure,
    "paired F": paired_f_score,
    "purity": purity,
}
"""The measures of a grouping by name, the main one first; each from 0 to 1, but for ARI, which can be negative."""


def _table(gold: Labels, found: Labels) -> Floats:
    """Return the contingency table, shape (gold groups, found groups)."""
    rows, columns = (_numbers(labels) for labels in (gold, found))
    shape = (max(rows, default=-1) + 1, max(columns, default=-1) + 1)
    table = np.zeros(shape)
    np.add.at(table, (rows, columns), 1)
    return table


def _numbers(labels: Labels) -> list[int]:
    """Number the labels in order of appearance; unlike sorting, this takes labels of several types, and None."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def _pairs(table: Floats) -> tuple[float, float, float, float]:
    """Return tp, fp, fn and tn as numbers of unordered pairs."""
    together, in_gold, in_found, pairs = (
        float((sizes * (sizes - 1)).sum() / 2)
        for sizes in (table, table.sum(axis=1), table.sum(axis=0), table.sum(keepdims=True))
    )
    return together, in_found - together, in_gold - together, pairs - in_gold - in_found + together


def _entropy(sizes: Floats) -> float:
    """Return the entropy, in nats, of groups of these sizes."""
    shares = sizes[sizes > 0] / max(1.0, sizes.sum())
    return float(-(shares * np.log(shares)).sum()) if len(shares) > 1 else 0.0
