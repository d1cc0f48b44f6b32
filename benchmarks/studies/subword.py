"""Words as the mean or the sum of their n-grams, with the exact gradient and others, in skip-gram and CBOW.

A word has some 14 rows, a CBOW window some 80: by so much the historic update of fastText is larger than the gradient
of the mean. The input rates of each kind are searched over ranges that correspond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.lib.report import markdown
from benchmarks.studies import tables
from benchmarks.studies.charts import draw_front
from benchmarks.studies.place import Place
from benchmarks.studies.runner import Stage
from benchmarks.studies.setting import MAIN, Run, Setting
from benchmarks.studies.study import COUNTED, best, defaults, facts, fasttext, illustrated, ours, points, rounds

GERMAN, HELD_OUT = "german", " held out"
"""Names of the other texts: German, and what is added for a text without some words."""

_LR = 0.05
_OBJECTIVES = {"sg": "skip-gram", "cbow": "CBOW"}
KINDS: dict[str, dict[str, Any]] = {
    "mean, exact": {},
    "mean, 1/sqrt(n)": {"gradient": "sqrt"},
    "mean, historic": {"gradient": "historic"},
    "sum": {"composition": "sum"},
}
INPUT_RATES: dict[tuple[str, str], tuple[float, ...]] = {
    ("sg", "mean, exact"): (0.3, 0.6, 1.2),
    ("sg", "mean, 1/sqrt(n)"): (0.07, 0.14, 0.28),
    ("sg", "mean, historic"): (0.0125, 0.025, 0.05),
    ("sg", "sum"): (0.0006, 0.00125, 0.0025, 0.005),
    ("cbow", "mean, exact"): (2.0, 4.0, 8.0, 16.0),
    ("cbow", "mean, 1/sqrt(n)"): (0.3, 0.6, 1.2, 2.4),
    ("cbow", "mean, historic"): (0.0125, 0.05, 0.2, 0.4),
    ("cbow", "sum"): (0.01, 0.02, 0.05),
}
RANGES = ((3, 5), (4, 6), (2, 5), (5, 6))
BUCKETS = (100_000, 300_000, 1_000_000)
MANY_EPOCHS = 15
OFTEN, RARELY = 1e-3, 1e-4
"""Thresholds of subsampling: few of the frequent words are left at the second."""
WORDS = ours("skip-gram of words", objective="sg", lr=0.025, input_lr=0.025)


def _kind(objective: str, kind: str, input_lr: float) -> Setting:
    name = f"{_OBJECTIVES[objective]}, {kind}, {input_lr:g}"
    return ours(name, objective=objective, subword=True, lr=_LR, input_lr=input_lr, **KINDS[kind])


GRID = {pair: [_kind(*pair, input_lr) for input_lr in rates] for pair, rates in INPUT_RATES.items()}
_ALL = [setting for settings in GRID.values() for setting in settings]
FASTTEXT, FASTTEXT_CBOW = fasttext("fastText skip-gram", lr=0.05), fasttext("fastText cbow", lr=0.05, model="cbow")


DEFAULTS = {
    objective: defaults(f"{name}, our defaults", objective=objective, subword=True)
    for objective, name in _OBJECTIVES.items()
}


@dataclass(frozen=True)
class SubwordStudy:
    """The study of n-grams; `seeds` are the runs of each finalist."""

    seeds: int = 5
    name: str = "subword"

    def stages(self) -> Sequence[Stage]:
        """Return rates, finalists, shapes and other texts, fastText."""
        return (
            lambda place: [Run(setting, 1) for setting in [WORDS, *_ALL]],
            lambda place: rounds(_finalists(place), self._seeds),
            lambda place: [Run(setting, 1) for setting in [*_SHAPES, *_elsewhere(place)]],
            # a run of fastText on the main text takes as long as a dozen of ours
            lambda place: [
                *(Run(setting, 1) for setting in [*_fasttext_held_out(place), FASTTEXT_CBOW]),
                *rounds(_fasttext(place), self._seeds),
            ],
        )

    @property
    def _seeds(self) -> range:
        return range(1, self.seeds + 1)

    def bodies(self, place: Place, pictures: Path) -> dict[str, str]:
        """Return the parts of the page."""
        seeds = self._seeds
        finalists = [*_finalists(place), *_fasttext(place)]
        by_text = {name: [one for one in finalists if one.text == name] for name in place.texts}
        english = [*by_text[MAIN], FASTTEXT_CBOW]
        figures = _figures(place, english, seeds)
        chosen = [figure for figure in figures if figure.startswith(COUNTED)] or figures
        single = partial(tables.single, place, figures=figures)
        bodies = {
            "facts": facts(place),
            "kinds": single([WORDS, *_ALL]),
            "shapes": single([*DEFAULTS.values(), *_SHAPES]),
            "finalists": tables.means(place, english, figures, seeds, WORDS),
            "held-out": _held_out(place),
            "front": illustrated(
                Path(f"{pictures}-front.svg"),
                "Scores against processor seconds of training",
                chosen,
                lambda picture: draw_front(points(place, _families(), seeds), chosen, picture),
            ),
            "tests": "\n\n".join(
                tables.differences(place, [one for one in by_text[MAIN] if one != against], against, chosen, seeds)
                for against in (FASTTEXT, DEFAULTS["sg"])
            ),
        }
        if GERMAN in place.texts:
            german = [one for one in _elsewhere(place) if one.text == GERMAN]
            figures = _figures(place, german, [1])
            bodies["german"] = tables.single(place, german, figures)
            shown = by_text[GERMAN]
            figures = _figures(place, shown, seeds)
            bodies["german-finalists"] = tables.means(place, shown, figures, seeds, shown[0])
        return bodies


def _reshaped(base: Setting, ranges: Sequence[tuple[int, int]], buckets: Sequence[int] = ()) -> list[Setting]:
    found = [base.but(f"{base.name}, n-grams {low} to {high}", min_n=low, max_n=high) for low, high in ranges]
    return [*found, *(base.but(f"{base.name}, {count:,} buckets", buckets=count) for count in buckets)]


def _longer(base: Setting) -> list[Setting]:
    threshold = RARELY if base.values["subsample"] == OFTEN else OFTEN
    other = base.but(f"{base.name}, subsample {threshold:g}", subsample=threshold)
    return [other, *(one.but(f"{one.name}, {MANY_EPOCHS} epochs", epochs=MANY_EPOCHS) for one in (base, other))]


_SHAPES = [
    *_reshaped(DEFAULTS["sg"], RANGES, BUCKETS),
    *_longer(DEFAULTS["sg"]),
    *_reshaped(DEFAULTS["cbow"], RANGES[:1], BUCKETS[1:2]),
    *_longer(DEFAULTS["cbow"]),
]
"""Other n-grams, fewer buckets, more epochs: on our defaults."""


def _winners(place: Place) -> list[Setting]:
    return [one for settings in GRID.values() for one in best(place, settings, _ALL)[:1]]


def _elsewhere(place: Place) -> list[Setting]:
    """Return runs on the other texts: German with several n-grams, and without some words."""
    winners = _winners(place)
    found: list[Setting] = []
    if GERMAN in place.texts:
        bases = [WORDS, *winners, *_reshaped(DEFAULTS["sg"], RANGES)]
        found += [base.on(GERMAN, base.name) for base in bases]
    for text in (MAIN, GERMAN):
        if text + HELD_OUT in place.texts:
            found += [base.on(text + HELD_OUT, base.name) for base in winners]
    return found


def _fasttext_held_out(place: Place) -> list[Setting]:
    """Return fastText without some German words; it takes too long for the main text."""
    text = GERMAN + HELD_OUT
    return [FASTTEXT.on(text, FASTTEXT.name)] if text in place.texts else []


def _finalists(place: Place) -> list[Setting]:
    """Return words, the best of each kind of skip-gram, exact and sum CBOW, our defaults; in German too."""
    kinds = [pair for pair in GRID if pair[0] == "sg" or pair[1] in ("mean, exact", "sum")]
    tops = [one for pair in kinds for one in best(place, GRID[pair], _ALL)[:1]]
    found = [WORDS, *DEFAULTS.values(), *(one for one in tops if not _is_default(one))]
    return [one.on(text, one.name) for text in (MAIN, GERMAN) if text in place.texts for one in found]


def _is_default(setting: Setting) -> bool:
    return any(setting.values == default.values for default in DEFAULTS.values())


def _fasttext(place: Place) -> list[Setting]:
    return [FASTTEXT.on(text, FASTTEXT.name) for text in (MAIN, GERMAN) if text in place.texts]


def _figures(place: Place, settings: Sequence[Setting], seeds: Sequence[int]) -> list[str]:
    """Return what is shown of word and n-gram models together: all figures that some record has."""
    found: Mapping[str, None] = dict.fromkeys(
        name
        for one in settings
        for record in place.records(one, seeds).values()
        for name, value in record["figures"].items()
        if value is not None and not _is_held_out(name)
    )
    return list(found)


def _is_held_out(figure: str) -> bool:
    return HELD_OUT in figure


def _held_out(place: Place) -> str:
    """Return the pairs of words that were taken out: composed, and by the same settings when they were not."""
    parts = []
    for text in (MAIN, GERMAN):
        if text + HELD_OUT not in place.texts:
            continue
        rows = []
        for one in [*_elsewhere(place), *_fasttext_held_out(place)]:
            if one.text != text + HELD_OUT:
                continue
            known, composed = (place.record(replace(one, text=name), 1) for name in (text, one.text))
            if known is None or composed is None or "failed" in known or "failed" in composed:
                continue
            for figure, value in composed["figures"].items():
                base = figure.removesuffix(" all pairs")
                if _is_held_out(figure) and base != figure and value is not None:
                    whole = known["figures"].get(figure, known["figures"].get(base))
                    rows.append(
                        (
                            one.name,
                            base,
                            str(composed["items"][figure]),
                            tables.points_cell(value),
                            tables.points_cell(whole),
                        )
                    )
        head = ("setting", "pairs with words held out", "pairs", "composed", "known")
        parts.append(f"Text `{text}`:\n\n{markdown(head, rows) if rows else tables.NOT_MEASURED}")
    return "\n\n".join(parts) or tables.NOT_MEASURED


def _families() -> dict[str, list[Setting]]:
    families = {"words": [WORDS]}
    for (objective, kind), settings in GRID.items():
        families[f"{_OBJECTIVES[objective]}, {kind}"] = settings
    for objective, default in DEFAULTS.items():
        shapes = [one for one in _SHAPES if one.values["objective"] == objective]
        families[f"{default.name} and other n-grams"] = [default, *shapes]
    return {**families, **{one.name: [one] for one in (FASTTEXT, FASTTEXT_CBOW)}}
