"""Train replicates: the same training on several draws of the text, one after the other.

The text is encoded once and read as often as there are replicates; nothing is copied (:mod:`embed.text.drawn_corpus`).
Each replicate is a run of its own (:mod:`embed.training.run`) with a seed of its own: replicate i, counted from 0, has
``seed + i``, for its draw and for all that is drawn in training. What follows from the size of the text, follows from
the whole text, and is the same for all. Memory holds one model, and the vectors of the finished ones unless they are
written to a folder.

With checkpoints, each replicate has a folder of its own in the folder of checkpoints. A resumed run reads the finished
replicates from their last checkpoints, and resumes the one that was interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from embed.arguments import whole_number
from embed.checkpoints.checkpoint_folder import checkpoints_in, has_checkpoints, held, replicate_folder
from embed.checkpoints.resume import to_resume
from embed.choices import Freeze
from embed.config.run import FilePath, RunKeywords, RunOptions
from embed.config.train import TrainConfig
from embed.corpora.belonging import files_of, root_of
from embed.engine.machine import simd
from embed.errors import ConfigError
from embed.files.outputs import Output, check_outputs
from embed.formats import replicates as folder
from embed.messages import option
from embed.model.model import Model
from embed.text.drawn_corpus import DrawnCorpus
from embed.text.encoded_corpus import EncodedCorpus
from embed.training.backends.crews import refuse_cluster
from embed.training.continue_training import ModelStart
from embed.training.progress import Progress
from embed.training.run import Source, Start, begun, outputs_of, run
from embed.training.train import FreshStart
from embed.training.trainer import Trainer
from embed.vectors.replicates import MOST, Replicates
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["DEFAULT", "output_of", "replicate", "train_replicates"]

DEFAULT = 8
"""Replicates, unless a number is given: Student's t is then 1.2 times that of very many."""
REPLICATE = "replicate"
"""The decision in a run card that is the number of the replicate."""


def replicate(
    corpus: Source | EncodedCorpus,
    config: TrainConfig | None = None,
    *,
    replicates: int = DEFAULT,
    output: FilePath | None = None,
    start: Model | WordVectors | FilePath | None = None,
    freeze: Freeze = "none",
    **settings: Unpack[RunKeywords],
) -> Replicates:
    """Train word vectors several times, on sentences drawn from a corpus with replacement.

    Takes as long as so many trainings.

    Parameters
    ----------
    corpus, config
        As for :func:`embed.train`.
    replicates : int
        From 2 to 999.
    output : path, optional
        A folder for the vectors, written as they are trained; the result then reads them from there. Without it, all
        replicates stay in memory.
    start, freeze : optional
        Continue each from a model, as :func:`embed.continue_training` does with its vocabulary. With "outputs" the
        replicates of several texts share the space of the model.
    **settings
        As for :func:`embed.train`, without `time_budget` and `senses`. Replicate i, counted from 0, has ``seed + i``.

    Returns
    -------
    Replicates

    Raises
    ------
    ConfigError, CorpusError, DivergenceError, FormatError
        As :func:`embed.train` does; or the text is a single sentence.
    """
    options, given = RunOptions.split(settings)
    count = whole_number("replicates", replicates, 2, MOST)
    if start is None:
        if freeze != "none":
            raise ConfigError(f"{option('freeze', freeze)} has no effect without a model to continue from: name it")
        return train_replicates(FreshStart(corpus, config, options, given), corpus, options, count, output)
    if config is not None:
        raise ConfigError("replicates that continue from a model take its parameters: leave the configuration out")
    return train_replicates(ModelStart(start, "old", freeze, options, given), corpus, options, count, output)


def train_replicates(
    start: Start,
    corpus: Any,
    options: RunOptions,
    count: int,
    output: FilePath | None,
    began: Callable[[int], object] = lambda _: None,
) -> Replicates:
    """Train replicates from a start; parameters and errors as for `replicate`.

    `began` is called with the number of each replicate, from 1, when its training begins.
    """
    _refuse(start, options)
    simd()  # a wrong environment is reported before any work
    outputs = outputs_of(options) + ([] if output is None else [output_of(output, count)])
    check_outputs(outputs, files_of(corpus), partial(root_of, corpus))
    with ExitStack() as stack:
        if options.checkpoint is not None:
            stack.enter_context(held(Path(options.checkpoint)))
        runs = _options_of_each(options, count)
        progress = stack.enter_context(begun(options))
        encoded = stack.enter_context(start.read(corpus, options, progress))
        memory = _Memory()
        members = memory if output is None else stack.enter_context(folder.writing(output))
        for number, own in enumerate(runs):
            began(number + 1)
            progress.note("replicate", f"replicate {number + 1} of {count} begins", replicate=number + 1, of=count)
            with DrawnCorpus(encoded, start.config(encoded.vocabulary).seed + number) as drawn:
                model = run(_Replicate(start, drawn, number), drawn, own, progress)
            members.add(model.vectors, model.run_card())
            del model  # the next one needs its memory
            if own.checkpoint is not None:
                for old in checkpoints_in(own.checkpoint)[:-1]:
                    old.unlink(missing_ok=True)
    return Replicates(memory.vectors, memory.cards) if output is None else Replicates.load(output)


