"""The header of a checkpoint: which run it belongs to, and how far that run has come."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from embed.config.train import TrainConfig
from embed.engine.machine import SIMD_VARIABLE
from embed.files.records import made
from embed.messages import option
from embed.model.model import EpochRecord
from embed.model.provenance import CONTINUED_FROM, DOCUMENTS, Provenance
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["CHANGEABLE", "Checkpoint", "Place", "difference", "vocabulary_digest"]

_HASH_WORDS = 1 << 16

_RATES = ("lr", "input_lr", "min_lr", "schedule", "warmup")
_NOISE = ("negatives", "noise_exponent", "subsample")
CHANGEABLE = frozenset(("epochs", "threads", "window", "window_kind", "gradient", "seed", *_RATES, *_NOISE))
"""Parameters that may change between a checkpoint and the resumed run, if the user insists: they do not change the
meaning of a row or of a position in the corpus."""
_WITHOUT_EFFECT = frozenset(("postprocess", "workers"))
"""Parameters that change nothing in the training."""


@dataclass(frozen=True)
class Place:
    """How far a run has come: everything before this place is done, and nothing after it.

    Attributes
    ----------
    epoch : int
        Finished epochs.
    position : int
        The token of the current epoch before which every block is done, by its first token.
    loss, examples, seconds : float, int, float
        The sums of the current epoch.
    """

    epoch: int = 0
    position: int = 0
    loss: float = 0.0
    examples: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """The header of a checkpoint: which run it belongs to, and how far that run has come."""

    config: TrainConfig
    vocabulary: str
    provenance: Provenance
    place: Place
    history: tuple[EpochRecord, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "config": self.config.to_dict(),
            "vocabulary": self.vocabulary,
            "provenance": asdict(self.provenance),
            "place": asdict(self.place),
            "history": [asdict(record) for record in self.history],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Checkpoint:
        """Build a checkpoint from plain values; raises KeyError, TypeError or ValueError unless they are valid."""
        with warnings.catch_warnings(action="ignore"):  # the advice was given when the run started
            config = TrainConfig.from_dict(values["config"])
        provenance, place = made(Provenance, values["provenance"]), made(Place, values["place"])
        history = tuple(made(EpochRecord, record) for record in values["history"])
        if not 0 <= place.epoch == len(history) or not 0 <= place.position <= provenance.tokens or place.examples < 0:
            raise ValueError(f"{place} does not fit {len(history)} epochs done and {provenance.tokens} tokens")
        if not isinstance(provenance.decisions.get(CONTINUED_FROM, {}), dict):
            raise ValueError(f"{CONTINUED_FROM} must be a JSON object")
        if not math.isfinite(place.loss) or not math.isfinite(place.seconds):
            raise ValueError(f"{place} is not finite")
        return cls(config, str(values["vocabulary"]), provenance, place, history)

    def differences(self, other: Checkpoint) -> tuple[list[str], list[str]]:
        """Describe the differences to another run: those it may resume with if the user insists, and the others."""
        mild: list[str] = []
        grave: list[str] = []
        for item in fields(TrainConfig):
            mine, others = getattr(self.config, item.name), getattr(other.config, item.name)
            if item.name in _WITHOUT_EFFECT or (item.name == "threads" and self.config.deterministic):
                continue
            if mine != others:
                changeable = item.name in CHANGEABLE and not (item.name == "window" and self.config.position_weights)
                (mild if changeable else grave).append(difference(option(item.name), mine, others))
        for name in ("sentences", "tokens"):
            mine, others = getattr(self.provenance, name), getattr(other.provenance, name)
            if mine != others:
                grave.append(difference(f"the number of {name} of the corpus", mine, others))
        starts = [run.provenance.decisions.get(CONTINUED_FROM) or {} for run in (self, other)]
        grave += [
            difference(f"{CONTINUED_FROM}.{' '.join(name.split()):.40}", starts[0].get(name), starts[1].get(name))
            for name in dict.fromkeys((*starts[0], *starts[1]))
            if starts[0].get(name) != starts[1].get(name)
        ]
        if self.vocabulary != other.vocabulary:
            grave.append("the vocabulary differs")
        if self.provenance.decisions.get(DOCUMENTS) != other.provenance.decisions.get(DOCUMENTS):
            grave.append("the documents of the corpus differ")
        if self.provenance.corpus_fingerprint != other.provenance.corpus_fingerprint:
            mild.append("the text of the corpus differs")
        if self.provenance.simd_path != other.provenance.simd_path:
            mild.append(
                difference(
                    f"the instruction set ({SIMD_VARIABLE})", self.provenance.simd_path, other.provenance.simd_path
                )
            )
        mine, others = (run.provenance.versions.get("train-embeddings") for run in (self, other))
        if mine != others:
            mild.append(difference("the version of train-embeddings", mine, others))
        return mild, grave


def difference(name: str, there: Any, here: Any, where: str = "in the checkpoint") -> str:
    """Describe a difference between what was stored, and where, and what is now."""
    return f"{name} is {_shown(there)} {where}, {_shown(here)} here"


def _shown(value: Any) -> str:
    """Return a value in words that fit Python and the command line."""
    if value is None:
        return "not set"
    return ("on" if value else "off") if isinstance(value, bool) else f"{value!r:.40}"


def vocabulary_digest(vocabulary: Vocabulary) -> str:
    """Return the hash of words and counts, in hexadecimal."""
    digest = hashlib.blake2b(np.ascontiguousarray(vocabulary.counts, "<i8").data, digest_size=32)
    for start in range(0, len(vocabulary), _HASH_WORDS):
        digest.update(json.dumps(vocabulary.words[start : start + _HASH_WORDS]).encode())
    return digest.hexdigest()
