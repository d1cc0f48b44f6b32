"""The search for the parameters of a classifier: what it tries, when it ends, and which classifier comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from embed.compat import fasttext as ours
from embed.compat.fasttext.autotune import TUNED, Autotuning, autotuned
from embed.config.classifier import ClassifierConfig
from embed.errors import ConfigError, CorpusError, DivergenceError

LINES = ["__label__metal iron zinc ore", "__label__plant oak elm fern", "__label__plant oak iron moss"]


class Measured(Autotuning):
    """Scores what a training that takes no time returns: its configuration."""

    def score(self, model: Any) -> float:
        return 1 - abs(model.lr - 0.8) - abs(model.word_ngrams - 3) / 10

    def shrink(self, model: Any, path: Any, config: ClassifierConfig) -> bool:
        return True


class Clock:
    """Advances by what each training costs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.tried: list[ClassifierConfig] = []

    def train(self, config: ClassifierConfig) -> Any:
        self.tried.append(config)
        self.now += config.epochs * config.dim / 500
        return config

    def __call__(self) -> float:
        return self.now


def _search(free: tuple[str, ...], seconds: float = 300.0) -> tuple[Any, Clock]:
    clock, tuning = Clock(), Measured("", "f1", 0, None, 1, seconds, None)
    found = autotuned(clock.train, ClassifierConfig(), free, tuning, "", note=str, clock=clock)
    return found, clock


def test_the_best_is_found_in_time() -> None:
    found, clock = _search(TUNED)
    tuning = Measured("", "f1", 0, None, 1, 1, None)
    assert len(clock.tried) > 20
    assert clock.now < 300
    assert clock.tried[0] == ClassifierConfig()
    assert tuning.score(found) == max(map(tuning.score, clock.tried)) > tuning.score(clock.tried[0]) + 0.2
    assert {(config.min_n, config.max_n) for config in clock.tried} == {(0, 0), (2, 5), (3, 6)}


def test_what_is_set_stays_and_what_takes_too_long_is_not_begun() -> None:
    _, clock = _search(("lr",))
    assert {(config.epochs, config.dim, config.word_ngrams, config.max_n) for config in clock.tried} == {(5, 100, 1, 0)}
    assert len({config.lr for config in clock.tried}) > 3
    for free, seconds in (((), 300.0), (TUNED, 1e-3)):
        found, clock = _search(free, seconds)
        assert clock.tried == [found] == [ClassifierConfig()]


def test_trainings_that_diverge_are_passed_over() -> None:
    clock, tuning = Clock(), Measured("", "f1", 0, None, 1, 50.0, None)

    def train(config: ClassifierConfig) -> Any:
        clock.train(config)
        if config.lr < 0.2:
            raise DivergenceError("diverged")
        return config

    found: Any = autotuned(train, ClassifierConfig(), TUNED, tuning, "", note=str, clock=clock)
    assert found.lr >= 0.2
    with pytest.raises(ConfigError, match="none of 1 classifiers has a score: lower lr"):
        autotuned(train, ClassifierConfig(), (), tuning, "", note=str, clock=clock)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "t.txt").write_text("\n".join(LINES * 30) + "\n")
    return tmp_path / "t.txt"


@pytest.mark.parametrize(
    "metric", ["f1", "f1:__label__metal", "precisionAtRecall:50", "recallAtPrecision:90:__label__metal"]
)
def test_a_classifier_is_tuned(text: Path, metric: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = ours.train_supervised(
        text, dim=8, thread=1, autotuneValidationFile=str(text), autotuneMetric=metric, autotuneDuration=0.05
    )
    assert model.test(text)[1] > 0.6
    assert "trial 1: " in capsys.readouterr().err
    assert model.dim == 8


def test_a_classifier_is_tuned_to_a_size(text: Path, tmp_path: Path) -> None:
    settings = {"dim": 8, "wordNgrams": 2, "bucket": 1000, "lr": 0.5, "epoch": 8, "thread": 1, "verbose": 0}
    given = {"autotuneValidationFile": str(text), "autotuneDuration": 1, **settings}
    model = ours.train_supervised(text, autotuneModelSize="15k", minn=2, maxn=3, **given)
    assert model.is_quantized()
    model.save_model(tmp_path / "m.ftz")
    assert (tmp_path / "m.ftz").stat().st_size <= 15_000
    with pytest.raises(ConfigError, match="raise autotuneModelSize"):
        ours.train_supervised(text, autotuneModelSize="3k", minn=2, maxn=3, **given)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"autotuneDuration": 5}, ConfigError, "pass its path as autotuneValidationFile"),
        ({"autotuneValidationFile": "v.txt", "autotuneMetric": "f2"}, ConfigError, "autotuneMetric must be f1, "),
        ({"autotuneValidationFile": "v.txt", "autotuneModelSize": "2 MB"}, ConfigError, "autotuneModelSize must be"),
        ({"autotuneValidationFile": "v.txt", "autotuneDuration": 0}, ConfigError, "autotuneDuration must be"),
        ({"autotuneValidationFile": "v.txt", "autotunePredictions": 0}, ConfigError, "autotunePredictions must be"),
        ({"autotuneValidationFile": "v.txt", "autotuneMetric": 5}, TypeError, "autotuneMetric must be a str"),
        ({"autotuneValidationFile": "none.txt"}, CorpusError, "none.txt"),
        ({"autotuneValidationFile": "T", "autotuneMetric": "f1:x"}, ConfigError, "'x', which is no label"),
    ],
)
def test_mistakes_are_told(text: Path, changes: dict[str, Any], error: type[Exception], message: str) -> None:
    if changes.get("autotuneValidationFile") == "T":
        changes = {**changes, "autotuneValidationFile": str(text)}
    with pytest.raises(error, match=message):
        ours.train_supervised(text, dim=8, thread=1, verbose=0, **changes)
