"""Signals that ask a process to end: which are heard, how often they count, and what they leave behind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embed import cli
from embed.checkpoints import checkpoint_file
from embed.checkpoints import signals as interrupts
from embed.checkpoints.checkpoint_folder import checkpoints_in
from embed.checkpoints.signals import ENDING, Heard, Interrupted, NotedSignals
from embed.corpora import SyntheticCorpus
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.train import train

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
SMALL: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 1, "epochs": 3, "objective": "sg", "progress": False}
TEXT = "\n".join(" ".join(f"w{(i * 7 + j) % 500}" for j in range(50)) for i in range(2000))


@pytest.fixture(scope="module")
def encoded() -> Iterator[EncodedCorpus]:
    with encode(SyntheticCorpus(seed=3, sentences=200), min_count=1) as corpus:
        yield corpus


@pytest.fixture(autouse=True)
def _python_handlers() -> Iterator[None]:
    """Hear every signal even where the tests run in the background or under nohup."""
    before = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Clock:
    """Time that passes when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(interrupts, "monotonic", lambda: self.now)


# how often a signal counts


@pytest.mark.parametrize("number", ENDING)
def test_signal_raises_and_handlers_are_restored(number: int) -> None:
    before = [signal.getsignal(other) for other in ENDING]
    with pytest.raises(Interrupted) as stopped, Heard():
        signal.raise_signal(number)
    assert stopped.value.exit_code == 128 + number
    assert [signal.getsignal(other) for other in ENDING] == before


def test_repeated_signal_within_a_second_does_not_interrupt_cleanup(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    cleared = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            clock.now += 0.9
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGHUP)
            cleared.append(True)

    with Heard():
        with pytest.raises(Interrupted, match="terminated"):
            work()
        clock.now += 0.2
        with pytest.raises(Interrupted, match="hung up"):
            signal.raise_signal(signal.SIGHUP)
    assert cleared == [True]


def test_ignored_signals_and_foreign_handlers_stay() -> None:
    heard = []
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
        with Heard(), NotedSignals() as signals:
            signal.raise_signal(signal.SIGHUP)
            assert signals.look() is None
        with Heard():
            signal.raise_signal(signal.SIGTERM)
        assert heard == [1]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_interrupt_lost_in_a_finalizer_is_raised_again() -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def work() -> None:
        Finalized()
        time.sleep(60)

    with pytest.raises(Interrupted), Heard():
        work()


def test_interrupt_swallowed_by_a_library_is_raised_again() -> None:
    def work() -> None:
        with contextlib.suppress(BaseException):  # as the import of some libraries does
            signal.raise_signal(signal.SIGTERM)
        time.sleep(60)

    with pytest.raises(Interrupted, match="terminated"), Heard():
        work()


def test_interrupt_being_handled_is_not_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "_SWALLOWED_SECONDS", 0.0)
    handled = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            with contextlib.suppress(ValueError):  # clearing up has errors of its own
                time.sleep(0.1)
                raise ValueError
            handled.append(True)

    with pytest.raises(Interrupted), Heard() as heard:
        work()
    assert handled == [True]
    assert heard.number == signal.SIGINT


def test_a_late_timer_sends_no_signal_after_the_block() -> None:
    with Heard() as heard:
        pass
    heard._ask_again(signal.SIGINT)  # raises KeyboardInterrupt if it is sent
    time.sleep(0.01)


