"""A trained model: its parameters, vocabulary, configuration, history and provenance."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embed.choices import ModelFormat
from embed.config.defaults import COUNT
from embed.config.train import TrainConfig
from embed.corpora.normal_form import Form
from embed.errors import ConfigError
from embed.files.saved import Saved, room_behind
from embed.markup import Html, details, facts, heading, panel
from embed.messages import option
from embed.model.health import health_of_documents, health_of_run
from embed.model.history import EpochRecord, History, history_html
from embed.model.parameters import Parameters
from embed.model.provenance import Provenance
from embed.model.tail import like_inputs
from embed.vectors.health import Health
from embed.vectors.ngram_rows import Subwords
from embed.vectors.peer_names import advice
from embed.vectors.postprocess import AffineMap, postprocess
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["EpochRecord", "Model", "Provenance"]

Float32s = NDArray[np.float32]
_BLOCK_ROWS = 1 << 12


@dataclass(frozen=True, repr=False)
class Model(Saved):
    """A trained model.

    Attributes
    ----------
    config : TrainConfig
    vocabulary : Vocabulary
    parameters : Parameters
        The matrices of input and output rows, padded.
    provenance : Provenance or None
    history : tuple of EpochRecord
        A :class:`embed.model.history.History`, which a notebook shows as a curve.
    stored_map : AffineMap or None
        The map of `postprocessing`, from the model's file. None: it is computed from the rows.
    """

    has_formats = True

    config: TrainConfig
    vocabulary: Vocabulary
    parameters: Parameters
    provenance: Provenance | None = None
    history: tuple[EpochRecord, ...] = ()
    stored_map: AffineMap | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "history", History(self.history))

    def __repr__(self) -> str:
        return f"<{self._in_words()}>"

    def _in_words(self) -> str:
        ngrams = " with n-grams" if self.config.subword else ""
        return (
            f"Model: {len(self.vocabulary)} words x {self.config.dim} dimensions, {self.config.objective}{ngrams}, "
            f"{len(self.history)} epochs"
        )

    def _repr_html_(self) -> str:
        return panel(heading(self._in_words()), self.training_html())

    def training_html(self) -> Html:
        """Return how the model was trained, for a notebook: figures, changed parameters, and the learning curve."""
        origin, seconds = self.provenance, sum(record.seconds for record in self.history)
        passed = sum(record.seconds * record.tokens_per_second for record in self.history)
        return Html(
            facts(
                [
                    ("tokens", None if origin is None else f"{origin.tokens:,} of {origin.raw_tokens:,}"),
                    ("training", f"{seconds:,.1f} s, {passed / seconds:,.0f} tokens/s" if seconds else None),
                    ("threads", None if origin is None else origin.threads),
                ]
            )
            + history_html(self.history)
            + details("parameters that differ from the defaults", self.config.changed_html())
        )

    if not TYPE_CHECKING:  # type checkers would otherwise accept every name

        def __getattr__(self, name: str) -> Any:
            if not name.startswith("_") and hasattr(WordVectors, name):
                raise AttributeError(f"a model has no {name!r}: use model.vectors.{name}")
            if name == "wv":
                raise AttributeError("a model has no 'wv': use model.vectors")
            if (ours := advice(name, "model.vectors")) is not None:
                raise AttributeError(f"a model has no {name!r}: use {ours}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def least_count(self) -> int:
        """Return `min_count`, with the number that was chosen for the text filled in."""
        found = None if self.provenance is None else self.provenance.decisions.get("min_count")
        return self.config.min_count or (found if isinstance(found, int) and found >= 1 else COUNT)

    def subsample(self) -> float:
        """Return the threshold of subsampling of the training, adapted to a small text."""
        asked = self.config.subsample_threshold()
        return asked if self.provenance is None else self.provenance.subsample(asked)

    @property
    def input(self) -> Float32s:
        """The input rows, float32[R, dim]: words first, then n-grams; see :class:`Parameters`."""
        return self.parameters.inputs[:, : self.config.dim]

    @property
    def output(self) -> Float32s:
        """The output rows, float32[V, dim]; with `structured` float32[2 * V, dim], see :class:`Parameters`."""
        return self.parameters.outputs[:, : self.config.dim]

    @property
    def form(self) -> Form:
        """The form of the words, which follows from how the text was read."""
        return Form(normal=self.config.tokenizer == "words", lowercase=self.config.lowercase)

    @cached_property
    def vectors(self) -> WordVectors:
        """The word vectors, post-processed by `config.postprocess`; with subwords, they also compose unknown words."""
        raw = self._trained_vectors()
        return raw if self.postprocessing is None else self.postprocessing.vectors(raw)

    @property
    def raw_vectors(self) -> WordVectors:
        """The word vectors as trained, without post-processing."""
        return self.vectors if self.postprocessing is None else self._trained_vectors()

    @cached_property
    def postprocessing(self) -> AffineMap | None:
        """The map that makes `vectors` of `raw_vectors`; None without post-processing."""
        steps = self.config.steps()
        if self.stored_map is not None or not steps:
            return self.stored_map
        return AffineMap.fitted(self._trained_vectors().matrix, steps)

    def _trained_vectors(self) -> WordVectors:
        parameters = self.parameters
        subwords = None
        if parameters.scheme is not None and len(parameters.buckets):
            subwords = Subwords(parameters.scheme, self.input[parameters.own_rows :], parameters.kept)
        return WordVectors(
            self.vocabulary.words,
            parameters.word_matrix(),
            counts=self.vocabulary.counts,
            subwords=subwords,
            form=self.form,
        )

    def averaged_vectors(self) -> WordVectors:
        """Return the mean of the unit input vector and the unit output vector of each word.

        With `structured`, the output vector of a word is the mean of its two output rows. `config.postprocess` is
        applied to the means.

        Returns
        -------
        WordVectors
            With counts, and without n-grams, which have no output rows.

        Raises
        ------
        ConfigError
            The model was trained with hierarchical softmax, whose output rows belong to tree nodes.

        Notes
        -----
        Pennington et al., "GloVe", EMNLP 2014, section 4.2, and Levy, Goldberg & Dagan, TACL 2015, section 3.3 (w + c),
        add the two unscaled; here both have length 1, so that they weigh the same.
        """
        if self.config.loss != "ns":
            raise ConfigError(
                f"averaged vectors need a model trained with {option('loss', 'ns')}: the output rows of this model "
                "belong to tree nodes, not to words"
            )
        inputs, outputs = self.raw_vectors.matrix, self.output
        if self.provenance is not None:
            outputs = like_inputs(outputs, inputs, self.provenance.decisions)
        matrix, sides = np.empty((len(self.vocabulary), self.config.dim), np.float32), self.config.sides()
        for first in range(0, len(matrix), _BLOCK_ROWS):
            rows = slice(first, first + _BLOCK_ROWS)
            output = outputs[first * sides : (first + _BLOCK_ROWS) * sides].reshape(-1, sides, self.config.dim)
            matrix[rows] = (unit_rows(inputs[rows]) + unit_rows(output.mean(axis=1))) / 2
        averaged = WordVectors(self.vocabulary.words, matrix, counts=self.vocabulary.counts, form=self.form)
        return postprocess(averaged, self.config.postprocess)

    def save(self, path: str | os.PathLike[str], format: ModelFormat = "native") -> None:
        """Write the whole model to a file; see :func:`embed.save_model`, which is another name of this."""
        room_behind("models").save_model(self, path, format)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Read a whole model from a file; see :func:`embed.load_model`, which is another name of this."""
        model: Model = room_behind("models").load_model(path)
        return model

    def health(self) -> Health:
        """Return how alike the vectors are as trained, how many words are hardly trained, and the coverage of the text.

        Its `problem()` is a sentence if the vectors are not fit for use; see :class:`embed.vectors.health.Health`. With
        the objective ``dbow``, the vectors are those of the documents.
        """
        if self.config.objective == "dbow" and self.parameters.document_count:
            return health_of_documents(self.parameters.documents[:, : self.config.dim], len(self.history))
        return health_of_run(self.raw_vectors, self.config, self.provenance, len(self.history))

    def run_card(self) -> dict[str, Any]:
        """Return everything needed to repeat and judge the run, as plain JSON values."""
        return {
            "config": self.config.to_dict(),
            "rates": dict(zip(("lr", "input_lr"), self.config.rates(), strict=True)),
            "vocabulary": {"words": len(self.vocabulary), "tokens": self.vocabulary.total},
            "provenance": None if self.provenance is None else asdict(self.provenance),
            "health": asdict(self.health()),
            "epochs": [asdict(record) for record in self.history],
        }
