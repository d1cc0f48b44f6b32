"""Train a new model on a text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, ClassVar, Unpack

from embed.arguments import of_kind, shown
from embed.config.defaults import BY_SIZE, KIND, completed
from embed.config.presets import PRESETS, resolve
from embed.config.run import RunKeywords, RunOptions
from embed.config.train import TrainConfig
from embed.corpora import open_configured
from embed.corpora.files import FileCorpus
from embed.errors import AdviceWarning, ConfigError
from embed.messages import option
from embed.model.model import Model
from embed.model.parameters import Parameters
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.text.phrases.phrase_model import PhraseSettings
from embed.training.backends.crews import check_cluster, crew_of, read_on_cluster, refuse_cluster
from embed.training.progress import Progress
from embed.training.run import Source, run
from embed.training.trainer import Trainer
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["FreshStart", "train"]


def train(corpus: Source | EncodedCorpus, config: TrainConfig | None = None, **settings: Unpack[RunKeywords]) -> Model:
    """Train word vectors on a corpus.

    Parameters
    ----------
    corpus : path, sequence of paths, iterable of lists of str, or EncodedCorpus
        Text files (plain or compressed), folders, globs, "-" for standard input, a MediaWiki dump, sentences as
        lists of tokens (read once), or a corpus encoded by :func:`embed.encode`.
    config : TrainConfig, optional
        All parameters but passes and rates, which follow from the corpus where they are None. Default: words with
        n-grams and an output row for each side of a center, unless `settings` name a parameter of
        :data:`embed.config.defaults.KIND`, such as `objective`.
    **settings
        Options of the run (:class:`embed.config.run.RunOptions`): `column`, `delimiter` and `weight_column` for
        tables, `encoded_dir`, `preset`, `time_budget`, `checkpoint`, `checkpoint_every`, `checkpoint_keep`, `resume`,
        `resume_anyway`, `log_json`, `callbacks`, `progress`. And training parameters, which win over `config`. With
        `checkpoint`, SIGINT and SIGTERM end the training with a checkpoint and an
        :class:`embed.checkpoints.signals.Interrupted`.

    Returns
    -------
    Model

    Raises
    ------
    ConfigError
        Before any work: a parameter is unknown or out of bounds, the checkpoint belongs to another run, a folder is
        part of the corpus, or another run writes its checkpoints there.
    CorpusError
        The text is missing, unreadable, malformed or empty.
    DivergenceError
        The loss or a parameter is no longer finite.
    FormatError
        There is no intact checkpoint.
    """
    options, given = RunOptions.split(settings)
    return run(FreshStart(corpus, config, options, given), corpus, options)


class FreshStart:
    """A run that starts with untrained vectors.

    Attributes
    ----------
    trains_documents : bool
        The corpus has documents, which the objective ``dbow`` needs and codes are of.

    Parameters
    ----------
    corpus
        As for :func:`train`.
    config : TrainConfig or None
        A whole configuration; `defaults` and presets are then not used.
    options : RunOptions
    given : mapping
        Training parameters of the user.
    defaults : mapping
        Defaults of parameters that are neither given nor in the preset.

    Raises
    ------
    ConfigError
        A parameter is unknown, out of bounds, or contradicts another one or an option.
    """

    trains_documents: ClassVar[bool] = False

    def __init__(
        self,
        corpus: Any,
        config: TrainConfig | None,
        options: RunOptions,
        given: Mapping[str, Any],
        defaults: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        if config is not None:
            of_kind("config", config, TrainConfig)
            if options.preset is not None:
                raise ConfigError(
                    f"cannot use {option('preset')} {shown(options.preset)} with a whole configuration, which sets "
                    "every parameter: leave one of them out"
                )
            if config.epochs is not None:
                options.refuse_epochs()
        if isinstance(corpus, EncodedCorpus):
            for name in ("column", "weight_column", "encoded_dir"):
                if (value := getattr(options, name)) is not None:
                    raise ConfigError(f"cannot use {option(name)} {shown(value)} with an encoded corpus: leave it out")
        self._base, self._given, self._defaults = config, dict(given), defaults
        if self.trains_documents:
            refuse_cluster(options, "documents")
        self._options, self._is_resumed = options, False
        self._preset: str | None = options.preset
        self._unread = self._resolved(None, given)
        if not self.trains_documents:
            _refuse_documents(self._unread)
        check_cluster(options, self._unread)
        if read_as := _settings_of(corpus, self._unread):
            self._given, self._unread = {**given, **read_as}, self._unread.replace(**read_as)

    def config(self, vocabulary: Vocabulary | None, epochs: int | None = None) -> TrainConfig:
        """Return the configuration for a corpus, without repeating advice."""
        given = self._given if epochs is None else {**self._given, "epochs": epochs}
        with warnings.catch_warnings(action="ignore", category=AdviceWarning):  # given when the run was made
            return self._resolved(vocabulary, given)

    def resuming(self, config: TrainConfig) -> None:
        """Adopt what the run to resume chose by the size of its corpus and this run leaves open."""
        self._is_resumed = True
        self._given.update({name: getattr(config, name) for name in BY_SIZE if self._leaves_open(name)})
        if self._options.cluster is not None:
            if self._given.get("lanes") is None:
                self._given["lanes"] = config.lanes
            if self._given.get("workers") is None:
                self._given["workers"] = config.workers

    def _leaves_open(self, name: str) -> bool:
        """Return whether a parameter of :data:`BY_SIZE` is neither given nor follows from what is given."""
        if name in self._given or name in self._defaults or (name == "epochs" and PRESETS[self._preset or "auto"]):
            return False
        if name in KIND and self._given.keys() & KIND:
            return False
        return self._base is None or getattr(self._base, name) is None

    def decisions(self) -> dict[str, Any]:
        """Return the preset that the user names, if any."""
        return {} if self._preset is None else {"preset": self._preset}

    def read(self, corpus: Any, options: RunOptions, progress: Progress) -> AbstractContextManager[EncodedCorpus]:
        """Encode the corpus; an encoded corpus stays open."""
        if isinstance(corpus, EncodedCorpus):
            return nullcontext(corpus)
        config = self._unread
        with progress.counting("reading") as count:
            text = open_configured(
                corpus,
                config,
                column=options.column,
                delimiter=options.delimiter,
                weight_column=options.weight_column,
            )
            if (sharded := read_on_cluster(corpus, text, options, self.config(None), progress, count)) is not None:
                return sharded
            return encode(
                text,
                min_count=config.min_count,
                max_vocab=config.max_vocab,
                phrases=PhraseSettings.of(config),
                directory=options.encoded_dir,
                progress=count,
                threads=config.thread_count(),
            )

    def trainer(self, corpus: EncodedCorpus, config: TrainConfig, *, is_fresh: bool) -> Trainer:
        """Return a trainer of untrained vectors."""
        parameters = None if is_fresh else Parameters.empty(corpus.vocabulary, config)
        crew, config = crew_of(self._options, config, corpus)
        keeps_half = self._leaves_subsample_open()
        return Trainer(corpus, config, parameters=parameters, keeps_half=keeps_half, crew=crew)

    def _leaves_subsample_open(self) -> bool:
        return "subsample" not in self._given and (self._base is None or self._base.subsample is None)

    def _resolved(self, vocabulary: Vocabulary | None, given: Mapping[str, Any]) -> TrainConfig:
        """Resolve preset, given parameters and defaults, or the whole configuration and given parameters."""
        size = None if vocabulary is None or self._is_resumed else (vocabulary.total, len(vocabulary))
        if self._base is None:
            return resolve(self._preset, given, size, self._defaults)
        config = self._base.replace(**given) if given else self._base
        return config if size is None else completed(config, *size, window=False)


def _refuse_documents(config: TrainConfig) -> None:
    """Raise ConfigError if a configuration is one for documents."""
    for name, value in (("objective", "dbow"), ("binary", True)):
        if getattr(config, name) == value:
            raise ConfigError(
                f"{option(name, value)} is for documents: train with embed.train_documents or train-embeddings "
                "documents train"
            )


def _settings_of(corpus: Any, config: TrainConfig) -> dict[str, Any]:
    """Return the settings of a corpus object that differ from the configuration; they win over it.

    The tokenizer also decides how queries are normalised, so the model must store the tokenizer in use.

    Raises
    ------
    ConfigError
        The configuration has a setting that the corpus object would ignore.
    """
    if not isinstance(corpus, FileCorpus):
        return {}
    settings = corpus.settings() or {}
    found = {name: settings[name] for name in ("tokenizer", "lowercase") if name in settings}
    for name, value in found.items():
        asked = getattr(config, name)
        if asked not in (value, getattr(TrainConfig(), name)):
            raise ConfigError(
                f"{name} is {shown(asked)}, but the {type(corpus).__name__} has {name}={value!r}: make the corpus with "
                f"{name}={asked!r}"
            )
    return {name: value for name, value in found.items() if getattr(config, name) != value}
