"""Score word sense induction: group the occurrences of a word by sense, without being told what the senses are.

A set is a folder with two files, compressed or not, as the sets of SemEval-2010 task 14 (Manandhar, Klapaftis, Dligach
& Pradhan 2010) and SemEval-2013 task 13 (Jurgens & Klapaftis 2013) are distributed with AdaGram:

- ``dataset.txt``: for each target a line ``access.n 48`` (lemma, part of speech, number of contexts), and then as many
  lines with the text to the left and to the right of the target, a tab between them;
- ``key.txt``: lines ``access.n access.n.15 access.n.6``: the target, the instance (its 15th context), its gold senses,
  each perhaps with a weight (``access.n.6/3.5``).

An instance counts with its sense of the highest weight. One with several senses of that weight has no such sense and is
left out: those that SemEval-2010 marks with two senses, and that both sets' comparisons by ARI leave out (Bartunov,
Kondrashkin, Osokin & Vetrov 2016, section 5). For SemEval-2013, whose own measures are graded, this is the *hard*
reading. Contexts that the key does not name are left out as well.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embed.corpora.tokenizers import get_tokenizer
from embed.errors import ConfigError, FormatError
from embed.messages import printable

from ..bootstrap import Floats, Score, estimate
from ..decoding import LINE_END, decoded_file
from ..folders import each_set
from ..protocol import Sampling
from .clusterings import MEASURES
from .result import SenseResult

__all__ = ["Context", "Disambiguate", "InductionSet", "Instance", "evaluate_sense_induction", "load_induction_sets"]

Context = tuple[tuple[str, ...], tuple[str, ...]]
"""The words to the left and to the right of an occurrence, in the order of the text."""

Disambiguate = Callable[[str, Sequence[Context]], Sequence[int | None]]
"""Takes a word and the contexts of its occurrences; returns the sense of each by any number, None if unknown."""

_DATASET, _KEY = "dataset.txt", "key.txt"


@dataclass(frozen=True)
class Instance:
    """One occurrence of a target word.

    Attributes
    ----------
    target : str
        The target, whose instances are grouped: "access.n".
    name : str
        The instance: "access.n.15".
    word, part_of_speech : str
        "access" and "n"; the part of speech is "" if the target has none.
    context : (tuple of str, tuple of str)
        The lower-cased words to the left and to the right, in the order of the text.
    senses : tuple of (str, float)
        The gold senses with their weights, at least one.
    """

    target: str
    name: str
    word: str
    part_of_speech: str
    context: Context
    senses: tuple[tuple[str, float], ...]

    @property
    def sense(self) -> str | None:
        """The gold sense of the highest weight; None if several have it."""
        most = max(weight for _, weight in self.senses)
        best = [sense for sense, weight in self.senses if weight == most]
        return best[0] if len(best) == 1 else None


@dataclass(frozen=True)
class InductionSet:
    """Occurrences of target words with their gold senses.

    Attributes
    ----------
    name : str
    instances : tuple of Instance
    notes : tuple of str
        How a folder was read, for readers of the scores.
    """

    name: str
    instances: tuple[Instance, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return len(self.instances)


def load_induction_sets(folder: str | os.PathLike[str]) -> list[InductionSet]:
    """Load a set of word sense induction, or each such set in a folder.

    Parameters
    ----------
    folder : path
        A folder with ``dataset.txt`` and ``key.txt``, perhaps compressed (``key.txt.xz``), or a folder of such
        folders. The name of a set is that of its folder.

    Raises
    ------
    ConfigError
        There is no such folder.
    FormatError
        A file is missing or malformed.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ConfigError(f"{path} is no folder; name a folder with {_DATASET} and {_KEY}")
    if _found(path, _DATASET) is None and _found(path, _KEY) is None:
        return each_set(path, _read)
    return [_read(path)]


def evaluate_sense_induction(
    disambiguate: Disambiguate,
    test: InductionSet,
    *,
    resamples: int = 1000,
    seed: int = 1,
    confidence: float = 0.95,
) -> SenseResult:
    """Score the senses that a model chooses for the occurrences of each target word.

    Parameters
    ----------
    disambiguate : callable
        Takes a word and its contexts, each a pair of the words to the left and to the right; returns a sense for each
        context, by any number, or None if the model does not know the word. It is called once for each target.
    test : InductionSet
        See :func:`load_induction_sets`.
    resamples, seed, confidence
        See :class:`~embed.eval.protocol.Sampling`.

    Returns
    -------
    SenseResult
        ARI, V-measure, paired F-score and purity (:mod:`embed.eval.senses.clusterings`), each the mean over target
        words, times 100, with an interval over target words. None counts as a sense of its own, so an unknown word has
        one sense.

    Raises
    ------
    ConfigError
        A setting is out of bounds, no instance has one strongest sense, or `disambiguate` returns another number of
        senses than it got contexts.
    """
    sampling = Sampling(resamples=resamples, seed=seed, confidence=confidence)
    targets: dict[str, list[Instance]] = {}
    for instance in test.instances:
        if instance.sense is not None:
            targets.setdefault(instance.target, []).append(instance)
    if not targets:
        raise ConfigError(f"the set {test.name!r:.60} has no instance with one strongest sense; name another set")
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    sizes, covered, senses = [], [], []
    for instances in targets.values():
        word = instances[0].word
        found = list(disambiguate(word, [instance.context for instance in instances]))
        if len(found) != len(instances):
            raise ConfigError(
                f"the senses of {printable(word, 40)!r} must be {len(instances)}, one for each context, not "
                f"{len(found)}; return None for an occurrence without a sense"
            )
        known = {one for one in found if one is not None}
        gold = [instance.sense for instance in instances]
        for name, measure in MEASURES.items():
            values[name].append(measure(gold, found))
        sizes.append(len(instances))
        covered.append(bool(known))
        senses.append(len(known))
    has = np.array(covered)
    items, known_items = sum(sizes), int(np.array(sizes)[has].sum())
    arrays = {name: np.array(of) for name, of in values.items()}
    left_out = len(test) - items
    return SenseResult(
        test.name,
        items,
        known_items,
        {name: _mean(of, items, sampling) for name, of in arrays.items()},
        {name: _mean(of[has], known_items, sampling) for name, of in arrays.items()},
        float(np.array(senses)[has].mean()) if has.any() else None,
        sampling,
        "target words",
        (*test.notes, *([f"{left_out:,} instances without one strongest sense were left out"] if left_out else [])),
    )


