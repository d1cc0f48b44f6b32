"""Run the training over an encoded corpus: count epochs, call back, stop early, write checkpoints.

A backend (:mod:`embed.training.backends`) trains the tokens, with the learning rates of a schedule
(:mod:`embed.training.schedule`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.checkpoints.checkpoint import Checkpoint, Place, vocabulary_digest
from embed.checkpoints.checkpoint_folder import Found, restore
from embed.checkpoints.writer import Saver
from embed.config.train import TrainConfig
from embed.engine.machine import simd
from embed.errors import ConfigError, CorpusError, DivergenceError, advise
from embed.messages import option
from embed.model.model import EpochRecord, Model
from embed.model.parameters import Parameters
from embed.model.provenance import Provenance
from embed.model.tail import TAIL, scale_tail
from embed.text.encoded_corpus import EncodedCorpus
from embed.training.backends import Task, Variant, backend_for
from embed.training.backends.crew import Crew
from embed.training.early_stopping import Patience
from embed.training.examples import advise_of_few_kept, loss_tolerance, no_examples, refuse_without_pairs
from embed.training.progress import Progress
from embed.training.schedule import Schedule
from embed.training.senses import begin_senses, estimate_priors
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import gentle_threshold, keep_probabilities

__all__ = ["EpochCallback", "Trainer"]

EpochCallback = Callable[[EpochRecord, Model], object]
"""Called after each epoch with its record and the current model; a true return value ends the training."""


class Trainer:
    """One training run over an encoded corpus.

    Parameters
    ----------
    corpus : EncodedCorpus
    config : TrainConfig
    parameters : Parameters, optional
        The parameters to start from, changed in place (default: untrained ones).
    variant : Variant, optional
        What the configuration does not say.
    keeps_half : bool
        The threshold of subsampling is a default: raise it if it would drop most of a small text.
    is_strict : bool
        Raise DivergenceError after an epoch whose loss is above that of untrained vectors, instead of a warning.
    crew : Crew, optional
        The workers of a cluster (default: threads of this process).

    Raises
    ------
    CorpusError
        The held-out share leaves nothing to train or to measure, or no sentence has two tokens.

    Attributes
    ----------
    tokens : int
        Tokens of an epoch, without the held-out ones.
    has_advised : bool
        The run has warned of divergence, or of subsampling that drops most of the text.
    """

    def __init__(
        self,
        corpus: EncodedCorpus,
        config: TrainConfig,
        *,
        parameters: Parameters | None = None,
        variant: Variant | None = None,
        keeps_half: bool = False,
        is_strict: bool = False,
        crew: Crew | None = None,
    ) -> None:
        if not corpus.tokens:  # as encoded, it holds a token at least
            raise CorpusError("the encoded corpus is closed: encode the text again, or train before closing it")
        self.config = config
        self.corpus = corpus
        self.tokens = _training_tokens(corpus, config.held_out)
        self._variant = Variant() if variant is None else variant
        refuse_without_pairs(corpus, config, self.tokens, has_documents=self._variant.tags is not None)
        if parameters is None:
            parameters = Parameters.initial(corpus.vocabulary, config)
        self.provenance = Provenance(
            corpus_fingerprint=corpus.fingerprint,
            sentences=corpus.sentences,
            tokens=corpus.tokens,
            raw_tokens=corpus.raw_tokens,
            simd_path=simd(),
            threads=config.thread_count() if crew is None else crew.threads,
        )
        if corpus.count_error:
            self.provenance.decisions["count_error"] = corpus.count_error
        if corpus.least_count is not None:
            self.provenance.decisions["min_count"] = corpus.least_count
        self.history: list[EpochRecord] = []
        self._subsample = config.subsample_threshold()
        if keeps_half and (gentle := gentle_threshold(corpus.vocabulary.counts, self._subsample)) != self._subsample:
            self._subsample = self.provenance.decisions["subsample"] = gentle
        self.has_advised = advise_of_few_kept(corpus.vocabulary.counts, self._subsample)
        self._is_strict, self._is_alarmed, self._has_warned_of_held_out = is_strict, False, False
        self._place = Place()
        self._patience = Patience(parameters, config.patience, config.min_delta) if config.patience else None
        self._schedule = Schedule(config, self.tokens)
        task = Task(
            corpus,
            config,
            parameters,
            self.tokens,
            self._subsample,
            self.provenance.threads,
            self.provenance.simd_path,
            self._variant,
            crew,
        )
        self._backend = backend_for(task)

    def run(
        self, *, callbacks: Sequence[EpochCallback] = (), progress: Progress | None = None, saver: Saver | None = None
    ) -> Model:
        """Train for the configured number of epochs; see :func:`train`. `saver` writes the checkpoints."""
        epochs, patience = self.config.epoch_count(), self._patience
        if progress is None:
            progress = Progress()
        with ExitStack() as stack:
            stack.callback(self._backend.close)
            done = self._place.epoch * self.tokens + self._place.position
            progress.begin("training", self.tokens * epochs, first=done, epochs=epochs)
            stack.callback(progress.finish)
            if saver is not None:
                stack.enter_context(saver)
                saver.prepare(self._matrices(), self.config.dim)
            is_over = patience is not None and patience.is_over  # if the resumed run had already stopped
            for epoch in range(epochs if is_over else self._place.epoch, epochs):
                record = self._train_epoch(epoch, progress, saver)
                self.history.append(record)
                progress.note_epoch(record)
                if patience is not None:
                    self._backend.fetch()
                    patience.note(record)
                    is_over = patience.is_over
                is_last = self._is_asked_to_stop(callbacks, record) or is_over or epoch + 1 == epochs
                self._place = Place(epoch + 1)
                if saver is not None and (saver.is_due_after_epoch(self.tokens * (epoch + 1)) or is_last):
                    saver.save(self._checkpoint(), self._matrices())
                if is_last:
                    break
        if all(record.loss is None for record in self.history):
            raise no_examples(self.corpus, self._subsample)
        if patience is not None:
            self.provenance.decisions["stopping"] = patience.finish()
        if self.config.senses:
            estimate_priors(self.corpus, self.parameters, self.config.seed)
        if (scale := self.config.tail(self.tokens)) != 1:
            self.provenance.decisions[TAIL] = scale_tail(self.parameters, scale, self.tokens)
        return self.model

    def resume(self, source: Found, *, anyway: bool = False) -> list[Path]:
        """Resume from the newest checkpoint that is whole; return newer ones that are not.

        Raises
        ------
        ConfigError, FormatError
            As :func:`embed.checkpoints.checkpoint_folder.restore` does.
        """
        found, damaged = restore(source, self._checkpoint(), self._matrices(), anyway=anyway)
        if found.place.position > self.tokens:
            raise ConfigError(f"{source.directory}: token {found.place.position:,} is beyond the training tokens")
        self._place = found.place
        self.history = list(found.history)
        if self._patience is not None:
            self._patience.replay(self.history)
        return damaged

    def stretch(self, first: int, last: int) -> int:
        """Train on the tokens first..last-1 as in the first epoch; return the end position."""
        return self._train(range(first, last), 0, lambda _: False)

    @property
    def stretch_step(self) -> int:
        """Every stretch begins at a multiple of this number."""
        return self._backend.step

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self.config, self._vocabulary, self.provenance, self._place, tuple(self.history))

    @cached_property
    def _vocabulary(self) -> str:
        return vocabulary_digest(self.corpus.vocabulary)

    def _matrices(self) -> dict[str, NDArray[np.float32]]:
        kept = {} if self._patience is None else self._patience.kept
        return {**self.parameters.matrices(), **kept}

    @property
    def parameters(self) -> Parameters:
        """The current parameters."""
        return self._backend.fetch()

    @property
    def model(self) -> Model:
        """The current model, which shares its memory with the training."""
        return Model(self.config, self.corpus.vocabulary, self.parameters, self.provenance, tuple(self.history))

    @property
    def total_loss(self) -> float:
        """The sum of the losses of all examples of the latest epoch (nats)."""
        return self._backend.loss

    @property
    def examples(self) -> int:
        """Examples of the latest epoch: pairs (skip-gram) or windows (CBOW), each with its noise."""
        return self._backend.examples

    def held_out_loss(self) -> float | None:
        """Measure the mean loss on the held-out tokens; None without examples (:mod:`embed.training.held_out`)."""
        return self._backend.held_out_loss(range(self.tokens, self.corpus.tokens))

    def held_out_losses(self, parts: int) -> list[float | None]:
        """Measure the mean losses on `parts` pieces of the held-out tokens; None for one without examples."""
        ends = np.linspace(self.tokens, self.corpus.tokens, parts + 1).astype(int).tolist()
        return [self._backend.held_out_loss(range(first, last)) for first, last in pairwise(ends)]

    def _train_epoch(self, epoch: int, progress: Progress, saver: Saver | None) -> EpochRecord:
        """Train the rest of an epoch, in stretches with a checkpoint between them."""
        position = self._place.position
        started = time.perf_counter() - self._place.seconds
        first_with_senses = 0 if self._variant.has_senses else self.config.first_sense_epoch()
        has_senses = bool(self.config.senses) and epoch >= first_with_senses
        if has_senses and epoch == first_with_senses and position == 0 and not self._variant.has_senses:
            begin_senses(self.corpus, self.parameters, self.config.seed)
        self._backend.begin_epoch(self._place.loss, self._place.examples, has_senses=has_senses)

        def look(tokens: int) -> bool:
            progress.advance(
                epoch * self.tokens + tokens,
                epoch=epoch + 1,
                loss=self._mean_loss(),
                lr=self._schedule.rate(epoch, tokens),
            )
            if saver is not None and saver.diverged:
                raise self._divergence(epoch, "a vector is not finite")
            return saver is not None and saver.is_due()

        while True:
            end = self.tokens
            if saver is not None:
                end = saver.next_stop(epoch * self.tokens, position, end)
            position = self._train(range(position, end), epoch, look)
            if position >= self.tokens:
                break
            seconds = time.perf_counter() - started
            self._place = Place(epoch, position, self.total_loss, self.examples, seconds)
            if saver is not None:
                saver.save(self._checkpoint(), self._matrices())
        seconds = time.perf_counter() - started
        loss = self._mean_loss()
        self._check_health(epoch, loss)
        held_out_loss = self.held_out_loss() if self.config.held_out else None
        if self.config.held_out and held_out_loss is None:
            self._warn_of_held_out()
        return EpochRecord(
            epoch=epoch + 1,
            loss=loss,
            held_out_loss=held_out_loss,
            lr=self._schedule.rate(epoch, self.tokens),
            seconds=seconds,
            tokens_per_second=self.tokens / seconds,
        )

    def _mean_loss(self) -> float | None:
        examples = self.examples
        return self.total_loss / examples if examples else None

    def _warn_of_held_out(self) -> None:
        """Warn once that there is no held-out loss."""
        if not self._has_warned_of_held_out:
            self._has_warned_of_held_out = True
            effect = "" if self._patience is None else f", and {option('patience')} cannot stop the training"
            advise(
                f"no held-out sentence has two words left, so there is no held-out loss{effect}: raise "
                f"{option('held_out')} or {option('subsample')}"
            )

    def _train(self, tokens: range, epoch: int, look: Callable[[int], bool]) -> int:
        """Train a stretch of tokens and call `look` at its end; return the end position."""
        position = self._backend.train(tokens, epoch, self._schedule, look)
        if not math.isfinite(self.total_loss):
            raise self._divergence(epoch, "the loss is not finite")
        look(position)
        return position

    def _is_asked_to_stop(self, callbacks: Sequence[EpochCallback], record: EpochRecord) -> bool:
        if not callbacks:
            return False
        model = self.model
        answers = [callback(record, model) for callback in callbacks]  # all are called, whatever the others return
        return any(answers)

    def _check_health(self, epoch: int, loss: float | None) -> None:
        if (name := self._backend.infinite()) is not None:
            raise self._divergence(epoch, f"a vector of the matrix {name!r} is not finite")
        if loss is None or self._is_alarmed:
            return
        untrained = self._targets_of_an_example * np.log(2)
        if loss > untrained + loss_tolerance(loss, self.examples, self.config):
            sentence = (
                f"the loss of epoch {epoch + 1} is {loss:.3g}, above the {untrained:.3g} of untrained vectors: "
                f"{self._lower_rates()}"
            )
            if self._is_strict:
                raise DivergenceError(sentence)
            self._is_alarmed = self.has_advised = True
            advise(sentence)

    @cached_property
    def _targets_of_an_example(self) -> float:
        losses, targets = self._variant.losses or (self.config.loss,), 0.0
        if "ns" in losses:
            targets += self.config.negatives + 1
        if "hs" in losses:
            counts = self.corpus.counts
            trained = counts * keep_probabilities(counts, self._subsample)
            targets += float(np.average(np.diff(HuffmanTree.from_counts(counts).offsets), weights=trained))
        return targets

    def _divergence(self, epoch: int, what: str) -> DivergenceError:
        return DivergenceError(f"training diverged in epoch {epoch + 1}, {what}: {self._lower_rates()}")

    def _lower_rates(self) -> str:
        lr, input_lr = self.config.rates()
        return f"lower the learning rates ({option('lr')} is {lr:g}, {option('input_lr')} is {input_lr:g})"


def _training_tokens(corpus: EncodedCorpus, held_out: float) -> int:
    """Return the begin of the held-out tokens: the sentence boundary nearest to their share."""
    total = corpus.tokens
    if held_out == 0:
        return total
    boundary = corpus.boundary_near(total * (1 - held_out))
    if boundary is None:
        raise CorpusError(
            f"{option('held_out')} is {held_out:g}, but {corpus.sentences} sentences cannot be divided so: give more "
            f"sentences, or change {option('held_out')}"
        )
    return boundary
