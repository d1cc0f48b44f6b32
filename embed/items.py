"""Train embeddings of items in sequences: sessions, baskets, walks on a graph, of any hashable objects.

An item becomes a token, its number in the order of first occurrence. The encoder and the compiled core treat these
tokens as text, and the numbers turn back into items after the training. Items that compare equal (``1``, ``1.0`` and
``True``) are one item, as they are one key of a dict.

The best parameters for items differ from those for text. Caselles-Dupré, Lesaint & Royo-Letelier ("Word2vec applied to
Recommendation: Hyperparameters Matter", RecSys 2018) searched grids on several kinds of sessions: the exponent of the
noise, the subsampling, the number of epochs and the window matter most. `ITEM_DEFAULTS` are a starting point for a
search on your own data.

A file of items is a native file of vectors whose words are the items as JSON; it is memory-mapped, never unpickled.

Rejected: items as the words of `WordVectors` (its words are strings everywhere else), ``repr`` or ``str`` as the token
(``1`` and ``"1"`` would be one item), a separate encoder for integers (a second copy of the counting).
"""

from __future__ import annotations

import itertools
import json
import math
import os
import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar, Unpack

import numpy as np
import numpy.typing as npt

from embed.arguments import file_path, iterable, listed, of_kind, real_number, whole_number
from embed.config.postprocessing import NONE
from embed.config.run import RunKeywords, RunOptions
from embed.config.train import TrainConfig
from embed.corpora.columns import RowWeights, Tables, place
from embed.errors import AdviceWarning, ConfigError, CorpusError, FormatError, MissingWordError
from embed.files.inputs import Input
from embed.files.own_kinds import refuse_another_kind
from embed.files.saved import Saved
from embed.formats import native
from embed.formats.detect import hinted
from embed.formats.reading import read_start
from embed.formats.registry import NATIVE, refuse_ending
from embed.markup import Html, facts, heading, panel, shown_first
from embed.model.model import Model
from embed.training.run import run
from embed.training.train import FreshStart
from embed.vectors.health import Health
from embed.vectors.word_vectors import WordVectors

__all__ = ["ITEM_DEFAULTS", "ItemVectors", "item_key", "item_of", "items_of", "train_items"]

Float32s = npt.NDArray[np.float32]

ITEM_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        # An item has no letters.
        "subword": False,
        # Most items are rare, and an item that is left out cannot be recommended.
        "min_count": 1,
        # With 0.75, as for text, popular items are drawn as noise often, which pushes them away from the items they go
        # with; 0 draws all items alike.
        "noise_exponent": 0.0,
        # A threshold is a share of the tokens: 1e-3 would drop most of a catalogue of hundreds of items. The threshold
        # matters, but its best value depends on the data.
        "subsample": 0.0,
        # Sessions are short and few compared to a text.
        "epochs": 20,
        # Order matters little in a basket, and a session is about one thing: all pairs in the window count alike.
        "window_kind": "fixed",
        # The default for words is measured on text.
        "tail_scale": 1.0,
    }
)
"""The defaults of `train_items`, in place of those for text."""

TEXT_ONLY = ("tokenizer", "lowercase", "decode_errors", "subword", "min_n", "max_n", "buckets", "hash_count", "phrases")
"""Parameters about the letters of words, or about joining words, which do not apply to items."""
_ITEMS = "items"
_JSON = "json"
_NOISE = "noise_exponent"
_SHOWN = 60


