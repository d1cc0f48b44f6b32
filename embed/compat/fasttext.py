"""The interface of fastText's Python package for word vectors, on this trainer and its formats.

``train_unsupervised`` and ``load_model`` take fastText's arguments and return a model with fastText's methods;
files are exchanged byte for byte. Intended differences:

- Training uses the exact gradient of the mean of a word's rows; ``gradient="historic"`` is fastText's, which
  omits the division by their number.
- A line break is not a token: models trained by fastText have ``</s>`` in their vocabulary, ours do not.
- Text is prepared as fastText expects it: words separated by white space.

Classifiers can be loaded and predict labels as fastText's do. They cannot be trained or quantised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import plain, real_number, shown, whole_number
from embed.choices import Gradient, Objective
from embed.compat.errors import ArgumentError, given_path, not_here
from embed.compat.fasttext_meter import Meter
from embed.config.train import TrainConfig
from embed.errors import ConfigError, FormatError
from embed.files.compressed import READ_BYTES
from embed.files.inputs import Input
from embed.formats import fasttext_bin, fasttext_classifier, fasttext_model
from embed.formats.detect import hinted
from embed.formats.fasttext_file import LOSSES, SUPERVISED, FastTextFile, Matrix, Quantised
from embed.formats.registry import FASTTEXT
from embed.messages import UNSET, keyword, speaking
from embed.training.train import train
from embed.vectors._texts import Texts
from embed.vectors.classifier import ALL_LABELS, Classifier, Tested
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.ngrams import END_OF_SENTENCE, SubwordScheme

__all__ = [
    "BOW",
    "EOS",
    "EOW",
    "FastText",
    "cbow",
    "load_model",
    "skipgram",
    "supervised",
    "tokenize",
    "train_supervised",
    "train_unsupervised",
]

Float32s = npt.NDArray[np.float32]
Entries = list[str] | tuple[list[str], npt.NDArray[np.int64]]

EOS, BOW, EOW = END_OF_SENTENCE, "<", ">"
"""The end of a sentence; the marks of n-grams at the begin and end of a word."""
SECOND_NAMES = {
    "min_count": "minCount",
    "word_ngrams": "wordNgrams",
    "lr_update_rate": "lrUpdateRate",
    "label_prefix": "label",
    "pretrained_vectors": "pretrainedVectors",
}
_DEFAULTS: dict[str, Any] = {
    "minCount": 5,
    "wordNgrams": 1,
    "lrUpdateRate": 100,
    "label": "__label__",
    "pretrainedVectors": "",
}
_UNWRITTEN: dict[str, Any] = {
    "lr": 0.05,
    "thread": 1,
    "verbose": 2,
    "label": "__label__",
    "minCountLabel": 0,
    "pretrainedVectors": "",
}
"""Arguments that files do not store; a loaded model has these values, as in fastText."""
_NAMES = {
    "buckets": "bucket",
    "epochs": "epoch",
    "max_n": "maxn",
    "min_count": "minCount",
    "min_n": "minn",
    "negatives": "neg",
    "subsample": "t",
    "threads": "thread",
    "window": "ws",
}
"""fastText's names of parameters of TrainConfig, for messages during training."""
_ON_UNICODE_ERROR = ("replace", "strict", "ignore")
OBJECTIVES: dict[str, Objective] = {"skipgram": "sg", "cbow": "cbow"}
MODEL_NAMES = {1: "cbow", 2: "skipgram", 3: "supervised"}
_TO_SPACES = str.maketrans("\t\v\f\r", "    ")
"""The white space of C++, at which fastText splits a sentence."""
_GAPS = bytes.maketrans(b"\0", b" ")
"""NUL separates the words of a line."""


