"""No path of a run destroys another's data: outputs are compared with inputs and with one another beforehand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embed import formats
from embed.cli import main
from embed.corpora.belonging import root_of
from embed.errors import ConfigError, EmbedError, FormatError
from embed.files.atomic import atomic_write_text, is_stream, open_descriptor
from embed.files.locks import FolderLock
from embed.files.outputs import Output, check_outputs
from embed.training.continue_training import continue_training
from embed.training.train import train

TEXT = "a b c\nb a c\n" * 40
QUICK = ["--objective", "sg", "--dim", "20", "--epochs", "1", "--min-count", "1", "--threads", "1", "--quiet"]
SETTINGS: dict[str, Any] = {"objective": "sg", "dim": 20, "epochs": 1, "min_count": 1, "threads": 1, "progress": False}
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="links, devices and locks of POSIX")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("data/a.txt", "data/b.txt", "data/deep/c.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(TEXT)
    Path("out").mkdir()
    return tmp_path


def everything() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command, which must change nothing, and return its message."""
    before = everything()
    assert main(list(map(str, arguments))) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert everything() == before
    return told


# the text


@pytest.mark.parametrize(
    ("corpus", "output", "message"),
    [
        ("data/a.txt", "data/a.txt", "is also an input"),
        ("data", "data/a.txt", "is also an input"),
        ("data/*.txt", "data/a.txt", "is also an input"),
        ("data/**/*.txt", "data/deep/c.txt", "is also an input"),
        ("data", "out/hard.txt", "is also an input"),
        ("data", "out/link.txt", "is also an input"),
        ("data/a.txt", "out/../data/./a.txt", "is also an input"),
        ("data", "data/vectors.txt", "the corpus data"),
        ("data", "data/deep/vectors.bin", "the corpus data"),
        ("data/", "out/folder/vectors.txt", "the corpus data/"),
        ("data/*.txt", "data/vectors.txt", r"the corpus data/\*.txt"),
        ("data/*", "data/deep/vectors.bin", r"the corpus data/\*"),
        ("data/**", "data/deep/vectors.bin", r"the corpus data/\*\*"),
        ("data/**/*.bin*", "data/deep/vectors.bin", None),
        ("da[t]a/?.txt*", "data/v.txt", "the corpus"),
        (".", "vectors.txt", "the corpus"),
        ("data/a.txt*", "data/a.txt.bin", "the corpus"),
        ("data/*.json", "data/v.txt", "data/v.txt.json: the next run would read the run card as text"),
    ],
)
@posix_only
def test_text_is_not_overwritten_nor_joined_by_vectors(
    home: Path, capsys: pytest.CaptureFixture[str], corpus: str, output: str, message: str | None
) -> None:
    os.link("data/a.txt", "out/hard.txt")
    os.symlink("../data/a.txt", "out/link.txt")
    os.symlink("../data", "out/folder")
    Path("data/old.json").write_text(TEXT)
    Path("data/deep/x.bin").write_text(TEXT)
    Path("data/a.txt0").write_text(TEXT)
    told = refused(capsys, "train", corpus, "-o", output, *QUICK)
    assert re.search(message or "the corpus", told), told


@pytest.mark.parametrize(
    ("corpus", "output"),
    [("data", "out/v.txt"), ("data", "data/.hidden/v.txt"), ("data/*.txt", "data/v.bin"), ("data/a.txt", "data/v.txt")],
)
def test_outputs_that_are_not_read_are_written(home: Path, corpus: str, output: str) -> None:
    Path("data/.hidden").mkdir()
    for _ in range(2):  # the second run replaces what the first has made, run card included
        assert main(["train", corpus, "-o", output, *QUICK]) == 0
    card = json.loads(Path(f"{output}.json").read_text())
    assert card["provenance"]["raw_tokens"] == {"data": 720, "data/*.txt": 480, "data/a.txt": 240}[corpus]


