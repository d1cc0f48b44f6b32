"""CBOW with the exact gradient, with 1/sqrt(C) and with the historic one, each at its best rates, beside skip-gram.

With a fixed window of C words the historic gradient is the exact one at C times the input rate, and 1/sqrt(C) lies
between, so the input rates of the three are searched over ranges that correspond: a window reaches 1 to 5 words to
either side, 6 in all on the average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.lib.report import markdown
from benchmarks.lib.scoring import STEPS
from benchmarks.studies import claims, tables
from benchmarks.studies.charts import Curve, draw_curves, draw_front
from benchmarks.studies.claims import Claim, TimeClaim
from benchmarks.studies.place import Place
from benchmarks.studies.runner import Stage
from benchmarks.studies.setting import Run, Setting
from benchmarks.studies.study import (
    COUNTED,
    best,
    counted,
    defaults,
    facts,
    gensim,
    illustrated,
    ours,
    points,
    rounds,
    scores,
)

OUTPUT_RATES = (0.025, 0.05, 0.1)
INPUT_RATIOS = {"exact": (2, 4, 8, 16), "sqrt": (1, 2, 4, 8), "historic": (0.5, 1, 2)}
"""By gradient, what the output rate is multiplied by to give the input rate."""

GAIN = 0.3
"""A change that raises the mean of the counted figures by so many points is taken into the combination."""
_GRADIENT = {"exact": "exact", "sqrt": "1/sqrt(C)", "historic": "historic"}
_MANY_EPOCHS = (10, 15)

CHANGES: dict[str, dict[str, object]] = {
    "fixed window": {"window_kind": "fixed"},
    "position weights": {"position_weights": True},
    "position weights, fixed window": {"position_weights": True, "window_kind": "fixed"},
    "window 8": {"window": 8},
    "window 10": {"window": 10},
    "subsample 3e-4": {"subsample": 3e-4},
    "subsample 1e-4": {"subsample": 1e-4},
    "negatives 10": {"negatives": 10},
    "negatives 15": {"negatives": 15},
    "noise exponent 0.5": {"noise_exponent": 0.5},
    "noise exponent 1": {"noise_exponent": 1.0},
}
"""What may close the gap to skip-gram, one at a time, on the best rates of the exact gradient."""
_SLOW_DECAY = "lr falls to a tenth"
_SHARED_CHANGES = ("fixed window", "subsample 1e-4", "negatives 10")
"""Tried on skip-gram as well."""

DEFAULTS = defaults("CBOW, our defaults", steps=tuple(STEPS), objective="cbow")
SKIP_GRAM = ours("skip-gram", objective="sg", lr=0.025, input_lr=0.025, steps=tuple(STEPS))
SKIP_GRAM_RATES = [
    ours(f"skip-gram {lr:g} / {lr:g}", objective="sg", lr=lr, input_lr=lr, steps=tuple(STEPS)) for lr in (0.0125, 0.05)
]
GENSIM = [gensim("gensim skip-gram", sg=1, alpha=0.025), gensim("gensim cbow", sg=0, alpha=0.05)]


def _point(gradient: str, lr: float, ratio: float) -> Setting:
    input_lr = float(f"{lr * ratio:.6g}")
    name = f"CBOW {_GRADIENT[gradient]} {lr:g} / {input_lr:g}"
    return ours(name, objective="cbow", gradient=gradient, lr=lr, input_lr=input_lr, steps=tuple(STEPS))


GRID: dict[str, list[Setting]] = {
    gradient: [_point(gradient, lr, ratio) for lr in OUTPUT_RATES for ratio in ratios]
    for gradient, ratios in INPUT_RATIOS.items()
}
_ALL = [setting for settings in GRID.values() for setting in settings]
_BEYOND = 2
"""The best of a gradient is not at the end of its ratios: they are continued by this factor until it is not."""
_MOST_STEPS = 2


@dataclass(frozen=True)
class CbowStudy:
    """The study of CBOW; `seeds` are the runs of each finalist."""

    seeds: int = 5
    name: str = "cbow"

    def stages(self) -> Sequence[Stage]:
        """Return rates and beyond them, several seeds of the best of each, then changes, combinations, finalists."""
        return (
            lambda place: [Run(setting, 1) for setting in [SKIP_GRAM, *_ALL, *SKIP_GRAM_RATES]],
            *[lambda place: [Run(one, 1) for gradient in GRID for one in _beyond(place, gradient)]] * _MOST_STEPS,
            lambda place: [*rounds(_core(place), self._seeds), *(Run(peer, 1) for peer in GENSIM)],
            lambda place: [Run(setting, 1) for setting in [*_changed(place), *_longer(place)]],
            lambda place: [Run(setting, 1) for setting in _combined(place)],
            lambda place: rounds(_finalists(place), self._seeds),
        )

    @property
    def _seeds(self) -> range:
        return range(1, self.seeds + 1)

    def bodies(self, place: Place, pictures: Path) -> dict[str, str]:
        """Return the parts of the page."""
        finalists, seeds = _finalists(place), self._seeds
        records = [record for one in finalists for record in place.records(one, seeds).values()]
        figures = tables.of_figures(records)
        chosen = [figure for figure in COUNTED if figure in figures] or figures
        single = partial(tables.single, place, figures=figures)
        curves, combined = _curves(place, chosen), _combined(place)
        measured = any(place.record(one, 1) for one in _changed(place))
        compared = [one for one in finalists if one != SKIP_GRAM and one not in GENSIM]
        return {
            "facts": facts(place),
            "grid": single([SKIP_GRAM, *SKIP_GRAM_RATES, *(one for name in GRID for one in _rates(place, name))]),
            "rates": illustrated(
                Path(f"{pictures}-rates.svg"),
                "Scores over the input rate, for each gradient and output rate",
                curves,
                lambda picture: draw_curves(curves, "input rate", picture),
            ),
            "standing": _standing(place),
            "changes": single([*_top(place, "exact")[:1], *_changed(place), *_longer(place)]),
            "combined": single(combined) if combined or not measured else f"None by {GAIN:g} points or more.",
            "finalists": tables.means(place, finalists, figures, seeds, SKIP_GRAM),
            "steps": _steps(place, finalists, figures, seeds),
            "claims": claims.table(place, _claims(place, chosen), seeds),
            "tests": tables.differences(place, compared, SKIP_GRAM, chosen, seeds),
            "gensim": "\n\n".join(
                tables.differences(place, [SKIP_GRAM, *compared], peer, chosen, seeds) for peer in GENSIM
            ),
            "front": illustrated(
                Path(f"{pictures}-front.svg"),
                "Scores against processor seconds of training",
                chosen,
                lambda picture: draw_front(points(place, _families(place), seeds), chosen, picture),
            ),
        }


def _top(place: Place, gradient: str) -> list[Setting]:
    """Return the rates of a gradient that are measured, the best first."""
    return best(place, _rates(place, gradient), _ALL)


def _rates(place: Place, gradient: str) -> list[Setting]:
    """Return the grid of a gradient, and what of its continuation is measured."""
    return [*GRID[gradient], *(one for one in _beyond(place, gradient) if place.record(one, 1) is not None)]


def _beyond(place: Place, gradient: str) -> list[Setting]:
    """Return settings beyond the grid at the output rate of the best one, if that is at the end of its ratios."""
    found: list[Setting] = []
    for _ in range(_MOST_STEPS):
        for one in best(place, [*GRID[gradient], *found], _ALL)[:1]:
            lr, ratio = one.values["lr"], one.values["input_lr"] / one.values["lr"]
            ratios = [other.values["input_lr"] / lr for other in [*GRID[gradient], *found] if other.values["lr"] == lr]
            if ratio >= max(ratios):
                found.append(_point(gradient, lr, ratio * _BEYOND))
            elif ratio <= min(ratios):
                found.append(_point(gradient, lr, ratio / _BEYOND))
    return list({one.name: one for one in found}.values())


def _core(place: Place) -> list[Setting]:
    """Return what the question is about: skip-gram, CBOW with our defaults, and the best of each gradient."""
    tops = [one for gradient in GRID for one in _top(place, gradient)[:1]]
    epochs = SKIP_GRAM.values["epochs"]
    equal = DEFAULTS.but(f"CBOW, our defaults, {epochs} epochs", epochs=epochs)
    return [SKIP_GRAM, *([DEFAULTS, equal, *tops] if tops else [])]


def _changed(place: Place) -> list[Setting]:
    """Return the changes of one thing each: all on the best exact rates, some on others."""
    found = []
    for base in _top(place, "exact")[:1]:
        found += [base.but(f"{base.name}, {name}", **change) for name, change in CHANGES.items()]
        found.append(base.but(f"{base.name}, {_SLOW_DECAY}", min_lr=base.values["lr"] / 10))
    others = [*_top(place, "exact")[1:2], *_top(place, "sqrt")[:1], *_top(place, "historic")[:1]]
    found += [base.but(f"{base.name}, fixed window", window_kind="fixed") for base in others]
    return [*found, *(SKIP_GRAM.but(f"skip-gram, {name}", **CHANGES[name]) for name in _SHARED_CHANGES)]


def _longer(place: Place) -> list[Setting]:
    """Return more epochs for the best of each gradient and for skip-gram."""
    bases = [SKIP_GRAM, *(one for gradient in GRID for one in _top(place, gradient)[:1])]
    return [base.but(f"{base.name}, {epochs} epochs", epochs=epochs) for base in bases for epochs in _MANY_EPOCHS]


def _gain(place: Place, setting: Setting, base: Setting) -> float | None:
    """Return how many points the mean of the counted figures rises from `base`."""
    after, before = counted(place, setting), counted(place, base)
    if after is None or before is None:
        return None
    return fmean(after[figure] - before[figure] for figure in before if figure in after)


def _combined(place: Place) -> list[Setting]:
    """Return all changes that helped together: on the best exact rates, the best of all gradients, and skip-gram.

    Of changes to one parameter the better one is taken. All are there with more epochs too.
    """
    taken: dict[str, object] = {}
    names: list[str] = []
    for base in _top(place, "exact")[:1]:
        gains = {name: _gain(place, base.but("", **change), base) for name, change in CHANGES.items()}
        for name in sorted(gains, key=lambda name: -(gains[name] or 0)):
            if (gains[name] or 0) >= GAIN and not set(CHANGES[name]) & set(taken):
                taken.update(CHANGES[name])
                names.append(name)
        if not taken:
            return []
        what, most = " + ".join(names), _MANY_EPOCHS[-1]
        overall = best(place, [one for gradient in GRID for one in _rates(place, gradient)], _ALL)[0]
        bases = [base] if overall == base else [base, overall]
        if "position_weights" not in taken:  # skip-gram has no average to weigh
            bases.append(SKIP_GRAM)
        changed = [one.but(f"{one.name}, {what}", **taken) for one in bases]
        return [*changed, *(one.but(f"{one.name}, {most} epochs", epochs=most) for one in changed)]
    return []


def _finalists(place: Place) -> list[Setting]:
    """Return skip-gram, the best of each gradient, our defaults, more epochs, combined changes, and gensim's two."""
    core = _core(place)
    if core == [SKIP_GRAM]:
        return [*core, *GENSIM]
    longer = [one for one in _longer(place) if one.values["gradient"] == "exact"]  # skip-gram's among them
    ordered = [*core, *longer, *_combined(place)]
    distinct = {place.key(Run(one, 1)): one for one in reversed(ordered) if place.missing(one) is None}
    return [*reversed(distinct.values()), *GENSIM]