def train_unsupervised(
    input: Any,
    model: str = "skipgram",
    lr: float = 0.05,
    dim: int = 100,
    ws: int = 5,
    epoch: int = 5,
    minCount: int = 5,  # noqa: N803
    minCountLabel: int = 0,  # noqa: N803
    minn: int = 3,
    maxn: int = 6,
    neg: int = 5,
    wordNgrams: int = 1,  # noqa: N803
    loss: str = "ns",
    bucket: int = 2_000_000,
    thread: int | None = None,
    lrUpdateRate: int = 100,  # noqa: N803
    t: float = 1e-4,
    label: str = "__label__",
    verbose: int = 2,
    pretrainedVectors: str = "",  # noqa: N803
    *,
    seed: int = 0,
    gradient: Gradient = "exact",
    **other_names: Any,
) -> FastText:
    """Train word vectors on a text file, with fastText's parameters, in fastText's order and with its defaults.

    Parameters
    ----------
    input : path, or iterable of lists of str
        Text, plain or compressed, with words separated by white space; or sentences in memory.
    model : {"skipgram", "cbow"}
    lr : float
        Initial learning rate of the output rows, falling to 0. The rate of the input rows is proportional, and
        larger with the exact gradient, which divides by the number of rows.
    dim, ws, epoch, minCount, neg, t
        Length of a vector, window, passes, least count, negatives, threshold of subsampling.
    minn, maxn, bucket : int
        Shortest and longest n-gram, and the rows they share. ``maxn=0`` or ``bucket=0``: words only.
    loss : {"ns"}
        Negative sampling; other losses raise ConfigError.
    thread : int, optional
        Default: the processors this process may use.
    verbose : int
        0 hides the progress.
    seed : int
        Of every random draw.
    gradient : {"exact", "sqrt", "historic"}
        The correct gradient of the mean of a word's rows, the one with 1/sqrt(n) instead of 1/n, or fastText's.
    lrUpdateRate, wordNgrams, minCountLabel, label
        Accepted for compatibility, without effect: a word that begins with `label` is a word.
    pretrainedVectors : str
        Must be empty: :func:`embed.continue_training` trains vectors further.
    **other_names
        fastText's second names: ``min_count``, ``word_ngrams``, ``lr_update_rate``, ``label_prefix``,
        ``pretrained_vectors``.

    Returns
    -------
    FastText

    Raises
    ------
    ConfigError
        A parameter is out of bounds or not supported.
    ArgumentError
        An argument is unknown or of the wrong type (also a TypeError).
    CorpusError
        The text is missing, unreadable, malformed or has no words.
    """
    given: dict[str, Any] = {
        "minCount": minCount,
        "wordNgrams": wordNgrams,
        "lrUpdateRate": lrUpdateRate,
        "label": label,
        "pretrainedVectors": pretrainedVectors,
    }
    for name, value in other_names.items():
        if name not in SECOND_NAMES:
            raise ArgumentError(f"train_unsupervised has no argument {name!r}, only fastText's, seed and gradient")
        if given[SECOND_NAMES[name]] != _DEFAULTS[SECOND_NAMES[name]]:
            raise ArgumentError(f"{name} and {SECOND_NAMES[name]} are the same argument: give one of them")
        given[SECOND_NAMES[name]] = value
    for name, value in (("minn", minn), ("maxn", maxn), ("bucket", bucket), ("minCount", given["minCount"])):
        _number(name, value, 0)
    if model not in OBJECTIVES:
        raise ConfigError(f"model must be one of {', '.join(map(repr, OBJECTIVES))}, not {model!r}")
    if loss != "ns":
        raise ConfigError(f"loss must be 'ns' (negative sampling), not {loss!r}: other losses are not supported")
    if given["wordNgrams"] != 1:
        raise ConfigError(f"wordNgrams must be 1 for word vectors, not {given['wordNgrams']!r}")
    if given["pretrainedVectors"]:
        raise ConfigError("pretrainedVectors must be empty: train vectors further with embed.continue_training")
    ngrams: dict[str, Any] = {}
    if maxn > 0 and bucket > 0:
        ngrams = {"subword": True, "min_n": max(1, minn), "max_n": maxn, "buckets": bucket}
    with speaking(_fasttexts_name):
        config = TrainConfig(
            objective=OBJECTIVES[model],
            gradient=gradient,
            lr=lr,
            min_lr=0.0,
            dim=dim,
            window=ws,
            epochs=epoch,
            min_count=max(1, given["minCount"]),
            negatives=neg,
            noise_exponent=fasttext_model.NOISE_EXPONENT,
            subsample=t,
            threads=thread,
            seed=seed,
            **ngrams,
        )
    if input is None or isinstance(input, bytes):
        raise ArgumentError(f"input must be the path of a text file, or lists of words, not {input!r:.60}")
    with speaking(_fasttexts_name):
        trained = train(input, config, progress=None if verbose else False)
    unwritten = {"lr": lr, "thread": config.thread_count(), "verbose": verbose, "label": given["label"]}
    return FastText(fasttext_model.from_model(trained), **unwritten, minCountLabel=minCountLabel)


