"""The command line: what it prints where, its exit codes, and that its flags are TrainConfig's fields."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import embed
from embed import demo, formats
from embed.cli import commands, main
from embed.cli.commands import BY_NAME_ALONE, COMMANDS, classify, documents
from embed.cli.exit_codes import help_line
from embed.cli.flags import given_parameters
from embed.cli.parser import command_module, parse
from embed.cli.writing import save_or_rescue
from embed.config.train import TrainConfig, parameters
from embed.errors import EmbedError, FormatError
from embed.vectors import WordVectors
from embed.vectors.postprocess import unit_length

GROUPS = {"documents": documents, "classify": classify}
IN_GROUPS = [f"{group} {name}" for group, package in GROUPS.items() for name in package.COMMANDS]
SCREEN = (80, 24)
WORDS = ("one", "two", "three", "uno", "dos", "tres")
STEP = 0.5


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """Three numbers in two languages: two coordinates say which number, two which language."""
    angles = np.array([0.0, STEP, 2 * STEP, 0.0, STEP, 2 * STEP])
    numbers = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    matrix = np.hstack([numbers, np.repeat(np.eye(2), 3, axis=0)]).astype(np.float32)
    path = tmp_path / "vectors.txt"
    formats.save(WordVectors(list(WORDS), matrix), path)
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    draw = np.random.default_rng(1)
    path = tmp_path / "corpus.txt"
    lines = [" ".join(f"w{n}" for n in draw.integers(0, 20, size=12)) for _ in range(200)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


QUICK = ("--objective", "sg", "--dim", "16", "--epochs", "1", "--min-count", "1", "--threads", "1", "--quiet")


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def command(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "embed", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        check=False,
    )


# Help


@pytest.mark.parametrize("name", ["", *COMMANDS, *IN_GROUPS])
def test_help_fits_a_screen(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*name.split(), "--help")
    assert stopped.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= SCREEN[1]
    assert max(map(len, lines)) <= SCREEN[0]
    assert "usage: train-embeddings" in lines[0]


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    described = {line.split()[0] for line in text.splitlines() if line.startswith("    ")}
    assert set(COMMANDS) - described == set(BY_NAME_ALONE)
    assert f"also: {', '.join(BY_NAME_ALONE)} train" in " ".join(text.split())


@pytest.mark.parametrize("group", GROUPS)
def test_the_help_of_a_group_lists_its_commands(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(group, "--help")
    described = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")}
    assert described >= set(GROUPS[group].COMMANDS)


def test_help_all_lists_every_parameter_with_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("train", "--help-all")
    text = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    for name, parameter, value_type in parameters():
        flag = name.replace("_", "-")
        assert (f"--[no-]{flag} " if value_type is bool else f"--{flag} ") in text
        assert parameter.help.replace("- ", "-") in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--version")
    assert capsys.readouterr().out == f"train-embeddings {embed.__version__}\n"


# Flags


@pytest.mark.parametrize("name", [name for name, _, _ in parameters()])
def test_every_field_of_the_config_is_a_flag(name: str) -> None:
    parameter, value_type = next((p, t) for n, p, t in parameters() if n == name)
    flag = "--" + name.replace("_", "-")
    default = getattr(TrainConfig(), name)
    if value_type is bool:
        cases = [([flag], True), (["--no-" + flag[2:]], False)]
    elif parameter.choices:
        cases = [([flag, choice], choice) for choice in parameter.choices]
    else:
        value = default if default is not None else value_type(1)
        cases = [([flag, str(value)], value)]
    for arguments, expected in cases:
        given = given_parameters(parse(["train", "corpus", *arguments]))
        assert given == {name: expected}
        assert type(given[name]) is value_type


def test_without_flags_nothing_is_set() -> None:
    assert given_parameters(parse(["train", "corpus"])) == {}


def test_flags_and_words_come_in_any_order() -> None:
    arguments = parse(["nearest", "v.bin", "-n", "3", "a", "--top", "9", "b"])
    assert (arguments.vectors, arguments.words, arguments.n, arguments.top) == ("v.bin", ["a", "b"], 3, 9)
    arguments = parse(["evaluate", "v.bin", "--top", "all", "google"])
    assert (arguments.sets, arguments.top) == (["google"], None)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "COMMAND"),
        (["trian"], "invalid choice: 'trian'"),
        (["train"], "CORPUS"),
        (["train", "x", "--dim", "wide"], "--dim: invalid int value: 'wide'"),
        (["train", "x", "--di=5"], "unrecognized arguments: --di=5; did you mean --dim?"),
        (["train", "x", "--di", "5"], "; did you mean --dim?"),
        (["train", "x", "--min_count=5"], "did you mean --min-count?"),
        (["train", "x", "-minCount", "5"], "did you mean --min-count?"),
        (["train", "x", "--vector_size", "5"], "did you mean --dim?"),
        (["train", "x", "--qqq"], "unrecognized arguments: --qqq (see"),
        (["train", "x", "--objective", "glove"], "--objective: invalid choice: 'glove'"),
        (["nearest", "v", "w", "-n", "0"], "-n: must be at least 1, not 0"),
        (["nearest", "v", "w", "-n", "few"], "-n: invalid whole number value: 'few'"),
        (["evaluate", "v", "--json", "--markdown"], "not allowed with"),
    ],
)
def test_a_mistake_in_the_arguments_is_one_line(
    arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert part in err


# Errors


def test_an_error_is_one_sentence_with_the_exit_code_of_its_class(
    tmp_path: Path, vectors: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    garbage = tmp_path / "garbage.bin"
    garbage.write_bytes(b"\x00\x01\x02")
    out = tmp_path / "out.bin"
    cases: list[tuple[tuple[object, ...], int, str]] = [
        (("train", corpus, "-o", out, "--dim", "0"), 2, "dim must be at least 1"),
        (("train", corpus, "-o", out, "--config", tmp_path / "none.toml"), 2, "none.toml"),
        (("train", corpus), 2, "-o OUT"),
        (("train", corpus, "-o", tmp_path / "no" / "out.bin"), 2, "does not exist"),
        (("train", corpus, "-o", tmp_path), 2, "is a folder"),
        (("train", corpus, "-o", corpus), 2, "overwritten"),
        (("train", corpus, "-o", out, "--save-model", out), 2, "both"),
        (("train", tmp_path / "none.txt", "-o", out, *QUICK), 3, "none.txt"),
        (("nearest", garbage, "one"), 4, "garbage.bin"),
        (("convert", vectors, tmp_path / "out.docx"), 4, ".docx"),
        (("nearest", vectors, "onee"), 5, "one"),
        (("nearest", tmp_path / "none.bin", "one"), 4, "none.bin"),
    ]
    for arguments, code, part in cases:
        assert run(*arguments) == code, arguments
        printed, err = capsys.readouterr()
        assert printed == "", arguments
        assert err.startswith("train-embeddings: "), arguments
        assert len(err.splitlines()) == 1, err
        assert part in err, err
    assert not out.exists()


def test_an_unknown_ending_is_refused_before_training(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("embed.training.run.run", lambda *_, **__: pytest.fail("trained for nothing"))
    assert run("train", corpus, "-o", tmp_path / "vectors.docx", *QUICK) == 4
    assert ".docx" in capsys.readouterr().err


def test_advice_is_one_line_on_stderr(tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", corpus, "-o", tmp_path / "v.txt", *QUICK, "--dim", "4") == 0
    assert [line for line in capsys.readouterr().err.splitlines() if "dim is 4" in line] == [
        "train-embeddings: warning: --dim is 4; values from 16 to 1024 are known to work well"
    ]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "train-embeddings: interrupted\n"),
        (
            PermissionError(13, "Permission denied", "x.txt"),
            1,
            "train-embeddings: x.txt: Permission denied\n",
        ),
        (OSError(28, "No space left on device"), 1, "train-embeddings: No space left on device\n"),
        (
            MemoryError(),
            1,
            "train-embeddings: out of memory; lower --dim or --buckets, or raise --min-count\n",
        ),
        (
            TypeError("odd"),
            70,
            "train-embeddings: internal error: TypeError: odd; report it with the traceback (EMBED_TRACEBACK=1)\n",
        ),
    ],
)
def test_an_unexpected_error_is_one_line(
    error: BaseException,
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("embed.cli.commands.info.run", fail)
    assert run("info") == code
    assert capsys.readouterr() == ("", message)


def test_a_traceback_comes_on_request(tmp_path: Path) -> None:
    quiet = command("nearest", tmp_path / "none.bin", "one")
    loud = command("nearest", tmp_path / "none.bin", "one", EMBED_TRACEBACK="1")
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves_is_not_an_error(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(20_000)]
    path = tmp_path / "many.bin"
    formats.save(WordVectors(words, np.ones((len(words), 2), dtype=np.float32)), path)
    with subprocess.Popen(
        [sys.executable, "-m", "embed", "nearest", str(path), "word1", "-n", "20000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


# Commands


@pytest.mark.parametrize("ending", ["txt", "vec", "bin", "embed"])
def test_train_writes_vectors_and_a_run_card(
    ending: str, tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"vectors.{ending}"
    assert run("train", corpus, "-o", out, *QUICK) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch("train-embeddings: warning: the vectors are not fit for use: [^\n]*\n", shown.err)
    vectors = formats.load(out)
    assert (len(vectors), vectors.dim) == (20, 16)
    card = json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))
    assert card["config"]["dim"] == 16
    assert card["config"]["epochs"] == 1
    assert list(card["seconds"]) == ["reading", "counting", "encoding", "preparing", "training", "saving"]


def test_train_takes_a_config_file_and_the_flag_wins(tmp_path: Path, corpus: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text('objective = "cbow"\ndim = 24\nepochs = 1\nmin_count = 1\nthreads = 1\n', encoding="utf-8")
    out = tmp_path / "vectors.bin"
    assert run("train", corpus, "-o", out, "--config", config, "--dim", "32", "--quiet") == 0
    assert formats.load(out).dim == 32
    card = json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))
    assert (card["config"]["objective"], card["config"]["dim"]) == ("cbow", 32)


def test_train_keeps_a_model_and_the_encoded_corpus(tmp_path: Path, corpus: Path) -> None:
    model_path, encoded = tmp_path / "model.embed", tmp_path / "encoded"
    arguments = (
        "train",
        corpus,
        "--save-model",
        model_path,
        "--encoded",
        encoded,
        *QUICK,
        "--subword",
        "--buckets",
        "500",
    )
    assert run(*arguments) == 0
    model = embed.load_model(model_path)
    assert model.config.subword
    assert len(model.input) == 20 + len(model.parameters.buckets)
    before = {path: path.stat().st_mtime_ns for path in encoded.rglob("*")}
    assert before
    assert run(*arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in encoded.rglob("*")} == before


def test_a_word_that_the_format_cannot_hold_does_not_cost_the_run(tmp_path: Path) -> None:
    vectors = WordVectors(["two words", "one"], np.eye(2, dtype=np.float32))
    with pytest.raises(FormatError, match=r"the vectors are in .*v\.bin\.embed"):
        save_or_rescue(vectors, str(tmp_path / "v.bin"))
    assert list(formats.load(tmp_path / "v.bin.embed").words) == ["two words", "one"]


def test_train_reads_standard_input(tmp_path: Path, corpus: Path) -> None:
    out = tmp_path / "vectors.txt"
    with corpus.open("rb") as stdin:
        done = subprocess.run(
            [sys.executable, "-m", "embed", "train", "-", "-o", str(out), *QUICK],
            stdin=stdin,
            capture_output=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert len(formats.load(out)) == 20


def test_nearest_prints_word_neighbour_and_cosine(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nearest", vectors, "one", "dos", "-n", "2") == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[:2] for row in rows[:2]] == [["one", "two"], ["one", "three"]]
    assert [row[0] for row in rows] == ["one", "one", "dos", "dos"]
    assert float(rows[0][2]) == pytest.approx((np.cos(STEP) + 1) / 2, abs=1e-4)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_analogy_prints_answers(method: str, vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("analogy", vectors, "one", "uno", "two", "-n", "1", "--method", method) == 0
    assert capsys.readouterr().out.split("\t")[:4] == ["one", "uno", "two", "dos"]


def test_convert_keeps_every_number(tmp_path: Path, vectors: Path) -> None:
    previous = vectors
    for ending in ("bin", "embed", "vec", "txt"):
        target = tmp_path / f"converted.{ending}"
        assert run("convert", previous, target) == 0
        previous = target
    first, last = formats.load(vectors), formats.load(previous)
    assert list(first.words) == list(last.words)
    np.testing.assert_array_equal(first.matrix, last.matrix)


def test_convert_averages_the_outputs_of_a_model(
    tmp_path: Path, corpus: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = tmp_path / "m.embed", tmp_path / "out.embed"
    assert run("train", corpus, "--save-model", model, "--structured", *QUICK) == 0
    assert run("convert", model, out, "--average-outputs", "--unit") == 0
    expected = unit_length(embed.load_model(model).averaged_vectors())
    np.testing.assert_array_equal(formats.load(out).matrix, expected.matrix)
    out.unlink()
    capsys.readouterr()
    assert run("convert", vectors, out, "--average-outputs") == 4
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(vectors) in error
    assert not out.exists()


@pytest.fixture
def test_set(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("one\ttwo\t9\none\tthree\t7\none\tuno\t4\none\tdos\t2\n", encoding="utf-8")
    return path


def test_evaluate_prints_a_table_json_or_markdown(
    vectors: Path, test_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", vectors, test_set) == 0
    assert "100" in capsys.readouterr().out
    assert run("evaluate", vectors, test_set, "--json") == 0
    assert json.loads(capsys.readouterr().out)["results"]
    assert run("evaluate", vectors, test_set, "--markdown") == 0
    assert "|" in capsys.readouterr().out


def test_compare_finds_no_difference_between_equals(
    vectors: Path, test_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", vectors, vectors, test_set, "--json") == 0
    assert json.loads(capsys.readouterr().out)
    assert run("compare", vectors, vectors, test_set) == 0
    assert capsys.readouterr().out


def test_a_task_is_evaluated_and_compared(vectors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "words.txt"
    path.write_text("one EN\ntwo EN\nuno ES\n\ndos ES\nthree EN\n\n" * 4, encoding="utf-8")
    flags = ("--task", "tag", "--folds", "2", "--window", "0")
    assert run("evaluate", vectors, path, *flags, "--json") == 0
    assert json.loads(capsys.readouterr().out)["protocol"]["task"] == "tag"
    assert run("compare", vectors, vectors, "--sets", tmp_path, *flags) == 0
    printed = capsys.readouterr()
    assert "accuracy" in printed.out
    assert f"skipped {vectors.name}, which is no test set" in printed.err
    assert run("evaluate", vectors, path, "--task", "classify", "--window", "1") == 2
    assert "--window does not apply to --task classify" in capsys.readouterr().err
    assert run("evaluate", vectors, path, "--folds", "3") == 2
    assert "--folds is an option of tasks; choose one with --task" in capsys.readouterr().err


def test_info_describes_the_installation_and_a_file(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["version"] == embed.__version__
    assert facts["simd"] in facts["simd available"]
    assert run("info", vectors, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["words"], facts["dim"]) == (6, 4)
    assert run("info", vectors) == 0
    assert "words" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_commands_and_flags(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("completion", shell) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in COMMANDS)
    assert "--window-kind" in script


def test_completion_works_in_bash() -> None:
    script = 'eval "$("$0" -m embed completion bash)"; complete -p train-embeddings'
    done = subprocess.run(["bash", "-c", script, sys.executable], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "complete" in done.stdout


def test_every_command_is_a_module_and_every_module_a_command() -> None:
    for table, package in ((COMMANDS, commands), *((package.COMMANDS, package) for package in GROUPS.values())):
        assert set(table) == {module.name.replace("_", "-") for module in pkgutil.iter_modules(package.__path__)}
    for name in [*(COMMANDS.keys() - GROUPS.keys()), *IN_GROUPS]:
        module = command_module(name)
        assert callable(module.run)
        assert callable(module.add_arguments)


def test_the_help_says_every_exit_code() -> None:
    codes = {kind.exit_code for kind in (EmbedError, *EmbedError.__subclasses__())}
    for code in codes:
        assert f" {code} " in help_line()


# The demo


def test_the_demo_finds_its_text_without_importing_gensim() -> None:
    pytest.importorskip("gensim")
    code = "import sys, embed.demo as d; print(d.find_dump().stat().st_size > 0, 'gensim' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


def test_the_demo_fills_no_folder_of_others(tmp_path: Path) -> None:
    (tmp_path / "skip-gram.txt").write_text("mine")
    assert run("demo", "-o", tmp_path) == 4
    assert (tmp_path / "skip-gram.txt").read_text() == "mine"


def test_the_demo_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gensim")
    pytest.importorskip("mwparserfromhell")
    monkeypatch.setattr("embed.demo._SHARED", {**demo._SHARED, "epochs": 1, "dim": 16})
    assert run("demo", "-o", tmp_path / "demo") == 0
    out = capsys.readouterr().out
    assert "not in the vocabulary" in out
    assert "Your own text" in out
    articles = dict(re.findall(r"^ +(space|chemistry) \| (.*)$", out, re.MULTILINE))
    assert "Apollo 11" in articles["space"]
    assert "Acid" in articles["chemistry"]
    for name in ("skip-gram.txt", "cbow.bin", "subword.embed"):
        assert len(formats.load(tmp_path / "demo" / name)) > 1000


def test_replicates_are_trained_into_a_folder(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.replicates"
    flags = [*QUICK[:-1], "--seed", "3"]
    assert run("train", corpus, "-o", path, "--replicates", 2, *flags) == 0
    said = capsys.readouterr()
    assert not said.out
    assert "replicate 1 of 2\n" in said.err
    assert said.err.endswith(f"2 x 20 words, 16 dimensions: {path}\n")
    expected = embed.replicate(corpus, replicates=2, objective="sg", dim=16, epochs=1, min_count=1, threads=1, seed=3)
    np.testing.assert_array_equal(embed.Replicates.load(path)[1].matrix, expected[1].matrix)
    assert run("train", corpus, "-o", path, "--replicates", 2, *QUICK) == 0  # over the older one
    assert "replicate 1 of 2" not in capsys.readouterr().err
    for more, sentence in (
        (("--save-model", tmp_path / "m.embed"), "--save-model is for a single model: leave it out, or --replicates"),
        (("--replicates", 1), "--replicates must be a whole number from 2 to 999, not 1"),
        (("-o", tmp_path / "out.vec"), "the extension .vec means vectors"),
    ):
        assert run("train", corpus, "-o", path, "--replicates", 2, *QUICK, *more) in (2, 4)
        assert sentence in capsys.readouterr().err
