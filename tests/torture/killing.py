"""kill -9 at moments all over a run of the real command, and what a checkpoint costs the training."""

from __future__ import annotations

import collections
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from embed.checkpoints.checkpoint_folder import checkpoints_in, read
from embed.checkpoints.writer import Saver
from embed.config import TrainConfig
from embed.config.durations import Every
from embed.text.encoded_corpus import META, EncodedCorpus
from embed.text.encoding import encode
from embed.training.trainer import Trainer

from .measure import text_of

__all__ = ["CHECKS"]

_KILLS, _FEWEST_KILLS = 200, 8
_EPOCHS, _DIM = 4, 48
_TRAIN = [sys.executable, "-m", "embed", "train"]
_WORDS = ["--objective", "sg"]
_KINDS: dict[str, list[str]] = {
    "plain": _WORDS,
    "preset": ["--buckets", "1000"],  # the one that a small text has unasked
    # goes back to the first
    "patience": [*_WORDS, "--held-out", "0.1", "--patience", str(_EPOCHS - 1), "--min-delta", "100"],
    "continued": ["--continue-from"],
}
_MOMENTS = ("start", "encoded", *range(1, 15), "export")
"""What a kill waits for: a checkpoint of this number, say. A random delay follows, so that it may strike anywhere."""
_START_SECONDS, _STEP_SECONDS, _POLL_SECONDS = 1.0, 0.04, 0.002
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""A killed process loses nothing that it has handed to the system, so a disk would only take time."""
_OLD = b"an older file that is good\n"


def _command(folder: Path, kind: str) -> list[str]:
    """Return the command whose run goes through all steps: it encodes, trains, writes checkpoints and exports."""
    settings = f"--threads 1 --epochs {_EPOCHS} --min-count 1 --quiet --checkpoint-every 90000tokens".split()
    places = ["-o", str(folder / "v.txt"), "--checkpoint", str(folder / "kept"), "--resume", str(folder / "kept")]
    more = [str(folder.parent / "model.embed")] if kind == "continued" else ["--encoded", str(folder / "encoded")]
    dim = [] if kind == "continued" else ["--dim", str(_DIM)]
    return [*_TRAIN, str(folder.parent / "corpus.txt"), *places, *settings, *dim, *_KINDS[kind], *more]


def _run(folder: Path, kind: str, **settings: Any) -> subprocess.Popen[str]:
    """Start a run whose temporary files go with its folder."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(_command(folder, kind), text=True, env=environment, **settings)


def _step(folder: Path) -> str:
    """Tell how far a killed run had come, by what it left; what it left must be whole."""
    found = checkpoints_in(folder / "kept")
    for path in found:
        read(path)
    if (folder / "encoded" / META).exists():
        EncodedCorpus.open(folder / "encoded").close()
    if any(folder.glob(".embed-*.tmp")):
        return "exporting"
    if any((folder / "kept").glob(".embed-*.tmp")):
        return "writing a checkpoint"
    if found and read(found[-1]).place.epoch == _EPOCHS:
        return "after training"
    if found:
        return "between checkpoints"
    return "encoded" if (folder / "encoded" / META).exists() else "encoding"


def _reached(folder: Path, moment: str | int) -> bool:
    if moment == "encoded":
        return (folder / "encoded" / META).exists()
    if moment == "export":
        return any(folder.glob(".embed-*.tmp"))
    return moment == "start" or any((folder / "kept").glob(f"checkpoint-{moment:06d}.ckpt"))


def kills(scale: float) -> str:
    """Kill the command at random moments, run it again each time, and compare what it exports, to the byte."""
    count = max(_FEWEST_KILLS, round(_KILLS * scale))
    rng = random.Random(1)
    steps: collections.Counter[str] = collections.Counter()
    kinds: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(dir=_MEMORY) as name:
        home = Path(name)
        (home / "corpus.txt").write_bytes(b"".join(text_of(300_000, 10_000, b"\n")))
        start = ["--save-model", str(home / "model.embed"), *_WORDS, "--dim", str(_DIM), "--epochs", "1", "--quiet"]
        subprocess.run([*_TRAIN, str(home / "corpus.txt"), *start, "--threads", "1"], check=True, capture_output=True)
        with ThreadPoolExecutor() as pool:
            whole = pool.map(lambda kind: _exported(home / f"whole-{kind}", kind), _KINDS)
            expected = dict(zip(_KINDS, whole, strict=True))
        while steps.total() < count:
            folder, kind = home / "killed", rng.choice(list(_KINDS))
            folder.mkdir()
            (folder / "v.txt").write_bytes(_OLD)
            moment = rng.choice([each for each in _MOMENTS if kind != "continued" or each != "encoded"])
            with _run(folder, kind, stderr=subprocess.DEVNULL) as process:
                while process.poll() is None and not _reached(folder, moment):
                    time.sleep(_POLL_SECONDS)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(rng.uniform(0, _START_SECONDS if moment == "start" else _STEP_SECONDS))
                process.kill()
            if process.returncode == -signal.SIGKILL:
                step = _step(folder)
                steps[step] += 1
                kinds[kind] += 1
                assert (folder / "v.txt").read_bytes() in (_OLD, expected[kind]), (kind, step)
                again = _exported(folder, kind)
                assert not any(folder.rglob(".embed-*.tmp")), (kind, step)
            else:
                assert process.returncode == 0  # it was through before: that is no kill
                again = (folder / "v.txt").read_bytes()
            assert again == expected[kind], (kind, moment)
            shutil.rmtree(folder)
    told = ", ".join(f"{step} {steps[step]}" for step in sorted(steps))
    runs = ", ".join(f"{kind} {kinds[kind]}" for kind in sorted(kinds))
    return f"killed {count} times ({told}; runs: {runs}), each time gone on with to the same bytes"


def _exported(folder: Path, kind: str) -> bytes:
    """Run to the end and return what was exported."""
    folder.mkdir(exist_ok=True)
    with _run(folder, kind, stderr=subprocess.PIPE) as process:
        _, told = process.communicate()
    assert process.returncode == 0, (kind, told)
    return (folder / "v.txt").read_bytes()


def pause(scale: float) -> str:
    """Measure how long the workers wait for a checkpoint of 1 GB."""
    dim, rows = 100, max(1000, int(1_120_000 * scale))
    sentences = [[f"w{first + i}" for i in range(1000)] for first in range(0, rows, 1000)]
    with encode(sentences, min_count=1) as corpus, tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(corpus, TrainConfig(dim=dim, min_count=1, epochs=4, threads=2, subsample=0))
        with Saver(folder, Every(), 1) as saver:
            trainer.run(saver=saver)
        size = sum(os.path.getsize(path) for path in checkpoints_in(folder))
        found = read(checkpoints_in(folder)[-1])
        assert found.place.epoch == 4
        assert np.isfinite(found.history[-1].loss)
    pauses = " ".join(f"{seconds:.3f}" for seconds in saver.pauses)
    return f"{len(saver.pauses)} checkpoints of {size / 1e9:.2f} GB, the workers waited {pauses} s"


CHECKS: dict[str, Callable[[float], str]] = {"kills": kills, "checkpoint-pause": pause}