def _fasttexts_name(name: str, value: object = UNSET) -> str:
    return keyword(_NAMES.get(name, name), value)


_CLASSIFIERS = (
    "train word vectors with train_unsupervised and a classifier on embed.compat.sklearn.DocumentVectorizer, or use "
    "fastText itself"
)
train_supervised = not_here("train_supervised", _CLASSIFIERS)
supervised = not_here("supervised", _CLASSIFIERS)
skipgram = not_here("skipgram", "call train_unsupervised(input, model='skipgram')")
cbow = not_here("cbow", "call train_unsupervised(input, model='cbow')")


def tokenize(text: str) -> list[str]:
    """Return the words of a text: split at white space, with ``</s>`` for each line break."""
    if not isinstance(text, str):
        raise ArgumentError(f"text must be a str, not {text!r:.60}")
    spaced = text.replace("\n", f" {END_OF_SENTENCE} ").translate(_TO_SPACES)
    return [word for word in spaced.split(" ") if word]


def load_model(path: str | os.PathLike[str]) -> FastText:
    """Read a ``.bin`` or ``.ftz`` file of fastText, or of :meth:`FastText.save_model`.

    Raises
    ------
    FormatError
        The file cannot be read or is damaged.
    """
    try:
        return FastText(fasttext_bin.read(given_path(path)))
    except FormatError as error:
        raise hinted(error, path, FASTTEXT) from None


