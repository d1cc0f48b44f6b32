"""``KeyedVectors``: keyed vectors to query, score, save and load."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embed.choices import OnBadWord
from embed.compat.errors import given_path
from embed.compat.gensim.errors import WordFileError
from embed.compat.gensim.evaluations import Evaluations
from embed.compat.gensim.saving import check_saved, numbers_metadata, read_attributes, read_keys
from embed.compat.gensim.store import COUNT, Array, Key
from embed.compat.gensim.word2vec_files import read_rows, read_word2vec, write_word2vec
from embed.errors import ConfigError, FormatError
from embed.formats import native
from embed.formats.detect import hinted
from embed.formats.registry import NATIVE
from embed.vectors.word_vectors import WordVectors

__all__ = ["KeyedVectors"]

logger = logging.getLogger("gensim.models.keyedvectors")

Path = str | os.PathLike[str]


class KeyedVectors(Evaluations):
    """Vectors with keys, with the members of gensim's class of the same name.

    ``save`` writes this package's native format (``.embed``), which :func:`embed.load` reads as well; its keys must be
    strings or whole numbers. See :class:`~embed.compat.gensim.store.KeyedStore` for parameters and attributes.
    """

    def save(
        self,
        fname_or_handle: Path,
        separately: object = None,
        sep_limit: int = 0,
        ignore: Iterable[str] = (),
        pickle_protocol: int = 0,
    ) -> None:
        """Write keys, vectors and attributes to one native file; the other arguments have no effect.

        Raises
        ------
        FormatError
            A key is neither a string nor a whole number, an attribute not a number, a vector not finite, or the file
            cannot be written.
        """
        logger.info("saving %s to %s", self, fname_or_handle)
        native.write_vectors(self.to_word_vectors(), given_path(fname_or_handle), metadata=self._metadata())

    @classmethod
    def load(cls, fname: Path, mmap: str | None = None) -> Self:
        """Read a file that `save` or :func:`embed.save` wrote.

        Parameters
        ----------
        fname : path
        mmap : str, optional
            With "r" the vectors are memory-mapped and read-only; otherwise they are read into memory.

        Raises
        ------
        FormatError
            The file cannot be read or is damaged. gensim's own pickles are never opened; the message explains how to
            convert them.
        """
        check_saved(fname)
        try:
            vectors = native.read_vectors(fname)
        except FormatError as error:
            raise hinted(error, fname, NATIVE) from None
        return cls.from_word_vectors(vectors, mapped=mmap is not None)._restored(fname)

    @classmethod
    def from_word_vectors(cls, vectors: WordVectors, mapped: bool = False) -> Self:
        """Convert :class:`embed.WordVectors`, copying the vectors unless `mapped`."""
        found = cls(vectors.dim)
        found._fill(list(vectors.words), vectors.matrix if mapped else vectors.matrix.copy())
        if vectors.counts is not None:
            found.expandos[COUNT] = np.array(vectors.counts)
        return found

    def save_word2vec_format(
        self,
        fname: Path,
        fvocab: Path | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = COUNT,
        *,
        on_bad_word: OnBadWord = "refuse",
    ) -> None:
        """Write the word2vec format.

        Parameters
        ----------
        fname : path
        fvocab : path, optional
            Also write lines of key and `sort_attr` to this file.
        binary, write_header : bool
        total_vec : int, optional
            The number of words in the header, of a file to which others will be appended; by default those here.
        append : bool
            Write after what is in the file already, without a header. (gensim writes one unless `write_header` is
            False, and the file cannot be read.)
        prefix : str
            Written before every key.
        sort_attr : str
            Sort by this attribute, the largest first; without such an attribute keys keep their order.
        on_bad_word : {"refuse", "escape"}
            For keys that hold white space or are empty: raise, or escape them as :func:`embed.save` does.

        Raises
        ------
        FormatError
            A key holds white space or is empty, so that no reader could read it.
        """
        order = list(range(len(self)))
        if sort_attr in self.expandos:
            values = self.expandos[sort_attr].tolist()
            order.sort(key=lambda row: -values[row])
        elif fvocab is not None:
            raise ConfigError(f"fvocab needs the attribute {sort_attr!r}: set it with set_vecattr")
        in_order = order == list(range(len(self)))
        words = [f"{prefix}{self.index_to_key[row]}" for row in order]
        vectors = WordVectors(words, self.vectors.view() if in_order else self.vectors[order])
        logger.info("storing %sx%s projection weights into %s", len(self), self.vector_size, fname)
        header = (len(self) if total_vec is None else total_vec) if write_header and not append else None
        write_word2vec(vectors, given_path(fname), binary=binary, header=header, append=append, on_bad_word=on_bad_word)
        if fvocab is not None:
            with open(fvocab, "w", encoding="utf8") as file:
                file.writelines(f"{word} {values[row]}\n" for word, row in zip(words, order, strict=True))

    @classmethod
    def load_word2vec_format(
        cls,
        fname: Path,
        fvocab: Path | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: npt.DTypeLike = np.float32,
        no_header: bool = False,
        binary_chunk_size: int = 0,
    ) -> Self:
        """Read the word2vec format, plain or compressed.

        Parameters
        ----------
        fname : path
        fvocab : path, optional
            A file with lines of key and count; without it the counts are n, n - 1, ..., 1.
        binary, no_header : bool
        encoding, unicode_errors : str
            How to decode words.
        limit : int, optional
            Read the first `limit` words only.
        datatype : NumPy float type
        binary_chunk_size : ignored

        Raises
        ------
        FormatError, EOFError
            The file cannot be read, is damaged or ends too early.
        """
        logger.info("loading projection weights from %s", fname)
        words, matrix = read_word2vec(
            given_path(fname),
            binary=binary,
            encoding=encoding,
            unicode_errors=unicode_errors,
            limit=limit,
            no_header=no_header,
        )
        found = cls(matrix.shape[1])
        found._fill(words, np.array(matrix, dtype=datatype))
        counts = np.arange(len(words), 0, -1, dtype=np.int64)
        if fvocab is not None:
            known = _read_counts(fvocab, encoding, unicode_errors)
            counts = np.array([known.get(word, 0) for word in words], np.int64)
            if missing := [word for word in words if word not in known]:
                logger.warning("%s has no count for %d words, such as %r", fvocab, len(missing), missing[0])
        found.expandos[COUNT] = counts
        logger.info("loaded %s matrix of type %s from %s", found.vectors.shape, found.vectors.dtype, fname)
        return found

    def intersect_word2vec_format(
        self,
        fname: Path,
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> int:
        """Replace the vectors of the keys that a file holds, too; return their number.

        Parameters
        ----------
        fname : path
        lockf : float
            The factor of these vectors in further training: 0 freezes them, 1 trains them like the others.
        binary, encoding, unicode_errors
            As for `load_word2vec_format`.
        """
        if len(self.vectors_lockf) != len(self):
            self.vectors_lockf = np.full(len(self), self.vectors_lockf[0], np.float32)
        taken = 0
        for word, vector in read_rows(fname, binary=binary, encoding=encoding, unicode_errors=unicode_errors):
            if len(vector) != self.vector_size:
                raise ConfigError(f"{os.fspath(fname)}: has {len(vector)} dimensions, not {self.vector_size}")
            row = self.key_to_index.get(word)
            if row is not None:
                self.vectors[row] = vector
                self.vectors_lockf[row] = lockf
                taken += 1
        self.norms = None
        logger.info("took %d of %d vectors from %s", taken, len(self), fname)
        return taken

    def vectors_for_all(
        self, keys: Iterable[Key], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """Return the vectors of `keys`.

        Parameters
        ----------
        keys : iterable of keys
            Keys without a vector are left out.
        allow_inference : bool
            Compose unknown words if possible.
        copy_vecattrs : bool
            Copy the attributes, too.
        """
        chosen = [key for key in dict.fromkeys(keys) if key in (self if allow_inference else self.key_to_index)]
        found = KeyedVectors(self.vector_size, dtype=self.vectors.dtype)
        found._fill(chosen, np.array([self.get_vector(key) for key in chosen]).reshape(len(chosen), -1))
        found.expandos[COUNT] = np.arange(len(chosen), 0, -1, dtype=np.int64)
        if copy_vecattrs:
            rows = [self.get_index(key, -1) for key in chosen]
            for attribute, values in self.expandos.items():
                found.expandos[attribute] = np.array([values[row] if row >= 0 else 0 for row in rows], values.dtype)
        return found

    def _fill(self, keys: list[Any], matrix: Array) -> None:
        """Replace all keys and vectors."""
        self.index_to_key = keys
        self.key_to_index = {key: row for row, key in enumerate(keys)}
        self.next_index = len(keys)
        self.vectors = matrix
        self.norms = None

    def _metadata(self) -> dict[str, str]:
        """Return the attributes except the counts as metadata of a file."""
        others = {name: values for name, values in self.expandos.items() if name != COUNT}
        for name, values in others.items():
            if values.dtype.kind not in "biuf" or values.ndim != 1:
                raise FormatError(f"cannot save the attribute {name!r} of {values.dtype}: attributes must be numbers")
        return {
            "attributes": json.dumps({name: [values.dtype.str, values.tolist()] for name, values in others.items()}),
            **numbers_metadata(self.index_to_key),
        }

    def _restored(self, path: Path) -> Self:
        """Read the attributes from the file."""
        self.expandos.update(read_attributes(path, len(self)))
        keys = read_keys(path, self.index_to_key)
        self._fill(keys, self.vectors)
        return self


def _read_counts(path: Path, encoding: str, errors: str) -> dict[str, int]:
    counts = {}
    with open(path, encoding=encoding, errors=errors) as file:
        for number, line in enumerate(file, 1):
            word, _, count = line.strip().rpartition(" ")
            if not word or not count.isdigit():
                raise WordFileError(
                    f"{os.fspath(path)}, line {number}: expected a word and its count, not {line!r:.60}"
                )
            counts[word] = int(count)
    return counts
