"""Continue the training of a saved model, or of plain vectors, on new text.

With the vocabulary "old", the words, their order and their counts stay; other words of the text are left out. With
"union", words that occur `min_count` times in the text join. Their rows start as all rows do, the counts of all words
are added up, and subsampling and noise follow from the sums. A new word shares the n-grams of known words.

Vectors without a model have no output rows. These start at zero, as in a new model, and learn in the first epoch; a
first run with ``input_lr=0`` trains them before any vector moves.

With ``freeze="old"`` the input and output rows of the model's words keep their bits, and so do rows of n-grams and the
position weights. Only the new words learn.

With ``freeze="outputs"`` the output rows of the model's words and the position weights keep their bits, and the input
rows learn. Models that continue from one model on different texts, such as slices of time, then share a space: that
model is their compass (Di Carlo, Bianchi & Palmonari 2019, "Training Temporal Word Embeddings with a Compass", AAAI).
They begin with the vectors of the compass, so that a word that is rare in a slice stays near to where the whole text
has it.

The draws depend on seed and epoch. The seed is raised by the epochs of the model, so that training on the same text
does not repeat them. A checkpoint stores the digest of the model that its run started from; a run with another start
cannot resume it.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from embed import formats
from embed.arguments import choice
from embed.checkpoints.checkpoint import vocabulary_digest
from embed.choices import FREEZES, VOCABULARIES, Freeze, KeptVocabulary
from embed.config.run import FilePath, RunKeywords, RunOptions
from embed.config.train import TrainConfig
from embed.corpora import open_configured
from embed.engine.problem import RowFactors
from embed.errors import AdviceWarning, ConfigError, CorpusError, FormatError, advise
from embed.files.inputs import Input
from embed.formats import fasttext_bin
from embed.formats.fasttext_model import own_rows
from embed.formats.model_file import load_model
from embed.formats.reading import read_start
from embed.messages import option
from embed.model.model import Model
from embed.model.parameters import Parameters
from embed.model.provenance import CONTINUED_FROM
from embed.model.tail import TAIL
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode_with
from embed.training.backends import Variant
from embed.training.backends.crews import check_cluster, crew_of
from embed.training.progress import Progress
from embed.training.run import Source, run
from embed.training.trainer import Trainer
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["ModelStart", "continue_training", "continued_config", "model_of", "transfer"]

_HASH_ROWS = 1 << 12
_FIXED = ("dim", "loss", "structured", "subword", "min_n", "max_n", "buckets", "hash_count", "composition")
_FIXED_SENSES = ("senses", "sense_min_count")


def continue_training(
    start: Model | WordVectors | FilePath,
    corpus: Source,
    *,
    vocabulary: KeptVocabulary = "old",
    freeze: Freeze = "none",
    **settings: Unpack[RunKeywords],
) -> Model:
    """Train a model further on new text, and return a new model.

    Parameters
    ----------
    start : Model, WordVectors or path
        A model or its file (native or fastText), or vectors or their file in any format. Not changed.
    corpus : as for :func:`embed.train`
    vocabulary : {"old", "union"}
        Train the words of the model alone, or those of the text too; :mod:`embed.training.continue_training` has the
        details.
    freeze : {"none", "old", "outputs"}
        Keep the rows of the model's words ("old"), with the vocabulary "union"; or only their output rows ("outputs"),
        so that the vectors of several texts that continue from one model can be compared.
    **settings
        Options of the run, as for :func:`embed.train`, without `preset` and `encoded_dir`. Training parameters replace
        those of the model; the ones that shape its matrices cannot change.

    Returns
    -------
    Model
        A new one; its history is that of this run.

    Raises
    ------
    ConfigError
        If `vocabulary`, `freeze` or a parameter is wrong; if the checkpoint belongs to another run, or to one that
        started from another model.
    FormatError
        If the file cannot be read or holds quantised vectors.
    CorpusError
        If the text is missing, unreadable or malformed, or has no word of the vocabulary; with `freeze`, if it has no
        new word.
    DivergenceError
        If the loss or a parameter is not finite.
    """
    options, given = RunOptions.split(settings)
    return run(ModelStart(start, vocabulary, freeze, options, given), corpus, options)


class ModelStart:
    """A run that begins with a model.

    Parameters
    ----------
    start, vocabulary, freeze
        As for :func:`continue_training`.
    options : RunOptions
    given : mapping
        Training parameters of the user.

    Raises
    ------
    ConfigError, FormatError
        If the model cannot be read, or not be trained further in this way.
    """

    def __init__(
        self,
        start: Model | WordVectors | FilePath,
        vocabulary: KeptVocabulary,
        freeze: Freeze,
        options: RunOptions,
        given: Mapping[str, Any],
    ) -> None:
        choice("vocabulary", vocabulary, VOCABULARIES)
        choice("freeze", freeze, FREEZES)
        if freeze == "old" and vocabulary == "old":
            raise ConfigError(
                f"nothing would learn: {option('freeze')} is 'old', and {option('vocabulary')} 'old' adds no word; "
                f"give {option('vocabulary', 'union')}"
            )
        for name, why in (
            ("preset", "the parameters are those of the model"),
            ("encoded_dir", "the text is encoded with the words of the model, which are not stored there"),
        ):
            if getattr(options, name) is not None:
                raise ConfigError(f"cannot use {option(name)} when training continues: {why}; leave it out")
        model = start if isinstance(start, Model) else model_of(start)
        self._model, self._vocabulary, self._freeze, self._options = model, vocabulary, freeze, options
        self._settings = config = continued_config(model, given)
        check_cluster(options, config)
        self._keeps_half = "subsample" not in given and _keeps_half(model)
        if config.loss == "hs" and vocabulary == "union":
            raise ConfigError(
                f"cannot add words to a model with hierarchical softmax, because they would change its tree: give "
                f"{option('vocabulary', 'old')}"
            )
        if freeze != "none" and config.tail_scale != 1:
            raise ConfigError(
                f"cannot use {option('tail_scale', config.tail_scale)} with {option('freeze', freeze)}: leave one of "
                "them out, since frozen rows would move"
            )
        if freeze == "outputs" and not model.parameters.outputs.any():
            raise ConfigError(
                f"nothing would learn: {option('freeze')} is 'outputs', and the file has vectors without output rows; "
                f"continue from a whole model ({option('save_model')} stores one)"
            )
        if freeze == "old" and config.hash_count:
            raise ConfigError(
                f"cannot use {option('freeze', 'old')} with a floret table: new words share the rows of old ones there"
            )
        self._continued_from = {
            "vocabulary": vocabulary,
            "freeze": freeze,
            "words": len(model.vocabulary),
            "epochs": len(model.history),
            "corpus_fingerprint": None if model.provenance is None else model.provenance.corpus_fingerprint,
            "digest": digest(model),
        }

    def config(self, vocabulary: Vocabulary | None, epochs: int | None = None) -> TrainConfig:
        """Return the model's configuration with the changes of the user, whatever the size of the corpus."""
        return self._settings if epochs is None else self._settings.replace(epochs=epochs)

    def resuming(self, config: TrainConfig) -> None:
        """Take nothing: the model has every setting."""

    def decisions(self) -> dict[str, Any]:
        """Return what the training continues from."""
        before = {} if self._model.provenance is None else self._model.provenance.decisions
        kept = {TAIL: before[TAIL]} if TAIL in before else {}
        return {CONTINUED_FROM: self._continued_from, **kept}

    def read(self, corpus: Any, options: RunOptions, progress: Progress) -> EncodedCorpus:
        """Encode the corpus with the words of the model, and new ones for a union."""
        model, union = self._model, self._vocabulary == "union"
        with progress.counting("reading") as count:
            encoded = encode_with(
                model.vocabulary,
                open_configured(
                    corpus,
                    self._settings,
                    column=options.column,
                    delimiter=options.delimiter,
                    weight_column=options.weight_column,
                ),
                new_words_from=self._least_count() if union else None,
                progress=count,
                threads=self._settings.thread_count(),
            )
        if not union and len(model.vocabulary) == model.vocabulary.total:
            # the model stores no counts: take those of the text, plus one, so that every word can be noise
            counts = np.bincount(encoded.ids, minlength=len(model.vocabulary)).astype(np.int64) + 1
            encoded.vocabulary = Vocabulary(model.vocabulary.words, counts)
        return encoded

    def _least_count(self) -> int:
        """Return how often a new word has to occur."""
        return self._settings.min_count or self._model.least_count()

    def trainer(self, corpus: EncodedCorpus, config: TrainConfig, *, is_fresh: bool) -> Trainer:
        """Return a trainer of the model's rows."""
        words, buckets = corpus.vocabulary, self._model.parameters.buckets
        known = _known(self._model, words)
        if self._freeze == "old" and known.all():
            raise CorpusError(
                f"nothing would learn: {option('freeze')} is 'old', and the text has no new word that occurs "
                f"{self._least_count()} times; lower {option('min_count')}"
            )
        if is_fresh:
            parameters = transfer(self._model, words, config)
        else:
            parameters = Parameters.empty(words, config, buckets, sense_offsets=_sense_offsets(self._model, words))
        variant = Variant() if self._freeze == "none" else _frozen(known, parameters, config, self._freeze)
        variant = replace(variant, has_senses=self._model.parameters.sense_offsets is not None)
        crew, config = crew_of(self._options, config, corpus)
        return Trainer(corpus, config, parameters=parameters, variant=variant, keeps_half=self._keeps_half, crew=crew)


