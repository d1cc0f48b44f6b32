"""Train a classifier of lines, the model of fastText: Joulin, Grave, Bojanowski & Mikolov, "Bag of Tricks for Efficient
Text Classification", EACL 2017.

The vector of a line is the mean of the rows of its words, their n-grams, and its n-grams of words; it predicts the
labels of the line. Differences from fastText, which change what it costs rather than what is learnt:

- The text is read once. Each epoch trains the lines in a new order, so that a file may be sorted by label.
- A row that occurs several times in a line is added once, with a weight.
- The rows that only one line has are trained as one (:func:`embed.text._labelled.fold_single_rows`): most n-grams of
  words, which would be most of the memory that an epoch moves through.
- Buckets without an n-gram of the text have rows of zeros, not of noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from embed.config.train import processors
from embed.documents.labelled import Dictionary, LabelledLines, read_labelled
from embed.engine import _kernels
from embed.engine._lines import LineWorker
from embed.engine.lines import LineProblem
from embed.engine.machine import simd
from embed.engine.problem import Noise
from embed.engine.threads import shared_out
from embed.errors import ConfigError, CorpusError, DivergenceError
from embed.formats.fasttext_file import LOSSES, NEWEST_VERSION, SUPERVISED, Arguments, FastTextFile, Matrix, Sparse
from embed.messages import option
from embed.model.parameters import padded_matrix
from embed.text._labelled import fold_single_rows
from embed.training.progress import Progress
from embed.vectors._texts import tree_sides
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.ngrams import SubwordScheme
from embed.vocabulary.sampling import alias_table, noise_distribution

__all__ = ["ClassifierSettings", "train_classifier"]

Float32s = npt.NDArray[np.float32]

_NOISE_EXPONENT = 0.5
_SLICE_ROWS = 1 << 22
"""Rows of lines that a thread trains between two looks at signals and progress."""
_ONE_LINE, _SEVERAL_LINES = 1, 2
_UNFOLDED_ROWS = 1 << 16
_FIRST_OWN = 1 << 32
"""The number, among initial rows, of the first row of a line: after all words and buckets."""


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings:
    """How to train.

    Attributes
    ----------
    lr : float
        Initial learning rate, falling to 0.
    dim, epochs : int
    min_count, min_label_count : int
        The least count of a word, and of a label.
    min_n, max_n : int
        Shortest and longest n-gram of characters; `max_n` 0 for none.
    word_ngrams : int
        Words in the longest n-gram of words; 1 for none.
    buckets : int
        Rows that the n-grams share.
    loss : {"softmax", "ova", "ns", "hs"}
    negatives : int
        Labels that a line of "ns" meets besides its own.
    prefix : bytes
        What labels begin with.
    threads : int or None
        None: the processors this process may use. Only one thread gives the same bits each time.
    seed : int
    window, lr_update_rate, subsample
        Without effect; files store them.
    """

    lr: float
    dim: int
    epochs: int
    min_count: int
    min_label_count: int
    min_n: int
    max_n: int
    word_ngrams: int
    buckets: int
    loss: str
    negatives: int
    prefix: bytes
    threads: int | None
    seed: int
    window: int
    lr_update_rate: int
    subsample: float

    @property
    def used_buckets(self) -> int:
        """The buckets, 0 without n-grams."""
        return self.buckets if self.word_ngrams > 1 or self.max_n > 0 else 0

    @property
    def scheme(self) -> SubwordScheme | None:
        """The n-grams of characters."""
        if not self.used_buckets or self.max_n < 1:
            return None
        return SubwordScheme(max(1, self.min_n), self.max_n, self.buckets)


def train_classifier(
    text: bytes,
    settings: ClassifierSettings,
    *,
    vectors: Mapping[bytes, Float32s] | None = None,
    progress: Progress | None = None,
) -> FastTextFile:
    """Train a classifier on lines with labels.

    Parameters
    ----------
    text : bytes
        A line for each example: its words, and its labels, which begin with a prefix.
    settings : ClassifierSettings
    vectors : mapping of bytes to float32[dim], optional
        Initial rows of words, which are all kept.
    progress : Progress, optional
        Follows the training; its loss is that of the last lines.

    Returns
    -------
    FastTextFile

    Raises
    ------
    CorpusError
        The text has no words, no labels, or no line that has both.
    ConfigError
        The memory does not suffice.
    DivergenceError
        A row is no longer finite.
    """
    vectors = {} if vectors is None else vectors
    dictionary, lines = _read(text, settings, list(vectors))
    for number, word in enumerate(dictionary.words):
        if word in vectors:
            lines.often[number] = _SEVERAL_LINES  # it begins elsewhere than the other rows of its line
    folded = _Folded(lines, len(dictionary.words), settings)
    for number, word in enumerate(dictionary.words):
        if word in vectors:
            folded.inputs[folded.place[number], : settings.dim] = vectors[word]
    outputs = padded_matrix(len(dictionary.labels), settings.dim)
    progress = Progress() if progress is None else progress
    progress.begin("training", dictionary.tokens * settings.epochs, epochs=settings.epochs)
    _train(_problem(settings, dictionary, lines, folded), folded.inputs, outputs, settings, progress, dictionary.tokens)
    progress.finish()
    if not (_kernels.all_finite(folded.inputs) and _kernels.all_finite(outputs)):
        raise DivergenceError(f"training diverged: lower {option('lr')}, which is {settings.lr:g}")
    return _file(settings, dictionary, folded, outputs)


def _read(text: bytes, settings: ClassifierSettings, known: list[bytes]) -> tuple[Dictionary, LabelledLines]:
    try:
        return read_labelled(
            text,
            prefix=settings.prefix,
            min_count=settings.min_count,
            min_label_count=settings.min_label_count,
            scheme=settings.scheme,
            word_ngrams=settings.word_ngrams if settings.used_buckets else 1,
            buckets=settings.used_buckets,
            known=known,
        )
    except MemoryError:
        raise ConfigError(f"not enough memory for the rows of all lines: lower {option('buckets')}") from None
    except OverflowError as error:
        raise CorpusError(f"cannot train on the text: {error}") from None


class _Folded:
    """The rows that are trained: those that several lines have, and one for all others of a line.

    Attributes
    ----------
    inputs : float32[shared + own, stride]
        Begin as fastText's do, uniform in +-1 / dim.
    place : int32[words + buckets]
        The trained row of each row, or -1.
    """

    def __init__(self, lines: LabelledLines, words: int, settings: ClassifierSettings) -> None:
        has_row = lines.often > 0
        has_row[:words] = True
        self._numbers = np.flatnonzero(has_row)
        self.buckets = self._numbers[words:] - words
        shared = np.flatnonzero(has_row & (lines.often != _ONE_LINE))
        self.place = np.full(len(has_row), -1, np.int32)
        self.place[shared] = np.arange(len(shared), dtype=np.int32)
        self.rows, self.weights = lines.rows, lines.counts.astype(np.float32)
        self.offsets, self._singles, self._owners, self._factors = fold_single_rows(
            lines.offsets, self.rows, self.weights, self.place, len(shared)
        )
        owners = np.arange(len(shared), int(self._owners.max(initial=len(shared) - 1)) + 1)
        self.inputs = padded_matrix(len(shared) + len(owners), settings.dim)
        _kernels.fill_uniform(
            self.inputs, settings.dim, 1 / settings.dim, settings.seed, np.concatenate([shared, _FIRST_OWN + owners])
        )

    def unfolded(self, dim: int) -> Float32s:
        """Return the row of each word, and of each bucket in `buckets`, float32[n, dim]."""
        unfolded = self.inputs[self.place[self._numbers], :dim]
        at = np.searchsorted(self._numbers, self._singles)
        for first in range(0, len(at), _UNFOLDED_ROWS):
            part = slice(first, first + _UNFOLDED_ROWS)
            unfolded[at[part]] = self.inputs[self._owners[part], :dim] * self._factors[part, None]
        return unfolded


def _problem(
    settings: ClassifierSettings, dictionary: Dictionary, lines: LabelledLines, folded: _Folded
) -> LineProblem:
    counts = dictionary.counts[len(dictionary.words) :]
    noise = tree = None
    if settings.loss == "ns":
        noise = Noise(alias_table(noise_distribution(counts, _NOISE_EXPONENT)), settings.negatives, 1)
    if settings.loss == "hs":
        tree = _tree(counts)
    mentions = np.add.reduceat(lines.counts, lines.offsets[:-1])
    return LineProblem(
        offsets=folded.offsets,
        rows=folded.rows[: folded.offsets[-1]],
        weights=folded.weights[: folded.offsets[-1]],
        shares=(1 / mentions).astype(np.float32),
        label_offsets=lines.label_offsets,
        labels=lines.labels,
        label_count=len(counts),
        dim=settings.dim,
        loss=settings.loss,
        noise=noise,
        tree=tree,
        seed=settings.seed,
    )


def _tree(counts: npt.NDArray[np.int64]) -> HuffmanTree:
    """Return the paths of fastText's tree, whose right turns have the probability sigmoid(x . node)."""
    sides = tree_sides(counts)
    labels, parent, is_left = len(counts), np.zeros(2 * len(counts) - 1, np.int32), np.zeros(2 * len(counts) - 1, bool)
    for side, children in enumerate(sides):
        parent[children[labels:]] = np.arange(labels, 2 * labels - 1, dtype=np.int32)
        is_left[children[labels:]] = side == 0
    paths: list[tuple[list[int], list[bool]]] = []
    for label in range(labels):
        nodes, turns, at = [], [], label
        while at != 2 * labels - 2:
            turns.append(bool(is_left[at]))
            at = int(parent[at])
            nodes.append(at - labels)
        paths.append((nodes, turns))
    offsets = np.concatenate([[0], np.cumsum([len(nodes) for nodes, _ in paths])]).astype(np.int64)
    nodes_of = np.array([node for nodes, _ in paths for node in nodes], np.int32)
    return HuffmanTree(offsets, nodes_of, np.array([turn for _, turns in paths for turn in turns], np.uint8))


