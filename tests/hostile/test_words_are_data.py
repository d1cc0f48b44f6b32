"""Words, file names and metadata of strangers, in everything the command prints, draws and writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import embed
from embed import formats
from embed.cli import main
from embed.vectors import WordVectors

WORDS = [
    "king",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "tab\there",
    "line\nfake\tneighbour\t1.0000",
    "\x9b31m",
    "\u202egnik",
    "back\x08\x08king\\n",
    "کتاب\u200cها",
    "👩\u200d🚀",
]


def run(*words: object) -> int:
    return main([str(word) for word in words])


def safe(text: str) -> bool:
    return all(
        character.isprintable() or character in "\t\u200c\u200d" for line in text.split("\n") for character in line
    )


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    matrix = 1 + 0.01 * np.random.default_rng(0).standard_normal((len(WORDS), 8)).astype(np.float32)
    path = tmp_path / "w.embed"
    embed.save(WordVectors(WORDS, matrix), path)
    return path


@pytest.fixture
def card(tmp_path: Path) -> Path:
    record = {"epoch": 1, "loss": 2.0, "held_out_loss": 2.5, "lr": 0.1, "seconds": 1.0, "tokens_per_second": 9.0}
    path = tmp_path / "card.json"
    path.write_text(json.dumps({"epochs": [record]}), encoding="utf-8")
    return path


def test_nearest_and_analogy_print_one_row_a_word(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nearest", hostile, WORDS[3], "-n", len(WORDS)) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == len(WORDS) - 1
    assert safe("\n".join(rows))
    fields = [row.split("\t") for row in rows]
    assert {len(row) for row in fields} == {3}
    undone = {row[1].encode("latin-1", "backslashreplace").decode("unicode_escape") for row in fields}
    assert undone == set(WORDS) - {WORDS[3]}
    assert any("کتاب\u200cها" in row for row in rows)
    assert run("analogy", hostile, WORDS[0], WORDS[1], WORDS[2]) == 0
    out = capsys.readouterr().out
    assert safe(out)
    assert len(out.splitlines()) == len(WORDS) - 3


def test_errors_quote_words_and_names_harmlessly(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given in (
        ("nearest", hostile, "x\x1b[31my\nz"),
        ("nearest", f"{hostile}\x1b[2J\nno", "king"),
        ("train", "no\x1b[31mfile\nsecond line*", "-o", hostile.parent / "v.txt"),
        ("train", "no\x1b[31mfile\nsecond line", "-o", hostile.parent / "v.txt"),
        ("evaluate", hostile, "no\x1b[31mset\nsecond line"),
        ("curve", "no\x1b[31mrun\nsecond line"),
        ("convert", hostile, hostile.parent / "x\x1b[31m\ny.what"),
        ("info", "a\x1b[31m\nb"),
    ):
        assert run(*given) != 0
        told = capsys.readouterr().err
        assert len(told.splitlines()) == 1, given
        assert safe(told), given


def test_a_mistake_in_the_arguments_is_quoted_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nearest", "v", "w", "--no\x1b[31msuch\nflag"])
    assert safe(capsys.readouterr().err)


def test_info_shows_metadata_harmlessly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from embed.formats import _safetensors

    model = embed.train([["a", "b", "c"]] * 40, min_count=1, threads=1, epochs=1, dim=16, progress=False)
    embed.save(model.vectors, tmp_path / "v.embed")
    arrays, metadata = _safetensors.read_mapped(tmp_path / "v.embed")
    metadata["config"] = json.dumps({"x": "\x1b[31mred\x1b]0;t\x07\nfake  line\x9b"})
    _safetensors.write(tmp_path / "evil.embed", {key: array.copy() for key, array in arrays.items()}, metadata)
    assert run("info", tmp_path / "evil.embed") == 0
    told = capsys.readouterr().out
    assert safe(told)
    assert len([line for line in told.splitlines() if "fake" in line]) == 1
    assert run("info", tmp_path / "evil.embed", "--json") == 0
    told = capsys.readouterr().out
    assert safe(told)
    assert json.loads(told)["config"]["x"].startswith("\x1b[31m")


def test_phrases_are_one_row_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "c.txt"
    corpus.write_bytes(
        b"".join(b"\x1b[31mnew york\x9b is w%d w%d\n" % (i % 7, i % 11) for i in range(200)).replace(
            b"\x9b", b"\xc2\x9b"
        )
    )
    assert run("phrases", corpus, "-n", "3", "--phrase-min-count", "2", "--phrase-threshold", "0.01") == 0
    told = capsys.readouterr().out
    assert "\\x1b[31mnew_york\\x9b" in told
    assert safe(told)


def test_curve_prints_names_as_fields(card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = tmp_path / "r\tx\x1b[31m\n.json"
    name.write_bytes(card.read_bytes())
    assert run("curve", name) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2
    assert {row.count("\t") for row in rows} == {6}
    assert safe("\n".join(rows))


@pytest.mark.parametrize(
    "name", ["a$\\frac$b.json", "a$b$c.json", "_hidden.json", "<b>&.json", "\x1b[31m\n.json", "x\udcff.json", "n" * 200]
)
def test_a_chart_names_runs_as_they_are_called(name: str, card: Path, tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    path = tmp_path / name
    try:
        path.write_bytes(card.read_bytes())
    except OSError:
        pytest.skip("the file system has no such names")
    os.chdir(tmp_path)
    with matplotlib.rc_context({"svg.fonttype": "none"}):  # texts as texts
        assert run("curve", name, "-o", tmp_path / "c.svg") == 0
    chart = (tmp_path / "c.svg").read_text(encoding="utf-8")
    shown = {
        "<b>&.json": "&lt;b&gt;&amp;.json: training",
        "\x1b[31m\n.json": "\\x1b[31m\\n.json: training",
        "x\udcff.json": "x\\udcff.json: training",
        "n" * 200: "n" * 80 + "...",
    }
    assert f">{shown.get(name, f'{name}: training')}<" in chart


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 exist on Linux alone")
def test_names_that_are_no_utf8_are_read_written_and_shown(hostile: Path, card: Path, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    vectors, pairs, run_card = folder + b"/v\xff.embed", folder + b"/p\xff.txt", folder + b"/r\xff.json"
    for source, target in ((hostile, vectors), (card, run_card)):
        Path(os.fsdecode(target)).write_bytes(source.read_bytes())
    Path(os.fsdecode(pairs)).write_text(f"{WORDS[0]}\t{WORDS[7]}\t3\n{WORDS[7]}\t{WORDS[8]}\t5\n", encoding="utf-8")
    cases: list[tuple[list[str | Path | bytes], bool]] = [
        (["evaluate", vectors, pairs, "--json"], True),
        (["evaluate", vectors, pairs, "--markdown"], False),
        (["compare", vectors, vectors, pairs, "--json"], True),
        (["curve", run_card, "--json"], True),
        (["info", vectors, "--json"], True),
        (["nearest", vectors, "king"], False),
        (["convert", vectors, folder + b"/o\xff.npz"], False),
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen([sys.executable, "-m", "embed", *given], **pipes) for given, _ in cases]  # side by side
    for (given, is_json), process in zip(cases, running, strict=True):
        printed, told = process.communicate()
        assert process.returncode == 0, given
        assert all(b"not fit for use" in line for line in told.splitlines()), told
        text = printed.decode()
        assert safe(text)
        if is_json:
            json.loads(text)


def test_words_are_found_in_a_locale_that_is_not_utf8(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)
    embed.save(WordVectors(["größe", "maß", "straße"], matrix), tmp_path / "v.txt")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for given in (["nearest", "v.txt", "größe"], ["analogy", "v.txt", "größe", "maß", "straße"]):
        command = [sys.executable, "-m", "embed", *given]
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    missing = subprocess.run(
        [sys.executable, "-m", "embed", "nearest", "v.txt", "größer"],
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert missing.returncode == 5
    assert b"did you mean" in missing.stderr


@pytest.mark.parametrize("form", ["projector"])
def test_a_table_of_labels_has_a_line_a_word(form: str, hostile: Path, tmp_path: Path) -> None:
    vectors = formats.load(hostile)
    formats.save(vectors, tmp_path / "out", form, on_bad_word="escape")
    lines = (tmp_path / "out" / "metadata.tsv").read_bytes().split(b"\n")
    assert len(lines) == len(WORDS) + 1
    assert not any(set(b"\t\r\x0b\x0c") & set(line) for line in lines)
