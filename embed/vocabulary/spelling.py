"""Suggest close spellings of a missing word, for error messages.

Two passes make this fast for a million words. The first looks up every spelling one edit away in the whole
vocabulary (a few thousand look-ups). In the second, :mod:`difflib` ranks a bounded set of frequent words of about the
same length. The work is done only when the message is read, so catching the error for thousands of words costs
nothing.

Rejected: difflib over the whole vocabulary (seconds for a million words).
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from embed.errors import MissingWordError

__all__ = ["close_spellings", "missing_word"]

SUGGESTIONS = 3
"""The most suggestions in a message."""
ALPHABET_WORDS, ALPHABET_SIZE = 5_000, 64
"""Edits try the most common letters of the first words of the vocabulary."""
POOL, CANDIDATES = 100_000, 3_000
"""The most frequent words inspected, and ranked, in the second pass."""
PAIRS = 600_000
"""The most pairs of letters compared in the second pass, which ranks fewer words if they exceed 14 letters."""
LENGTH_SLACK = 2
"""Words that differ more in length are not close."""
LONGEST = 64
"""Longer words get no suggestions, because the work grows with the length."""


class _Message:
    """The text of an error, composed when it is first read."""

    def __init__(self, word: str, words: Sequence[str], index: Mapping[str, int], reason: str, form: str) -> None:
        self._parts = (word, words, index, reason, form)
        self._text: str | None = None

    def __str__(self) -> str:
        if self._text is None:
            word, words, index, reason, form = self._parts
            close = close_spellings(form, words, index)
            hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
            self._text = f"{word!r:.60} {reason}{hint}"
        return self._text

    def __repr__(self) -> str:
        return repr(str(self))

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)  # pickle the text, not the vocabulary


def missing_word(
    word: str,
    words: Sequence[str],
    index: Mapping[str, int],
    reason: str = "is not in the vocabulary",
    *,
    form: str | None = None,
) -> MissingWordError:
    """Return the error for a missing `word`.

    `words` are ordered by falling count, and `index` maps each word to its id. Suggestions resemble `form`, the
    spelling of `word` in the form of the vocabulary, if it is given.
    """
    return MissingWordError(_Message(word, words, index, reason, word if form is None else form))


def close_spellings(word: str, words: Sequence[str], index: Mapping[str, int]) -> list[str]:
    """Return up to three words of the vocabulary with nearly the same spelling as `word`, the closest first."""
    if not 0 < len(word) <= LONGEST:
        return []
    same_letters = {other for other in (word.lower(), word.upper(), word.capitalize()) if other in index}
    one_edit = {other for other in _edits(word, _alphabet(words)) if other in index}
    found = sorted(same_letters, key=index.__getitem__) + sorted(one_edit - same_letters, key=index.__getitem__)
    if len(found) < SUGGESTIONS:
        near = (
            other
            for other in islice(words, POOL)
            if abs(len(other) - len(word)) <= LENGTH_SLACK
            and other
            and (other[0] == word[0] or other[-1] == word[-1])
            and other not in same_letters
            and other not in one_edit
        )
        found += difflib.get_close_matches(
            word, list(islice(near, min(CANDIDATES, PAIRS // len(word) ** 2))), n=SUGGESTIONS, cutoff=0.7
        )
    return [other for other in found if other != word][:SUGGESTIONS]


def _alphabet(words: Sequence[str]) -> str:
    letters = Counter(letter for word in islice(words, ALPHABET_WORDS) for letter in word)
    return "".join(letter for letter, _ in letters.most_common(ALPHABET_SIZE))


def _edits(word: str, alphabet: str) -> set[str]:
    """Return every string one deletion, swap, replacement or insertion away from `word`."""
    splits = [(word[:cut], word[cut:]) for cut in range(len(word) + 1)]
    edits = {left + right[1:] for left, right in splits if right}
    edits |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    edits |= {left + letter + right[1:] for left, right in splits if right for letter in alphabet}
    edits |= {left + letter + right for left, right in splits for letter in alphabet}
    return edits