def _keeps_half(model: Model) -> bool:
    """Return whether the threshold of subsampling is a default, or was raised from one."""
    decisions = {} if model.provenance is None else model.provenance.decisions
    return model.config.subsample is None or "subsample" in decisions


def digest(model: Model) -> str:
    """Return the hexadecimal hash of a model's words, counts and rows."""
    whole = hashlib.blake2b(vocabulary_digest(model.vocabulary).encode(), digest_size=16)
    for matrix in model.parameters.matrices().values():
        whole.update(str(matrix.shape).encode())
        for first in range(0, len(matrix), _HASH_ROWS):
            whole.update(np.ascontiguousarray(matrix[first : first + _HASH_ROWS], "<f4").data)
    return whole.hexdigest()


def transfer(model: Model, vocabulary: Vocabulary, config: TrainConfig) -> Parameters:
    """Return parameters for a vocabulary that has all words of the model: the model's rows, fresh ones for new words.

    Positions that the model's window has keep their weights.
    """
    old = model.parameters
    new = Parameters.initial(vocabulary, config, old.buckets, sense_offsets=_sense_offsets(model, vocabulary))
    ids = np.array([vocabulary[word] for word in model.vocabulary.words])
    words, wide = len(ids), old.outputs.shape[1] * config.sides()
    new.outputs.reshape(-1, wide)[ids] = old.outputs.reshape(words, wide)
    if old.own_rows:
        new.inputs[ids] = old.inputs[: old.own_rows]
    new.inputs[new.own_rows + np.searchsorted(new.buckets, old.buckets)] = old.inputs[old.own_rows :]
    middles = len(old.position_weights) // 2, len(new.position_weights) // 2
    common = min(middles)
    if common:
        of_old, of_new = (slice(middle - common, middle + common) for middle in middles)
        new.position_weights[of_new] = old.position_weights[of_old]
    if old.sense_offsets is not None and new.sense_offsets is not None:
        new.contexts[ids] = old.contexts
        # the senses of words in the order of the new vocabulary
        order = np.argsort(np.repeat(ids, np.diff(old.sense_offsets)), kind="stable")
        new.sense_rows[:], new.selectors[:] = old.sense_rows[order], old.selectors[order]
    return new


