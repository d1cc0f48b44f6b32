"""Run a training in a straight line: check, look up the checkpoint, read, choose the epochs, train.

:func:`embed.train`, :func:`embed.continue_training` and :func:`embed.train_items` are this run with different starts.
A `Start` resolves the keywords to a configuration, reads the text, and makes the initial parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from embed import __version__
from embed.checkpoints.checkpoint_folder import checkpoint_name, held
from embed.checkpoints.resume import refuse_other_run, to_resume
from embed.checkpoints.writer import Saver
from embed.config.defaults import ADAPTED
from embed.config.postprocessing import refuse_few_words
from embed.config.run import FilePath, RunOptions
from embed.config.train import TrainConfig
from embed.corpora.belonging import files_of, root_of
from embed.engine.machine import simd
from embed.errors import PoorVectorsWarning, advise
from embed.files.outputs import Output, check_outputs
from embed.messages import option
from embed.model.model import Model
from embed.model.provenance import CONTINUED_FROM
from embed.text.encoded_corpus import DATA_FILES, META, EncodedCorpus
from embed.training.progress import Progress
from embed.training.progress_lines import is_own_log
from embed.training.showing import progress_of
from embed.training.time_budget import epochs_that_fit, kept_decision
from embed.training.trainer import Trainer
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Source", "Start", "begun", "outputs_of", "run"]

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

    def read(self, corpus: Any, options: RunOptions, progress: Progress) -> AbstractContextManager[EncodedCorpus]:
        """Encode the corpus; leaving the context removes temporary files."""

    def trainer(self, corpus: EncodedCorpus, config: TrainConfig, *, is_fresh: bool) -> Trainer:
        """Return a trainer; unless `is_fresh`, its parameters will be read from a checkpoint."""


def run(start: Start, corpus: Any, options: RunOptions, progress: Progress | None = None) -> Model:
    """Train a model.

    Parameters
    ----------
    start : Start
    corpus
        As for :func:`embed.train`.
    options : RunOptions
    progress : Progress, optional
        That of a longer run, of which this one is a part (default: one of its own, as the options say).

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
    check_outputs(outputs_of(options), files_of(corpus), partial(root_of, corpus))
    with ExitStack() as stack:
        if options.checkpoint is not None:
            stack.enter_context(held(Path(options.checkpoint)))
        if progress is None:
            progress = stack.enter_context(begun(options))
        found, budget, choice = to_resume(options.resume, options.checkpoint), options.time_budget, None
        if found is not None and found.newest is not None:
            start.resuming(found.newest[1].config)
        if found is not None and budget is not None:
            choice = kept_decision(found, budget)
        chosen = None if choice is None else int(choice["epochs"])
        if found is not None and found.newest is not None:
            config = start.config(None, chosen)
            refuse_other_run(found, config, start.decisions().get(CONTINUED_FROM), anyway=options.resume_anyway)
        encoded = stack.enter_context(start.read(corpus, options, progress))
        progress.divide("reading", encoded.seconds)
        refuse_few_words(start.config(encoded.vocabulary, chosen).steps(), len(encoded.vocabulary))
        if budget is not None and choice is None:
            began = budget.clock()
            trial = start.trainer(encoded, start.config(encoded.vocabulary), is_fresh=True)
            choice = epochs_that_fit(budget, trial, budget.clock() - began)
            chosen = choice["epochs"]
            del trial  # its memory is the run's
        with progress.timing("preparing"):
            trainer = start.trainer(encoded, start.config(encoded.vocabulary, chosen), is_fresh=found is None)
        trainer.provenance.decisions.update(start.decisions())
        if choice is not None:
            trainer.provenance.decisions["time_budget"] = choice
        damaged = [] if found is None else trainer.resume(found, anyway=options.resume_anyway)
        saver = None
        if options.checkpoint is not None:
            saver = Saver(options.checkpoint, options.every(), options.kept(), damaged)
        _note_decisions(progress, start.config(None), trainer, start.decisions())
        model = trainer.run(callbacks=options.callbacks, progress=progress, saver=saver)
    if not trainer.has_advised and (problem := model.health().problem()):
        advise(problem, PoorVectorsWarning)
    return model


def begun(options: RunOptions) -> Progress:
    """Return the progress of a run that begins."""
    progress = progress_of(options)
    progress.note("start", f"train-embeddings {__version__} begins", version=__version__)
    return progress


def _note_decisions(progress: Progress, asked: TrainConfig, trainer: Trainer, decisions: Mapping[str, Any]) -> None:
    """Note what the training begins with: its size, its threads, and what was chosen for this text.

    Parameters
    ----------
    progress : Progress
    asked : TrainConfig
        The configuration before the text was known.
    trainer : Trainer
    decisions : mapping
        Those of the start.
    """
    before, after = asked.to_dict(), trainer.config.to_dict()
    found = trainer.provenance.decisions
    chosen = {name: value for name, value in after.items() if value != before[name]}
    chosen |= {name: found[name] for name in ADAPTED if name in found}
    config, words, threads = trainer.config, len(trainer.corpus.vocabulary), trainer.provenance.threads
    shown = {**({"preset": decisions["preset"]} if "preset" in decisions else {}), **chosen}
    listed = ", ".join(option(name, value) for name, value in shown.items())
    ngrams, plural = " with n-grams" if config.subword else "", "s" if threads != 1 else ""
    progress.note(
        "training",
        f"training {words:,} words, {config.dim} dimensions, {config.objective}{ngrams}, on {trainer.tokens:,} tokens "
        f"with {threads} thread{plural}{f'; chosen for this text: {listed}' if listed else ''}",
        words=words,
        tokens=trainer.tokens,
        epochs=trainer.config.epoch_count(),
        threads=threads,
        simd=trainer.provenance.simd_path,
        chosen=chosen,
        decisions=found,
        config=after,
    )


def outputs_of(options: RunOptions) -> list[Output]:
    """Return what a run writes besides vectors and model, for :func:`embed.files.outputs.check_outputs`."""
    folders = (
        (options.encoded_dir, "the encoded corpus", (META, *DATA_FILES)),
        (options.checkpoint, "the checkpoints", (checkpoint_name(1),)),
    )
    outputs = [Output(path, what, holds=names, makes_parents=True) for path, what, names in folders if path is not None]
    if options.log_json is not None:
        outputs.append(Output(options.log_json, "the log", is_own=is_own_log))
    return outputs
