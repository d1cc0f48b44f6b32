"""Learning phrases from a corpus, and their files; :mod:`embed.phrase_model` has the passes, and what they find.

The corpus is read once, into a temporary file of ids (4 bytes a token), which the passes then read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from embed.corpora import SentenceCorpus
from embed.encoding import Progress, count_tokens
from embed.errors import CorpusError, FormatError
from embed.formats.phrase_file import load_phrases, save_phrases
from embed.phrase_model import ENGLISH_CONNECTOR_WORDS, Phrase, PhraseModel, PhraseSettings, learn_passes

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "Phrase",
    "PhraseModel",
    "PhraseSettings",
    "learn_phrases",
    "load_phrases",
    "save_phrases",
]


def learn_phrases(
    corpus: Iterable[list[str]],
    settings: PhraseSettings | None = None,
    *,
    progress: Progress | None = None,
    **overrides: Any,
) -> PhraseModel:
    """Find the phrases of a corpus.

    Parameters
    ----------
    corpus : corpus or iterable of lists of str
        See :func:`embed.corpora.open_corpus`. Iterated once, so a generator will do.
    settings : PhraseSettings, optional
    progress : callable, optional
        As for :func:`embed.encode`.
    **overrides
        Fields of PhraseSettings, when `settings` is left out.

    Returns
    -------
    PhraseModel
        The same for the same text and settings, whatever the machine.

    Raises
    ------
    ConfigError
        A setting is out of its bounds.
    CorpusError
        The input is unreadable or malformed, or holds no tokens.
    FormatError
        The temporary file cannot be written.
    """
    settings = settings or PhraseSettings(**overrides)
    if not hasattr(corpus, "byte_chunks") and not isinstance(corpus, SentenceCorpus):
        corpus = SentenceCorpus(corpus)
    try:
        with tempfile.TemporaryDirectory(prefix="train-embeddings-") as folder:
            path = Path(folder) / "ids"
            counter = count_tokens(path, corpus, progress)
            if not counter.tokens:
                raise CorpusError("the corpus is empty: there are no tokens to find phrases in")
            return learn_passes(path, counter, settings, keep_joined=False)
    except OSError as error:
        raise FormatError(f"cannot write a temporary file for the phrases: {error.strerror or error}") from error
