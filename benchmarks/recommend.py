"""Do vectors of items find the hidden item of a basket, beside Cleora?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.lib.options import option
from benchmarks.lib.report import Section
from benchmarks.lib.seeds import HEAD, figures_of, runs_of

_DEFINITIONS = (
    "2,000 baskets (or a fifth) are tested: the last item of each is hidden, and ranked by the others among all items "
    "that are not in the basket (embed.eval.recommend). Made-up baskets have two groups of items and some of any, "
    "others for each seed; with --baskets, a basket a line, dealt by the seed.",
    "outputs: train_items with its defaults and `recommend`; cosine: the same vectors by `nearest_to_all`; popular: "
    "how often an item occurs; Cleora: pycleora 3.2, 256 numbers, whitened, by the cosine.",
    "seconds: processor time of learning, one thread. Means over seeds, with Student's interval of the mean.",
)
_PROGRAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "outputs": ("ours", {}),
    "cosine": ("cosines", {}),
    "popular": ("popular", {}),
}
_CLEORA: dict[str, tuple[str, dict[str, Any]]] = {
    f"Cleora, {iterations} iterations": ("cleora", {"iterations": iterations}) for iterations in (2, 3, 4, 40)
}
"""2 to 4 did best in trials; 40 is its default."""


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    baskets: str | None = option(
        None, "a file of baskets, a line each, items between white space", metavar="FILE", type=str
    )
    count: int = option(20_000, "made-up baskets")
    items: int = option(3_000, "items of made-up baskets")
    groups: int = option(200, "groups of made-up items")
    seeds: int = option(5, "runs of each")
    peers: bool = option(False, "run Cleora as well, which must be installed")


def run(settings: Settings) -> Section:
    """Learn, recommend and score."""
    data: dict[str, Any] = {"path": settings.baskets}
    data |= {"baskets": settings.count, "items": settings.items, "groups": settings.groups}
    found: dict[str, Any] = {}
    rows: list[tuple[str, ...]] = []
    for name, (program, more) in {**_PROGRAMS, **(_CLEORA if settings.peers else {})}.items():
        found[name] = runs_of(f"recommend.{program}", settings.seeds, **data, **more)
        rows += figures_of("recommend", name, found[name])
    verdicts = tuple(row[-1] for row in rows)
    return Section("recommend", "Recommendations", _DEFINITIONS, HEAD, tuple(rows), verdicts, found)
