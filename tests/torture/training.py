"""Load on the trainer: a soak, a very long sentence, several trainers at once, the highest rates, many small texts."""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Callable

import numpy as np

from embed import train
from embed.config import TrainConfig
from embed.errors import AdviceWarning, DivergenceError, PoorVectorsWarning
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.trainer import Trainer

from .measure import MIB, open_files, resident_bytes, text_of

__all__ = ["CHECKS"]

_FLAT = 0.01
"""How much the memory may grow after the first epoch."""
_SOAK_EPOCHS = 5


class _Text:
    """Generated text that is never in memory or on disk as a whole."""

    def __init__(self, tokens: int, words: int, end: bytes = b"\n") -> None:
        self._arguments = tokens, words, end

    def byte_chunks(self):  # type: ignore[no-untyped-def]
        return text_of(*self._arguments)

    def __iter__(self):  # type: ignore[no-untyped-def]
        raise NotImplementedError("read as bytes")


def soak(scale: float) -> str:
    """Train on 100M tokens with two threads; memory is flat after the first epoch and no file stays open."""
    tokens = max(10_000, int(100_000_000 * scale / _SOAK_EPOCHS))
    before = open_files()
    taken: list[int] = []
    with encode(_Text(tokens, 50_000), min_count=1) as corpus:
        config = TrainConfig(dim=32, threads=2, epochs=_SOAK_EPOCHS, min_count=1)
        trainer = Trainer(corpus, config)
        model = trainer.run(callbacks=[lambda *_: taken.append(resident_bytes())])
        assert np.isfinite(model.input).all()
        losses = [record.loss for record in model.history]
        assert losses[-1] < losses[0]
        del trainer, model  # whose maps of the corpus keep its files open
    after = open_files()
    assert after == before, (before, after)
    growth = max(taken[1:]) / taken[0] - 1
    assert growth < _FLAT, taken
    return (
        f"{tokens * _SOAK_EPOCHS:,} tokens in {_SOAK_EPOCHS} epochs, {taken[0] / MIB:.0f} MiB after the first, "
        f"{growth:+.2%} at most after it, {before} files open before and after"
    )


def long_sentence(scale: float) -> str:
    """Train on a single sentence of 10M tokens, a list of Python's, which is never cut."""
    tokens = max(1000, int(10_000_000 * scale))
    rng = np.random.default_rng(1)
    spelling = [f"w{word}" for word in range(1000)]
    with encode(([spelling[i] for i in rng.integers(0, 1000, tokens)] for _ in range(1)), min_count=1) as corpus:
        assert corpus.offsets.tolist() == [0, tokens]
        trainer = Trainer(corpus, TrainConfig(dim=16, threads=2, epochs=1, subsample=0, min_count=1))
        trainer.run()
        centers = sum(worker.centers for worker in trainer._backend._workers)
    assert centers == tokens, centers
    return f"one sentence of {tokens:,} tokens, {centers:,} trained as centers"


def trainers_at_once(scale: float) -> str:
    """Two trainers in turns in one thread, and eight in as many threads: each as if it were alone, to the bit."""
    tokens = max(2000, int(1_000_000 * scale))
    with encode(_Text(tokens, 2000), min_count=1) as corpus:
        alone = {seed: _trained(corpus, seed) for seed in range(1, 9)}
        first, second = (Trainer(corpus, _config(seed)) for seed in (1, 2))
        for trainer, seed in ((second, 2), (first, 1)):
            assert np.array_equal(trainer.run().input, alone[seed])
        together: dict[int, np.ndarray] = {}
        threads = [
            threading.Thread(target=lambda seed=seed: together.update({seed: _trained(corpus, seed)})) for seed in alone
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(together) == sorted(alone)
    assert all(np.array_equal(together[seed], alone[seed]) for seed in alone)
    return f"2 trainers in turns and {len(alone)} at once of {tokens:,} tokens, each the same to the bit as alone"


def _config(seed: int) -> TrainConfig:
    return TrainConfig(dim=24, threads=1, epochs=2, seed=seed, min_count=1)


def _trained(corpus: EncodedCorpus, seed: int) -> np.ndarray:
    return Trainer(corpus, _config(seed)).run().input.copy()


def rates(scale: float) -> str:
    """Train at learning rates up to the bounds: the vectors are finite, or the run ends in a DivergenceError."""
    tokens = max(2000, int(500_000 * scale))
    finite = diverged = 0
    kinds = itertools.product(("sg", "cbow"), ("exact", "historic"), (False, True), _RATES)
    with warnings.catch_warnings(), encode(_Text(tokens, 50), min_count=1) as corpus:
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", AdviceWarning)
        for objective, gradient, subword, (lr, input_lr) in kinds:
            config = TrainConfig(
                objective=objective,
                gradient=gradient,
                subword=subword,
                lr=lr,
                input_lr=input_lr,
                buckets=1000,
                dim=16,
                epochs=2,
                threads=2,
                subsample=0,
                min_count=1,
            )
            try:
                model = Trainer(corpus, config).run()
            except DivergenceError as error:
                if "learning rate" not in str(error):
                    raise
                diverged += 1
                continue
            assert np.isfinite(model.vectors.matrix).all()
            assert np.isfinite(model.output).all()
            finite += 1
    assert finite
    return f"{finite + diverged} runs at rates up to the bounds: {finite} with finite vectors, {diverged} refused"


def small_texts(scale: float) -> str:
    """Train on 1,000 small texts with the defaults: no run warns of anything, each epoch has a loss, all is finite."""
    runs = max(len(_SMALL_TEXTS), int(1000 * scale))
    told: list[tuple[str, int, str]] = []
    for run in range(runs):
        kind = list(_SMALL_TEXTS)[run % len(_SMALL_TEXTS)]
        words, sentences, length, falls_off = _SMALL_TEXTS[kind]
        rng = np.random.default_rng(run)
        shares = np.arange(1, words + 1) ** -falls_off
        drawn = rng.choice(words, (sentences, length), p=shares / shares.sum())
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", PoorVectorsWarning)  # drawn words have no neighbours to learn
            model = train([[f"w{word}" for word in line] for line in drawn], min_count=1, seed=run, progress=False)
        told += [(kind, run, str(warning.message)) for warning in caught]
        assert np.isfinite(model.vectors.matrix).all()
        assert all(record.loss is not None for record in model.history)
    assert not told, (len(told), told[:5])
    return f"{runs} texts of {len(_SMALL_TEXTS)} kinds trained with the defaults, {len(told)} warnings"


_SMALL_TEXTS = {
    "a few words": (4, 12, 8, 0.0),
    "a toy": (12, 40, 8, 0.0),
    "uniform": (50, 60, 8, 0.0),
    "sixty words": (60, 300, 10, 0.0),
    "Zipf": (2000, 400, 15, 1.0),
}
"""Words, sentences, tokens a sentence, and the power of the rank by which the words fall off."""
_RATES = [(1.0, 1.0), (10.0, None), (10.0, 100.0), (0.05, 100.0), (1e-30, 0.0)]

CHECKS: dict[str, Callable[[float], str]] = {
    "soak": soak,
    "long-sentence": long_sentence,
    "trainers-at-once": trainers_at_once,
    "rates": rates,
    "small-texts": small_texts,
}
