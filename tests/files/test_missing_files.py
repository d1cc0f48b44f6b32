"""A file that is missing, or a folder, is the built-in error that `open` raises and an error of this package."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

import embed
from embed import formats
from embed.checkpoints import checkpoint_file
from embed.compat import fasttext, gensim
from embed.compat.gensim.phrases import Phrases
from embed.config import TrainConfig
from embed.errors import CorpusError, EmbedError, FormatError, cannot_open
from embed.eval.sets import load_set
from embed.formats import fasttext_model, word2vec_binary, word2vec_text
from embed.text.encoded_corpus import EncodedCorpus
from embed.vocabulary.vocabulary import Vocabulary

READERS: dict[str, Callable[[Path], object]] = {
    "load": embed.load,
    **{f"load as {name}": lambda path, name=name: embed.load(path, name) for name in formats.FORMATS
       if formats.FORMATS[name].read is not None and name not in ("parquet", "arrow", "model2vec")},
    "word2vec_text": word2vec_text.read,
    "word2vec_binary": word2vec_binary.read,
    "fastText": fasttext_model.read_vectors,
    "load_model": embed.load_model,
    "load_phrases": embed.load_phrases,
    "continue_training": lambda path: embed.continue_training(path, [["a", "b"]] * 9),
    "Vocabulary.load": Vocabulary.load,
    "TrainConfig.from_toml": TrainConfig.from_toml,
    "EncodedCorpus.open": EncodedCorpus.open,
    "a checkpoint": checkpoint_file.read_header,
    "a test set": lambda path: load_set(str(path)),
    "train": lambda path: embed.train(path, progress=False),
    "learn_phrases": lambda path: embed.learn_phrases(embed.TextCorpus(path)),
    "gensim Word2Vec(corpus_file)": lambda path: gensim.Word2Vec(corpus_file=path),
    "gensim KeyedVectors.load": gensim.KeyedVectors.load,
    "gensim load_word2vec_format": gensim.KeyedVectors.load_word2vec_format,
    "gensim load_word2vec_format binary": lambda path: gensim.KeyedVectors.load_word2vec_format(path, binary=True),
    "gensim Word2Vec.load": gensim.Word2Vec.load,
    "gensim FastText.load": gensim.FastText.load,
    "gensim Phrases.load": Phrases.load,
    "gensim load_facebook_model": gensim.load_facebook_model,
    "gensim LineSentence": lambda path: list(gensim.LineSentence(path)),
    "gensim PathLineSentences": gensim.PathLineSentences,
    "fasttext load_model": fasttext.load_model,
    "fasttext train_unsupervised": lambda path: fasttext.train_unsupervised(path, verbose=0),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_a_missing_file_is_a_file_not_found_error(tmp_path: Path, reader: str) -> None:
    missing = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError) as caught:
        READERS[reader](missing)
    assert isinstance(caught.value, EmbedError)
    assert str(missing) in str(caught.value)


@pytest.mark.parametrize(
    "reader", ["load", "load_model", "load_phrases", "TrainConfig.from_toml", "fasttext load_model"]
)
def test_a_folder_in_place_of_a_file_is_an_is_a_directory_error(tmp_path: Path, reader: str) -> None:
    with pytest.raises(EmbedError) as caught:
        READERS[reader](tmp_path)
    assert isinstance(caught.value, IsADirectoryError) or "folder" in str(caught.value)


def test_the_error_of_both_kinds_crosses_processes() -> None:
    error = cannot_open(FormatError, "v.txt: there is no such file", FileNotFoundError(2, "No such file", "v.txt"))
    again = copy.copy(error)  # by way of what a process sends to another
    assert type(again) is type(error)
    assert (str(again), again.errno, again.filename, again.exit_code) == (str(error), 2, "v.txt", FormatError.exit_code)


def test_another_failure_of_the_system_keeps_its_class() -> None:
    assert type(cannot_open(CorpusError, "t: cannot read", OSError(5, "Input/output error"))) is CorpusError
