"""What a backend trains: all that is settled before the first token."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """What a backend trains.

    Attributes
    ----------
    corpus : EncodedCorpus
    config : TrainConfig
    parameters : Parameters
        Trained in place.
    tokens : int
        Of an epoch: the first of the corpus, without those held out.
    subsample : float
        The threshold of subsampling.
    frozen : uint8[V] or uint8[0]
        1 for words whose rows stay as they are; then n-gram rows and weights of places do too, and only the own rows of
        the other words learn.
    threads : int
    simd_path : str
        One of ``_kernels.simd_paths()``.
    """

    corpus: EncodedCorpus
    config: TrainConfig
    parameters: Parameters
    tokens: int
    subsample: float
    frozen: NDArray[np.uint8]
    threads: int
    simd_path: str
