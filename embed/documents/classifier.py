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

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from embed.arguments import choice
from embed.choices import CLASSIFIER_LOSSES
from embed.config.classifier import ClassifierConfig
from embed.config.train import processors
from embed.documents.labelled import (
    NO_ROW,
    ONE_LINE,
    SEVERAL_LINES,
    Dictionary,
    LabelledLines,
    read_known,
    read_labelled,
)
from embed.engine import _kernels
from embed.engine._lines import LineWorker
from embed.engine.lines import LineProblem
from embed.engine.machine import simd
from embed.engine.problem import Noise
from embed.engine.threads import shared_out
from embed.errors import ConfigError, CorpusError, DivergenceError
from embed.formats import load
from embed.formats.fasttext_file import LOSSES, NEWEST_VERSION, SUPERVISED, Arguments, FastTextFile, Matrix, Sparse
from embed.messages import option
from embed.model.parameters import padded_matrix
from embed.text._labelled import fold_single_rows
from embed.training.progress import Progress
from embed.vectors._texts import tree_sides
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.ngrams import SubwordScheme
from embed.vocabulary.sampling import alias_table, noise_distribution

__all__ = ["initial_vectors", "retrain_classifier", "train_classifier"]

Float32s = npt.NDArray[np.float32]

_NOISE_EXPONENT = 0.5
_SLICE_ROWS = 1 << 22
"""Rows of lines that a thread trains between two looks at signals and progress."""
_UNFOLDED_ROWS = 1 << 12
"""Rows that are copied at once, few enough for a cache."""
_FIRST_OWN = 1 << 32
"""The number, among initial rows, of the first row of a line: after all words and buckets."""


