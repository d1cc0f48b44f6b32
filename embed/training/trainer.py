"""The training of an encoded corpus: every epoch hands it out to worker threads in chunks.

A chunk is a stretch of token positions; a worker takes the next one when it is done with the last, so that no
thread idles while another lags. Chunks are handed out in order; when no more are, and those that are out are done,
everything before a place is done and nothing after it: there a checkpoint is taken (:mod:`embed.checkpoints.writer`).
What a block of tokens draws, and its learning rate, depend on its position in the corpus alone. With one thread
the result is therefore the same to the bit on every run; several threads share the matrices without locks
(Hogwild: Niu, Recht, Re, Wright 2011), but for the most frequent rows, of which each has replicas for a chunk
(:mod:`embed.engine._replicas`).

Rejected: one fixed share of the corpus per thread (the slowest decides), a queue of Python sentences (the
interpreter lock feeds one core), a learning rate from a shared token counter (depends on the scheduling).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed import _core
from embed.checkpoints.checkpoint import Checkpoint, Place, vocabulary_digest
from embed.checkpoints.checkpoint_folder import restore
from embed.checkpoints.writer import Saver
from embed.config.train import TrainConfig, processors
from embed.engine import _kernels
from embed.engine.machine import simd_path
from embed.engine.threads import together
from embed.errors import ConfigError, CorpusError, DivergenceError, FormatError, advise
from embed.messages import option
from embed.model.model import EpochRecord, Model, Provenance
from embed.model.parameters import Parameters
from embed.pieces import pieces
from embed.text.encoded_corpus import EncodedCorpus
from embed.training import held_out
from embed.training.early_stopping import Patience
from embed.training.examples import advise_of_few_kept, loss_tolerance, no_examples, refuse_without_pairs
from embed.training.progress import ProgressBar
from embed.training.sharing import Chunks, Rate, Rounds, Sharing, round_tokens
from embed.vocabulary.huffman import HuffmanTree
from embed.vocabulary.sampling import alias_table, gentle_threshold, keep_probabilities, noise_distribution, thresholds

__all__ = ["EpochCallback", "Trainer"]

EpochCallback = Callable[[EpochRecord, Model], object]
"""Called after each epoch with its record and the model as it stands; a true return value ends the training."""

# Windows of a block that noise is drawn for before it is dealt again (docs/decisions/0003).
_WORD_NOISE_WINDOWS, _SUBWORD_NOISE_WINDOWS = 8, 16
# With several threads, so many of the most frequent words have replicas for each, if each thread has so many tokens an
# epoch: replicas are averaged, so that their words learn as from one thread's share (docs/decisions/0018).
_REPLICATED_WORDS, _REPLICATED_FROM = 64, 1 << 20
# Of so many rows, two to this power, those of neighbours lie apart while several threads train (docs/decisions/0013).
_LEAST_SPREAD, _MOST_SPREAD = 4, 12
# Learning rate of the weights of places (position_weights) over that of the output rows (docs/objectives.md).
_PLACE_RATIO = 0.001


class Trainer:
    """One training run over an encoded corpus.

    Parameters
    ----------
    corpus : EncodedCorpus
    config : TrainConfig
    parameters : Parameters, optional
        Where to go on from, changed in place; by default a fresh start.
    frozen : uint8[V], optional
        1 for words whose rows stay as they are; then n-gram rows and weights of places do too, and only the own rows of
        the other words learn.
    keeps_half : bool
        Nobody has asked for the threshold of subsampling: where it would drop most of a small text, a higher one is
        taken.

    Raises
    ------
    CorpusError
        If the held-out share leaves nothing to train or to measure on, or no sentence has two tokens.

    Attributes
    ----------
    tokens : int
        Of an epoch, without those held out.
    """

    def __init__(
        self,
        corpus: EncodedCorpus,
        config: TrainConfig,
        *,
        parameters: Parameters | None = None,
        frozen: NDArray[np.uint8] | None = None,
        keeps_half: bool = False,
    ) -> None:
        if not len(corpus.ids):  # as encoded, it holds a token at least
            raise CorpusError("the encoded corpus is closed: encode the text again, or train before closing it")
        self.config = config
        self.corpus = corpus
        self.tokens = _training_tokens(corpus, config.held_out)
        refuse_without_pairs(corpus, config, self.tokens)
        self.parameters = Parameters.initial(corpus.vocabulary, config) if parameters is None else parameters
        self.provenance = Provenance(
            corpus_fingerprint=corpus.fingerprint,
            sentences=corpus.sentences,
            tokens=len(corpus.ids),
            raw_tokens=corpus.raw_tokens,
            simd_path=simd_path(),
            threads=config.thread_count(),
        )
        if corpus.count_error:
            self.provenance.decisions["count_error"] = corpus.count_error
        self.history: list[EpochRecord] = []
        self._frozen = np.zeros(0, np.uint8) if frozen is None else frozen
        self._subsample = config.subsample_threshold()
        if keeps_half and (gentle := gentle_threshold(corpus.vocabulary.counts, self._subsample)) != self._subsample:
            self._subsample = self.provenance.decisions["subsample"] = gentle
        advise_of_few_kept(corpus.vocabulary.counts, self._subsample)
        self._is_alarmed = self._is_told_of_held_out = False
        self._place = Place()
        self._patience = Patience(self.parameters, config.patience, config.min_delta) if config.patience else None
        self._stop = np.zeros(1, np.int32)
        self._spread = _spread_digits(len(corpus.vocabulary)) if self.provenance.threads > 1 else 0
        self._arranged: ExitStack | None = None
        self._workers = self._make_workers(config.seed, self._spread, self._replicated_words())
        self._judges = self._make_workers(held_out.SEED, like=self._workers[0]) if config.held_out else []

    def run(
        self, *, callbacks: Sequence[EpochCallback] = (), progress: bool | None = None, saver: Saver | None = None
    ) -> Model:
        """Train for the configured number of epochs; see :func:`train`. `saver` writes checkpoints meanwhile."""
        epochs, patience = self.config.epoch_count(), self._patience
        with ExitStack() as stack:
            stack.callback(self._settle)
            bar = stack.enter_context(ProgressBar(self.tokens * epochs, "training", progress))
            if saver is not None:
                stack.enter_context(saver)
                saver.prepare(self._matrices(), self.config.dim)
            is_over = patience is not None and patience.is_over  # before a run that went on was interrupted
            for epoch in range(epochs if is_over else self._place.epoch, epochs):
                record = self._train_epoch(epoch, bar, saver)
                self.history.append(record)
                if patience is not None:
                    self._settle()
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
        return self.model

    def resume(self, directory: str | os.PathLike[str], *, anyway: bool = False) -> list[Path]:
        """Go on from the newest checkpoint that is whole; return newer ones that are not.

        Raises
        ------
        ConfigError, FormatError
            As :func:`embed.checkpoints.checkpoint_folder.restore` does.
        """
        found, damaged = restore(directory, self._checkpoint(), self._matrices(), anyway=anyway)
        if found.place.position > self.tokens:
            raise ConfigError(f"{os.fspath(directory)}: token {found.place.position:,} is beyond the training tokens")
        self._place = found.place
        self.history = list(found.history)
        if self._patience is not None:
            self._patience.replay(self.history)
        return damaged

    def stretch(self, first: int, last: int) -> int:
        """Train on the tokens first..last-1 as the first epoch would, and return where that ended.

        The parameters may lie otherwise than they should until `model` is asked for.
        """
        return self._share_out(first, last, 0, self._rate(0), lambda _: False)

    @property
    def stretch_step(self) -> int:
        """The `first` of each stretch is a multiple of it."""
        return round_tokens(self.tokens) if self.config.deterministic else 1

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self.config, self._vocabulary, self.provenance, self._place, tuple(self.history))

    @cached_property
    def _vocabulary(self) -> str:
        return vocabulary_digest(self.corpus.vocabulary)

    def _arrange(self) -> None:
        """Let the rows lie where training finds them soonest, until `_settle`: before anybody else looks at them."""
        if self._arranged is None:
            with ExitStack() as stack:
                stack.enter_context(self.parameters.arranged(self._spread))
                self._arranged = stack.pop_all()

    def _settle(self) -> None:
        if self._arranged is not None:
            arranged, self._arranged = self._arranged, None
            arranged.close()

    def _matrices(self) -> dict[str, NDArray[np.float32]]:
        self._settle()
        return self._matrices_as_they_lie()

    def _matrices_as_they_lie(self) -> dict[str, NDArray[np.float32]]:
        kept = {} if self._patience is None else self._patience.kept
        return {**self.parameters.matrices(), **kept}

    @property
    def model(self) -> Model:
        """The model as it stands; it shares its memory with the training."""
        self._settle()
        return Model(self.config, self.corpus.vocabulary, self.parameters, self.provenance, tuple(self.history))

    @property
    def total_loss(self) -> float:
        """The sum of the losses of all examples of the latest epoch (nats)."""
        return float(sum(worker.loss for worker in self._workers))

    @property
    def examples(self) -> int:
        """Examples of the latest epoch: pairs (skip-gram) or windows (CBOW), each with its noise."""
        return sum(worker.examples for worker in self._workers)

    def held_out_loss(self) -> float | None:
        """Return the mean loss of an example on the held-out tokens, if any (:mod:`embed.training.held_out`)."""
        self._settle()
        self._stop[0] = 0
        return held_out.mean_loss(self._judges, self.tokens, len(self.corpus.ids), self._stop)

    def _replicated_words(self) -> int:
        threads = self.provenance.threads
        if threads == 1 or len(self._frozen) or self.tokens < _REPLICATED_FROM * threads:
            return 0
        return min(_REPLICATED_WORDS, len(self.corpus.vocabulary))

    def _make_workers(
        self, seed: int, spread: int = 0, replicated_words: int = 0, like: _core.Worker | None = None
    ) -> list[_core.Worker]:
        config, corpus, parameters = self.config, self.corpus, self.parameters
        counts = corpus.vocabulary.counts
        keep = thresholds(keep_probabilities(counts, self._subsample))
        noise = alias_table(noise_distribution(counts, config.noise_exponent))
        tree = HuffmanTree.from_counts(counts) if config.loss == "hs" else HuffmanTree.none()
        workers: list[_core.Worker] = []
        try:
            for _ in range(self.provenance.threads):
                worker = _core.Worker(
                    ids=corpus.ids,
                    offsets=corpus.offsets,
                    keep_thresholds=keep,
                    noise_table=noise,
                    inputs=parameters.inputs,
                    outputs=parameters.outputs,
                    sides=config.sides(),
                    places=parameters.places,
                    place_ratio=0.0 if len(self._frozen) else _PLACE_RATIO,
                    row_offsets=parameters.row_offsets,
                    rows=parameters.rows,
                    dim=config.dim,
                    cbow=config.objective == "cbow",
                    gradient_power=config.gradient_power(),
                    sums=config.composition == "sum",
                    window=config.window,
                    fixed_window=config.window_kind == "fixed",
                    negatives=config.negatives if config.loss == "ns" else 0,
                    noise_windows=_SUBWORD_NOISE_WINDOWS if config.subword else _WORD_NOISE_WINDOWS,
                    seed=seed,
                    replicated_words=replicated_words,
                    replica_share=1 / self.provenance.threads,
                    spread=spread,
                    path=self.provenance.simd_path,
                    path_offsets=tree.offsets,
                    path_rows=tree.nodes,
                    path_labels=tree.labels,
                    frozen=self._frozen,
                    like=workers[0] if workers else like,
                )
                workers.append(worker)
        except ValueError as error:
            raise FormatError(f"cannot train on the encoded corpus {corpus.directory}: {error}") from error
        return workers

    def _rate(self, epoch: int) -> tuple[float, float]:
        """Return (lr, slope): the rate at token p of the epoch is lr + slope * p, falling linearly to min_lr."""
        lr, _ = self.config.rates()
        slope = (self.config.final_lr() - lr) / (self.tokens * self.config.epoch_count())
        return lr + slope * self.tokens * epoch, slope

    def _train_epoch(self, epoch: int, bar: ProgressBar, saver: Saver | None) -> EpochRecord:
        """Do what is left of an epoch, in stretches with a checkpoint between any two."""
        lr, slope = self._rate(epoch)
        label = f"epoch {epoch + 1}/{self.config.epoch_count()}"
        position = self._place.position
        started = time.perf_counter() - self._place.seconds
        for worker in self._workers:
            worker.reset()
        self._workers[0].reset(self._place.loss, self._place.examples)

        def look(tokens: int) -> bool:
            bar.tell(label, loss=self._mean_loss(), lr=lr + slope * tokens)
            bar.advance_to(epoch * self.tokens + tokens)
            if saver is not None and saver.diverged:
                raise self._divergence(epoch, "a vector is not finite")
            return saver is not None and saver.is_due()

        while True:
            end = self.tokens
            if saver is not None:
                end = saver.next_stop(epoch * self.tokens, position, end)
            position = self._share_out(position, end, epoch, (lr, slope), look)
            if position >= self.tokens:
                break
            seconds = time.perf_counter() - started
            examples = sum(worker.examples for worker in self._workers)
            self._place = Place(epoch, position, self.total_loss, examples, seconds)
            if saver is not None:
                saver.save(self._checkpoint(), self._matrices())
        seconds = time.perf_counter() - started
        loss = self._mean_loss()
        self._check_health(epoch, loss)
        held_out_loss = self.held_out_loss() if self.config.held_out else None
        if self.config.held_out and held_out_loss is None:
            self._tell_of_held_out()
        return EpochRecord(
            epoch=epoch + 1,
            loss=loss,
            held_out_loss=held_out_loss,
            lr=lr + slope * self.tokens,
            seconds=seconds,
            tokens_per_second=self.tokens / seconds,
        )

    def _mean_loss(self) -> float | None:
        examples = self.examples
        return self.total_loss / examples if examples else None

    def _tell_of_held_out(self) -> None:
        """Say once that there is no held-out loss."""
        if not self._is_told_of_held_out:
            self._is_told_of_held_out = True
            stays = "" if self._patience is None else f", and {option('patience')} does not stop the training by it"
            advise(
                f"no two words of a held-out sentence are left, so there is no held-out loss{stays}; hold out a larger "
                f"share ({option('held_out')}), or give a larger {option('subsample')}"
            )

    def _share_out(
        self, first: int, last: int, epoch: int, rate: tuple[float, float], look: Callable[[int], bool]
    ) -> int:
        """Let the workers do the tokens first..last-1, and return where they ended: all before is done, nothing after.

        `look` is called now and then with the token position; a true value ends it after the chunks that are being
        done, before `last`. An exception stops within a block.
        """
        sharing = self._sharing(first, last, epoch, rate)

        def work(part: int) -> None:
            worker = self._workers[part]
            sharing.work(worker, part)
            if not np.isfinite(worker.loss):
                raise self._divergence(epoch, "the loss is not finite")

        def watch() -> None:
            if look(sharing.position):
                sharing.close()

        self._stop[0] = 0
        self._arrange()
        together(work, len(self._workers), halt=sharing.halt, watch=watch)
        look(sharing.position)
        return sharing.position

    def _sharing(self, first: int, last: int, epoch: int, rate: tuple[float, float]) -> Sharing:
        output_rate, input_rate = self.config.rates()
        rates = Rate(epoch, *rate, input_rate / output_rate)
        workers = len(self._workers)
        if not self.config.deterministic:
            return Chunks(first, last, workers, rates, self._stop)
        rows = len(self.parameters.inputs) + len(self.parameters.outputs)
        return Rounds(first, last, self.tokens, workers, processors(), rows, rates, self._stop)

    def _is_asked_to_stop(self, callbacks: Sequence[EpochCallback], record: EpochRecord) -> bool:
        if not callbacks:
            return False
        model = self.model
        answers = [callback(record, model) for callback in callbacks]  # whatever the ones before it said
        return any(answers)

    def _check_health(self, epoch: int, loss: float | None) -> None:
        for name, matrix in self._matrices_as_they_lie().items():
            if not all(_kernels.all_finite(matrix[rows]) for rows in pieces(len(matrix), matrix.strides[0])):
                raise self._divergence(epoch, f"a vector of the matrix {name!r} is not finite")
        if loss is None or self._is_alarmed:
            return
        untrained = self._targets_of_an_example() * np.log(2)
        if loss > untrained + loss_tolerance(loss, self.examples, self.config):
            self._is_alarmed = True
            advise(
                f"the loss of epoch {epoch + 1} is {loss:.3g}, above the {untrained:.3g} of vectors that know nothing; "
                f"{self._lower_rates()}"
            )

    def _targets_of_an_example(self) -> float:
        if self.config.loss == "ns":
            return self.config.negatives + 1
        counts = self.corpus.vocabulary.counts
        trained = counts * keep_probabilities(counts, self._subsample)
        return float(np.average(np.diff(HuffmanTree.from_counts(counts).offsets), weights=trained))

    def _divergence(self, epoch: int, what: str) -> DivergenceError:
        return DivergenceError(f"training diverged in epoch {epoch + 1}: {what}; {self._lower_rates()}")

    def _lower_rates(self) -> str:
        lr, input_lr = self.config.rates()
        return (
            f"the likely cause is too high a learning rate ({option('lr')} {lr:g}, {option('input_lr')} {input_lr:g})"
        )


def _training_tokens(corpus: EncodedCorpus, held_out: float) -> int:
    """Return where the held-out tokens begin: at the sentence boundary nearest to their share."""
    total = len(corpus.ids)
    if held_out == 0:
        return total
    offsets: NDArray[np.int64] = corpus.offsets
    wanted = total * (1 - held_out)
    after = int(np.searchsorted(offsets, wanted))
    boundary = min(
        (int(offsets[i]) for i in (after - 1, after) if 0 <= i < len(offsets)), key=lambda b: abs(b - wanted)
    )
    if not 0 < boundary < total:
        raise CorpusError(
            f"{option('held_out')} is {held_out:g}, but the corpus of {corpus.sentences} sentences cannot be divided "
            "in that way"
        )
    return boundary


def _spread_digits(words: int) -> int:
    """Return how many binary digits the number of rows has that lie spread; 0 for a vocabulary of a few words."""
    digits = min(words.bit_length() - 1, _MOST_SPREAD)
    return digits if digits >= _LEAST_SPREAD else 0
