"""What is written is read again, whatever it is: every format of vectors, vocabularies, configurations, encodings."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embed import formats
from embed.config import TrainConfig
from embed.errors import AdviceWarning
from embed.formats.registry import FORMATS
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.vectors import WordVectors
from embed.vocabulary.vocabulary import Vocabulary

# Any text but lone surrogates, with what the formats end words by more likely than the rest, and what looks like a
# number.
WORD = st.one_of(
    st.text(
        st.one_of(
            st.sampled_from(" \t\n\r\0\\\"'<>aé日😀\u00a0\u2028\ufeff"), st.characters(exclude_categories=("Cs",))
        ),
        max_size=8,
    ),
    st.sampled_from(("1", "0.5", "3.11", "1.", "-2e3", "nan", "inf")),
)
NUMBER = st.floats(-(2.0**60), 2.0**60, width=32)
PLAIN = [
    name
    for name, form in FORMATS.items()
    if form.read and form.write and not form.files and name not in ("floret", "fasttext", "parquet", "arrow")
]
"""Formats of words and numbers alone; the others have tests of their own."""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    return tmp_path_factory.mktemp("round-trips")


@st.composite
def vectors(draw: st.DrawFn) -> WordVectors:
    words = draw(st.lists(WORD, min_size=1, max_size=5, unique=True))
    shape = (len(words), draw(st.integers(1, 4)))
    return WordVectors(words, draw(arrays(np.float32, shape, elements=NUMBER)))


@pytest.mark.parametrize("name", PLAIN)
@given(written=vectors())
def test_vectors_of_any_words_and_numbers(name: str, written: WordVectors, place) -> None:  # type: ignore[no-untyped-def]
    path = place / f"any.{name}"
    formats.save(written, path, name, on_bad_word="escape")
    # without a first line nothing tells the words that look like numbers from the numbers: a file of such words alone,
    # which Hypothesis found or not depending on the modules that were loaded, is refused unless its dimension is given
    read = formats.load(path, name, unescape=True, dim=written.dim)
    assert read.words == written.words
    np.testing.assert_array_equal(read.matrix.view(np.uint32), written.matrix.view(np.uint32))


LINE_WORD = st.text(st.characters(exclude_categories=("Cs",), exclude_characters=" \t\n\r\v\f"), min_size=1, max_size=8)


@given(st.dictionaries(LINE_WORD, st.integers(1, (1 << 63) - 1), min_size=1, max_size=8))
def test_vocabularies_of_any_words_and_counts(place, counts: dict[str, int]) -> None:  # type: ignore[no-untyped-def]
    vocabulary = Vocabulary.from_counts(list(counts), counts.values())
    vocabulary.save(place / "vocabulary.txt")
    assert Vocabulary.load(place / "vocabulary.txt") == vocabulary


@settings(max_examples=40)  # each makes and opens a directory
@given(st.lists(st.lists(WORD.filter(bool), max_size=5), min_size=1, max_size=6).filter(any))
def test_encoded_corpora_of_any_words(place, sentences: list[list[str]]) -> None:  # type: ignore[no-untyped-def]
    encode(sentences, min_count=1, directory=place / "encoded").close()
    with EncodedCorpus.open(place / "encoded") as encoded:
        words = encoded.vocabulary.words
        found = [[words[i] for i in encoded.ids[a:b]] for a, b in pairwise(encoded.offsets)]
    assert found == [sentence for sentence in sentences if sentence]


@given(
    objective=st.sampled_from(["sg", "cbow"]),
    dim=st.integers(1, 16_384),
    lr=st.none() | st.floats(1e-6, 10),
    subword=st.booleans(),
    seed=st.integers(0, (1 << 63) - 1),
    max_vocab=st.none() | st.integers(1, (1 << 63) - 1),
)
@pytest.mark.filterwarnings(f"ignore::{AdviceWarning.__module__}.{AdviceWarning.__name__}")
def test_configurations(place, **values: object) -> None:  # type: ignore[no-untyped-def]
    config = TrainConfig(**values)  # type: ignore[arg-type]
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None]
    (place / "run.toml").write_text("\n".join(lines), encoding="utf-8")
    assert TrainConfig.from_toml(place / "run.toml") == config
