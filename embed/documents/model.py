"""A trained model of documents: their vectors, those of words, and what infers the vectors of new documents."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import file_path
from embed.config.postprocessing import NONE
from embed.config.train import TrainConfig
from embed.documents.bits import Itq, itq, pack
from embed.documents.inference import Inference, mean_row
from embed.documents.reading import open_documents
from embed.errors import ConfigError, FormatError
from embed.files.inputs import Input
from embed.files.own_kinds import refuse_another_kind
from embed.files.saved import Saved
from embed.formats import native
from embed.formats.detect import hinted
from embed.formats.model_file import read_native, write_native
from embed.formats.reading import read_start
from embed.formats.registry import NATIVE, refuse_ending
from embed.items import ItemVectors, item_key, item_of
from embed.markup import heading, panel
from embed.messages import option
from embed.model.model import Model
from embed.vectors.health import Health
from embed.vectors.postprocess import AffineMap
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["DocumentModel", "DocumentVectors"]

Float32s = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
_FITTED_DOCUMENTS = 1 << 16
"""Iterative quantisation is fitted to at most so many documents."""


class DocumentVectors(ItemVectors):
    """Ids of documents and their vectors; as :class:`embed.ItemVectors`, whose items are the ids.

    Attributes
    ----------
    ids : list of hashable, length D
    matrix : float32 array, shape (D, dim)
    """

    noun = "document"

    @property
    def ids(self) -> list[Hashable]:
        """The ids, in the order of the rows."""
        return self.items


class DocumentModel(Saved):
    """A trained model of documents.

    Parameters
    ----------
    model : Model
        The words, and the rows of documents.
    ids : sequence of hashable, length D
        The id of each document, or the tags of all.
    stored : embed.formats.native.StoredDocuments, optional
        The documents as a file has them (default: those of `model`, post-processed by `config.postprocess`).
    """

    def __init__(self, model: Model, ids: Sequence[Hashable], stored: native.StoredDocuments | None = None) -> None:
        self._model = model
        if stored is not None:
            self._map, matrix = stored.postprocessing, stored.matrix
        else:
            matrix, steps = model.parameters.documents[:, : model.config.dim], model.config.steps()
            self._map = AffineMap.fitted(matrix, steps) if steps else None
            matrix = self._mapped(matrix)
        self.documents = DocumentVectors(ids, matrix)
        self._coders: dict[int, Itq] = {}

    def __repr__(self) -> str:
        return f"<{self._in_words()}>"

    def _in_words(self) -> str:
        codes = " as codes" if self.config.binary else ""
        if self.config.code_bits:
            codes = f" with codes of {self.config.code_bits} bits"
        return (
            f"DocumentModel: {len(self.documents):,} documents x {self.config.dim} dimensions{codes}, "
            f"{len(self._model.vocabulary):,} words, {self.config.objective}"
        )

    def _repr_html_(self) -> str:
        return panel(heading(self._in_words()), self.documents.first_html(), self._model.training_html())

    @property
    def config(self) -> TrainConfig:
        """The configuration of the training."""
        return self._model.config

    @property
    def model(self) -> Model:
        """The model of the words."""
        return self._model

    @property
    def words(self) -> WordVectors:
        """The vectors of the words, in the space of the documents.

        Raises
        ------
        ConfigError
            The objective is ``dbow``, which trains no vectors of words.
        """
        if self.config.objective == "dbow":
            raise ConfigError(
                f"{option('objective', 'dbow')} trains no vectors of words: train with {option('objective', 'sg')} "
                "(DBOW with words)"
            )
        return self._model.vectors

    def infer(self, texts: Iterable[Any], *, epochs: int | None = None, threads: int | None = None) -> Float32s:
        """Infer the vectors of new documents; words and other documents do not change.

        Parameters
        ----------
        texts : iterable of str, or of lists of str
            Text, which is tokenized as the training text was, or words.
        epochs : int, optional
            Passes over each text (default: as many as in the training).
        threads : int, optional
            Default: as many as the processors of this process. The result does not depend on it.

        Returns
        -------
        float32 array, shape (N, dim)
            Post-processed as the trained documents; zeros for a text without a word of the vocabulary. The bits are the
            same for a text alone and in any batch.

        Raises
        ------
        ConfigError
            `epochs` or `threads` is out of bounds.
        CorpusError
            A text is neither a string nor a list of words.
        """
        config = self.config
        given = {"epochs": epochs, "threads": threads}
        changes: dict[str, Any] = {
            name: value for name, value in given.items() if value not in (None, getattr(config, name))
        }
        if changes:  # checking a configuration takes longer than a short text
            config = config.replace(**changes)
        documents = open_documents(
            texts, tokenizer=config.tokenizer, lowercase=config.lowercase, decode_errors=config.decode_errors
        )
        found = self._inference.vectors((document.words for document in documents), config)
        return self._mapped(found)

    def _mapped(self, rows: Float32s) -> Float32s:
        """Return post-processed rows; zeros, which documents without a known word have, stay zeros."""
        if self._map is None:
            return rows
        mapped = self._map.rows(rows)
        mapped[~rows.any(axis=1)] = 0
        return mapped

    @cached_property
    def _inference(self) -> Inference:
        mean = mean_row(self.documents.matrix) if self._map is None else self._map.mean
        return Inference(self._model, mean)

    def nearest(self, text: str | Sequence[str], n: int = 10) -> list[tuple[Hashable, float]]:
        """Return the `n` (id, cosine) of the trained documents nearest to a text.

        Raises
        ------
        ConfigError
            `n` is wrong, or the text has no word of the vocabulary.
        """
        vector = self.infer([text])[0]
        if not vector.any():
            raise ConfigError(
                "the text has no word of the vocabulary: give a longer one, in the language of the documents"
            )
        return self.documents.nearest_to(vector, n)

    def codes(self, bits: int | None = None) -> Codes:
        """Return codes of the documents to compare by Hamming distance, as packed bits.

        A model trained with `binary` has the signs of its vectors, and one with `code_bits` those of their learnt
        projection. Other vectors are made codes by iterative quantisation (:func:`embed.documents.bits.itq`), whose
        codes find more: it is fitted to the documents, to some of them if there are more than 65,536.

        Parameters
        ----------
        bits : int, optional
            The length of a code (default: `dim`); of a model trained with codes, only theirs.

        Returns
        -------
        uint8 array, shape (D, ceil(bits / 8))
            As ``numpy.packbits`` packs them.

        Raises
        ------
        ConfigError
            `bits` is not the length of the codes that the model was trained with; or, without such, more than `dim`, or
            not fewer than the documents.
        """
        return self.encode(self.documents.matrix, bits)

    def infer_codes(
        self, texts: Iterable[Any], bits: int | None = None, *, epochs: int | None = None, threads: int | None = None
    ) -> Codes:
        """Return codes of new documents, to compare with those of `codes`; see there and `infer`."""
        return self.encode(self.infer(texts, epochs=epochs, threads=threads), bits)

    def encode(self, vectors: Float32s, bits: int | None = None) -> Codes:
        """Return codes of vectors as `infer` returns them, float32[N, dim], to compare with those of `codes`."""
        if trained := self.config.code_length():
            if bits not in (None, trained):
                raise ConfigError(f"the model was trained for codes of {trained} bits: leave {option('bits')} out")
            return pack(vectors) if self.config.binary else self._projection.encode(vectors)
        return self._coder(self.documents.dim if bits is None else bits).encode(unit_rows(vectors))

    @property
    def _projection(self) -> Itq:
        """The learnt projection of vectors, which takes rows as trained."""
        mean = np.zeros(self.config.dim, np.float32) if self._map is None else self._map.mean
        return Itq(-mean, self._model.parameters.projection[:, : self.config.dim].T)

    def _coder(self, bits: int) -> Itq:
        """Return the map from unit vectors to codes."""
        if bits not in self._coders:
            step = -(-len(self.documents) // _FITTED_DOCUMENTS)
            self._coders[bits] = itq(unit_rows(self.documents.matrix[::step]), bits, seed=self.config.seed)
        return self._coders[bits]

    def with_documents(self, ids: Sequence[Hashable], matrix: Float32s) -> DocumentModel:
        """Return the model with other documents: vectors as `infer` returns them, float32[D, final dim]."""
        return DocumentModel(self._model, ids, native.StoredDocuments(matrix, (), self._map))

    def trained_matrix(self) -> Float32s:
        """Return the rows of the documents as trained, float32[D, dim].

        Raises
        ------
        ConfigError
            Their post-processing cannot be undone.
        """
        if len(rows := self._model.parameters.documents) == len(self.documents):
            return rows[:, : self.config.dim]
        if self._map is None:
            return self.documents.matrix
        if self._map.projection is not None:
            raise ConfigError(
                f"cannot train these documents further: {option('postprocess', self.config.postprocess)} has projected "
                f"them; train with {option('postprocess', 'center')} or {option('postprocess', NONE)}"
            )
        return self.documents.matrix + self._map.mean

    def health(self) -> Health:
        """Return how alike the vectors of the documents are; see :class:`embed.vectors.health.Health`."""
        return self.documents.health()

    def run_card(self) -> dict[str, Any]:
        """Return everything needed to repeat and judge the run, as plain JSON values."""
        return {**self._model.run_card(), "documents": len(self.documents)}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write documents, words and configuration to one native file, whole or not at all.

        Raises
        ------
        FormatError
            An id cannot be written (see :meth:`embed.ItemVectors.save`), or the file cannot be written.
        """
        path = file_path("path", path)
        refuse_ending(path, NATIVE)
        keys = [item_key(document, row) for row, document in enumerate(self.documents.ids)]
        write_native(self._model, path, native.StoredDocuments(self.documents.matrix, keys, self._map))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DocumentModel:
        """Read a file that `save` wrote; the vectors of the documents are memory-mapped.

        Raises
        ------
        FormatError
            The file cannot be read, is damaged, or holds something else.
        """
        source = Input.of(path, FormatError)
        name, start = source.name, read_start(source)
        begins = None if start.is_folder else start.data
        refuse_another_kind(source.path, "a model of documents", "documents", start=begins, name=name)
        if not native.recognise(start):
            raise hinted(
                FormatError(f"{name}: not a model of documents, which DocumentModel.save writes"), source, NATIVE
            )
        model, stored = read_native(source)
        if stored is None:
            raise FormatError(f"{name}: holds no documents: read it with embed.load_model")
        try:
            ids = [item_of(json.loads(key)) for key in stored.keys]
            return cls(model, ids, stored)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{name}: damaged: cannot read the ids ({error!s:.200})") from None
