"""Successive halving: rungs, halves of the test data, an early end, and a configuration that `train` reads."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.config.presets import resolve
from embed.config.train import TrainConfig
from embed.corpora import SyntheticCorpus
from embed.errors import ConfigError
from embed.eval import AnalogySet, SimilaritySet
from embed.model.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.spread_corpus import SpreadCorpus
from embed.training.purposes import Loss, Purpose, Sets, Verdict, halves
from embed.training.trainer import Trainer
from embed.training.tuning import Tuned, tune

_LIKED = 0.015
"""The output rate that a purpose of these tests likes."""
GIVEN = {"dim": 16, "threads": 1, "subword": False, "epochs": 1, "min_count": 1}


@pytest.fixture(scope="module")
def corpus() -> Iterator[EncodedCorpus]:
    draw = np.random.default_rng(1)
    with embed.encode([[f"w{word}" for word in draw.zipf(1.5, 6) % 50] for _ in range(1500)], min_count=1) as encoded:
        yield encoded


class _Ticks:
    """A clock of which each look takes a second."""

    def __init__(self) -> None:
        self._ticks = itertools.count()

    def __call__(self) -> float:
        return float(next(self._ticks))


class _ByRate(Purpose):
    """Likes the trial whose rate is nearest to _LIKED."""

    def __init__(self, before: Callable[[int], object] = lambda _: None) -> None:
        self.trained = 0
        self._before = before

    def space(self) -> Mapping[str, Any]:
        return {"window": (2, 3, 4)}

    def score(self, trainer: Trainer, model: Model) -> float | None:
        self._before(self.trained)
        self.trained += 1
        return -abs(model.config.rates()[0] - _LIKED)

    def judge(self, trainer: Trainer, model: Model) -> float:
        return model.config.rates()[0]

    def verdict(self, before: float, after: float) -> Verdict:
        gain = abs(before - _LIKED) - abs(after - _LIKED)
        return Verdict(f"{before} {after}", gain, gain, gain)


def _tuned(corpus: EncodedCorpus, purpose: Purpose, seconds: float = 10, **more: Any) -> Tuned:
    return tune(corpus, purpose, resolve(None, GIVEN), GIVEN, seconds, clock=_Ticks(), **more)


def test_each_rung_keeps_a_third_and_the_defaults(corpus: EncodedCorpus) -> None:
    seen: list[Tuned] = []
    purpose = _ByRate()
    found = _tuned(corpus, purpose, 1000, found=seen.append)
    begun = [sum(len(trial.scores) > rung for trial in found.trials) for rung in range(len(found.shares))]
    assert found.shares[-1] == 1
    assert all(a < b for a, b in itertools.pairwise(found.shares))
    assert begun[0] == 81
    assert begun[1] in (27, 28)
    assert begun[2] in (9, 10)
    assert purpose.trained == sum(begun)
    assert [len(each.shares) for each in seen] == [1, 2, 3]
    assert len(next(trial for trial in found.trials if trial.number == 0).scores) == 3
    last = [trial.scores[2] for trial in found.trials if len(trial.scores) == 3]
    assert last == sorted(last, reverse=True)  # type: ignore[type-var]
    assert found.trials[0] is found.best
    assert abs(found.config.rates()[0] - _LIKED) < 0.005
    assert found.verdict is not None
    assert found.verdict.text.endswith(str(found.config.rates()[0]))
    assert found.config.epochs == 1
    assert found.config.dim == 16


def test_fewer_passes_have_lower_bounds_of_rates(corpus: EncodedCorpus) -> None:
    given = {"dim": 16, "threads": 1, "min_count": 1}
    found = tune(corpus, _ByRate(), resolve(None, given), given, 1000, clock=_Ticks())
    drawn = [trial for trial in found.trials if trial.number]
    assert {trial.epochs for trial in drawn} == {0.5, 1, 2}
    for epochs in (0.5, 1, 2):
        rates = [trial.rate for trial in drawn if trial.epochs == epochs]
        assert 0.4 <= min(rates) < 0.6
        assert 0.7 < max(rates) / (1.5 * epochs**0.5) <= 1


def test_a_training_that_diverges_is_told_once_and_fails(corpus: EncodedCorpus) -> None:
    told: list[str] = []
    given = {**GIVEN, "lr": 0.8, "input_lr": 0.8, "min_lr": 0.8}
    with pytest.raises(ConfigError, match="every training failed"):
        tune(corpus, _ByRate(), resolve(None, given), given, 0.5, clock=_Ticks(), note=told.append)
    assert len(told) == 9
    assert all(re.search(r" failed: .*(of untrained vectors|is not finite): lower", one) for one in told)


def test_the_same_seed_draws_the_same_trials(corpus: EncodedCorpus) -> None:
    a, b = (_tuned(corpus, _ByRate(), 5) for _ in range(2))
    assert a.table(_ByRate()).split("\n")[0] == b.table(_ByRate()).split("\n")[0]
    assert [(trial.number, trial.rate, trial.values) for trial in a.trials] == [
        (trial.number, trial.rate, trial.values) for trial in b.trials
    ]


def test_an_interrupt_leaves_the_best_so_far(corpus: EncodedCorpus) -> None:
    def stop(trained: int) -> None:
        if trained == 4:
            raise KeyboardInterrupt

    seen: list[Tuned] = []
    with pytest.raises(KeyboardInterrupt):
        _tuned(corpus, _ByRate(stop), 100, found=seen.append)
    (found,) = seen
    assert len(found.trials) == 4
    assert found.best is found.trials[0]
    scores = [trial.scores[0] for trial in found.trials]
    assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]


def test_the_end_of_the_time_leaves_the_best_of_the_last_complete_rung(corpus: EncodedCorpus) -> None:
    purpose = _ByRate()
    found = tune(corpus, purpose, resolve(None, GIVEN), GIVEN, 100, clock=lambda: 1000.0 * (purpose.trained > 100))
    first = [trial for trial in found.trials if trial.scores]
    assert len(found.shares) > 1
    assert purpose.trained == 101
    assert found.best.scores[0] == max(trial.scores[0] for trial in first)  # type: ignore[type-var]


def test_a_search_without_time_trains_the_defaults(corpus: EncodedCorpus) -> None:
    found = _tuned(corpus, _ByRate(), 0.5)
    assert found.best.number == 0
    assert found.verdict is None


def test_failed_trainings_are_the_worst(corpus: EncodedCorpus) -> None:
    class Picky(_ByRate):
        def score(self, trainer: Trainer, model: Model) -> float | None:
            found = super().score(trainer, model)
            return None if model.config.rates()[0] > 0.025 else found

    assert _tuned(corpus, Picky(), 20).config.rates()[0] <= 0.025

    class Never(_ByRate):
        def score(self, trainer: Trainer, model: Model) -> float | None:
            return float("nan")

    with pytest.raises(ConfigError, match="every training failed: lower the rates"):
        _tuned(corpus, Never(), 5)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.1, 0.3, "is better"), (-0.1, 0.3, "not better .* beyond chance"), (-0.3, -0.1, "is worse than the defaults")],
)
def test_the_defaults_are_kept_unless_the_choice_is_better_beyond_chance(
    corpus: EncodedCorpus, low: float, high: float, told: str
) -> None:
    class Judged(_ByRate):
        def verdict(self, before: float, after: float) -> Verdict:
            return Verdict("", (low + high) / 2, low, high)

    found = _tuned(corpus, Judged(), 20)
    assert found.best.number
    assert found.verdict is not None
    assert re.search(told, found.verdict.conclusion)
    defaults = _tuned(corpus, _ByRate(), 0.5)
    assert (found.config == defaults.config) == (low <= 0)
    assert "not better" in Verdict("too little to tell").conclusion


def test_a_short_text_is_refused() -> None:
    with embed.encode([["a", "b"]] * 50) as short, pytest.raises(ConfigError, match="has 50 sentences, too few"):
        _tuned(short, Loss())


def test_the_held_out_loss_chooses_and_judges_on_different_parts(corpus: EncodedCorpus) -> None:
    found = _tuned(corpus, Loss(), 60)
    assert {name for trial in found.trials for name in trial.values} <= {"dim", "min_n", "max_n"}
    assert all(not trial.values for trial in found.trials), "dim is given, and words have no n-grams"
    if found.best.number:
        assert found.verdict is not None
        assert "difference" in found.verdict.text
    assert found.config.held_out == 0


def test_test_sets_are_halved_by_clusters() -> None:
    questions = tuple(("a", "b", str(n), str(-n)) for n in range(5)) + tuple(("c", "d", str(n), "x") for n in range(4))
    whole = AnalogySet("q", questions, ("s",) * 9)
    one, other = halves(whole)
    assert isinstance(one, AnalogySet)
    assert isinstance(other, AnalogySet)
    assert {*one.questions, *other.questions} == set(questions)
    assert not {q[:2] for q in one.questions} & {q[:2] for q in other.questions}
    pairs = SimilaritySet.from_pairs("p", [(str(n), "x", n) for n in range(11)])
    first, second = halves(pairs)
    assert sorted((len(first), len(second))) == [5, 6]
    assert isinstance(first, SimilaritySet)
    assert isinstance(second, SimilaritySet)
    assert {*first.pairs, *second.pairs} == set(pairs.pairs)
    with pytest.raises(ConfigError, match="too small to be cut"):
        halves(SimilaritySet.from_pairs("p", [("a", "b", 1)]))


def test_sets_choose_among_kinds_of_models(corpus: EncodedCorpus) -> None:
    words = corpus.vocabulary.words
    pairs = SimilaritySet.from_pairs("p", [(words[n], words[n + 1], n) for n in range(30)])
    given = {"dim": 16, "threads": 1, "epochs": 1, "min_count": 1, "buckets": 100}
    found = tune(corpus, Sets([pairs]), resolve(None, given), given, 40, clock=_Ticks())
    assert len({trial.values.get("objective") for trial in found.trials}) > 1
    if found.best.number:
        assert found.verdict is not None
        assert "chosen" in found.verdict.text


def test_a_spread_corpus_has_a_share_and_the_whole_end(corpus: EncodedCorpus) -> None:
    part = SpreadCorpus(corpus, 0.25, 1400)
    assert part.sentences == 350 + 100
    assert part.tokens == 450 * 6
    assert part.tail_tokens == 600
    taken = np.concatenate([np.arange(3, 1400, 4), np.arange(1400, 1500)])
    assert np.array_equal(part.starts, corpus.offsets[taken])
    assert SpreadCorpus(corpus, 1.0, 1500).tokens == corpus.tokens
    part.close()
    assert not part.tokens
    assert corpus.tokens


def test_the_command_writes_what_train_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, toml = tmp_path / "t.txt", tmp_path / "t.toml"
    text.write_text("".join(" ".join(line) + "\n" for line in itertools.islice(SyntheticCorpus(6000), 400)))
    small = ["--dim", "16", "--epochs", "1", "--no-subword", "--threads", "1", "--quiet"]
    assert main(["tune", str(text), "-o", str(toml), "--time-budget", "1s", *small]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    assert out.out.startswith("trial")
    assert "defaults" in out.out
    config = TrainConfig.from_toml(toml)
    assert (config.dim, config.epochs, config.subword) == (16, 1, False)
    assert config.lr is not None
    assert main(["train", str(text), "-o", str(tmp_path / "v.txt"), "--config", str(toml), "--quiet"]) == 0
    assert main(["tune", str(text), "-o", str(text), "--time-budget", "1s"]) != 0
    assert main(["tune", str(text), "-o", str(toml), "--time-budget", "soon"]) != 0
    assert main(["tune", str(text), "-o", str(toml), "--time-budget", "1s", "--for", "nowhere.tsv"]) != 0