def test_other_commands_and_python_do_not_overwrite_text(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is also an input" in refused(capsys, "phrases", "data", "--apply", "data/a.txt")
    assert "the corpus" in refused(capsys, "phrases", "data", "--apply", "data/joined.txt")
    assert "the corpus" in refused(capsys, "phrases", "data/*", "--save", "data/phrases.embed")
    assert "both the phrases and" in refused(capsys, "phrases", "data", "--apply", "out/p", "--save", "out/p")
    for folders in (["--encoded", "data/enc"], ["--checkpoint", "data/new/ck"]):
        assert "the corpus data" in refused(capsys, "train", "data", "-o", "out/v.txt", *folders, *QUICK)
    for keyword in ("encoded_dir", "checkpoint"):
        with pytest.raises(ConfigError, match="the corpus data"):
            train("data", **SETTINGS, **{keyword: "data/folder"})
        with pytest.raises(ConfigError, match="this is a file; name a folder"):
            train(["data/b.txt"], **SETTINGS, **{keyword: "data/a.txt"})
    with pytest.raises(ConfigError, match="both the encoded corpus and the checkpoints"):
        train("data", **SETTINGS, encoded_dir="both", checkpoint=Path("both"))
    assert not Path("both").exists()
    with pytest.raises(ConfigError, match="the corpus"):
        continue_training(train("data", **SETTINGS), "data/**", checkpoint="data/ck")


def test_a_file_that_is_read_otherwise_is_not_overwritten(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "data", "-o", "v.txt", "--save-model", "m.embed", *QUICK]) == 0
    assert "is also an input" in refused(
        capsys, "train", "data", "--continue-from", "m.embed", "-o", "m.embed", "--epochs", "1"
    )
    Path("run.embed").write_text("dim = 20\n")
    assert "is also an input" in refused(capsys, "train", "data", "--config", "run.embed", "-o", "run.embed")
    assert "is also an input" in refused(capsys, "convert", "m.embed", "m.embed")
    assert "is also an input" in refused(capsys, "quantize", "m.embed", "m.embed", "--method", "int8")
    assert main(["convert", "v.txt", "v.model2vec"]) == 0
    assert "is also an input" in refused(capsys, "convert", "v.model2vec", "v.model2vec")
    assert "is also an input" in refused(capsys, "convert", "v.model2vec", "v.model2vec/model.safetensors")
    Path("card.svg").write_text(Path("v.txt.json").read_text())
    assert "is also an input" in refused(capsys, "curve", "card.svg", "-o", "card.svg")
    capsys.readouterr()


# one output and another


def test_two_outputs_are_two_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train_it = ["train", "data", *QUICK]
    assert "both the vectors and the model" in refused(capsys, *train_it, "-o", "x.embed", "--save-model", "./x.embed")
    assert "both the run card and the model" in refused(capsys, *train_it, "-o", "x.txt", "--save-model", "x.txt.json")
    assert "both" in refused(capsys, *train_it, "-o", "x.txt", "--encoded", "x.txt")
    assert "both" in refused(capsys, *train_it, "-o", "x.txt", "--encoded", "enc", "--checkpoint", "./enc/.")
    Path("enc").mkdir()
    assert "both" in refused(capsys, *train_it, "-o", "x.txt", "--save-model", "enc/meta.json", "--encoded", "enc")


