"""What a fresh process does with classifiers: train one, ours or fastText's, or time what both answer."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
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


def ours(*, folder: str, name: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train our classifier and test it."""
    return _trained(own.train_supervised, folder, name, seed, settings)


def fasttext(*, folder: str, name: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Do the same with fastText."""
    return _trained(importlib.import_module("fasttext").train_supervised, folder, name, seed, settings)


def _trained(train: Callable[..., Any], folder: str, name: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="embed-benchmarks-") as home:
        training, test = _files(Path(home), folder, name, seed)
        given = {**_SHARED, "lr": _OVA_RATE if settings.get("loss") == "ova" else _SHARED["lr"], **settings}
        started = time.process_time()
        model = train(training, seed=seed, **given)
        seconds = time.process_time() - started
        _, precision, _ = model.test(test)
    return {"seconds": seconds, "figures": {"accuracy": 100 * precision}}


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


def _files(home: Path, folder: str, name: str, seed: int) -> tuple[str, str]:
    """Write both parts of a set as fastText reads them; the seed orders the training part."""
    chosen = next(one for one in sets_in(folder) if one.name == name)
    if len(chosen.parts) > 1:
        training, test = _lines(*chosen.read("train")), _lines(*chosen.read("test"))
    else:
        lines = _shuffled(_lines(*chosen.read()), _ORDER_OF_PARTS)
        cut = len(lines) - len(lines) // _QUARTER
        training, test = lines[:cut], lines[cut:]
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


def _shuffled(lines: list[str], seed: int) -> list[str]:
    return [lines[row] for row in np.random.default_rng(seed).permutation(len(lines)).tolist()]
