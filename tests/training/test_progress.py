"""Progress of a run: lines where no terminal is, the logger, the log of JSON lines, a cell of a notebook."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import embed
from embed.cli import main
from embed.compat.gensim import Word2Vec
from embed.compat.gensim.training_log import TrainingLog
from embed.documents.continuing import continue_documents
from embed.errors import AdviceWarning, ConfigError
from embed.model.model import EpochRecord
from embed.training import progress_lines, showing
from embed.training.progress import Pace, Progress, State
from embed.training.progress_bars import NotebookBar, TerminalBar
from embed.training.progress_lines import JsonLines, Lines, Logged

SENTENCES = [[f"w{(i * 7 + j) % 50}" for j in range(20)] for i in range(200)]
SMALL: dict[str, Any] = {"dim": 16, "min_count": 1, "threads": 1, "epochs": 2, "objective": "sg", "subsample": 0}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def train_for(progress: Progress, clock: Clock, seconds: int, step: int = 1) -> None:
    """Follow a made-up training of five epochs of 1,000 tokens a second in all."""
    total, clock.now = 1_000 * seconds, 0.0
    progress.begin("training", total, epochs=5)
    for now in range(step, seconds + 1, step):
        clock.now = float(now)
        tokens = 1_000 * now
        progress.advance(tokens, epoch=min(5 * tokens // total, 4) + 1, loss=0.1824, lr=0.031)


def test_a_line_comes_every_ten_seconds_at_first_and_then_every_minute() -> None:
    pace = Pace()
    assert [now for now in range(400) if pace.is_due(now)] == [*range(10, 130, 10), 180, 240, 300, 360]
    late = Pace()
    assert [now for now in (9.9, 47, 49.9, 50, 500, 539, 541) if late.is_due(now)] == [47, 50, 500, 541]


def test_a_line_says_epoch_share_speed_loss_rate_and_time_left() -> None:
    state = State(
        activity="training", tokens=408, total=1200, first=8, seconds=2.0, epoch=2, epochs=5, loss=0.18236, lr=0.031
    )
    assert state.line() == "epoch 2/5  34 %  200 tokens/s  loss 0.182  lr 0.031  4.0 s left"
    assert State(activity="reading", tokens=12_345_678, seconds=4.0).line() == "reading  12.3M tokens  3.09M tokens/s"
    assert State(activity="training", total=9, epoch=1, epochs=1).line() == "epoch 1/1  0 %"
    assert State(activity="training", tokens=12, total=9).share == 1.0  # resumed for fewer epochs


@pytest.mark.parametrize(
    ("left", "shown"),
    [(9.96, "10 s"), (119.4, "119 s"), (119.6, "2 min"), (200, "3 min"), (3599, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_the_time_left_has_a_unit_that_suits_it(left: float, shown: str) -> None:
    assert State(activity="t", tokens=1, total=2, seconds=left).line().endswith(f"  {shown} left")


def test_lines_go_to_a_stream_at_their_pace() -> None:
    stream, clock = io.StringIO(), Clock()
    with Progress(Lines(stream), clock=clock) as progress:
        train_for(progress, clock, 300)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 12 + 3
    assert lines[0] == "epoch 1/5  3 %  1.00k tokens/s  loss 0.182  lr 0.031  5 min left"
    assert lines[-1].startswith("epoch 5/5  100 %")
    assert all("\r" not in line and "\x1b" not in line for line in lines)


def test_a_short_run_writes_no_line(capfd: pytest.CaptureFixture[str]) -> None:
    embed.train(SENTENCES, **SMALL)
    assert capfd.readouterr() == ("", "")


def test_a_run_outside_a_terminal_writes_lines_to_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(progress_lines.Pace, "is_due", lambda *_: True)
    (tmp_path / "t.txt").write_text("\n".join(map(" ".join, SENTENCES)))
    command = ["train", str(tmp_path / "t.txt"), "-o", str(tmp_path / "v.bin"), "--objective", "sg", "--epochs", "2"]
    assert main(command) == 0
    shown = capfd.readouterr()
    assert shown.out == ""
    assert re.search(r"^reading  4\.00k tokens", shown.err)
    assert "\nepoch 2/2  100 %  " in shown.err
    assert main([*command, "--quiet", "--log-json", str(tmp_path / "log.jsonl")]) == 0
    shown = capfd.readouterr()
    assert shown.out == ""
    assert not re.search("tokens/s|chosen", shown.err)  # a warning is no progress
    events = [json.loads(line)["event"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {"start", "reading", "training", "progress", "epoch", "end"} == set(events)


def test_the_logger_has_it_and_then_standard_error_has_no_second_copy(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress_lines.Pace, "is_due", lambda *_: True)
    with caplog.at_level(logging.INFO, "embed"):
        embed.train(SENTENCES, **SMALL)
    assert capfd.readouterr() == ("", "")
    assert {record.name for record in caplog.records} == {"embed"}
    assert caplog.messages[0] == f"train-embeddings {embed.__version__} begins"
    assert any(message.startswith("epoch 2/2  100 %") for message in caplog.messages)
    assert any(re.match(r"epoch 2/2 ended: loss \d", message) for message in caplog.messages)
    decided = next(message for message in caplog.messages if message.startswith("training "))
    assert decided.startswith("training 50 words, 16 dimensions, sg, on 4,000 tokens with 1 thread; chosen for this")
    assert "lr=0.025" in decided
    assert "epochs" not in decided
    assert "done after" in caplog.messages[-1]


def test_the_root_logger_is_left_alone() -> None:
    code = (
        "import logging, embed; before = logging.root.level, list(logging.root.handlers); "
        "embed.train([['a', 'b', 'c']] * 200, dim=16, epochs=1, threads=1, min_count=1, objective='sg'); "
        "assert before == (logging.root.level, logging.root.handlers)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


# the log of JSON lines


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_log_has_an_object_a_line(tmp_path: Path) -> None:
    clock = Clock()
    log = JsonLines(tmp_path / "log.jsonl", now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    with Progress(log, clock=clock) as progress:
        progress.note("start", "it begins", version="1")
        train_for(progress, clock, 20)
        progress.note_epoch(EpochRecord(5, 0.5, 0.75, 0.01, 4.0, 100.0))
        progress.finish()
        clock.now = 21.0
    assert read(tmp_path / "log.jsonl") == [
        {
            "time": "2026-01-02T03:04:05.000Z",
            "event": "start",
            "elapsed": 0.0,
            "program": "train-embeddings",
            "version": "1",
        },
        *(
            {
                "time": "2026-01-02T03:04:05.000Z",
                "event": "progress",
                "elapsed": now,
                "epoch": epoch,
                "epochs": 5,
                "tokens": 1_000 * now,
                "share": now / 20,
                "tokens_per_s": 1_000.0,
                "loss": 0.1824,
                "lr": 0.031,
                "seconds_left": 20.0 - now,
            }
            for now, epoch in ((10, 3), (20, 5))
        ),
        {
            "time": "2026-01-02T03:04:05.000Z",
            "event": "epoch",
            "elapsed": 20.0,
            "epoch": 5,
            "epochs": 5,
            "tokens": 20_000,
            "share": 1.0,
            "tokens_per_s": 100.0,
            "loss": 0.5,
            "held_out_loss": 0.75,
            "lr": 0.01,
            "seconds": 4.0,
        },
        {
            "time": "2026-01-02T03:04:05.000Z",
            "event": "end",
            "elapsed": 21.0,
            "outcome": "done",
            "epoch": 5,
            "epochs": 5,
            "tokens": 20_000,
            "share": 1.0,
            "tokens_per_s": 1_000.0,
            "loss": 0.1824,
            "lr": 0.031,
            "spent": {"training": 20.0},
        },
    ]


def test_where_the_time_went_is_counted() -> None:
    clock = Clock()
    progress = Progress(clock=clock)
    for seconds in (2.0, 3.0):
        with progress.counting("reading"):
            clock.now += seconds
    progress.begin("training", 100)
    clock.now += 300
    progress.finish()
    with progress.timing("saving"):
        clock.now += 0.5
    assert progress.spent == {"reading": 5.0, "training": 300.0, "saving": 0.5}
    assert progress.times() == "5.0 s reading, 5 min training, 0.5 s saving"
    progress.divide("reading", {"reading": 1.0, "counting": 2.0, "encoding": 1.0})
    progress.divide("training", {})
    progress.divide("merging", {"reading": 1.0})
    parts = {"reading": 1.25, "counting": 2.5, "encoding": 1.25}
    assert progress.spent == {"training": 300.0, "saving": 0.5, **parts}


def test_each_line_of_a_log_is_there_at_once(tmp_path: Path) -> None:
    seen = []

    def look(record: EpochRecord, _: embed.Model) -> None:
        seen.append([line["event"] for line in read(tmp_path / "log.jsonl")])

    embed.train(SENTENCES, **SMALL, log_json=tmp_path / "log.jsonl", callbacks=[look])
    assert seen == [["start", "training", "epoch"], ["start", "training", "epoch", "epoch"]]


def test_a_log_tells_what_was_decided_and_how_the_run_ended(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    open_epochs = {name: value for name, value in SMALL.items() if name != "epochs"}
    embed.train(SENTENCES, **open_epochs, log_json=log, preset="large")
    decided = read(log)[1]
    assert (decided["words"], decided["tokens"], decided["threads"], decided["epochs"]) == (50, 4_000, 1, 3)
    assert decided["decisions"]["preset"] == "large"
    assert decided["chosen"].keys() == {"lr", "input_lr"}
    assert decided["config"]["dim"] == 16

    def fail(*_: object) -> None:
        raise ValueError("a \x1b[2J of the caller")

    with pytest.raises(ValueError, match="of the caller"):
        embed.train(SENTENCES, **SMALL, log_json=log, callbacks=[fail])
    end = read(log)[-1]
    assert (end["event"], end["outcome"], end["error"]) == ("end", "failed", "a \x1b[2J of the caller")
    assert "\x1b" not in log.read_text()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed.train(SENTENCES, **SMALL, log_json=log, callbacks=[interrupt])
    assert read(log)[-1]["outcome"] == "interrupted"


def test_a_run_that_resumes_adds_to_its_log(tmp_path: Path) -> None:
    log, folder = tmp_path / "log.jsonl", tmp_path / "kept"
    embed.train(SENTENCES, **SMALL, log_json=log, checkpoint=folder)
    before = log.read_bytes()
    more = {**SMALL, "epochs": 4}
    embed.train(SENTENCES, **more, log_json=log, checkpoint=folder, resume=folder, resume_anyway=True)
    assert log.read_bytes().startswith(before)
    added = read(log)[before.count(b"\n") :]
    assert [line["epoch"] for line in added if line["event"] == "epoch"] == [3, 4]
    assert [line["share"] for line in added if line["event"] == "epoch"] == [0.75, 1.0]
    embed.train(SENTENCES, **SMALL, log_json=log)
    assert len(read(log)) < before.count(b"\n") + len(added)


@pytest.mark.parametrize("content", ["notes of mine\n", '{"event": "start"}\n', "[]\n", "{" * 9_000])
def test_a_file_that_is_no_log_is_not_overwritten(content: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(content)
    with pytest.raises(ConfigError, match=r"log\.jsonl: the log would overwrite this file; move it"):
        embed.train(SENTENCES, **SMALL, log_json=log)
    assert log.read_text() == content
    log.write_text("")  # of mktemp
    embed.train(SENTENCES, **SMALL, log_json=log)
    assert len(read(log)) == 5


def test_a_log_must_not_be_another_output_or_an_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_text("\n".join(map(" ".join, SENTENCES)))
    for log, said in (("t.txt", "also an input"), ("v.bin.json", "named for both"), ("no/l", "does not exist")):
        assert main(["train", "t.txt", "-o", "v.bin", "--log-json", log, "--quiet"]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_full_disk_ends_the_log_and_not_the_run() -> None:
    with pytest.warns(
        AdviceWarning, match=r"^/dev/full: cannot write the log: .*; the run continues without it$"
    ) as seen:
        model = embed.train(SENTENCES, **SMALL, log_json="/dev/full")
    assert len(seen) == 1
    assert len(model.history) == 2


def test_items_documents_and_continued_runs_have_a_log(tmp_path: Path) -> None:
    log, options = tmp_path / "log.jsonl", {"dim": 16, "threads": 1, "epochs": 1, "progress": False}
    embed.train_items(SENTENCES, **options, log_json=log)
    assert read(log)[-1]["event"] == "end"
    log.unlink()
    documents = embed.train_documents(SENTENCES, **options, min_count=1, log_json=log)
    assert read(log)[-1]["event"] == "end"
    log.unlink()
    with pytest.raises(ConfigError, match="log_json does not apply with freeze='all'"):
        continue_documents(documents, SENTENCES, freeze="all", log_json=log)
    embed.continue_training(embed.train(SENTENCES, **SMALL), SENTENCES, threads=1, log_json=log)
    assert [line["event"] for line in read(log)] == ["start", "training", "epoch", "epoch", "end"]


# gensim's users


def test_the_stand_in_logs_as_gensim_does(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        Word2Vec(SENTENCES, vector_size=16, min_count=1, workers=1, epochs=2)
    assert {record.name for record in caplog.records} == {"gensim.models.word2vec"}
    ends = [re.match(r"EPOCH (\d+): training on (\d+) raw words \((\d+) effective", text) for text in caplog.messages]
    assert [end.groups() for end in ends if end] == [("0", "4000", "4000"), ("1", "4000", "4000")]
    assert "collected 50 word types from a corpus of 4000 raw words and 200 sentences" in caplog.messages
    assert caplog.messages[-1].startswith("training on 8000 raw words (8000 effective words) took ")


def test_the_stand_in_has_a_line_a_second_with_the_share_of_the_epoch(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    with caplog.at_level(logging.INFO), Progress(TrainingLog(2_000, 3_000, 1.0), clock=clock) as progress:
        progress.begin("training", 4_000, epochs=2)
        for now, epoch in ((0.5, 1), (1.0, 1), (1.5, 1), (2.0, 1), (2.5, 2), (3.0, 2)):
            clock.now = now
            progress.advance(int(1_000 * now), epoch=epoch)
    assert caplog.messages == [
        "EPOCH 0 - PROGRESS: at 50.00% examples, 1000 words/s",
        "EPOCH 0 - PROGRESS: at 100.00% examples, 1000 words/s",
        "EPOCH 1 - PROGRESS: at 50.00% examples, 1000 words/s",
    ]


# a cell of a notebook


class Cell:
    """What IPython's display does, for one cell."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, data: dict[str, str], *, raw: bool, display_id: bool) -> Cell:
        assert raw
        assert display_id
        assert not self.shown
        self.shown.append(data)
        return self

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(data)


