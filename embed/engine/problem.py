"""Declare what a worker trains, in values shared by the core, its twin and the tests.

=========== ===================================================== =================================================
value       says                                                  counts
=========== ===================================================== =================================================
`Tokens`    which words stand where, and which of them are kept   N tokens, S sentences, V words
`Tags`      the documents of each sentence, if there are any      G mentions of documents
`Units`     of which input rows a vector is made                  C vectors, the words' first; M mentions of R rows
`Senses`    which vectors are senses of words, if there are any   V words
`Projection`  of documents to codes, if it is learnt          B bits
`Targets`   which output rows the windows of a center meet        T rows
`Matrices`  the rows themselves, and how freely each of them learns  R input rows, T output rows
`Settings`  how windows are made and trained
=========== ===================================================== =================================================

A *unit* has an input row: a word, an n-gram, a document, a sense. A *word*, or a node of its tree, has an output row.
Their numbers differ: a word may consist of many units, and a unit need not belong to a word.

The values hold arrays and are immutable. Each checks its own arrays at construction, and :class:`Problem` checks that
they fit together. Workers read by index without checks, so every index out of range must be refused here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from embed.engine._bounds import check_aliases, check_ids, check_offsets
from embed.engine._senses import MOST_SENSES
from embed.vocabulary.huffman import HuffmanTree

__all__ = [
    "Matrices",
    "Noise",
    "Problem",
    "Projection",
    "RowFactors",
    "Senses",
    "Settings",
    "Tags",
    "Targets",
    "Tokens",
    "Units",
]

Matrix = NDArray[np.float32]
_RUNS = (1, 2, 4)


@dataclass(frozen=True, eq=False)
class Tags:
    """The documents of each sentence: their vectors are contexts of every center of the sentence.

    Attributes
    ----------
    offsets : int64[S + 1]
        The tags of sentence s are ``vectors[offsets[s]:offsets[s + 1]]``.
    vectors : int32[G]
        Numbers of vectors, after those of the words; those of a sentence are distinct.

    Raises
    ------
    ValueError
        An offset is out of range, or a vector is negative.
    """

    offsets: NDArray[np.int64]
    vectors: NDArray[np.int32]
    limit: int = field(init=False)

    def __post_init__(self) -> None:
        limit = int(self.vectors.max()) + 1 if len(self.vectors) else 0
        check_ids("tags", self.vectors, limit)
        if (np.diff(self.offsets) < 0).any() or self.offsets[0] != 0 or self.offsets[-1] != len(self.vectors):
            raise ValueError(f"the offsets of tags must rise from 0 to {len(self.vectors)}")
        object.__setattr__(self, "limit", limit)

    @property
    def most(self) -> int:
        """The most tags of a sentence."""
        return int(np.diff(self.offsets).max()) if len(self.offsets) > 1 else 0


@dataclass(frozen=True, eq=False)
class Tokens:
    """An encoded corpus and the subsampling of its tokens.

    Attributes
    ----------
    ids : int32[N]
        The word of each token.
    offsets : int64[S + 1]
        The first position of each sentence; the last entry is the number of positions, N without `starts`.
    keep_thresholds : uint32[V]
        A token of word i is kept with probability (keep_thresholds[i] + 1) / 2**32.
    tags : Tags or None
    starts : int64[S] or None
        The begin of each sentence in `ids`. None: at its first position. With `starts`, sentences may repeat tokens
        and leave tokens out; the draws follow the positions, as if the sentences stood in `ids` one after another.

    Raises
    ------
    ValueError
        An id, an offset or a start is out of range, or the tags are of another number of sentences.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    keep_thresholds: NDArray[np.uint32]
    tags: Tags | None = None
    starts: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        check_ids("ids", self.ids, self.words)
        check_offsets("offsets", self.offsets, len(self.ids) if self.starts is None else self.positions)
        if self.starts is not None:
            if len(self.starts) != len(self.offsets) - 1:
                raise ValueError(f"{len(self.offsets) - 1} sentences, but {len(self.starts)} starts")
            if (self.starts < 0).any() or (self.starts > len(self.ids) - np.diff(self.offsets)).any():
                raise ValueError(f"sentences must be within the {len(self.ids)} ids")
        if self.tags is not None and len(self.tags.offsets) != len(self.offsets):
            raise ValueError(f"{len(self.offsets) - 1} sentences, but tags of {len(self.tags.offsets) - 1}")

    @property
    def words(self) -> int:
        """The number V of words."""
        return len(self.keep_thresholds)

    @property
    def positions(self) -> int:
        """The number of positions: the tokens of an epoch."""
        return int(self.offsets[-1])


