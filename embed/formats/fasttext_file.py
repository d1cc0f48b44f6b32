"""The contents of a fastText file: arguments, a dictionary of bytes, two matrices, dense or quantised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "CBOW",
    "CENTROIDS",
    "LOSSES",
    "NEWEST_VERSION",
    "NO_VERSION",
    "OLDEST_VERSION",
    "SKIPGRAM",
    "SUPERVISED",
    "Arguments",
    "FastTextFile",
    "Matrix",
    "ProductQuantiser",
    "Quantised",
    "Sparse",
]

Float32s = npt.NDArray[np.float32]

NEWEST_VERSION, OLDEST_VERSION = 12, 11
"""Versions with a magic number; `NO_VERSION` stands for older files."""
NO_VERSION = 0
LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
CBOW, SKIPGRAM, SUPERVISED = 1, 2, 3
CENTROIDS = 256
"""Centroids of each part of a product quantiser; a byte holds the number of a centroid."""


@dataclass(frozen=True)
class Arguments:
    """The training arguments, in the order of the file."""

    dim: int
    window: int
    epochs: int
    min_count: int
    negatives: int
    word_ngrams: int
    loss: int
    model: int
    buckets: int
    min_n: int
    max_n: int
    lr_update_rate: int
    subsample: float


@dataclass(frozen=True)
class ProductQuantiser:
    """Centroids of the parts of a vector.

    Attributes
    ----------
    dim, parts, part_dim, last_part_dim : int
        A vector of `dim` numbers is cut into `parts` of `part_dim` numbers, the last of `last_part_dim`.
    centroids : float32[256 * dim]
        256 centroids for each part, part by part.
    """

    dim: int
    parts: int
    part_dim: int
    last_part_dim: int
    centroids: Float32s

    def decode(self, codes: npt.NDArray[np.uint8]) -> Float32s:
        """Return the vectors, float32[n, dim], of `codes`, uint8[n, parts]."""
        vectors = np.empty((len(codes), self.dim), np.float32)
        for part in range(self.parts):
            size = self.last_part_dim if part == self.parts - 1 else self.part_dim
            first = part * self.part_dim
            table = self.centroids[CENTROIDS * first : CENTROIDS * (first + size)].reshape(CENTROIDS, size)
            vectors[:, first : first + size] = table[codes[:, part]]
        return vectors


@dataclass(frozen=True)
class Quantised:
    """A product-quantised matrix.

    Attributes
    ----------
    shape : (int, int)
    codes : uint8[rows, parts]
    quantiser : ProductQuantiser
    norm_codes, norm_quantiser : uint8[rows] and ProductQuantiser, or None
        The lengths of the rows, if they are quantised separately.
    """

    shape: tuple[int, int]
    codes: npt.NDArray[np.uint8]
    quantiser: ProductQuantiser
    norm_codes: npt.NDArray[np.uint8] | None
    norm_quantiser: ProductQuantiser | None

    @property
    def nbytes(self) -> int:
        """The size of codes and centroids."""
        norms = 0 if self.norm_codes is None else self.norm_codes.nbytes
        return self.codes.nbytes + self.quantiser.centroids.nbytes + norms

    def __getitem__(self, rows: Any) -> Float32s:
        """Decode rows, float32[n, dim]; `rows` is a slice or an array."""
        vectors = self.quantiser.decode(self.codes[rows])
        if self.norm_codes is not None and self.norm_quantiser is not None:
            vectors *= self.norm_quantiser.decode(self.norm_codes[rows][:, None])
        return vectors


@dataclass(frozen=True)
class Sparse:
    """A matrix with mostly zero rows, for buckets without an n-gram of the text.

    Attributes
    ----------
    shape : (int, int)
    numbers : int64[k]
        The numbers of the stored rows, in rising order.
    rows : float32[k, dim]
    """

    shape: tuple[int, int]
    numbers: npt.NDArray[np.int64]
    rows: Float32s

    @property
    def nbytes(self) -> int:
        """The size of the stored rows."""
        return self.rows.nbytes

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Float32s:
        """Return rows, float32[n, dim]; `rows` is a slice or an array of row numbers."""
        wanted = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        found = np.zeros((len(wanted), self.shape[1]), np.float32)
        if len(self.numbers):
            stored = np.minimum(np.searchsorted(self.numbers, wanted), len(self.numbers) - 1)
            is_stored = self.numbers[stored] == wanted
            found[is_stored] = self.rows[stored[is_stored]]
        return found


Matrix = Float32s | Quantised | Sparse


@dataclass(frozen=True)
class FastTextFile:
    """The contents of a file.

    Attributes
    ----------
    version : int
        12, 11, or 0 for a file without a magic number.
    arguments : Arguments
    words : list of bytes
        The entries of the dictionary: words, then the labels of a classifier.
    counts : int64[n]
        The counts of the entries.
    labels : int
        The number of labels, the last entries.
    tokens : int
        Tokens of the training text, rare words included.
    pruned : int32[k, 2] or None
        If n-grams were pruned, the bucket and row of each remaining one, in the order of the file.
    input, output : float32[rows, dim], Quantised or Sparse
    quantised_output : bool
        The flag before the output matrix, which matters only if the input is quantised.
    """

    version: int
    arguments: Arguments
    words: list[bytes]
    counts: npt.NDArray[np.int64]
    labels: int
    tokens: int
    pruned: npt.NDArray[np.int32] | None
    input: Matrix
    output: Matrix
    quantised_output: bool = False

    @property
    def is_quantised(self) -> bool:
        """Whether the input rows are quantised."""
        return isinstance(self.input, Quantised)

    @property
    def nbytes(self) -> int:
        """The size of words, counts and matrices, about that of the file."""
        matrices = sum(matrix.nbytes for matrix in (self.input, self.output))
        return sum(map(len, self.words)) + self.counts.nbytes + matrices

    @property
    def vocabulary(self) -> list[bytes]:
        """The words without the labels."""
        return self.words[: len(self.words) - self.labels]
