"""Segmenters of other packages, k-mers and FASTA, functions by name, and a warning where words would be clauses."""

from __future__ import annotations

import gzip
import re
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import embed
from embed.cli import main
from embed.config import tokenizers as names
from embed.config.tokenizers import SEGMENTERS, check_tokenizer
from embed.config.train import TrainConfig
from embed.corpora import FastaCorpus, MixedCorpus, open_corpus, segmenters
from embed.corpora.tokenizers import get_tokenizer, split_words
from embed.errors import AdviceWarning, ConfigError, CorpusError, MissingExtraError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "languages.md"
CHINESE = "我们今天去北京大学学习自然语言处理他来到了网易杭研大厦工作\n"
JAPANESE = "東京都に住んでいます今日は天気がとても良いので散歩に行きました\n"
THAI = "ภาษาไทยเป็นภาษาที่สวยงามมากและมีผู้พูดหลายล้านคน\n"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    made = types.ModuleType("some_text")
    vars(made).update(halves=lambda text: [text[: len(text) // 2], text[len(text) // 2 :]] if text else [], number=5)
    monkeypatch.setitem(sys.modules, "some_text", made)
    monkeypatch.setattr(names, "_allowed", set())
    return made


@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_segmenter_that_is_missing_names_its_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenters, "_segmenter", segmenters._segmenter.__wrapped__)
    for package in ("jieba", "fugashi", "pythainlp", "pythainlp.tokenize"):
        monkeypatch.setitem(sys.modules, package, None)
    message = f"the tokenizer {name} needs "
    with pytest.raises(MissingExtraError, match=rf"{message}[\w.]+; .*'train-embeddings\[{SEGMENTERS[name]}\]'"):
        get_tokenizer(name, lowercase=False).split("a b")


def test_a_segmenter_splits_lines_and_bytes_alike(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    jieba = types.ModuleType("jieba")
    jieba.lcut = lambda text: re.findall("..?", text)  # type: ignore[attr-defined]
    jieba.setLogLevel = lambda level: None  # type: ignore[attr-defined]
    monkeypatch.setattr(segmenters, "_segmenter", segmenters._segmenter.__wrapped__)
    monkeypatch.setitem(sys.modules, "jieba", jieba)
    (tmp_path / "t.txt").write_text("我们今天去\n\n北京 AB\n", encoding="utf-8")
    corpus = open_corpus(tmp_path / "t.txt", tokenizer="jieba", lowercase=True)
    assert list(corpus) == [["我们", "今天", "去"], ["北京", "a", "b"]]
    with embed.encode(corpus, min_count=1) as encoded:
        words = encoded.vocabulary.words
        assert [[words[id] for id in encoded.ids[a:b]] for a, b in ((0, 3), (3, 6))] == list(corpus)
    assert embed.TextCorpus(tmp_path / "t.txt", tokenizer="jieba").settings()["tokenizer"] == "jieba"  # type: ignore[index]


def test_kmers_of_lines(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("ACGTA ACGT\nAC\n")
    assert list(open_corpus(tmp_path / "t.txt", tokenizer="kmer:4")) == [["ACGT", "CGTA", "ACGT"]]
    assert get_tokenizer("kmer:1", lowercase=True).split("AC") == ["a", "c"]
    model = embed.train(tmp_path / "t.txt", tokenizer="kmer:2", min_count=1, dim=16, epochs=1, progress=False)
    assert set(model.vectors.words) == {"AC", "CG", "GT", "TA"}


def test_fasta_is_read_by_records(tmp_path: Path) -> None:
    text = ">one a header\r\nACGT\r\nAcG\r\n\n>empty\n>two\nGGGGG"
    (tmp_path / "a.fa").write_text(text)
    (tmp_path / "b.fa.gz").write_bytes(gzip.compress(text.encode()))
    wanted = [["ACG", "CGT", "GTA", "TAc", "AcG"], ["GGG", "GGG", "GGG"]]
    for name in ("a.fa", "b.fa.gz"):
        corpus = open_corpus(tmp_path / name, tokenizer="kmer:3")
        assert isinstance(corpus, FastaCorpus)
        assert list(corpus) == wanted
    assert next(iter(open_corpus(tmp_path / "a.fa", tokenizer="kmer:3", lowercase=True)))[3:] == ["tac", "acg"]
    assert list(open_corpus(tmp_path / "a.fa", tokenizer="kmer:1"))[1] == list("GGGGG")
    (tmp_path / "c.txt").write_text("TTTT\n")
    mixed = open_corpus([tmp_path / "a.fa", tmp_path / "c.txt"], tokenizer="kmer:3")
    assert isinstance(mixed, MixedCorpus)
    assert list(mixed) == [*wanted, ["TTT", "TTT"]]
    with embed.encode(open_corpus(tmp_path / "a.fa", tokenizer="kmer:3"), min_count=1) as encoded:
        assert encoded.tokens == 8
    (tmp_path / "d.fa").write_text(">only\n>headers\n")
    with pytest.raises(CorpusError, match="the corpus is empty"):
        embed.encode(open_corpus(tmp_path / "d.fa", tokenizer="kmer:3"))


def test_a_long_record_is_cut_into_pieces(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">long\n" + "ACGTTGCA\n" * 3000)
    sentences = list(open_corpus(tmp_path / "a.fa", tokenizer="kmer:8"))
    assert [len(sentence) for sentence in sentences] == [10_000, 10_000, 3_993]


def test_a_function_runs_only_where_it_is_named(module: types.ModuleType, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("abcd\nabcd\n")
    with pytest.raises(ConfigError, match="is a function, which runs only where it is named"):
        get_tokenizer("some_text:halves", lowercase=False)
    with pytest.raises(ConfigError, match="is a function, which runs only where it is named"):
        get_tokenizer("os:system", lowercase=False)
    stored = TrainConfig(tokenizer="some_text:halves", dim=16, epochs=1, min_count=1)
    with pytest.raises(ConfigError, match="runs only where it is named"):
        embed.train(tmp_path / "t.txt", stored, progress=False)
    model = embed.train(tmp_path / "t.txt", tokenizer="some_text:halves", dim=16, epochs=1, min_count=1, progress=False)
    assert set(model.vectors.words) == {"ab", "cd"}
    assert model.config.tokenizer == "some_text:halves"


def test_the_command_takes_a_function(module: types.ModuleType, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("abcd\nabcd\n")
    small = ["--dim", "16", "--epochs", "1", "--min-count", "1", "--quiet"]
    out = str(tmp_path / "v.txt")
    assert main(["train", str(tmp_path / "t.txt"), "-o", out, "--tokenizer", "some_text:halves", *small]) == 0
    assert set(embed.load(out).words) == {"ab", "cd"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("some_text:nothing", "cannot load 'some_text:nothing': AttributeError"),
        ("no_such_module:split", "cannot load 'no_such_module:split': ModuleNotFoundError"),
        ("some_text:number", "'some_text:number' is not a function"),
    ],
)
def test_a_function_that_cannot_be_loaded(module: types.ModuleType, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "t.txt").write_text("abcd\n")
    with pytest.raises(ConfigError, match=re.escape(message)):
        embed.train(tmp_path / "t.txt", tokenizer=name, progress=False)


@pytest.mark.parametrize(
    "name", ["", "word", "kmer:", "kmer:0", "kmer:65", "kmer:6.5", "a b:c", ":f", "m:", "\x1b[m:f"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="tokenizer must be one of 'whitespace', 'words', 'jieba'") as raised:
        check_tokenizer(name)
    assert "\x1b" not in str(raised.value)
    with pytest.raises(ConfigError):
        TrainConfig(tokenizer=name)
    with pytest.raises(ConfigError):
        get_tokenizer(name, lowercase=False)


@pytest.mark.parametrize(
    ("text", "tokenizer", "segmenter"),
    [
        (CHINESE, "whitespace", "jieba"),
        (JAPANESE, "whitespace", "fugashi"),
        (THAI, "whitespace", "pythainlp"),
        (THAI, "words", "pythainlp"),
    ],
)
def test_words_that_would_be_clauses_are_told(text: str, tokenizer: Any, segmenter: str, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(text * 9, encoding="utf-8")
    with pytest.warns(AdviceWarning, match=f"whole clauses would be words; segment it with tokenizer='{segmenter}'"):
        embed.TextCorpus(tmp_path / "t.txt", tokenizer=tokenizer)


def test_segmented_text_and_characters_are_not_told(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="error"):
        (tmp_path / "t.txt").write_text(" ".join(CHINESE) * 9, encoding="utf-8")
        embed.TextCorpus(tmp_path / "t.txt")
        (tmp_path / "t.txt").write_text(CHINESE * 9, encoding="utf-8")
        embed.TextCorpus(tmp_path / "t.txt", tokenizer="words")
        (tmp_path / "t.txt").write_text("English that quotes 我们今天去北京大学 once.\n" * 9, encoding="utf-8")
        embed.TextCorpus(tmp_path / "t.txt")


@pytest.mark.skipif(not DOCUMENT.is_file(), reason="the guide is not part of the wheel")
def test_the_table_of_the_nine_languages_is_true() -> None:
    _, _, table = DOCUMENT.read_text(encoding="utf-8").partition("| language | text | words |\n|---|---|---|\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n\n")[0].splitlines()]
    assert len(rows) == 9
    for language, text, words in rows:
        assert " ".join(split_words(text, lowercase=True)) == words, language
