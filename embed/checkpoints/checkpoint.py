"""What a checkpoint stores beside its matrices: which run it belongs to, and how far that run has come."""

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
from embed.model.model import EpochRecord, Provenance
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["CHANGEABLE", "CONTINUED_FROM", "Checkpoint", "Place", "vocabulary_digest"]

CONTINUED_FROM = "continued_from"
"""The decision that says what a continued training started from."""
_HASH_WORDS = 1 << 16

_RATES, _NOISE = ("lr", "input_lr", "min_lr"), ("negatives", "noise_exponent", "subsample")
CHANGEABLE = frozenset(("epochs", "threads", "window", "window_kind", "gradient", "seed", *_RATES, *_NOISE))
"""Parameters that a run may go on with changed, if the user insists: they leave the meaning of the rows and of a
place in the corpus alone."""


@dataclass(frozen=True)
class Place:
    """How far a run has come: everything before it is done, and nothing after.

    Attributes
    ----------
    epoch : int
        Epochs that are done.
    position : int
        The token of the running epoch up to which the blocks that begin before it are done.
    loss, examples, seconds : float, int, float
        The sums of the running epoch.
    """

    epoch: int = 0
    position: int = 0
    loss: float = 0.0
    examples: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says beside its matrices: the run it is of, and how far that has come."""

    config: TrainConfig
    vocabulary: str
    provenance: Provenance
    place: Place
    history: tuple[EpochRecord, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "config": self.config.to_dict(),
            "vocabulary": self.vocabulary,
            "provenance": asdict(self.provenance),
            "place": asdict(self.place),
            "history": [asdict(record) for record in self.history],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Checkpoint:
        """Build it from plain values; raises KeyError, TypeError or ValueError unless they make sense."""
        with warnings.catch_warnings(action="ignore"):  # advice was given when the run began
            config = TrainConfig.from_dict(values["config"])
        provenance, place = made(Provenance, values["provenance"]), made(Place, values["place"])
        history = tuple(made(EpochRecord, record) for record in values["history"])
        if not 0 <= place.epoch == len(history) or not 0 <= place.position <= provenance.tokens or place.examples < 0:
            raise ValueError(f"{place} of a run of {provenance.tokens} tokens with {len(history)} epochs done")
        if not isinstance(provenance.decisions.get(CONTINUED_FROM, {}), dict):
            raise ValueError(f"{CONTINUED_FROM} must be a JSON object")
        if not math.isfinite(place.loss) or not math.isfinite(place.seconds):
            raise ValueError(f"{place} is not finite")
        return cls(config, str(values["vocabulary"]), provenance, place, history)

    def differences(self, other: Checkpoint) -> tuple[list[str], list[str]]:
        """Return in what another run differs: what it may go on with if the user insists, and what it may not."""
        mild: list[str] = []
        grave: list[str] = []
        for item in fields(TrainConfig):
            mine, others = getattr(self.config, item.name), getattr(other.config, item.name)
            if item.name == "threads" and self.config.deterministic:
                continue
            if mine != others:
                changeable = item.name in CHANGEABLE and not (item.name == "window" and self.config.position_weights)
                (mild if changeable else grave).append(_difference(option(item.name), mine, others))
        for name in ("sentences", "tokens"):
            mine, others = getattr(self.provenance, name), getattr(other.provenance, name)
            if mine != others:
                grave.append(_difference(f"{name} of the corpus", mine, others))
        starts = [run.provenance.decisions.get(CONTINUED_FROM) or {} for run in (self, other)]
        grave += [
            _difference(f"{CONTINUED_FROM}.{' '.join(name.split()):.40}", starts[0].get(name), starts[1].get(name))
            for name in dict.fromkeys((*starts[0], *starts[1]))
            if starts[0].get(name) != starts[1].get(name)
        ]
        if self.vocabulary != other.vocabulary:
            grave.append("vocabulary")
        if self.provenance.corpus_fingerprint != other.provenance.corpus_fingerprint:
            mild.append("corpus (its fingerprint)")
        if self.provenance.simd_path != other.provenance.simd_path:
            mild.append(
                _difference(
                    f"SIMD path (variable {SIMD_VARIABLE})", self.provenance.simd_path, other.provenance.simd_path
                )
            )
        mine, others = (run.provenance.versions.get("train-embeddings") for run in (self, other))
        if mine != others:
            mild.append(_difference("version", mine, others))
        return mild, grave


def _difference(name: str, mine: Any, others: Any) -> str:
    return f"{name} ({_shown(mine)} there, {_shown(others)} here)"


def _shown(value: Any) -> str:
    """Return a value as it reads at the command line, too."""
    if value is None:
        return "not set"
    return ("on" if value else "off") if isinstance(value, bool) else f"{value!r:.40}"


def vocabulary_digest(vocabulary: Vocabulary) -> str:
    """Return what words and counts hash to, in hexadecimal."""
    digest = hashlib.blake2b(np.ascontiguousarray(vocabulary.counts, "<i8").data, digest_size=32)
    for start in range(0, len(vocabulary), _HASH_WORDS):
        digest.update(json.dumps(vocabulary.words[start : start + _HASH_WORDS]).encode())
    return digest.hexdigest()
