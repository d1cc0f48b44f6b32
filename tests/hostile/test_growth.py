"""What comes out of input whose work could grow as its square; ``python -m benchmarks growth`` compares the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from embed.corpora import wikitext
from embed.corpora.tokenizers import split_words
from embed.vocabulary import spelling
from tests.hostile.growing import TEXT, WIKITEXT, text_of

SIZE = 8_000
THIRTY = 30
"""A letter keeps so many combining marks."""
TOKENS: dict[str, Callable[[int], list[str]]] = {
    "apostrophes": lambda n: ["a"],
    "letters and apostrophes": lambda n: ["a" + "a'" * (n - 1) + "a"],
    "underscores": lambda n: ["a"],
    "letters and underscores": lambda n: ["a" + "a_" * (n - 1) + "a"],
    "full stops": lambda n: ["a" + "a." * (n - 1) + "a"],
    "numbers": lambda n: ["a" + "1," * (n - 1) + "1"],
    "plus signs": lambda n: ["ac", *["c"] * (n - 1)],
    "number signs": lambda n: ["ac", *["c"] * (n - 2), "c#"],
    "one word": lambda n: ["a" + "é" * n],
    "marks": lambda n: ["á" + "\u0301" * (THIRTY - 1)],
    "marks of two orders": lambda n: ["á" + "\u0316" * 15 + "\u0301" * 14],
    "marks of five orders": lambda n: ["á" + "\u0327" * 6 + "\u0316" * 6 + "\u0301" * 5 + "\u035c" * 6 + "\u0345" * 6],
    "marks that fall apart": lambda n: ["ä" + "\u0316" * 15 + "\u0301" + "\u0308\u0301" * 14],
    "marks and what is left out between them": lambda n: ["á" + "\u0316" * 15 + "\u0301" * 14],
    "marks of half width": lambda n: ["a" + "\u3099" * 15 + "\u0316" * 15],
    "marks that are not sorted": lambda n: ["a" + "\u0488\u0301" * n],
    "capital sigma": lambda n: ["a" + "σ\u0301" * (n - 1) + "ς\u0301"],
    "a capital that falls apart": lambda n: ["a" + "i\u0307" * n],
    "joiners": lambda n: ["a"],
    "joiners in Persian": lambda n: ["a" + "م" * n],
    "zero-width spaces in Thai": lambda n: ["aก", *["ก"] * (n - 1)],
    "soft hyphens": lambda n: ["a"],
    "selectors": lambda n: ["a"],
    "emoji joined": lambda n: ["a", "👍\u200d" * (n - 1) + "👍"],
    "emoji with tags": lambda n: ["a", *["👍"] * n],
    "tags": lambda n: ["a"],
    "flags": lambda n: ["a", *["🇩🇩"] * (n // 2)],
    "keycaps": lambda n: ["a"],
    "Hebrew": lambda n: ["a" + 'ש"' * (n - 1) + "ש"],
    "Hebrew and apostrophes": lambda n: ["a" + "ש'" * n],
    "syllables in parts": lambda n: ["a" + "각" * n],
    "what NFKC would expand": lambda n: ["a" + "ﷺ" * n],
    "ideographs": lambda n: ["a", *["東"] * n],
}
"""The tokens of an "a" and what is repeated n times after it."""
LINES: dict[str, Callable[[int], list[str]]] = {
    "one long number": lambda n: [],
    "references": lambda n: [("a " + "<ref " * n).rstrip()],
    "magic words": lambda n: ["a " + "A" * (n // 2) + "__A" * (n % 2)],
    "closing tags": lambda n: [("a " + "</b " * n).rstrip()],
}
"""The lines of such a page; of all others only the "a" is left."""


@pytest.mark.parametrize("name", TEXT)
def test_long_runs_are_tokenized(name: str) -> None:
    assert split_words(text_of(name, SIZE), lowercase=True) == TOKENS[name](SIZE // len(TEXT[name]))


@pytest.mark.parametrize("name", WIKITEXT)
def test_long_runs_of_marks_are_read(name: str) -> None:
    pytest.importorskip("mwparserfromhell")
    expected = LINES.get(name, lambda n: ["a"])(2_000 // len(WIKITEXT[name]))
    assert wikitext.plain_text(text_of(name, 2_000)) == expected


def test_a_number_of_thousands_of_digits_is_no_character() -> None:
    pytest.importorskip("mwparserfromhell")
    for text in (f"a &#{'9' * 5000}; b", f"a &amp;#{'9' * 5000}; b", f"a &#x{'f' * 5000}; b"):
        assert wikitext.plain_text(text) == ["a b"]
    assert wikitext.plain_text("a &#233;&#xe9; b") == ["a éé b"]


def test_a_long_page_is_parsed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser hears no Ctrl-C, and takes seconds for a page of megabytes."""
    parser = pytest.importorskip("mwparserfromhell")
    odd = "<span class={>text</span>"  # is not plain, so the parser gets it
    page = "".join(f"Some {odd} with a [[link|word {k}]].\n\n== Head ==\n* item\n" for k in range(300))
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
    assert len("".join(wikitext.plain_text(odd + "x" * 5000))) == 5004
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


def test_close_spellings_look_at_a_bounded_number_of_words() -> None:
    looked_at = [0]

    class Watched(list[str]):
        def __iter__(self) -> Iterator[str]:
            for word in super().__iter__():
                looked_at[0] += 1
                yield word

    counts = []
    for number in (100_000, 1_000_000):
        words = [f"token{k:06d}" for k in range(number)]
        index = {word: row for row, word in enumerate(words)}
        looked_at[0] = 0
        assert spelling.close_spellings("tokem099999", Watched(words), index)[:1] == ["token099999"]
        counts.append(looked_at[0])
    assert counts[0] == counts[1] <= spelling.POOL + spelling.ALPHABET_WORDS
