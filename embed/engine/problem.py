"""What a worker trains, in five values that the core, its twin and the tests take alike.

=========== ===================================================== =================================================
value       says                                                  counts
=========== ===================================================== =================================================
`Tokens`    which words stand where, and which of them are kept   N tokens, S sentences, V words
`Units`     of which input rows a vector is made                  C vectors, the words' first; M mentions of R rows
`Targets`   which output rows the windows of a center meet        T rows
`Matrices`  the rows themselves, and how freely each of them learns  R input rows, T output rows
`Settings`  how windows are made and trained
=========== ===================================================== =================================================

A *unit* is what has an input row: a word, an n-gram, a document, a sense. What has an output row is a *word*, or a
node of its tree. Their numbers differ: a word may be made of many units, and a unit need not belong to a word.

The values hold arrays and never change. Each checks its own arrays where it is made, and :class:`Problem` that the five
fit together: a worker reads by index without looking, so whatever leads outside is refused here, once for all workers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from embed.engine._bounds import check_aliases, check_ids, check_offsets
from embed.vocabulary.huffman import HuffmanTree

__all__ = ["Matrices", "Noise", "Problem", "RowFactors", "Settings", "Targets", "Tokens", "Units"]

Matrix = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Tokens:
    """An encoded corpus, and how its tokens are subsampled.

    Attributes
    ----------
    ids : int32[N]
        The word of each token.
    offsets : int64[S + 1]
        Where each sentence begins in `ids`; the last entry is N.
    keep_thresholds : uint32[V]
        A token of word i is kept with probability (keep_thresholds[i] + 1) / 2**32.

    Raises
    ------
    ValueError
        If an id or an offset leads outside.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    keep_thresholds: NDArray[np.uint32]

    def __post_init__(self) -> None:
        check_ids("ids", self.ids, self.words)
        check_offsets("offsets", self.offsets, len(self.ids))

    @property
    def words(self) -> int:
        """The number V of words."""
        return len(self.keep_thresholds)


@dataclass(frozen=True, eq=False)
class Units:
    """Of which input rows each vector is made.

    Vector i is the mean of the rows ``rows[offsets[i]:offsets[i + 1]]``. The vectors of the words come first.

    Attributes
    ----------
    offsets : int64[C + 1]
    rows : int32[M]
        Each the number of an input row.
    sums : bool
        While training, a vector is the sum of its rows instead of their mean.
    limit : int
        One more than the highest row that is named.

    Raises
    ------
    ValueError
        If an offset leads outside, or a row is negative.
    """

    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    sums: bool = False
    limit: int = field(init=False)

    def __post_init__(self) -> None:
        check_offsets("unit offsets", self.offsets, len(self.rows))
        limit = int(self.rows.max()) + 1 if len(self.rows) else 0
        check_ids("unit rows", self.rows, limit)
        object.__setattr__(self, "limit", limit)

    @property
    def vectors(self) -> int:
        """The number C of vectors."""
        return len(self.offsets) - 1


@dataclass(frozen=True, eq=False)
class Noise:
    """Words that are drawn to be told from the center.

    Attributes
    ----------
    table : uint32[V, 2]
        Alias table of the noise distribution: thresholds and aliases.
    negatives : int
        Noise words of a window, at least one.
    windows : int
        Noise is drawn for so many windows of a block and dealt to the rest again: window c has that of window
        c % windows.

    Raises
    ------
    ValueError
        If an alias leads outside, or a number is less than one.
    """

    table: NDArray[np.uint32]
    negatives: int
    windows: int

    def __post_init__(self) -> None:
        check_aliases(self.table)
        if self.negatives < 1 or self.windows < 1:
            raise ValueError(
                f"noise needs at least one word and one window, not {self.negatives} words and {self.windows} windows"
            )


@dataclass(frozen=True, eq=False)
class Targets:
    """Which output rows a window meets: with noise those of its center and of the noise, with a tree its center's path.

    With both, a window meets both. Word i has the output row i, or with two sides ``2 * i`` for the contexts to its
    left and ``2 * i + 1`` for those to its right. A node of the tree has rows as a word has; with noise they follow
    those of the words.

    Attributes
    ----------
    words : int
        The number V of words.
    noise : Noise or None
    tree : HuffmanTree or None
        Hierarchical softmax.
    sides : int
        Output rows of a word: 1; or, for skip-gram, 2.

    Raises
    ------
    ValueError
        If there are neither noise nor tree, one is for another number of words, or a node leads outside.
    """

    words: int
    noise: Noise | None = None
    tree: HuffmanTree | None = None
    sides: int = 1

    def __post_init__(self) -> None:
        if self.noise is None and self.tree is None:
            raise ValueError("targets need noise or a tree")
        if self.sides not in (1, 2):
            raise ValueError(f"sides are 1 or 2, not {self.sides}")
        if self.noise is not None and len(self.noise.table) != self.words:
            raise ValueError(f"the noise table has {len(self.noise.table)} words, not {self.words}")
        if self.tree is not None:
            if len(self.tree.offsets) != self.words + 1 or len(self.tree.turns) != len(self.tree.nodes):
                raise ValueError("a tree needs a path for each word, and a turn for each node of it")
            check_offsets("tree offsets", self.tree.offsets, len(self.tree.nodes))
            check_ids("tree nodes", self.tree.nodes, self.words)

    @property
    def first_node(self) -> int:
        """Where the nodes of the tree begin among words and nodes."""
        return 0 if self.noise is None else self.words

    @property
    def rows(self) -> int:
        """The number T of output rows; a tree has as many as there are words, and does not use the last."""
        return self.sides * self.words * ((self.noise is not None) + (self.tree is not None))


