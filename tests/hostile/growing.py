"""Hostile inputs whose work must grow in proportion to their length.

Each has once taken the square of its length, or could. The tests look at what comes out of a short one;
``python -m benchmarks growth`` compares the time of a short one with that of sixteen times as much.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from embed.corpora import wikitext
from embed.corpora.normal_form import normalised
from embed.corpora.recognise import is_mediawiki
from embed.corpora.tokenizers import split_words
from embed.text import _text
from embed.vocabulary import spelling

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
"""Name -> what is repeated after an "a", for the tokenizer."""
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
    "closing tags": "</b ",
}
"""Name -> what is repeated on a page of wikitext."""
MARKS = ["[[", "{{", "{{{", "[http://a ", "<b>", "<p>", "''", "{|\n|\n", "[[a|", "{{a|", "<ref ", '<a b="', "<ref>"]
MARKS += [";:", "\n*", "__", "&", "&#", "<", "</", "\n{|", "\n|-\n|a||", "{|", "\n", " \n", "<!--", "<nowiki>"]
MARKS += ["==\n=", "<ref name='", "<math>", "-{", "http://", "[", "|}", "}}", "]]", "#redirect [[", "<br>", "<li>"]
"""Marks of wikitext that are opened again and again, and never closed."""
NESTED = [("{{", "}}"), ("[[a|", "]]"), ("<b>", "</b>"), ("{|\n|\n", "\n|}"), ("{", "}")]
"""What opens and what closes a mark of wikitext that is nested."""
SEEDS = {
    "the constants of old": (0x243F6A8885A308D3, 0xB7E151628AED2A6B, 32 * 0x9E3779B97F4A7C15 & ((1 << 64) - 1)),
    "the seeds before they are drawn": (0, 0, 32),
}
"""Seeds of the token counter's hashes that somebody could know: the first, the second, the hash of the length 32."""
_BITS = (1 << 64) - 1


@dataclass(frozen=True)
class Growing:
    """Something to do with an input of any size; `size` is the least whose time a clock can tell."""

    name: str
    work: Callable[[Any], object]
    make: Callable[[int], Any]
    size: int


def text_of(name: str, size: int) -> str:
    """Return `size` characters of ``TEXT`` or ``WIKITEXT``, after their beginning."""
    unit = TEXT.get(name) or WIKITEXT[name]
    start = "a" if name in TEXT else "&#" if name == "one long number" else "a "
    return start + unit * (size // len(unit))


def colliding_words(first: int, second: int, length_hash: int, number: int) -> list[bytes]:
    """Return words of 32 bytes that all have the hash 0 under these seeds, whatever their last 8 bytes are."""
    rng = random.Random(1)
    while True:
        block = bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=16))
        state = _fold(
            int.from_bytes(block[:8], "little") ^ first ^ length_hash, int.from_bytes(block[8:], "little") ^ second
        )
        middle = (state ^ first).to_bytes(8, "little")
        if all(33 <= byte < 127 for byte in middle):
            return [block + middle + b"%08d" % k for k in range(number)]


def count_words(words: list[bytes]) -> int:
    """Count the words, and return how many different ones there are."""
    counter = _text.TokenCounter(10_000)
    counter.feed(b" ".join(words) + b" ")
    return len(counter)


def growing() -> Iterator[Growing]:
    """Yield everything whose time must grow in proportion."""
    for name in TEXT:
        yield Growing(f"tokenize {name}", _split, lambda size, name=name: text_of(name, size), 8_000)
    yield Growing("tokenize words of underscores", _split, lambda size: ("a" + "_" * (size // 2) + "a b") * 2, 8_000)
    for name in ("marks of five orders", "joiners in Persian", "emoji joined"):
        yield Growing(f"normalise {name}", normalised, lambda size, name=name: text_of(name, size), 8_000)
    plain_text = wikitext.plain_text
    for name in WIKITEXT:
        yield Growing(f"read {name}", plain_text, lambda size, name=name: text_of(name, size), 2_000)
    for mark in MARKS:
        yield Growing(f"read {mark!r}", plain_text, lambda size, mark=mark: mark * (size // len(mark)), 2_000)
    for left, right in NESTED:
        yield Growing(f"read nested {left!r}", plain_text, lambda n, a=left, b=right: a * n + "x" + b * n, 1_000)
    yield Growing("look for a dump behind comments", is_mediawiki, lambda size: b"<!---->" * size, 100)
    for name, seeds in SEEDS.items():
        yield Growing(
            f"count words that collide under {name}", count_words, lambda n, s=seeds: colliding_words(*s, n), 2_000
        )
    yield Growing("suggest words for a missing one", _suggest, _words_and_index, 20_000)


def _split(text: str) -> list[str]:
    return split_words(text, lowercase=True)


def _fold(a: int, b: int) -> int:
    return (a * b & _BITS) ^ (a * b >> 64)


def _words_and_index(number: int) -> tuple[list[str], dict[str, int]]:
    words = [f"token{k}" for k in range(number)]
    return words, {word: row for row, word in enumerate(words)}


def _suggest(vocabulary: tuple[list[str], dict[str, int]]) -> str:
    return str(spelling.missing_word("tokem9999", *vocabulary))
