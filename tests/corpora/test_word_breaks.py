"""The compiled tokenizer ``words`` finds the words of its readable twin, on every character and every input."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.choices import TextErrors
from embed.corpora import TextCorpus, _breaks
from embed.corpora import text as text_module
from embed.corpora.character_classes import compiled_words
from embed.corpora.normal_form import MOST_MARKS
from embed.corpora.tokenizers import ASCII_SPACE, WORDS_VERSION, split_words
from embed.corpora.word_breaks import words_of
from embed.errors import CorpusError
from embed.text.encoding import encode
from embed.text.phrases.phrase_model import PhraseSettings

CASES = pytest.mark.parametrize("lowercase", [False, True])


class Twin(TextCorpus):
    """A text read by the expressions alone, through Python strings."""

    def byte_chunks(self) -> None:
        """Return None: no bytes are handed on."""

    def _split(self, text: str, name: str) -> list[str]:
        return words_of(text, lowercase=self._lowercase)


def assert_alike(text: str, lowercase: bool) -> None:
    found, expected = split_words(text, lowercase=lowercase), words_of(text, lowercase=lowercase)
    if found != expected:  # name the field: the text may be long
        for field in text.split():
            assert split_words(field, lowercase=lowercase) == words_of(field, lowercase=lowercase), ascii(field)
    assert found == expected


# every character

ALL = [chr(code) for code in range(0x110000) if chr(code) not in ASCII_SPACE]


def _is_like_its_neighbours(character: str) -> bool:
    """Ideographs, Korean syllables, private and unassigned characters are many, and all alike."""
    name = unicodedata.name(character, "")
    alike = ("CJK UNIFIED", "HANGUL SYLLABLE", "TANGUT", "KHITAN", "NUSHU", "EGYPTIAN", "CUNEIFORM", "YI SYLLABLE")
    return not name or name.startswith(alike)


@CASES
def test_every_character_is_split_alike(lowercase: bool) -> None:
    known = [character for character in ALL if ord(character) < _breaks.TABLED]
    beyond = [character for character in ALL if ord(character) >= _breaks.TABLED][::257]
    for start in range(0, len(known), 4096):
        assert_alike(" ".join(known[start : start + 4096]), lowercase)
    assert_alike("".join(f"{character} a" for character in beyond), lowercase)
    tags = [chr(code) for code in range(0xE0000, 0xE1000)]
    assert_alike("".join(f" a{character}b" for character in tags), lowercase)


DIFFERENT = [c for c in ALL if ord(c) < _breaks.TABLED and not _is_like_its_neighbours(c)] + ALL[::1009]
AROUND = ["a{}b", "1{}2", "\u0301{0}\u0301{0}", "é{}\u0323é", "क{}क", "ア{0}中{0}", "ש{}ש", "C{}C#", "a_{}'a"]
AROUND.append("م\u200c{}")


@CASES
@pytest.mark.parametrize("around", AROUND)
def test_every_character_is_split_alike_among_others(around: str, lowercase: bool) -> None:
    for start in range(0, len(DIFFERENT), 4096):
        assert_alike(" ".join(map(around.format, DIFFERENT[start : start + 4096])), lowercase)


# A character of each value of Word_Break, as in the Unicode consortium's own test, which has every two of them, with
# and without a mark between; some values twice, where the rules of this project differ.
VALUES = {
    "CR": "\r",
    "LF": "\n",
    "Newline": "\x0b\u0085\u2028",
    "Katakana": "\u3031ア",
    "ALetter": "Aa\u05f3\u02d7ſ",
    "Hebrew_Letter": "\u05d0",
    "MidLetter": ":\u00b7\u05f4",
    "MidNum": ",;",
    "MidNumLet": ".\u2019\u2024",
    "Single_Quote": "'",
    "Double_Quote": '"',
    "Numeric": "0\u0660",
    "ExtendNumLet": "_\u203f",
    "Regional_Indicator": "\U0001f1e6",
    "Extended_Pictographic": "\u231a\u2701",
    "Both": "\u24c2",
    "WSegSpace": " \u3000",
    "Extend": "\u0300\U0001f3fb",
    "Format": "\u00ad\u200b",
    "ZWJ": "\u200d",
    "ZWNJ": "\u200c",
    "Selector": "\ufe0f",
    "Keycap": "\u20e3",
    "Other": "#+中\u0e01\u0915",
    "Wide": "Ａ．＇ﾞ",
}
SAMPLES = [character for values in VALUES.values() for character in values]


@CASES
def test_every_three_values_of_word_break_are_split_alike(lowercase: bool) -> None:
    for first in SAMPLES:
        texts = ["".join([first, *rest]) for rest in itertools.product(SAMPLES, SAMPLES)]
        assert_alike(" ".join(texts), lowercase)
    for mark in ("\u0308", "\u200d", "\u0308\u0308"):
        assert_alike(" ".join(mark.join(pair) + mark for pair in itertools.product(SAMPLES, SAMPLES)), lowercase)


@pytest.mark.parametrize(
    ("text", "words"),
    [  # what the rules of UAX #29 name: WB3 to WB16, as this project has them
        ("a\r\nb", ["a", "b"]),
        ("👩\u200d🚀x", ["👩\u200d🚀", "x"]),
        ("a\u0308b\u0308 \u0308a", ["äb\u0308", "a"]),
        ("Abc", ["Abc"]),
        ("a'b a.b a:b a''b a..b", ["a'b", "a.b", "a", "b", "a", "b", "a", "b"]),
        ('א"א א\' א"a', ['א"א', "א'", "א", "a"]),
        ("12 1a a1", ["12", "1a", "a1"]),
        ("3.2 3,456.78 3..2 3.a", ["3.2", "3,456.78", "3", "2", "3", "a"]),
        ("カタカナ ア中", ["カタカナ", "ア", "中"]),
        ("a_1 _a_ カ_a __", ["a_1", "a", "カ_a"]),
        ("🇩🇪🇫🇷 🇩", ["🇩🇪", "🇫🇷"]),
    ],
)
def test_the_rules_of_word_break(text: str, words: list[str]) -> None:
    assert split_words(text) == words_of(text) == words


# made-up text

AWKWARD = (
    "aZéßİΣς1٣ '’.,;_#+\"-\t\n\r\0אַב״׳中あアﾞｶ한ᄒ\u1161कि़ा\u094dংমم\u200c\u200dก\u200bกำ\u0301\u0323\u0316\u0344"
    "ᾀ👍🏽\ufe0f🇩\u20e3ＡＢ．\u00ad\ud800\u1e9eẹė"
)


@given(st.text(alphabet=AWKWARD, max_size=90), st.booleans())
def test_texts_of_awkward_characters_are_split_alike(text: str, lowercase: bool) -> None:
    assert split_words(text, lowercase=lowercase) == words_of(text, lowercase=lowercase)


@given(st.text(max_size=60), st.booleans())
def test_texts_of_all_characters_are_split_alike(text: str, lowercase: bool) -> None:
    assert split_words(text, lowercase=lowercase) == words_of(text, lowercase=lowercase)


@given(st.text(alphabet="aB1 '._,;#+\"-\n\té", min_size=64, max_size=300), st.booleans())
def test_texts_longer_than_a_block_are_split_alike(text: str, lowercase: bool) -> None:
    assert split_words(text, lowercase=lowercase) == words_of(text, lowercase=lowercase)


MIXTURE = """The THE don't U.S. 3.14 1,000 C++ new_york “so” e-mail Straße ÜBER naïve ΌΣΟΣ İstanbul Привет, мир! ёлка
cafe\u0301 हिन्दी में। लड़का ক্ষতি 你好，世界！ １２．５ 東京タワー 한국어 ภาษาไทย می\u200cخواهم צה״ל 👍🏽"""
WORDS = MIXTURE.split()


def made_up(tokens: int, seed: int = 1) -> str:
    random = Random(seed)
    lines = (" ".join(random.choices(WORDS, k=random.randint(0, 30))) for _ in range(tokens // 15))
    return "\n".join(lines)


@CASES
def test_texts_of_many_languages_are_split_alike(lowercase: bool) -> None:
    assert_alike(made_up(30_000), lowercase)


# encoded corpora


def encoded(corpus: TextCorpus, folder: Path, settings: dict[str, Any]) -> list[bytes]:
    """Return the content of the files of an encoded corpus, but for its description."""
    with encode(corpus, directory=folder, **settings) as result:
        assert result.raw_tokens > 20_000
    return sorted(path.read_bytes() for path in folder.iterdir() if path.suffix != ".json")


@pytest.mark.parametrize(
    "settings",
    [{}, {"min_count": 3}, {"max_vocab": 20}, {"phrases": PhraseSettings(min_count=2, threshold=1.0)}],
    ids=["plain", "min_count", "max_vocab", "phrases"],
)
@CASES
def test_an_encoded_corpus_has_the_same_bytes(
    settings: dict[str, Any], lowercase: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "text.txt"
    path.write_text(made_up(9_000) + "\n" + "one line, and on. " * 20_000 + "\n\n \nEnd\u00e9")
    monkeypatch.setattr(text_module, "CHUNK_BYTES", 10_007)
    ours, twins = (kind(path, tokenizer="words", lowercase=lowercase) for kind in (TextCorpus, Twin))
    files = encoded(ours, tmp_path / "ours", settings)
    assert len(files) >= 3
    assert files == encoded(twins, tmp_path / "twins", settings)
    assert ours.fingerprint() == twins.fingerprint()


@given(
    data=st.text(alphabet="ab \n\r\tßΣςé'\u0301\u00a0\u2028İ中👍", max_size=60),
    chunk=st.integers(1, 9),
    lowercase=st.booleans(),
)
def test_chunks_of_any_size_are_split_alike(
    data: str, chunk: int, lowercase: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "chunks of words.txt"
    path.write_bytes(data.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_module, "CHUNK_BYTES", chunk)
        patch.setattr(text_module, "LONG_PART", 5)
        corpus = TextCorpus(path, tokenizer="words", lowercase=lowercase)
        chunks = corpus.byte_chunks()
        assert chunks is not None
        lines = [line.split() for line in b"".join(chunks).decode().split("\n")]
        expected = [words_of(line, lowercase=lowercase) for line in data.split("\n")]
        assert [line for line in lines if line] == [line for line in expected if line] == list(corpus)


def test_the_settings_of_a_corpus_are_what_they_were(tmp_path: Path) -> None:
    """Corpora and checkpoints of the tokenizer in Python are still good."""
    path = tmp_path / "text.txt"
    path.write_text("a b")
    assert TextCorpus(path, tokenizer="words", lowercase=True).settings() == {
        "reader": "text",
        "tokenizer": "words",
        "words": 2,
        "lowercase": True,
        "decode_errors": "strict",
        "piece_tokens": 10_000,
        "unicode": unicodedata.unidata_version,
    }
    assert WORDS_VERSION == 2


# hostile input


@CASES
@pytest.mark.parametrize(
    "text",
    [
        "a" * 70_000,
        "_" * 70_000,
        "a_" * 40_000,
        "a" + "_" * 70_000 + "b",
        "'" * 70_000 + "a",
        "C" + "+" * 70_000,
        "a\u0301" * 30_000,
        "a" + "\u0301\u0316" * 30_000,
        "क" + "\u093c" * (MOST_MARKS + 1),
        "क" + "\u093c" * MOST_MARKS,
        "\u200d" * 30_000 + "م\u200d" * 20_000,
        "👍" * 20_000,
        "中" * 30_000 + "👍🏽",
        "Σ" * 30_000,
        "\ud800\udc00a\udfff",
        "\0a\0b\x1c\x1d\x85c",
        ("x" * 63 + " ") * 500,
        ("x" * 64 + " ") * 500,
        "\n" * 70_000,
    ],
    ids=lambda text: ascii(text[:4]),
)
def test_monotonous_texts_are_split_alike(text: str, lowercase: bool) -> None:
    assert split_words(text, lowercase=lowercase) == words_of(text, lowercase=lowercase)


@given(st.binary(max_size=200), st.booleans())
def test_bytes_that_are_no_text_do_no_harm(data: bytes, lowercase: bool) -> None:
    """The reader refuses such bytes; whoever hands them on gets any words or an error, and no crash."""
    try:
        words = compiled_words(lowercase).separated(data)
    except UnicodeError:
        return
    assert words.count(b"\n") <= data.count(b"\n")


@given(st.one_of(st.binary(max_size=80), st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_valid_text_is_recognised(data: bytes) -> None:
    for padded in (data, b" " * 40 + data, data + b" " * 40):
        valid = _breaks.valid_length(padded)
        padded[:valid].decode()
        assert len(padded[valid:].decode(errors="ignore")) < 40 or not _is_valid(padded)


def _is_valid(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("wrong", [b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe4\xb8", b"\0"])
@pytest.mark.parametrize("before", [0, 5, 300])
def test_the_position_of_an_error_is_that_of_the_twin(wrong: bytes, before: int, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes("Zoë says 你好\n".encode() * before + b"so " + wrong + b" it is\n" * 60)
    messages = []
    for kind in (TextCorpus, Twin):
        with pytest.raises(CorpusError) as caught:
            encode(kind(path, tokenizer="words"), min_count=1)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    policies: tuple[TextErrors, ...] = ("replace", "skip")
    for policy in policies:
        ours, twins = (kind(path, tokenizer="words", decode_errors=policy) for kind in (TextCorpus, Twin))
        with encode(ours, min_count=1) as one, encode(twins, min_count=1) as other:
            assert one.vocabulary.words == other.vocabulary.words
            assert one.ids.tolist() == other.ids.tolist()


def tables(split: Callable[[str], list[str]], **changes: Any) -> _breaks.WordBreaks:
    """Return tables in which ASCII letters alone are letters, and nothing beyond ASCII is known."""
    cells = np.zeros(2 << _breaks.PAGE_BITS, dtype=np.uint16)
    cells[1 << _breaks.PAGE_BITS :] = 2
    cells[ord("a") : ord("z") + 1] = 1
    pages = np.ones(_breaks.TABLED >> _breaks.PAGE_BITS, dtype=np.uint16)
    pages[0] = 0
    traits = np.array([[0, 0], [0, _breaks.LETTER | _breaks.PLAIN], [0, _breaks.UNKNOWN]], dtype=np.uint32)
    made = {"pages": pages, "cells": cells, "traits": traits, **changes}
    expansions, pairs = np.zeros(1, np.uint32), np.empty(0, np.uint64)
    return _breaks.WordBreaks(
        made["pages"], made["cells"], made["traits"], expansions, pairs, MOST_MARKS, lowercase=False, split=split
    )


def test_a_field_left_to_the_function_may_become_longer() -> None:
    """The tables know how much they write; the function may return anything."""
    breaks = tables(lambda field: [field * 1000, "end"])
    assert breaks.split("a (é) b " + "c" * 90) == ["a", "(é)" * 1000, "end", "b", "c" * 90]
    assert breaks.separated(b"") == b""


def test_the_function_is_asked_once_for_a_field_that_repeats() -> None:
    asked: list[str] = []

    def split(field: str) -> list[str]:
        asked.append(field)
        return [field]

    breaks = tables(split)
    assert breaks.split("é a é é" + " ü" * 90) == ["é", "a", "é", "é", *["ü"] * 90]
    assert breaks.split("ü é") == ["ü", "é"]
    assert asked == ["é", "ü"]
    many = [f"é{number}" for number in range(40_000)]
    assert breaks.split(" ".join(many + many)) == many + many  # more than are kept
    long = "é" * 1000
    assert breaks.split(f"{long} {long}") == [long, long]
    assert asked.count(long) == 2


def test_an_error_of_the_function_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        tables(lambda field: [str(1 // 0)]).split("a é")


def test_tables_that_do_not_fit_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="TABLED"):
        tables(str.split, pages=np.zeros(3, np.uint16))
    with pytest.raises(ValueError, match="not there"):
        tables(str.split, pages=np.full(_breaks.TABLED >> _breaks.PAGE_BITS, 7, np.uint16))
    with pytest.raises(ValueError, match="not there"):
        tables(str.split, cells=np.full(2 << _breaks.PAGE_BITS, 3, np.uint16))
