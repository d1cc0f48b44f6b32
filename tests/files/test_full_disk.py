"""A disk that is full or fails, at each step of writing each kind of file.

Whatever the step: the error is one sentence, the file that was there is still there and whole, and nothing else is
left in the folder. A limit on the size of a file makes the system itself refuse (in C++ libraries, too), an injected
writer fails at every single call, and a small tmpfs is really full, for who may mount one.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed.files.atomic
import embed.text.encoded_corpus
import embed.text.encoding
from embed import formats
from embed.checkpoints import checkpoint_file, checkpoint_folder
from embed.cli import main
from embed.errors import EmbedError
from embed.files.locks import MARK
from embed.formats.model_file import load_model, save_model
from embed.formats.registry import FORMATS
from embed.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.train import train
from embed.vectors import WordVectors
from tests.hostile.limits import HAS_LIMITS

SENTENCES = [[f"w{(i * j) % 31}" for j in range(1, 20)] for i in range(30)]
CODES = [errno.ENOSPC, errno.EIO]
BUFFER = 64
MODULES = {"parquet": "pyarrow", "arrow": "pyarrow", "usearch": "usearch", "model2vec": "tokenizers"}

pytestmark = pytest.mark.filterwarnings("ignore:.*drops the n-grams:embed.errors.AdviceWarning")

Write = Callable[[Path], object]


@pytest.fixture(scope="module")
def model() -> Model:
    return train(SENTENCES, dim=16, min_count=1, epochs=1, threads=1, subword=True, buckets=50)


@pytest.fixture(scope="module")
def floret() -> WordVectors:
    options: dict[str, Any] = {"subword": True, "buckets": 50, "hash_count": 2}
    return train(SENTENCES, dim=16, min_count=1, epochs=1, threads=1, **options).vectors


def _writers(model: Model, floret: WordVectors) -> dict[str, Write]:
    def run_card(path: Path) -> None:
        embed.files.atomic.atomic_write_text(path, "text of a run card\n" * 40)

    def kept(path: Path) -> None:
        matrices = {"input": model.parameters.inputs, "output": model.parameters.outputs}
        checkpoint_file.write(path, {"config": model.config.to_dict()}, matrices, 16)

    def exported(name: str) -> Write:
        return lambda path: formats.save(floret if name == "floret" else model.vectors, path, name)

    names = [name for name, form in FORMATS.items() if form.write is not None]
    return {
        "encoded": lambda path: encode(SENTENCES, min_count=1, directory=path).close(),
        "checkpoint": kept,
        "model": lambda path: save_model(model, path),
        "fasttext-model": lambda path: save_model(model, path, "fasttext"),
        "run-card": run_card,
        **{f"format-{name}": exported(name) for name in names},
    }


KINDS = ["encoded", "checkpoint", "model", "fasttext-model", "run-card"]
KINDS += [f"format-{name}" for name, form in FORMATS.items() if form.write is not None]
ONE_NAME = [kind for kind in KINDS if kind != "format-usearch"]
"""Two files cannot take their names in one step: the last call of all may still fail between them."""


def _needed(kind: str) -> None:
    if module := MODULES.get(kind.removeprefix("format-")):
        pytest.importorskip(module)


def _content(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files of a folder, however deep, but for the locks, which stay."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MARK)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _fails_well(write: Write, path: Path, before: dict[str, bytes]) -> bool:
    """Write; return whether it failed. What is there afterwards is whole: the old, or, if it did not fail, the new."""
    try:
        write(path)
        message = None
    except EmbedError as error:
        message = str(error)
    assert not [name for name in os.listdir(path.parent) if name.startswith(".")]
    if message is not None:
        assert "\n" not in message
        assert "cannot" in message
        assert _content(path.parent) == before
    return message is not None


@contextlib.contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse what goes beyond so many bytes of any file, as if the disk were full there."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(not HAS_LIMITS, reason="needs Linux's limits, and no sanitizer")
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_cannot_grow(kind: str, model: Model, floret: WordVectors, tmp_path: Path) -> None:
    _needed(kind)
    write = _writers(model, floret)[kind]
    for is_new in (True, False):
        path = tmp_path / str(is_new) / "out"
        path.parent.mkdir()
        write(path)
        before = _content(path.parent)
        largest = max(map(len, before.values()))
        if is_new:
            before = {}
            shutil.rmtree(path.parent)
            path.parent.mkdir()
        elif kind == "encoded":
            write = _encoded_otherwise
        failed = 0
        for size in sorted({0, 1, *range(0, largest, max(1, largest // 12)), largest - 1}):

            def limited(path: Path, size: int = size, write: Write = write) -> None:
                with _files_of_at_most(size):
                    write(path)

            if not _fails_well(limited, path, before):
                break
            failed += 1
        assert failed >= 8


def _encoded_otherwise(path: Path) -> None:
    """Encode other text in place of what is there."""
    encode([*SENTENCES, ["more"] * 5], min_count=1, directory=path).close()


class _FailingDisk:
    """Counts the calls that write to the disk, and fails at one of them."""

    def __init__(self, fail_at: int, code: int) -> None:
        self.calls, self.fail_at, self.code = 0, fail_at, code

    def count(self, *_: Any) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError(self.code, os.strerror(self.code))

    def install(self, patch: pytest.MonkeyPatch) -> None:
        disk = self

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                disk.count()
                return super().write(data)

        def opened(file: Any, mode: str = "r", buffering: int = -1, **options: Any) -> Any:
            if "b" not in mode or mode == "rb":
                return open(file, mode, buffering, **options)
            raw = Raw(file, mode.replace("b", ""))
            return io.BufferedRandom(raw, BUFFER) if "+" in mode else io.BufferedWriter(raw, BUFFER)

        for module in (embed.files.atomic, embed.text.encoding, embed.text.encoded_corpus):
            patch.setattr(module, "open", opened, raising=False)
        for name in ("fsync", "replace", "rename"):
            patch.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            # the folder's own flush is a favour that some file systems refuse
            if call.__name__ != "fsync" or not os.path.isdir(f"/proc/self/fd/{arguments[0]}"):
                self.count()
            return call(*arguments, **options)

        return counted


@pytest.mark.skipif(sys.platform != "linux", reason="looks at open files by way of /proc")
@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize("kind", ONE_NAME)
def test_a_disk_that_fails_at_any_call(
    kind: str, code: int, model: Model, floret: WordVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _needed(kind)
    write = _writers(model, floret)[kind]
    for is_new in (True, False):
        folder = tmp_path / str(is_new)
        folder.mkdir()
        path = folder / "out"
        before = {}
        if not is_new:
            write(path)
            before = _content(folder)
            if kind == "encoded":
                write = _encoded_otherwise
        counting, counted = _FailingDisk(0, code), tmp_path / f"counted-{is_new}"
        if not is_new:
            write(counted)
        with monkeypatch.context() as patch:
            counting.install(patch)
            write(counted)
        # every one of the first and last calls, and some of the many between
        calls = counting.calls
        assert calls >= 3
        for fail_at in sorted({*range(1, min(calls, 20) + 1), *range(1, calls, 1 + calls // 30), calls - 1, calls}):

            def failing(path: Path, fail_at: int = fail_at, write: Write = write) -> None:
                with pytest.MonkeyPatch.context() as patch:
                    _FailingDisk(fail_at, code).install(patch)
                    write(path)

            assert _fails_well(failing, path, before), (fail_at, calls)


def test_a_checkpoint_that_fails_at_any_call_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"objective": "sg", "dim": 16, "min_count": 1, "epochs": 2, "threads": 1}
    with encode(SENTENCES, min_count=1) as encoded:
        for fail_at in range(1, 200):
            kept = tmp_path / str(fail_at)
            disk = _FailingDisk(fail_at, errno.ENOSPC)

            def at_the_end(record: Any, model: Model, disk: _FailingDisk = disk) -> None:
                if record.epoch == 2:  # the first checkpoint has been written, or is being written
                    disk.install(patch)

            settings |= {"checkpoint": kept, "checkpoint_every": "epoch", "checkpoint_keep": 1}
            with monkeypatch.context() as patch, warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                train(encoded, **settings, callbacks=[_after_the_first(kept), at_the_end])
            (path,) = kept.iterdir()
            found = checkpoint_folder.read(path)
            checkpoint_file.read_into(path, {"input": _rows(31), "output": _rows(31)}, 16)
            if disk.calls < fail_at:
                assert found.place.epoch == 2
                break
            assert found.place.epoch == 1
            assert any("No space left on device; this checkpoint is lost" in str(one.message) for one in told)
        assert fail_at > 5


def _after_the_first(kept: Path) -> Callable[[Any, Model], None]:
    def wait(record: Any, model: Model) -> None:
        while record.epoch == 2 and not checkpoint_folder.checkpoints_in(kept):
            time.sleep(0.01)

    return wait


def _rows(count: int) -> np.ndarray:
    return np.zeros((count, 16), np.float32)


def _may_mount() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and os.path.exists("/bin/mount")


@pytest.mark.skipif(not _may_mount(), reason="only the superuser may mount a tmpfs")
def test_a_disk_that_is_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole command on a tmpfs with less room each time: every step meets the full disk once."""
    (tmp_path / "corpus.txt").write_text("\n".join(" ".join(sentence) for sentence in SENTENCES * 100))
    disk = tmp_path / "disk"
    disk.mkdir()
    size = "size=400k"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(disk)], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs is not allowed here")
    try:
        places = ["-o", str(disk / "v.txt"), "--encoded", str(disk / "encoded"), "--checkpoint", str(disk / "kept")]
        command = ["train", str(tmp_path / "corpus.txt"), "--objective", "sg", *places, "--quiet"]
        command += ["--save-model", str(disk / "m.embed")]
        command += ["--dim", "100", "--threads", "1", "--epochs", "2", "--checkpoint-every", "epoch"]
        told = set()
        for filled in range(0, 388, 12):
            for name in os.listdir(disk):
                (shutil.rmtree if (disk / name).is_dir() else os.unlink)(disk / name)
            (disk / "v.txt").write_bytes(b"good\n")
            (disk / "m.embed").write_bytes(b"good\n")
            (disk / "filler").write_bytes(bytes(filled * 1024))
            code = main(command)
            told.add((code, capsys.readouterr().err.partition(": cannot")[0].rpartition("/")[2][:12]))
            assert code in (0, 4)
            left = [path for path in disk.rglob("*") if path.name.startswith(".") and path.name != MARK]
            assert left == []
            if (disk / "encoded").exists():
                EncodedCorpus.open(disk / "encoded").close()
            for path in checkpoint_folder.checkpoints_in(disk / "kept"):
                checkpoint_folder.read(path)
            if (disk / "m.embed").read_bytes() != b"good\n":
                load_model(disk / "m.embed")
            if (disk / "v.txt").read_bytes() != b"good\n":
                assert len(formats.load(disk / "v.txt")) == 31
        assert len({code for code, _ in told}) == 2
        assert len(told) >= 3
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
