"""A pytest plugin that puts our stand-ins in the place of gensim's classes, for gensim's own tests.

``python -m pytest -p gensim_plugin --pyargs gensim.test.test_word2vec`` with this folder on the path. It is loaded
before the tests are, so that what they import from gensim are our classes. tests/compat/test_gensim.py runs it;
the file that GENSIM_PLUGIN names tells which tests to leave out, and becomes the outcomes of the others.

With more than one thread no two runs of a training are alike, and so neither are the tests that look at what came
out: models train with one thread here, whatever `workers` they are given.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import gensim.models
import pytest
from gensim.models import doc2vec, fasttext, keyedvectors, phrases, word2vec

import embed.compat.gensim as ours
import embed.compat.gensim.phrases as our_phrases
import embed.compat.gensim.training as training
from embed.text.phrases import scores as phrase_scores

for module in (gensim.models, word2vec, fasttext, doc2vec, keyedvectors, phrases):
    for name in ours.__all__:
        if hasattr(module, name):
            setattr(module, name, getattr(ours, name))
phrases._PhrasesTransformation = our_phrases.PhraseTransformation
phrases.original_scorer, phrases.npmi_scorer = phrase_scores.original_scorer, phrase_scores.npmi_scorer


def _load_word2vec_format(cls, fname, binary, limit, binary_chunk_size):  # type: ignore[no-untyped-def]
    """Stand in for a private function that tests call for its chunk size, which our reader does not have."""
    return cls.load_word2vec_format(fname, binary=binary, limit=limit)


keyedvectors._load_word2vec_format = _load_word2vec_format

_with_any_threads = training.train_config


def _with_one_thread(*arguments: object, **named: object) -> object:
    return _with_any_threads(*arguments, **named).replace(threads=1)  # type: ignore[arg-type]


training.train_config = _with_one_thread  # type: ignore[assignment]

_file = os.environ.get("GENSIM_PLUGIN")
_outcomes: dict[str, str] = {}


def _name(of: pytest.Item | pytest.TestReport) -> str:
    """Return ``file::class::test``, without the folders."""
    return f"{Path(of.location[0]).name}::{of.nodeid.partition('::')[2]}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose names begin as one of the list does."""
    left_out = tuple(json.loads(Path(_file).read_text())) if _file else ()
    chosen = [item for item in items if not _name(item).startswith(left_out)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the worst that happened to each test."""
    if report.when == "call" or report.outcome != "passed":
        _outcomes[_name(report)] = report.outcome


def pytest_sessionfinish() -> None:
    """Write the outcomes down."""
    if _file:
        Path(_file).write_text(json.dumps(_outcomes))
