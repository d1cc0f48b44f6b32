"""What a study is made of: its stages, and the parts of its page."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmarks.lib.processes import BenchmarkError
from benchmarks.programs import SHARED, fasttext_settings, gensim_settings, our_config
from benchmarks.quality import defaults_of
from benchmarks.studies.analysis import standing
from benchmarks.studies.charts import Point
from benchmarks.studies.place import SIMD_PATH, Place
from benchmarks.studies.runner import Stage
from benchmarks.studies.setting import Run, Setting
from benchmarks.studies.tables import NOT_MEASURED, of_figures
from embed.config import TrainConfig

COUNTED = ("google", "msr", "wordsim353", "simlex999", "rarewords")
"""The figures that choices are made by, those of them that there are."""
DIM = 100
EPOCHS = 5
SHARED_SETTINGS = (
    f"All, unless a row says otherwise: dim {DIM}, {EPOCHS} epochs, window {SHARED['window']}, {SHARED['negatives']} "
    f"negatives, subsample {SHARED['subsample']:g}, min_count {SHARED['min_count']}."
)


class Study(Protocol):
    """Stages to run, and bodies by the name of their markers on the page; pictures go to `pictures`-NAME.svg."""

    @property
    def name(self) -> str: ...
    def stages(self) -> Sequence[Stage]: ...
    def bodies(self, place: Place, pictures: Path) -> dict[str, str]: ...


def ours(name: str, *, steps: Sequence[str] = (), text: str = "main", buckets: int = 2_000_000, **more: Any) -> Setting:
    """Return a setting of ours that says all that matters, so that other defaults are another setting."""
    base = {"dim": DIM, "epochs": EPOCHS, "gradient": "exact", "window_kind": "dynamic", "noise_exponent": 0.75}
    subword = more.pop("subword", False)
    return Setting(name, {**our_config(subword=subword, buckets=buckets, **base), **more}, "ours", text, tuple(steps))


def defaults(name: str, *, steps: Sequence[str] = (), **kind: Any) -> Setting:
    """Return a setting of ours as a kind of model is trained where nothing else is given."""
    lr, input_lr = TrainConfig(**kind).rates()
    return ours(name, steps=steps, **{"objective": "sg", **kind, "lr": lr, "input_lr": input_lr, **defaults_of(**kind)})


def gensim(name: str, *, epochs: int = EPOCHS, text: str = "main", **more: Any) -> Setting:
    """Return a setting of gensim's Word2Vec; the number of workers is added when it runs."""
    return Setting(name, {**gensim_settings(dim=DIM, **more), "epochs": epochs}, "gensim", text)


def fasttext(name: str, *, epochs: int = EPOCHS, text: str = "main", buckets: int = 2_000_000, **more: Any) -> Setting:
    """Return a setting of fastText; the number of threads is added when it runs."""
    values = fasttext_settings(dim=DIM, buckets=buckets, **more)
    return Setting(name, {**values, "epochs": epochs}, "fasttext", text)


def rounds(settings: Sequence[Setting], seeds: Sequence[int]) -> list[Run]:
    """Return runs, one seed of everything before the next; seeds of the slow peers beyond the first come last."""
    first, *rest = seeds
    runs = [Run(setting, first) for setting in settings]
    for mine in (True, False):
        runs += [Run(s, seed) for seed in rest for s in settings if (s.program == "ours") is mine]
    return runs


def counted(place: Place, setting: Setting, seed: int = 1) -> dict[str, float] | None:
    """Return the figures that choices are made by, or None without a result."""
    record = place.record(setting, seed)
    if record is None or "failed" in record:
        return None
    known = {name: value for name, value in record["figures"].items() if value is not None}
    return {name: known[name] for name in COUNTED if name in known} or known


def scores(place: Place, settings: Sequence[Setting], group: Sequence[Setting]) -> dict[str, float]:
    """Return the standing of each setting that has a result, by name; the deviations are those of a `group`."""
    found = {setting.name: counted(place, setting) for setting in [*settings, *group]}
    known = {name: values for name, values in found.items() if values is not None}
    by_name = standing(known, {setting.name for setting in group})
    return {setting.name: by_name[setting.name] for setting in settings if setting.name in by_name}


def best(place: Place, settings: Sequence[Setting], group: Sequence[Setting]) -> list[Setting]:
    """Return the settings that have a result, the best first, by their standing in a `group`."""
    by_name = scores(place, settings, group)
    return sorted((one for one in settings if one.name in by_name), key=lambda one: -by_name[one.name])


def points(place: Place, families: Mapping[str, Sequence[Setting]], seeds: Sequence[int]) -> list[Point]:
    """Return a point for each setting with results: means over the seeds that there are."""
    found = []
    for family, settings in families.items():
        for setting in settings:
            records = list(place.records(setting, seeds).values())
            if records:
                figures = {
                    figure: statistics.fmean(record["figures"][figure] for record in records)
                    for figure in of_figures(records)
                }
                seconds = statistics.fmean(record["cpu_seconds"] for record in records)
                found.append(Point(setting.name, family, seconds, figures))
    return found


def illustrated(picture: Path, description: str, shown: Sequence[Any], draw: Callable[[Path], None]) -> str:
    """Draw if there is anything to be `shown` and return the link, or say why there is no picture."""
    if not shown:
        return NOT_MEASURED
    try:
        draw(picture)
    except BenchmarkError as error:
        return f"No picture: {error}."
    return f"![{description}]({picture.name})"


def facts(place: Place, shared: str = SHARED_SETTINGS) -> str:
    """Return what everything was trained on and with, as a list."""
    lines = [f"- Text `{name}`: {text.description}; sha256 {text.digest}..." for name, text in place.texts.items()]
    protocol = (
        f"- Analogies: 3CosAdd among the {place.top:,} most frequent words, covered questions. Similarity: Spearman on "
        "the covered pairs; `all pairs` composes missing words from their n-grams."
    )
    times = (
        "- CPU s: processor seconds of training, all threads of the process; wall s: the same by the clock, which "
        "other load lengthens (fastText: of the whole call)."
    )
    known = {name: value for name, value in place.facts.items() if name != "command"}
    paths = place.simd_paths()
    if len(paths) > 1:
        runs = " and ".join(f"{path} ({count} runs)" for path, count in paths.most_common())
        known[SIMD_PATH] = f"{runs}: processors of different speed, whose seconds stand side by side here"
    return "\n".join([*lines, f"- {shared}", protocol, times, *(f"- {name}: {value}" for name, value in known.items())])