def _train(
    problem: LineProblem,
    inputs: Float32s,
    outputs: Float32s,
    settings: ClassifierSettings,
    progress: Progress,
    tokens: int,
) -> None:
    """Train all epochs: slices of the lines in a new order, each shared among the threads."""
    threads = settings.threads if settings.threads is not None else processors()
    workers = [LineWorker(problem, inputs, outputs, simd()) for _ in range(threads)]
    lines, total = problem.lines, problem.lines * settings.epochs
    size = max(1, _SLICE_ROWS * lines // max(1, len(problem.rows))) * threads
    for epoch in range(settings.epochs):
        order = np.random.default_rng((settings.seed, epoch)).permutation(lines)
        for first in range(0, lines, size):
            part = order[first : first + size]
            done = epoch * lines + first
            rates = (settings.lr * (1 - done / total), settings.lr * (1 - (done + len(part)) / total))
            losses = shared_out(partial(_share, part, workers, rates, epoch), range(threads), threads)
            progress.advance(
                int(tokens * (done + len(part)) / lines), epoch=epoch + 1, loss=sum(losses) / len(part), lr=rates[1]
            )


def _share(
    order: npt.NDArray[np.int64], workers: list[LineWorker], rates: tuple[float, float], epoch: int, number: int
) -> float:
    return workers[number].train(np.ascontiguousarray(order[number :: len(workers)]), *rates, epoch)


def _file(settings: ClassifierSettings, dictionary: Dictionary, folded: _Folded, outputs: Float32s) -> FastTextFile:
    words, dim = len(dictionary.words), settings.dim
    rows = folded.unfolded(dim)
    numbers = np.concatenate([np.arange(words), words + folded.buckets])
    buckets = settings.used_buckets
    every_row: Matrix = Sparse((words + buckets, dim), numbers, rows) if buckets else rows
    arguments = Arguments(
        dim=dim,
        window=settings.window,
        epochs=settings.epochs,
        min_count=settings.min_count,
        negatives=settings.negatives,
        word_ngrams=settings.word_ngrams,
        loss=next(number for number, name in LOSSES.items() if name == settings.loss),
        model=SUPERVISED,
        buckets=buckets,
        min_n=settings.min_n,
        max_n=settings.max_n,
        lr_update_rate=settings.lr_update_rate,
        subsample=settings.subsample,
    )
    entries, labels = dictionary.words + dictionary.labels, len(dictionary.labels)
    output = np.ascontiguousarray(outputs[:, :dim])
    return FastTextFile(
        NEWEST_VERSION, arguments, entries, dictionary.counts, labels, dictionary.tokens, None, every_row, output
    )