def test_checkpoints_have_no_place_in_an_encoded_corpus(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("link").symlink_to("enc")
    for inner in ("enc/ck", "./out/../enc/deep/ck", "link/ck"):
        told = refused(capsys, "train", "data", "-o", "v.txt", "--encoded", "enc", "--checkpoint", inner)
        assert f"{inner}: the checkpoints would be inside the encoded corpus enc" in told
        assert not Path("enc").exists()
    assert main(["train", "data", "-o", "v.txt", "--encoded", "ck/enc", "--checkpoint", "ck", *QUICK]) == 0
    with pytest.raises(ConfigError, match="inside the encoded corpus"):
        train("data", encoded_dir="enc", checkpoint="enc/ck", **SETTINGS)


def test_a_failed_rescue_names_the_requested_file(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: object, *_: object) -> None:
        raise FormatError(f"{path}: cannot write: No space left on device")

    monkeypatch.setattr(formats, "save", lambda vectors, path: full(path))
    assert main(["train", "data", "-o", "out/v.txt", *QUICK]) == 4
    assert capsys.readouterr().err.endswith("train-embeddings: out/v.txt: cannot write: No space left on device\n")


def test_a_run_card_replaces_run_cards_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ('{"precious": 1}', "[1]", "no JSON", '{"config": 1, "epochs": 2}', "[" * 100_000):
        Path("out/w.txt.json").write_text(content)
        assert "out/w.txt.json: the run card would overwrite this file" in refused(
            capsys, "train", "data", "-o", "out/w.txt", *QUICK
        )
    Path("out/w.txt.json").unlink()
    Path("out/w.txt.json").mkdir()
    assert "this is a folder, but the run card goes there" in refused(
        capsys, "train", "data", "-o", "out/w.txt", *QUICK
    )
    Path("out/x.usearch.words").write_text("mine")
    assert main(["train", "data", "-o", "v.txt", *QUICK]) == 0
    assert "would overwrite this file" in refused(capsys, "convert", "v.txt", "out/x.usearch")


def test_the_rescue_of_vectors_replaces_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.jsonl").write_text('{"t": ["new york", "is", "big"]}\n' * 50)
    command = ["train", "c.jsonl", "--column", "t", "-o", "out.txt", "--save-model", "out.txt.embed", *QUICK]
    for number in (2, 3):
        assert main(command) == 4
        assert f"the vectors are in out.txt.{number}.embed" in capsys.readouterr().err
        assert len(formats.load(f"out.txt.{number}.embed")) == 3
        assert formats.native.read_metadata("out.txt.embed")["kind"] == "model"


def test_a_name_without_room_for_the_files_beside_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for length in (250, 251, 300):
        name = "x" * (length - 4) + ".txt"
        told = refused(capsys, "train", "data", "-o", name, *QUICK)
        assert "is too long for the file system; choose a shorter one" in told
        assert len(told) < 250
    assert "too long" in refused(capsys, "train", "data", "-o", "v.txt", "--encoded", "y" * 300, *QUICK)


# checkpoints


@posix_only
def test_a_folder_of_checkpoints_has_one_run_at_a_time(home: Path) -> None:
    Path("ck").mkdir()
    lock = FolderLock.take(Path("ck"), {"holds": "the checkpoints of a run"})
    assert lock is not None
    with pytest.raises(
        ConfigError, match=r"ck is in use: process \d+ on .* stores the checkpoints .*; name another folder"
    ):
        train("data", **SETTINGS, checkpoint="ck")
    with pytest.raises(
        FormatError, match=r"ck is in use: process \d+ on .* stores the checkpoints of a run there; name"
    ):
        train("data", **SETTINGS, encoded_dir="ck")
    lock.release()
    train("data", **SETTINGS, checkpoint="ck")
    with pytest.raises(ConfigError, match="holds checkpoints of a run"):
        train("data", **SETTINGS, checkpoint="ck")
    assert os.listdir("ck") == ["checkpoint-000001.ckpt"]  # and no lock


@posix_only
def test_a_folder_of_checkpoints_is_free_after_a_crash(home: Path) -> None:
    code = (
        "from embed.files.locks import FolderLock\nfrom pathlib import Path\nimport os\n"
        "lock = FolderLock.take(Path('ck'), {})\n"
    )
    Path("ck").mkdir()
    subprocess.run([sys.executable, "-c", f"{code}os.kill(os.getpid(), 9)"], check=False)
    assert os.listdir("ck")
    train("data", **SETTINGS, checkpoint="ck")
    assert os.listdir("ck") == ["checkpoint-000001.ckpt"]


def test_leftovers_and_other_files_in_a_folder_of_checkpoints(home: Path) -> None:
    left = Path("ck", f".embed-{'0' * 16}.tmp")
    left.mkdir(parents=True)
    (left / "model.safetensors").touch()
    Path("ck/notes.md").write_text("mine")
    train("data", **SETTINGS, checkpoint="ck")
    assert sorted(os.listdir("ck")) == ["checkpoint-000001.ckpt", "notes.md"] + (
        [] if sys.platform != "win32" else [left.name]
    )


def test_the_largest_number_of_a_checkpoint_is_not_the_last(home: Path) -> None:
    train("data", **SETTINGS, checkpoint="ck")
    os.rename("ck/checkpoint-000001.ckpt", "ck/checkpoint-999999999999999999.ckpt")
    train("data", **{**SETTINGS, "epochs": 3}, checkpoint="ck", resume="ck", resume_anyway=True, checkpoint_keep=1)
    assert os.listdir("ck") == ["checkpoint-1000000000000000000.ckpt"]
    model = train("data", **{**SETTINGS, "epochs": 3}, checkpoint="ck", resume="ck")
    assert len(model.history) == 3


# devices and open files


@posix_only
@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="needs /dev/fd")
def test_open_files_are_written_from_where_they_stand(home: Path) -> None:
    assert main(["train", "data", "-o", "v.txt", *QUICK]) == 0
    vectors = Path("v.txt").read_bytes()
    convert = [sys.executable, "-m", "embed", "convert", "v.txt", "--to", "text"]
    Path("app.txt").write_bytes(b"old\n")
    with open("app.txt", "ab") as file:
        subprocess.run([*convert, "/dev/stdout"], stdout=file, check=True)
    assert Path("app.txt").read_bytes() == b"old\n" + vectors
    with open("new.txt", "wb") as file:
        file.write(b"before\n")
        file.flush()
        subprocess.run([*convert, "/dev/fd/1"], stdout=file, check=True)
        file.seek(0, os.SEEK_END)
        file.write(b"after\n")
    assert Path("new.txt").read_bytes() == b"before\n" + vectors + b"after\n"
    os.symlink("/dev/stdout", "link.txt")
    done = subprocess.run([*convert, "link.txt"], stdout=subprocess.PIPE, check=True)
    assert done.stdout == vectors
    assert os.path.islink("link.txt")


