"""Write a report: one page that shows what was trained, how good it is, and what its words mean.

The page is a single file of some megabytes. It answers questions from 8-bit vectors that it holds, so that it works
wherever it is opened, and a content security policy keeps it from the network.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from embed.arguments import file_path, whole_number
from embed.errors import MissingExtraError
from embed.eval import AnalogySet, Comparison, Report, SimilaritySet, compare, evaluate
from embed.files.atomic import atomic_write_text
from embed.files.json_text import json_text
from embed.formats import web
from embed.messages import printable
from embed.pages.page import POLICY, file_text, template
from embed.pages.subject import Shown, Subject, subjects
from embed.plot.bokeh import bokeh
from embed.plot.curves import curve
from embed.plot.layout import Layout, lay_out
from embed.plot.scores import differences, scores
from embed.plot.words import frequencies, map_of
from embed.vectors.health import HARDLY_TRAINED, Health
from embed.vectors.quantize import quantize_int8
from embed.vectors.replicates import width_of_interval
from embed.vectors.word_vectors import WordVectors

__all__ = ["report"]

_OneSet = str | os.PathLike[str] | AnalogySet | SimilaritySet
Sets = _OneSet | Sequence[_OneSet]

_VECTOR_BYTES = 4_000_000
"""The most bytes of the vectors of all models in a page."""
_EXAMPLES, _FIRST_RANK, _LAST_RANK, _SHORTEST = 8, 400, 4000, 5
"""The words that a page offers: how many, between which ranks, and with how many letters at least."""
_CONFIDENCE = 95
"""Of the intervals, in percent: the default of embed.eval."""
_LONGEST_TITLE = 100
_WORTH_SAYING = 0.005
"""The least share of hardly trained words that a page mentions."""
_SCRIPTS = ("ask.js", "local.js", "report.js")
"""After the reader of vectors, as parts of one module."""


def report(
    models: Shown | Sequence[Shown] | Mapping[str, Shown],
    path: str | os.PathLike[str],
    *,
    sets: Sets | None = None,
    words: int = 20_000,
    map_words: int = 5000,
    seed: int = 1,
    progress: Callable[[float], None] | None = None,
    **reading: Any,
) -> None:
    """Write a page about one or several models: a single file, which asks nothing of the network.

    Parameters
    ----------
    models : Model, WordVectors, path, a sequence of these, or a mapping of names to these
        The first is what the others are compared with.
    path : path
        Conventionally ``*.html``. Replaced when the whole file has been written.
    sets : name, path, set, sequence of these, or None
        The test sets, as for :func:`embed.eval.evaluate`. An empty sequence scores nothing.
    words : int
        How many of the most frequent words of each model the page can be asked about; fewer if their vectors are more
        than 4 MB together.
    map_words : int
        How many words the map shows; 0 for no map.
    seed : int
        Of the layout of the map.
    progress : callable, optional
        Is given the share of the work that is done, from 0 to 1.
    **reading
        Keywords of :func:`embed.load`, for paths.

    Raises
    ------
    ConfigError
        A value is wrong, or there is no model.
    FormatError
        A file cannot be read, a vector is not finite, or the page cannot be written.
    MissingExtraError
        Bokeh is not installed.

    Notes
    -----
    Each row is stored as whole numbers from -127 to 127 times a scale, which cosines do without: they are within .005
    of those of :meth:`WordVectors.nearest`.
    """
    path = file_path("path", path)
    words, map_words = whole_number("words", words, 1), whole_number("map_words", map_words, 0)
    library = bokeh("resources").Resources(mode="inline", components=["bokeh", "bokeh-gl"])
    page_template = template("report.jinja")
    shown = subjects(models, reading)
    scored = sets is None or isinstance(sets, (str, os.PathLike, AnalogySet, SimilaritySet)) or bool(sets)
    steps = _Steps(progress, (2 * len(shown) - 1) * scored + len(shown) * (map_words > 1) + 1)
    reports, comparisons, unscored = _scores(shown, sets, steps) if scored else ([], [], "")
    layouts, maps = _maps(shown, map_words, seed, steps)
    figures = {**_figures(shown, reports, comparisons), **maps}
    asked = _asked(shown, words)
    examples = _examples(shown[0].vectors, asked)
    script, places = bokeh("embed").components(figures) if figures else ("", {})
    raw, about = page_template.globals["raw"], [_about(subject) for subject in shown]
    embedded = {name: raw(place) for name, place in places.items()}
    text = page_template.render(
        title=_title(shown),
        policy=POLICY,
        css=raw(file_text("page.css")),
        bokeh_js=raw(library.render_js()) if figures else "",
        plot_script=raw(script),
        script=raw("\n".join([files(web).joinpath(web.READER).read_text(encoding="utf-8"), *map(file_text, _SCRIPTS)])),
        figures=embedded,
        differences=[
            {"title": f"B = {each.names[1]} against A = {each.names[0]}", "figure": embedded[_difference(number)]}
            for number, each in enumerate(comparisons)
            if _difference(number) in embedded
        ],
        maps=[
            {"title": subject.name, "figure": embedded[name], "method": layout.method}
            for subject, layout, name in zip(shown, layouts, maps, strict=False)
        ],
        subjects=about,
        labels=list(dict.fromkeys(label for each in about for label in each["facts"])),
        confidence=f"{_CONFIDENCE} %",
        tables=[*(each.table() for each in reports), *(each.table() for each in comparisons)],
        unscored=unscored,
        asked=f"{asked:,}",
        mapped=f"{min(map_words, max(len(subject.vectors) for subject in shown)):,}",
        frequency_note=_frequency_note(shown),
        first=examples[0] if examples else "",
        examples=examples,
        data=raw(_data(shown, asked)),
    )
    atomic_write_text(path, text)
    steps.next()


class _Steps:
    """Reports the share of the work that is done, as steps that take about the same time."""

    def __init__(self, progress: Callable[[float], None] | None, steps: int) -> None:
        self._progress, self._steps, self._done = progress, steps, 0

    def next(self) -> None:
        """End a step."""
        self._done += 1
        self._report(0)

    def within(self, share: float) -> None:
        """Report the share of the present step that is done."""
        self._report(share)

    def _report(self, share: float) -> None:
        if self._progress is not None:
            self._progress(min(1.0, (self._done + share) / self._steps))


def _scores(shown: Sequence[Subject], sets: Sets | None, steps: _Steps) -> tuple[list[Report], list[Comparison], str]:
    """Return the scores of each model, the differences of the others from the first, or why there are none."""
    unscored = ""
    reports: list[Report] = []
    comparisons: list[Comparison] = []
    try:
        for subject in shown:
            reports.append(evaluate(subject.vectors, sets, name=subject.name))
            steps.next()
        for other in shown[1:]:
            comparisons.append(compare(shown[0].vectors, other.vectors, sets, names=(shown[0].name, other.name)))
            steps.next()
    except MissingExtraError as error:
        if sets is not None:
            raise
        unscored = f"The usual test sets are not here: {error}."
    if reports and all(value is None for each in reports for value in each.scores.values()):
        unscored = "The test sets have no item whose words are all known here."
    return reports, comparisons, unscored


def _figures(shown: Sequence[Subject], reports: Sequence[Report], comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return the pictures that there is something to draw for, by name: scores, differences, curve, frequencies."""
    found: dict[str, Any] = {}
    if any(value is not None for each in reports for value in each.scores.values()):
        found["scores"] = scores(*reports)
    for number, each in enumerate(comparisons):
        if any(row.on == "covered" and row.difference.value is not None for row in each.rows):
            found[_difference(number)] = differences(each)
    curves = [each for each in (subject.curve() for subject in shown) if each is not None]
    if curves:
        found["curve"] = curve(*curves)
    if any(subject.vectors.counts is not None for subject in shown):
        found["frequencies"] = frequencies(*((subject.name, subject.vectors) for subject in shown))
    return found


