"""A model with fastText's methods, and how it is read from a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from embed.arguments import real_number
from embed.compat.errors import given_path, not_here
from embed.compat.fasttext.arguments import (
    ON_UNICODE_ERROR,
    decoded,
    encoded,
    fasttexts_name,
    least_probability,
    line_of,
    most_labels,
    text_of,
    whole,
)
from embed.compat.fasttext.compiled import Compiled
from embed.compat.fasttext.dictionary import Dictionary
from embed.compat.fasttext.meter import Meter
from embed.config.classifier import ClassifierConfig, QuantizeConfig
from embed.documents.quantizing import quantize_classifier
from embed.errors import ConfigError, FormatError
from embed.files.inputs import Input
from embed.formats import fasttext_bin, fasttext_classifier, fasttext_model
from embed.formats.fasttext_file import SUPERVISED, FastTextFile, Matrix, Quantised
from embed.messages import speaking
from embed.training.showing import showing
from embed.vectors.classifier import ALL_LABELS, Classifier, Tested
from embed.vectors.word_vectors import WordVectors

__all__ = ["FastText", "load_model"]

Float32s = npt.NDArray[np.float32]


def load_model(path: str | os.PathLike[str]) -> FastText:
    """Read a ``.bin`` or ``.ftz`` file of fastText, or of :meth:`FastText.save_model`.

    Raises
    ------
    FormatError
        The file cannot be read or is damaged.
    """
    return FastText(fasttext_classifier.read_file(given_path(path)))


class FastText(Dictionary):
    """A model with fastText's methods, made by :func:`train_unsupervised` and :func:`load_model`.

    Parameters
    ----------
    file : FastTextFile
        The contents of the model.
    **unwritten
        Training arguments that files do not store.

    Notes
    -----
    A word is a `str`, or `bytes` of UTF-8. `on_unicode_error` decides about words of the file that are not valid
    UTF-8: they show U+FFFD ("replace"), lack the invalid bytes ("ignore"), or raise FormatError ("strict", fastText's
    own default).
    """

    _FastText: ClassVar[type[FastText]]
    """The class itself: fastText has it in a module ``fasttext.FastText``, and programs name it for types."""

    def __repr__(self) -> str:
        return f"<FastText {self.model}: {len(self.words):,} words x {self.get_dimension()} dimensions>"

    # vectors

    def get_word_vector(self, word: str) -> Float32s:
        """Return the mean of the rows of a word, known or not, float32[dim]; zeros if it has none."""
        return self._texts.word(encoded(word, "word"))

    def __getitem__(self, word: str) -> Float32s:
        return self.get_word_vector(word)

    def get_sentence_vector(self, text: str) -> Float32s:
        """Return the mean of the unit vectors of the words of one line, those with the zero vector left out.

        Of a classifier, it is the mean of the rows of the line, of which it predicts labels.

        Raises
        ------
        ConfigError
            The text has a line break.
        """
        line = line_of(text, "get_sentence_vector")
        if self._file.arguments.model == SUPERVISED:
            return self._texts.line(line)
        return self._texts.units(line.split())

    def get_input_vector(self, ind: int) -> Float32s:
        """Return one row of the input matrix, float32[dim]."""
        if not isinstance(ind, (int, np.integer)) or not 0 <= ind < self._file.input.shape[0]:
            raise ConfigError(f"ind must be a row from 0 to {self._file.input.shape[0] - 1}, not {ind!r}")
        return np.array(self._file.input[ind : ind + 1][0], np.float32)

    def get_input_matrix(self) -> Float32s:
        """Return a copy of the input matrix, float32[V + bucket, dim]; raises FormatError if it is quantised."""
        return _dense(self._file.input)

    def get_output_matrix(self) -> Float32s:
        """Return a copy of the output matrix, float32[V, dim]; raises FormatError if it is quantised."""
        return _dense(self._file.output)

    # queries

    def get_nearest_neighbors(
        self, word: str, k: int = 10, on_unicode_error: str = "replace"
    ) -> list[tuple[float, str]]:
        """Return the `k` words with the largest cosine to `word`: (cosine, word), the nearest first."""
        return self._answers(self.vectors.nearest(self._query(word), whole("k", k, 1)), on_unicode_error)

    def get_analogies(
        self,
        wordA: str,
        wordB: str,
        wordC: str,
        k: int = 10,
        on_unicode_error: str = "replace",
    ) -> list[tuple[float, str]]:
        """Return the `k` words nearest to A - B + C: (cosine, word), the nearest first."""
        a, b, c = map(self._query, (wordA, wordB, wordC))
        return self._answers(self.vectors.analogy(positive=[a, c], negative=[b], n=whole("k", k, 1)), on_unicode_error)

    # labels

    def predict(
        self,
        text: str | list[str],
        k: int = 1,
        threshold: float = 0.0,
        on_unicode_error: str = "replace",
        *,
        threads: int | None = None,
    ) -> Any:
        """Return the likeliest labels of a line, and their probabilities.

        Parameters
        ----------
        text : str, or list of str
            A line, or several, without line breaks.
        k : int
            The most labels; -1 for all.
        threshold : float
            The least probability of a label.
        on_unicode_error : str
            See the class.
        threads : int, optional
            For a list (default: the processors this process may use); fastText uses one.

        Returns
        -------
        labels : tuple of str
            For a list of texts, a list of lists.
        probabilities : float64[n]
            For a list of texts, a list of float32[n]. They are larger by 1e-5, as fastText's are.

        Raises
        ------
        ConfigError
            A text has a line break, or `k` is neither -1 nor at least 1.
        FormatError
            The model is no classifier.
        """
        if type(text) is not list:
            line = line_of(text, "predict")
            numbers, shares = self._classifier.predict_line(line, most_labels(k), least_probability(threshold))
            return tuple(self._label_names(numbers, on_unicode_error)), np.array(shares, np.float64)
        lines = [line_of(one, "predict") for one in text]
        return self._predicted(lines, k, threshold, on_unicode_error, threads=threads)

    @property
    def f(self) -> Compiled:
        """The calls of fastText's compiled part that programs make themselves."""
        return Compiled(self._predicted)

    def test(self, path: str | os.PathLike[str], k: int = 1, threshold: float = 0.0) -> tuple[int, float, float]:
        """Predict the lines of a file that has labels.

        Returns
        -------
        (int, float, float)
            The lines that have labels and words, and precision and recall of the predicted labels.
        """
        tested = self._tested(path, k, threshold)
        precision, recall, _ = tested.scores()
        return len(tested.lines), precision, recall

    def test_label(
        self, path: str | os.PathLike[str], k: int = 1, threshold: float = 0.0
    ) -> dict[str, dict[str, float]]:
        """Return precision, recall and F1 of each label, NaN where there is none: ``{label: {"precision": ...}}``."""
        tested = self._tested(path, k, threshold)
        names = ("precision", "recall", "f1score")
        return {label: dict(zip(names, tested.scores(number), strict=True)) for number, label in enumerate(self.labels)}

    def get_meter(self, path: str | os.PathLike[str], k: int = ALL_LABELS) -> Meter:
        """Return the curves of precision and recall for a file that has labels."""
        return Meter(self._tested(path, k, 0.0), self.labels)

    # matrices

    def set_matrices(self, input_matrix: npt.ArrayLike, output_matrix: npt.ArrayLike) -> None:
        """Replace both matrices by others with as many rows each, of any one dimension.

        Raises
        ------
        ConfigError
            The matrices have other numbers of rows, or of columns than each other.
        FormatError
            The model is quantised.
        """
        if self.is_quantized():
            raise FormatError("the model is quantised, so its matrices cannot be replaced: use the model before that")
        given = [np.array(matrix, np.float32) for matrix in (input_matrix, output_matrix)]
        wanted = self._file.input.shape[0], self._file.output.shape[0]
        if [matrix.ndim for matrix in given] != [2, 2] or given[0].shape[1:] != given[1].shape[1:]:
            raise ConfigError("input_matrix and output_matrix must be two-dimensional, with as many columns each")
        if (len(given[0]), len(given[1])) != wanted or not given[0].shape[1]:
            raise ConfigError(
                f"the matrices must have {wanted[0]} and {wanted[1]} rows, not {len(given[0])} and {len(given[1])}"
            )
        arguments = replace(self._file.arguments, dim=given[0].shape[1])
        self._become(replace(self._file, arguments=arguments, input=given[0], output=given[1]))

    def quantize(
        self,
        input: str | os.PathLike[str] | None = None,
        qout: bool = False,
        cutoff: int = 0,
        retrain: bool = False,
        epoch: int | None = None,
        lr: float | None = None,
        thread: int | None = None,
        verbose: int | None = None,
        dsub: int = 2,
        qnorm: bool = False,
        *,
        seed: int = 0,
    ) -> None:
        """Quantise a classifier in place: a byte for a few numbers, and fewer words and n-grams.

        Parameters
        ----------
        input : path
            Text with labels, for `retrain`.
        qout : bool
            Quantise the rows of labels, too.
        cutoff : int
            Keep as many rows of words and n-grams, the longest vectors; 0: all.
        retrain : bool
            Train the rows that a cutoff leaves further; without a cutoff, nothing is trained, as in fastText.
        epoch, lr, thread
            Of that training; by default those of the model. The threads quantise, too, to the same bits for any number.
        verbose : int
            0 hides the progress.
        dsub : int
            Numbers of a row that share a byte.
        qnorm : bool
            Quantise the lengths of rows apart.
        seed : int
            Of every random draw.

        Raises
        ------
        FormatError
            The model holds word vectors, or is quantised already.
        ConfigError
            A parameter is out of bounds, fewer than 256 rows would be left, or `retrain` has no text.
        CorpusError, DivergenceError
            The training fails.
        """
        if retrain and not input:
            raise ConfigError("retrain needs a text with labels: pass its path as input")
        with speaking(fasttexts_name):
            config = QuantizeConfig(
                cutoff=whole("cutoff", cutoff),
                dsub=whole("dsub", dsub),
                qnorm=bool(qnorm),
                qout=bool(qout),
                seed=whole("seed", seed),
            )
            training = ClassifierConfig(
                epochs=whole("epoch", epoch or self.epoch),
                lr=real_number("lr", lr or self.lr),
                threads=whole("thread", thread or self.thread),
                label_prefix=self.label,
                seed=config.seed,
            )
            text = Input(given_path(input)).contents() if retrain else None
            shown = self.verbose if verbose is None else verbose
            with showing(None if shown else False) as progress:
                self._become(
                    quantize_classifier(
                        self._file, config, text=text, training=training, threads=training.threads, progress=progress
                    )
                )

    # not supported

    set_args = not_here("set_args", "pass the arguments to train_unsupervised")

    # files

    def save_model(self, path: str | os.PathLike[str]) -> None:
        """Write the model as fastText does; a loaded model is reproduced byte for byte."""
        fasttext_bin.write(self._file, given_path(path))

    @cached_property
    def vectors(self) -> WordVectors:
        """The vectors as :class:`embed.WordVectors`."""
        return fasttext_model.to_vectors(self._file, decode_errors="replace")

    # internals

    def _become(self, file: FastTextFile) -> None:
        """Take the place of another model, and forget what was made of the old one."""
        self._file = file
        for kind in type(self).__mro__:
            for name, member in vars(kind).items():
                if isinstance(member, cached_property):
                    self.__dict__.pop(name, None)

    @cached_property
    def _classifier(self) -> Classifier:
        return fasttext_classifier.to_classifier(self._file, self._texts)

    @cached_property
    def _labels_are_valid(self) -> bool:
        return all("\ufffd" not in label for label in self.labels)

    def _predicted(
        self,
        lines: list[bytes],
        k: int,
        threshold: float,
        on_unicode_error: str,
        *,
        threads: int | None = None,
        broken: bool = True,
    ) -> tuple[list[list[str]], list[Float32s]]:
        labels: list[list[str]] = []
        probabilities: list[Float32s] = []
        for batch in self._classifier.batches(
            lines, most_labels(k), least_probability(threshold), threads=threads, broken=broken
        ):
            rows = zip(batch.counts.tolist(), batch.labels.tolist(), batch.probabilities, strict=True)
            for count, found, values in rows:
                labels.append(self._label_names(found[:count], on_unicode_error))
                probabilities.append(values[:count])
        return labels, probabilities

    def _label_names(self, numbers: Sequence[int], on_unicode_error: str) -> list[str]:
        if on_unicode_error in ON_UNICODE_ERROR and self._labels_are_valid:
            return [self.labels[number] for number in numbers]
        return [decoded(self._file.words[self._first_label + number], on_unicode_error) for number in numbers]

    def _tested(self, path: str | os.PathLike[str], k: int, threshold: float) -> Tested:
        return self._classifier.test(Input(given_path(path)).contents(), most_labels(k), least_probability(threshold))

    def _query(self, word: str) -> str | Float32s:
        """Return the query for a word: the word itself if it is in the vocabulary, else its vector."""
        word = text_of(word, "word")
        return word if word in self.vectors else self.get_word_vector(word)

    def _answers(self, neighbours: Sequence[tuple[str, float]], on_unicode_error: str) -> list[tuple[float, str]]:
        rows = [self.vectors.index(word) for word, _ in neighbours]
        words = [decoded(self._file.vocabulary[row], on_unicode_error) for row in rows]
        return [(score, word) for word, (_, score) in zip(words, neighbours, strict=True)]


FastText._FastText = FastText


def _dense(matrix: Matrix) -> Float32s:
    if isinstance(matrix, Quantised):
        raise FormatError("the matrix is quantised: decode single rows with get_word_vector or get_input_vector")
    return np.array(matrix[:], np.float32)
