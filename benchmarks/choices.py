"""What is the best setting for documents? Each choice beside the defaults, on a part that no other figure uses.

The training part of a set is split: four fifths train, and the rest are the queries. So the test part stays unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.lib.documents import sets_in
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import section_of

CHOICES: dict[str, dict[str, Any]] = {
    "default": {},
    "any length": {"max_norm": 0},
    "length 1.6": {"max_norm": 1.6},
    "length 3.6": {"max_norm": 3.6},
    "subsample 1e-4": {"subsample": 1e-4},
    "subsample 1e-3": {"subsample": 1e-3},
    "20 passes": {"epochs": 20},
    "80 passes": {"epochs": 80},
    "twice the rates": {"lr": 0.025, "input_lr": 0.2},
    "noise exponent 1": {"noise_exponent": 1.0},
    "min_count 5": {"min_count": 5},
    "not centred": {"postprocess": "none"},
    "DBOW with words": {"objective": "sg"},
    "DM": {"objective": "cbow"},
    "deterministic": {"deterministic": True},
    "codes": {"binary": True},
    "codes, noise exponent 0.75": {"binary": True, "noise_exponent": 0.75},
    "codes of length 3": {"binary": True, "max_norm": 3.0},
}
"""Parameters of `train_documents` by what a row is called."""
_DEFINITIONS = (
    "Trained on four fifths of the training part, drawn by the seed; each of the other documents, inferred, is a query "
    "against the rest of them. MAP and NDCG@10 of cosines, and of codes by Hamming distance.",
    "accuracy: of logistic regression from trained to inferred vectors.",
    "seconds: processor time of training and inference, one thread. Means over seeds, with Student's interval.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    documents: str = option("", "a folder of sets with train.tsv", required=True, metavar="DIR", type=str)
    seeds: int = option(3, "runs of each")
    dim: int = option(128, "length of the vectors")
    choices: Sequence[str] = option(tuple(CHOICES), "what to try (default: all)", type=str)


def run(settings: Settings) -> Section:
    """Train with each choice, infer, rank and score."""
    sets = [one for one in sets_in(settings.documents) if "train" in one.parts]
    unknown = [name for name in settings.choices if name not in CHOICES]
    if not sets or unknown:
        raise BenchmarkError(
            f"{settings.documents}: no set has a train.tsv"
            if not sets
            else f"there is no choice {unknown[0]!r}: name some of {', '.join(CHOICES)}"
        )
    given = {"folder": settings.documents, "dim": settings.dim}
    jobs = {
        f"{one.name}: {choice}": {**given, "name": one.name, "settings": CHOICES[choice]}
        for one in sets
        for choice in settings.choices
    }
    return section_of("choices", "Settings for documents", _DEFINITIONS, "documents.choice", settings.seeds, jobs)
