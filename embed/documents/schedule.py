"""Choose the passes over documents, and the rates, by the tokens that subsampling leaves.

More passes teach a document its words by heart, and few teach it nothing. What few passes over few documents cannot
learn at the usual rates, they learn at higher ones. docs/decisions/0034-documents.md has the measurements.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.vocabulary.sampling import keep_probabilities

__all__ = ["completed"]

_PASSES, _CODE_PASSES, _AT, _POWER, _FEWEST, _MOST = 40, 60, 800_000, 0.37, 10, 200
_ENOUGH_TOKENS, _MOST_RAISED = 5e6, 4.0
"""From so many tokens of all passes on, the rates are the usual ones; the most that they are multiplied by."""
_DM_LEVEL = 0.25
"""The rates of PV-DM over those of CBOW, which has fewer passes."""


def completed(config: TrainConfig, counts: NDArray[np.int64]) -> TrainConfig:
    """Fill in the passes and rates that a configuration leaves open.

    Parameters
    ----------
    config : TrainConfig
    counts : int64[V]
        Occurrences of each word.

    Returns
    -------
    TrainConfig
        The passes are 40 for 800,000 tokens after subsampling (of codes 60), and more for fewer: in inverse proportion
        to their number to the power of 0.37, from 10 to 200. If all passes together have fewer than 5M tokens, both
        rates of DBOW and of PV-DM are multiplied by the square root of what is missing, at most by 4.
    """
    kept = max(float(np.sum(counts * keep_probabilities(counts, config.subsample_threshold()))), 1.0)
    epochs = config.epochs
    if epochs is None:
        usual = _CODE_PASSES if config.code_length() else _PASSES
        epochs = int(np.clip(round(usual * (_AT / kept) ** _POWER), _FEWEST, _MOST))
    config = config.replace(epochs=epochs)
    if config.objective == "sg" or config.lr is not None or config.input_lr is not None:
        return config
    level = min(max(math.sqrt(_ENOUGH_TOKENS / (kept * epochs)), 1.0), _MOST_RAISED)
    if config.objective == "cbow":
        level *= _DM_LEVEL
    lr, input_lr = (float(f"{level * rate:.4g}") for rate in config.rates())
    return config.replace(lr=lr, input_lr=input_lr)
