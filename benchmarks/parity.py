"""Are our vectors of documents as good as gensim's, if both train with the same settings?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.lib.bounds import bound_of
from benchmarks.lib.documents import sets_in
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, figures_of, row_of, runs_of
from benchmarks.programs import DOCUMENT_MODELS

_DEFINITIONS = (
    "gensim's settings: 20 epochs, rates of 0.025, window 5, 5 negatives, subsample 1e-3, min_count 5, the historic "
    "gradient, vectors of any length. Trained on four fifths of the training part, drawn by the seed; each "
    "of the other documents, inferred in 20 passes, is a query against the rest of them.",
    "dbow, dbow-words and dm are gensim's dm=0, dm=0 with dbow_words=1, and dm=1 with dm_mean=1.",
    "MAP and NDCG@10 of cosines; accuracy: of logistic regression from trained to inferred vectors. above: percent "
    "points of ours above gensim's, seed by seed.",
    "seconds: processor time of training and inference, one thread. Means over seeds, with Student's interval.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    documents: str = option("", "a folder of sets with train.tsv", required=True, metavar="DIR", type=str)
    seeds: int = option(3, "runs of each")
    dim: int = option(128, "length of the vectors")
    models: Sequence[str] = option(
        tuple(DOCUMENT_MODELS), "what to train (default: all)", choices=tuple(DOCUMENT_MODELS)
    )


def run(settings: Settings) -> Section:
    """Train ours and gensim's, infer, rank and score."""
    sets = [one for one in sets_in(settings.documents) if "train" in one.parts]
    if not sets:
        raise BenchmarkError(f"{settings.documents}: no set has a train.tsv")
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    for one in sets:
        for model in settings.models:
            given = {"folder": settings.documents, "name": one.name, "dim": settings.dim, "model": model}
            ours = runs_of("documents.like_gensim", settings.seeds, **given)
            peer = runs_of("documents.gensim", settings.seeds, **given)
            name = f"{one.name} {model}"
            data[name] = {"ours": ours, "gensim": peer}
            rows += [*figures_of("parity", name, ours), *figures_of("parity", f"{name}, gensim", peer)]
            for figure in ours[0]["figures"]:
                above = [100 * (a["figures"][figure] - b["figures"][figure]) for a, b in zip(ours, peer, strict=True)]
                rows.append(row_of(name, f"{figure} above", above, bound_of("parity", model, figure), digits=1))
    return Section(
        "parity", "Documents beside gensim's", _DEFINITIONS, HEAD, tuple(rows), tuple(row[-1] for row in rows), data
    )
