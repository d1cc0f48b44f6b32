"""Do a few keywords a label find its documents, against lbl2vec's recipe on gensim?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.lib.bounds import bound_of
from benchmarks.lib.documents import sets_in
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, figures_of, row_of, runs_of

_DEFINITIONS = (
    "AUC: mean area under the ROC curve of each label's scores, its documents against all others; accuracy: the share "
    "of documents that get their label; over all documents of a set, both parts.",
    "Ours: train_documents with LABEL_DEFAULTS, then LabelSearch with its defaults. lbl2vec: gensim's Doc2Vec as "
    "lbl2vec 1.0.2 calls it, and the rule of its notebook (cosine above .30, at least 100 documents).",
    "seconds: processor time of tokenizing, training and labelling, one thread; faster: lbl2vec's over ours.",
    "Means over seeds, with Student's interval of the mean.",
)


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    documents: str = option(
        "", "a folder of sets with train.tsv, test.tsv and keywords.tsv", required=True, metavar="DIR", type=str
    )
    seeds: int = option(3, "runs of each")
    peers: bool = option(False, "run lbl2vec's recipe on gensim as well, which takes a hundred times as long")


def run(settings: Settings) -> Section:
    """Train, label and score."""
    sets = [one for one in sets_in(settings.documents) if one.keywords is not None]
    if not sets:
        raise BenchmarkError(f"{settings.documents}: no set has a keywords.tsv")
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    for one in sets:
        where = {"folder": settings.documents, "name": one.name}
        ours = runs_of("documents.labels", settings.seeds, **where)
        data[one.name] = {"ours": ours}
        rows += figures_of("labels", one.name, ours)
        if settings.peers:
            peer = data[one.name]["lbl2vec"] = runs_of("documents.lbl2vec", settings.seeds, **where)
            rows += figures_of("labels", f"{one.name}, lbl2vec", peer)
            ratios = [b["seconds"] / a["seconds"] for a, b in zip(ours, peer, strict=True)]
            rows.append(row_of(one.name, "faster", ratios, bound_of("labels", one.name, "faster"), digits=1))
    return Section(
        "labels", "Labels by keywords", _DEFINITIONS, HEAD, tuple(rows), tuple(row[-1] for row in rows), data
    )
