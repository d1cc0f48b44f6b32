"""Store keys, their vectors, and attributes of keys: the base of ``KeyedVectors``, without queries.

The matrix is an ordinary array that callers may change or replace. The matrix of a word model is a view of the padded
rows that training works on, so changing it changes the model.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard, cast

import numpy as np
import numpy.typing as npt

from embed.compat.gensim.errors import ArgumentError
from embed.compat.gensim.tokens import texts_of_keys
from embed.errors import ConfigError, FormatError, MissingWordError, advise
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.spelling import missing_word

__all__ = ["Array", "Key", "KeyedStore", "Vocab", "is_key", "pseudorandom_weak_vector"]

Array = npt.NDArray[Any]
Key = str | int | np.integer[Any]
COUNT = "count"
CODE, POINT = "code", "point"
"""The attributes of a word that come from the tree of hierarchical softmax."""


def is_key(value: object) -> TypeGuard[Key]:
    """Return whether `value` is a key, rather than a vector or a list."""
    return isinstance(value, (str, int, np.integer))


class KeyedStore:
    """A mapping of keys to vectors.

    Parameters
    ----------
    vector_size : int
        Length of a vector.
    count : int
        Rows to allocate for `add_vector`.
    dtype : NumPy float type
    mapfile_path : ignored

    Attributes
    ----------
    vectors : float array, shape (n, vector_size)
    index_to_key : list
    key_to_index : dict
    expandos : dict of str to array
        Attributes of the keys, such as ``"count"``; each of shape (n,).
    norms : float array of shape (n,), or None
        Lengths of the vectors; None until needed.
    vectors_lockf : float32 array, shape (1,) or (n,)
        The factor of the training steps of each vector.
    has_tree : bool
        Whether the keys are words of a model that trains with hierarchical softmax.
    """

    def __init__(
        self, vector_size: int, count: int = 0, dtype: npt.DTypeLike = np.float32, mapfile_path: str | None = None
    ) -> None:
        self.vector_size = int(vector_size)
        self.index_to_key: list[Any] = [None] * count
        self.next_index = 0
        self.key_to_index: dict[Any, int] = {}
        self.vectors: Array = np.zeros((count, self.vector_size), dtype=dtype)
        self.norms: Array | None = None
        self.expandos: dict[str, Array] = {}
        self.vectors_lockf: Array = np.ones(1, np.float32)
        self.mapfile_path = mapfile_path
        self.has_tree = False
        self._tree: tuple[Array, HuffmanTree] | None = None

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, Hashable) and self.has_index_for(cast("Key", key))

    def __getitem__(self, key_or_keys: Key | Iterable[Key]) -> Array:
        if is_key(key_or_keys):
            return self.get_vector(key_or_keys)
        return np.vstack([self.get_vector(key) for key in cast("Iterable[Key]", key_or_keys)])

    def __setitem__(self, keys: Key | list[Key], weights: npt.ArrayLike) -> None:
        if isinstance(keys, list):
            self.add_vectors(keys, weights, replace=True)
        else:
            self.add_vectors([keys], np.reshape(weights, (1, -1)), replace=True)

    # keys

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Return the row of `key`; a number that is not a key counts as a row.

        Raises
        ------
        KeyError
            The key is unknown and there is no `default`.
        """
        index = self.key_to_index.get(key)
        if index is not None:
            return index
        if isinstance(key, (int, np.integer)) and 0 <= key < len(self.index_to_key):
            return int(key)
        if default is not None:
            return default
        if isinstance(key, str):
            raise missing_word(key, [word for word in self.index_to_key if isinstance(word, str)], self.key_to_index)
        raise MissingWordError(f"{key!r} is neither a key nor the number of one of {len(self)} rows")

    def has_index_for(self, key: Key) -> bool:
        """Return whether `key` has a row of its own."""
        return self.get_index(key, -1) >= 0

    # vectors

    def get_vector(self, key: Key, norm: bool = False) -> Array:
        """Return the vector of `key`, read-only, shape (vector_size,); with `norm`, scaled to length 1."""
        index = self.get_index(key)
        vector = self.vectors[index]
        if norm:
            length = self.filled_norms()[index]
            vector = vector / length if length else vector.copy()
        vector.setflags(write=False)
        return cast("Array", vector)

    def word_vec(self, *arguments: Any, **named: Any) -> Array:
        """Call `get_vector`, under its name in older versions."""
        _renamed("word_vec", "get_vector")
        return self.get_vector(*arguments, **named)

    def fill_norms(self, force: bool = False) -> None:
        """Compute the lengths of all vectors, unless they are known and not `force`."""
        if force or self.norms is None or len(self.norms) != len(self.vectors):
            with np.errstate(over="ignore", invalid="ignore"):
                norms = np.linalg.norm(self.vectors, axis=1)
            if not np.isfinite(norms).all():
                key = self.index_to_key[int(np.isfinite(norms).argmin())]
                raise FormatError(
                    f"the vector of {key!r:.60} holds NaN or infinity, or its length overflows {self.vectors.dtype}"
                )
            self.norms = norms

    def filled_norms(self) -> Array:
        """Return the lengths of all vectors, shape (n,)."""
        self.fill_norms()
        return cast("Array", self.norms)

    def get_normed_vectors(self) -> Array:
        """Return all vectors scaled to length 1, a new array; zeros stay."""
        norms = self.filled_norms()
        return np.asarray(self.vectors / np.where(norms > 0, norms, 1)[:, None], dtype=self.vectors.dtype)

    def unit_normalize_all(self) -> None:
        """Scale all vectors to length 1, in place."""
        self.vectors[:] = self.get_normed_vectors()
        self.norms = None

    def init_sims(self, replace: bool = False) -> None:
        """Call `fill_norms`, or with `replace` `unit_normalize_all`, under the name in older versions."""
        _renamed("init_sims", "fill_norms or unit_normalize_all")
        self.fill_norms()
        if replace:
            self.unit_normalize_all()

    def add_vector(self, key: Key, vector: npt.ArrayLike) -> int:
        """Add one key, in the next allocated row or a new one; return its row."""
        row = self.next_index
        if row < len(self) and self.index_to_key[row] is None:
            self.index_to_key[row] = key
            self.key_to_index[key] = row
            self.vectors[row] = vector
            self.norms = None
        else:
            row = len(self)
            self.add_vectors([key], np.reshape(vector, (1, -1)))
        self.next_index = row + 1
        return row

    def add_vectors(
        self,
        keys: Key | Sequence[Key],
        weights: npt.ArrayLike,
        extras: Mapping[str, Array] | None = None,
        replace: bool = False,
    ) -> None:
        """Add keys; existing keys keep their vectors unless `replace`.

        Parameters
        ----------
        keys : list of n keys, or a key
        weights : float array, shape (n, vector_size)
        extras : dict of str to array of shape (n,)
            Attributes of the keys.
        replace : bool
        """
        names: list[Key] = [keys] if is_key(keys) else list(cast("Sequence[Key]", keys))
        rows = np.asarray(weights, dtype=self.vectors.dtype).reshape(len(names), -1)
        if rows.shape[1] != self.vector_size:
            raise ConfigError(f"a vector must have {self.vector_size} numbers, not {rows.shape[1]}")
        extras = extras or {}
        known = np.array([key in self.key_to_index for key in names], dtype=bool)
        new = []
        for number in np.flatnonzero(~known).tolist():
            if names[number] not in self.key_to_index:
                self.key_to_index[names[number]] = len(self.index_to_key)
                self.index_to_key.append(names[number])
                new.append(number)
        if new:
            self.vectors = np.vstack([self.vectors, rows[new]])
        self.allocate_vecattrs(list(extras), [values.dtype for values in extras.values()])
        self.allocate_vecattrs()
        changed = (new + np.flatnonzero(known).tolist()) if replace else new
        targets = [self.key_to_index[names[number]] for number in changed]
        if replace:
            self.vectors[targets] = rows[changed]
        for attribute, values in extras.items():
            self.expandos[attribute][targets] = np.asarray(values)[changed]
        self.norms = None

    # attributes of keys

    def allocate_vecattrs(self, attrs: Iterable[str] | None = None, types: Iterable[Any] | None = None) -> None:
        """Allocate an attribute for every key, or extend all attributes to all keys."""
        if attrs is None or types is None:
            attrs, types = list(self.expandos), [values.dtype for values in self.expandos.values()]
        for attribute, kind in zip(attrs, types, strict=True):
            dtype = np.dtype(object if kind is str else np.int64 if kind is int else kind)
            old = self.expandos.get(attribute, np.empty(0, dtype))
            if not np.can_cast(dtype, old.dtype, "same_kind"):
                raise ArgumentError(f"the attribute {attribute!r} has the type {old.dtype} and cannot hold {dtype}")
            if attribute not in self.expandos or len(old) != len(self):
                values = np.zeros(len(self), old.dtype)
                values[: len(old)] = old[: len(self)]
                self.expandos[attribute] = values

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set an attribute of a key."""
        index = self.get_index(key)
        if attr not in self.expandos or len(self.expandos[attr]) != len(self):
            self.allocate_vecattrs([attr], [type(val)])
        self.expandos[attr][index] = val

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """Return an attribute of a key; raises KeyError if key or attribute do not exist.

        With hierarchical softmax, the attributes "code" and "point" are the turns and the inner nodes from the root of
        the tree to the key.
        """
        index = self.get_index(key)
        if attr not in self.expandos:
            if self.has_tree and attr in (CODE, POINT):
                return self._way(index, attr)
            raise MissingWordError(f"the keys have no attribute {attr!r}, only {', '.join(self.expandos) or 'none'}")
        return self.expandos[attr][index]

    def _way(self, index: int, attr: str) -> Array:
        """Return the turns (`CODE`) or the inner nodes (`POINT`) from the root of the tree to a row, from the root."""
        counts = self.expandos[COUNT]
        if self._tree is None or self._tree[0] is not counts:
            self._tree = counts, HuffmanTree.from_counts(np.maximum(counts, 1))
        tree = self._tree[1]
        return (tree.turns if attr == CODE else tree.nodes)[tree.offsets[index] : tree.offsets[index + 1]]

    def resize_vectors(self, seed: int = 0) -> None:
        """Give keys without a vector a random one, uniform in +-1/vector_size."""
        missing = len(self) - len(self.vectors)
        if missing > 0:
            random = np.random.default_rng(seed).uniform(-1, 1, (missing, self.vector_size)) / self.vector_size
            self.vectors = np.vstack([self.vectors, random.astype(self.vectors.dtype)])
        self.allocate_vecattrs()
        self.norms = None

    def sort_by_descending_frequency(self) -> None:
        """Sort the keys by falling count, ties by the key as a string."""
        if not len(self):
            return
        counts = self.expandos[COUNT].tolist()
        order = sorted(range(len(self)), key=lambda row: (-counts[row], str(self.index_to_key[row])))
        self.index_to_key = [self.index_to_key[row] for row in order]
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        self.expandos = {attribute: values[order] for attribute, values in self.expandos.items()}
        if len(self.vectors):
            self.vectors = self.vectors[order]
        self.norms = None

    def to_word_vectors(self) -> WordVectors:
        """Return the same vectors as :class:`embed.WordVectors`, without copying float32; an int is a str there."""
        counts = self.expandos.get(COUNT)
        return WordVectors(texts_of_keys(self.index_to_key)[0], self.vectors.view(), counts=counts)

    # names of older versions

    @property
    def vectors_norm(self) -> Array:
        """Removed in gensim 4."""
        raise AttributeError("vectors_norm was removed: call get_normed_vectors()")

    @property
    def index2word(self) -> list[Any]:
        """Removed in gensim 4."""
        raise AttributeError("index2word was renamed: use index_to_key")

    @property
    def index2entity(self) -> list[Any]:
        """Removed in gensim 4."""
        raise AttributeError("index2entity was renamed: use index_to_key")

    @property
    def vocab(self) -> Mapping[Any, Any]:
        """Removed in gensim 4."""
        raise AttributeError("vocab was removed: use key_to_index, and get_vecattr(key, 'count') for counts")


class Vocab:
    """A word of gensim 3's ``wv.vocab``.

    Attributes
    ----------
    count : int
    others
        As given, such as ``index``, the row.
    """

    count: int
    index: int

    def __init__(self, **values: Any) -> None:
        self.count = 0
        vars(self).update(values)

    def __lt__(self, other: Vocab) -> bool:
        return self.count < other.count

    def __repr__(self) -> str:
        return f"Vocab<{', '.join(f'{name}:{value!r}' for name, value in sorted(vars(self).items()))}>"


def pseudorandom_weak_vector(size: int, seed_string: str | None = None, hashfxn: Any = hash) -> Array:
    """Return a random vector, uniform in +-1/(2 size), seeded by `seed_string` if given."""
    seed = None if seed_string is None else hashfxn(seed_string) & 0xFFFFFFFF
    return ((np.random.default_rng(seed).random(size) - 0.5) / size).astype(np.float32)


def _renamed(old: str, new: str) -> None:
    advise(f"{old} is now called {new}: use {new}", DeprecationWarning)