def _sense_offsets(model: Model, vocabulary: Vocabulary) -> NDArray[np.int32] | None:
    """Return the rows for the senses of a vocabulary: those of the model's words, if they have some."""
    offsets = model.parameters.sense_offsets
    if offsets is None:
        return None
    each = np.zeros(len(vocabulary), np.int64)
    each[[vocabulary[word] for word in model.vocabulary.words]] = np.diff(offsets)
    return np.concatenate([[0], np.cumsum(each)]).astype(np.int32)


def _known(model: Model, new: Vocabulary) -> NDArray[np.bool_]:
    """Return which words of `new` the model has."""
    known = np.zeros(len(new), np.bool_)
    known[[new[word] for word in model.vocabulary.words]] = True
    return known


def _frozen(known: NDArray[np.bool_], parameters: Parameters, config: TrainConfig, freeze: Freeze) -> Variant:
    """Freeze the output rows of known words and the position weights, and with "old" the input rows of words, too.

    With "old", the rows of n-grams are frozen: the own rows of the other words alone learn.
    """
    inputs = None
    if freeze == "old":
        inputs = np.zeros(len(parameters.unit_matrix), np.float32)
        inputs[: len(known)] = ~known
    return Variant(RowFactors(inputs, np.repeat(~known, config.sides()).astype(np.float32)), learns_positions=False)