def _difference(number: int) -> str:
    """Return the name of the picture of a comparison."""
    return f"difference {number}"


def _maps(shown: Sequence[Subject], words: int, seed: int, steps: _Steps) -> tuple[list[Layout], dict[str, Any]]:
    """Return the layout and the map of each model, the map by its name in the page; none for fewer than two words."""
    layouts: list[Layout] = []
    maps: dict[str, Any] = {}
    for number, subject in enumerate(shown if words > 1 else ()):
        vectors = subject.vectors[:words]
        layouts.append(lay_out(vectors.matrix, seed=seed, progress=steps.within))
        steps.next()
        maps[f"map {number}"] = map_of(layouts[-1], vectors.words, vectors.counts, f"map {number}")
    return layouts, maps


def _title(shown: Sequence[Subject]) -> str:
    *others, last = (subject.name for subject in shown)
    return printable(f"{', '.join(others)} and {last}" if others else last, _LONGEST_TITLE)


def _about(subject: Subject) -> dict[str, Any]:
    """Return what the page says of a model: its facts, the command, and what is wrong with it."""
    health, run = subject.health(), subject.run
    provenance = None if run is None else run.provenance
    return {
        "name": printable(subject.name),
        "facts": {label: value for label, value in _facts(subject, health).items() if value},
        "problem": health.problem(),
        "command": "" if run is None else run.command(),
        "fingerprint": "" if provenance is None else provenance.corpus_fingerprint,
        "card": "" if run is None else json_text(run.card()),
    }


