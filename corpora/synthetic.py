"""Generate text with known structure, so that tests and benchmarks need no download.

A sentence has one topic and is a row of phrases ``marker word companion``. The word is a lemma in one of
its forms: stem + suffix. Its context determines everything about it:

- the topic: all lemmas of a sentence belong to one topic (semantic classes);
- the form: the marker before the word belongs to its form, like an article or an auxiliary (syntactic
  classes);
- the lemma: a companion after the word belongs to the lemma, whatever the form.

So forms of two lemmas make analogies (``a0 : a1 :: b0 : b1``), words that share a topic, form or lemma are
similar to a known degree, and a suffix means the same on every stem (morphology). Some forms of some lemmas
never occur; only n-grams can compose vectors for them. Lemma frequencies follow Zipf's law.

Text is a pure function of (parameters, block number): draws are raw 64-bit words of PCG64 and all arithmetic
is on integers, so every machine generates the same bytes. A block is built as one matrix of bytes, without a
Python string per token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embed.arguments import whole_number
from embed.errors import ConfigError

__all__ = ["SyntheticCorpus", "WordClass"]

SUFFIXES = ("", "s", "ed", "ing", "er", "est", "ly", "ness")
MARKERS_PER_FORM = 3
COMPANIONS_PER_LEMMA = 2
MAX_VOCABULARY = 5_000_000
UNSEEN_EVERY = 17
"""The last form of every 17th lemma never occurs."""
DROP_COMPANION_OF_8, DROP_MARKER_OF_8 = 2, 1
"""In how many of 8 phrases the companion (marker) is missing."""
TOPIC_WEIGHT, FORM_WEIGHT, LEMMA_WEIGHT = 0.4, 0.2, 0.4
"""What a shared topic, form and lemma add to the true similarity of two words."""

_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwxyz", "aeiou"
_SYLLABLES = np.frombuffer("".join(c + v for c in _CONSONANTS for v in _VOWELS).encode(), dtype=np.uint8).reshape(-1, 2)
_BASE = len(_SYLLABLES)
_SCATTER = 7_368_787  # a prime: multiplying by it spreads neighbouring lemmas over the stems, one to one
_ZIPF_SCALE = 1 << 40
_BLOCK_PHRASES = 1 << 16
_MARKER, _COMPANION, _WORD = range(3)


class WordClass(NamedTuple):
    """The planted structure of a word: a marker has only a form, a companion no form, other words all three."""

    lemma: int | None
    topic: int | None
    form: int | None


class SyntheticCorpus:
    """A re-iterable stream of generated sentences.

    Parameters
    ----------
    seed : int
        The same seed and parameters give the same text on every machine.
    sentences : int
        Sentences per pass; each has `phrases` phrases of up to three tokens.
    vocabulary : int
        The approximate number of distinct words (at most 5M); rare words appear only in a long text.
    topics, forms, phrases : int
        Semantic classes, forms of every lemma (at most 8), and phrases in a sentence.

    Raises
    ------
    ConfigError
        A parameter is out of bounds.
    """

    def __init__(
        self,
        seed: int = 1,
        sentences: int = 100_000,
        *,
        vocabulary: int = 2_000,
        topics: int = 10,
        forms: int = 4,
        phrases: int = 8,
    ) -> None:
        def checked(name: str, value: int, low: int, high: int) -> int:
            return whole_number(f"{name} of a synthetic corpus", value, low, high)

        vocabulary = checked("vocabulary", vocabulary, 100, MAX_VOCABULARY)
        topics = checked("topics", topics, 1, vocabulary // (len(SUFFIXES) + COMPANIONS_PER_LEMMA))
        forms = checked("forms", forms, 1, len(SUFFIXES))
        self.seed = checked("seed", seed, 0, (1 << 63) - 1)
        self.sentences = checked("sentences", sentences, 1, 1 << 40)
        self.phrases = checked("phrases", phrases, 1, 1 << 10)
        self.topics, self.forms = topics, forms
        markers = forms * MARKERS_PER_FORM
        self.lemmas = max(topics, (vocabulary - markers) // (forms + COMPANIONS_PER_LEMMA) // topics * topics)
        self.vocabulary = self.lemmas * (forms + COMPANIONS_PER_LEMMA) + markers
        stems = self.lemmas * (1 + COMPANIONS_PER_LEMMA)
        self._syllables = next(n for n in range(2, 8) if _BASE**n >= 2 * stems)
        # Lemma `rank * topics + topic`: every topic has the same Zipf distribution over its own lemmas.
        ranks = np.arange(1, self.lemmas // topics + 1, dtype=np.uint64)
        self._zipf = np.cumsum(np.uint64(_ZIPF_SCALE) // ranks, dtype=np.uint64)

    # the text

    def byte_chunks(self) -> Iterator[bytes]:
        """Yield the text as UTF-8, one sentence a line."""
        per_block = max(1, _BLOCK_PHRASES // self.phrases)
        for block, first in enumerate(range(0, self.sentences, per_block)):
            yield self._block(block, per_block, min(per_block, self.sentences - first))

    def __iter__(self) -> Iterator[list[str]]:
        for chunk in self.byte_chunks():
            for line in chunk.decode().splitlines():
                yield line.split()

    def fingerprint(self) -> str:
        """Return a hash of the parameters, which determine the text."""
        settings: dict[str, Any] = {
            "reader": "synthetic 1",
            **{name: getattr(self, name) for name in ("seed", "sentences", "vocabulary", "topics", "forms", "phrases")},
        }
        return hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=32).hexdigest()

    def _block(self, block: int, sentences: int, wanted: int) -> bytes:
        """Generate a whole block and return its first `wanted` sentences, so that a longer text extends a shorter."""
        source = np.random.PCG64([self.seed, block])
        shape = (sentences, self.phrases)
        n = sentences * self.phrases

        def draw(
            limit: int,
        ) -> NDArray[np.int64]:  # int64[n] in 0..limit-1; the bias of % is below limit / 2**64
            return (source.random_raw(n) % np.uint64(limit)).astype(np.int64)

        topic = np.repeat((source.random_raw(sentences) % np.uint64(self.topics)).astype(np.int64), self.phrases)
        rank = np.searchsorted(self._zipf, source.random_raw(n) % self._zipf[-1], side="right")
        lemma = rank.astype(np.int64) * self.topics + topic
        form = draw(self.forms)
        form[self._is_unseen(lemma, form)] = 0
        marker = form * MARKERS_PER_FORM + draw(MARKERS_PER_FORM)
        companion = self.lemmas * (1 + draw(COMPANIONS_PER_LEMMA)) + lemma

        width = 2 * self._syllables
        text: NDArray[np.uint8] = np.zeros((n, 3, width + max(map(len, SUFFIXES)) + 1), dtype=np.uint8)
        text[:, 0, :2] = _SYLLABLES[marker]
        text[:, 1, :width] = self._stem(lemma)
        text[:, 1, width:-1] = _suffix_bytes()[form]
        text[:, 2, :width] = self._stem(companion)
        text[:, :, -1] = ord(" ")
        text[draw(8) < DROP_MARKER_OF_8, 0] = 0
        text[draw(8) < DROP_COMPANION_OF_8, 2] = 0
        ends = text.reshape(*shape, -1)[:, -1]  # a sentence ends with its last phrase, even if words of it were dropped
        rows = np.arange(sentences)
        last = np.where(ends[:, -1] == 0, ends.shape[1] - 1 - text.shape[2], ends.shape[1] - 1)
        ends[rows, last] = ord("\n")
        text = text[: wanted * self.phrases]
        return bytes(text[text != 0].data)

    def _stem(self, stem: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the letters of stem numbers, uint8[n, 2 * syllables]; distinct numbers have distinct letters."""
        scattered = stem * _SCATTER % _BASE**self._syllables
        powers = _BASE ** np.arange(self._syllables, dtype=np.int64)
        letters: NDArray[np.uint8] = _SYLLABLES[scattered[:, None] // powers % _BASE]
        return letters.reshape(len(stem), -1)

    def _is_unseen(self, lemma: Any, form: Any) -> Any:
        return (lemma % UNSEEN_EVERY == UNSEEN_EVERY - 1) & (form == self.forms - 1) & (self.forms > 1)

    # the truth

    def word(self, lemma: int, form: int) -> str:
        """Return a form of a lemma as a word."""
        return self._stem(np.array([lemma])).tobytes().decode() + SUFFIXES[form]

    def word_class(self, word: str) -> WordClass:
        """Return the planted structure of `word`; raise ConfigError if the word cannot occur."""
        width = 2 * self._syllables
        if len(word) == 2:
            marker = self._number(word)
            if marker is not None and marker < self.forms * MARKERS_PER_FORM:
                return WordClass(None, None, marker // MARKERS_PER_FORM)
        elif (scattered := self._number(word[:width])) is not None and word[width:] in SUFFIXES[: self.forms]:
            modulus = _BASE**self._syllables
            stem = scattered * pow(_SCATTER, -1, modulus) % modulus
            if stem < self.lemmas:
                return WordClass(stem, stem % self.topics, SUFFIXES.index(word[width:]))
            lemma = stem % self.lemmas
            if stem < self.lemmas * (1 + COMPANIONS_PER_LEMMA) and len(word) == width:
                return WordClass(lemma, lemma % self.topics, None)
        raise ConfigError(f"{word!r} is not a word of this synthetic corpus")

    def similarity_pairs(self, n: int = 500, *, top: int | None = None) -> list[tuple[str, str, float]]:
        """Return `n` pairs of words with their true similarity, 0 (nothing shared) to 1 (the same word).

        Parameters
        ----------
        n : int
            Pairs; a quarter each share a lemma, a topic and form, a topic, or at most a form.
        top : int or None
            Take the `top` most frequent lemmas only (default: at most 200).
        """
        pairs: list[tuple[str, str, float]] = []
        lemmas, draw = self._top(top), self._truth_draws("similarity")
        while len(pairs) < n:
            kind = len(pairs) % 4
            lemma, form, other_form = draw(lemmas), draw(self.forms), draw(self.forms)
            peers = -(-(lemmas - lemma % self.topics) // self.topics)
            other = {0: lemma, 3: draw(lemmas)}.get(kind, draw(peers) * self.topics + lemma % self.topics)
            other_form = form if kind == 1 else other_form
            if self._is_unseen(lemma, form) or self._is_unseen(other, other_form):
                continue
            truth = (
                TOPIC_WEIGHT * (lemma % self.topics == other % self.topics)
                + FORM_WEIGHT * (form == other_form)
                + LEMMA_WEIGHT * (lemma == other)
            )
            pairs.append((self.word(lemma, form), self.word(other, other_form), truth))
        return pairs

    def analogy_questions(self, n: int = 500, *, top: int | None = None) -> list[tuple[str, str, str, str]]:
        """Return `n` questions (a, b, c, d), a : b as c : d, each from the forms of two lemmas.

        Raises
        ------
        ConfigError
            The corpus has a single form or lemma.
        """
        lemmas, draw = self._top(top), self._truth_draws("analogies")
        if self.forms < 2 or lemmas < 2:
            raise ConfigError("analogies need a synthetic corpus with at least two forms and two lemmas")
        questions: list[tuple[str, str, str, str]] = []
        while len(questions) < n:
            first, second, form, other = draw(lemmas), draw(lemmas), draw(self.forms), draw(self.forms)
            cells = [(first, form), (first, other), (second, form), (second, other)]
            if first != second and form != other and not any(self._is_unseen(*cell) for cell in cells):
                a, b, c, d = (self.word(*cell) for cell in cells)
                questions.append((a, b, c, d))
        return questions

    def unseen_words(self, *, top: int | None = None) -> list[str]:
        """Return forms that never occur although other forms of their lemma do, to test n-grams."""
        last = self.forms - 1
        return [self.word(lemma, last) for lemma in range(self._top(top)) if self._is_unseen(lemma, last)]

    def _top(self, top: int | None) -> int:
        return min(self.lemmas, 200 if top is None else top)

    def _truth_draws(self, purpose: str) -> Any:
        source = np.random.PCG64([self.seed, *purpose.encode()])
        return lambda limit: int(source.random_raw()) % limit

    @staticmethod
    def _number(letters: str) -> int | None:
        """Return the number whose base-100 digits are these syllables; None if they are not syllables."""
        number = 0
        for power, at in enumerate(range(0, len(letters), 2)):
            consonant, vowel = _CONSONANTS.find(letters[at]), _VOWELS.find(letters[at + 1 : at + 2] or "?")
            if consonant < 0 or vowel < 0:
                return None
            number += (consonant * len(_VOWELS) + vowel) * _BASE**power
        return number


def _suffix_bytes() -> NDArray[np.uint8]:
    width = max(map(len, SUFFIXES))
    return np.array([list(suffix.encode().ljust(width, b"\0")) for suffix in SUFFIXES], dtype=np.uint8)
