"""Record where a model comes from."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["CONTINUED_FROM", "DOCUMENTS", "Provenance"]

CONTINUED_FROM = "continued_from"
"""The decision that records the model a continued training started from."""
DOCUMENTS = "documents"
"""The entry that records the documents of the corpus: their number, and a digest of which sentence is of which."""


def _versions() -> dict[str, str]:
    own = importlib.metadata.version("train-embeddings")
    return {"train-embeddings": own, "python": platform.python_version(), "numpy": np.__version__}


@dataclass(frozen=True)
class Provenance:
    """The origin of a model: the corpus, the machine, the versions, and the decisions made for the user.

    Attributes
    ----------
    decisions : dict
        By name, as plain JSON values: "preset", "time_budget", "continued_from", "stopping", "subsample", "min_count",
        "documents", "tail" (see :mod:`embed.model.tail`), and "count_error" (see `EncodedCorpus`).
    """

    corpus_fingerprint: str
    sentences: int
    tokens: int
    raw_tokens: int
    simd_path: str
    threads: int
    versions: dict[str, str] = field(default_factory=_versions)
    decisions: dict[str, Any] = field(default_factory=dict)

    def subsample(self, asked: float) -> float:
        """Return the threshold of subsampling that was used instead of the one asked for, or that one."""
        found = self.decisions.get("subsample")
        return found if isinstance(found, float | int) and 0 <= found <= 1 else asked  # else there was no decision
