"""The task of a backend: everything that is fixed before the first token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from embed.config.train import TrainConfig
from embed.engine.problem import RowFactors, Tags
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus

__all__ = ["Task", "Variant"]


@dataclass(frozen=True, eq=False)
class Variant:
    """Options beyond the configuration: row factors, and features of models of other programs.

    Attributes
    ----------
    factors : RowFactors
        The factors of the training steps of rows.
    learns_positions : bool
        Train the position weights.
    context_sum : bool
        For CBOW, use the sum of the contexts instead of their mean.
    losses : tuple of str
        Replaces the loss of the configuration; with both, the output rows of the nodes follow those of the words.
    tags : Tags or None
        The documents of each sentence.
    has_senses : bool
        The senses of words have begun, in the training of the model that this one continues.
    """

    factors: RowFactors = field(default_factory=RowFactors)
    learns_positions: bool = True
    context_sum: bool = False
    losses: tuple[Literal["ns", "hs"], ...] = ()
    tags: Tags | None = None
    has_senses: bool = False


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
    threads : int
    simd : str
        One of ``_kernels.simd_names()``.
    variant : Variant
    crew : object or None
        Where to train; an :class:`embed.training.backends.crew.Crew`. None: in threads of this process.
    """

    corpus: EncodedCorpus
    config: TrainConfig
    parameters: Parameters
    tokens: int
    subsample: float
    threads: int
    simd: str
    variant: Variant
    crew: Any = None