def test_error_caused_by_an_interrupt_counts_as_interrupt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def translate(*_: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException:
            raise RuntimeError("Operation has been terminated") from None

    monkeypatch.setattr("embed.cli.commands.evaluate.check_inputs", translate)
    assert cli.main(["evaluate", "vectors", "set"]) == 130
    assert capsys.readouterr().err == "train-embeddings: interrupted\n"


def test_second_noted_signal_counts_a_second_after_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with NotedSignals() as signals:
        signals.look()
        signal.raise_signal(signal.SIGTERM)
        clock.now += 5  # the process was stopped for so long: nobody knows when the next one was sent
        signal.raise_signal(signal.SIGTERM)
        assert signals.look() == signal.SIGTERM
        with pytest.raises(Interrupted, match="hung up a second time"):
            signal.raise_signal(signal.SIGHUP)


# runs with checkpoints


def test_signals_sent_twice_while_the_checkpoint_is_written_do_not_lose_it(
    encoded: EncodedCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = checkpoint_file.write

    def slow(*arguments: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            os.kill(os.getpid(), number)
        time.sleep(0.3)  # longer than the main thread takes to hear of it
        write(*arguments)

    monkeypatch.setattr(checkpoint_file, "write", slow)

    def callback(record: Any, model: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted, match="terminated in epoch 2 at token 0"):
        train(encoded, **SMALL, checkpoint=tmp_path, callbacks=[callback])
    assert len(checkpoints_in(tmp_path)) == 1
    monkeypatch.setattr(checkpoint_file, "write", write)
    train(encoded, **SMALL, resume=tmp_path)


def test_a_second_signal_does_not_wait_for_a_disk_that_does_not_answer(
    encoded: EncodedCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    write, stuck = checkpoint_file.write, []

    def slow(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)  # the first, or the same again
        time.sleep(0.3)
        clock.now += 1.5
        time.sleep(0.3)  # a look finds the first old
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(6000):
            if stuck:
                break
            time.sleep(0.01)
        write(*arguments)

    monkeypatch.setattr(checkpoint_file, "write", slow)
    try:
        with pytest.raises(Interrupted, match="a second time, before the checkpoint was written"):
            train(encoded, **SMALL, checkpoint=tmp_path, callbacks=[lambda *_: signal.raise_signal(signal.SIGINT)])
        assert checkpoints_in(tmp_path) == []
    finally:
        stuck.append(True)


@pytest.mark.parametrize("kind", ["plain", "checkpoint"])
def test_a_closed_terminal_ends_a_command_as_a_termination_does(kind: str, tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text(TEXT)
    (tmp_path / "t").mkdir()
    more = [] if kind == "plain" else ["--checkpoint", "kept", "--checkpoint-every", "epoch"]
    command = [sys.executable, "-m", "embed", "train", "corpus.txt", "-o", "v.txt", "--epochs", "5000"]
    command += ["--threads", "1", "--objective", "sg", "--subsample", "0", *more]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "t")}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not any((tmp_path / "t").glob("*/meta.json")) or (more and not [*(tmp_path / "kept").glob("*.ckpt")]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        _, message = process.communicate(timeout=60)
    assert process.returncode in (129, 143)  # the system hands over both at once, in either order
    assert "Traceback" not in message
    assert os.listdir(tmp_path / "t") == []
    assert not (tmp_path / "v.txt").exists()
    if more:
        assert checkpoints_in(tmp_path / "kept")
        assert "resume with: train-embeddings train" in message


# while the interpreter itself starts, an interrupt meets its own handler: the command is `python -m embed` from then on
_STARTED = """
import runpy, signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
print("started", flush=True)
runpy.run_module("embed", run_name="__main__", alter_sys=True)
"""


def test_a_signal_at_any_moment_leaves_no_traceback_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text(TEXT)
    temporary = tmp_path / "t"
    temporary.mkdir()
    command = [sys.executable, "-c", _STARTED, "train", "corpus.txt", "-o", "v.txt", "--epochs", "5000"]
    command += ["--threads", "1", "--objective", "sg", "--subsample", "0", "--dim", "50", "--phrases", "1"]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    rng = random.Random(4)
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "embed", "--version"], stdout=subprocess.DEVNULL, check=True)
    longest = 4 * (time.monotonic() - started)
    for _ in range(8):
        number = rng.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
        with subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            time.sleep(longest * rng.random())
            process.send_signal(number)
            _, message = process.communicate(timeout=60)
        assert process.returncode in (128 + number, -number)
        assert "Traceback" not in message
        assert "internal error" not in message
        assert os.listdir(temporary) == []
        assert sorted(os.listdir(tmp_path)) == ["corpus.txt", "t"]
