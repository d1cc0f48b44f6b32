"""What a fresh process does with classifiers: train one, ours or fastText's, quantise it, or time what both answer."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lib.documents import sets_in
from embed.compat import fasttext as own
from embed.corpora.tokenizers import get_tokenizer

_SHARED: dict[str, Any] = {"lr": 0.5, "dim": 100, "thread": 1, "verbose": 0}
_OVA_RATE = 0.25
"""One-vs-all changes all labels at once."""
_QUARTER = 4
_ORDER_OF_PARTS = 1
_TEXTS, _WORDS, _ROUNDS = 2_000, 5_000, 7
_MICRO = 1e6
_PIECE, _MOST_PIECES = 20, 30_000
"""Words of a piece of a document, and pieces of each part."""


def ours(*, folder: str, name: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train our classifier and test it."""
    return _trained(own.train_supervised, folder, name, seed, settings)


def fasttext(*, folder: str, name: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Do the same with fastText."""
    return _trained(importlib.import_module("fasttext").train_supervised, folder, name, seed, settings)


def _trained(train: Callable[..., Any], folder: str, name: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as home:
        labels, shape = settings.get("labels", 0), {key: settings[key] for key in settings if key != "labels"}
        training, test = _files(Path(home), folder, name, seed, labels)
        given = {**_SHARED, "lr": _OVA_RATE if shape.get("loss") == "ova" else _SHARED["lr"], **shape}
        model, seconds, clock = _timed(partial(train, training, seed=seed, **given))
        _, precision, _ = model.test(test)
    return {"seconds": seconds, "clock": clock, "figures": {"accuracy": 100 * precision}}


def quantised(*, folder: str, name: str, seed: int, train: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Quantise one classifier of ours with both programs: accuracy, bytes and seconds of each."""
    peer = importlib.import_module("fasttext")
    found: dict[str, Any] = {"seconds": 0.0}
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as home:
        training, test = _files(Path(home), folder, name, seed)
        path = str(Path(home) / "model.bin")
        model = own.train_supervised(training, seed=seed, **_SHARED, **train)
        model.save_model(path)
        found["before"] = {"accuracy": 100 * model.test(test)[1], "bytes": Path(path).stat().st_size}
        for program, load in (("ours", own.load_model), ("fasttext", peer.load_model)):
            model = load(path)
            text = {"input": training} if settings.get("retrain") else {}
            _, seconds, clock = _timed(
                partial(model.quantize, thread=1, verbose=0, lr=_SHARED["lr"], **text, **settings)
            )
            small = Path(home) / f"{program}.ftz"
            model.save_model(str(small))
            found[program] = {
                "accuracy": 100 * model.test(test)[1],
                "bytes": small.stat().st_size,
                "seconds": seconds,
                "clock": clock,
            }
    return found


def _timed(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what a call returns, and its seconds by the processors and by the clock."""
    begun, started = time.perf_counter(), time.process_time()
    result = call()
    return result, time.process_time() - started, time.perf_counter() - begun


def answers(*, folder: str, name: str, seed: int) -> dict[str, Any]:
    """Return the microseconds of a call of both, on models that fastText trains here."""
    peer = importlib.import_module("fasttext")
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as home:
        training, test = _files(Path(home), folder, name, seed)
        shapes = {
            "labels": peer.train_supervised(training, wordNgrams=2, bucket=200_000, epoch=1, **_SHARED),
            "vectors": peer.train_unsupervised(training, bucket=200_000, epoch=1, dim=100, thread=1, verbose=0),
        }
        models = {}
        for shape, model in shapes.items():
            path = str(Path(home) / f"{shape}.bin")
            model.save_model(path)
            models[shape] = peer.load_model(path), own.load_model(path)
        lines = Path(test).read_text(encoding="utf-8").splitlines()
        texts = [line.partition(" ")[2] for line in lines[:_TEXTS]]
    words = list(dict.fromkeys(word for text in texts for word in text.split()))[:_WORDS]
    found: dict[str, dict[str, float]] = {"ours": {}, "fasttext": {}}
    theirs, mine = models["labels"]
    calls: dict[str, tuple[int, list[Callable[[], object]]]] = {
        "predict": (len(texts), [partial(_each, model.predict, texts) for model in (theirs, mine)]),
        "predict a list": (len(texts), [partial(theirs.predict, texts), partial(mine.predict, texts, threads=1)]),
    }
    for call, asked in (("get_word_vector", words), ("get_sentence_vector", texts)):
        calls[call] = len(asked), [partial(_each, getattr(model, call), asked) for model in models["vectors"]]
    for call, (count, both) in calls.items():
        for program, seconds in zip(("fasttext", "ours"), _least(both), strict=True):
            found[program][call] = seconds / count * _MICRO
    return {**found, "seconds": 0.0}


def _each(call: Callable[[str], object], asked: Iterable[str]) -> None:
    for text in asked:
        call(text)


def _least(both: list[Callable[[], object]]) -> list[float]:
    rounds = []
    for _ in range(_ROUNDS):
        times = []
        for call in both:
            started = time.process_time()
            call()
            times.append(time.process_time() - started)
        rounds.append(times)
    least: list[float] = np.min(rounds, axis=0).tolist()
    return least


def _files(home: Path, folder: str, name: str, seed: int, labels: int = 0) -> tuple[str, str]:
    """Write both parts of a set as fastText reads them; the seed orders the training part.

    With `labels`, as many words become the labels of pieces of the documents that have them, in place of the set's own.
    """
    chosen = next(one for one in sets_in(folder) if one.name == name)
    if len(chosen.parts) > 1:
        training, test = _lines(*chosen.read("train")), _lines(*chosen.read("test"))
    else:
        lines = _shuffled(_lines(*chosen.read()), _ORDER_OF_PARTS)
        cut = len(lines) - len(lines) // _QUARTER
        training, test = lines[:cut], lines[cut:]
    if labels:
        training, test = _labelled_by_words(training, test, labels)
    paths = []
    for part, lines in (("train", _shuffled(training, seed)), ("test", test)):
        path = home / f"{part}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(str(path))
    return paths[0], paths[1]


def _lines(labels: list[str], texts: list[str]) -> list[str]:
    split = get_tokenizer("words", True).split
    return [
        f"__label__{label.replace(' ', '_')} {' '.join(split(text))}" for label, text in zip(labels, texts, strict=True)
    ]


def _labelled_by_words(training: list[str], test: list[str], labels: int) -> tuple[list[str], list[str]]:
    """Cut documents into pieces, and label each by its rarest word among the `labels` most frequent."""
    pieces = [
        [
            words[at : at + _PIECE]
            for line in part
            for words in (line.split()[1:],)
            for at in range(0, len(words), _PIECE)
        ]
        for part in (training, test)
    ]
    ranks = {word: rank for rank, (word, _) in enumerate(Counter(chain(*pieces[0])).most_common(labels))}
    parts = []
    for part in pieces:
        lines = []
        for words in part[:_MOST_PIECES]:
            rarest = max(words, key=lambda word: ranks.get(word, -1))
            if rarest in ranks:
                lines.append(" ".join([f"__label__{rarest}", *words]))
        parts.append(lines)
    return parts[0], parts[1]


def _shuffled(lines: list[str], seed: int) -> list[str]:
    return [lines[row] for row in np.random.default_rng(seed).permutation(len(lines)).tolist()]