def _claims(place: Place, figures: Sequence[str]) -> list[Claim | TimeClaim]:
    """Return what the paper says and what was wished for."""
    found: list[Claim | TimeClaim] = [Claim("Skip-gram reaches gensim's", SKIP_GRAM, GENSIM[0], figures)]
    best_of = {gradient: _top(place, gradient)[:1] for gradient in GRID}
    for exact in best_of["exact"]:
        found.append(Claim("Exact CBOW reaches skip-gram", exact, SKIP_GRAM, figures))
        found.append(Claim("Exact CBOW comes within a point of skip-gram", exact, SKIP_GRAM, figures, margin=1.0))
        found.append(TimeClaim("Exact CBOW takes 60 % of skip-gram's time at most", exact, SKIP_GRAM, 0.6))
        found += [Claim("Exact CBOW reaches historic CBOW", exact, one, figures) for one in best_of["historic"]]
        found += [Claim("1/sqrt(C) reaches exact CBOW", one, exact, figures) for one in best_of["sqrt"]]
        found.append(Claim("Exact CBOW reaches gensim's CBOW", exact, GENSIM[1], figures))
    default = DEFAULTS
    found.append(Claim("CBOW with our defaults reaches skip-gram", default, SKIP_GRAM, figures))
    within = "CBOW with our defaults comes within a point of skip-gram"
    found.append(Claim(within, default, SKIP_GRAM, figures, margin=1.0))
    found.append(TimeClaim("CBOW with our defaults takes 60 % of skip-gram's time at most", default, SKIP_GRAM, 0.6))
    return found


