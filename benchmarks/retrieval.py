"""How well do vectors and codes of documents find documents of the same group?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.lib.documents import sets_in
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import section_of

_DEFINITIONS = (
    "Trained on the training part with the defaults of train_documents, dim as stated; each inferred document of the "
    "test part is a query against the others, of which those of its group are relevant.",
    "MAP over the whole ranking, NDCG over ten ranks; documents at one distance count as the mean of their orders.",
    "bits: codes of the real vectors, by ITQ (Gong & Lazebnik 2011); projected bits: of a model with code_bits; "
    "trained bits: of a model with binary=True. then cosine: the 500 nearest by their codes, ranked by their vectors.",
    "seconds: processor time of all of a seed's trainings and inferences, one thread.",
    "Means over seeds, with Student's interval of the mean.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    documents: str = option("", "a folder of sets with train.tsv and test.tsv", required=True, metavar="DIR", type=str)
    seeds: int = option(3, "runs of each")
    dim: int = option(128, "length of the real vectors")
    bits: Sequence[int] = option((128, 32), "lengths of the codes", type=int)


def run(settings: Settings) -> Section:
    """Train, infer, rank and score."""
    sets = [one for one in sets_in(settings.documents) if len(one.parts) == 2]
    if not sets:
        raise BenchmarkError(f"{settings.documents}: no set has both train.tsv and test.tsv")
    given = {"folder": settings.documents, "dim": settings.dim, "bits": list(settings.bits)}
    jobs = {one.name: {**given, "name": one.name} for one in sets}
    return section_of("retrieval", "Retrieval of documents", _DEFINITIONS, "documents.retrieval", settings.seeds, jobs)