@dataclass(frozen=True, eq=False)
class RowFactors:
    """How freely rows learn: a row moves by its factor of what it would; 0 for a frozen row, 1 for a free one.

    Attributes
    ----------
    inputs : float32[R] or None
    outputs : float32[T] or None
        None where all are 1.

    Raises
    ------
    ValueError
        If a factor is negative or not finite.
    """

    inputs: NDArray[np.float32] | None = None
    outputs: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        for factors in (self.inputs, self.outputs):
            if factors is not None and not (np.isfinite(factors).all() and (factors >= 0).all()):
                raise ValueError("row factors must be finite and not negative")


@dataclass(frozen=True, eq=False)
class Matrices:
    """The rows that are trained, shared by all workers and changed in place; columns past `dim` are zero and stay so.

    Attributes
    ----------
    inputs, outputs : float32[R, stride], float32[T, stride]
        `stride` is at least `dim` and a multiple of _kernels.ROW_FLOATS.
    places : float32[2 * window, stride] or float32[0, stride]
        Weights of the places in a window of CBOW, from `window` to the left to `window` to the right; none for the
        plain mean.
    dim : int
    factors : RowFactors
    spread : int
        With it the first 2**spread rows of `outputs`, and of `inputs` where every vector is one row, lie where
        _rows.places(spread) says: the rows of frequent words apart, as is good for several threads.

    Raises
    ------
    ValueError
        If there are not as many factors as rows.
    """

    inputs: Matrix
    outputs: Matrix
    places: Matrix
    dim: int
    factors: RowFactors = field(default_factory=RowFactors)
    spread: int = 0

    def __post_init__(self) -> None:
        for matrix, factors in ((self.inputs, self.factors.inputs), (self.outputs, self.factors.outputs)):
            if factors is not None and factors.shape != (len(matrix),):
                raise ValueError(f"there must be a factor for each of {len(matrix)} rows, not {factors.shape}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How windows are made and trained.

    Attributes
    ----------
    cbow : bool
        A window's mean meets its targets, instead of each context by itself (skip-gram).
    context_sum : bool
        For CBOW the sum of the contexts instead of their mean.
    window : int
        Largest reach of a window, to either side.
    fixed_window : bool
        Every window has that reach, instead of one that is drawn.
    gradient_power : float
        What a mean of n vectors moves by goes to each of them divided by n ** gradient_power: 1 for the exact gradient,
        0 for the historic one. For a sum of contexts, whose exact gradient has no divisor, the power is
        1 - gradient_power.
    place_ratio : float
        Learning rate of the places over that of the output rows.
    seed : int
        With the epoch and a block's position it determines every draw.
    replicated_words, replica_share : int, float
        The rows of so many words, the first, or as many nodes of a tree without noise, the last, are trained in
        replicas of the worker for each `run`, and then move by so much of what their replicas have moved by.
    simd : str
        The instruction set, one of _kernels.simd_paths().

    Raises
    ------
    ValueError
        If a number is out of its bounds, or a setting of CBOW is given without it.
    """

    cbow: bool
    window: int
    seed: int
    simd: str
    fixed_window: bool = False
    gradient_power: float = 1.0
    context_sum: bool = False
    place_ratio: float = 0.0
    replicated_words: int = 0
    replica_share: float = 1.0

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError(f"window must be at least 1, not {self.window}")
        if self.context_sum and not self.cbow:
            raise ValueError("context_sum is for CBOW")


@dataclass(frozen=True, eq=False)
class Problem:
    """The five values, which fit together.

    Raises
    ------
    ValueError
        If they do not.
    """

    tokens: Tokens
    units: Units
    targets: Targets
    matrices: Matrices
    settings: Settings

    def __post_init__(self) -> None:
        tokens, units, targets, matrices, settings = (
            self.tokens, self.units, self.targets, self.matrices, self.settings
        )  # fmt: skip
        words = tokens.words
        if targets.words != words:
            raise ValueError(f"the targets are of {targets.words} words, and the tokens of {words}")
        if units.vectors < words:
            raise ValueError(f"each of {words} words needs units, and only {units.vectors} have some")
        if units.limit > len(matrices.inputs):
            raise ValueError(f"unit rows must all be from 0 to {len(matrices.inputs) - 1}")
        if len(matrices.outputs) != targets.rows:
            raise ValueError(f"the targets are {targets.rows} output rows, not {len(matrices.outputs)}")
        if len(matrices.places) and (len(matrices.places) != 2 * settings.window or not settings.cbow):
            raise ValueError(f"places of a window of {settings.window} are 2 * {settings.window} rows, for CBOW")
        if targets.sides == 2 and settings.cbow:
            raise ValueError("two sides are for skip-gram")
        if not 0 <= settings.replicated_words <= words:
            raise ValueError(f"{settings.replicated_words} replicated words: there are {words} words")
