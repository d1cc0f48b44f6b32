"""What a run would cost: the bytes must be those of the arrays that the run makes; no test looks at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from embed.cli import main
from embed.config import TrainConfig
from embed.engine import machine
from embed.errors import ConfigError
from embed.model.parameters import Parameters
from embed.text.made_up import zipf_corpus
from embed.training.cost import estimate


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(dim=20, threads=1),
        TrainConfig(dim=20, threads=1, structured=True),
        TrainConfig(dim=20, threads=1, subword=True, buckets=3_000),
        TrainConfig(dim=20, threads=1, subword=True, buckets=3_000, hash_count=2),
    ],
)
def test_sizes_are_those_of_the_arrays(config: TrainConfig) -> None:
    with zipf_corpus(500, 10_000) as corpus:
        parameters = Parameters.empty(corpus.vocabulary, config)
        found = estimate(config, len(corpus.ids), corpus.vocabulary, corpus.sentences)
        assert found.matrices == parameters.inputs.nbytes + parameters.outputs.nbytes
        assert found.corpus == corpus.ids.nbytes + corpus.offsets.nbytes
        assert found.vocabulary > parameters.rows.nbytes + parameters.row_offsets.nbytes
        assert found.composed == (parameters.outputs.nbytes if config.subword else 0)
        assert found.memory == found.matrices + found.vocabulary + found.composed
    assert found.seconds == pytest.approx(10_000 * config.epoch_count() / found.tokens_per_second)
    # so many made-up words are those words
    assert estimate(config, 10_000, 500).vocabulary == found.vocabulary


def test_made_up_tokens_are_an_encoded_corpus() -> None:
    with zipf_corpus(1_000, 50_001) as corpus:
        assert (len(corpus.vocabulary), len(corpus.ids), corpus.sentences) == (1_000, 50_001, 2_001)
        assert len(set(corpus.vocabulary.words)) == 1_000
        counts = corpus.vocabulary.counts
        assert (counts[:-1] >= counts[1:]).all()
        assert counts[-1] >= 1
        drawn = [int((corpus.ids == word).sum()) for word in (0, 10)]
        assert drawn == pytest.approx([counts[0], counts[10]], rel=0.1)
        directory = corpus.directory
    assert not directory.exists()
    with pytest.raises(ConfigError, match="at least one word"):
        zipf_corpus(0, 10)


def test_what_linux_tells() -> None:
    assert machine.huge_pages("always [madvise] never\n").startswith("yes, where asked for")
    assert machine.huge_pages("always madvise [never]\n") == "no"
    assert machine.huge_pages("") == "unknown"
    assert machine.available_memory("MemTotal: 9 kB\nMemAvailable:    2048 kB\n") == 2 << 20
    assert machine.available_memory("") is None


def test_info_tells_the_cost_of_a_corpus_and_of_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.txt"
    text.write_text("a b c d\n" * 50, encoding="utf-8")
    flags = ["--dim", "16", "--epochs", "2", "--threads", "1", "--json"]
    assert main(["info", "--corpus", str(text), *flags]) == 0
    read = json.loads(capsys.readouterr().out)
    assert main(["info", "--tokens", "200", "--vocab", "4", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (read["tokens"], read["words"], read["epochs"], read["threads"]) == (200, 4, 2, 1)
    assert "seconds of reading" in read
    for name in ("simd", "huge pages", "MB of matrices", "tokens", "words"):
        assert read[name] == told[name]
    assert told["tokens per second"] > 0


def test_info_warns_of_the_run_and_not_of_its_trial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The trial's made-up tokens were told to be dropped, as the corpus's own are not where no threshold is given."""
    text = tmp_path / "text.txt"
    text.write_text("a b c d\n" * 50, encoding="utf-8")
    flags = ["--corpus", str(text), "--dim", "16", "--epochs", "1", "--threads", "1"]
    assert main(["info", *flags]) == 0
    assert "warning" not in capsys.readouterr().err
    assert main(["info", *flags, "--subsample", "1e-3"]) == 0
    assert "--subsample is 0.001, which keeps only 6.7% of the tokens" in capsys.readouterr().err
    assert main(["info", "--tokens", "10000", "--vocab", "3", *flags[2:]]) == 0
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tokens", "10"],
        ["--vocab", "10"],
        ["--dim", "100"],
        ["--tokens", "10", "--vocab", "10", "--corpus", "a.txt"],
        ["a.embed", "--tokens", "10", "--vocab", "10"],
    ],
)
def test_half_a_question_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", *arguments]) == ConfigError.exit_code
    assert "--corpus" in capsys.readouterr().err
