"""What a model was trained with, by fastText's names."""

from __future__ import annotations

from typing import Any

from embed.formats.fasttext_file import LOSSES, FastTextFile

__all__ = ["Settings"]

_UNWRITTEN: dict[str, Any] = {
    "lr": 0.05,
    "thread": 1,
    "verbose": 2,
    "label": "__label__",
    "minCountLabel": 0,
    "pretrainedVectors": "",
}
"""Arguments that files do not store; a loaded model has these values, as in fastText."""
MODEL_NAMES = {1: "cbow", 2: "skipgram", 3: "supervised"}


class Settings:
    """The arguments of a training.

    Parameters
    ----------
    file : FastTextFile
        The contents of the model.
    **unwritten
        Training arguments that files do not store.
    """

    def __init__(self, file: FastTextFile, **unwritten: Any) -> None:
        self._file = file
        self._unwritten = {**_UNWRITTEN, **unwritten}

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
    def minCount(self) -> int:
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
    def wordNgrams(self) -> int:
        """Words in an n-gram of words: 1, except in classifiers."""
        return self._file.arguments.word_ngrams

    @property
    def lrUpdateRate(self) -> int:
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