def _mean(values: Floats, items: int, sampling: Sampling) -> Score:
    return estimate(
        lambda weights: weights @ values / weights.sum(axis=1),
        len(values),
        items=items,
        resamples=sampling.resamples,
        seed=sampling.seed,
        confidence=sampling.confidence,
    )


def _read(folder: Path) -> InductionSet:
    """Read the set in a folder."""
    paths = {name: _found(folder, name) for name in (_DATASET, _KEY)}
    for name, path in paths.items():
        if path is None:
            raise FormatError(f"{folder} has no {name}; name a folder with {_DATASET} and {_KEY}")
    dataset, key = paths[_DATASET], paths[_KEY]
    assert dataset is not None
    assert key is not None
    contexts = _read_contexts(dataset)
    instances = _read_key(key, contexts, dataset)
    unnamed = sum(map(len, contexts.values())) - len(instances)
    notes = (f"{unnamed:,} contexts without a sense in the key were left out",) if unnamed else ()
    return InductionSet(folder.name, instances, notes)


def _found(folder: Path, name: str) -> Path | None:
    """Return the file with this name in a folder, or its only compressed form."""
    if not folder.is_dir():
        return None
    found = sorted(path for path in folder.glob(f"{name}*") if path.stem in (name, Path(name).stem))
    return found[0] if found else None


def _read_contexts(path: Path) -> dict[str, list[Context]]:
    """Read the contexts of each target."""
    split = get_tokenizer("words", lowercase=True).split
    contexts: dict[str, list[Context]] = {}
    target, left = "", 0
    lines = LINE_END.split(decoded_file(path))
    if not lines[-1]:  # what follows the last line end is no line
        lines.pop()
    for number, line in enumerate(lines, start=1):
        if left:
            before, tab, after = line.partition("\t")
            if not tab or "\t" in after:
                raise FormatError(
                    f"{path}, line {number}: expected the texts to the left and to the right of {target!r:.60}, a tab "
                    f"between them, not {line.strip()!r:.60}"
                )
            contexts[target].append((tuple(split(before)), tuple(split(after))))
            left -= 1
        elif line.strip():
            fields = line.split()
            if len(fields) != 2 or not (fields[1].isascii() and fields[1].isdecimal()) or int(fields[1]) < 1:
                raise FormatError(
                    f"{path}, line {number}: expected a target and the number of its contexts, such as 'access.n 48', "
                    f"not {line.strip()!r:.60}"
                )
            target, left = fields[0], int(fields[1])
            if target in contexts:
                raise FormatError(f"{path}, line {number}: duplicate target {target!r:.60}; merge its contexts")
            contexts[target] = []
    if left:
        raise FormatError(f"{path}: the file ends {left:,} contexts too early for {target!r:.60}; get the whole file")
    if not contexts:
        raise FormatError(f"{path} has no contexts; name a folder with {_DATASET} and {_KEY}")
    return contexts


def _read_key(path: Path, contexts: dict[str, list[Context]], dataset: Path) -> tuple[Instance, ...]:
    """Read the gold senses of the instances."""
    instances: dict[str, Instance] = {}
    for number, line in enumerate(LINE_END.split(decoded_file(path)), start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) < 3:
            raise FormatError(
                f"{path}, line {number}: expected a target, an instance and its senses, such as 'access.n access.n.15 "
                f"access.n.6', not {line.strip()!r:.60}"
            )
        target, name, *senses = fields
        stem, _, place = name.rpartition(".")
        here = contexts.get(target, [])
        if stem != target or not (place.isascii() and place.isdecimal()) or not 1 <= int(place) <= len(here):
            raise FormatError(
                f"{path}, line {number}: the instance {name!r:.60} is none of the {len(here):,} contexts of "
                f"{target!r:.60} in {dataset}; use a key and a dataset of the same set"
            )
        if name in instances:
            raise FormatError(f"{path}, line {number}: duplicate instance {name!r:.60}; put its senses in one line")
        weighted = tuple(_weighted(sense, path, number) for sense in senses)
        word, _, part_of_speech = target.rpartition(".")
        context = here[int(place) - 1]
        instances[name] = Instance(target, name, word or target, part_of_speech if word else "", context, weighted)
    if not instances:
        raise FormatError(f"{path} has no instances; name a folder with {_DATASET} and {_KEY}")
    return tuple(instances.values())


def _weighted(text: str, path: Path, number: int) -> tuple[str, float]:
    """Split "sense/weight"; a sense without a weight has the weight 1."""
    sense, slash, weight = text.rpartition("/")
    if not slash:
        return text, 1.0
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not sense or not (math.isfinite(value) and value > 0):
        raise FormatError(
            f"{path}, line {number}: the weight of a sense must be a positive number, not {weight!r:.40}; write "
            "'sense/weight'"
        )
    return sense, value
