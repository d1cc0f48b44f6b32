"""Each choice between words is listed once, as a type; what the words mean is a table elsewhere, with the same keys."""

from __future__ import annotations

import inspect
import typing
from typing import Any, Literal, Unpack

import pytest

import embed
from embed import choices, formats
from embed.config import presets
from embed.config.rates import GRADIENT_POWERS
from embed.config.reading import ReadingKeywords, ReadingOptions
from embed.corpora import open_corpus, text, tokenizers
from embed.eval import METHODS, NAMED_SETS, TASKS, Settings
from embed.formats import registry
from embed.formats.fasttext_file import LOSSES
from embed.text.phrases.phrase_model import SCORES
from embed.vectors import quantize


@pytest.mark.parametrize(
    ("choice", "table"),
    [
        (choices.Gradient, GRADIENT_POWERS),
        (choices.PhraseScore, SCORES),
        (choices.TextErrors, text.DECODE_ERRORS),
        (choices.NamedSet, NAMED_SETS),
        (choices.TaskName, TASKS),
        (choices.AnalogyMethod, METHODS),
        (choices.QuantizeMethod, quantize._DTYPES),
        (choices.ClassifierLoss, tuple(LOSSES.values())),
        (choices.PresetName, tuple(presets.PRESETS)),
    ],
)
def test_a_table_of_meanings_has_the_words_of_the_choice(choice: Any, table: Any) -> None:
    assert tuple(table) == typing.get_args(choice)


@pytest.mark.parametrize("name", choices.TOKENIZERS)
def test_every_tokenizer_splits(name: choices.TokenizerName) -> None:
    assert tokenizers.get_tokenizer(name, lowercase=False).split("to be") == ["to", "be"]


def test_a_model_is_written_in_formats_of_the_registry() -> None:
    assert choices.MODEL_FORMATS == (registry.NATIVE, registry.FASTTEXT)
    assert set(choices.MODEL_FORMATS) <= set(registry.FORMATS)


@pytest.mark.parametrize("method", choices.QUANTIZE_METHODS)
def test_every_method_of_quantisation_has_settings(method: choices.QuantizeMethod) -> None:
    assert callable(quantize.quantizer(method))


@pytest.mark.parametrize(
    ("function", "parameter", "choice"),
    [
        (embed.save, "on_bad_word", choices.OnBadWord),
        (embed.Model.save, "format", choices.ModelFormat),
        (open_corpus, "decode_errors", choices.TextErrors),
        (embed.WordVectors.analogy, "method", choices.AnalogyMethod),
        (Settings, "method", choices.AnalogyMethod),
        (quantize.quantize_int8, "scale", choices.QuantizeScale),
    ],
)
def test_an_editor_completes_the_words_of_a_public_function(function: Any, parameter: str, choice: Any) -> None:
    hint = typing.get_type_hints(function.__init__ if inspect.isclass(function) else function)[parameter]
    assert hint == choice


def test_an_editor_completes_the_options_of_reading_vectors() -> None:
    declared = typing.get_type_hints(ReadingOptions)
    assert typing.get_type_hints(ReadingKeywords) == declared
    assert declared["decode_errors"] == choices.DecodeErrors
    for function in (embed.load, embed.WordVectors.load, formats.convert):
        assert typing.get_type_hints(function)["reading"] == Unpack[ReadingKeywords]


def test_every_choice_is_a_type_of_distinct_words() -> None:
    found = [getattr(choices, name) for name in choices.__all__ if not name.isupper()]
    assert found
    for choice in found:
        assert typing.get_origin(choice) is Literal
        words = typing.get_args(choice)
        assert len(words) == len(set(words)) > 1
