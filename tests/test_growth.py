"""Time in proportion to the text: what grows sixteen times takes no longer than some sixteen times as long.

A square would take 256 times as long; the bound lies far from both, and tiny times count as the least that a clock
tells.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from embed.corpora import wikitext
from embed.corpora.normal_form import normalised
from embed.corpora.tokenizers import split_words
from embed.vocabulary import spelling

SMALL, GROWTH, MOST = 8_000, 16, 100
LEAST_SECONDS = 0.002
LONG_SECONDS = 0.3
"""What takes longer is measured once."""

TEXT = {
    "apostrophes": "'",
    "letters and apostrophes": "a'",
    "underscores": "_",
    "letters and underscores": "a_",
    "full stops": "a.",
    "numbers": "1,",
    "plus signs": "C+",
    "number signs": "C#",
    "one word": "é",
    "marks": "\u0301",
    "marks of two orders": "\u0301\u0316",
    "marks of five orders": "\u0345\u035c\u0301\u0316\u0327",
    "marks that fall apart": "\u0344\u0316",
    "marks and what is left out between them": "\u0301\u034f\u0316\u200b",
    "marks of half width": "\uff9e\u0316",
    "marks that are not sorted": "\u0488\u0301",
    "capital sigma": "Σ\u0301",
    "a capital that falls apart": "İ",
    "joiners": "\u200d\u200c",
    "joiners in Persian": "م\u200c\u200c",
    "zero-width spaces in Thai": "ก\u200b\u200b",
    "soft hyphens": "\u00ad",
    "selectors": "\ufe0f",
    "emoji joined": "👍\u200d",
    "emoji with tags": "👍\U000e0067\U000e0067",
    "tags": "\U000e0067",
    "flags": "🇩",
    "keycaps": "#\ufe0f",
    "Hebrew": 'ש"',
    "Hebrew and apostrophes": "ש'",
    "syllables in parts": "\u1100\u1161\u11a8",
    "what NFKC would expand": "ﷺ",
    "ideographs": "東",
}
WIKITEXT = {
    "numbers of characters": "&#9",
    "one long number": "9",
    "comments": "<!--",
    "references": "<ref ",
    "tables": "\n{|",
    "ends of tables": "\n |}",
    "lines of blanks": "\n  ",
    "lists": "\n*#:;",
    "magic words": "__A",
    "addresses": "http://",
    "tags": "</b ",
}


def seconds(work: Callable[[str], object], text: str) -> float:
    times: list[float] = []
    while len(times) < 3 and sum(times) < LONG_SECONDS:
        start = time.process_time()
        work(text)
        times.append(time.process_time() - start)
    return max(min(times), LEAST_SECONDS)


def check(work: Callable[[str], object], start: str, unit: str, small_size: int = SMALL) -> None:
    small, large = (seconds(work, start + unit * (size // len(unit))) for size in (small_size, small_size * GROWTH))
    assert large / small < MOST


@pytest.mark.parametrize("name", TEXT)
def test_tokenizing_takes_time_in_proportion(name: str) -> None:
    check(lambda text: split_words(text, lowercase=True), "a", TEXT[name])


@pytest.mark.parametrize("name", ["marks of five orders", "joiners in Persian", "emoji joined"])
def test_normalising_a_query_takes_time_in_proportion(name: str) -> None:
    check(normalised, "a", TEXT[name])


@pytest.mark.parametrize("name", WIKITEXT)
def test_wikitext_takes_time_in_proportion(name: str) -> None:
    pytest.importorskip("mwparserfromhell")
    check(wikitext.plain_text, "&#" if name == "one long number" else "a ", WIKITEXT[name], 2_000)


def test_a_number_of_thousands_of_digits_is_no_character() -> None:
    pytest.importorskip("mwparserfromhell")
    for text in (f"a &#{'9' * 5000}; b", f"a &amp;#{'9' * 5000}; b", f"a &#x{'f' * 5000}; b"):
        assert wikitext.plain_text(text) == ["a b"]
    assert wikitext.plain_text("a &#233;&#xe9; b") == ["a éé b"]


def test_a_long_page_is_parsed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser hears no Ctrl-C, and takes seconds for a page of megabytes."""
    parser = pytest.importorskip("mwparserfromhell")
    page = "".join(f"Some '''text''' with a [[link|word {k}]].\n\n== Head ==\n* item\n" for k in range(300))
    whole = wikitext.plain_text(page)
    assert len(whole) == 900
    lengths: list[int] = []

    def parse(text: str, **options: bool) -> object:
        lengths.append(len(text))
        return original(text, **options)

    original = parser.parse
    monkeypatch.setattr(wikitext, "PART_CHARACTERS", 2000)
    monkeypatch.setattr(parser, "parse", parse)
    assert wikitext.plain_text(page) == whole
    assert max(lengths) <= 2000 < sum(lengths)
    lengths.clear()
    assert len("".join(wikitext.plain_text("x" * 5000))) == 5000
    assert max(lengths) == 2000


def test_close_spellings_of_long_words_rank_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted, not time: the ranking compares every letter with every other."""
    ranked: list[int] = []

    def rank(word: str, words: list[str], **options: float) -> list[str]:
        ranked.append(sum(len(word) * len(other) for other in words))
        return original(word, words, **options)

    original = spelling.difflib.get_close_matches
    monkeypatch.setattr(spelling.difflib, "get_close_matches", rank)
    for length in (20, 64):
        words = ["a" * (length - 4) + f"{k:04d}" for k in range(6000)]
        assert spelling.close_spellings("a" * length, words, {word: row for row, word in enumerate(words)})
    assert all(0 < work <= spelling.PAIRS for work in ranked)
