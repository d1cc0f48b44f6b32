"""Checkpoints: a run that goes on from one ends as if it had never stopped, and nothing else is gone on with."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embed.checkpoints import checkpoint_file
from embed.checkpoints.checkpoint import CHANGEABLE, Place
from embed.checkpoints.checkpoint_folder import checkpoints_in, read
from embed.checkpoints.signals import Interrupted
from embed.checkpoints.writer import Saver
from embed.cli import main
from embed.cli.parser import parse
from embed.cli.resuming import how_to_resume
from embed.config import TrainConfig
from embed.config.durations import Every
from embed.errors import CheckpointWarning, ConfigError, DivergenceError, FormatError
from embed.model import Model
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.training.train import train
from embed.training.trainer import Trainer

SENTENCES = [[f"{kind}{(i * j) % 7}" for j in range(1, 30)] for i in range(200) for kind in ("a", "b")]
TOKENS = sum(map(len, SENTENCES))
SMALL: dict[str, Any] = {
    "loss": "ns",
    "dim": 18,
    "epochs": 3,
    "min_count": 1,
    "threads": 1,
    "buckets": 300,
    "subsample": 0.01,
}
MODELS: list[dict[str, Any]] = [
    {},
    {"objective": "cbow"},
    {"objective": "cbow", "gradient": "historic", "subword": True},
    {"objective": "cbow", "position_weights": True},
    {"structured": True},
    {"subword": True},
    {"subword": True, "hash_count": 2, "composition": "sum"},
    {"held_out": 0.2, "window_kind": "fixed"},
]
posix = pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")


@pytest.fixture(scope="module")
def encoded() -> Iterator[EncodedCorpus]:
    with encode(SENTENCES, min_count=1) as corpus:
        yield corpus


def _content(model: Model) -> tuple[Any, ...]:
    """Everything of a model but how long it took."""
    history = [{**asdict(record), "seconds": 0, "tokens_per_second": 0} for record in model.history]
    return model.input.tobytes(), model.output.tobytes(), model.parameters.position_weights.tobytes(), history


def _kept(path: Path, folder: Path) -> Path:
    """Return a new folder that has this checkpoint alone."""
    folder.mkdir()
    shutil.copy(path, folder / path.name)
    return folder


@pytest.mark.parametrize("settings", MODELS, ids=lambda settings: "-".join(map(str, settings.values())) or "sg")
def test_resuming_anywhere_gives_the_same_bits(
    settings: dict[str, Any], encoded: EncodedCorpus, tmp_path: Path
) -> None:
    expected = train(encoded, **SMALL, **settings)
    kept = tmp_path / "kept"
    watched = train(encoded, **SMALL, **settings, checkpoint=kept, checkpoint_every="1700 tokens", checkpoint_keep=1000)
    assert _content(watched) == _content(expected)
    found = checkpoints_in(kept)
    assert len(found) > 10
    assert len({read(path).place.position for path in found}) > 10
    for path in found[::4]:
        resumed = train(encoded, **SMALL, **settings, resume=_kept(path, tmp_path / path.stem))
        assert _content(resumed) == _content(expected), read(path).place


def test_checkpoint_place_divides_trained_from_untrained_tokens(encoded: EncodedCorpus, tmp_path: Path) -> None:
    places: dict[int, list[Place]] = {}
    for threads in (1, 3):
        kept = tmp_path / str(threads)
        settings = {**SMALL, "threads": threads}
        train(encoded, **settings, checkpoint=kept, checkpoint_every="1700tokens", checkpoint_keep=1000)
        places[threads] = [read(path).place for path in checkpoints_in(kept)]
    # how many examples there are depends on which tokens are done, not on who does them
    assert [(p.epoch, p.position, p.examples) for p in places[1]] == [
        (p.epoch, p.position, p.examples) for p in places[3]
    ]


def test_resuming_with_several_threads_keeps_place_and_schedule(encoded: EncodedCorpus, tmp_path: Path) -> None:
    settings = {**SMALL, "threads": 3}
    whole = train(encoded, **settings, checkpoint=tmp_path / "kept", checkpoint_every="5000tokens", checkpoint_keep=99)
    path = checkpoints_in(tmp_path / "kept")[2]
    resumed = train(encoded, **settings, resume=_kept(path, tmp_path / "one"))
    assert [record.lr for record in resumed.history] == [record.lr for record in whole.history]
    assert resumed.history[-1].loss == pytest.approx(whole.history[-1].loss, rel=0.05)


@pytest.mark.parametrize("settings", MODELS[:4], ids=lambda settings: "-".join(map(str, settings.values())) or "sg")
def test_resuming_deterministic_run_gives_the_same_bits_for_any_threads(
    settings: dict[str, Any], encoded: EncodedCorpus, tmp_path: Path
) -> None:
    settings = {**SMALL, **settings, "deterministic": True}
    expected = _content(train(encoded, **settings))
    kept = tmp_path / "kept"
    # 1700 is no multiple of the tokens of a round, which a checkpoint has to wait for
    watched = {**settings, "threads": 3, "checkpoint": kept, "checkpoint_every": "1700tokens", "checkpoint_keep": 99}
    assert _content(train(encoded, **watched)) == expected
    found = checkpoints_in(kept)
    assert len({read(path).place.position for path in found} - {0}) > 1  # within an epoch
    for number, path in enumerate(found):
        folder = _kept(path, tmp_path / path.stem)
        assert _content(train(encoded, **{**settings, "threads": 1 + number % 3}, resume=folder)) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"patience": 2, "min_delta": 100},  # stops after the third of five epochs, and goes back to the first
        {"patience": 2, "min_delta": 100, "subword": True, "deterministic": True, "threads": 2},
        {"patience": 9},  # never stops
        {"patience": 1, "lr": 0.05, "input_lr": 0.5, "objective": "cbow"},  # as the losses fall out
    ],
    ids=str,
)
def test_resuming_with_patience_keeps_the_best_epoch(
    settings: dict[str, Any], encoded: EncodedCorpus, tmp_path: Path
) -> None:
    settings = {**SMALL, "epochs": 5, "held_out": 0.2, **settings}
    expected = train(encoded, **settings)
    kept = tmp_path / "kept"
    watched = train(encoded, **settings, checkpoint=kept, checkpoint_every="1700 tokens", checkpoint_keep=1000)
    assert _content(watched) == _content(expected)
    assert expected.provenance is not None
    if settings.get("min_delta"):
        assert expected.provenance.decisions["stopping"]["kept_epoch"] == 1
    found = checkpoints_in(kept)
    for path in (*found[::5], found[-1]):
        resumed = train(encoded, **settings, resume=_kept(path, tmp_path / f"{path.stem}-{path is found[-1]}"))
        assert _content(resumed) == _content(expected), read(path).place
        assert resumed.provenance is not None
        assert resumed.provenance.decisions == expected.provenance.decisions
    with pytest.raises(ConfigError, match=r"a different run \(patience is .* in the checkpoint, 3 here\); start the"):
        train(encoded, **settings | {"patience": 3}, resume=kept)


def test_resuming_finished_run_trains_nothing(encoded: EncodedCorpus, tmp_path: Path) -> None:
    whole = train(encoded, **SMALL, checkpoint=tmp_path)
    assert _content(train(encoded, **SMALL, checkpoint=tmp_path, resume=tmp_path)) == _content(whole)
    longer = train(encoded, **{**SMALL, "epochs": 4}, resume=tmp_path, resume_anyway=True)
    assert [record.epoch for record in longer.history] == [1, 2, 3, 4]


def test_callbacks_see_each_epoch_of_a_run_in_two_parts_once(encoded: EncodedCorpus, tmp_path: Path) -> None:
    seen: list[int] = []

    def callback(record: Any, model: Model) -> bool:
        seen.append(record.epoch)
        return record.epoch == 2 and len(seen) == 2

    train(encoded, **SMALL, checkpoint=tmp_path, callbacks=[callback])
    train(encoded, **SMALL, resume=tmp_path, callbacks=[callback])
    assert seen == [1, 2, 3]


# how often, and how many


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("90s", Every(seconds=90)),
        ("5m", Every(seconds=300)),
        ("1.5 h", Every(seconds=5400)),
        ("2000000 tokens", Every(tokens=2_000_000)),
        ("1tokens", Every(tokens=1)),
        ("epoch", Every()),
    ],
)
def test_checkpoint_every_takes_times_tokens_and_epoch(text: str, every: Every) -> None:
    assert Every.parse(text) == every


@pytest.mark.parametrize("text", ["", "5", "m", "0s", "0tokens", "1.5tokens", "-1m", "5 minutes", "epochs", "1e3s"])
def test_checkpoint_every_refuses_other_forms(text: str) -> None:
    with pytest.raises(ConfigError, match="checkpoint_every must be like"):
        Every.parse(text)


def test_checkpoint_is_due_after_its_interval(tmp_path: Path) -> None:
    assert Saver(tmp_path, Every(seconds=1e-9), 1).is_due()
    assert not Saver(tmp_path, Every(seconds=1e9), 1).is_due()
    assert not Saver(tmp_path, Every(), 1).is_due()


@pytest.mark.parametrize(("every", "keep", "numbers"), [("epoch", 2, [2, 3]), ("1h", 2, [1]), ("5800tokens", 1, [6])])
def test_checkpoint_keep_removes_the_oldest(
    every: str, keep: int, numbers: list[int], encoded: EncodedCorpus, tmp_path: Path
) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path / "a" / "b", checkpoint_every=every, checkpoint_keep=keep)
    names = [path.name for path in checkpoints_in(tmp_path / "a" / "b")]
    assert names == [f"checkpoint-{number:06d}.ckpt" for number in numbers]
    assert read(tmp_path / "a" / "b" / names[-1]).place == Place(epoch=3)


def test_half_written_checkpoints_are_removed(encoded: EncodedCorpus, tmp_path: Path) -> None:
    (tmp_path / f".embed-{'0123' * 4}.tmp").write_bytes(b"half")
    train(encoded, **SMALL, checkpoint=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000001.ckpt"]


def test_checkpoint_keep_of_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match="checkpoint_keep must be at least 1, not 0"):
        train([], checkpoint="x", checkpoint_keep=0)


# what a run may go on from


def _never() -> Iterator[list[str]]:
    raise AssertionError("the corpus has been read")
    yield


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dim": 20}, r"it belongs to a different run \(dim is 18 in the checkpoint, 20 here\); start the run in"),
        ({"subword": True}, r"it belongs to a different run \(subword is off in the checkpoint, on here\)"),
        ({"min_count": 2, "lr": 0.1}, r"min_count is 1 in .*, 2 here; lr is 0.025 in the checkpoint, 0.1 here\)"),
        ({"epochs": 9, "window": 3}, r"window is 5 in .*, 3 here; epochs is 3 in .*, 9 here\); .*resume_anyway=True"),
    ],
)
def test_another_configuration_is_refused_before_the_corpus_is_read(
    changes: dict[str, Any], named: str, encoded: EncodedCorpus, tmp_path: Path
) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path)
    with pytest.raises(ConfigError, match=named):
        train(_never(), **{**SMALL, **changes}, resume=tmp_path)


def test_resuming_keeps_the_preset_of_the_corpus_size(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"preset": "auto", "threads": 1, "epochs": 1, "dim": 18, "buckets": 300, "min_count": 1}
    expected = train(SENTENCES, **settings, checkpoint=tmp_path)
    assert _content(train(SENTENCES, **settings, resume=tmp_path)) == _content(expected)
    with pytest.raises(ConfigError, match=r"dim is 18 in the checkpoint, 20 here"):
        train(SENTENCES, **{**settings, "dim": 20}, resume=tmp_path)


def test_resume_anyway_allows_changeable_parameters_alone(encoded: EncodedCorpus, tmp_path: Path) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path)
    changes = {"epochs": 4, "threads": 2, "lr": 0.01, "window": 3, "negatives": 3, "seed": 2}
    assert set(changes) <= CHANGEABLE
    model = train(encoded, **{**SMALL, **changes}, resume=tmp_path, resume_anyway=True)
    assert len(model.history) == 4
    with pytest.raises(ConfigError, match="start the run in another folder"):
        train(encoded, **{**SMALL, "dim": 20}, resume=tmp_path, resume_anyway=True)


@pytest.mark.parametrize(
    ("sentences", "named"),
    [
        (
            SENTENCES[:-1],
            "of sentences of the corpus is .*of tokens of the corpus is .*; the vocabulary differs; the te",
        ),
        ([*SENTENCES[:-1], [*SENTENCES[-1][:-1], "new"]], "the vocabulary differs"),
    ],
)
def test_another_corpus_is_refused(
    sentences: list[list[str]], named: str, encoded: EncodedCorpus, tmp_path: Path
) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path)
    for anyway in (False, True):
        with pytest.raises(ConfigError, match=named):
            train(sentences, **SMALL, resume=tmp_path, resume_anyway=anyway)


def test_the_same_words_in_another_order_are_another_corpus(encoded: EncodedCorpus, tmp_path: Path) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path)
    with pytest.raises(ConfigError, match=r"\(the text of the corpus differs\); to resume anyway, give resume_anyway"):
        train(SENTENCES[::-1], **SMALL, resume=tmp_path)
    train(SENTENCES[::-1], **SMALL, resume=tmp_path, resume_anyway=True)


def test_a_new_run_does_not_mix_its_checkpoints_with_those_of_another(encoded: EncodedCorpus, tmp_path: Path) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path / "kept")
    for resume in (None, tmp_path / "other"):
        with pytest.raises(ConfigError, match="kept holds checkpoints of a run: resume it with resume="):
            train(_never(), **SMALL, checkpoint=tmp_path / "kept", resume=resume)


def test_resuming_without_checkpoints_fails_unless_the_folder_is_new(encoded: EncodedCorpus, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="nowhere: there is no checkpoint to resume from"):
        train(_never(), **SMALL, resume=tmp_path / "nowhere")
    with pytest.warns(CheckpointWarning, match="kept has no checkpoint yet: the run starts from the beginning"):
        train(encoded, **SMALL, checkpoint=tmp_path / "kept", resume=tmp_path / "kept")


# damage


def _damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "more":
        path.write_bytes(data + b"\0")
    elif how == "folder":
        path.unlink()
        path.mkdir()
    else:
        place = {"mark": 3, "version": 16, "size": 21, "header": 200, "matrix": len(data) - 500}[how]
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])


@pytest.mark.parametrize("how", ["cut", "empty", "more", "folder", "mark", "version", "size", "header", "matrix"])
def test_damaged_checkpoint_falls_back_to_the_one_before(how: str, encoded: EncodedCorpus, tmp_path: Path) -> None:
    expected = train(encoded, **SMALL, checkpoint=tmp_path, checkpoint_every="epoch", checkpoint_keep=3)
    third = checkpoints_in(tmp_path)[-1]
    _damage(third, how)
    with pytest.warns(CheckpointWarning, match=r"000003.ckpt: .*; resuming from the checkpoint before, .*000002.ckpt"):
        resumed = train(encoded, **SMALL, checkpoint=tmp_path, checkpoint_keep=1, resume=tmp_path)
    assert _content(resumed) == _content(expected)
    foreign = ["checkpoint-000003.ckpt"] if how in ("folder", "empty", "mark") else []  # what is not known to be ours
    assert sorted(path.name for path in tmp_path.iterdir()) == [*foreign, "checkpoint-000004.ckpt"]
    for path in checkpoints_in(tmp_path):
        if path.is_file():
            path.write_bytes(b"damaged")
    with pytest.raises(FormatError, match=r"all \d checkpoints are damaged: start the run again; the newest: "):
        train(encoded, **SMALL, resume=tmp_path)


def test_foreign_files_named_like_checkpoints_stay(encoded: EncodedCorpus, tmp_path: Path) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path, checkpoint_every="epoch", checkpoint_keep=3)
    (tmp_path / "checkpoint-000003.ckpt").unlink()
    for number in (1, 7):
        (tmp_path / f"checkpoint-{number:06d}.ckpt").write_bytes(b"PK, of another program")
    with pytest.warns(CheckpointWarning, match="not a checkpoint"):
        train(encoded, **SMALL, checkpoint=tmp_path, checkpoint_keep=1, resume=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"checkpoint-00000{n}.ckpt" for n in (1, 7, 8)]


def test_every_flipped_byte_is_found(encoded: EncodedCorpus, tmp_path: Path) -> None:
    train(encoded, **{**SMALL, "dim": 16}, checkpoint=tmp_path)
    (path,) = checkpoints_in(tmp_path)
    data = path.read_bytes()
    matrices = {name: np.zeros((14, 16), np.float32) for name in ("input", "output")}
    checkpoint_file.read_into(path, matrices, 16)
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(FormatError):
            checkpoint_file.read_into(path, matrices, 16)


def test_checkpoint_with_nan_is_not_resumed(encoded: EncodedCorpus, tmp_path: Path) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path)
    (path,) = checkpoints_in(tmp_path)
    matrices = {name: np.full((14, 32), np.nan, np.float32) for name in ("input", "output")}
    checkpoint_file.write(path, read(path).to_dict(), matrices, 18)
    with pytest.raises(FormatError, match="a matrix holds NaN or infinity"):
        train(encoded, **SMALL, resume=tmp_path)


def test_checkpoint_with_impossible_place_is_refused(encoded: EncodedCorpus, tmp_path: Path) -> None:
    train(encoded, **SMALL, checkpoint=tmp_path)
    (path,) = checkpoints_in(tmp_path)
    found = read(path)
    for place in (Place(epoch=2), Place(epoch=3, position=-1), Place(epoch=3, position=TOKENS + 1)):
        checkpoint_file.write(path, replace(found, place=place).to_dict(), {}, 18)
        with pytest.raises(FormatError, match="not a checkpoint header"):
            read(path)


# what goes wrong while it is written


def test_failed_checkpoint_warns_and_training_continues(
    encoded: EncodedCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = train(encoded, **SMALL)
    written = checkpoint_file.write
    calls = []

    def fail_at_the_second(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise FormatError("disk: cannot write: No space left on device")
        written(*arguments)

    monkeypatch.setattr(checkpoint_file, "write", fail_at_the_second)
    with pytest.warns(
        CheckpointWarning, match=r"No space left on device; this checkpoint is lost, the last one is .*000001.ckpt$"
    ):
        model = train(encoded, **SMALL, checkpoint=tmp_path, checkpoint_every="epoch", checkpoint_keep=9)
    assert _content(model) == _content(expected)
    assert [read(path).place.epoch for path in checkpoints_in(tmp_path)] == [1, 3]


def test_unwritable_checkpoint_folder_fails_before_reading(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match=r"cannot (store checkpoints|read): Not a directory"):
        train(_never(), **SMALL, checkpoint=tmp_path / "file" / "kept")


def test_diverged_run_is_not_written_and_ends_with_advice(encoded: EncodedCorpus, tmp_path: Path) -> None:
    trainer = Trainer(encoded, TrainConfig(**{**SMALL, "epochs": 10_000}))
    saver = Saver(tmp_path, Every(tokens=2000), 2)

    def poison(record: Any, model: Model) -> None:
        if record.epoch == 3:
            model.input[0, 0] = np.inf

    with pytest.raises(DivergenceError, match=r"diverged in epoch 4, .*lower the learning rates"):
        trainer.run(saver=saver, callbacks=[poison])
    for path in checkpoints_in(tmp_path):
        assert read(path).place.epoch <= 3


def test_runs_in_several_python_threads_keep_their_own_checkpoints(encoded: EncodedCorpus, tmp_path: Path) -> None:
    alone = {seed: _content(train(encoded, **SMALL, seed=seed)) for seed in (1, 2)}
    together: dict[int, Any] = {}

    def run(seed: int) -> None:
        kept = tmp_path / str(seed)
        train(encoded, **SMALL, seed=seed, checkpoint=kept, checkpoint_every="3000tokens", checkpoint_keep=99)
        middle = _kept(checkpoints_in(kept)[5], tmp_path / f"middle-{seed}")
        together[seed] = _content(train(encoded, **SMALL, seed=seed, resume=middle))

    threads = [threading.Thread(target=run, args=(seed,)) for seed in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


# signals


def _start(folder: Path, *more: str) -> subprocess.Popen[str]:
    """Start a training that takes minutes; SIGINT counts even where the tests run in the background."""
    folder.mkdir(exist_ok=True)
    (folder / "corpus.txt").write_text("\n".join(" ".join(sentence) for sentence in SENTENCES * 20))
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code += "; from embed.cli import main; sys.exit(main())"
    command = ["train", "corpus.txt", "-o", "v.txt", "--epochs", "2000", "--threads", "1", "--dim", "24", *more]
    command += ["--subsample", "0"]  # a few words repeated: with a threshold there would be advice among the messages
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *command], stderr=subprocess.PIPE, text=True, cwd=folder, env=environment
    )


def _wait_for(found: Any) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@posix
@pytest.mark.parametrize(("number", "word", "code"), [(2, "interrupted", 130), (15, "terminated", 143)])
def test_signal_ends_a_run_with_a_checkpoint_and_the_command_to_resume(
    number: int, word: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    home = tmp_path / "a folder"
    process = _start(home, "--checkpoint", "my kept", "--checkpoint-every", "100000tokens", "--encoded", "encoded")
    with process:
        _wait_for(lambda: checkpoints_in(home / "my kept"))
        process.send_signal(number)
        assert process.stderr is not None
        message = process.stderr.read()
    assert process.returncode == code
    assert f"train-embeddings: {word} in epoch" in message
    assert "Traceback" not in message
    place = read(checkpoints_in(home / "my kept")[-1]).place
    assert f"in epoch {place.epoch + 1} at token {place.position:,}; resume with: train-embeddings train" in message
    words = shlex.split(message.rpartition("resume with: ")[2])
    assert words[-2:] == ["--resume", "my kept"]
    monkeypatch.chdir(home)
    assert main([*words[1:], "--epochs", str(place.epoch + 1), "--resume-anyway", "--quiet"]) == 0
    assert (home / "v.txt").exists()
    assert not [path for path in home.iterdir() if path.name.startswith((".", "train-embeddings-"))]


@posix
def test_termination_without_checkpoints_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with _start(home) as process:
        _wait_for(lambda: any(home.glob("train-embeddings-*/meta.json")))
        process.terminate()
        assert process.stderr is not None
        assert process.stderr.read() == "train-embeddings: terminated\n"
    assert process.returncode == 143
    assert [path.name for path in home.iterdir()] == ["corpus.txt"]


@posix
def test_in_python_an_interrupt_is_raised_and_the_handlers_are_put_back(encoded: EncodedCorpus, tmp_path: Path) -> None:
    def callback(record: Any, model: Model) -> None:
        if record.epoch == 2:
            signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    expected = train(encoded, **SMALL)
    with pytest.raises(Interrupted, match="terminated in epoch 3 at token 0"):
        train(encoded, **SMALL, checkpoint=tmp_path, callbacks=[callback])
    assert signal.getsignal(signal.SIGTERM) == before
    assert _content(train(encoded, **SMALL, resume=tmp_path)) == _content(expected)


def test_resuming_standard_input_asks_to_pipe_it_again(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-000001.ckpt").touch()
    for corpus, told in (
        ("-", "; with the same text on standard input, resume with: "),
        ("text.txt", "; resume with: "),
    ):
        given = ["train", corpus, "--checkpoint", str(tmp_path)]
        assert how_to_resume(parse(given), given).startswith(f"{told}train-embeddings train {corpus} ")


# the command


def test_flags_that_need_another_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flags, needed in (
        (["--checkpoint-every", "5m"], "--checkpoint-every has no effect without --checkpoint"),
        (["--checkpoint-keep", "3"], "--checkpoint-keep has no effect without --checkpoint"),
        (["--resume-anyway"], "--resume-anyway has no effect without --resume"),
    ):
        assert main(["train", "corpus.txt", "-o", str(tmp_path / "v.txt"), *flags]) == 2
        assert needed in capsys.readouterr().err


def test_command_warns_in_one_line_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "corpus.txt").write_text("\n".join(" ".join(sentence) for sentence in SENTENCES))
    command = ["train", str(tmp_path / "corpus.txt"), "-o", str(tmp_path / "v.txt"), "--epochs", "3", "--quiet"]
    command += ["--threads", "1", "--dim", "16", "--checkpoint", str(tmp_path / "kept"), "--checkpoint-every", "epoch"]
    command += ["--objective", "sg"]
    assert main(command) == 0
    expected = (tmp_path / "v.txt").read_bytes()
    checkpoints_in(tmp_path / "kept")[-1].write_bytes(b"damaged")
    capsys.readouterr()
    with contextlib.suppress(FileNotFoundError):
        (tmp_path / "v.txt").unlink()
    with warnings.catch_warnings():
        assert main([*command, "--resume", str(tmp_path / "kept")]) == 0
    assert (tmp_path / "v.txt").read_bytes() == expected
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "train-embeddings: warning: " in lines[0]
    assert "resuming from the checkpoint before" in lines[0]