class ItemVectors(Saved):
    """Items and their vectors.

    Parameters
    ----------
    items : sequence of hashable objects, length N
        No two equal; the most frequent first, if that is known.
    matrix : array, shape (N, dim)
        One row per item; float32 is not copied.
    counts : array of int64, shape (N,), optional
        How often each item occurred.
    outputs : array, shape (N, dim), optional
        The output vectors, which say what occurs beside an item; `recommend` needs them, and `counts`.
    noise_exponent : float
        That of the training which made `outputs`.

    Raises
    ------
    FormatError
        An item is a duplicate, shapes do not agree, or a number is not finite.
    ConfigError
        An item is not hashable, or not equal to itself (NaN).

    Notes
    -----
    ``len``, ``in``, iteration over the items, and ``vectors[item]`` work as in a mapping.
    """

    noun: ClassVar[str] = "item"
    """What messages call an item."""

    def __init__(
        self,
        items: Sequence[Hashable],
        matrix: npt.ArrayLike,
        *,
        counts: npt.ArrayLike | None = None,
        outputs: npt.ArrayLike | None = None,
        noise_exponent: float = 0.0,
    ) -> None:
        self._items = list(items)
        self._rows: dict[Hashable, int] = {}
        for row, item in enumerate(self._items):
            first = self._rows.setdefault(_checked(item, f"{self.noun} {row}", ConfigError), row)
            if first != row:
                raise FormatError(f"duplicate {self.noun} {_shown(item)} (rows {first} and {row})")
        rows = [str(row) for row in range(len(self._items))]
        self._vectors = WordVectors(rows, matrix, counts=counts)
        self._outputs = None if outputs is None else WordVectors(rows, outputs).matrix
        self._noise_exponent = real_number("noise_exponent", noise_exponent)
        if self._outputs is not None and self._outputs.shape != self.matrix.shape:
            raise FormatError(
                f"output vectors of the shape {self._outputs.shape} do not fit {self.noun}s of {self.matrix.shape}"
            )

    @property
    def items(self) -> list[Hashable]:
        """The items, in the order of the rows."""
        return self._items

    @property
    def matrix(self) -> Float32s:
        """The vectors, one row per item: read-only, shape (N, dim)."""
        return self._vectors.matrix

    @property
    def counts(self) -> npt.NDArray[np.int64] | None:
        """How often each item occurred, shape (N,); None if unknown."""
        return self._vectors.counts

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return self._vectors.dim

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: object) -> bool:
        try:
            return item in self._rows
        except TypeError:  # what cannot be hashed is no item
            return False

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._items)

    def __getitem__(self, item: Hashable) -> Float32s:
        return self.vector(item)

    def __repr__(self) -> str:
        return f"<{self._in_words()}>"

    def _in_words(self) -> str:
        return f"{type(self).__name__}: {len(self):,} {self.noun}s x {self.dim} dimensions"

    def _repr_html_(self) -> str:
        return panel(heading(self._in_words()), self.first_html())

    def first_html(self) -> Html:
        """Return the first items, for a notebook."""
        return facts([(f"first {self.noun}s", shown_first(self._items, _named))])

    def index(self, item: Hashable) -> int:
        """Return the row of an item; raises MissingWordError if it has none."""
        if item not in self:
            raise MissingWordError(
                f"no vector for the {self.noun} {_shown(item)}: it is not among the {len(self):,} {self.noun}s"
            )
        return self._rows[item]

    def vector(self, item: Hashable) -> Float32s:
        """Return the vector of an item, shape (dim,), a read-only view; raises MissingWordError if it has none."""
        row: Float32s = self.matrix[self.index(item)]
        return row

    def similarity(self, a: Hashable, b: Hashable) -> float:
        """Return the cosine of the angle between two items; raises MissingWordError if one has no vector."""
        return self._vectors.similarity(str(self.index(a)), str(self.index(b)))

    def nearest(self, item: Hashable, n: int = 10) -> list[tuple[Hashable, float]]:
        """Return the `n` (item, cosine) nearest to an item, leaving out the item itself.

        Raises
        ------
        MissingWordError
            The item has no vector.
        ConfigError
            `n` is wrong, or the item's vector is zero.
        """
        return self._named(self._vectors.nearest(str(self.index(item)), n))

    def nearest_to_all(self, items: Iterable[Hashable], n: int = 10) -> list[tuple[Hashable, float]]:
        """Return the `n` (item, cosine) nearest to the mean of the unit vectors of `items`, leaving out these items.

        Pass the items of a session to find what goes with it. Raises as `nearest` does.
        """
        rows = [self.index(item) for item in listed("items", items, "items")]
        return self._named(self._vectors.nearest([str(row) for row in rows], n))

    def nearest_to(self, vector: npt.ArrayLike, n: int = 10) -> list[tuple[Hashable, float]]:
        """Return the `n` (item, cosine) nearest to a vector of shape (dim,); raises ConfigError as `nearest` does."""
        return self._named(self._vectors.nearest(np.asarray(vector, np.float32), n))

    def recommend(self, items: Iterable[Hashable], n: int = 10) -> list[tuple[Hashable, float]]:
        """Return the `n` (item, score) that go best with `items`, leaving out these items; see `next_scores`.

        Raises
        ------
        MissingWordError
            An item has no vector.
        ConfigError
            `n` is wrong, there are no items, or the vectors have no output vectors.
        """
        rows = [self.index(item) for item in listed("items", items, "items")]
        count = whole_number("n", n, 1)
        scores = self.next_scores(rows)
        scores[rows] = -np.inf
        best = np.argsort(-scores, kind="stable")[: min(count, len(scores) - len(set(rows)))]
        return [(self._items[int(row)], float(scores[row])) for row in best]

    def next_scores(self, rows: Sequence[int]) -> Float32s:
        """Return the score of every item beside those of some rows, float32[N]; larger for what goes with them better.

        Negative sampling makes exp(u_i . v_j) the ratio of p(j | i), the probability of j beside i, to that of j as
        noise, which is in proportion to count(j) ** noise_exponent, but for a factor (Levy & Goldberg, NIPS 2014: the
        product is a shifted PMI). The score of j is the logarithm of the sum over the items i of
        count(j) ** noise_exponent exp(u_i . v_j), where u are input and v output vectors: j is expected if one of the
        items leads to it.

        Raises
        ------
        ConfigError
            There are no rows, or no output vectors.
        """
        if self._outputs is None or self.counts is None:
            raise ConfigError(
                f"these vectors of {self.noun}s have no output vectors, which recommend needs: train them with "
                "train_items, by negative sampling and without postprocess, or ask nearest_to_all"
            )
        if not len(rows):
            raise ConfigError("items must name at least one item")
        products = self.matrix[list(rows)] @ self._outputs.T
        highest = products.max(axis=0)
        scores: Float32s = highest + np.log(np.exp(products - highest).sum(axis=0))
        if self._noise_exponent:
            scores += np.float32(self._noise_exponent) * np.log(np.maximum(self.counts, 1)).astype(np.float32)
        return scores

    def health(self) -> Health:
        """Return how alike the vectors are; see :class:`embed.vectors.health.Health`."""
        return self._vectors.health()

    def _named(self, found: Sequence[tuple[str, float]]) -> list[tuple[Hashable, float]]:
        return [(self._items[int(row)], cosine) for row, cosine in found]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write items, vectors and counts to one file, whole or not at all.

        Items can be str, int, float, bool, None, bytes, and tuples of these. NumPy numbers become the equal Python
        numbers.

        Raises
        ------
        FormatError
            An item is of another type, or the file cannot be written.
        """
        path = file_path("path", path)
        refuse_ending(path, NATIVE)
        keys = [item_key(item, row) for row, item in enumerate(self._items)]
        words = WordVectors(keys, self.matrix, counts=self.counts)
        metadata = {_ITEMS: _JSON, _NOISE: repr(self._noise_exponent)}
        native.write_vectors(words, path, metadata=metadata, outputs=self._outputs)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ItemVectors:
        """Read a file that `save` wrote; the matrix is memory-mapped.

        Raises
        ------
        FormatError
            The file cannot be read, is damaged, or holds words instead of items.
        """
        source = Input.of(path, FormatError)
        name = source.name
        start = read_start(source)
        begins = None if start.is_folder else start.data
        refuse_another_kind(source.path, "item vectors", "items", start=begins, name=name)
        if not native.recognise(start):
            raise hinted(FormatError(f"{name}: not item vectors, which ItemVectors.save writes"), source, NATIVE)
        metadata = native.read_metadata(source)
        if metadata.get(_ITEMS) != _JSON:
            raise FormatError(f"{name}: holds word vectors, not item vectors: read them with embed.load")
        words = native.read_vectors(source)
        try:
            items = [item_of(json.loads(key)) for key in words.words]
            exponent = float(metadata.get(_NOISE, 0))
            outputs = native.read_outputs(source, len(items), words.dim)
            return cls(items, words.matrix, counts=words.counts, outputs=outputs, noise_exponent=exponent)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{name}: damaged: cannot read the items ({error!s:.200})") from None


def train_items(
    sequences: Iterable[Iterable[Hashable]], config: TrainConfig | None = None, **settings: Unpack[RunKeywords]
) -> ItemVectors:
    """Train item vectors that occur together in sequences.

    Parameters
    ----------
    sequences : iterable of iterables of hashable objects
        Sessions, baskets, walks; read once, so a generator works. Memory holds the distinct items. With `column`, a
        table (a DataFrame, a mapping of columns, a pyarrow table, a JSON or Parquet file) whose column has a sequence
        in each row; rows without one are skipped. With `weight_column`, each is read as often as that column says.
    config : TrainConfig, optional
        All parameters; `ITEM_DEFAULTS` are then ignored.
    **settings
        Options of the run and training parameters, as for :func:`embed.train`. Parameters win over `config` and over
        the passes of a `preset`, and a preset wins over `ITEM_DEFAULTS`.

    Returns
    -------
    ItemVectors
        The most frequent item first.

    Raises
    ------
    ConfigError
        A parameter is unknown, out of bounds, or does not apply to items, such as `lowercase` and `delimiter`.
    CorpusError
        A sequence is a string or not iterable, an item is not hashable or not equal to itself, or there are no items.
    """
    options, given = RunOptions.split(settings)
    for name in TEXT_ONLY:
        if name in given:
            raise ConfigError(f"{name} does not apply to items, which have no letters: leave it out")
    if options.delimiter is not None:
        raise ConfigError("delimiter does not apply to items, which are Python objects: leave it out")
    if options.weight_column is not None and options.column is None:
        raise ConfigError("weight_column needs the column of the sequences: name it with column, or repeat sequences")
    if options.column is not None:
        sequences = _column(sequences, options.column, options.weight_column)
    tokens = _Tokens(sequences)
    options = replace(options, column=None, weight_column=None)  # both columns are already read
    if config is not None and (of_kind("config", config, TrainConfig).subword or config.phrases):
        raise ConfigError("items have no letters: set subword=False and phrases=0 in the configuration")
    with warnings.catch_warnings():
        # The advice is for text; the best exponents for items may be lower.
        warnings.filterwarnings("ignore", "noise_exponent is", AdviceWarning)
        start = FreshStart(tokens, config, options, given, ITEM_DEFAULTS)
    return items_of(run(start, tokens, options), tokens.items)


def items_of(model: Model, items: Sequence[Hashable]) -> ItemVectors:
    """Return the vectors of a model whose words are numbers of items, with output vectors if there is one each."""
    vectors, config = model.vectors, model.config
    has_outputs = config.loss == "ns" and not config.structured and config.postprocess == NONE
    return ItemVectors(
        [items[int(number)] for number in vectors.words],
        vectors.matrix,
        counts=vectors.counts,
        outputs=model.parameters.outputs[:, : config.dim] if has_outputs else None,
        noise_exponent=config.noise_exponent,
    )


def _column(source: Any, name: str, weight_column: str | None) -> Iterator[Any]:
    """Yield the values of a column, without missing ones, each as often as its weight says.

    Raises
    ------
    CorpusError
        A column does not exist, or a weight is not a number.
    """
    read = RowWeights()
    columns = (name,) if weight_column is None else (name, weight_column)
    for table, row, (value, *weights) in Tables(source, columns).rows():
        if value is None:
            continue
        times = 1 if weight_column is None else read.times(weights[0], place(table, row, weight_column))
        if times > 1 and isinstance(value, Iterator):  # which can be read once
            value = list(value)
        yield from itertools.repeat(value, times)


class _Tokens:
    """Sequences of items as sentences of tokens; a token is the number of its item in `items`, which grows."""

    def __init__(self, sequences: Iterable[Iterable[Hashable]]) -> None:
        if isinstance(sequences, (str, bytes, os.PathLike)) or not iterable(sequences):
            raise CorpusError(f"sequences must be an iterable of lists of items, not {_shown(sequences)}")
        self._sequences = sequences
        self._tokens: dict[Hashable, str] = {}
        self.items: list[Hashable] = []

    def __iter__(self) -> Iterator[list[str]]:
        for number, sequence in enumerate(self._sequences, 1):
            if isinstance(sequence, (str, bytes)) or not iterable(sequence):
                raise CorpusError(f"sequence {number:,} must be a list of items, not {_shown(sequence)}")
            yield [self._token(item, number) for item in sequence]

    def _token(self, item: Hashable, sequence: int) -> str:
        try:
            token = self._tokens.get(item)
        except TypeError:
            token = None  # not hashable: `_checked` raises
        if token is None:
            _checked(item, f"sequence {sequence:,}", CorpusError)
            token = self._tokens[item] = str(len(self.items))
            self.items.append(item)
        return token


def _checked(item: Hashable, where: str, error: type[Exception]) -> Hashable:
    """Return `item` if a dict can find it as a key; raises `error` otherwise."""
    try:
        hash(item)
    except TypeError:
        raise error(f"{where}: {_shown(item)} is not hashable: use a tuple as the item") from None
    if item != item:
        raise error(f"{where}: {_shown(item)} is not equal to itself: leave it out")
    return item


def item_key(item: Hashable, row: int) -> str:
    """Return an item as JSON, from which `item_of` restores an equal item; raises FormatError if that fails."""
    try:
        key = json.dumps(_to_json(item), allow_nan=False, separators=(",", ":"))
        if item_of(json.loads(key)) == item:
            return key
    except (TypeError, ValueError, RecursionError):
        pass
    raise FormatError(
        f"cannot write item {row}, {_shown(item)}: use str, int, float, bool, None, bytes, or tuples of these"
    )


def _to_json(item: Any) -> Any:
    """Return a JSON value: a list for a tuple, and an object with one key for bytes and for infinity."""
    if isinstance(item, np.generic):
        item = item.item()
    if isinstance(item, tuple):
        return [_to_json(part) for part in item]
    if isinstance(item, bytes):
        return {"bytes": item.hex()}
    if isinstance(item, float) and math.isinf(item):
        return {"float": str(float(item))}
    if item is None or isinstance(item, (str, int, float)):
        return item
    raise TypeError(type(item).__name__)


def item_of(value: Any) -> Hashable:
    """Undo `_to_json`; raises ValueError for any other JSON."""
    if isinstance(value, list):
        return tuple(item_of(part) for part in value)
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    match value:
        case {"bytes": str(text)}:
            return bytes.fromhex(text)
        case {"float": "inf" | "-inf" as text}:
            return float(text)
    raise ValueError(f"{_shown(value)} is not an item")


def _named(item: Hashable) -> str:
    return item if isinstance(item, str) else _shown(item).rpartition(" ")[0]


def _shown(value: object) -> str:
    """Return `value` and its type for a message, shortened."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of more digits than Python prints, or a deep tuple
        text = "..."
    return f"{text[:_SHOWN]}{'...' if len(text) > _SHOWN else ''} ({type(value).__name__})"
