"""``Word2Vec``: skip-gram and CBOW with gensim's arguments, on this package's core."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NoReturn, Self

import numpy as np
import numpy.typing as npt

from embed.compat.errors import given_path
from embed.compat.gensim import model_file
from embed.compat.gensim.arguments import SAMPLE, number, renamed, train_config
from embed.compat.gensim.errors import NotReadyError
from embed.compat.gensim.fasttext_vectors import every_bucket
from embed.compat.gensim.learnt import LearntModel
from embed.compat.gensim.line_sentence import MAX_WORDS_IN_BATCH
from embed.compat.gensim.overrides import HandedOn, refuse_overrides
from embed.compat.gensim.scoring import log_probabilities
from embed.compat.gensim.sentences import Corpus, Counts, TrimRule, checked_corpus, count_words
from embed.compat.gensim.tokens import TokenTexts
from embed.compat.gensim.training import train_model
from embed.compat.gensim.vocabulary import prepare
from embed.errors import ConfigError
from embed.model.parameters import Parameters

__all__ = ["Word2Vec"]

logger = logging.getLogger("gensim.models.word2vec")

Path = str | os.PathLike[str]


class Word2Vec(LearntModel):
    """A model of word vectors.

    Parameters
    ----------
    sentences : iterable of lists of tokens, optional
        Read twice. A token is a str, an int or another hashable object (of `FastText`, a str). Without `sentences` and
        `corpus_file`, call `build_vocab` and `train` later.
    corpus_file : path, optional
        A text file instead, one sentence a line, words separated by white space; plain or compressed.
    vector_size, window, negative, epochs, workers : int
    seed : int or None
        None draws one, which the log has.
    alpha, min_alpha : float
        The learning rate of the output vectors falls linearly from `alpha` to `min_alpha`; for the input vectors see
        :mod:`embed.compat.gensim.arguments`.
    min_count, max_final_vocab : int
        Leave out rarer words; raise `min_count` until at most `max_final_vocab` words remain.
    max_vocab_size : int, optional
        While counting, forget rare words whenever there are more.
    sample : float
        Threshold of subsampling.
    sg : {0, 1}
        Skip-gram instead of CBOW.
    hs, cbow_mean : {0, 1}
        Hierarchical softmax; the mean of the contexts, or their sum.
    ns_exponent : float
    trim_rule : callable, optional
        Which words to keep; see :mod:`embed.compat.gensim.sentences`.
    sorted_vocab : {0, 1}
        Sort the words by falling count.
    shrink_windows : bool
        Draw the reach of each window.
    callbacks : iterable
        See :class:`~embed.compat.gensim.callbacks.CallbackAny2Vec`.
    compute_loss, comment : stored
        The loss is always computed.
    hashfxn, batch_words, null_word : accepted
        Without effect; `null_word` must be 0.
    gradient : {"exact", "sqrt", "historic"}
        The exact gradient of the mean, with factor 1/n; with 1/sqrt(n) instead; or without a factor, as in gensim.
    **old_names
        ``size`` and ``iter``, with a DeprecationWarning.

    Attributes
    ----------
    wv : KeyedVectors
        The vectors; ``wv.vectors`` shares its memory with the model.
    syn1neg : float32 array, shape (V, vector_size)
        The output vectors.
    corpus_count, corpus_total_words : int
        Sentences and tokens that `build_vocab` read.

    Raises
    ------
    ConfigError, ArgumentError
        A parameter is out of its bounds, unknown, or of the wrong type.
    NotReadyError
        The vocabulary is empty.
    """

    def __init__(
        self,
        sentences: Iterable[Any] | None = None,
        corpus_file: Path | None = None,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = SAMPLE,
        seed: int | None = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        sg: int = 0,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Any = hash,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: TrimRule | None = None,
        sorted_vocab: int = 1,
        batch_words: int = MAX_WORDS_IN_BATCH,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        comment: str | None = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        *,
        gradient: Literal["exact", "sqrt", "historic"] = "exact",
        **old_names: Any,
    ) -> None:
        old = renamed(old_names, type(self).__name__, "vector_size", "epochs")
        if null_word:
            raise ConfigError("null_word must be 0: models that concatenate the window are not supported")
        self.vector_size = self.layer1_size = number("vector_size", old.get("vector_size", vector_size), int)
        self.epochs = number("epochs", old.get("epochs", epochs), int)
        self.alpha, self.min_alpha = number("alpha", alpha, float), number("min_alpha", min_alpha, float)
        self.min_alpha_yet_reached = self.alpha
        self.window, self.shrink_windows = number("window", window, int), bool(shrink_windows)
        self.min_count = self.effective_min_count = min_count
        self.max_vocab_size, self.max_final_vocab = max_vocab_size, max_final_vocab
        self.sample, self.workers = sample, number("workers", workers, int)
        self.seed = None if seed is None else number("seed", seed, int)
        self.sg, self.hs = number("sg", sg, int), number("hs", hs, int)
        self.negative = number("negative", negative, int)
        self.ns_exponent, self.cbow_mean = ns_exponent, number("cbow_mean", cbow_mean, int)
        self.sorted_vocab, self.null_word = sorted_vocab, null_word
        self.hashfxn, self.batch_words = hashfxn, batch_words
        self.compute_loss, self.comment = bool(compute_loss), comment
        self.gradient = gradient
        self.train_count = 0
        self.epochs_trained = 0
        self.total_train_time = 0.0
        self.running_training_loss = 0.0
        self.corpus_count = 0
        self.corpus_total_words = 0
        self.why_no_words = ""
        self.raw_vocab = Counts()
        self.parameters = None
        self._nodes = None
        self._texts = TokenTexts() if self.any_tokens else None
        self._jobs: HandedOn | None = None
        refuse_overrides(type(self), Word2Vec, self.has_documents)
        train_config(self, epochs=1, lr=1.0, min_lr=0.0, seed=self.seed or 0)  # raises for a bad value before any work
        self.wv = self._empty_vectors()
        self.wv.has_tree = bool(self.hs)
        vars(self)["load"] = _load_on_an_instance
        logger.info("created %s", str(self))
        self._begin(sentences, corpus_file, trim_rule, callbacks)

    def _begin(
        self,
        sentences: Iterable[Any] | None,
        corpus_file: Path | None,
        trim_rule: TrimRule | None,
        callbacks: Iterable[Any],
    ) -> None:
        """Train on the corpus that the constructor got, if any."""
        if sentences is not None or corpus_file is not None:
            self._corpus(sentences, corpus_file, passes=2)
            self.build_vocab(sentences, corpus_file, trim_rule=trim_rule)
            self.train(
                sentences,
                corpus_file,
                total_examples=self.corpus_count,
                total_words=self.corpus_total_words,
                epochs=self.epochs,
                compute_loss=self.compute_loss,
                callbacks=callbacks,
            )
        elif trim_rule is not None or callbacks:
            logger.warning(
                "trim_rule and callbacks have no effect without a corpus: pass them to build_vocab and train"
            )

    def __str__(self) -> str:
        return f"{type(self).__name__}<vocab={len(self.wv)}, vector_size={self.vector_size}, alpha={self.alpha}>"

    # vocabulary

    def build_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Path | None = None,
        update: bool = False,
        progress_per: int = 10_000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        **old_names: Any,
    ) -> None:
        """Count the words of a corpus, choose the vocabulary and create its vectors.

        Parameters
        ----------
        corpus_iterable, corpus_file
            The corpus, either way; read once.
        update : bool
            Add to the existing vocabulary and its counts, and keep the trained vectors.
        progress_per : int
            Log the progress after so many sentences.
        keep_raw_vocab : bool
            Keep the counts of all words in `raw_vocab`.
        trim_rule : callable, optional
        """
        corpus_iterable = renamed(old_names, "build_vocab", "corpus_iterable").get("corpus_iterable", corpus_iterable)
        self.corpus_total_words, self.corpus_count = self.scan_vocab(
            corpus_iterable, corpus_file, progress_per, trim_rule=trim_rule
        )
        self.prepare_vocab(update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule)
        self.prepare_weights(update=update)

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[str, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """Build the vocabulary from words and counts instead of a corpus; otherwise as `build_vocab`."""
        logger.info("taking %i word types with their counts", len(word_freq))
        self.raw_vocab = dict(word_freq)
        self.corpus_count = corpus_count or 0
        self.corpus_total_words = sum(word_freq.values())
        self.prepare_vocab(update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule)
        self.prepare_weights(update=update)

    def scan_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Path | None = None,
        progress_per: int = 10_000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count the words of a corpus into `raw_vocab`; return (tokens, sentences)."""
        logger.info("collecting all words and their counts")
        found = self._scan_vocab(self._corpus(corpus_iterable, corpus_file), progress_per, trim_rule)
        logger.info(
            "collected %i word types from a corpus of %i raw words and %i sentences", len(self.raw_vocab), *found
        )
        return found

    def _corpus(self, sentences: Iterable[Any] | None, corpus_file: Path | None, passes: int = 1) -> Corpus:
        """Return the corpus to read; see `checked_corpus`."""
        return checked_corpus(sentences, corpus_file, passes, texts=self._texts)

    def _scan_vocab(self, sentences: Iterable[Any], progress_per: int, trim_rule: TrimRule | None) -> tuple[int, int]:
        """Count the words of sentences; a subclass may override it, and hand on other sentences."""
        corpus = sentences if isinstance(sentences, Corpus) else self._corpus(sentences, None)
        counts = count_words(corpus, self.max_vocab_size, trim_rule, self._texts, progress_per)
        self.raw_vocab = counts
        return counts.tokens, counts.sentences

    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """Choose the words from `raw_vocab`; return how many words and tokens are kept and dropped."""
        self.min_count, self.sample = min_count or self.min_count, sample or self.sample
        return prepare(self, update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, dry_run=dry_run)

    def prepare_weights(self, update: bool = False) -> None:
        """Create the vectors of all words, or with `update` of new words only."""
        old = self.parameters
        if update and old is None:
            raise NotReadyError("update=True needs a vocabulary to add to: call build_vocab without it first")
        self._adopt_vectors()
        if not len(self.wv):
            self.parameters = None
            return
        seed = self.seed_of_draws() + (len(self.wv) if update else 0)
        config = train_config(self, epochs=1, lr=1.0, min_lr=0.0, seed=seed)
        new = Parameters.initial(self.vocabulary, config, every_bucket(config), documents=self._document_count())
        if update and old is not None:
            words = len(old.outputs)
            new.inputs[:words] = old.inputs[:words]
            if old.scheme is not None:
                new.inputs[len(new.outputs) :] = old.inputs[words:]
            new.outputs[:words] = old.outputs
        nodes = np.zeros((len(self.wv), self.vector_size), np.float32)
        if update and self._nodes is not None:
            nodes[: len(self._nodes)] = self._nodes
        self._nodes = nodes if self.hs else None
        logger.info("%s layer weights", "updating" if update else "resetting")
        self._install(new)

    def reset_from(self, other_model: Word2Vec) -> None:
        """Start again with the vocabulary of another model."""
        self.wv = self._empty_vectors()
        self.wv.has_tree = bool(self.hs)
        self.wv.index_to_key = list(other_model.wv.index_to_key)
        self.wv.key_to_index = dict(other_model.wv.key_to_index)
        self.wv.expandos = {name: values.copy() for name, values in other_model.wv.expandos.items()}
        self.corpus_count = other_model.corpus_count
        self.parameters = None
        self.prepare_weights()

    # training

    def train(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Path | None = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        **old_names: Any,
    ) -> tuple[int, int]:
        """Train, or continue training.

        Parameters
        ----------
        corpus_iterable, corpus_file
            The corpus, either way; read once, before the first epoch.
        total_examples, total_words : int
            One of the two is required, as in gensim, but neither is used.
        epochs : int
        start_alpha, end_alpha : float, optional
            The learning rate falls from `start_alpha` to `end_alpha`; by default `alpha` and `min_alpha`.
        word_count, queue_factor : ignored
        report_delay : float
            The least time between two lines of the log (seconds).
        compute_loss : stored
        callbacks : iterable

        Returns
        -------
        trained, read : int
            Tokens of the vocabulary, and all tokens, times the epochs.
        """
        corpus_iterable = renamed(old_names, "train", "corpus_iterable").get("corpus_iterable", corpus_iterable)
        if corpus_iterable is not None and type(self)._do_train_job is not Word2Vec._do_train_job:
            corpus_iterable = self._jobs = HandedOn(self, self._do_train_job, corpus_iterable)
        corpus = self._corpus(corpus_iterable, corpus_file)
        self._check_ready(epochs, total_examples, total_words)
        self.alpha, self.min_alpha = start_alpha or self.alpha, end_alpha or self.min_alpha
        self.epochs = int(epochs or 0)
        self.compute_loss = compute_loss
        try:
            return train_model(self, corpus, list(callbacks or ()), report_delay)
        finally:
            self._jobs = None

    def _do_train_job(self, sentences: Any, alpha: float, inits: Any) -> tuple[int, int]:
        """Take a batch of sentences to train; a subclass may override it, and hand on other sentences."""
        if self._jobs is None:
            raise NotReadyError("_do_train_job is a part of train: call train")
        sentences = list(sentences)
        self._jobs.take(sentences, alpha)
        tokens = sum(map(len, sentences))
        return tokens, tokens

    def _check_ready(self, epochs: int | None, total_examples: int | None, total_words: int | None) -> None:
        if not self.hs and not self.negative:
            raise ConfigError("hs and negative are both 0, so there is nothing to train: set one of them above 0")
        if not len(self.wv):
            raise NotReadyError(self.why_no_words or "there is no vocabulary yet: call build_vocab first")
        if total_examples is None and total_words is None:
            raise ConfigError("give total_examples or total_words, such as total_examples=model.corpus_count")
        if epochs is None or epochs < 1:
            raise ConfigError(f"epochs must be at least 1, such as epochs=model.epochs, not {epochs}")
        if self.parameters is None:
            raise NotReadyError("these vectors have no model to train: call build_vocab first")
        if self.hs and self.negative:
            logger.warning(
                "Both hierarchical softmax and negative sampling are activated. The model trains with both losses: to "
                "train with one, set hs or negative to 0"
            )
        self._adopt_vectors()

    def score(
        self,
        sentences: Iterable[Any],
        total_sentences: int = 1_000_000,
        chunksize: int = 100,
        queue_factor: int = 2,
        report_delay: float = 1.0,
    ) -> npt.NDArray[np.float32]:
        """Return the log-probability of each sentence by hierarchical softmax (nats; Taddy 2015).

        Parameters
        ----------
        sentences : iterable of lists of str
            Unknown words are left out.
        total_sentences : int
            Score no more of them.
        chunksize, queue_factor, report_delay : ignored

        Returns
        -------
        float32 array, shape (sentences,)

        Raises
        ------
        NotReadyError
            The model has no vocabulary, or `hs` is 0.
        """
        if not len(self.wv) or self.parameters is None:
            raise NotReadyError(self.why_no_words or "there is no vocabulary yet: call build_vocab first")
        if not self.hs:
            raise NotReadyError("score needs the tree of hierarchical softmax: train the model with hs=1, negative=0")
        self._adopt_vectors()
        return log_probabilities(
            self, itertools.islice(checked_corpus(sentences, None, passes=1, texts=self._texts), total_sentences)
        )

    def get_latest_training_loss(self) -> float:
        """Return the sum of the losses since the latest `train` began (nats)."""
        return self.running_training_loss

    # files

    def save(
        self,
        fname_or_handle: Path,
        separately: object = None,
        sep_limit: int = 0,
        ignore: Iterable[str] = (),
        pickle_protocol: int = 0,
    ) -> None:
        """Write the whole model to one native file, which :func:`embed.load_model` reads as well.

        Raises
        ------
        FormatError
            The model has no vocabulary yet, a vector is not finite, or the file cannot be written.
        """
        logger.info("saving %s to %s", str(self), fname_or_handle)
        model_file.save(self, given_path(fname_or_handle))
        logger.info("saved %s", fname_or_handle)

    @classmethod
    def load(cls, fname: Path, mmap: str | None = None, rethrow: bool = False) -> Self:
        """Read a model that `save` wrote; `mmap` is ignored, since training needs memory, and so is `rethrow`.

        Raises
        ------
        FormatError
            The file cannot be read, is damaged, or holds another class; gensim's pickles are never opened.
        """
        logger.info("loading a %s from %s", cls.__name__, fname)
        model = model_file.load(cls, given_path(fname))
        logger.info("loaded %s from %s", str(model), fname)
        return model


def _load_on_an_instance(*arguments: Any, **named: Any) -> NoReturn:
    raise AttributeError("load returns a new model: call it on the class, not on a model")
