"""Training: the corpus is encoded, then every epoch hands it out to worker threads in chunks.

A chunk is a stretch of token positions; a worker takes the next one when it is done with the last, so that no
thread idles while another lags. What a block of tokens draws, and its learning rate, depend on its position in
the corpus alone. With one thread the result is therefore the same to the bit on every run; several threads
share the matrices without locks (Hogwild: Niu, Recht, Re, Wright 2011).

Rejected: one fixed share of the corpus per thread (the slowest decides), a queue of Python sentences (the
interpreter lock feeds one core), a learning rate from a shared token counter (depends on the scheduling).
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed import _core
from embed.config import TrainConfig
from embed.corpora import open_corpus
from embed.encoding import EncodedCorpus, encode
from embed.errors import AdviceWarning, ConfigError, CorpusError, DivergenceError
from embed.model import EpochRecord, Model, Provenance
from embed.parameters import Parameters
from embed.progress import ProgressBar
from embed.sampling import alias_table, keep_probabilities, noise_distribution, thresholds

__all__ = ["EpochCallback", "Trainer", "simd_path", "train"]

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Iterable[Sequence[str]]
EpochCallback = Callable[[EpochRecord, Model], object]
"""Called after each epoch with its record and the model as it stands; a true return value ends the training."""

# Tokens a worker takes at a time: some hundredths of a second of work, and less where the corpus is so short that
# the threads would not come out even at the end of an epoch.
_MAX_CHUNK_TOKENS, _MIN_CHUNK_TOKENS, _CHUNKS_PER_THREAD = 1 << 15, 1 << 10, 64
# Windows of a block that noise is drawn for before it is dealt again (docs/decisions/0003).
_WORD_NOISE_WINDOWS, _SUBWORD_NOISE_WINDOWS = 8, 16
# How often the main thread looks after the workers.
_POLL_SECONDS = 0.1
# The epoch number whose draws the held-out loss uses; no training epoch reaches it.
_HELD_OUT_EPOCH = (1 << 62) - 1
SIMD_VARIABLE = "EMBED_SIMD"


def simd_path() -> str:
    """Return the SIMD path in use: the best this processor has, or the one named in the variable EMBED_SIMD.

    Raises
    ------
    ConfigError
        If EMBED_SIMD names a path that this processor does not have.
    """
    paths = _core.simd_paths()
    wanted = os.environ.get(SIMD_VARIABLE)
    if not wanted:
        return str(paths[0])
    if wanted not in paths:
        raise ConfigError(f"{SIMD_VARIABLE} is {wanted!r}, but this processor can run only {', '.join(paths)}")
    return wanted


def train(
    corpus: Source | EncodedCorpus,
    config: TrainConfig | None = None,
    *,
    encoded_dir: str | os.PathLike[str] | None = None,
    callbacks: Sequence[EpochCallback] = (),
    progress: bool | None = None,
    **overrides: Any,
) -> Model:
    """Train word vectors on a corpus.

    Parameters
    ----------
    corpus : path, sequence of paths, iterable of lists of str, or EncodedCorpus
        Text files (plain or compressed), folders, globs, "-" for standard input, a MediaWiki dump, sentences as
        lists of tokens (read once), or a corpus that :func:`embed.encode` has encoded.
    config : TrainConfig, optional
        The parameters; the defaults if left out.
    encoded_dir : path, optional
        Keep the encoded corpus here, and use it again while text and settings are the same. By default it is
        temporary.
    callbacks : sequence of callable
        See :data:`EpochCallback`.
    progress : bool, optional
        Show progress on standard error; by default only if that is a terminal.
    **overrides
        Fields of TrainConfig, which win over `config`.

    Returns
    -------
    Model

    Raises
    ------
    ConfigError
        Before any work is done, when a parameter is unknown or out of bounds.
    CorpusError
        When the text is missing, unreadable, malformed or empty.
    DivergenceError
        When the loss or a parameter is no longer finite.
    """
    if config is None:
        config = TrainConfig.from_dict(overrides)
    elif overrides:
        config = config.replace(**overrides)
    simd_path()  # a bad environment is told before any work is done
    with ExitStack() as stack:
        if isinstance(corpus, EncodedCorpus):
            encoded = corpus
        else:
            text = open_corpus(
                corpus,
                tokenizer=config.tokenizer,
                lowercase=config.lowercase,
                decode_errors=config.decode_errors,
            )
            with ProgressBar(None, "reading", progress) as bar:
                encoded = encode(
                    text,
                    min_count=config.min_count,
                    max_vocab=config.max_vocab,
                    directory=encoded_dir,
                    progress=lambda tokens, _: bar.advance_to(tokens),
                )
            stack.callback(encoded.close)
        return Trainer(encoded, config).run(callbacks=callbacks, progress=progress)


class Trainer:
    """One training run over an encoded corpus.

    Parameters
    ----------
    corpus : EncodedCorpus
    config : TrainConfig
    parameters : Parameters, optional
        Where to go on from, changed in place; by default a fresh start.

    Raises
    ------
    CorpusError
        If the held-out share leaves nothing to train or to measure on.
    """

    def __init__(self, corpus: EncodedCorpus, config: TrainConfig, *, parameters: Parameters | None = None) -> None:
        self.config = config
        self.corpus = corpus
        self.parameters = Parameters.initial(corpus.vocabulary, config) if parameters is None else parameters
        self.provenance = Provenance(
            corpus_fingerprint=corpus.fingerprint,
            sentences=corpus.sentences,
            tokens=len(corpus.ids),
            raw_tokens=corpus.raw_tokens,
            simd_path=simd_path(),
            threads=config.thread_count(),
        )
        self.history: list[EpochRecord] = []
        self._tokens = _training_tokens(corpus, config.held_out)
        self._stop = np.zeros(1, np.int32)
        self._workers = self._make_workers()

    def run(self, *, callbacks: Sequence[EpochCallback] = (), progress: bool | None = None) -> Model:
        """Train for the configured number of epochs; see :func:`train`."""
        with ProgressBar(self._tokens * self.config.epochs, "training", progress) as bar:
            for epoch in range(self.config.epochs):
                record = self._train_epoch(epoch, bar)
                self.history.append(record)
                if _asked_to_stop(callbacks, record, self.model):
                    break
        return self.model

    @property
    def model(self) -> Model:
        """The model as it stands; it shares its memory with the training."""
        return Model(self.config, self.corpus.vocabulary, self.parameters, self.provenance, tuple(self.history))

    @property
    def total_loss(self) -> float:
        """The sum of the losses of all examples of the latest epoch (nats)."""
        return float(sum(worker.loss for worker in self._workers))

    @property
    def examples(self) -> int:
        """Examples of the latest epoch: pairs (skip-gram) or windows (CBOW), each with its noise."""
        return sum(worker.examples for worker in self._workers)

    def held_out_loss(self) -> float:
        """Return the mean loss of an example on the held-out tokens, always with the same draws."""
        for worker in self._workers:
            worker.reset()
        self._share_out(self._tokens, len(self.corpus.ids), _HELD_OUT_EPOCH, (0.0, 0.0), lambda tokens: None)
        return self._mean_loss()

    def _make_workers(self) -> list[_core.Worker]:
        config, corpus, parameters = self.config, self.corpus, self.parameters
        counts = corpus.vocabulary.counts
        keep = thresholds(keep_probabilities(counts, config.subsample))
        noise = alias_table(noise_distribution(counts, config.noise_exponent))
        return [
            _core.Worker(
                ids=corpus.ids,
                offsets=corpus.offsets,
                keep_thresholds=keep,
                noise_table=noise,
                inputs=parameters.inputs,
                outputs=parameters.outputs,
                row_offsets=parameters.row_offsets,
                rows=parameters.rows,
                dim=config.dim,
                cbow=config.objective == "cbow",
                exact=config.gradient == "exact",
                window=config.window,
                fixed_window=config.window_kind == "fixed",
                negatives=config.negatives,
                noise_windows=_SUBWORD_NOISE_WINDOWS if config.subword else _WORD_NOISE_WINDOWS,
                seed=config.seed,
                path=self.provenance.simd_path,
            )
            for _ in range(self.provenance.threads)
        ]

    def _rate(self, epoch: int) -> tuple[float, float]:
        """Return (lr, slope): the rate at token p of the epoch is lr + slope * p, falling linearly to min_lr."""
        lr, _ = self.config.rates()
        slope = (self.config.final_lr() - lr) / (self._tokens * self.config.epochs)
        return lr + slope * self._tokens * epoch, slope

    def _train_epoch(self, epoch: int, bar: ProgressBar) -> EpochRecord:
        lr, slope = self._rate(epoch)
        label = f"epoch {epoch + 1}/{self.config.epochs}"
        started = time.perf_counter()
        for worker in self._workers:
            worker.reset()

        def show(tokens: int) -> None:
            bar.tell(label, loss=self._mean_loss(), lr=lr + slope * tokens)
            bar.advance_to(epoch * self._tokens + tokens)

        self._share_out(0, self._tokens, epoch, (lr, slope), show)
        seconds = time.perf_counter() - started
        loss = self._mean_loss()
        self._check_health(epoch, loss)
        return EpochRecord(
            epoch=epoch + 1,
            loss=loss,
            held_out_loss=self.held_out_loss() if self.config.held_out else None,
            lr=lr + slope * self._tokens,
            seconds=seconds,
            tokens_per_second=self._tokens / seconds,
        )

    def _mean_loss(self) -> float:
        examples = self.examples
        return self.total_loss / examples if examples else 0.0

    def _share_out(
        self, first: int, last: int, epoch: int, rate: tuple[float, float], show: Callable[[int], None]
    ) -> None:
        """Let the workers do the tokens first..last-1; an interrupt stops them within a block."""
        even = (last - first) // (_CHUNKS_PER_THREAD * len(self._workers))
        size = min(max(even, _MIN_CHUNK_TOKENS), _MAX_CHUNK_TOKENS)
        chunks = iter(range(first, last, size))
        done = _Tally()
        failures: list[BaseException] = []
        lr, slope = rate
        output_rate, input_rate = self.config.rates()

        def work(worker: _core.Worker) -> None:
            try:
                for start in _shared(chunks, done.lock):
                    end = min(start + size, last)
                    worker.run(epoch, start, end, lr, slope, input_rate / output_rate, self._stop)
                    if not np.isfinite(worker.loss):
                        raise self._divergence(epoch, "the loss is not finite")
                    if self._stop[0]:
                        return
                    done.add(end - start)
            except BaseException as error:
                failures.append(error)
                self._stop[0] = 1

        threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in self._workers]
        self._stop[0] = 0
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(_POLL_SECONDS / len(threads))
                show(done.tokens)
        except BaseException:
            self._stop[0] = 1
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            raise
        if failures:
            raise failures[0]
        show(done.tokens)

    def _check_health(self, epoch: int, loss: float) -> None:
        for matrix, name in ((self.parameters.inputs, "an input"), (self.parameters.outputs, "an output")):
            if not _core.all_finite(matrix):
                raise self._divergence(epoch, f"{name} vector is not finite")
        untrained = (self.config.negatives + 1) * np.log(2)
        if loss > untrained:
            warnings.warn(
                f"the loss of epoch {epoch + 1} is {loss:.3g}, above the {untrained:.3g} of vectors that know nothing; "
                f"{self._lower_rates()}",
                AdviceWarning,
                stacklevel=4,
            )

    def _divergence(self, epoch: int, what: str) -> DivergenceError:
        return DivergenceError(f"training diverged in epoch {epoch + 1}: {what}; {self._lower_rates()}")

    def _lower_rates(self) -> str:
        lr, input_lr = self.config.rates()
        return f"the likely cause is too high a learning rate (lr {lr:g}, input_lr {input_lr:g})"


class _Tally:
    """Tokens done, counted by several threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tokens = 0

    def add(self, tokens: int) -> None:
        with self.lock:
            self.tokens += tokens


def _shared(iterator: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    """Iterate over what several threads iterate over together."""
    while True:
        with lock:
            value = next(iterator, None)
        if value is None:
            return
        yield value


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
            f"held_out is {held_out:g}, but the corpus of {corpus.sentences} sentences cannot be divided in that way"
        )
    return boundary


def _asked_to_stop(callbacks: Sequence[EpochCallback], record: EpochRecord, model: Model) -> bool:
    # every callback is called, whatever the ones before it said
    answers = [callback(record, model) for callback in callbacks]
    return any(answers)
