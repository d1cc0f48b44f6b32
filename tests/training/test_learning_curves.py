"""Learning curves: read from a run card, a model or a checkpoint they are the same, and a chart shows each of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import embed
from embed.cli import main
from embed.errors import ConfigError, FormatError, MissingExtraError
from embed.model import EpochRecord
from embed.training.learning_curves import Curve, draw_curves, read_curve

SENTENCES = [[f"{kind}{(i * j) % 7}" for j in range(1, 30)] for i in range(50) for kind in ("a", "b")]
RECORDS = tuple(
    EpochRecord(epoch, 3.0 - epoch / 10, None if epoch == 2 else 2.5, 0.02, 1.0, 9e5) for epoch in (1, 2, 3)
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run card, the model and a checkpoint of one run."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "text.txt").write_text("\n".join(map(" ".join, SENTENCES)), encoding="utf-8")
    flags = ["--objective", "sg", "--dim", "16", "--epochs", "3", "--held-out", "0.2", "--threads", "1", "--quiet"]
    flags += ["--checkpoint-keep", "9", "--checkpoint-every", "epoch"]
    places = [
        "-o",
        str(folder / "v.bin"),
        "--save-model",
        str(folder / "m.embed"),
        "--checkpoint",
        str(folder / "kept"),
    ]
    assert main(["train", str(folder / "text.txt"), *places, *flags]) == 0
    return folder


def test_a_card_a_model_and_a_checkpoint_have_the_same_curve(run: Path) -> None:
    card, model, last = (run / name for name in ("v.bin.json", "m.embed", "kept/checkpoint-000003.ckpt"))
    records = embed.load_model(model).history
    assert [record.epoch for record in records] == [1, 2, 3]
    for path in (card, model, last):
        assert read_curve(path) == Curve(str(path), records)
    assert read_curve(run / "kept" / "checkpoint-000002.ckpt").records == records[:2]


def test_the_command_prints_a_line_an_epoch(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card, model = str(run / "v.bin.json"), str(run / "m.embed")
    assert main(["curve", card, model]) == 0
    head, *rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert head[:4] == ["run", "epoch", "loss", "held_out_loss"]
    assert [row[:2] for row in rows] == [[name, str(epoch)] for name in (card, model) for epoch in (1, 2, 3)]
    losses = [record.held_out_loss for record in read_curve(card).records]
    assert [float(row[3]) for row in rows[:3]] == pytest.approx(losses, rel=1e-5)
    assert main(["curve", card, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told == {"run": card, "epochs": json.loads(Path(card).read_text())["epochs"]}


@pytest.mark.parametrize(("name", "start"), [("c.svg", b"<?xml"), ("c.png", b"\x89PNG"), ("c.PDF", b"%PDF")])
def test_the_command_draws_a_chart(name: str, start: bytes, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert main(["curve", str(run / "v.bin.json"), str(run / "m.embed"), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().startswith(start)


def test_a_chart_has_a_line_for_each_loss_and_is_the_same_each_time(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    bare = tuple(EpochRecord(record.epoch, record.loss, None, 0.02, 1.0, 9e5) for record in RECORDS)
    with matplotlib.rc_context({"svg.fonttype": "none"}):  # texts as texts
        for name in ("one.svg", "two.svg"):
            draw_curves([Curve("first", RECORDS), Curve("second", bare)], tmp_path / name)
    chart = (tmp_path / "one.svg").read_text()
    assert (tmp_path / "two.svg").read_text() == chart
    told = [label for label in ("first: held-out", "first: training", "second: training") if label in chart]
    assert len(told) == 3
    assert "second: held-out" not in chart


def test_an_epoch_without_a_held_out_loss_is_left_out() -> None:
    assert Curve("run", RECORDS).points("held_out_loss") == ([1, 3], [2.5, 2.5])
    assert Curve("run", RECORDS).points("loss") == ([1, 2, 3], pytest.approx([2.9, 2.8, 2.7]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "."),
        (b'{"epochs": [', "not valid JSON"),
        (b'{"config": {}}', "not the history of a run: there is no list of epochs"),
        (b'{"epochs": [{"epoch": 1}]}', "not the history of a run"),
        (b'{"epochs": []}', "has not finished an epoch yet"),
        (b'{"epochs": ' + b"[" * 100_000, "not valid JSON"),
        (b"2 3\na 1 2 3\nb 1 2 3\n", "."),
    ],
)
def test_what_is_no_run_is_told(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message) as told:
        read_curve(path)
    assert str(path) in str(told.value)


def test_vectors_and_missing_files_are_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(run / "v.bin"), str(tmp_path / "v.embed")]) == 0
    with pytest.raises(FormatError, match="holds vectors without a history"):
        read_curve(tmp_path / "v.embed")
    assert main(["curve", str(tmp_path / "none.json")]) == FormatError.exit_code
    assert "none.json" in capsys.readouterr().err


def test_what_cannot_be_drawn_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"must be one of \.svg, \.png, \.pdf"):
        draw_curves([Curve("run", RECORDS)], tmp_path / "chart.gif")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"a chart needs matplotlib: pip install 'train-embeddings\[plot\]'"):
        draw_curves([Curve("run", RECORDS)], tmp_path / "chart.svg")
    assert not (tmp_path / "chart.svg").exists()
