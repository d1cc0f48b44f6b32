"""A cluster of processes of this machine, whose workers are killed; `make test-cluster` installs Ray."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed.cli import main
from embed.corpora import SyntheticCorpus
from embed.engine import _kernels
from embed.engine.machine import SIMD_VARIABLE
from embed.errors import ClusterError, ClusterWarning
from embed.model.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.backends.crew import Facts

ray = pytest.importorskip("ray", reason="needs Ray: make test-cluster")
ray_crew = pytest.importorskip("embed.training.backends.ray_crew")
if not Path("/proc").is_dir():
    pytest.skip("finds the processes of workers in /proc", allow_module_level=True)

SMALL: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 1, "objective": "sg", "merge_tokens": 1024}
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::FutureWarning")


@pytest.fixture(scope="module")
def text() -> Iterator[EncodedCorpus]:
    with encode(SyntheticCorpus(seed=5, sentences=1000), min_count=1) as corpus:
        yield corpus


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(address="local", num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()
    gc.collect()  # the processes of Ray, of which some are still ending, while the warnings of this module count


@pytest.fixture(autouse=True)
def free_processors(cluster: None) -> None:
    """Wait until the workers of the last test have ended, which takes long on a busy machine."""
    until = time.monotonic() + 60
    while ray.available_resources().get("CPU") != 3 and time.monotonic() < until:
        time.sleep(0.1)


def workers(starter: int | None = None) -> list[int]:
    """Return the processes of the workers of the cluster that a process, this one, has started, as a grandparent."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_worker = (folder / "cmdline").read_bytes().startswith(b"ray::_Worker")
            if is_worker and parent_of(parent_of(int(folder.name))) == (starter or os.getpid()):
                found.append(int(folder.name))
    return found


