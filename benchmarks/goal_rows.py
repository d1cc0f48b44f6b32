"""Measures every row of the performance goals: ours and the other in turns, and the memory of one large model.

A program trains long enough for a steady figure and no longer: ours on the whole text, gensim with the vocabulary
of the whole text on its first part, fastText (which has no such setting) and ours against it on a short text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import contest, peak, processes
from benchmarks.contest import Contest, Outcome
from benchmarks.corpus import TextFile, TextSource
from benchmarks.floors import MISSED
from benchmarks.goals import GOALS, HOPED
from benchmarks.machine import LoadWatch
from benchmarks.processes import BenchmarkError, Job
from benchmarks.programs import SHARED, fasttext_settings, gensim_settings, our_config
from benchmarks.report import Section
from embed.corpora import TextCorpus
from embed.engine import _kernels
from embed.engine.machine import simd_path
from embed.text.encoding import encode

__all__ = ["GoalSettings", "Texts", "contest_of", "memory_row", "row_of", "run"]

_HEAD = ("row", "against", "ours/s", "spread", "other/s", "spread", "ratio", "spread", "at least", "hoped for", "")
_MEMORY, _MEGA, _NONE = "memory", 1e6, "-"
_MARKS = {HOPED: "✓✓", "met": "✓", MISSED: "✗"}
_AVX2, _AVX512 = "avx2", "avx512"
_DETERMINISTIC = "-deterministic"
_ALL_IN_EPOCHS, _SHORT_TEXT_EPOCHS = 5, 4

DEFINITIONS = (
    "✓: at least what is wanted; ✓✓: what is hoped for; ✗: less than is wanted. Ratios are ours over the other.",
    "Amounts are tokens in the vocabulary, before subsampling; seconds are those of the training phase.",
    "Model-dim: 1 thread against gensim `corpus_file` with 1 worker, which has the vocabulary of the whole text and "
    "trains on its first part; with n-grams of 3 to 6 characters in 2M buckets against fastText, on a short text.",
    "-threads: 2 threads of ours against 1.",
    "-deterministic: 2 threads in deterministic mode against 2 in the free-running one.",
    "vocabulary-1m: made-up tokens of 1M words (Zipf) against those of 70k words, skip-gram of dim 100.",
    f"all-in: text file to saved text vectors, {_ALL_IN_EPOCHS} epochs, 2 threads against gensim's 2 workers, "
    "skip-gram of dim 100; encoding, vocabulary and writing included, the import of the packages not.",
    "encode: counting and encoding the text against gensim's `scan_vocab`, which only counts.",
    "peak: floating-point operations of training a second (skip-gram: pairs x (negatives + 1) x 6 dim; CBOW: windows x "
    "(negatives + 1) x 6 dim, and 2 dim for each context) against those of independent multiply-adds on one core.",
    "avx2: the AVX2 path against the AVX-512 path.",
    f"All: window {SHARED['window']}, {SHARED['negatives']} negatives, subsample {SHARED['subsample']:g}, "
    f"min_count {SHARED['min_count']}, exact gradient.",
)
MEMORY_DEFINITION = (
    "memory: million bytes of a process that trains {words:,} words x {dim} with {buckets:,} buckets on made-up "
    "tokens, besides its two matrices (first column) and the mapped corpus."
)


@dataclass(frozen=True)
class GoalSettings:
    """How much to do: token counts of the whole text, of the part that gensim trains on, and of the short texts."""

    rows: Sequence[str] = tuple(GOALS)
    runs: int = 5
    tokens: int = 5_000_000
    gensim_tokens: int = 2_400_000
    fasttext_tokens: int = 400_000
    all_in_tokens: int = 1_500_000
    zipf_tokens: int = 4_000_000
    zipf_words: tuple[int, int] = (1_000_000, 70_000)
    buckets: int = 2_000_000
    memory_words: int = 1_000_000
    memory_dim: int = 300
    judged: bool = True


class Texts:
    """Prepares each text, and what is encoded from it, when a row first asks."""

    def __init__(self, source: TextSource, settings: GoalSettings) -> None:
        self._source, self._settings = source, settings
        self._encoded: dict[Path, str] = {}

    def text(self, tokens: int) -> TextFile:
        """Return the first tokens of the text, repeated if it is shorter."""
        return self._source.text(tokens, repeat=True)

    def encoded(self, tokens: int) -> str:
        """Return the directory of the encoded text."""
        path = self.text(tokens).path
        if path not in self._encoded:
            directory = path.with_suffix(".encoded")
            encode(TextCorpus(str(path)), min_count=SHARED["min_count"], directory=directory).close()
            self._encoded[path] = str(directory)
        return self._encoded[path]


def run(source: TextSource, settings: GoalSettings) -> Section:
    """Measure; a row that fails is a row missed, and the others go on."""
    texts = Texts(source, settings)
    rows, verdicts, remarks, data = [], [], [], {}
    load = LoadWatch()
    for name in settings.rows:
        try:
            if name == _MEMORY:
                result = processes.run(_memory_job(settings))
                cells, verdict = memory_row(result, settings.judged)
                data[name] = result
            else:
                outcome = contest.hold(contest_of(name, texts, settings), settings.runs, judged=settings.judged)
                cells, verdict = row_of(outcome, settings.judged)
                data[name] = outcome.to_dict()
                if outcome.repeated:
                    remarks.append(f"{name}: {outcome.repeated} pair(s) repeated, see above.")
        except BenchmarkError as error:
            print(f"{name}: {error}", file=sys.stderr)
            remarks.append(f"{name}: not measured, {' '.join(str(error).split())}.")
            verdicts.append(MISSED if settings.judged else _NONE)
            continue
        rows.append(cells)
        verdicts.append(verdict)
        load.look()
    return Section(
        "goals",
        "Performance goals",
        (*DEFINITIONS, *_about(texts, settings), *load.sentences(), *remarks),
        _HEAD,
        tuple(rows),
        tuple(verdicts),
        {"rows": data},
    )


def _about(texts: Texts, settings: GoalSettings) -> Iterator[str]:
    if _MEMORY in settings.rows:
        yield MEMORY_DEFINITION.format(words=settings.memory_words, dim=settings.memory_dim, buckets=settings.buckets)
    yield (
        f"Text: {texts.text(settings.tokens).description}; gensim trains on {settings.gensim_tokens:,} tokens, the "
        f"rows against fastText on {settings.fasttext_tokens:,}, all-in on {settings.all_in_tokens:,}."
    )
    yield (
        f"Medians of {settings.runs} runs each, in turns and in fresh processes; the ratio is the median of the ratios "
        "pair by pair; the spreads are the least and the most. Rows of two threads repeat a pair during which the "
        "machine did not give two processors."
    )


def row_of(outcome: Outcome, judged: bool) -> tuple[tuple[str, ...], str]:
    """Return the cells of a contest and its verdict."""
    ours, other, ratio = outcome.our_rate, outcome.peer_rate, outcome.ratio
    name = outcome.contest.name
    measured = (
        *(name, outcome.contest.against),
        *(_short(ours.median), f"{_short(ours.low)} to {_short(ours.high)}"),
        *(_short(other.median), f"{_short(other.low)} to {_short(other.high)}"),
        *(f"{ratio.median:.2f}", f"{ratio.low:.2f} to {ratio.high:.2f}"),
    )
    return _judge(name, measured, ratio.median, judged)


def memory_row(result: dict[str, Any], judged: bool) -> tuple[tuple[str, ...], str]:
    """Return the cells of the memory row and its verdict."""
    if result["peak"] is None:
        raise BenchmarkError("this system does not tell the peak of the resident size")
    rest = (result["peak"] - result["matrices"] - result["mapped"]) / _MEGA
    matrices = f"{result['matrices'] / _MEGA:,.0f} MB"
    measured = (_MEMORY, "matrices", matrices, _NONE, _NONE, _NONE, f"{rest:,.0f} MB", _NONE)
    return _judge(_MEMORY, measured, rest, judged)


def _judge(name: str, measured: tuple[str, ...], value: float, judged: bool) -> tuple[tuple[str, ...], str]:
    if not judged:
        return (*measured, _NONE, _NONE, _NONE), _NONE
    verdict = GOALS[name].verdict(value)
    return (*measured, *GOALS[name].cells(), _MARKS[verdict]), verdict


def contest_of(name: str, texts: Texts, settings: GoalSettings) -> Contest:
    """Return who runs what for a row; raises BenchmarkError for a row that this machine cannot measure."""
    made = _contest(name, texts, settings)
    if (reason := made.missing()) is not None:
        raise BenchmarkError(reason)
    return made


def _contest(name: str, texts: Texts, settings: GoalSettings) -> Contest:
    if name == "vocabulary-1m":
        many, few = settings.zipf_words
        jobs = [_zipf_job(words, settings) for words in (many, few)]
        return Contest(name, f"{few:,} words", *jobs)
    if name == "all-in":
        text = texts.text(settings.all_in_tokens).path
        where = {"path": str(text), "output": str(text.with_suffix(".vec"))}
        config = our_config(buckets=settings.buckets, dim=100, epochs=_ALL_IN_EPOCHS, threads=2)
        theirs = {"epochs": _ALL_IN_EPOCHS, "settings": gensim_settings(dim=100, threads=2, sg=1)}
        ours = Job("all_in_ours", {**where, "config": config})
        return Contest(name, "gensim", ours, Job("all_in_gensim", where | theirs), "gensim", 2)
    if name == "encode":
        scan = {"path": str(texts.text(settings.tokens).path), "min_count": SHARED["min_count"]}
        return Contest(name, "gensim's scan", Job("encode_ours", scan), Job("scan_gensim", scan), "gensim")
    kind, _, model = name.partition("-")
    if kind == "peak":
        program = peak.build(texts.text(settings.tokens).path.parent, simd_path())
        ours = replace(_ours(model, texts.encoded(settings.tokens), settings), name="flops_ours")
        return Contest(name, "multiply-adds", ours, Job("peak_core", {"program": str(program)}))
    if kind == _AVX2:
        if not {_AVX2, _AVX512} <= set(_kernels.simd_paths()):
            raise BenchmarkError(f"this processor has only {', '.join(_kernels.simd_paths())}")
        ours = _ours(model, texts.encoded(settings.tokens), settings)
        slow, fast = (Job(ours.name, {**ours.settings, "simd": simd}) for simd in (_AVX2, _AVX512))
        return Contest(name, "AVX-512", slow, fast)
    if name.endswith(_DETERMINISTIC):
        model = name.removesuffix(_DETERMINISTIC)
        directory = texts.encoded(settings.fasttext_tokens if model.startswith("subword") else settings.tokens)
        free = _ours(model, directory, settings, threads=2, epochs=_SHORT_TEXT_EPOCHS)
        rounds = replace(free, settings={**free.settings, "config": {**free.settings["config"], "deterministic": True}})
        return Contest(name, "free-running", rounds, free, processors=2)
    if name.endswith("-threads"):
        model, directory = name.removesuffix("-threads"), texts.encoded(settings.tokens)
        two, one = (_ours(model, directory, settings, threads) for threads in (2, 1))
        return Contest(name, "1 thread", two, one, processors=2)
    return _against_peer(name, texts, settings)


def _against_peer(name: str, texts: Texts, settings: GoalSettings) -> Contest:
    objective, dim = _parts(name)
    if name.startswith("subword"):
        text = texts.text(settings.fasttext_tokens).path
        own = fasttext_settings(
            dim=dim, buckets=settings.buckets, threads=1, model="skipgram" if objective == "sg" else "cbow"
        )
        theirs = Job("train_fasttext", {"path": str(text), "epochs": 1, "settings": own})
        ours = _ours(name, texts.encoded(settings.fasttext_tokens), settings, epochs=_SHORT_TEXT_EPOCHS)
        return Contest(name, "fastText", ours, theirs, "fasttext")
    directory = texts.encoded(settings.tokens)
    part = {"directory": directory, "path": str(texts.text(settings.gensim_tokens).path)}
    own = gensim_settings(dim=dim, threads=1, sg=int(objective == "sg"))
    return Contest(
        name, "gensim", _ours(name, directory, settings), Job("rate_gensim", {**part, "settings": own}), "gensim"
    )


def _ours(model: str, directory: str, settings: GoalSettings, threads: int = 1, epochs: int = 1) -> Job:
    objective, dim = _parts(model)
    subword = model.startswith("subword")
    config = our_config(
        objective=objective, subword=subword, buckets=settings.buckets, dim=dim, epochs=epochs, threads=threads
    )
    return Job("rate_ours", {"directory": directory, "config": config})


def _parts(model: str) -> tuple[str, int]:
    """Return objective and dim of a name like "subword-cbow-100"."""
    kind, _, dim = model.rpartition("-")
    return "cbow" if kind.endswith("cbow") else "sg", int(dim)


def _zipf_job(words: int, settings: GoalSettings) -> Job:
    config = our_config(buckets=settings.buckets, dim=100, epochs=1, threads=1)
    return Job("rate_zipf", {"words": words, "tokens": settings.zipf_tokens, "config": config})


def _memory_job(settings: GoalSettings) -> Job:
    config = our_config(subword=True, buckets=settings.buckets, dim=settings.memory_dim, epochs=1)
    return Job("memory_zipf", {"words": settings.memory_words, "tokens": settings.zipf_tokens // 4, "config": config})


def _short(rate: float) -> str:
    """Return a rate in thousands, millions or billions a second."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= size:
            return f"{rate / size:,.3g}{letter}"
    return f"{rate:,.0f}"