@dataclass(frozen=True, eq=False)
class Units:
    """The input rows of each vector.

    Vector i is the mean of the rows ``rows[offsets[i]:offsets[i + 1]]``. The vectors of the words come first.

    Attributes
    ----------
    offsets : int64[C + 1]
    rows : int32[M]
        Numbers of input rows.
    sums : bool
        During training, a vector is the sum of its rows instead of their mean.
    limit : int
        One more than the highest row number.

    Raises
    ------
    ValueError
        An offset is out of range, or a row is negative.
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
class Senses:
    """The senses of words, among which a position chooses by its context, the words around it.

    Sense s has two vectors of one row each: ``first_vector + s`` is what the sense adds to the vector of its word, and
    ``first_vector + count + s`` its selector, whose product with the context decides how probable the sense is.

    Attributes
    ----------
    firsts, sizes : int32[V]
        The senses of word i are ``firsts[i]..firsts[i] + sizes[i] - 1``; most words have none.
    count : int
        The number of senses, used or not.
    first_vector : int
    contexts : float32[V, stride]
        The context of a position is the direction of the sum of the rows of the words within reach, in which a word at
        the distance t counts 1 / t.
    reach : int
        How many positions to each side are the context.
    selector_rate : float
        Learning rate of the selectors over that of the output rows.

    Raises
    ------
    ValueError
        A sense is out of range, a word has too many senses, or a number is out of bounds.
    """

    firsts: NDArray[np.int32]
    sizes: NDArray[np.int32]
    count: int
    first_vector: int
    contexts: Matrix
    reach: int
    selector_rate: float

    def __post_init__(self) -> None:
        if len(self.firsts) != len(self.sizes) or not 0 <= self.sizes.min() <= self.most <= MOST_SENSES:
            raise ValueError(f"a word has 0 to {MOST_SENSES} senses")
        if self.firsts.min() < 0 or (self.firsts + self.sizes).max() > self.count:
            raise ValueError(f"senses must be from 0 to {self.count - 1}")
        if self.reach < 1:
            raise ValueError(f"the reach of senses must be above 0, not {self.reach}")

    @property
    def most(self) -> int:
        """The most senses of a word."""
        return int(self.sizes.max())


@dataclass(frozen=True, eq=False)
class Projection:
    """The learnt projection of the vectors of tags, whose signs are their codes.

    Attributes
    ----------
    first_vector : int
        Row b of the projection is the vector ``first_vector + b``, of one input row.
    bits : int
        The number of rows, at most `dim`. Columns of output rows past it are zero.
    rate : float
        Learning rate of the rows over that of the vectors of tags.

    Raises
    ------
    ValueError
        A number is out of bounds.
    """

    first_vector: int
    bits: int
    rate: float

    def __post_init__(self) -> None:
        if self.bits < 1 or self.rate < 0:
            raise ValueError(f"a projection has rows and no negative rate, not {self.bits} rows and {self.rate}")


@dataclass(frozen=True, eq=False)
class Noise:
    """The noise words, from which the model learns to distinguish the center.

    Attributes
    ----------
    table : uint32[V, 2]
        Alias table of the noise distribution: thresholds and aliases.
    negatives : int
        Noise words of a window, at least one.
    windows : int
        How many windows of a block draw noise; the others share it.
    run : int
        How many windows in a row have the same noise, 1, 2 or 4: window c has the draw ``c // run % windows`` of the
        block.
    sentences : int
        The first blocks of so many sentences in a row have the same draws, but in inference.

    Raises
    ------
    ValueError
        An alias is out of range, a number is less than one, or `run` is another one.
    """

    table: NDArray[np.uint32]
    negatives: int
    windows: int
    run: int = 1
    sentences: int = 1

    def __post_init__(self) -> None:
        check_aliases(self.table)
        if min(self.negatives, self.windows, self.sentences) < 1 or self.run not in _RUNS:
            raise ValueError(
                f"noise needs at least one word and one window, one sentence and runs of {_RUNS}, not {self.negatives} "
                f"words, {self.windows} windows, {self.sentences} sentences and runs of {self.run}"
            )


@dataclass(frozen=True, eq=False)
class Targets:
    """The output rows that a window meets: those of its center and its noise, or of the nodes on its center's path.

    With noise and a tree, a window meets both. Word i has the output row i, or with two sides ``2 * i`` for the
    contexts to its left and ``2 * i + 1`` for those to its right. Nodes of the tree have rows like words; with noise
    they follow the rows of the words.

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
        There is neither noise nor a tree, one of them has another number of words, or a node is out of range.
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
        """The number of the first node, counting words and nodes together."""
        return 0 if self.noise is None else self.words

    @property
    def rows(self) -> int:
        """The number T of output rows; a tree has as many as the words, and leaves the last unused."""
        return self.sides * self.words * ((self.noise is not None) + (self.tree is not None))