def parent_of(process: int) -> int:
    """Return the parent of a process."""
    [parent] = re.findall(r"^PPid:\s*(\d+)", Path(f"/proc/{process}/status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(parent)


def kill_one() -> None:
    """Kill a worker as soon as there is one, or give up: the training may be over."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for worker in workers():
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                return
        time.sleep(0.02)


def trained(text: EncodedCorpus, **settings: Any) -> Model:
    return embed.train(text, progress=False, **{**SMALL, "epochs": 3, "cluster": "auto", **settings})


def test_single_worker_lands_on_the_bits_of_this_machine(text: EncodedCorpus) -> None:
    here = embed.train(text, progress=False, dim=16, min_count=1, threads=1, objective="sg", epochs=3)
    there = trained(text, workers=1)
    assert np.array_equal(here.input, there.input)
    assert np.array_equal(here.output, there.output)
    assert there.config.workers == 1


def test_killed_workers_change_nothing(text: EncodedCorpus) -> None:
    expected = trained(text, workers=2)
    killed: list[threading.Timer] = []

    def kill(*_: object) -> None:  # at the end of each epoch, and a moment later
        kill_one()
        killed.append(threading.Timer(0.2, kill_one))
        killed[-1].start()

    with pytest.warns(ClusterWarning, match=r"worker \d+ has died"):
        again = trained(text, workers=2, callbacks=[kill])
    for timer in killed:
        timer.join()
    assert np.array_equal(expected.input, again.input)
    assert np.array_equal(expected.output, again.output)
    assert [record.loss for record in expected.history] == pytest.approx([record.loss for record in again.history])


def test_worker_that_no_longer_answers_is_replaced(text: EncodedCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_crew, "_STALL_SECONDS", 3.0)
    expected = trained(text, workers=2)
    stopped: list[int] = []

    def stop(*_: object) -> None:
        if not stopped:
            stopped.append(workers()[0])
            os.kill(stopped[0], signal.SIGSTOP)

    with (
        pytest.warns(ClusterWarning, match=r"worker \d+ has died"),
        pytest.warns(ClusterWarning, match=r"worker \d+ no longer answers, so it is ended"),
    ):
        again = trained(text, workers=2, callbacks=[stop])
    assert np.array_equal(expected.input, again.input)
    assert np.array_equal(expected.output, again.output)
    until = time.monotonic() + 10
    while Path(f"/proc/{stopped[0]}").exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert stopped[0] not in workers()


def test_workers_that_differ_train_with_a_warning(text: EncodedCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    new, kinds = ray_crew.RayCrew._new, iter(_kernels.simd_names())

    def other(crew: Any) -> Any:
        monkeypatch.setitem(ray_crew._ONE_BLAS_THREAD, SIMD_VARIABLE, next(kinds))
        return new(crew)

    monkeypatch.setattr(ray_crew.RayCrew, "_new", other)
    with pytest.warns(ClusterWarning, match=r"the workers differ in instruction set \("):
        model = trained(text, workers=2)
    assert model.history[-1].loss


def test_workers_of_another_version_train_with_a_warning(text: EncodedCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    class Older(ray_crew._Worker):
        def facts(self) -> Facts:
            return replace(super().facts(), version="0.0.1")

    monkeypatch.setattr(ray_crew, "_Worker", Older)
    with pytest.warns(ClusterWarning, match=r"the workers differ in version \(0\.0\.1 on "):
        model = trained(text, workers=2)
    assert model.history[-1].loss


def test_worker_that_dies_at_once_is_started_again(text: EncodedCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    new, left = ray_crew.RayCrew._new, [1]

    def dead(crew: Any) -> Any:
        actor, sign = new(crew)
        if left:
            ray.kill(actor)
            left.pop()
        return actor, sign

    monkeypatch.setattr(ray_crew.RayCrew, "_new", dead)
    assert trained(text, workers=2).history[-1].loss
    assert not left
    left += range(9)
    with pytest.raises(ClusterError, match=r"a worker could not be started: "):
        trained(text, workers=2)


def test_workers_that_come_take_lanes(text: EncodedCorpus, caplog: pytest.LogCaptureFixture) -> None:
    expected = trained(text, workers=2, lanes=3, epochs=6)
    with caplog.at_level("INFO", "embed"):
        again = trained(text, lanes=3, epochs=6)  # one worker a machine, and then one for each free processor
    assert "worker 2 has come" in caplog.text
    assert again.config.workers == 1
    assert np.array_equal(expected.input, again.input)
    assert np.array_equal(expected.output, again.output)


def test_run_resumes_on_a_cluster(text: EncodedCorpus, tmp_path: Path) -> None:
    expected = trained(text, workers=2)
    half = {"workers": 2, "checkpoint": tmp_path / "ck", "checkpoint_every": "epoch"}
    trained(text, **half, callbacks=[lambda record, model: record.epoch == 2])
    again = trained(text, **half, resume=tmp_path / "ck")
    assert np.array_equal(expected.input, again.input)


def test_more_processors_than_there_are_is_refused(text: EncodedCorpus) -> None:
    with pytest.raises(ClusterError, match=r"4 workers need 4 processors \(1 each\), but the cluster has 3"):
        trained(text, workers=4)


def test_cluster_of_another_run_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    assert ray_crew._named("auto") is None  # the cluster of these tests was not started by `ray start`
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text("10.0.0.1:6379\n")
    assert ray_crew._named("auto") == "10.0.0.1:6379"
    monkeypatch.setenv("RAY_ADDRESS", "ray://10.0.0.2:10001")
    assert ray_crew._named("auto") == "ray://10.0.0.2:10001"
    assert ray_crew._named("10.0.0.3:6379") == "10.0.0.3:6379"
    monkeypatch.setenv("RAY_ADDRESS", "local")
    assert ray_crew._named("auto") is None


def test_run_beside_another_one_starts_its_own_cluster() -> None:
    code = """
        import ray
        from embed.training.backends.ray_crew import RayCrew
        crew = RayCrew("auto", 1, 1)
        print(ray.get_runtime_context().gcs_address)
        crew.start(1)
        crew.close()
        crew.close()
        assert not ray.is_initialized()
    """
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)]
    with tempfile.TemporaryDirectory() as folder:  # a short path, for sockets
        there = {**os.environ, "RAY_TMPDIR": folder}
        there.pop("RAY_ADDRESS", None)
        found = subprocess.run(command, env=there, check=True, capture_output=True, text=True).stdout.split()[-1]
    assert found != ray.get_runtime_context().gcs_address


def test_own_cluster_starts_what_it_needs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    parameter = pytest.importorskip("ray._private.parameter")
    whole, seen = parameter.RayParams, []

    def init(**settings: Any) -> None:
        made = parameter.RayParams(include_dashboard=settings["include_dashboard"])
        seen.append((made.no_monitor, made.include_log_monitor, made.include_dashboard, os.environ["OMP_NUM_THREADS"]))

    monkeypatch.setattr(ray_crew, "_quietly_init", init)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    ray_crew._start_here(1)
    assert seen == [(True, False, False, "1")]
    assert parameter.RayParams is whole
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_address_where_nothing_listens_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClusterError, match=r"there is no Ray cluster at 127\.0\.0\.1:1: "):
        ray_crew._connected("127.0.0.1:1")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(ClusterError, match=r"at 127\.0\.0\.1:1, which RAY_ADDRESS names: .*; see ray start"):
        ray_crew._connected("auto")


def test_ray_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**_: object) -> None:
        raise Exception("The node timed out.")

    monkeypatch.setattr(ray_crew.ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray_crew, "_connected", lambda _: False)
    monkeypatch.setattr(ray_crew, "_quietly_init", slow)
    with pytest.raises(ClusterError, match=r"Ray does not start here: The node timed out\.; try again, or"):
        ray_crew.RayCrew("auto", 1, 1)


class Holder:
    """Takes processors from a run."""

    def answer(self) -> None:
        """Answer."""


def held() -> Any:
    """Return an actor that holds two of the three processors."""
    actor = ray.remote(Holder).options(num_cpus=2).remote()
    ray.get(actor.answer.remote())
    return actor


def test_run_that_waits_for_processors_says_so(text: EncodedCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, told = held(), []

    def let_go(message: str, _: type[Warning]) -> None:
        told.append(message)
        ray.kill(holder)

    monkeypatch.setattr(ray_crew, "advise", let_go)
    monkeypatch.setattr(ray_crew, "_TELL_SECONDS", 0.2)
    model = trained(text, workers=2)
    assert model.history[-1].loss
    [sentence] = told
    assert re.fullmatch(
        r"this run waits: . of 2 workers need . processors, and . of the 3 of the cluster of this process are free: "
        r"end other runs there, lower workers or threads, or add machines",
        sentence,
    )


def test_processors_that_never_come_end_the_run(text: EncodedCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_crew, "_TELL_SECONDS", 0.1)
    monkeypatch.setattr(ray_crew, "_PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(ray_crew, "_CLOSE_SECONDS", 0.1)
    holder = held()
    try:
        with (
            pytest.warns(ClusterWarning, match="this run waits: "),
            pytest.raises(ClusterError, match=r"gave up after \d+ seconds, for \d of 2 workers need \d processors"),
        ):
            trained(text, workers=2)
    finally:
        ray.kill(holder)


def test_command_that_loses_a_worker_says_so_alone(tmp_path: Path) -> None:
    corpus, log = tmp_path / "corpus.txt", tmp_path / "log"
    corpus.write_text("\n".join(" ".join(words) for words in SyntheticCorpus(seed=5, sentences=2000)))
    arguments = ["train", str(corpus), "-o", str(tmp_path / "out.txt"), "--dim", "8", "--objective", "sg"]
    arguments += ["--epochs", "40", "--min-count", "1", "--merge-tokens", "1024", "--log-json", str(log)]
    there = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    with tempfile.TemporaryDirectory() as folder:  # a short path, for sockets
        command = subprocess.Popen(
            [sys.executable, "-m", "embed", *arguments, "--cluster", "auto", "--workers", "2", "--threads", "1"],
            env={**there, "RAY_TMPDIR": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while command.poll() is None and not (log.exists() and '"epoch"' in log.read_text()):
            time.sleep(0.02)
        os.kill(workers(command.pid)[0], signal.SIGKILL)
        said = command.communicate()[0]
    assert command.returncode == 0, said
    assert re.search(
        r"^train-embeddings: warning: worker \d has died; its last tokens are trained again$", said, re.MULTILINE
    )
    assert "aylet" not in said
    assert "Unhandled" not in said


def test_command_trains_on_a_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(" ".join(words) for words in SyntheticCorpus(seed=5, sentences=300)))
    out = tmp_path / "vectors.txt"
    arguments = ["train", str(corpus), "-o", str(out), "--dim", "8", "--epochs", "1", "--min-count", "1"]
    assert main([*arguments, "--cluster", "auto", "--workers", "2", "--threads", "1"]) == 0
    assert out.read_text().partition("\n")[0].endswith(" 8")
