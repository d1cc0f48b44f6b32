"""The tokenizer ``words``: what it takes for a word in the writing of many languages, and the form it gives it."""

from __future__ import annotations

import itertools
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed.corpora import TextCorpus
from embed.corpora.normal_form import MOST_MARKS, normalised
from embed.corpora.tokenizers import WORDS_VERSION, split_words


@pytest.mark.parametrize(
    "word",
    [
        "น้ำ",  # Thai and Lao: SARA AM is one character, and NFKC would make two of it
        "ນ້ຳ",
        "Երևան",  # Armenian: a ligature that everybody types
        "ինչո՞ւ",  # its question mark stands inside the word
        "ㅋㅋㅋ",  # Korean: letters that make no syllable
        "ㅠㅠ",
        "한국어",
        "col·lecció",  # Catalan
        'צה"ל',  # Hebrew: acronyms, and letters of other languages
        "צה״ל",
        "ג׳ירפה",
        "וכו'",
        "o‘zbek",  # Uzbek, with each of the marks in use
        "oʻzbek",
        "o'zbek",
        "o’zbek",
        "don't",
        "l’homme",
        "x²",
        "½",
        "می‌خواهم",  # Persian, with a joiner that parts
        "ه‍",
        "क्‍ष",  # Devanagari and Malayalam, with joiners
        "അവന്‍",
        "ᠮᠤᠩᠭ᠎ᠠ",  # Mongolian
        "हिन्दी",
        "タワー",
        "1,000",
        "3.14",
        "v2.0",
        "1980's",
        "U.S",
        "example.com",
        "new_york",
        "a__b",
        "C++",
        "C#",
        "❤️",
        "❤",
        "👍🏽",
        "👨‍👩‍👧‍👦",
        "👩🏽‍💻",
        "🏳️‍🌈",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🇩🇪",
        "1️⃣",
        "#️⃣",
        "©️",
    ],
)
def test_a_word_in_common_spelling_is_unchanged(word: str) -> None:
    assert split_words(word) == [word]
    assert split_words(f"({word}) a {word}") == [word, "a", word]
    assert normalised(word) == word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("C++, C# and F#: c# C+ C## CD#", ["C++", "C#", "and", "F#", "c#", "C", "C", "CD"]),
        ("I ❤️ you 👍🏽!", ["I", "❤️", "you", "👍🏽"]),
        ("👍👍🏽🇩🇪🇫🇷no", ["👍", "👍🏽", "🇩🇪", "🇫🇷", "no"]),
        ("Foo™ © 2020 a → b", ["Foo", "2020", "a", "b"]),
        ("'quoted' __init__ _x_ ‘so’ a_ _b", ["quoted", "init", "x", "so", "a", "b"]),
        ("12:30, 3. 5 e-mail and/or a..b 1..2", ["12", "30", "3", "5", "e", "mail", "and", "or", "a", "b", "1", "2"]),
        ("東京タワーに行く", ["東", "京", "タワー", "に", "行", "く"]),
        ("ภาษาไทย ไทย", ["ภาษาไทย", "ไทย"]),
    ],
)
def test_words_of_a_line(text: str, words: list[str]) -> None:
    assert split_words(text) == words


INVISIBLE = {
    "soft hyphen": "\u00ad",
    "zero-width space": "\u200b",
    "byte order mark": "\ufeff",
    "word joiner": "\u2060",
    "left-to-right mark": "\u200e",
    "Arabic letter mark": "\u061c",
    "embedding": "\u202a",
    "isolate": "\u2066",
    "variation selector": "\ufe0f",
    "another of them": "\U000e0100",
    "grapheme joiner": "\u034f",
    "Hangul filler": "\u3164",
    "ZWJ in Latin": "\u200d",
    "ZWNJ in Latin": "\u200c",
    "a tag without an emoji": "\U000e0061",
}


@pytest.mark.parametrize("name", INVISIBLE)
def test_invisible_characters_neither_split_nor_stay(name: str) -> None:
    mark = INVISIBLE[name]
    for text in (f"un{mark}seen", f"{mark}unseen", f"unseen{mark}", f"un{mark}{mark}seen", f"u{mark}n{mark}seen"):
        assert split_words(text) == ["unseen"]
    assert split_words(f"a {mark} b{mark} {mark}c") == ["a", "b", "c"]
    assert split_words(f"don{mark}'{mark}t 3{mark}.14") == ["don't", "3.14"]


