"""nearest, analogy, similarity, vector: questions from arguments, pipes and a prompt; answers as columns and JSON."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from embed import formats
from embed.cli import main
from embed.cli.prompt import Completer
from embed.errors import MissingWordError
from embed.vectors import Replicates, WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vocabulary.ngrams import SubwordScheme

UNKNOWN = MissingWordError.exit_code
WORDS = ["king", "queen", "man", "woman", "New York", "\x1b[31mred", "zero"]


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    angles = np.array([0.0, 0.4, 1.0, 1.4, 2.0, 2.6])
    matrix = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    path = tmp_path / "v.embed"
    formats.save(WordVectors(WORDS, np.vstack([matrix, np.zeros(2)]).astype(np.float32)), path)
    return path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_all_questions_are_answered_and_each_unknown_word_is_told(
    vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("nearest", vectors, "kingg", "queen", "womam", "-n", "1") == UNKNOWN
    out, err = capsys.readouterr()
    assert rows(out) == [["queen", "king", f"{np.cos(0.4):.4f}"]]
    assert err.splitlines() == [
        "train-embeddings: 'kingg' is not in the vocabulary; did you mean 'king'?",
        "train-embeddings: 'womam' is not in the vocabulary; did you mean 'woman'?",
    ]


def test_questions_come_from_a_pipe(
    vectors: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, b"\xef\xbb\xbfking\r\n\n  New York \nnobody\nqueen")
    assert run("nearest", vectors, "-n", "1") == UNKNOWN
    out, err = capsys.readouterr()
    assert [row[0] for row in rows(out)] == ["king", "New York", "queen"]
    assert "'nobody'" in err
    pipe(monkeypatch, b"king man\tqueen\nman woman\nman\twoman\tking\n")
    assert run("analogy", vectors, "-n", "1") == 2  # of the first two lines: no three words
    out, err = capsys.readouterr()
    assert [row[:4] for row in rows(out)] == [["man", "woman", "king", "queen"]]
    assert err.count("a question needs 3 words, not 2") == 2
    pipe(monkeypatch, b"")
    assert run("nearest", vectors) == 0
    assert capsys.readouterr() == ("", "")


def test_similarity_prints_the_cosine_of_pairs(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("similarity", vectors, "king", "queen", "man", "woman") == 0
    assert rows(capsys.readouterr().out) == [["king", "queen", f"{np.cos(0.4):.4f}"], ["man", "woman", "0.9211"]]
    assert run("similarity", vectors, "king", "queen", "man") == 2
    assert run("similarity", vectors, "king", "zzqq", "--json") == UNKNOWN
    out = json.loads(capsys.readouterr().out)
    assert (out["a"], out["b"]) == ("king", "zzqq")
    assert "'zzqq' is not in the vocabulary" in out["error"]


def test_vector_prints_numbers_that_are_exact(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = formats.load(vectors)["woman"]
    assert run("vector", vectors, "woman") == 0
    (row,) = rows(capsys.readouterr().out)
    np.testing.assert_array_equal(np.array(row[1:], np.float32), expected)
    assert run("vector", vectors, "woman", "--json") == 0
    np.testing.assert_array_equal(np.array(json.loads(capsys.readouterr().out)["vector"], np.float32), expected)


def test_json_is_an_object_a_line_also_for_what_has_no_answer(
    vectors: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, b"king\nnobody\nqueen\n")
    assert run("nearest", vectors, "-n", "2", "--json") == UNKNOWN
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["word"] for one in told] == ["king", "nobody", "queen"]
    assert told[0]["nearest"][0] == {"word": "queen", "cosine": round(float(np.cos(0.4)), 4)}
    assert set(told[1]) == {"word", "error"}
    assert run("analogy", vectors, "man", "woman", "king", "--json", "-n", "1") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["a"], told["b"], told["c"], told["answers"][0]["word"]) == ("man", "woman", "king", "queen")


def test_a_word_without_direction_costs_only_its_answer(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nearest", vectors, "zero", "king", "-n", "1") == 2
    out, err = capsys.readouterr()
    assert len(rows(out)) == 1
    assert "zero vector" in err


def test_hostile_words_are_printed_as_text(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nearest", vectors, "New York", "\x1b[31mred", "\x1b[0mnone") == UNKNOWN
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "\\x1b[31mred" in out
    assert run("nearest", vectors, "New York", "--json") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_among_and_least_restrict_the_answers(
    vectors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    some = tmp_path / "some.txt"
    some.write_text("woman\nking\nnobody\nqueen\n\n", encoding="utf-8")
    assert run("nearest", vectors, "king", "--among", some) == 0
    out, err = capsys.readouterr()
    assert [row[1] for row in rows(out)] == ["queen", "woman"]
    assert f"{some}: 1 of 4 words are not in the vocabulary, such as 'nobody'" in err
    assert run("nearest", vectors, "king", "--among", some, "--least", ".5") == 0
    assert [row[1] for row in rows(capsys.readouterr().out)] == ["queen"]
    assert run("analogy", vectors, "man", "woman", "king", "--among", some, "--least", "-1", "--top", "2") == 0
    assert [row[3] for row in rows(capsys.readouterr().out)] == ["queen"]
    for content, said in ((b"nobody\n", "no word of this file"), (b"\n", "holds no word"), (b"\xff\n", "UTF-8")):
        some.write_bytes(content)
        assert run("nearest", vectors, "king", "--among", some) != 0
        assert said in capsys.readouterr().err
    pipe(monkeypatch, b"king\n")
    assert run("nearest", vectors, "--among", "-") == 2
    assert "only once" in capsys.readouterr().err
    assert run("nearest", vectors, "king", "--least", "nan") == 2
    assert "--least must be" in capsys.readouterr().err


def test_a_composed_word_is_told_with_close_spellings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scheme = SubwordScheme(min_n=3, max_n=3, buckets=50)
    rng = np.random.default_rng(3)
    subwords = Subwords(scheme, rng.normal(size=(50, 4)).astype(np.float32))
    matrix = rng.normal(size=(3, 4)).astype(np.float32)
    path = tmp_path / "sub.embed"
    formats.save(WordVectors(["night", "light", "day"], matrix, subwords=subwords), path)
    assert run("nearest", path, "nights", "-n", "1", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["composed"] == ["nights"]
    notice = "'nights' is not in the vocabulary: its vector is composed from n-grams; close spellings in it: 'night'\n"
    assert err == notice


def test_a_line_without_end_is_refused(
    vectors: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, b"king\n" + b"x" * 100_000)
    assert run("nearest", vectors, "-n", "1") == 3
    out, err = capsys.readouterr()
    assert len(rows(out)) == 1
    assert "standard input, line 2: longer than" in err


def test_each_answer_arrives_before_the_next_question(vectors: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "embed", "similarity", str(vectors)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for word in ("queen", "man"):
            process.stdin.write(f"king {word}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().startswith(f"king\t{word}\t".encode())
        process.stdin.close()
        assert process.wait() == 0


def test_completions_are_the_frequent_words_that_are_safe_on_a_terminal() -> None:
    complete = Completer(["the", "then", "\x1b[31mthe", "there", "them\n"])
    assert [complete("the", number) for number in range(4)] == ["the", "then", "there", None]
    assert complete("\x1b", 0) is None
    assert complete("", 0) == "the"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
def test_a_prompt_completes_answers_and_ends(vectors: Path, tmp_path: Path) -> None:
    import pty

    pytest.importorskip("readline")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "embed", "nearest", str(vectors), "-n", "1"],
        **{"stdin": theirs, "stdout": theirs, "stderr": theirs, "env": environment},
    )
    os.close(theirs)
    try:
        assert _until(ours, "> ")
        os.write(ours, b"quee\t\n")
        assert "queen\tking\t0.9211" in _until(ours, "0.9211\r\n> ")
        os.write(ours, b"nobody\n")
        assert "'nobody' is not in the vocabulary" in _until(ours, "> ")
        os.write(ours, b"\x04")
        assert process.wait(20) == UNKNOWN
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.embed"]  # no history


def _until(descriptor: int, end: str) -> str:
    """Return what a terminal shows until it ends so."""
    import select

    shown, stop = "", time.monotonic() + 30
    while not shown.endswith(end) and time.monotonic() < stop:
        if select.select([descriptor], [], [], 1)[0]:
            shown += os.read(descriptor, 4096).decode()
    assert shown.endswith(end), shown
    return shown


# replicates


@pytest.fixture
def replicates(vectors: Path, tmp_path: Path) -> Path:
    first = formats.load(vectors)
    turned = first.matrix @ np.array([[0, 1], [-1, 0]], np.float32)
    nearer = turned.copy()
    nearer[1] = 0.5 * turned[0] + 0.5 * turned[1]  # queen is nearer to king, and man is not nearer than before
    path = tmp_path / "v.replicates"
    Replicates([first, WordVectors(WORDS, turned), WordVectors(WORDS, nearer)]).save(path)
    return path


def test_replicates_answer_with_intervals_and_agreement(replicates: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = Replicates.load(replicates)
    assert run("nearest", replicates, "king", "kingg", "-n", "2") == UNKNOWN
    out, err = capsys.readouterr()
    first, second = both.nearest("king", 2)
    assert rows(out)[0] == ["king", "queen", *(f"{number:.4f}" for number in first[1:4]), "3 of 3"]
    assert rows(out)[1] == ["king", "man", f"{np.cos(1.0):.4f}", *[f"{np.cos(1.0):.4f}"] * 2, "3 of 3"]
    assert first.low < first.score < first.high <= 1
    assert second.found == 3
    assert err == "train-embeddings: 'kingg' is not in the vocabulary; did you mean 'king'?\n"
    assert run("nearest", replicates, "king", "--json", "--least", 0.9) == 0
    assert json.loads(capsys.readouterr().out)["nearest"] == [
        {
            "word": "queen",
            "cosine": round(first.score, 4),
            "low": round(first.low, 4),
            "high": round(first.high, 4),
            "found": 3,
            "of": 3,
        }
    ]
    assert run("analogy", replicates, "king", "queen", "man", "-n", "1") == 0
    (row,) = rows(capsys.readouterr().out)
    assert row[:4] == ["king", "queen", "man", "woman"]
    assert row[-1] == "3 of 3"
    estimate = both.similarity("king", "queen")
    assert run("similarity", replicates, "king", "queen") == 0
    assert rows(capsys.readouterr().out) == [["king", "queen", *(f"{number:.4f}" for number in estimate)]]
    assert run("similarity", replicates, "king", "queen", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [found[name] for name in ("cosine", "low", "high")] == [round(number, 4) for number in estimate]


def test_words_of_replicates_are_safe_on_a_terminal(replicates: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nearest", replicates, "king", "-n", 9) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert any(row[1] == r"\x1b[31mred" for row in rows(out))


def test_replicates_are_described_and_converted_to_their_mean(
    replicates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("info", replicates, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "format": "replicates",
        "kind": "vectors of several trainings",
        "replicates": 3,
        "words": len(WORDS),
        "dim": 2,
    }
    assert run("convert", replicates, tmp_path / "mean.vec", "--escape") == 0
    assert capsys.readouterr().err == "the mean of 3 replicates, turned to the first\n"
    expected = Replicates.load(replicates).mean()
    np.testing.assert_array_equal(formats.load(tmp_path / "mean.vec").matrix, expected.matrix)
    assert run("evaluate", replicates) == 4
    assert "holds replicates of word vectors, not vectors" in capsys.readouterr().err
    (replicates / "replicate-002.embed").unlink()
    assert run("nearest", replicates, "king") == 4
    assert "replicate-002.embed" in capsys.readouterr().err


def test_replicates_are_compared(
    vectors: Path, replicates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"king\t{word}\t{5 - i}\n" for i, word in enumerate(["queen", "man", "woman"])))
    assert run("compare", vectors, replicates, pairs, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["b"] == {"name": str(replicates), "words": len(WORDS), "replicates": 3}
    assert found["rows"][0]["b"]["value"] == pytest.approx(100)