class FastText:
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

    def __init__(self, file: FastTextFile, **unwritten: Any) -> None:
        self._file = file
        self._unwritten = {**_UNWRITTEN, **unwritten}

    def __repr__(self) -> str:
        return f"<FastText {self.model}: {len(self.words):,} words x {self.get_dimension()} dimensions>"

    # parameters, by fastText's names

    @property
    def model(self) -> str:
        """``"skipgram"``, ``"cbow"`` or ``"supervised"``."""
        return MODEL_NAMES[self._file.arguments.model]

    @property
    def loss(self) -> str:
        """``"ns"``, ``"hs"``, ``"softmax"`` or ``"ova"``."""
        return LOSSES[self._file.arguments.loss]

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return self._file.arguments.dim

    @property
    def ws(self) -> int:
        """The window."""
        return self._file.arguments.window

    @property
    def epoch(self) -> int:
        """Passes over the text."""
        return self._file.arguments.epochs

    @property
    def minCount(self) -> int:  # noqa: N802
        """The least count of a word."""
        return self._file.arguments.min_count

    @property
    def neg(self) -> int:
        """Negatives of each example."""
        return self._file.arguments.negatives

    @property
    def bucket(self) -> int:
        """Rows that the n-grams share."""
        return self._file.arguments.buckets

    @property
    def minn(self) -> int:
        """The shortest n-gram."""
        return self._file.arguments.min_n

    @property
    def maxn(self) -> int:
        """The longest n-gram; 0 for words only."""
        return self._file.arguments.max_n

    @property
    def t(self) -> float:
        """The threshold of subsampling."""
        return self._file.arguments.subsample

    @property
    def wordNgrams(self) -> int:  # noqa: N802
        """Words in an n-gram of words: 1, except in classifiers."""
        return self._file.arguments.word_ngrams

    @property
    def lrUpdateRate(self) -> int:  # noqa: N802
        """Tokens between two changes of fastText's learning rate; without effect here."""
        return self._file.arguments.lr_update_rate

    def __getattr__(self, name: str) -> Any:
        """Return an argument that files do not store."""
        if name.startswith("_") or name not in self._unwritten:
            raise AttributeError(f"a FastText model has no {name!r}")
        return self._unwritten[name]

    def get_dimension(self) -> int:
        """Return the length of a vector."""
        return self.dim

    def is_quantized(self) -> bool:
        """Return whether the input matrix is quantised."""
        return self._file.is_quantised

    # words

    @cached_property
    def words(self) -> list[str]:
        """The words, the most frequent first; bytes that are not UTF-8 show as U+FFFD."""
        return [_decoded(word, "replace") for word in self._file.vocabulary]

    @cached_property
    def labels(self) -> list[str]:
        """The labels of a classifier; the words of another model, as in fastText."""
        return [_decoded(label, "replace") for label in self._file.words[self._first_label :]]

    def get_words(self, include_freq: bool = False, on_unicode_error: str = "replace") -> Entries:
        """Return the words, with `include_freq` also their counts, int64[V]."""
        return self._entries(slice(len(self._file.vocabulary)), include_freq, on_unicode_error)

    def get_labels(self, include_freq: bool = False, on_unicode_error: str = "replace") -> Entries:
        """Return the labels of a classifier, or the words of another model; with `include_freq` also their counts."""
        return self._entries(slice(self._first_label, None), include_freq, on_unicode_error)

    def get_word_id(self, word: str) -> int:
        """Return the number of a word, which is its row, or of a label behind the words; -1 for any other."""
        return self._texts.entry(_text(word, "word").encode("utf-8", "surrogatepass"))

    def get_label_id(self, label: str) -> int:
        """Return the number of a label, its position in :attr:`labels`, or -1."""
        number = self._texts.entry(_text(label, "label").encode("utf-8", "surrogatepass"))
        return max(-1, number - self._first_label)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and 0 <= self.get_word_id(word) < len(self._file.vocabulary)

    # n-grams

    def get_subword_id(self, subword: str) -> int:
        """Return the input row that an n-gram hashes to.

        Raises
        ------
        FormatError
            The model has no n-grams.
        """
        if self._scheme is None:
            raise FormatError("the model has no n-grams")
        return len(self.words) + self._scheme.bucket_of(_text(subword, "subword"))

    def get_subwords(self, word: str, on_unicode_error: str = "replace") -> tuple[list[str], npt.NDArray[np.int64]]:
        """Return the word, if it is in the vocabulary, and its n-grams, and their input rows, int64[n]."""
        word = _text(word, "word")
        _decoded(b"", on_unicode_error)  # checks the option; n-grams of a str are always valid
        own = self.get_word_id(word)
        names, rows = ([word], [np.array([own])]) if own >= 0 else ([], [np.empty(0, np.int64)])
        if self._scheme is not None and word != END_OF_SENTENCE:
            ngrams, found = (
                self._scheme.ngrams(word),
                fasttext_model.ngram_rows(self._file, self._scheme.buckets_of(word)),
            )
            names += [ngram for ngram, row in zip(ngrams, found, strict=True) if row >= 0]
            rows.append(found[found >= 0])
        return names, np.concatenate(rows).astype(np.int64)

    # vectors

    def get_word_vector(self, word: str) -> Float32s:
        """Return the mean of the rows of a word, known or not, float32[dim]; zeros if it has none."""
        return self._texts.word(_encoded(word, "word"))

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
        line = _line(text, "get_sentence_vector")
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
        return self._answers(self.vectors.nearest(self._query(word), _number("k", k, 1)), on_unicode_error)

    def get_analogies(
        self,
        wordA: str,  # noqa: N803
        wordB: str,  # noqa: N803
        wordC: str,  # noqa: N803
        k: int = 10,
        on_unicode_error: str = "replace",
    ) -> list[tuple[float, str]]:
        """Return the `k` words nearest to A - B + C: (cosine, word), the nearest first."""
        a, b, c = map(self._query, (wordA, wordB, wordC))
        return self._answers(
            self.vectors.analogy(positive=[a, c], negative=[b], n=_number("k", k, 1)), on_unicode_error
        )

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
            line = _line(text, "predict")
            numbers, shares = self._classifier.predict_line(line, _k(k), _threshold(threshold))
            return tuple(self._label_names(numbers, on_unicode_error)), np.array(shares, np.float64)
        lines = [_line(one, "predict") for one in text]
        return self._predicted(lines, k, threshold, on_unicode_error, threads=threads)

    @property
    def f(self) -> Compiled:
        """The calls of fastText's compiled part that programs make themselves."""
        return Compiled(self._predicted)

    def get_line(self, text: str | list[str], on_unicode_error: str = "replace") -> Any:
        """Return the words and the labels of a line, ``</s>`` at its end; for a list of lines, two lists of lists."""
        if type(text) is list:
            pairs = [self.get_line(one, on_unicode_error) for one in text]
            return [words for words, _ in pairs], [labels for _, labels in pairs]
        found: tuple[list[str], list[str]] = [], []
        for word in [*_line(text, "get_line").translate(_GAPS).split(), END_OF_SENTENCE.encode()]:
            number = self._texts.entry(word)
            is_label = number >= len(self._file.vocabulary)
            if is_label or number >= 0 or not word.startswith(fasttext_classifier.LABEL_PREFIX):
                found[is_label].append(_decoded(word, on_unicode_error))
            if word == END_OF_SENTENCE.encode():
                break
        return found

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

    # not supported

    set_args = not_here("set_args", "pass the arguments to train_unsupervised")
    quantize = not_here("quantize", "use fastText itself for classifiers, and 'train-embeddings quantize' for vectors")
    set_matrices = not_here("set_matrices", "make vectors of a matrix with embed.WordVectors(words, matrix)")

    # files

    def save_model(self, path: str | os.PathLike[str]) -> None:
        """Write the model as fastText does; a loaded model is reproduced byte for byte."""
        fasttext_bin.write(self._file, given_path(path))

    @cached_property
    def vectors(self) -> WordVectors:
        """The vectors as :class:`embed.WordVectors`."""
        return fasttext_model.to_vectors(self._file, decode_errors="replace")

    # internals

    @cached_property
    def _texts(self) -> Texts:
        return fasttext_classifier.texts_of(self._file)

    @cached_property
    def _classifier(self) -> Classifier:
        return fasttext_classifier.to_classifier(self._file, self._texts)

    @cached_property
    def _first_label(self) -> int:
        """The first entry that is a label; the words of another model than a classifier are its labels."""
        return len(self._file.vocabulary) if self._file.arguments.model == SUPERVISED else 0

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
        for batch in self._classifier.batches(lines, _k(k), _threshold(threshold), threads=threads, broken=broken):
            rows = zip(batch.counts.tolist(), batch.labels.tolist(), batch.probabilities, strict=True)
            for count, found, values in rows:
                labels.append(self._label_names(found[:count], on_unicode_error))
                probabilities.append(values[:count])
        return labels, probabilities

    def _label_names(self, numbers: Sequence[int], on_unicode_error: str) -> list[str]:
        if on_unicode_error in _ON_UNICODE_ERROR and self._labels_are_valid:
            return [self.labels[number] for number in numbers]
        return [_decoded(self._file.words[self._first_label + number], on_unicode_error) for number in numbers]

    def _tested(self, path: str | os.PathLike[str], k: int, threshold: float) -> Tested:
        with Input(given_path(path)).open() as stream:
            text = b"".join(iter(lambda: stream.read(READ_BYTES), b""))
        return self._classifier.test(text, _k(k), _threshold(threshold))

    @cached_property
    def _scheme(self) -> SubwordScheme | None:
        return fasttext_model.scheme_in(self._file)

    def _query(self, word: str) -> str | Float32s:
        """Return the query for a word: the word itself if it is in the vocabulary, else its vector."""
        word = _text(word, "word")
        return word if word in self.vectors else self.get_word_vector(word)

    def _entries(self, rows: slice, include_freq: bool, on_unicode_error: str) -> Entries:
        entries = [_decoded(entry, on_unicode_error) for entry in self._file.words[rows]]
        return (entries, self._file.counts[rows].copy()) if include_freq else entries

    def _answers(self, neighbours: Sequence[tuple[str, float]], on_unicode_error: str) -> list[tuple[float, str]]:
        rows = [self.vectors.index(word) for word, _ in neighbours]
        words = [_decoded(self._file.vocabulary[row], on_unicode_error) for row in rows]
        return [(score, word) for word, (_, score) in zip(words, neighbours, strict=True)]


