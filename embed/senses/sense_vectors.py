"""Ask for the senses of words, and for those of the words of a text."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, listed, of_kind, whole_number
from embed.choices import SENSE_SIMILARITIES, SenseSimilarity
from embed.config.train import TrainConfig
from embed.errors import ConfigError
from embed.eval import ContextPair
from embed.files.saved import Saved, room_behind
from embed.markup import facts, heading, panel, shown_first
from embed.messages import option
from embed.model.model import Model
from embed.senses.examples import Example, clearest
from embed.senses.occurrences import Context, Occurrences, Text
from embed.senses.selection import sorted_senses
from embed.senses.sense_words import SenseRows, grouped, named, sense_name
from embed.senses.similarity import IN_CONTEXT, MEASURES, Occurrence
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["Sense", "SenseVectors"]

Float32s = npt.NDArray[np.float32]
Numbers = list[int | None]

_SHARE = 0.5
"""How far from the vector of its word a sense is for similarities, of its distance: measured best on SCWS."""
_SHOWN = 2.0
"""How far from the vector of its word a sense is where its nearest words are shown, of its distance: what all senses of
a word share would hide what tells them apart (docs/decisions/0038-senses.md)."""


@dataclass(frozen=True)
class Sense:
    """One sense of a word.

    Attributes
    ----------
    word : str
    number : int
        From 1, by falling prior.
    prior : float
        The share of the occurrences of the word that have this sense.
    nearest : tuple of (str, float)
        The words with the largest cosines to the vector of the sense, twice as far from that of its word as it is.
    """

    word: str
    number: int
    prior: float
    nearest: tuple[tuple[str, float], ...]

    @property
    def name(self) -> str:
        """The name of the sense in files and marked text: ``bank#1``."""
        return sense_name(self.word, self.number)