def model_of(start: WordVectors | FilePath) -> Model:
    """Return the model in a file, or one with these vectors and output rows of zero."""
    if not isinstance(start, WordVectors):
        source = Input.of(start, FormatError)
        is_model = formats.detect(source) == "native" and formats.native.read_metadata(source).get("kind") == "model"
        if is_model or fasttext_bin.recognise(read_start(source)):
            return load_model(source)
        start = formats.load(source)
    if not len(start):
        raise ConfigError("cannot continue training: the file has a table of n-grams and no words")
    subwords = start.subwords
    advise(
        "the file has vectors without output rows: these start at zero, and the vectors move more than those of a "
        f"whole model ({option('save_model')} stores one; a first run with {option('input_lr', 0)} trains the output "
        "rows alone)"
    )
    shape: dict[str, Any] = {"dim": start.dim}
    if subwords is not None:
        scheme = {name: value for name, value in subwords.scheme.to_dict().items() if name != "hash_seed"}
        shape |= {"subword": True, **scheme}
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):  # facts about a file, nobody's choice
        config = TrainConfig(**shape)
    counts = np.ones(len(start), np.int64) if start.counts is None else np.maximum(start.counts, 1)
    vocabulary = Vocabulary(list(start.words), counts)
    if subwords is None:
        parameters = Parameters.empty(vocabulary, config)
        parameters.inputs[:, : config.dim] = start.matrix
        return Model(config, vocabulary, parameters)
    kept = subwords.scheme.every_bucket() if subwords.kept is None else subwords.kept
    parameters = Parameters.empty(vocabulary, config, kept)
    if len(parameters.buckets) > len(kept):
        raise ConfigError("cannot continue training: n-grams of words in the vocabulary were pruned from this file")
    parameters.inputs[parameters.own_rows :, : config.dim] = subwords.matrix
    if parameters.own_rows:
        words = [word.encode() for word in start.words]
        parameters.inputs[: parameters.own_rows, : config.dim] = own_rows(start.matrix, words, subwords)
    return Model(config, vocabulary, parameters)


def continued_config(model: Model, overrides: Mapping[str, Any]) -> TrainConfig:
    """Return the configuration of the next run; raises ConfigError for a change of the shape of the matrices."""
    for name in _FIXED + (_FIXED_SENSES if model.config.senses else ()):
        if name in overrides and overrides[name] != getattr(model.config, name):
            was = getattr(model.config, name)
            raise ConfigError(
                f"cannot change {option(name)} of a model from {was!r} to {overrides[name]!r:.60}: leave it out"
            )
    seed = (model.config.seed + len(model.history)) % (1 << 63)
    of_the_run = {"workers": None, "lanes": None, "merge_tokens": None, "tail_scale": 1.0}
    return model.config.replace(**{"seed": seed, **of_the_run, **overrides})