class Compiled:
    """``model.f``: programs call it because ``predict`` of fastText 0.9 fails under NumPy 2.

    A text ends at its first line break; only with one does it have the word ``</s>``.
    """

    def __init__(self, predicted: Callable[..., tuple[list[list[str]], list[Float32s]]]) -> None:
        self._predicted = predicted

    def predict(
        self, text: str, k: int = 1, threshold: float = 0.0, on_unicode_error: str = "replace"
    ) -> list[tuple[float, str]]:
        """Return the likeliest labels of a text: (probability, label)."""
        labels, probabilities = self.multilinePredict([text], k, threshold, on_unicode_error)
        return list(zip(probabilities[0].tolist(), labels[0], strict=True))

    def multilinePredict(  # noqa: N802
        self, lines: list[str], k: int = 1, threshold: float = 0.0, on_unicode_error: str = "replace"
    ) -> tuple[list[list[str]], list[Float32s]]:
        """Return the likeliest labels of each text, and their probabilities."""
        return self._predicted([_encoded(line, "text") for line in lines], k, threshold, on_unicode_error, broken=False)


def _dense(matrix: Matrix) -> Float32s:
    if isinstance(matrix, Quantised):
        raise FormatError("the matrix is quantised: decode single rows with get_word_vector or get_input_vector")
    return np.array(matrix[:], np.float32)


