"""Does a slow, lossy or interrupted network change what several machines learn, and what does it cost?"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.installed import TREE
from benchmarks.lib.bounds import NONE
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.options import option, positive
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.report import Section
from benchmarks.lib.wires import Link, Machines, Switch, machines

UNDISTURBED = "undisturbed"
LINKS: dict[str, tuple[Link, float]] = {
    UNDISTURBED: (Link(), 0.0),
    "100 Mbit/s, 20 ms": (Link(rate=100e6, delay=0.02), 0.0),
    "1 % lost": (Link(loss=0.01), 0.0),
    "5 % lost": (Link(loss=0.05), 0.0),
    "down for 20 s": (Link(), 20.0),
    "down for 100 s": (Link(), 100.0),
}
"""The link of each machine, and the seconds for which one machine is cut off after the first epoch."""
_DEFINITIONS = (
    "Machines of a Ray cluster, each a network namespace of this one with a worker of one thread; a switch in this "
    "process carries their frames.",
    "lost: seconds more than undisturbed. bytes: on the wire, for each token trained, all in: Ray's own too.",
    "vectors: those of the undisturbed run, with its losses, to the bit.",
)
_PORT = 6379
_STORE_BYTES = 300_000_000
_START_SECONDS, _POLL_SECONDS = 60.0, 0.1
_SHOWN = 300


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    links: Sequence[str] = option(tuple(LINKS), "networks to try (default: all)", choices=tuple(LINKS))
    machines: int = option(2, "machines, each with a worker", type=positive)
    epochs: int = option(4, "passes over the text")
    dim: int = option(100, "length of the vectors")
    patience: int = option(900, "seconds after which a run has failed")


def run(source: TextSource, settings: Settings) -> Section:
    """Train once in each network."""
    if importlib.util.find_spec("ray") is None:
        raise BenchmarkError("needs Ray: pip install 'train-embeddings[cluster]'")
    text = str(source.text(None).path.resolve())
    rows, remarks = list[tuple[str, ...]](), list[str]()
    data: dict[str, Any] = {}
    results: dict[str, tuple[bytes, list[float]]] = {}
    names = [UNDISTURBED, *(name for name in settings.links if name != UNDISTURBED)]
    for name in names:
        link, outage = LINKS[name]
        with tempfile.TemporaryDirectory(prefix="links-") as folder:
            found = _train(text, Path(folder), settings, link, outage)
        results[name] = found.pop("vectors"), found["losses"]
        is_same = results[name] == results[UNDISTURBED]
        lost = found["seconds"] - data.get(UNDISTURBED, found)["seconds"]
        data[name] = {**found, "same": is_same}
        said = NONE if name == UNDISTURBED else "same" if is_same else "others"
        remarks += [f"{name}: {line}" for line in found["said"]]
        rows.append((name, f"{found['seconds']:.0f}", f"{lost:.0f}", f"{found['bytes']:.0f}", said))
        print(f"{name}: {found['seconds']:.0f} s, vectors: {said}", file=sys.stderr)
        if not is_same:
            raise BenchmarkError(f"a network ({name}) has changed the vectors")
    head = (f"{settings.machines} machines", "seconds", "lost", "bytes", "vectors")
    return Section("links", "Networks", _DEFINITIONS, head, tuple(rows), (), data, tuple(remarks))


def _train(text: str, folder: Path, settings: Settings, link: Link, outage: float) -> dict[str, Any]:
    """Train on new machines; return seconds, bytes a token, losses, warnings, and the file of the vectors."""
    out, log, said = folder / "vectors.bin", folder / "log", folder / "said"
    given = {"objective": "sg", "dim": settings.dim, "epochs": settings.epochs, "threads": 1, "seed": 1}
    given |= {"workers": settings.machines, "cluster": f"{Machines.address(0)}:{_PORT}", "log-json": log}
    flags = [part for name, value in given.items() for part in (f"--{name}", str(value))]
    with machines(settings.machines, link) as there, _ray(there, folder):
        sent, began = there.switch.sent, time.monotonic()
        command = there.command(0, sys.executable, "-m", "embed", "train", text, "-o", str(out), "--quiet", *flags)
        with _started(command, said, folder) as running:
            _watch(running, log, there.switch, settings, outage)
        seconds, sent = time.monotonic() - began, there.switch.sent - sent
    lines = said.read_text(encoding="utf-8").strip()
    if running.returncode:
        raise BenchmarkError(f"the training has failed: {lines[-_SHOWN:]}")
    epochs = _epochs(log)
    return {
        "seconds": seconds,
        "bytes": sent / sum(epoch["tokens"] for epoch in epochs),
        "losses": [epoch["loss"] for epoch in epochs],
        "said": [line for line in lines.splitlines() if "warning" in line],
        "vectors": out.read_bytes(),
    }


def _watch(running: subprocess.Popen[bytes], log: Path, switch: Switch, settings: Settings, outage: float) -> None:
    """Wait for the end of the training; cut the last machine off for a while, when an epoch has ended."""
    until, ends = time.monotonic() + settings.patience, math.inf
    while running.poll() is None:
        now = time.monotonic()
        if now > until:
            raise BenchmarkError(f"the training has not ended after {settings.patience} seconds")
        if outage and ends == math.inf and _epochs(log):
            ends = now + outage
            switch.down.add(settings.machines - 1)
        if now > ends:
            switch.down.clear()
        time.sleep(_POLL_SECONDS)
    if outage and ends == math.inf and not running.returncode:
        raise BenchmarkError("the training has ended before the link was down: train more epochs")


@contextmanager
def _started(command: Sequence[str], log: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command that writes into a file, with the files of Ray in a folder; end it, if it still runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    own = {"RAY_TMPDIR": str(folder), "RAY_AUTH_MODE": "disabled", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    with log.open("wb") as file:
        running = subprocess.Popen(command, cwd=TREE, env={**kept, **own}, stdout=file, stderr=file)
    try:
        yield running
    finally:
        running.terminate()
        running.wait()


@contextmanager
def _ray(there: Machines, folder: Path) -> Iterator[None]:
    """Start Ray on all machines."""
    ray = (sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus", "1", "--block", "--disable-usage-stats")
    head = ("--head", "--port", str(_PORT), "--include-dashboard", "false")
    others = ("--address", f"{there.address(0)}:{_PORT}")
    with ExitStack() as stack:
        for number in range(len(there.names)):
            own = ("--node-ip-address", there.address(number), "--object-store-memory", str(_STORE_BYTES))
            command, log = [*ray, *own, *(others if number else head)], folder / f"ray-{number}"
            _await_start(stack.enter_context(_started(there.command(number, *command), log, folder)), log)
        yield


def _await_start(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while "Ray runtime started" not in log.read_text(encoding="utf-8"):
        if process.poll() is not None or time.monotonic() > until:
            raise BenchmarkError(f"Ray does not start: {log.read_text(encoding='utf-8')[-_SHOWN:].strip()}")
        time.sleep(_POLL_SECONDS)


def _epochs(log: Path) -> list[dict[str, Any]]:
    """Return what the log says of the epochs that have ended."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [event for line in lines if '"epoch"' in line and (event := json.loads(line))["event"] == "epoch"]
