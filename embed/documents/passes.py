"""Choose the passes over documents by the tokens that subsampling leaves.

More passes teach a document its words by heart, and few teach it nothing. docs/decisions/0034-documents.md has the
measurements.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.vocabulary.sampling import keep_probabilities

__all__ = ["passes"]

_PASSES, _CODE_PASSES, _AT, _POWER, _FEWEST, _MOST = 40, 60, 800_000, 0.37, 10, 200


def passes(counts: NDArray[np.int64], config: TrainConfig) -> int:
    """Return the default number of passes.

    Parameters
    ----------
    counts : int64[V]
        Occurrences of each word.
    config : TrainConfig

    Returns
    -------
    int
        40 for 800,000 tokens after subsampling (of codes 60), and more for fewer: in inverse proportion to their number
        to the power of 0.37, from 10 to 200.
    """
    kept = float(np.sum(counts * keep_probabilities(counts, config.subsample_threshold())))
    usual = _CODE_PASSES if config.binary else _PASSES
    return int(np.clip(round(usual * (_AT / max(kept, 1.0)) ** _POWER), _FEWEST, _MOST))