def _text(value: Any, what: str) -> str:
    """Return a str, or UTF-8 as str; raises ArgumentError for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise ArgumentError(f"{what} {value!r:.60} is not valid UTF-8") from error
    raise ArgumentError(f"{what} must be a str, not {value!r:.60}")


def _encoded(value: Any, what: str) -> bytes:
    """Return a str as UTF-8; raises FormatError if it has lone surrogates, ArgumentError for another type."""
    text = value if type(value) is str else _text(value, what)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FormatError(f"{what} {text!r:.60} has no UTF-8 form: remove its lone surrogates") from error


def _line(text: Any, method: str) -> bytes:
    """Return a text without a line break as UTF-8."""
    line = _encoded(text, "text")
    if b"\n" in line:
        raise ConfigError(f"{method} takes one line: remove the line breaks from the text")
    return line


def _k(value: Any) -> int:
    """Return a whole number of at least 1, or that of all labels."""
    if type(value) is int and value > 0:
        return value
    return ALL_LABELS if value == ALL_LABELS else _number("k", value, 1)


def _threshold(value: Any) -> float:
    if type(value) is float and isfinite(value):
        return value
    if type(plain(value, float)) is not float:
        raise ArgumentError(f"threshold must be a number, not {shown(value)}")
    return real_number("threshold", value)


def _number(name: str, value: Any, low: int) -> int:
    """Return a whole number of at least `low`; one of another type is a TypeError, too, as with fastText."""
    if type(plain(value, int)) is not int:
        raise ArgumentError(f"{name} must be a whole number, not {shown(value)}")
    return whole_number(name, value, low)


def _decoded(word: bytes, on_unicode_error: str) -> str:
    if on_unicode_error not in _ON_UNICODE_ERROR:
        raise ConfigError(f"on_unicode_error must be one of {_ON_UNICODE_ERROR}, not {on_unicode_error!r:.60}")
    try:
        return word.decode("utf-8", on_unicode_error)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"the word {word!r:.60} of the model is not valid UTF-8: pass on_unicode_error='replace' or 'ignore'"
        ) from error
