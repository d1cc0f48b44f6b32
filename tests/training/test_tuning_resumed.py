"""A search that is killed at any moment resumes, and finds what it would have found."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.checkpoints.checkpoint_folder import held
from embed.cli import main
from embed.config.presets import resolve
from embed.corpora import SyntheticCorpus
from embed.errors import ConfigError, FormatError
from embed.eval import SimilaritySet
from embed.files import atomic
from embed.files.json_text import json_text, parse_json
from embed.model.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.training import tuning
from embed.training.purposes import Loss, Purpose, Sets
from embed.training.trainer import Trainer
from embed.training.trials import TRIALS
from embed.training.tuning import Tuned, tune

GIVEN = {"dim": 16, "threads": 1, "subword": False, "epochs": 1, "min_count": 1}


class Killed(BaseException):
    """Ends a search as a kill would: nothing after it is written."""


@pytest.fixture(scope="module")
def corpus() -> Iterator[EncodedCorpus]:
    draw = np.random.default_rng(1)
    with embed.encode([[f"w{word}" for word in draw.zipf(1.5, 6) % 50] for _ in range(600)], min_count=1) as encoded:
        yield encoded


@pytest.fixture(autouse=True)
def _few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_MOST", 9)


class _Counting(Loss):
    """The held-out loss, and a look at each training before its score is stored."""

    def __init__(self, event: Callable[[], object] = lambda: None) -> None:
        self.trained = 0
        self._event = event

    def score(self, trainer: Trainer, model: Model) -> float | None:
        self._event()
        self.trained += 1
        return super().score(trainer, model)


def _tuned(corpus: EncodedCorpus, purpose: Purpose, given: Mapping[str, Any] = GIVEN, **more: Any) -> Tuned:
    clock = more.pop("clock", lambda: 0.0)
    return tune(corpus, purpose, resolve(None, given), given, more.pop("seconds", 10.0), clock=clock, **more)


def _trainings(found: Tuned) -> int:
    return sum(len(trial.scores) for trial in found.trials)


def _facts(found: Tuned) -> tuple[Any, ...]:
    trials = [(trial.number, trial.values, trial.rate, trial.scores) for trial in found.trials]
    return found.config, found.best.number, trials, found.shares, found.verdict


def test_a_search_killed_again_and_again_finds_what_an_undisturbed_one_finds(
    corpus: EncodedCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = _tuned(corpus, _Counting())
    left, replace = 0, os.replace

    def event() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Killed

    def replaced(source: Any, target: Any) -> None:
        event()  # the file is written, and not yet at its place
        replace(source, target)
        event()

    monkeypatch.setattr(atomic.os, "replace", replaced)
    trained, kills = 0, 0
    for lives in itertools.cycle(range(3, 12)):
        left, purpose = lives, _Counting(event)
        try:
            found = _tuned(corpus, purpose, directory=tmp_path / "t")
            break
        except Killed:
            kills += 1
        finally:
            trained += purpose.trained
    assert kills > 5
    assert undisturbed.best.number
    assert undisturbed.verdict is not None
    assert undisturbed.verdict.is_fresh
    assert _trainings(undisturbed) <= trained <= _trainings(undisturbed) + kills
    assert _facts(found) == _facts(undisturbed)
    stored = parse_json((tmp_path / "t" / TRIALS).read_bytes())
    files = {f"judged-{rung + 1}-{number}.json" for rung, number in stored["judged"]}
    assert {path.name for path in (tmp_path / "t").iterdir()} == {TRIALS, *files}


def test_vectors_that_the_verdict_compares_outlive_the_search(corpus: EncodedCorpus, tmp_path: Path) -> None:
    words = corpus.vocabulary.words
    pairs = [SimilaritySet.from_pairs("p", [(words[n], words[n + 1], n) for n in range(30)])]
    given = {**GIVEN, "objective": "sg", "structured": False}
    found = _tuned(corpus, Sets(pairs), given, directory=tmp_path)
    notes: list[str] = []
    again = _tuned(corpus, Sets(pairs), given, directory=tmp_path, note=notes.append)
    assert found.best.number
    assert found.verdict is not None
    assert _facts(again) == _facts(found)
    assert len(notes) == 1
    assert f"{_trainings(found)} trainings have ended" in notes[0]
    with pytest.raises(ConfigError, match="what it is for differs"):
        _tuned(corpus, Sets([*pairs, *pairs]), given, directory=tmp_path)
    sorted(tmp_path.glob("judged-*-*.embed"))[-1].write_bytes(b"torn")
    with pytest.raises(FormatError, match=r"judged-.*: remove .* to search from the beginning"):
        _tuned(corpus, Sets(pairs), given, directory=tmp_path)


def test_the_time_before_the_kill_counts_and_more_time_goes_on(corpus: EncodedCorpus, tmp_path: Path) -> None:
    began = _Counting()
    first = _tuned(corpus, began, seconds=1.0, directory=tmp_path, clock=lambda: 0.4 * began.trained)
    assert began.trained == 3
    notes: list[str] = []
    again = _Counting()
    same = _tuned(corpus, again, seconds=1.0, directory=tmp_path, clock=lambda: 0.4 * again.trained, note=notes.append)
    assert again.trained == 0
    assert _facts(same) == _facts(first)
    assert "3 trainings have ended, 0 s are left" in notes[0]
    assert "longer time_budget goes on" in notes[1]
    more = _Counting()
    last = _tuned(corpus, more, seconds=99.0, directory=tmp_path)
    assert more.trained == _trainings(last) - 3
    assert _facts(last) == _facts(_tuned(corpus, _Counting()))


def test_another_search_in_the_folder_is_refused(corpus: EncodedCorpus, tmp_path: Path) -> None:
    stopped = _Counting()
    _tuned(corpus, stopped, seconds=0.5, directory=tmp_path, clock=lambda: 1.0 * stopped.trained)
    for given, reason in (
        ({**GIVEN, "dim": 20}, "dim is 16 there, 20 here"),
        ({**GIVEN, "min_n": 3}, "min_n is given here alone"),
    ):
        with pytest.raises(ConfigError, match=rf"holds the trials of another search \({reason}\): remove it, or name"):
            _tuned(corpus, Loss(), given, directory=tmp_path)
    with embed.encode([["a", "b", "c"]] * 300) as other, pytest.raises(ConfigError, match="the text differs"):
        _tuned(other, Loss(), directory=tmp_path)
    with held(tmp_path), pytest.raises(ConfigError, match="is in use: process"):
        _tuned(corpus, Loss(), directory=tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content["trials"].clear(),
        lambda content: content["trials"][0].update(scores=["x"]),
        lambda content: content["trials"][0].update(scores=[0.5] * 9),
        lambda content: content["trials"][1].pop("seconds"),
        lambda content: content["trials"][1].update(rate=7.0),
        lambda content: content.update(shares=[2.0, "x"]),
        lambda content: content.update(spent=-1),
        lambda content: content.update(judged=[[0, 99]]),
        lambda content: content.update(judged=[[0, 1, 2]]),
        lambda content: content.update(search=3),
        lambda content: content.pop("shares"),
        lambda content: content.clear(),
    ],
)
def test_a_damaged_file_is_a_sentence(
    corpus: EncodedCorpus, tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    stopped = _Counting()
    _tuned(corpus, stopped, seconds=0.5, directory=tmp_path, clock=lambda: 1.0 * stopped.trained)
    path = tmp_path / TRIALS
    content = parse_json(path.read_bytes())
    damage(content)
    path.write_text(json_text(content))
    with pytest.raises((ConfigError, FormatError), match=r"remove (it|.* to search from the beginning)"):
        _tuned(corpus, Loss(), directory=tmp_path)
    path.write_bytes(b'{"search": ')
    with pytest.raises(FormatError, match=r"trials\.json: damaged"):
        _tuned(corpus, Loss(), directory=tmp_path)


SEARCH = """
import os, signal, sys
from embed.cli import main
from embed.training import tuning
from embed.training.trainer import Trainer