def test_a_cell_shows_a_bar_that_is_replaced_and_what_was_decided() -> None:
    cell, clock = Cell(), Clock()
    with Progress(NotebookBar(cell.display), clock=clock) as progress:
        with progress.counting("reading") as count:
            count(1_000, 0)
        progress.note("training", "training <script>alert(1)</script> \x1b[2J words")
        train_for(progress, clock, 10)
    assert len(cell.shown) < 20
    assert cell.shown[0]["text/plain"] == "reading  1.00k tokens"
    plain, html = cell.shown[-1]["text/plain"], cell.shown[-1]["text/html"]
    assert plain.splitlines() == [
        r"training <script>alert(1)</script> \x1b[2J words",
        "done after 10 s, epoch 5 of 5, 1.00k tokens/s, loss 0.1824",
    ]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'value="1.0000"' in html


def test_a_cell_says_which_replicate_is_trained() -> None:
    cell = Cell()
    with Progress(NotebookBar(cell.display), clock=Clock()) as progress:
        progress.note("replicate", "replicate 2 of 3 begins")
        progress.note("training", "training 5 words")
    assert cell.shown[-1]["text/plain"].startswith("replicate 2 of 3 begins\ntraining 5 words\ndone")


def test_the_kernel_of_a_notebook_gets_the_bar(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    cell = Cell()
    monkeypatch.setattr(showing, "notebook", lambda: cell.display)
    embed.train(SENTENCES, **SMALL)
    assert "done after" in cell.shown[-1]["text/plain"]
    cell.shown.clear()
    embed.train(SENTENCES, **SMALL, progress=False)
    assert not cell.shown
    assert capfd.readouterr() == ("", "")


def test_each_sink_has_its_own_pace() -> None:
    clock, streams = Clock(), (io.StringIO(), io.StringIO())
    with Progress(*map(Lines, streams), Logged(), clock=clock) as progress:
        train_for(progress, clock, 30)
    assert streams[0].getvalue() == streams[1].getvalue()
    assert streams[0].getvalue().count("\n") == 3


def test_the_bar_of_a_terminal_names_the_activity_and_the_epoch() -> None:
    stream, clock = io.StringIO(), Clock()
    with Progress(TerminalBar(stream), clock=clock) as progress:
        with progress.counting("reading") as count:
            count(2_000, 0)
        train_for(progress, clock, 10)
    drawn = stream.getvalue()
    assert "reading: 2.00ktok" in drawn
    assert "epoch 5/5: 100%" in drawn
    assert ": :" not in drawn