@posix_only
def test_a_run_card_has_no_place_beside_a_device(home: Path) -> None:
    os.mkfifo("pipe.txt")
    assert is_stream("pipe.txt")
    assert is_stream("/dev/null")
    assert not is_stream("data/a.txt")
    assert not is_stream("missing")
    with subprocess.Popen(
        [sys.executable, "-c", "print(len(open('pipe.txt').read()))"], stdout=subprocess.PIPE
    ) as reader:
        assert main(["train", "data", "-o", "pipe.txt", "--save-model", "m.embed", *QUICK]) == 0
        assert reader.stdout is not None
        assert int(reader.stdout.read()) > 100
    assert not Path("pipe.txt.json").exists()
    assert Path("m.embed.json").exists()


@posix_only
def test_outputs_that_cannot_be_written(home: Path) -> None:
    os.symlink("loop2.txt", "loop1.txt")
    os.symlink("loop1.txt", "loop2.txt")
    os.symlink("nowhere/x.txt", "dangling.txt")
    os.symlink("out/there.txt", "link.txt")
    for name, message in (
        ("loop1.txt", "cannot write: Too many levels"),
        ("dangling.txt", "folder .* does not exist"),
        ("/dev/fd/987", "cannot write: Bad file descriptor"),
        ("out", "this is a folder"),
    ):
        with pytest.raises(FormatError, match=message):
            atomic_write_text(name, "text")
    with pytest.raises(
        ConfigError, match=r"dangling.txt: the link leads to the folder .*nowhere, which does not exist"
    ):
        check_outputs([Output("dangling.txt", "the vectors")])
    atomic_write_text("link.txt", "text")
    assert Path("out/there.txt").read_text() == "text"
    if os.path.exists("/dev/full"):
        with pytest.raises(EmbedError, match="/dev/full: cannot write: No space left on device"):
            atomic_write_text("/dev/full", "text")
    assert open_descriptor(home) is None


def test_the_file_that_a_corpus_would_have_next_time(home: Path) -> None:
    assert root_of("data", "data/new/deep/v.txt") == "data"
    assert root_of(["out", Path("data")], "data/v.txt") == "data"
    for path in ("data/.v.txt", "data/.new/v.txt", "out/v.txt", "v.txt"):
        assert root_of(["data", "-", "https://example.org/data"], path) is None
    assert root_of([["data"]], "data/v.txt") is None
    assert root_of("data/a.txt", "data/v.txt") is None