def _facts(subject: Subject, health: Health) -> dict[str, str]:
    """Return what is known of a model, by its label in the page; empty if it is unknown."""
    vectors, run, tokens = subject.vectors, subject.run, 0
    if run is not None and run.provenance is not None:
        tokens = run.provenance.raw_tokens
    elif vectors.counts is not None:
        tokens = int(vectors.counts.sum())
    history = () if run is None else run.history
    seconds = sum(record.seconds for record in history)
    passed = sum(record.seconds * record.tokens_per_second for record in history)
    return {
        "replicates": "" if subject.replicates is None else f"{len(subject.replicates)}",
        "words": f"{len(vectors):,}",
        "dimensions": f"{vectors.dim:,}",
        "tokens of text": f"{tokens:,}" if tokens else "",
        "of the text known": "" if health.coverage is None else f"{health.coverage:.1%}",
        "epochs": f"{len(history)}" if history else "",
        "training time": _duration(seconds) if history else "",
        "tokens a second": f"{passed / seconds:,.0f}" if seconds > 0 else "",
        "hardly trained words": f"{health.hardly_trained:.0%}" if health.hardly_trained else "",
    }


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _frequency_note(shown: Sequence[Subject]) -> str:
    """Return what the frequencies say of the words that are hardly trained."""
    rare = {printable(subject.name): subject.health().hardly_trained or 0 for subject in shown}
    parts = [f"{share:.0%} of {name}" for name, share in rare.items() if share >= _WORTH_SAYING]
    if not parts:
        return "Few words are frequent, most are rare."
    which = ", ".join(parts) if len(shown) > 1 else f"{max(rare.values()):.0%}"
    return f"Few words are frequent, most are rare. Words that were trained fewer than {HARDLY_TRAINED} times: {which}."


def _asked(shown: Sequence[Subject], words: int) -> int:
    """Return how many words of each model fit the page."""
    width = sum(each.vectors.dim * (1 if each.replicates is None else len(each.replicates)) for each in shown)
    return min(words, max(1, _VECTOR_BYTES // width), max(len(subject.vectors) for subject in shown))


def _examples(vectors: WordVectors, asked: int) -> list[str]:
    """Return words that a reader can ask about at once: frequent, but not the most frequent, and of letters."""
    words = vectors.words[:asked]
    first = min(_FIRST_RANK, len(words) // 3)
    ranks = np.geomspace(first + 1, min(_LAST_RANK, len(words)), _EXAMPLES).astype(int)
    found: dict[str, None] = {}
    for rank in ranks:
        later = (word for word in words[rank - 1 :] if word.isalpha() and len(word) >= _SHORTEST and word not in found)
        if (word := next(later, None)) is not None:
            found[word] = None
    return list(found)


def _data(shown: Sequence[Subject], asked: int) -> str:
    """Return the words and 8-bit vectors of each model as JSON that can stand in a script element."""
    models = []
    for subject in shown:
        vectors, replicates = subject.vectors[:asked], subject.replicates
        members = [vectors] if replicates is None else [each[:asked] for each in replicates]
        codes = [quantize_int8(each.matrix).arrays["codes"].tobytes() for each in members]
        models.append(
            {
                "name": printable(subject.name),
                "words": vectors.words,
                "counts": None if vectors.counts is None else vectors.counts.tolist(),
                "dim": vectors.dim,
                "lowercase": vectors.form.lowercase,
                "replicates": [base64.b64encode(each).decode("ascii") for each in codes],
                "width": None if replicates is None else width_of_interval(len(replicates)),
            }
        )
    return json.dumps(models, separators=(",", ":")).replace("<", "\\u003c")