@dataclass(frozen=True, eq=False)
class RowFactors:
    """Factors of the training steps of rows: 0 for a frozen row, 1 for a free one.

    Attributes
    ----------
    inputs : float32[R] or None
    outputs : float32[T] or None
        None if all are 1.

    Raises
    ------
    ValueError
        A factor is negative or not finite.
    """

    inputs: NDArray[np.float32] | None = None
    outputs: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        for factors in (self.inputs, self.outputs):
            if factors is not None and not (np.isfinite(factors).all() and (factors >= 0).all()):
                raise ValueError("row factors must be finite and not negative")


@dataclass(frozen=True, eq=False)
class Matrices:
    """The trained rows, shared by all workers and changed in place; columns past `dim` stay zero.

    Attributes
    ----------
    inputs, outputs : float32[R, stride], float32[T, stride]
        `stride` is at least `dim` and a multiple of _kernels.ROW_FLOATS.
    position_weights : float32[2 * window, stride] or float32[0, stride]
        Weights of the positions in a window of CBOW, from left to right without the center; empty for the plain mean.
    dim : int
    factors : RowFactors
    spread : int
        If not 0, the first 2**spread rows of `outputs`, and of `inputs` if every vector is one row, are at
        ``_rows.spread_rows(spread)``: the rows of frequent words are apart, which helps several threads.

    Raises
    ------
    ValueError
        The number of factors differs from the number of rows.
    """

    inputs: Matrix
    outputs: Matrix
    position_weights: Matrix
    dim: int
    factors: RowFactors = field(default_factory=RowFactors)
    spread: int = 0

    def __post_init__(self) -> None:
        for matrix, factors in ((self.inputs, self.factors.inputs), (self.outputs, self.factors.outputs)):
            if factors is not None and factors.shape != (len(matrix),):
                raise ValueError(f"{len(matrix)} rows need as many factors, not an array of shape {factors.shape}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to form and train windows.

    Attributes
    ----------
    cbow : bool
        The mean of the contexts meets the targets (CBOW), instead of each context by itself (skip-gram).
    context_sum : bool
        For CBOW, use the sum of the contexts instead of their mean.
    window : int
        Largest reach of a window, on each side; 0 if only the tags of a sentence are contexts.
    fixed_window : bool
        Every window has the largest reach, instead of a drawn one.
    context_side : int
        -1: only positions before the center are its contexts; 1: only those after it; 0: both.
    gradient_power : float
        A step of a mean of n vectors goes to each vector divided by n ** gradient_power: 1 for the exact gradient, 0
        for the historic one. For a sum of contexts, whose exact gradient has no divisor, the power is
        1 - gradient_power.
    position_ratio : float
        Learning rate of the position weights divided by that of the output rows.
    seed : int
        Determines every draw, with the epoch and the position of a block.
    replicated_words, replica_share : int, float
        The rows of the first `replicated_words` words, or of the last nodes of a tree without noise, are trained in
        replicas of the worker during each `run`, and then move by `replica_share` of the change of the replicas.
    replicated_rows : int
        So are the first `replicated_rows` input rows, if vectors have several rows, which move by the whole change.
    simd : str
        The instruction set, one of _kernels.simd_names().
    max_norm : float
        If not 0, the length that the vectors of tags cannot exceed.
    code_size : float
        If not 0, the windows meet the code of a tag instead of its vector u: code_size * sign(u). With a projection,
        u is the projected vector.
    inference : bool
        Only the vectors of tags move; and draws depend on the place in the sentence, not in the corpus, so that a
        sentence trains alike wherever it stands. Only for CBOW, of which a window 0 is a special case.

    Raises
    ------
    ValueError
        A number is out of bounds, or a setting of CBOW is given for skip-gram.
    """

    cbow: bool
    window: int
    seed: int
    simd: str
    fixed_window: bool = False
    context_side: int = 0
    gradient_power: float = 1.0
    context_sum: bool = False
    position_ratio: float = 0.0
    replicated_words: int = 0
    replica_share: float = 1.0
    replicated_rows: int = 0
    max_norm: float = 0.0
    code_size: float = 0.0
    inference: bool = False

    def __post_init__(self) -> None:
        if self.window < 0:
            raise ValueError(f"window must be at least 0, not {self.window}")
        if self.context_side not in (-1, 0, 1):
            raise ValueError(f"context_side must be -1, 0 or 1, not {self.context_side}")
        for name in ("context_sum", "inference"):
            if getattr(self, name) and not self.cbow:
                raise ValueError(f"{name} is for CBOW")


@dataclass(frozen=True, eq=False)
class Problem:
    """The values of a training.

    Raises
    ------
    ValueError
        The values do not fit together.
    """

    tokens: Tokens
    units: Units
    targets: Targets
    matrices: Matrices
    settings: Settings
    senses: Senses | None = None
    projection: Projection | None = None

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
        if (tags := tokens.tags) is not None and len(tags.vectors):
            if tags.limit > units.vectors or int(tags.vectors.min()) < words:
                raise ValueError(f"tags must be vectors {words} to {units.vectors - 1}")
        elif not settings.window:
            raise ValueError("a window of 0 needs tags")
        if (senses := self.senses) is not None:
            if senses.contexts.shape != (words, matrices.inputs.shape[1]):
                raise ValueError(f"{words} words need as many contexts, as long as the input rows")
            if targets.sides != 1 or targets.noise is None or targets.tree is not None:
                raise ValueError("senses need a single output row for each word")
            vectors = np.arange(senses.first_vector, senses.first_vector + 2 * senses.count + 1)
            if vectors[0] < words or vectors[-1] > units.vectors or (np.diff(units.offsets[vectors]) != 1).any():
                raise ValueError(f"senses must be vectors of one row each, from {words} to {units.vectors - 1}")
        if (projection := self.projection) is not None:
            vectors = np.arange(projection.first_vector, projection.first_vector + projection.bits + 1)
            if vectors[0] < words or vectors[-1] > units.vectors or (np.diff(units.offsets[vectors]) != 1).any():
                raise ValueError(f"a projection must be vectors of one row each, from {words} to {units.vectors - 1}")
            if settings.window or not settings.code_size or senses is not None or matrices.factors.inputs is not None:
                raise ValueError("a projection needs a window of 0 and a code size, and no senses or factors of inputs")
            if projection.bits > matrices.dim or matrices.outputs[:, projection.bits :].any():
                raise ValueError(f"{projection.bits} bits need rows as long, and no output past them")
        if len(matrices.outputs) != targets.rows:
            raise ValueError(f"the targets are {targets.rows} output rows, not {len(matrices.outputs)}")
        if len(matrices.position_weights) and (
            len(matrices.position_weights) != 2 * settings.window or not settings.cbow
        ):
            raise ValueError(
                f"position weights of a window of {settings.window} are 2 * {settings.window} rows, for CBOW"
            )
        if targets.sides == 2 and settings.cbow:
            raise ValueError("two sides are for skip-gram")
        if not 0 <= settings.replicated_words <= words:
            raise ValueError(f"{settings.replicated_words} replicated words: there are {words} words")
        if not 0 <= settings.replicated_rows <= len(matrices.inputs):
            raise ValueError(f"{settings.replicated_rows} replicated rows: there are {len(matrices.inputs)} input rows")
        if settings.replicated_rows and matrices.factors.inputs is not None:
            raise ValueError("replicated rows need input rows without factors")