def train_classifier(
    text: bytes,
    config: ClassifierConfig,
    *,
    vectors: Mapping[bytes, Float32s] | None = None,
    progress: Progress | None = None,
) -> FastTextFile:
    """Train a classifier on lines with labels.

    Parameters
    ----------
    text : bytes
        A line for each example: its words, and its labels, which begin with a prefix.
    config : ClassifierConfig
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
    with _memory_told():
        dictionary, lines = read_labelled(
            text,
            prefix=config.prefix,
            min_count=config.min_count,
            min_label_count=config.min_label_count,
            scheme=_scheme(config),
            word_ngrams=config.word_ngrams,
            buckets=_buckets(config),
            known=list(vectors),
            threads=_threads(config),
        )
    for number, word in enumerate(dictionary.words):
        if word in vectors:
            lines.often[number] = SEVERAL_LINES  # it begins elsewhere than the other rows of its line
    folded = _Folded(lines, len(dictionary.words), config)
    for number, word in enumerate(dictionary.words):
        if word in vectors:
            folded.inputs[folded.place[number], : config.dim] = vectors[word]
    outputs = padded_matrix(len(dictionary.labels), config.dim)
    kept = folded.offsets[-1]
    problem = _problem(
        config,
        dictionary.counts[len(dictionary.words) :],
        lines,
        offsets=folded.offsets,
        rows=folded.rows[:kept],
        weights=folded.weights[:kept],
    )
    _train(problem, folded.inputs, outputs, config, progress, dictionary.tokens)
    return _file(config, dictionary, folded, outputs)


def initial_vectors(path: str | os.PathLike[str], dim: int) -> dict[bytes, Float32s]:
    """Return the vectors of a file, in any format, by the bytes of their words.

    Raises
    ------
    FormatError
        The file cannot be read or is damaged.
    ConfigError
        The vectors do not have `dim` numbers.
    """
    vectors = load(path, decode_errors="replace", keep_first=True)
    if vectors.dim != dim:
        raise ConfigError(
            f"the vectors of {os.fspath(path)} have {vectors.dim} dimensions: set {option('dim', vectors.dim)}, "
            f"not {dim}"
        )
    return {word.encode(): vectors.matrix[row] for row, word in enumerate(vectors.words)}


def retrain_classifier(
    file: FastTextFile, text: bytes, config: ClassifierConfig, *, progress: Progress | None = None
) -> FastTextFile:
    """Train the rows of a classifier further, without new words, n-grams or labels.

    Parameters
    ----------
    file : FastTextFile
        A classifier that is not quantised.
    text : bytes
        A line for each example.
    config : ClassifierConfig
        Only `epochs`, `lr`, `threads`, `seed` and `label_prefix` matter; the file says the rest.
    progress : Progress, optional

    Returns
    -------
    FastTextFile
        With a dense input matrix.

    Raises
    ------
    CorpusError
        No line of the text has both words and labels of the classifier.
    ConfigError
        The memory does not suffice.
    DivergenceError
        A row is no longer finite.
    """
    arguments, words = file.arguments, len(file.vocabulary)
    config = replace(
        config,
        dim=arguments.dim,
        negatives=arguments.negatives,
        word_ngrams=arguments.word_ngrams,
        loss=choice("loss", LOSSES[arguments.loss], CLASSIFIER_LOSSES),
        buckets=arguments.buckets,
        min_n=arguments.min_n,
        max_n=arguments.max_n,
    )
    place = np.arange(words + _buckets(config), dtype=np.int32)
    if file.pruned is not None:
        place[words:] = NO_ROW
        place[words + file.pruned[:, 0]] = words + file.pruned[:, 1]
    with _memory_told():
        lines = read_known(
            text,
            file.vocabulary,
            file.words[words:],
            prefix=config.prefix,
            scheme=_scheme(config),
            word_ngrams=config.word_ngrams,
            buckets=_buckets(config),
            threads=_threads(config),
        ).moved(place)
    weights = lines.counts.astype(np.float32)
    problem = _problem(config, file.counts[words:], lines, offsets=lines.offsets, rows=lines.rows, weights=weights)
    inputs, outputs = _padded(file.input), _padded(file.output)
    _train(problem, inputs, outputs, config, progress, file.tokens)
    return replace(
        file,
        arguments=replace(arguments, epochs=config.epochs),
        input=inputs[:, : config.dim],
        output=outputs[:, : config.dim],
    )


def _padded(matrix: Matrix) -> Float32s:
    rows, dim = matrix.shape
    padded = padded_matrix(rows, dim)
    padded[:, :dim] = matrix[:]
    return padded


def _buckets(config: ClassifierConfig) -> int:
    return config.buckets if config.has_ngrams else 0


def _scheme(config: ClassifierConfig) -> SubwordScheme | None:
    """Return the n-grams of characters."""
    if not config.has_ngrams or config.max_n < 1:
        return None
    return SubwordScheme(max(1, config.min_n), config.max_n, config.buckets)


@contextmanager
def _memory_told() -> Iterator[None]:
    """Tell what to do if a text has too many rows."""
    try:
        yield
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

    def __init__(self, lines: LabelledLines, words: int, config: ClassifierConfig) -> None:
        has_row = lines.often > 0
        has_row[:words] = True
        self._numbers = np.flatnonzero(has_row)
        self.buckets = self._numbers[words:] - words
        shared = np.flatnonzero(has_row & (lines.often != ONE_LINE))
        self.place = np.full(len(has_row), -1, np.int32)
        self.place[shared] = np.arange(len(shared), dtype=np.int32)
        self.rows, self.weights = lines.rows, lines.counts.astype(np.float32)
        self.offsets, self._singles, self._owners, self._factors = fold_single_rows(
            lines.offsets, self.rows, self.weights, self.place, len(shared)
        )
        owners = np.arange(len(shared), int(self._owners.max(initial=len(shared) - 1)) + 1)
        self.inputs = padded_matrix(len(shared) + len(owners), config.dim)
        _kernels.fill_uniform(
            self.inputs, config.dim, 1 / config.dim, config.seed, np.concatenate([shared, _FIRST_OWN + owners])
        )

    def unfolded(self, dim: int, threads: int) -> Float32s:
        """Return the row of each word, and of each bucket in `buckets`, float32[n, dim]."""
        rows, factors = self.place[self._numbers].astype(np.intp), np.ones(len(self._numbers), np.float32)
        at = np.searchsorted(self._numbers, self._singles)
        rows[at], factors[at] = self._owners, self._factors
        unfolded = np.empty((len(rows), dim), np.float32)

        def unfold(first: int) -> None:
            part = slice(first, first + _UNFOLDED_ROWS)
            np.multiply(self.inputs[rows[part]][:, :dim], factors[part, None], out=unfolded[part])

        shared_out(unfold, range(0, len(rows), _UNFOLDED_ROWS), threads)
        return unfolded


def _problem(
    config: ClassifierConfig,
    counts: npt.NDArray[np.int64],
    lines: LabelledLines,
    *,
    offsets: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    weights: Float32s,
) -> LineProblem:
    """Return what is trained: lines whose labels have these `counts`, with the rows and weights that are trained."""
    noise = tree = None
    shares: npt.NDArray[np.float64] = counts / counts.sum()
    met: npt.NDArray[np.float64] = np.ones(len(counts))
    if config.loss == "ns":
        distribution = noise_distribution(counts, _NOISE_EXPONENT)
        noise = Noise(alias_table(distribution), config.negatives, 1)
        met = shares + config.negatives * distribution
    if config.loss == "hs":
        tree = _tree(counts)
        met = np.zeros(len(counts))
        np.add.at(met, tree.nodes, np.repeat(shares, np.diff(tree.offsets)))
    mentions = np.add.reduceat(lines.counts, lines.offsets[:-1])
    problem = LineProblem(
        offsets=offsets,
        rows=rows,
        weights=weights,
        shares=(1 / mentions).astype(np.float32),
        label_offsets=lines.label_offsets,
        labels=lines.labels,
        label_count=len(counts),
        dim=config.dim,
        loss=config.loss,
        noise=noise,
        tree=tree,
        seed=config.seed,
    )
    threads = _threads(config)
    return problem if threads == 1 else problem.replicated(met, threads)


def _threads(config: ClassifierConfig) -> int:
    return config.threads if config.threads is not None else processors()


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
    config: ClassifierConfig,
    progress: Progress | None,
    tokens: int,
) -> None:
    """Train all epochs: slices of the lines in a new order, each shared among the threads."""
    progress = Progress() if progress is None else progress
    progress.begin("training", tokens * config.epochs, epochs=config.epochs)
    threads = _threads(config)
    workers = [LineWorker(problem, inputs, outputs, simd()) for _ in range(threads)]
    lines, total = problem.lines, problem.lines * config.epochs
    size = max(1, _SLICE_ROWS * lines // max(1, len(problem.rows))) * threads
    for epoch in range(config.epochs):
        order = np.random.default_rng((config.seed, epoch)).permutation(lines)
        for first in range(0, lines, size):
            part = order[first : first + size]
            done = epoch * lines + first
            rates = (config.lr * (1 - done / total), config.lr * (1 - (done + len(part)) / total))
            losses = shared_out(partial(_share, part, workers, rates, epoch), range(threads), threads)
            progress.advance(
                int(tokens * (done + len(part)) / lines), epoch=epoch + 1, loss=sum(losses) / len(part), lr=rates[1]
            )
    progress.finish()
    if not (_kernels.all_finite(inputs) and _kernels.all_finite(outputs)):
        raise DivergenceError(f"training diverged: lower {option('lr')}, which is {config.lr:g}")


def _share(
    order: npt.NDArray[np.int64], workers: list[LineWorker], rates: tuple[float, float], epoch: int, number: int
) -> float:
    return workers[number].train(np.ascontiguousarray(order[number :: len(workers)]), *rates, epoch)


def _file(config: ClassifierConfig, dictionary: Dictionary, folded: _Folded, outputs: Float32s) -> FastTextFile:
    words, dim = len(dictionary.words), config.dim
    rows = folded.unfolded(dim, _threads(config))
    numbers = np.concatenate([np.arange(words), words + folded.buckets])
    buckets = _buckets(config)
    every_row: Matrix = Sparse((words + buckets, dim), numbers, rows) if buckets else rows
    arguments = Arguments(
        dim=dim,
        window=config.window,
        epochs=config.epochs,
        min_count=config.min_count,
        negatives=config.negatives,
        word_ngrams=config.word_ngrams,
        loss=next(number for number, name in LOSSES.items() if name == config.loss),
        model=SUPERVISED,
        buckets=buckets,
        min_n=config.min_n,
        max_n=config.max_n,
        lr_update_rate=config.lr_update_rate,
        subsample=config.subsample,
    )
    entries, labels = dictionary.words + dictionary.labels, len(dictionary.labels)
    output = np.ascontiguousarray(outputs[:, :dim])
    return FastTextFile(
        NEWEST_VERSION, arguments, entries, dictionary.counts, labels, dictionary.tokens, None, every_row, output
    )
