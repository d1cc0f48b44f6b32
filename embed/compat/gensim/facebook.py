"""Load fastText's files as stand-ins of gensim's models, and save them.

Words that are not valid in the encoding show their bytes as ``\\xNN``, and are cut into n-grams in this form. With
hierarchical softmax, the output matrix of a file holds the vectors of inner nodes. Further training uses the historic
gradient, which is fastText's.
"""

from __future__ import annotations

import codecs
import os

import numpy as np

from embed.compat.errors import given_path
from embed.compat.gensim.errors import ArgumentError, NotReadyError
from embed.compat.gensim.fasttext import FastText
from embed.compat.gensim.fasttext_vectors import FastTextKeyedVectors
from embed.compat.gensim.store import COUNT, Array
from embed.errors import FormatError, advise
from embed.formats import fasttext_bin
from embed.formats.detect import hinted
from embed.formats.fasttext_file import CBOW, LOSSES, NEWEST_VERSION, SKIPGRAM, Arguments, FastTextFile, Quantised
from embed.formats.registry import FASTTEXT

__all__ = ["load_facebook_model", "load_facebook_vectors", "save_facebook_model"]

HIERARCHICAL, SAMPLED = (next(number for number, name in LOSSES.items() if name == wanted) for wanted in ("hs", "ns"))


class NotAWordModelError(FormatError, NotImplementedError):
    """The file holds a classifier or a quantised model."""


def load_facebook_model(
    path: str | os.PathLike[str], encoding: str = "utf-8", model_class: type[FastText] = FastText
) -> FastText:
    """Read a fastText ``.bin`` file as a model that can be trained further.

    Parameters
    ----------
    path : path
    encoding : str
        Of the words in the file.
    model_class : type
        The class of the model.

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or holds a classifier or a quantised model (then also a
        NotImplementedError).
    """
    try:
        file = fasttext_bin.read(given_path(path))
    except FormatError as error:
        raise hinted(error, path, FASTTEXT) from None
    name, arguments = os.fspath(path), file.arguments
    if arguments.model not in (CBOW, SKIPGRAM) or arguments.loss not in (HIERARCHICAL, SAMPLED):
        raise NotAWordModelError(f"{name}: holds a classifier, not a word model: read its vectors with embed.load")
    if isinstance(file.input, Quantised) or isinstance(file.output, Quantised):
        raise NotAWordModelError(f"{name}: cannot train a quantised model further: read its vectors with embed.load")
    words = _decoded(file.words, encoding, name)
    has_ngrams = len(file.input) > len(words)
    model = model_class(
        vector_size=arguments.dim,
        window=arguments.window,
        epochs=arguments.epochs,
        negative=arguments.negatives if arguments.loss == SAMPLED else 0,
        hs=int(arguments.loss == HIERARCHICAL),
        sg=int(arguments.model == SKIPGRAM),
        bucket=arguments.buckets if has_ngrams else 0,
        min_count=arguments.min_count,
        sample=arguments.subsample,
        min_n=max(1, arguments.min_n),
        max_n=arguments.max_n,
        sorted_vocab=1,
        gradient="historic",
    )
    model.wv._fill(words, np.zeros((0, arguments.dim), np.float32))
    model.wv.expandos[COUNT] = np.array(file.counts)
    model.corpus_total_words = file.tokens
    model.prepare_weights()
    parameters = model.parameters
    if parameters is None or parameters.inputs.shape[0] != len(file.input):
        raise FormatError(f"{name}: damaged: {len(file.input)} input rows for {len(words)} words")
    parameters.inputs[:, : arguments.dim] = file.input[:]
    if model.hs:
        model.syn1[:] = file.output
    else:
        model.syn1neg[:] = file.output
    model._refreshed()
    return model


def load_facebook_vectors(path: str | os.PathLike[str], encoding: str = "utf-8") -> FastTextKeyedVectors:
    """Read the vectors of a fastText ``.bin`` file; see `load_facebook_model`."""
    return load_facebook_model(path, encoding).wv


def save_facebook_model(
    model: FastText,
    path: str | os.PathLike[str],
    encoding: str = "utf-8",
    lr_update_rate: int = 100,
    word_ngrams: int = 1,
) -> None:
    """Write a model as a fastText ``.bin`` file.

    Parameters
    ----------
    model : FastText
    path : path
    encoding : str
        Of the words in the file.
    lr_update_rate, word_ngrams : int
        Stored as given, for fastText.

    Raises
    ------
    FormatError
        A word cannot be written, or the file cannot.

    Warns
    -----
    AdviceWarning
        The model has both losses, and the file holds the output vectors of one.
    """
    if not isinstance(model, FastText):
        raise ArgumentError(f"model must be a FastText model, not {type(model).__name__}")
    parameters = model.parameters
    if parameters is None:
        raise NotReadyError("there is no vocabulary yet: call build_vocab first")
    if model.hs and model.negative:
        advise(
            f"{os.fspath(path)}: fastText's layout holds the output vectors of one loss: those of hs are written, and "
            "those of negative sampling are not; model.save keeps both"
        )
    model._adopt_vectors()
    dim = model.vector_size
    arguments = Arguments(
        dim=dim,
        window=model.window,
        epochs=model.epochs,
        min_count=model.min_count,
        negatives=model.negative,
        word_ngrams=word_ngrams,
        loss=HIERARCHICAL if model.hs else SAMPLED,
        model=SKIPGRAM if model.sg else CBOW,
        buckets=model.bucket,
        min_n=model.min_n if model.bucket else 0,
        max_n=model.max_n if model.bucket else 0,
        lr_update_rate=lr_update_rate,
        subsample=model.sample,
    )
    try:
        words = [word.encode(encoding) for word in model.wv.index_to_key]
    except UnicodeEncodeError as error:
        raise FormatError(
            f"{os.fspath(path)}: cannot write the word {error.object!r:.60} in {encoding}: set another encoding"
        ) from None
    output: Array = model.syn1 if model.hs else model.syn1neg
    inputs = parameters.inputs[:, :dim]
    tokens = model.corpus_total_words or int(model.vocabulary.total)
    counts = model.vocabulary.counts
    fasttext_bin.write(
        FastTextFile(NEWEST_VERSION, arguments, words, counts, 0, tokens, None, inputs, output), given_path(path)
    )


def _decoded(words: list[bytes], encoding: str, name: str) -> list[str]:
    codecs.lookup(encoding)
    decoded = [word.decode(encoding, "backslashreplace") for word in words]
    if len(set(decoded)) != len(decoded):
        raise FormatError(f"{name}: two words become the same in the encoding {encoding}: set another encoding")
    return decoded
