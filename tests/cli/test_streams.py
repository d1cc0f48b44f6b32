"""Standard streams that are closed, full or gone: messages are lost, data are not, and no run ends for a message."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from embed.cli import main
from embed.training.progress import Progress
from embed.training.progress_bars import TerminalBar
from embed.training.progress_lines import Lines
from embed.training.showing import showing

FULL = Path("/dev/full")
posix = pytest.mark.skipif(os.name == "nt", reason="closes descriptors, opens terminals")
full = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is full")
TRAIN = ["train", "corpus.txt", "-o", "v.txt", "--threads", "1", "--dim", "16", "--epochs", "2", "--min-count", "1"]
ADVICE = ["--dim", "8"]  # a warning


@pytest.fixture
def home(tmp_path: Path) -> Path:
    sentences = [" ".join(f"w{(i * 7 + j) % 50}" for j in range(20)) for i in range(200)]
    (tmp_path / "corpus.txt").write_text("\n".join(sentences))
    (tmp_path / "words.txt").write_text("2 3\na 1 0 0.5\nb 0 1 0.5\n")
    return tmp_path


def run(home: Path, arguments: Sequence[str], **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command; a stream is closed where it is None."""
    closed = [number for number, name in enumerate(("stdin", "stdout", "stderr")) if streams.get(name, 0) is None]

    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    given: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    given |= {name: stream for name, stream in streams.items() if stream is not None}
    command = [sys.executable, "-m", "embed", *arguments]
    return subprocess.run(command, cwd=home, timeout=120, preexec_fn=close, check=False, **given)


@posix
def test_a_run_ends_well_whichever_streams_are_closed(home: Path) -> None:
    for closed in (("stderr",), ("stdin", "stdout", "stderr")):
        done = run(home, [*TRAIN, *ADVICE], **dict.fromkeys(closed))
        assert done.returncode == 0
        assert done.stdout == b""
        assert json.loads((home / "v.txt.json").read_text())["config"]["dim"] == 8
        lines = (home / "v.txt").read_text().splitlines()
        assert lines[0] == "50 8"
        assert len(lines) == 51
        (home / "v.txt").unlink()


@posix
def test_a_failure_with_standard_error_closed_sets_the_exit_code(home: Path) -> None:
    done = run(home, ["nearest", "words.txt", "nowhere"], stderr=None)
    assert (done.returncode, done.stdout) == (5, b"")
    done = run(home, ["nearest"], stderr=None)  # argparse's own message
    assert (done.returncode, done.stdout) == (2, b"")


@posix
@pytest.mark.parametrize("arguments", [["nearest", "words.txt", "a"], ["info"], ["--help"], ["--version"]])
def test_data_that_cannot_be_written_are_a_failure(arguments: list[str], home: Path) -> None:
    done = run(home, arguments, stdout=None)
    assert done.returncode == 1
    assert (
        done.stderr.decode()
        == "train-embeddings: cannot write to standard output, which is closed; redirect it to a file\n"
    )
    if FULL.exists():
        with open(FULL, "wb") as disk:
            done = run(home, arguments, stdout=disk)
        assert done.returncode == 1
        assert done.stderr.decode() == "train-embeddings: cannot write to standard output: No space left on device\n"


@posix
def test_a_reader_that_leaves_is_not_a_failure(home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(home, ["nearest", "words.txt", "a"], stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@posix
def test_a_reader_who_leaves_a_file_of_vectors_is_none_either(home: Path) -> None:
    for target in ("/dev/stdout", "/dev/fd/1"):
        reading, writing = os.pipe()
        os.close(reading)
        done = run(home, ["convert", "words.txt", target, "--to", "text"], stdout=writing)
        os.close(writing)
        assert (done.returncode, done.stderr) == (141, b"")


@posix
def test_a_closed_standard_input_is_reported(home: Path) -> None:
    done = run(home, ["train", "-", "-o", "v.txt"], stdin=None)
    assert done.returncode == 3
    assert done.stderr.startswith(b"train-embeddings: ")
    assert b"closed" in done.stderr
    assert b"internal error" not in done.stderr


@full
def test_a_full_log_costs_no_vectors(home: Path) -> None:
    with open(FULL, "wb") as disk:
        done = run(home, [*TRAIN, *ADVICE, "--checkpoint", "kept", "--checkpoint-every", "epoch"], stderr=disk)
        assert done.returncode == 0
        assert run(home, ["nearest", "words.txt", "nowhere"], stderr=disk).returncode == 5
    assert (home / "v.txt").exists()
    assert (home / "v.txt.json").exists()


@posix
def test_a_terminal_that_is_closed_costs_no_vectors(home: Path) -> None:
    import pty

    outside, inside = pty.openpty()
    command = [sys.executable, "-m", "embed", *TRAIN, "--epochs", "200"]
    streams = {"stdin": inside, "stdout": inside, "stderr": inside}
    with subprocess.Popen(["nohup", *command], cwd=home, start_new_session=True, **streams) as process:
        os.close(inside)
        while os.read(outside, 1) != b"\n":  # what nohup says: it ends where it cannot
            pass
        os.close(outside)
        assert process.wait(timeout=120) == 0
    assert (home / "v.txt").exists()


def test_a_descriptor_that_is_closed_is_not_given_to_a_file(home: Path) -> None:
    code = "import os, embed.cli.output as output\nwith output.standard_streams(): print(os.open('new', os.O_CREAT))"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" 2>&- <&-', sys.executable, code], cwd=home, capture_output=True, check=True
    )
    assert int(done.stdout) > 2


def test_a_library_that_cannot_be_loaded_is_not_an_internal_error(home: Path) -> None:
    code = "import sys; sys.modules['numpy'] = None; from embed.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "nearest", "words.txt", "a"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("train-embeddings: cannot load the library numpy; free or allow more memory")
    assert len(done.stderr.splitlines()) == 1


class _Broken(io.StringIO):
    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("kind", [TerminalBar, Lines])
def test_progress_on_a_dead_stream_is_switched_off(
    kind: type[TerminalBar] | type[Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (_Broken(), closed):
        times = iter(range(0, 1000, 100))
        with Progress(kind(stream), clock=lambda times=times: float(next(times))) as progress:
            progress.begin("training", 10, epochs=1)
            progress.advance(5, epoch=1, loss=1.0)
            progress.advance(10, epoch=1, loss=1.0)
            progress.finish()
    for dead in (None, closed):
        monkeypatch.setattr(sys, "stderr", dead)
        for show in (None, True):
            with showing(show) as progress, progress.counting("reading") as count:
                count(10, 0)


def test_the_streams_of_the_caller_are_restored(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    assert main(["info"]) == 0
    assert (sys.stdout, sys.stderr) == before
    assert "version" in capsys.readouterr().out
