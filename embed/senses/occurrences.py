"""Find the words with senses in texts, and how likely each of their senses is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from embed.corpora.tokenizers import get_tokenizer
from embed.errors import ConfigError, CorpusError
from embed.model.model import Model
from embed.senses.selection import Selector, sorted_senses
from embed.senses.sense_words import SenseRows

__all__ = ["Context", "Found", "Occurrences", "Text"]

Float32s = npt.NDArray[np.float32]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Text = str | Sequence[str]
Context = tuple[Text, Text]
"""The words to the left and to the right of an occurrence, or their text."""

_BATCH_TOKENS = 1 << 15
_MOST_SEEN = 1 << 20
"""The most tokens whose rows are remembered."""


@dataclass(frozen=True, eq=False)
class Found:
    """The m occurrences of words with senses in a batch of sentences, in their order.

    Attributes
    ----------
    sentences : list of list of str
    numbers : list of int, length m
        The sentence of each occurrence.
    places : list of int, length m
        Its token in the sentence.
    words : int32[m]
    probabilities : float32[m, K]
        Those of the senses of the word; zeros after the last one.
    """

    sentences: list[list[str]]
    numbers: list[int]
    places: list[int]
    words: Int32s
    probabilities: Float32s

    def senses(self) -> list[int]:
        """Return the likeliest sense of each occurrence, from 0."""
        return self.probabilities.argmax(axis=1).tolist() if len(self.words) else []


class Occurrences:
    """Reads texts for a model with senses.

    Parameters
    ----------
    rows : SenseRows
    model : Model or None
        Without a model, only `row` works.
    """

    def __init__(self, rows: SenseRows, model: Model | None) -> None:
        self._words, self._sizes, self._model = rows.words, np.diff(rows.offsets), model
        self._seen: dict[str, int] = {}

    def model(self, purpose: str) -> Model:
        """Return the model; raises ConfigError if there is none."""
        if self._model is None:
            raise ConfigError(
                f"vectors of senses alone cannot {purpose}: load the model that they are of (SenseVectors.load)"
            )
        return self._model

    def tokens(self, sentence: Text) -> list[str]:
        """Return the tokens of a text, split as the training text was, but in their own case; a list stays as it is.

        Raises
        ------
        CorpusError
            `sentence` is neither a text nor a list of strings.
        """
        if isinstance(sentence, str):
            config = self.model("split a text").config
            return get_tokenizer(config.tokenizer, lowercase=False).split(sentence)
        tokens = list(sentence) if isinstance(sentence, Iterable) and not isinstance(sentence, bytes) else [None]
        if not set(map(type, tokens)) <= {str} and not all(isinstance(token, str) for token in tokens):
            raise CorpusError(f"a sentence must be a text or a list of tokens, not {sentence!r:.60}")
        return tokens

    def row(self, token: str) -> int:
        """Return the row of the word that a token is, perhaps in the spelling of the training text; -1 without one.

        A vocabulary of words in lower case has a token in any case.
        """
        found = self._seen.get(token)
        if found is None:
            words = self._words
            spellings = [token]
            if token not in words:
                spellings = words.spellings(token) + ([token.lower()] if self._is_lower else [])
            found = next((words.index(one) for one in spellings if one in words), -1)
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen[token] = found
        return found

    def batches(self, sentences: Iterable[Text], wanted: Int64s | None = None) -> Iterator[Found]:
        """Yield batches of sentences with what they have of words with senses, or of the wanted rows among these.

        Raises
        ------
        CorpusError
            `sentences` are no texts or lists of strings.
        ConfigError
            There is no model.
        """
        self.model("choose senses")
        if isinstance(sentences, (str, bytes)) or not isinstance(sentences, Iterable):
            raise CorpusError(f"sentences must be a list of texts or of lists of tokens, not {sentences!r:.60}")
        batch: list[list[str]] = []
        size = 0
        for sentence in sentences:
            batch.append(self.tokens(sentence))
            size += len(batch[-1]) + 1
            if size >= _BATCH_TOKENS:
                yield self._found(batch, wanted)
                batch, size = [], 0
        if batch:
            yield self._found(batch, wanted)

    def in_contexts(self, asked: Sequence[tuple[int, Context]]) -> list[Float32s]:
        """Return the probabilities of the senses of words, given by their rows, each in a context; all have senses."""
        parts: list[Int32s] = [np.empty(0, np.int32)]
        positions, offsets = [], [0]
        for row, context in asked:
            left, right = (self._known(self.tokens(side)) for side in context)
            left, right = left[left >= 0], right[right >= 0]
            positions.append(offsets[-1] + len(left))
            parts += [left, np.array([row], np.int32), right]
            offsets.append(positions[-1] + 1 + len(right))
        p = self._selector.probabilities(
            np.concatenate(parts), np.array(offsets, np.int64), np.array(positions, np.int64)
        )
        return [one[: self._sizes[row]] for one, (row, _) in zip(p, asked, strict=True)]

    @cached_property
    def _selector(self) -> Selector:
        senses = self.model("choose senses").parameters.senses
        assert senses is not None
        return Selector(sorted_senses(senses))

    @cached_property
    def _is_lower(self) -> bool:
        return all(word == word.lower() for word in self._words.words)

    def _known(self, tokens: Iterable[str]) -> Int32s:
        """Return the rows of tokens, -1 for unknown ones."""
        get, row = self._seen.get, self.row
        return np.array([row(token) if (seen := get(token)) is None else seen for token in tokens], np.int32)

    def _found(self, sentences: list[list[str]], wanted: Int64s | None) -> Found:
        rows = self._known(chain.from_iterable(sentences))
        ends = np.cumsum([0, *map(len, sentences)])
        places = np.flatnonzero(rows >= 0)
        ids = rows[places]
        has = self._sizes[ids] > 0
        if wanted is not None:
            has &= np.isin(ids, wanted)
        positions = np.flatnonzero(has)
        at = places[positions]
        numbers = np.searchsorted(ends, at, side="right") - 1
        p = self._selector.probabilities(ids, np.searchsorted(places, ends), positions)
        return Found(sentences, numbers.tolist(), (at - ends[numbers]).tolist(), ids[positions], p)
