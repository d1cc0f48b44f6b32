"""Make the tables of the compiled tokenizer from what this interpreter knows of Unicode.

:func:`compiled_words` asks ``str``, ``re`` and ``unicodedata``, as :mod:`embed.corpora.word_breaks` and
:mod:`embed.corpora.normal_form` do, so that the compiled tokenizer finds the same words as these two on whatever
interpreter runs. Making the tables takes some 40 ms, once in a process. Characters whose treatment depends on more than
a look at their neighbours are left to these two modules, together with the field (what stands between white space) that
they are in.

Rejected: tables made when the package is built, which would be wrong on an interpreter with other data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from . import _breaks, normal_form, word_breaks
from ._breaks import WordBreaks
from .word_breaks import words_of

__all__ = ["compiled_words"]

_PAGE = 1 << _breaks.PAGE_BITS
_JAMO = "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"
"""The parts of Korean syllables, which normal form C joins by arithmetic."""
_SIGMA = "\u03a3"
"""The capital whose lower case depends on its neighbours."""


@cache
def compiled_words(lowercase: bool) -> WordBreaks:
    """Return the compiled tokenizer ``words``."""
    characters = _text(np.arange(_breaks.TABLED))
    traits = _kinds(characters)
    decompositions = _decompositions(characters)
    pairs = _pairs(decompositions)
    _add_memberships(traits, decompositions, pairs)
    shifts, expansions = _change(traits, _changed(characters, decompositions, lowercase))
    if lowercase:
        traits[ord(_SIGMA)] = _breaks.UNKNOWN
    in_runs = np.isin(traits & _breaks.KIND, (_breaks.LETTER, _breaks.DIGIT, _breaks.MORE_LETTER, _breaks.MARK))
    looks_around = _breaks.SECOND | _breaks.LIMITED | _breaks.ORDER
    traits[in_runs & (traits & looks_around == 0)] |= np.uint32(_breaks.PLAIN)
    pages, cells, cell_traits = _staged(shifts, traits)
    most, split = normal_form.MOST_MARKS, partial(words_of, lowercase=lowercase)
    return WordBreaks(pages, cells, cell_traits, expansions, pairs, most, lowercase, split)


# what a character is


def _kinds(characters: str) -> NDArray[np.uint32]:
    """Return the traits of each character, uint32[TABLED]: what it is to the rules, and in the expressions."""
    size = len(characters)
    alnum, digit, mark = (np.zeros(size, dtype=bool) for _ in range(3))
    for match in re.finditer(r"[^\W\d_]+|(\d+)", characters):
        start, end = match.span()
        alnum[start:end] = True
        digit[start:end] = match.lastindex is not None
    others = np.flatnonzero(~alnum)
    mark[others] = [category[0] == "M" for category in map(unicodedata.category, _text(others))]
    marks = np.flatnonzero(mark)  # no other character has a combining class: Unicode's stability policy
    orders = np.zeros(size, dtype=np.uint32)
    orders[marks] = list(map(unicodedata.combining, _text(marks)))
    mark |= _members(word_breaks.MORE_MARKS)
    apart = _members(word_breaks.IDEOGRAPHS + word_breaks.KATAKANA)
    known = np.arange(size) <= normal_form.LAST
    in_both = "".join(set(word_breaks.IN_WORDS) & set(word_breaks.IN_NUMBERS))
    kinds = np.zeros(size, dtype=np.uint32)
    kinds[mark & known] = _breaks.MARK
    kinds[alnum & known] = _breaks.LETTER
    kinds[digit & known] = _breaks.DIGIT
    for kind, members in (
        (_breaks.MORE_LETTER, word_breaks.MORE_LETTERS),
        (_breaks.IDEOGRAPH, word_breaks.IDEOGRAPHS),
        (_breaks.KATAKANA, word_breaks.KATAKANA),
        (_breaks.EMOJI, normal_form.EMOJI_ALONE),
        (_breaks.APOSTROPHE, word_breaks.APOSTROPHES),
        (_breaks.IN_WORDS, word_breaks.IN_WORDS),
        (_breaks.IN_NUMBERS, word_breaks.IN_NUMBERS),
        (_breaks.IN_BOTH, in_both),
        (_breaks.UNDERSCORE, "_"),
        (_breaks.QUOTE, '"'),
        (_breaks.SIGN, "#+"),
        (_breaks.UNKNOWN, normal_form.INVISIBLE + normal_form.EMOJI_PARTS + _JAMO),
        (_breaks.PARTER, "\u200c"),
        (_breaks.JOINER, "\u200d"),
    ):
        kinds[_members(members)] = kind
    # Unicode gives no character two kinds so far; if it ever does, the expressions know which of them counts.
    other = (kinds >= _breaks.EMOJI) & (kinds < _breaks.JOINER)
    kinds[(alnum & mark) | (apart & mark) | (other & (alnum | mark))] = _breaks.UNKNOWN
    traits = kinds | orders << np.uint32(_breaks.ORDER_AT)
    traits[alnum] |= np.uint32(_breaks.ALNUM)
    traits[alnum & ~digit] |= np.uint32(_breaks.ALPHA)
    return traits


def _add_memberships(traits: NDArray[np.uint32], decompositions: dict[str, str], pairs: NDArray[np.uint64]) -> None:
    for trait, members in (
        (_breaks.HEBREW, word_breaks.HEBREW),
        (_breaks.POINT, word_breaks.POINTS),
        (_breaks.JOINING, normal_form.JOINING),
    ):
        traits[_members(members)] |= np.uint32(trait)
    traits[traits & _breaks.ORDER > 0] |= np.uint32(_breaks.LIMITED)
    for character in decompositions:
        parts = unicodedata.normalize("NFD", character)
        if unicodedata.combining(parts[0]):
            traits[ord(character)] |= np.uint32(_breaks.LIMITED)
        traits[ord(character)] |= np.uint32(unicodedata.combining(parts[-1]) << _breaks.TRAIL_AT)
    traits[(pairs >> np.uint64(32)).astype(np.int64)] |= np.uint32(_breaks.FIRST)
    traits[(pairs & np.uint64(0xFFFF_FFFF)).astype(np.int64)] |= np.uint32(_breaks.SECOND)


# what a character becomes


def _decompositions(characters: str) -> dict[str, str]:
    """Return the characters that are the same as others by Unicode, Korean syllables apart: character -> those."""
    found = {}
    for page in _pages(characters):
        if not unicodedata.is_normalized("NFD", page):
            for character in page:
                parts = unicodedata.decomposition(character)
                if parts and parts[0] != "<":
                    found[character] = "".join(chr(int(part, 16)) for part in parts.split())
    return found


def _pairs(decompositions: dict[str, str]) -> NDArray[np.uint64]:
    """Return the pairs of characters that normal form C joins, the first in the high half, ascending."""
    joined = [
        ord(parts[0]) << 32 | ord(parts[1])
        for character, parts in decompositions.items()
        if len(parts) == 2 and unicodedata.normalize("NFC", parts) == character
    ]
    return np.array(sorted(joined), dtype=np.uint64)


def _changed(characters: str, decompositions: dict[str, str], lowercase: bool) -> Iterator[tuple[str, str, str]]:
    """Yield the characters that reading changes, in plain width, and what they become."""
    narrow = normal_form.narrow()
    candidates = set(decompositions) | {chr(code) for code in narrow}
    if lowercase:
        candidates.update(*(page for page in _pages(characters) if page.lower() != page))
    for character in sorted(candidates):
        plain = narrow.get(ord(character), character)
        becomes = unicodedata.normalize("NFC", plain.lower() if lowercase else plain)
        if becomes != character:
            yield character, plain, becomes


def _change(
    traits: NDArray[np.uint32], changed: Iterator[tuple[str, str, str]]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Give characters the traits of what they become; return what to add to each of them, and the expansions."""
    own, shifts, expansions = traits.copy(), np.zeros(len(traits), dtype=np.uint32), [0]
    for character, plain, becomes in changed:
        code, codes = ord(character), [ord(one) for one in becomes]
        if own[code] & _breaks.KIND == _breaks.UNKNOWN:
            continue
        source = (int(own[code]) & _breaks.JOINING) | (int(own[ord(plain)]) & _breaks.LIMITED)
        if not _fits(character, becomes) or any(own[one] & _breaks.KIND >= _breaks.JOINER for one in codes):
            traits[code] = _breaks.UNKNOWN
        elif len(codes) == 1:
            shifts[code] = (codes[0] - code) & 0xFFFF_FFFF
            traits[code] = int(own[codes[0]]) & ~(_breaks.JOINING | _breaks.LIMITED) | source
        else:
            shifts[code] = len(expansions)
            traits[code] = _breaks.EXPANDS | source
            expansions += [len(codes), *codes]
    return shifts, np.array(expansions, dtype=np.uint32)


