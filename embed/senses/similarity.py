"""How alike two words are, from the vectors of their senses, and from where the words stand.

With unit vectors a_1..a_K and b_1..b_L of the senses of two words, and their probabilities p and q in the contexts:

- ``avgSim``: the mean of a_k . b_l over all pairs (Reisinger & Mooney, NAACL 2010, section 4.1);
- ``maxSim``: the largest a_k . b_l (there);
- ``avgSimC``: the sum over all pairs of p_k q_l a_k . b_l (there, divided by K L; as here in Huang, Socher, Manning &
  Ng, ACL 2012, and in Neelakantan, Shankar, Passos & McCallum, EMNLP 2014);
- ``localSim``: a_k . b_l of the likeliest senses (Neelakantan et al.; MaxSimC of Reisinger & Mooney).

A word without senses has one vector, of probability 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embed.choices import SENSE_SIMILARITIES, SenseSimilarity

__all__ = ["IN_CONTEXT", "MEASURES", "Occurrence"]

Float32s = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Occurrence:
    """A word, perhaps where it stands.

    Attributes
    ----------
    units : float32[K, dim]
        The unit vectors of its senses.
    probabilities : float32[K]
        Those of the senses in the context; only for measures of `IN_CONTEXT`.
    """

    units: Float32s
    probabilities: Float32s


def _mean(a: Occurrence, b: Occurrence) -> float:
    return float((a.units @ b.units.T).mean())


def _mean_in_context(a: Occurrence, b: Occurrence) -> float:
    return float((a.probabilities @ a.units) @ (b.probabilities @ b.units))


def _largest(a: Occurrence, b: Occurrence) -> float:
    return float((a.units @ b.units.T).max())


def _of_likeliest(a: Occurrence, b: Occurrence) -> float:
    return float(a.units[a.probabilities.argmax()] @ b.units[b.probabilities.argmax()])


MEASURES: dict[SenseSimilarity, Callable[[Occurrence, Occurrence], float]] = dict(
    zip(SENSE_SIMILARITIES, (_mean, _mean_in_context, _of_likeliest, _largest), strict=True)
)
IN_CONTEXT: tuple[SenseSimilarity, ...] = ("avgSimC", "localSim")
"""The measures that need contexts."""