def test_joiners_stay_only_where_the_script_needs_them() -> None:
    assert split_words("می‌ \u200cمی می\u200c\u200cخواهم") == ["می", "می", "می" + "خواهم"]
    assert split_words("a\u200dम म\u200da") == ["aम", "म\u200da"]


def test_a_zero_width_space_parts_words_of_scripts_without_spaces() -> None:
    assert split_words("ខ្មែរ\u200bអក្សរ ไทย\u200bไทย") == ["ខ្មែរ", "អក្សរ", "ไทย", "ไทย"]


def test_width_and_composition_are_folded() -> None:
    assert split_words("ｆｕｌｌ １２ ｶﾞｷﾞ cafe\u0301") == ["full", "12", "ガギ", "café"]
    assert split_words("ᄒ\u1161\u11ab") == ["한"]
    assert split_words("İstanbul J\u030c Σ ΌΣΟΣ", lowercase=True) == ["i\u0307stanbul", "ǰ", "σ", "όσος"]


PIECES = ["a", "é", "'", "’", "_", ".", ",", "·", "1", "ß", "#", "+", "C", " ", "-", "İ"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_patterns_for_plain_text_and_for_any_script_agree(text: str) -> None:
    for lowercase in (False, True):
        assert split_words(text + " कि", lowercase=lowercase) == [*split_words(text, lowercase=lowercase), "कि"]


ODD = [
    "a",
    "İ",
    "Σ",
    "é",
    "e\u0301",
    "\u0301",
    "\u0316",
    "\u0344",
    "ﾞ",
    "ｶ",
    "ก",
    "ำ",
    "\u200b",
    "\u200c",
    "\u200d",
    "\ufe0f",
    "م",
]
ODD += [
    "👍",
    "🏽",
    "❤",
    "🇩",
    "1",
    "\u20e3",
    "\U000e0067",
    "\U000e007f",
    "\u034f",
    "ᄒ",
    "\u1161",
    "\u3099",
    "か",
    "क",
    "\u094d",
    " ",
]


@given(st.lists(st.sampled_from(ODD), max_size=14).map("".join), st.booleans())
def test_a_word_is_found_again_by_its_own_spelling(text: str, lowercase: bool) -> None:
    """The vocabulary's words are in normal form, so a query that is one of them is not changed."""
    for word in split_words(text, lowercase=lowercase):
        assert normalised(word, lowercase=lowercase) == word


@given(st.text(max_size=20))
def test_every_text_is_split_into_visible_words(text: str) -> None:
    for word in split_words(text):
        assert word.strip()
        assert not set(word) & set("\u00ad\u200b\u200e\ufeff\u2060")


def test_normalising_all_characters_keeps_words_words() -> None:
    """No character of Unicode breaks an expression, or is lost that is a letter."""
    for code in itertools.chain(range(0xD800), range(0xE000, 0x32400)):
        character = chr(code)
        if character.isalpha() and character not in "\u3164\uffa0ﾞﾟ":  # fillers; marks of another width
            found = split_words(f"x {character} x")
            assert found[0] == found[-1] == "x"
            assert len(found) >= 3, hex(code)


def test_at_most_thirty_marks_stand_on_a_letter() -> None:
    marks = "\u0301\u0316\u0327"
    (word,) = split_words("a" + marks * 10_000)
    assert len(unicodedata.normalize("NFD", word)) <= 1 + MOST_MARKS
    assert normalised(word) == word
    assert split_words("a" + marks * 10) == [unicodedata.normalize("NFC", "a" + marks * 10)]
    (word,) = split_words("ｶ" + "ﾞ" * 100_000)
    assert len(word) <= 1 + MOST_MARKS


def test_encoded_corpora_of_another_version_are_not_reused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("a b")
    settings = TextCorpus(path, tokenizer="words").settings()
    assert settings is not None
    assert settings["words"] == WORDS_VERSION
    before = TextCorpus(path, tokenizer="words").fingerprint(), TextCorpus(path).fingerprint()
    monkeypatch.setattr("embed.corpora.tokenizers.WORDS_VERSION", WORDS_VERSION + 1)
    assert TextCorpus(path, tokenizer="words").fingerprint() != before[0]
    assert TextCorpus(path).fingerprint() == before[1]
