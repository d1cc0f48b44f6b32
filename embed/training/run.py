"""Run a training in a straight line: check, look up the checkpoint, read, choose the epochs, train.

:func:`embed.train`, :func:`embed.continue_training` and :func:`embed.train_items` are this run with different starts.
A `Start` resolves the keywords to a configuration, reads the text, and makes the initial parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from embed.checkpoints.checkpoint_folder import checkpoint_name, held
from embed.checkpoints.resume import refuse_other_run, to_resume
from embed.checkpoints.writer import Saver
from embed.config.postprocessing import refuse_few_words
from embed.config.run import FilePath, RunOptions
from embed.config.train import TrainConfig
from embed.corpora.belonging import files_of, root_of
from embed.engine.machine import simd
from embed.errors import PoorVectorsWarning, advise
from embed.files.outputs import Output, check_outputs
from embed.model.model import Model
from embed.model.provenance import CONTINUED_FROM
from embed.text.encoded_corpus import DATA_FILES, META, EncodedCorpus
from embed.training.time_budget import epochs_that_fit, kept_decision
from embed.training.trainer import Trainer
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Source", "Start", "folders_of", "run"]

Source = FilePath | Sequence[FilePath] | Iterable[Sequence[str]]


class Start(Protocol):
    """The start of a run."""

    def config(self, vocabulary: Vocabulary | None, epochs: int | None = None) -> TrainConfig:
        """Return the configuration.

        Parameters
        ----------
        vocabulary : Vocabulary or None
            That of the corpus; None before the corpus is read, if the run is resumed.
        epochs : int or None
            The number that a time budget chose.

        Raises
        ------
        ConfigError
            A parameter is unknown, out of bounds, or contradicts another one.
        """

    def resuming(self, config: TrainConfig) -> None:
        """Adopt what the configuration of the run to resume decides and this run leaves open."""

    def decisions(self) -> dict[str, Any]:
        """Return the decisions for the run card; see :class:`embed.model.Provenance`."""

    def read(self, corpus: Any, options: RunOptions) -> AbstractContextManager[EncodedCorpus]:
        """Encode the corpus; leaving the context removes temporary files."""

    def trainer(self, corpus: EncodedCorpus, config: TrainConfig, *, is_fresh: bool) -> Trainer:
        """Return a trainer; unless `is_fresh`, its parameters will be read from a checkpoint."""


def run(start: Start, corpus: Any, options: RunOptions) -> Model:
    """Train a model.

    Parameters
    ----------
    start : Start
    corpus
        As for :func:`embed.train`.
    options : RunOptions

    Raises
    ------
    EmbedError
        As :func:`embed.train` does.

    Warns
    -----
    PoorVectorsWarning
        The vectors are not fit for use, and the run has not yet told why.
    """
    simd()  # a wrong environment is reported before any work
    check_outputs(folders_of(options), files_of(corpus), partial(root_of, corpus))
    with ExitStack() as stack:
        if options.checkpoint is not None:
            stack.enter_context(held(Path(options.checkpoint)))
        found, budget, choice = to_resume(options.resume, options.checkpoint), options.time_budget, None
        if found is not None and found.newest is not None:
            start.resuming(found.newest[1].config)
        if found is not None and budget is not None:
            choice = kept_decision(found, budget)
        chosen = None if choice is None else int(choice["epochs"])
        if found is not None and found.newest is not None:
            config = start.config(None, chosen)
            refuse_other_run(found, config, start.decisions().get(CONTINUED_FROM), anyway=options.resume_anyway)
        encoded = stack.enter_context(start.read(corpus, options))
        refuse_few_words(start.config(encoded.vocabulary, chosen).steps(), len(encoded.vocabulary))
        if budget is not None and choice is None:
            began = budget.clock()
            trial = start.trainer(encoded, start.config(encoded.vocabulary), is_fresh=True)
            choice = epochs_that_fit(budget, trial, budget.clock() - began)
            chosen = choice["epochs"]
            del trial  # its memory is the run's
        trainer = start.trainer(encoded, start.config(encoded.vocabulary, chosen), is_fresh=found is None)
        trainer.provenance.decisions.update(start.decisions())
        if choice is not None:
            trainer.provenance.decisions["time_budget"] = choice
        damaged = [] if found is None else trainer.resume(found, anyway=options.resume_anyway)
        saver = None
        if options.checkpoint is not None:
            saver = Saver(options.checkpoint, options.every(), options.kept(), damaged)
        model = trainer.run(callbacks=options.callbacks, progress=options.progress, saver=saver)
    if not trainer.has_advised and (problem := model.health().problem()):
        advise(problem, PoorVectorsWarning)
    return model


def folders_of(options: RunOptions) -> list[Output]:
    """Return the folders that a run writes to, for :func:`embed.files.outputs.check_outputs`."""
    folders = (
        (options.encoded_dir, "the encoded corpus", (META, *DATA_FILES)),
        (options.checkpoint, "the checkpoints", (checkpoint_name(1),)),
    )
    return [Output(path, what, holds=names, makes_parents=True) for path, what, names in folders if path is not None]
