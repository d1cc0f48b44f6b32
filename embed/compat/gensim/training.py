"""One call of ``train``: encode the corpus with the vocabulary of the model, and run the epochs.

The draws depend on the seed and on how many epochs the model has behind it, so that many calls of one epoch are as good
as one call of many.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from embed.compat.gensim.arguments import SAMPLE, gensims_name, train_config
from embed.compat.gensim.errors import ArgumentError
from embed.compat.gensim.sentences import Corpus
from embed.compat.gensim.tagged_documents import DocumentsToTrain
from embed.compat.gensim.training_log import TrainingLog
from embed.engine.problem import RowFactors, Tags
from embed.errors import AdviceWarning, NoExamplesError, advise
from embed.messages import speaking
from embed.model.parameters import padded_matrix
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode_with
from embed.training.backends import Variant
from embed.training.examples import few_kept, refuse_without_pairs
from embed.training.progress import Progress
from embed.training.trainer import Trainer

if TYPE_CHECKING:
    from embed.compat.gensim.learnt import LearntModel
    from embed.config.train import TrainConfig
    from embed.model.model import EpochRecord, Model
    from embed.model.parameters import Parameters

__all__ = ["train_model", "variant_of", "with_nodes"]

_EVENTS = ("on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end")
logger = logging.getLogger("gensim.models.word2vec")


def train_model(model: LearntModel, corpus: Corpus, callbacks: list[Any], report_delay: float = 1.0) -> tuple[int, int]:
    """Train a model with a vocabulary; see :meth:`Word2Vec.train`."""
    parameters = model.parameters
    assert parameters is not None
    for callback in callbacks:
        if missing := [event for event in _EVENTS if not callable(getattr(callback, event, None))]:
            raise ArgumentError(
                f"the callback {type(callback).__name__} has no {missing[0]}: derive it from CallbackAny2Vec"
            )
    if model.alpha > model.min_alpha_yet_reached:
        logger.warning(
            "Effective 'alpha' higher than previous training cycles: it rises to %g from %g",
            model.alpha,
            model.min_alpha_yet_reached,
        )
    logger.info(
        "training model with %i workers on %i vocabulary and %i features, using sg=%s hs=%s sample=%s negative=%s "
        "window=%s",
        model.workers,
        len(model.wv),
        model.vector_size,
        model.sg,
        model.hs,
        model.sample,
        model.negative,
        model.window,
    )
    config = train_config(
        model,
        epochs=model.epochs,
        lr=model.alpha,
        min_lr=model.min_alpha,
        seed=model.seed_of_draws() + model.epochs_trained,
    )
    model.running_training_loss = 0.0
    started = time.perf_counter()
    documents = corpus if isinstance(corpus, DocumentsToTrain) else None
    numbers: list[npt.NDArray[np.int64]] = []
    with encode_with(
        model.vocabulary, corpus, numbers=numbers if documents else None, threads=config.thread_count()
    ) as encoded:
        variant = variant_of(
            model, documents.sentence_tags(np.concatenate(numbers), len(model.wv)) if documents else None
        )
        _call(callbacks, "on_train_begin", model)
        _call(callbacks, "on_epoch_begin", model)

        def after_epoch(number: int, loss: float) -> None:
            model.running_training_loss += loss
            model.epochs_trained += 1
            model._refreshed()
            _call(callbacks, "on_epoch_end", model)
            if number < config.epoch_count():
                _call(callbacks, "on_epoch_begin", model)

        with speaking(gensims_name):
            if not model.train_count:
                refuse_without_pairs(encoded, config, len(encoded.ids), has_documents=documents is not None)
            try:
                _run(model, encoded, config, parameters, variant, after_epoch, report_delay)
            except NoExamplesError as error:
                if not model.train_count and model.sample != SAMPLE:
                    raise
                # a small piece of a stream ends no service, nor does gensim's default a program written for gensim
                advise(f"{error}; the vectors have not changed")
        tokens, raw_tokens = len(encoded.ids) * config.epoch_count(), encoded.raw_tokens * config.epoch_count()
    model.min_alpha_yet_reached = model.min_alpha
    model.train_count += 1
    seconds = time.perf_counter() - started
    model.total_train_time += seconds
    logger.info(
        "training on %i raw words (%i effective words) took %.1fs, %.0f effective words/s",
        raw_tokens,
        tokens,
        seconds,
        tokens / seconds,
    )
    _call(callbacks, "on_train_end", model)
    return tokens, raw_tokens


def _run(
    model: LearntModel,
    encoded: EncodedCorpus,
    config: TrainConfig,
    parameters: Parameters,
    variant: Variant,
    after_epoch: Callable[[int, float], None],
    report_delay: float,
) -> None:
    if told := few_kept(encoded.vocabulary.counts, config.subsample_threshold()):
        logger.warning("%s", told)
    trained = with_nodes(model, parameters)
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):  # logged, as gensim does
        trainer = Trainer(encoded, config, parameters=trained, variant=variant)

    def report(record: EpochRecord, _: Model) -> None:
        if model._nodes is not None:
            words = len(trained.outputs) - len(model._nodes)
            model._nodes[:] = trained.outputs[words:, : model.vector_size]
            parameters.outputs[:words] = trained.outputs[:words]
        after_epoch(record.epoch, trainer.total_loss)

    log = TrainingLog(len(encoded.ids), encoded.raw_tokens, report_delay)
    trainer.run(callbacks=[report], progress=Progress(log))


def variant_of(model: LearntModel, tags: Tags | None = None) -> Variant:
    """Return what a configuration of ours does not say: both losses at once, sums of contexts, rows that are locked."""
    losses: list[Literal["ns", "hs"]] = []
    if model.negative:
        losses.append("ns")
    if model.hs:
        losses.append("hs")
    return Variant(
        factors=RowFactors(inputs=model.input_factors(), outputs=model.output_factors()),
        context_sum=not model.sg and not model.cbow_mean,
        losses=tuple(losses),
        tags=tags,
    )


def with_nodes(model: LearntModel, parameters: Parameters) -> Parameters:
    """Return the parameters with the nodes of the tree, if there is one, instead of the output rows or after them."""
    if model._nodes is None:
        return parameters
    words = len(parameters.outputs) if model.negative else 0
    outputs = padded_matrix(words + len(model._nodes), model.vector_size)
    outputs[:words] = parameters.outputs[:words]
    outputs[words:, : model.vector_size] = model._nodes
    return replace(parameters, outputs=outputs)


def _call(callbacks: list[Any], event: str, model: LearntModel) -> None:
    for callback in callbacks:
        getattr(callback, event)(model)
