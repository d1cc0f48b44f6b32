"""How fast training is: tokens per second of the training phase, against gensim, fastText, and ourselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contest import Contest, section_of
from benchmarks.corpus import TextSource
from benchmarks.floors import FLOOR_DIM
from benchmarks.processes import Job
from benchmarks.programs import SHARED, fasttext_settings, gensim_settings, our_config
from benchmarks.report import Section

__all__ = ["ROWS", "SpeedSettings", "contests", "run"]

ROWS = ("skip-gram", "cbow", "subword", "skip-gram-threads", "cbow-threads", "subword-threads")

DEFINITIONS = (
    "Amounts are tokens of the text that are in the vocabulary, before subsampling; rates are those per second of the "
    "training phase, one epoch.",
    "Ours: the epoch as the trainer records it, over the encoded corpus (the encoding is measured by `text`).",
    "gensim: `Word2Vec.train(corpus_file=...)` after `build_vocab`, with 1 worker.",
    "fastText: `train_unsupervised` with epoch=1 less the same call with epoch=0 in the same process, which is its "
    "dictionary pass and the start of its matrices. Like gensim it reads the text as it trains.",
    "Threads: 2 threads of ours against 1.",
    f"All: window {SHARED['window']}, {SHARED['negatives']} negatives, subsample {SHARED['subsample']:g}, "
    f"min_count {SHARED['min_count']}; one thread unless the row says otherwise.",
)


@dataclass(frozen=True)
class SpeedSettings:
    """How much to do.

    Attributes
    ----------
    tokens, subword_tokens : int
        Text of all rows but the one against fastText, and of that; a shorter text is repeated.
    """

    rows: Sequence[str] = ROWS
    runs: int = 5
    tokens: int = 5_000_000
    subword_tokens: int = 500_000
    dim: int = FLOOR_DIM
    buckets: int = 2_000_000
    judged: bool = True


def run(source: TextSource, settings: SpeedSettings) -> Section:
    """Measure."""
    against_fasttext = "subword" in settings.rows
    text = source.text(settings.tokens, repeat=True)
    small = source.text(settings.subword_tokens, repeat=True) if against_fasttext else text
    described = [f"Text: {text.description}."]
    if against_fasttext:
        described.append(f"The row against fastText, which takes long: {small.description}.")
    return section_of(
        "speed",
        f"Training speed, dim {settings.dim}",
        [*DEFINITIONS, *described],
        contests(str(text.path), str(small.path), settings),
        settings.runs,
        judged=settings.judged and settings.dim == FLOOR_DIM,
    )


def contests(text: str, small: str, settings: SpeedSettings) -> list[Contest]:
    """Return the rows wanted; `small` is the path of the text for fastText and us, `text` of that for the rest."""
    made = []
    for name in settings.rows:
        model = name.removesuffix("-threads")
        path = small if name == "subword" else text
        ours = _ours(model, path, settings, threads=1)
        if name != model:
            two = _ours(model, path, settings, threads=2)
            made.append(Contest(name, "1 thread", two, ours, processors=2))
        elif model == "subword":
            made.append(Contest(name, "fastText", ours, _fasttext(path, settings), "fasttext"))
        else:
            made.append(Contest(name, "gensim", ours, _gensim(model, path, settings), "gensim"))
    return made


def _ours(model: str, path: str, settings: SpeedSettings, *, threads: int) -> Job:
    config = our_config(
        objective="cbow" if model == "cbow" else "sg",
        subword=model == "subword",
        buckets=settings.buckets,
        dim=settings.dim,
        epochs=1,
        threads=threads,
    )
    return Job("train_ours", {"path": path, "config": config})


def _gensim(model: str, path: str, settings: SpeedSettings) -> Job:
    own = gensim_settings(dim=settings.dim, threads=1, sg=0 if model == "cbow" else 1)
    return Job("train_gensim", {"path": path, "epochs": 1, "settings": own})


def _fasttext(path: str, settings: SpeedSettings) -> Job:
    own = fasttext_settings(dim=settings.dim, buckets=settings.buckets, threads=1)
    return Job("train_fasttext", {"path": path, "epochs": 1, "settings": own})