class SenseVectors(Saved):
    """The vectors of words and of their senses.

    Make it of a model (`of`), of a file of one (`load`), or of vectors of senses (`from_vectors`).

    Parameters
    ----------
    rows : SenseRows
    model : Model, optional
        The model that the senses are of; without it they cannot be told apart in a text.

    Notes
    -----
    Senses with less than 5 % of the occurrences of their word are left out. A word that then has a single sense counts
    as one without senses, as words do that are too rare to have some.
    """

    def __init__(self, rows: SenseRows, model: Model | None = None) -> None:
        self._rows, self._occurrences = rows, Occurrences(rows, model)

    @classmethod
    def of(cls, model: Model) -> SenseVectors:
        """Return the senses of a model.

        Raises
        ------
        ConfigError
            The model has no senses.
        """
        all_senses = of_kind("model", model, Model).parameters.senses
        if all_senses is None:
            raise ConfigError(f"the model has one vector for each word: train it with {option('senses', 5)}")
        senses, words = sorted_senses(all_senses), model.vectors
        means = np.zeros((len(words), all_senses.vectors.shape[1]))
        parent = np.repeat(np.arange(len(words)), np.diff(all_senses.offsets))
        np.add.at(means, parent, all_senses.priors[:, None] * all_senses.vectors)
        parent = np.repeat(np.arange(len(words)), np.diff(senses.offsets))
        # the vector of a word is that of the mean of its senses by their priors, perhaps post-processed
        moved = senses.vectors - means[parent]
        if model.postprocessing is not None and model.postprocessing.projection is not None:
            moved = moved @ model.postprocessing.projection
        matrix = (words.matrix[parent] + moved).astype(np.float32)
        return cls(SenseRows(words, senses.offsets.astype(np.int64), matrix, senses.priors), model)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SenseVectors:
        """Read a file of a whole model with senses, which `save` and :meth:`embed.Model.save` write.

        Raises
        ------
        FormatError
            The file cannot be read, is damaged, or holds something else.
        ConfigError
            The model has no senses.
        """
        model = room_behind("models").load_model(path)
        try:
            return cls.of(model)
        except ConfigError as error:
            raise ConfigError(f"{os.fspath(path)}: {error}") from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole model to a native file, whole or not at all.

        Raises
        ------
        FormatError
            The file cannot be written.
        ConfigError
            There is no model, but vectors alone.
        """
        self._occurrences.model("be saved as a model").save(path)

    @classmethod
    def from_vectors(cls, vectors: WordVectors) -> SenseVectors:
        """Return the senses that vectors of words hold, named ``bank#1``, as `vectors` names them.

        Words without such names have no senses. Priors follow from counts, and are equal without counts. The senses of
        a text cannot be told, for which the model is needed.

        Raises
        ------
        ConfigError
            No word has several senses.
        """
        rows = grouped(of_kind("vectors", vectors, WordVectors))
        if not len(rows.matrix):
            raise ConfigError("no word has senses: vectors of senses are named word#1, word#2 ...")
        return cls(rows)

    def __repr__(self) -> str:
        return f"<{self._in_words()}>"

    def _in_words(self) -> str:
        several = int((np.diff(self._rows.offsets) > 0).sum())
        return (
            f"SenseVectors: {len(self.words):,} words x {self.words.dim} dimensions, {several:,} of them with "
            f"{len(self._rows.matrix):,} senses"
        )

    def _repr_html_(self) -> str:
        counts = np.diff(self._rows.offsets)
        rows = np.flatnonzero(counts).tolist()
        first = shown_first(rows, lambda row: f"{self.words.words[row]} ({counts[row]})")
        return panel(heading(self._in_words()), facts([("first words with senses", first)]))

    # words and their senses

    @property
    def words(self) -> WordVectors:
        """The vectors of the words, of all their senses together."""
        return self._rows.words

    @property
    def config(self) -> TrainConfig:
        """The configuration of the training; raises ConfigError if there is no model."""
        return self._occurrences.model("have a configuration").config

    def vectors(self) -> WordVectors:
        """Return the vector of each sense, named ``bank#1``, and those of words without senses, under their names.

        Write them in any format with :func:`embed.save`; `from_vectors` reads them back. They have the counts of
        senses, and no n-grams.
        """
        return self._named

    @cached_property
    def _named(self) -> WordVectors:
        return named(self._rows)

    def count(self, word: str) -> int:
        """Return the number of senses of a word: 0, or 2 and more; raises MissingWordError for an unknown word."""
        return len(self._senses(self.words.index(word)))

    def senses(self, word: str, n: int = 10, top: int | None = None) -> list[Sense]:
        """Return the senses of a word, the most frequent first, each with the `n` nearest words.

        The nearest words are those of the sense twice as far from the vector of its word as it is, because what all
        senses share would hide what tells them apart; `nearest` takes the vector as it is.

        Parameters
        ----------
        word : str
        n : int
        top : int, optional
            Search the first `top` words only. By default, those at least half as frequent as the rarest word with
            senses: the vectors of rarer words say little.

        Returns
        -------
        list of Sense
            Empty for a word without senses.

        Raises
        ------
        MissingWordError
            The word is unknown.
        ConfigError
            `n` or `top` is wrong.
        """
        row, n = self.words.index(word), whole_number("n", n, 1)
        senses, name = self._senses(row), self.words.words[row]
        if not len(senses):
            return []
        answers = self.words.nearest_batch(self._away(row, _SHOWN), n + 1, self._frequent if top is None else top)
        return [
            Sense(name, number, float(prior), tuple([one for one in found if one[0] != name][:n]))
            for number, (prior, found) in enumerate(
                zip(self._rows.priors[senses.start : senses.stop], answers, strict=True), start=1
            )
        ]

    def vector(self, word: str, sense: int) -> Float32s:
        """Return the vector of a sense, float32[dim], a view.

        Raises
        ------
        MissingWordError
            The word is unknown.
        ConfigError
            The word has no such sense.
        """
        row = self.words.index(word)
        senses = self._senses(row)
        if not len(senses):
            raise ConfigError(f"the word {word!r:.60} has no senses: ask words for its one vector")
        number = whole_number("sense", sense, 1, len(senses), otherwise=f", as {word!r:.60} has so many")
        found: Float32s = self._rows.matrix[senses[number - 1]]
        return found

    def nearest(self, word: str, sense: int, n: int = 10) -> list[tuple[str, float]]:
        """Return the `n` (name, cosine) nearest to a sense, among the senses of other words and words without senses.

        Raises
        ------
        MissingWordError
            The word is unknown.
        ConfigError
            The word has no such sense, or `n` is wrong.
        """
        vector, n = self.vector(word, sense), whole_number("n", n, 1)
        row = self.words.index(word)
        others = {sense_name(self.words.words[row], number + 1) for number in range(len(self._senses(row)))}
        found = self._named.nearest(vector, n + len(others))
        return [one for one in found if one[0] not in others][:n]

    # senses in text

    def tokens(self, sentence: Text) -> list[str]:
        """Return the tokens that `disambiguate` has the senses of: those of a text, or the list itself.

        A text is split as that of the training was, but its tokens have their own case.

        Raises
        ------
        CorpusError
            `sentence` is neither a text nor a list of strings.
        """
        return self._occurrences.tokens(sentence)

    def disambiguate(self, sentence: Text) -> Numbers:
        """Return the number of the sense of each token of a sentence, None for tokens without senses.

        Parameters
        ----------
        sentence : str or list of str
            `tokens` splits a text. The words of a list are looked up as they are, then in the form of the training.

        Raises
        ------
        CorpusError
            `sentence` is neither a text nor a list of strings.
        ConfigError
            There is no model (`from_vectors`).
        """
        return next(self.disambiguate_all([sentence]))

    def disambiguate_all(self, sentences: Iterable[Text]) -> Iterator[Numbers]:
        """Yield `disambiguate` of each sentence; sentences are taken in batches. Raises as it does."""
        for found in self._occurrences.batches(sentences):
            numbers: list[Numbers] = [[None] * len(tokens) for tokens in found.sentences]
            for number, place, sense in zip(found.numbers, found.places, found.senses(), strict=True):
                numbers[number][place] = sense + 1
            yield from numbers

    def probabilities(self, sentence: Text) -> list[Float32s | None]:
        """Return the probabilities of the senses of each token, float32[K]; None for those without."""
        (found,) = self._occurrences.batches([sentence])
        result: list[Float32s | None] = [None] * len(found.sentences[0])
        for place, word, p in zip(found.places, found.words, found.probabilities, strict=True):
            result[place] = p[: len(self._senses(int(word)))]
        return result

    def mark(self, sentences: Iterable[Text]) -> Iterator[str]:
        """Yield each sentence as text: its tokens, those with a sense as ``bank#1``, between spaces."""
        for found in self._occurrences.batches(sentences):
            marked = [list(tokens) for tokens in found.sentences]
            for number, place, sense in zip(found.numbers, found.places, found.senses(), strict=True):
                marked[number][place] = sense_name(marked[number][place], sense + 1)
            yield from map(" ".join, marked)

    def disambiguate_word(self, word: str, contexts: Sequence[Context]) -> Numbers:
        """Return the sense of a word in each context: the words to the left and to the right, or their text.

        :func:`embed.eval.evaluate_sense_induction` takes this method. A word without senses has the sense 1 everywhere,
        and an unknown word None.
        """
        self._occurrences.model("choose senses")
        row = self._occurrences.row(word)
        if row < 0 or not len(self._senses(row)):
            return [None if row < 0 else 1] * len(contexts)
        p = self._occurrences.in_contexts([(row, context) for context in contexts])
        return [int(one.argmax()) + 1 for one in p]

    def examples(self, sentences: Iterable[Text], words: Iterable[str], n: int = 5) -> dict[str, list[list[Example]]]:
        """Return the clearest occurrences of each sense of some words in a text.

        Parameters
        ----------
        sentences : iterable of str, or of lists of str
            Read once, as a stream; such as :class:`embed.TextCorpus`.
        words : iterable of str
        n : int
            The most examples of a sense.

        Returns
        -------
        dict of str to list of list of Example
            For each word and sense, those of the largest probability, the earlier one among equals. A word without
            senses has an empty list.

        Raises
        ------
        MissingWordError
            A word is unknown.
        CorpusError, ConfigError
            As `disambiguate` does, or `n` is wrong.
        """
        n, given = whole_number("n", n, 1), listed("words", words, "words")
        rows = {word: self.words.index(word) for word in given}
        found = clearest(self._occurrences, sentences, {row: len(self._senses(row)) for row in rows.values()}, n)
        return {word: found[row] for word, row in rows.items()}

    # similarity

    def similarity(
        self,
        a: str,
        b: str,
        contexts: tuple[Context, Context] | None = None,
        kind: SenseSimilarity | None = None,
    ) -> float:
        """Return how alike two words are, by their senses; see :mod:`embed.senses.similarity` for the formulas.

        Parameters
        ----------
        a, b : str
        contexts : pair of contexts, optional
            Where each word stands: the words to its left and to its right, or their text.
        kind : {"avgSim", "avgSimC", "localSim", "maxSim"}, optional
            By default ``avgSimC`` with contexts, ``avgSim`` without. ``avgSimC`` and ``localSim`` need contexts, and
            the others take none.

        Returns
        -------
        float
            A mean of cosines. The vector of a sense is here halfway between that of its word and its own.

        Raises
        ------
        MissingWordError
            A word has no vector.
        ConfigError
            `kind` does not go with `contexts`, or there is no model to choose senses.
        """
        kind = (
            ("avgSim" if contexts is None else "avgSimC") if kind is None else choice("kind", kind, SENSE_SIMILARITIES)
        )
        if (kind in IN_CONTEXT) != (contexts is not None):
            need = "needs contexts: give them" if contexts is None else "takes no contexts: leave them out"
            raise ConfigError(f"{option('kind', kind)} {need}")
        for word in (a, b):
            if self._occurrences.row(word) < 0:
                self.words.vector(word)  # raises MissingWordError
        pair = ContextPair((a, b), contexts or (((), ()), ((), ())), 0.0)  # type: ignore[arg-type]
        (found,) = self.similarities([pair], kind)
        assert found is not None
        return found

    def similarities(self, pairs: Sequence[ContextPair], kind: SenseSimilarity = "avgSimC") -> list[float | None]:
        """Return `similarity` of pairs of words in contexts, None if one has no vector.

        :func:`embed.eval.evaluate_scws` takes this method.
        """
        kind = choice("kind", kind, SENSE_SIMILARITIES)
        rows = [[self._occurrences.row(word) for word in pair.words] for pair in pairs]
        needed = [
            (row, context)
            for pair, two in zip(pairs, rows, strict=True)
            for row, context in zip(two, pair.contexts, strict=True)
            if kind in IN_CONTEXT and row >= 0 and len(self._senses(row))
        ]
        chosen = iter(self._occurrences.in_contexts(needed) if needed else ())
        measure, result = MEASURES[kind], list[float | None]()
        for pair, two in zip(pairs, rows, strict=True):
            sides = []
            for word, row in zip(pair.words, two, strict=True):
                several = row >= 0 and len(self._senses(row)) > 0
                p = next(chosen) if several and kind in IN_CONTEXT else np.ones(1, np.float32)
                units = self._units(row) if several else self._unit_of_unknown(word) if row < 0 else self._unit(row)
                sides.append(None if units is None else Occurrence(units, p))
            first, second = sides
            result.append(None if first is None or second is None else measure(first, second))
        return result

    # internals

    def _senses(self, row: int) -> range:
        """Return the rows of the senses of a word."""
        return range(int(self._rows.offsets[row]), int(self._rows.offsets[row + 1]))

    @cached_property
    def _frequent(self) -> int | None:
        """The number of words that `senses` shows; None without counts."""
        if (counts := self.words.counts) is None:
            return None
        least = counts[np.diff(self._rows.offsets) > 0].min() / 2
        return int((counts >= least).sum())

    def _units(self, row: int) -> Float32s:
        """Return the unit vectors of the senses of a word as similarities take them, nearer to that of the word."""
        return unit_rows(self._away(row, _SHARE))

    def _away(self, row: int, share: float) -> Float32s:
        """Return the vectors of the senses of a word, so much of their distance away from that of the word."""
        senses, word = self._senses(row), self.words.matrix[row]
        moved: Float32s = word + np.float32(share) * (self._rows.matrix[senses.start : senses.stop] - word)
        return moved

    def _unit(self, row: int) -> Float32s:
        return unit_rows(self.words.matrix[row : row + 1])

    def _unit_of_unknown(self, word: str) -> Float32s | None:
        return unit_rows(self.words.vector(word)[None]) if self.words.can_compose(word) else None