tuning._MOST, run, runs = 9, Trainer.run, 0

def killed(self, *arguments, **more):
    global runs
    runs += 1
    if runs == 5:  # the first looks at the cost
        os.kill(os.getpid(), signal.SIGKILL)
    return run(self, *arguments, **more)

Trainer.run = killed
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_the_command_resumes_after_a_kill_and_after_ctrl_c(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, toml = tmp_path / "t.txt", tmp_path / "t.toml"
    text.write_text("".join(" ".join(line) + "\n" for line in itertools.islice(SyntheticCorpus(6000), 400)))
    command = ["tune", str(text), "-o", str(toml), "--time-budget", "1h"]
    command += ["--dim", "16", "--epochs", "1", "--no-subword", "--threads", "1"]
    ended = subprocess.run([sys.executable, "-c", SEARCH, *command], capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL
    assert not toml.exists()
    folder = tmp_path / "t.toml.trials"
    before = parse_json((folder / TRIALS).read_bytes())["trials"]
    assert [len(trial["scores"]) for trial in before] == [1] * 3 + [0] * 6

    run = Trainer.run
    runs = 0

    def stopped(self: Trainer, *arguments: Any, **more: Any) -> Model:
        nonlocal runs
        runs += 1
        if runs == 3:
            raise KeyboardInterrupt
        return run(self, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run", stopped)
        assert main(command) == 130
    out = capsys.readouterr()
    assert "3 trainings have ended" in out.err
    assert "resume with: train-embeddings tune " in out.err
    assert len(out.out.splitlines()) >= 1 + 5
    assert toml.exists()
    assert main([*command, "--quiet"]) == 0
    after = parse_json((folder / TRIALS).read_bytes())["trials"]
    assert [trial["scores"][0] for trial in after[:3]] == [trial["scores"][0] for trial in before[:3]]
    assert "--time-budget 1h" in toml.read_text()
    assert main([*command, "--lr", "0.1"]) == 2
    assert "--lr is not set there, 0.1 here" in capsys.readouterr().err
    shutil.rmtree(folder)
    folder.write_text("a file of the user")
    assert main(command) == 2
    assert folder.read_text() == "a file of the user"