def output_of(path: FilePath, count: int) -> Output:
    """Return the folder of replicates, for :func:`embed.files.outputs.check_outputs`."""
    return Output(folder.checked_name(path), "the replicates", holds=folder.files_of(count))


def _refuse(start: Start, options: RunOptions) -> None:
    """Raise ConfigError for what is of a single model."""
    refuse_cluster(options, "replicates")
    if options.time_budget is not None:
        raise ConfigError(f"{option('time_budget')} is for a single training: give {option('epochs')} to replicates")
    if start.config(None).senses:
        raise ConfigError(f"replicates have no senses: leave out {option('senses')}")


def _options_of_each(options: RunOptions, count: int) -> list[RunOptions]:
    """Return the options of each run: without those of reading, and with its own folders of checkpoints.

    Raises
    ------
    ConfigError
        The folder of checkpoints is that of a single run, or has some that are not to be resumed.
    FormatError
        There is no checkpoint to resume from.
    """
    for path in (options.checkpoint, options.resume):
        if path is not None and checkpoints_in(path):
            raise ConfigError(f"{path} holds checkpoints of a single run, not of replicates: name another folder")
    if options.resume is None and options.checkpoint is not None and has_checkpoints(options.checkpoint):
        raise ConfigError(
            f"{options.checkpoint} holds checkpoints of replicates: resume them with "
            f"{option('resume', options.checkpoint)}, or name another folder for new ones"
        )
    if options.resume is not None and not has_checkpoints(options.resume):
        to_resume(options.resume, options.checkpoint)  # warns, or raises
    plain = replace(
        options,
        column=None,
        delimiter=None,
        weight_column=None,
        encoded_dir=None,
        log_json=None,
        resume=None,
        resume_anyway=False,
    )
    runs = []
    for number in range(1, count + 1):
        own = plain
        if options.checkpoint is not None:
            own = replace(own, checkpoint=os.fspath(replicate_folder(options.checkpoint, number)))
        if options.resume is not None and checkpoints_in(old := replicate_folder(options.resume, number)):
            own = replace(own, resume=os.fspath(old), resume_anyway=options.resume_anyway)
        runs.append(own)
    return runs


class _Memory:
    """Holds replicates in memory, as :class:`embed.formats.replicates.Writer` writes them."""

    def __init__(self) -> None:
        self.vectors: list[WordVectors] = []
        self.cards: list[Mapping[str, Any]] = []

    def add(self, vectors: WordVectors, card: Mapping[str, Any]) -> None:
        """Add the next replicate."""
        self.vectors.append(vectors)
        self.cards.append(card)


class _Replicate:
    """The start of one replicate: that of the whole text, with a seed of its own; see :class:`Start`."""

    def __init__(self, start: Start, drawn: DrawnCorpus, number: int) -> None:
        self._start, self._drawn, self._number = start, drawn, number

    def config(self, vocabulary: Vocabulary | None, epochs: int | None = None) -> TrainConfig:
        """Return the configuration, with the seed of the replicate."""
        config = self._start.config(vocabulary, epochs)
        return config.replace(seed=config.seed + self._number)

    def resuming(self, config: TrainConfig) -> None:
        """Adopt what the replicate to resume chose, for all replicates."""
        self._start.resuming(config)

    def decisions(self) -> dict[str, Any]:
        """Return the decisions for the run card, and the number of the replicate."""
        return {**self._start.decisions(), REPLICATE: self._number + 1}

    def read(self, corpus: Any, options: RunOptions, progress: Progress) -> AbstractContextManager[EncodedCorpus]:
        """Return the drawn text, which stays open."""
        return nullcontext(self._drawn)

    def trainer(self, corpus: EncodedCorpus, config: TrainConfig, *, is_fresh: bool) -> Trainer:
        """Return a trainer."""
        return self._start.trainer(corpus, config, is_fresh=is_fresh)
