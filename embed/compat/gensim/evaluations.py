"""Score vectors on test sets with :mod:`embed.eval`, and return the results as gensim does.

`evaluate_word_analogies` uses `similarity_function`, which gensim 4 ignores.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from embed.choices import AnalogyMethod
from embed.compat.errors import given_path
from embed.compat.gensim.queries import Queries
from embed.errors import ConfigError, FormatError, cannot_open, from_extra
from embed.eval.analogy import answer
from embed.eval.sets import AnalogySet, load_set
from embed.eval.space import Space

__all__ = ["Evaluations"]

logger = logging.getLogger("gensim.models.keyedvectors")

METHODS: dict[str, AnalogyMethod] = {"most_similar": "3cosadd", "most_similar_cosmul": "3cosmul"}
"""The names of the methods in gensim and in `embed.eval`."""
Section = dict[str, Any]


class Evaluations(Queries):
    """Word analogies and word pairs."""

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str],
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[Section]]:
        """Answer the questions "a is to b as c is to ?" of a file.

        Parameters
        ----------
        analogies : path
            ``questions-words.txt`` or another file of that form.
        restrict_vocab : int or None
            Use the first `restrict_vocab` keys only, for questions and answers.
        case_insensitive : bool
            Compare words without regard to case.
        dummy4unknown : bool
            Count questions with unknown words as wrong, instead of leaving them out.
        similarity_function : {"most_similar", "most_similar_cosmul"}

        Returns
        -------
        score : float
            The share of right answers.
        sections : list of dict
            ``{"section": name, "correct": [(a, b, c, d), ...], "incorrect": [...]}``; the last one sums up all.

        Raises
        ------
        FormatError
            The file cannot be read or holds a malformed line.
        """
        if similarity_function not in METHODS:
            raise ConfigError(f"similarity_function must be one of {', '.join(METHODS)}, not {similarity_function!r}")
        test = load_set(os.fspath(analogies))
        if not isinstance(test, AnalogySet):
            raise ConfigError(f"{os.fspath(analogies)}: holds scored pairs, not analogies: use evaluate_word_pairs")
        space = Space(self.to_word_vectors(), fold_case=case_insensitive).restrict(restrict_vocab)
        answers = answer(space, test, method=METHODS[similarity_function])
        sections: list[Section] = [
            {"section": name, "correct": [], "incorrect": []} for name in (*test.section_names(), "Total accuracy")
        ]
        by_name = {section["section"]: section for section in sections[:-1]}
        for question, name, covered, correct in zip(
            test.questions, test.sections, answers.covered.tolist(), answers.correct.tolist(), strict=True
        ):
            if covered or dummy4unknown:
                shown = tuple(word.upper() for word in question) if case_insensitive else question
                for section in (by_name[name], sections[-1]):
                    section["correct" if correct else "incorrect"].append(shown)
        scores = [self.log_accuracy(section) for section in sections]
        return scores[-1], sections

    @staticmethod
    def log_accuracy(section: Section) -> float:
        """Log the score of a section, and return it."""
        right, all_of_them = len(section["correct"]), len(section["correct"]) + len(section["incorrect"])
        score = right / all_of_them if all_of_them else 0.0
        logger.info("%s: %.1f%% (%d of %d)", section["section"], 100 * score, right, all_of_them)
        return score

    def evaluate_word_pairs(
        self,
        pairs: str | os.PathLike[str],
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Any, Any, float]:
        """Correlate cosines with human scores of word pairs.

        Parameters
        ----------
        pairs : path
            Lines of two words and a score; other lines, and those that begin with ``#``, are skipped.
        delimiter, encoding : str
        restrict_vocab : int or None
            Use the first `restrict_vocab` keys only.
        case_insensitive : bool
            Compare words without regard to case.
        dummy4unknown : bool
            Give pairs with unknown words the cosine 0, instead of leaving them out.

        Returns
        -------
        pearson, spearman : (correlation, p-value)
            Results of scipy.stats.
        oov_ratio : float
            Percentage of pairs with unknown words.

        Raises
        ------
        FormatError
            The file cannot be read.
        MissingExtraError
            SciPy, which computes the p-values, is not installed.
        """
        stats = from_extra("scipy", "scipy.stats", "the p-values of evaluate_word_pairs need SciPy")
        known: dict[str, str] = {}
        for key in self.index_to_key[:restrict_vocab]:
            known.setdefault(key.upper() if case_insensitive else key, key)
        gold, cosines, unknown = [], [], 0
        for line in _lines(pairs, encoding):
            fields = (line.upper() if case_insensitive else line).split(delimiter)
            score = _number(fields[-1])
            if line.startswith("#") or len(fields) != 3 or score is None:
                continue
            covered = fields[0] in known and fields[1] in known
            unknown += not covered
            if covered or dummy4unknown:
                gold.append(score)
                cosines.append(self.similarity(known[fields[0]], known[fields[1]]) if covered else 0.0)
        if not gold:
            raise ConfigError(
                f"{os.fspath(pairs)}: no line has two known words and a score separated by {delimiter!r}: set delimiter"
            )
        oov_ratio = 100 * unknown / (len(gold) if dummy4unknown else len(gold) + unknown)
        pearson, spearman = stats.pearsonr(gold, cosines), stats.spearmanr(gold, cosines)
        logger.info("%s: Pearson %.4f, Spearman %.4f, unknown %.1f%%", pairs, pearson[0], spearman[0], oov_ratio)
        return pearson, spearman, oov_ratio


def _lines(path: str | os.PathLike[str], encoding: str) -> list[str]:
    try:
        with open(given_path(path), encoding=encoding) as file:
            return list(file)
    except OSError as error:
        message = f"cannot read the word pairs {os.fspath(path)}: {error.strerror or error}"
        raise cannot_open(FormatError, message, error) from error
    except (LookupError, UnicodeError) as error:
        name = os.fspath(path)
        raise FormatError(f"{name}: not valid {encoding!r:.40}: set encoding, such as encoding='latin-1'") from error


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
