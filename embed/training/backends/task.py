"""The task of a backend: everything that is fixed before the first token."""

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
    """The task of a backend.

    Attributes
    ----------
    corpus : EncodedCorpus
    config : TrainConfig
    parameters : Parameters
        Trained in place.
    tokens : int
        Tokens of an epoch: the first of the corpus, without the held-out ones.
    subsample : float
        The threshold of subsampling.
    frozen : uint8[V] or uint8[0]
        1 for words whose rows do not change. With frozen words, only the own rows of the other words are trained, not
        n-gram rows or weights of places.
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
