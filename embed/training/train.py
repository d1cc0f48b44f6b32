"""The one call from a text to a model: settings are put together, the corpus is encoded, a trainer trains."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from embed.arguments import choice, file_path, of_kind, shown
from embed.arguments import text as text_of
from embed.checkpoints.request import DEFAULT_EVERY, DEFAULT_KEEP, Plan
from embed.config import presets
from embed.config.train import TrainConfig
from embed.corpora import open_corpus
from embed.corpora.belonging import files_of, root_of
from embed.corpora.files import FileCorpus
from embed.engine.machine import simd_path
from embed.errors import ConfigError
from embed.files.outputs import check_outputs
from embed.model.model import Model
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.text.phrases.phrase_model import PhraseSettings
from embed.training.launch import Launch, kept_folders
from embed.training.progress import ProgressBar
from embed.training.time_budget import TimeBudget
from embed.training.trainer import EpochCallback, Trainer

__all__ = ["Source", "train"]

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Iterable[Sequence[str]]


def train(
    corpus: Source | EncodedCorpus,
    config: TrainConfig | None = None,
    *,
    preset: str | None = None,
    column: str | None = None,
    delimiter: str | None = None,
    encoded_dir: str | os.PathLike[str] | None = None,
    callbacks: Sequence[EpochCallback] = (),
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: str = DEFAULT_EVERY,
    checkpoint_keep: int = DEFAULT_KEEP,
    resume: str | os.PathLike[str] | None = None,
    resume_anyway: bool = False,
    time_budget: TimeBudget | str | float | None = None,
    **overrides: Any,
) -> Model:
    """Train word vectors on a corpus.

    Parameters
    ----------
    corpus : path, sequence of paths, iterable of lists of str, or EncodedCorpus
        Text files (plain or compressed), folders, globs, "-" for standard input, a MediaWiki dump, sentences as
        lists of tokens (read once), or a corpus that :func:`embed.encode` has encoded.
    config : TrainConfig, optional
        The parameters. If left out, they are the defaults; or, for a corpus of at most 5M tokens, those of the preset
        "small", as long as `overrides` have nothing of :data:`embed.config.presets.SETTLING`, such as `objective` or
        `lr`.
    preset : {"auto", "small", "medium", "large"}, optional
        Take what `overrides` do not say from :mod:`embed.config.presets`, "auto" by the size of the corpus; not
        together with `config`. A run that goes on has the preset it began with.
    column : str, optional
        Train on this column of CSV, TSV, JSON or Parquet files, or of a table; see
        :class:`embed.corpora.ColumnCorpus`. It is encoded anew each time, also with `encoded_dir`.
    delimiter : str, optional
        What separates the columns of CSV files: one character, or ``"tab"``.
    encoded_dir : path, optional
        Keep the encoded corpus here, and use it again while text and settings are the same. By default it is
        temporary.
    callbacks : sequence of callable
        See :data:`embed.training.trainer.EpochCallback`.
    progress : bool, optional
        Show progress on standard error; by default only if that is a terminal.
    checkpoint : path, optional
        Keep checkpoints of the run in this folder, which holds those of no other run. SIGINT and SIGTERM then end
        the training with a checkpoint and an :class:`embed.checkpoints.signals.Interrupted`.
    checkpoint_every : str
        As ``"90s"``, ``"5m"``, ``"1h"``, ``"2000000 tokens"`` or ``"epoch"``; one more at the end of the training.
    checkpoint_keep : int
        So many of the latest are kept.
    resume : path, optional
        Go on from the newest checkpoint of this folder that is whole. If it is the folder of `checkpoint` and has none
        yet, the run begins at the beginning with a CheckpointWarning.
    resume_anyway : bool
        Go on even if learning rates, epochs, threads or others of :data:`embed.checkpoints.checkpoint.CHANGEABLE` have
        changed.
    time_budget : str or float, optional
        Such as ``"10m"``, ``"90s"`` or a number of seconds: as many epochs, at most 50, with n-grams 15, as fit into
        this time from now on, reading included; not with `epochs`. A run that goes on keeps the number. See
        :mod:`embed.training.time_budget`.
    **overrides
        Fields of TrainConfig, which win over `config`.

    Returns
    -------
    Model

    Raises
    ------
    ConfigError
        Before any work is done, when a parameter is unknown or out of bounds; when the checkpoint is of another run;
        when a folder is one of the corpus's, or another run keeps its checkpoints in it.
    CorpusError
        When the text is missing, unreadable, malformed or empty.
    DivergenceError
        When the loss or a parameter is no longer finite.
    FormatError
        When no checkpoint is whole, or there is none.
    """
    if config is not None:
        of_kind("config", config, TrainConfig)
    if preset is not None:
        preset = choice("preset", preset, (presets.AUTO, *presets.NAMES))
    if column is not None:
        column = text_of("column", column)
    if encoded_dir is not None:
        encoded_dir = file_path("encoded_dir", encoded_dir)
    if preset is not None and config is not None:
        raise ConfigError(f"preset is {shown(preset)}, but a whole configuration is given, which leaves nothing to it")
    plan = Plan.of(checkpoint, checkpoint_every, checkpoint_keep, resume, resume_anyway)
    launch = Launch.of(plan, time_budget, config, overrides)
    given, is_open = launch.given(overrides), False
    keeps_half = "subsample" not in given and (config is None or config.subsample is None)
    if config is None:
        preset = launch.preset(preset)
        is_open = presets.waits_for_size(preset, given)
        config = presets.unsettled(preset, given)
    elif given:
        config = config.replace(**given)
    if read_as := _settings_of(corpus, config):
        given, config = {**given, **read_as}, config.replace(**read_as)
    simd_path()  # a bad environment is told before any work is done
    check_outputs(kept_folders(encoded_dir, checkpoint), files_of(corpus), partial(root_of, corpus))
    with ExitStack() as stack:
        stack.enter_context(plan.held())
        is_resumed = plan.is_resumed(None if is_open else config)
        phrases = PhraseSettings.of(config)
        if isinstance(corpus, EncodedCorpus):
            if column is not None:
                raise ConfigError(f"column is {shown(column)}, but the corpus is encoded and has no columns")
            encoded = corpus
        else:
            text = open_corpus(
                corpus,
                tokenizer=config.tokenizer,
                lowercase=config.lowercase,
                decode_errors=config.decode_errors,
                column=column,
                delimiter=delimiter,
            )
            with ProgressBar(None, "reading", progress) as bar:
                encoded = encode(
                    text,
                    min_count=config.min_count,
                    max_vocab=config.max_vocab,
                    phrases=phrases,
                    directory=encoded_dir,
                    progress=lambda tokens, _: bar.advance_to(tokens),
                )
            stack.callback(encoded.close)
        if is_open:
            preset, config = presets.settled(preset, given, len(encoded.ids))
        settings = config

        def with_epochs(epochs: int) -> TrainConfig:
            if preset is None:
                return settings.replace(epochs=epochs)
            return presets.settled(preset, {**given, "epochs": epochs}, len(encoded.ids))[1]

        def make(config: TrainConfig, is_fresh: bool) -> Trainer:
            parameters = None if is_fresh else Parameters.empty(encoded.vocabulary, config)
            return Trainer(encoded, config, parameters=parameters, keeps_half=keeps_half)

        return launch.run(
            config,
            make,
            with_epochs=with_epochs,
            is_resumed=is_resumed,
            decisions={} if preset is None else {"preset": preset},
            callbacks=callbacks,
            progress=progress,
        )


def _settings_of(corpus: Any, config: TrainConfig) -> dict[str, Any]:
    """Return how a corpus that the caller has made reads its words, where the configuration says it otherwise.

    What splits the text decides on the form in which words are looked up.

    Raises
    ------
    ConfigError
        The configuration asks for something else, which would be ignored.
    """
    if not isinstance(corpus, FileCorpus):
        return {}
    settings = corpus.settings() or {}
    found = {name: settings[name] for name in ("tokenizer", "lowercase") if name in settings}
    for name, value in found.items():
        asked = getattr(config, name)
        if asked not in (value, getattr(TrainConfig(), name)):
            raise ConfigError(
                f"{name} is {shown(asked)}, but the {type(corpus).__name__} reads its text by {name}={value!r}: "
                f"make the corpus with {name}={asked!r}"
            )
    return {name: value for name, value in found.items() if getattr(config, name) != value}