def _families(place: Place) -> dict[str, list[Setting]]:
    cbow = [*_changed(place), *_longer(place), *_combined(place)]
    families = {"skip-gram": [SKIP_GRAM, *SKIP_GRAM_RATES, *(one for one in cbow if one.values["objective"] == "sg")]}
    for gradient in GRID:
        mine = [one for one in cbow if (one.values["objective"], one.values["gradient"]) == ("cbow", gradient)]
        families[f"CBOW {_GRADIENT[gradient]}"] = [*_rates(place, gradient), *mine]
    return {**families, **{one.name: [one] for one in GENSIM}}


def _curves(place: Place, figures: Sequence[str]) -> list[Curve]:
    curves = []
    for figure in figures:
        for gradient in GRID:
            for lr in OUTPUT_RATES:
                values = {}
                for one in _rates(place, gradient):
                    found = counted(place, one) if one.values["lr"] == lr else None
                    if found is not None and figure in found:
                        values[one.values["input_lr"]] = found[figure]
                if values:
                    curves.append(Curve(_GRADIENT[gradient], figure, f"output rate {lr:g}", values))
    return curves


def _standing(place: Place) -> str:
    by_name = scores(place, [one for gradient in GRID for one in _rates(place, gradient)], _ALL)
    rows = [
        (_GRADIENT[gradient], str(place_of), one.name, f"{by_name[one.name]:+.2f}")
        for gradient in GRID
        for place_of, one in enumerate(_top(place, gradient)[:3], 1)
    ]
    return markdown(("gradient", "place", "setting", "mean score"), rows) if rows else tables.NOT_MEASURED


def _steps(place: Place, settings: Sequence[Setting], figures: Sequence[str], seeds: Sequence[int]) -> str:
    """Return what each step after the training adds, mean over the seeds."""
    rows = []
    for setting in settings:
        records = place.records(setting, seeds).values()
        for step in STEPS:
            pairs = [
                (record["steps"][step], record["figures"]) for record in records if step in record.get("steps", ())
            ]
            if pairs:
                rows.append(
                    (setting.name, step, *(f"{fmean(a[name] - b[name] for a, b in pairs):+.1f}" for name in figures))
                )
    return markdown(("setting", "step", *figures), rows) if rows else tables.NOT_MEASURED