def _fits(character: str, becomes: str) -> bool:
    """Return whether there is room for the words of a changed text: each of its characters may end a word."""
    before = len(character.encode("utf-8", "surrogatepass"))
    return len(becomes.encode("utf-8", "surrogatepass")) + len(becomes) <= _breaks.GROWTH * before


# tables


def _staged(
    shifts: NDArray[np.uint32], traits: NDArray[np.uint32]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint32]]:
    """Return the number of each page, the cells of the different pages, and the different cells."""
    both = (shifts.astype(np.uint64) << np.uint64(32) | traits).reshape(-1, _PAGE)
    numbers: dict[bytes, int] = {}
    pages = [numbers.setdefault(page.tobytes(), len(numbers)) for page in both]
    distinct = np.frombuffer(b"".join(numbers), dtype=np.uint64)
    values, cells = np.unique(distinct, return_inverse=True)
    columns = np.stack([values >> np.uint64(32), values & np.uint64(0xFFFF_FFFF)], axis=1)
    return np.array(pages, np.uint16), cells.ravel().astype(np.uint16), columns.astype(np.uint32)


# characters, pages, and classes of expressions


def _text(codes: NDArray[np.int64]) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _pages(characters: str) -> Iterator[str]:
    return (characters[start : start + _PAGE] for start in range(0, len(characters), _PAGE))


def _members(characters: str) -> NDArray[np.bool_]:
    """Return which characters stand between the brackets of an expression, where - is for ranges; bool[TABLED]."""
    found = np.zeros(_breaks.TABLED, dtype=bool)
    for first, last in re.findall(r"(.)(?:-(.))?", characters, re.DOTALL):
        found[ord(first) : ord(last or first) + 1] = True
    return found
