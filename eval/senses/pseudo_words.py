"""Make a test of senses of any text: two words become one, and a model has to tell its two senses apart again.

A pseudo-word (Gale, Church & Yarowsky 1992; Schütze 1992) is free of the doubt whether people agree on senses, and of
the bias of a set of sentences: it measures whether a model separates contexts at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from embed.arguments import whole_number
from embed.errors import ConfigError

from .induction import InductionSet, Instance

__all__ = ["PseudoWords", "make_pseudo_words"]

_JOINT = "+"
"""Between the two words of a pseudo-word; no tokenizer leaves it inside of a word."""


@dataclass(frozen=True, eq=False)
class PseudoWords:
    """A text in which pairs of words are one word each. Iterate over it for its sentences.

    Attributes
    ----------
    sentences : iterable of sequence of str
        The original text, which can be iterated again.
    pairs : tuple of (str, str)
        The words of each pseudo-word.
    counts : dict of str to int
        The number of occurrences of each of these words in the text.
    seed : int
        The seed of what is drawn.
    """

    sentences: Iterable[Sequence[str]]
    pairs: tuple[tuple[str, str], ...]
    counts: dict[str, int]
    seed: int

    @property
    def words(self) -> tuple[str, ...]:
        """The pseudo-words: "apple+bank" stands for "apple" and "bank"."""
        return tuple(map(_JOINT.join, self.pairs))

    def __iter__(self) -> Iterator[list[str]]:
        joined = self._joined()
        for sentence in self.sentences:
            yield [joined.get(word, word) for word in sentence]

    def test_set(self, occurrences: int = 200) -> InductionSet:
        """Draw occurrences of each pseudo-word from the text, with the original words as gold senses.

        Parameters
        ----------
        occurrences : int
            The most occurrences of a pseudo-word, drawn without repetition from all that it has.

        Returns
        -------
        InductionSet
            For :func:`~embed.eval.senses.evaluate_sense_induction`; contexts reach to the ends of the sentence.

        Raises
        ------
        ConfigError
            `occurrences` is not positive, or the text has changed.
        """
        occurrences = whole_number("occurrences", occurrences, 1)
        draw = np.random.default_rng(self.seed)
        totals = [self.counts[a] + self.counts[b] for a, b in self.pairs]
        chosen = {
            word: set(draw.choice(total, min(occurrences, total), replace=False).tolist())
            for word, total in zip(self.words, totals, strict=True)
        }
        joined, seen = self._joined(), dict.fromkeys(chosen, 0)
        instances = []
        for sentence in self.sentences:
            places = [place for place, word in enumerate(sentence) if word in joined]
            if not places:
                continue
            words = tuple(joined.get(word, word) for word in sentence)
            for place in places:
                word, number = words[place], seen[words[place]]
                seen[word] += 1
                if number in chosen[word]:
                    context = words[:place], words[place + 1 :]
                    sense = ((sentence[place], 1.0),)
                    instances.append(Instance(word, f"{word}.{number + 1}", word, "", context, sense))
        if list(seen.values()) != totals:
            raise ConfigError("the text has changed since the pseudo-words were made; make them again")
        return InductionSet("pseudo-words", tuple(instances))

    def _joined(self) -> dict[str, str]:
        return {part: word for word, pair in zip(self.words, self.pairs, strict=True) for part in pair}


def make_pseudo_words(
    sentences: Iterable[Sequence[str]], *, pairs: int = 100, least: int = 800, most: int = 8000, seed: int = 1
) -> PseudoWords:
    """Draw pairs of words, and make one word of each.

    Parameters
    ----------
    sentences : iterable of sequence of str
        The tokens of each sentence; it must give the same sentences each time that it is iterated, as a list or
        :class:`embed.TextCorpus` does.
    pairs : int
        The number of pairs.
    least, most : int
        The bounds of the number of occurrences of a word that is drawn.
    seed : int
        The seed of the draw.

    Returns
    -------
    PseudoWords

    Raises
    ------
    ConfigError
        An argument is out of bounds, `sentences` can be iterated only once, or too few words are as frequent as asked.
    """
    pairs, least, seed = whole_number("pairs", pairs, 1), whole_number("least", least, 1), whole_number("seed", seed, 0)
    most = whole_number("most", most, least)
    if iter(sentences) is sentences:
        raise ConfigError("sentences can be iterated only once; pass a list or a TextCorpus")
    counts = Counter(word for sentence in sentences for word in sentence)
    words = sorted(word for word, count in counts.items() if least <= count <= most)
    if len(words) < 2 * pairs:
        raise ConfigError(
            f"{len(words):,} words have {least:,} to {most:,} occurrences, too few for {pairs:,} pairs; ask for fewer "
            "pairs, or lower least"
        )
    drawn = np.random.default_rng(seed).choice(len(words), (pairs, 2), replace=False).tolist()
    chosen = tuple((words[a], words[b]) for a, b in drawn)
    return PseudoWords(sentences, chosen, {word: counts[word] for pair in chosen for word in pair}, seed)
