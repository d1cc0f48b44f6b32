"""Word and subword embeddings, trained on a CPU.

The names below are the public entry points; everything else is imported from its own module
(``embed.corpora``, ``embed.eval``, ``embed.formats`` ...). They resolve on first use (PEP 562), so that
``import embed`` costs a millisecond and the command line answers ``--help`` before NumPy is loaded.

Rejected: importing them here at once (a fifth of a second for a name that may not be used).
"""

from __future__ import annotations

import importlib
import sys

TYPE_CHECKING = False  # importing typing would take longer than all of this
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from embed.config import TrainConfig as TrainConfig
    from embed.corpora import TextCorpus as TextCorpus
    from embed.documents import DocumentModel as DocumentModel
    from embed.documents import train_documents as train_documents
    from embed.documents.labels import LabelSearch as LabelSearch
    from embed.errors import EmbedError as EmbedError
    from embed.formats import load as load
    from embed.formats import save as save
    from embed.formats.model_file import load_model as load_model
    from embed.formats.model_file import save_model as save_model
    from embed.graph import Graph as Graph
    from embed.graph import train_graph as train_graph
    from embed.items import ItemVectors as ItemVectors
    from embed.items import train_items as train_items
    from embed.model import Model as Model
    from embed.pages.report import report as report
    from embed.senses import SenseVectors as SenseVectors
    from embed.text.encoded_corpus import EncodedCorpus as EncodedCorpus
    from embed.text.encoding import encode as encode
    from embed.text.phrases.learning import PhraseModel as PhraseModel
    from embed.text.phrases.learning import learn_phrases as learn_phrases
    from embed.text.phrases.learning import load_phrases as load_phrases
    from embed.training.continue_training import continue_training as continue_training
    from embed.training.replicates import replicate as replicate
    from embed.training.train import train as train
    from embed.vectors import Replicates as Replicates
    from embed.vectors import WordVectors as WordVectors
    from embed.vectors.alignment import Alignment as Alignment
    from embed.vectors.alignment import align as align
    from embed.vectors.drift import drift as drift
    from embed.vectors.sentences import sentence_vectors as sentence_vectors
    from embed.vocabulary.vocabulary import Vocabulary as Vocabulary
else:
    ModuleType = type(sys)

__version__ = "0.1.0"

_HOMES = {
    "Alignment": "embed.vectors.alignment",
    "DocumentModel": "embed.documents",
    "EmbedError": "embed.errors",
    "EncodedCorpus": "embed.text.encoded_corpus",
    "Graph": "embed.graph",
    "ItemVectors": "embed.items",
    "LabelSearch": "embed.documents.labels",
    "Model": "embed.model",
    "PhraseModel": "embed.text.phrases.learning",
    "Replicates": "embed.vectors",
    "SenseVectors": "embed.senses",
    "TextCorpus": "embed.corpora",
    "TrainConfig": "embed.config",
    "Vocabulary": "embed.vocabulary.vocabulary",
    "WordVectors": "embed.vectors",
    "align": "embed.vectors.alignment",
    "continue_training": "embed.training.continue_training",
    "drift": "embed.vectors.drift",
    "encode": "embed.text.encoding",
    "load": "embed.formats",
    "learn_phrases": "embed.text.phrases.learning",
    "load_model": "embed.formats.model_file",
    "load_phrases": "embed.text.phrases.learning",
    "replicate": "embed.training.replicates",
    "report": "embed.pages.report",
    "save": "embed.formats",
    "sentence_vectors": "embed.vectors.sentences",
    "save_model": "embed.formats.model_file",
    "train": "embed.training.train",
    "train_documents": "embed.documents",
    "train_graph": "embed.graph",
    "train_items": "embed.items",
}
"""Each public name, and the module that it comes from; type checkers read the imports above, which a test compares."""

_ROOMS = ("compat", "corpora", "errors", "eval", "formats", "plot", "vectors")
"""Rooms that users visit: ``embed.eval`` and so on."""

__all__ = sorted(_HOMES)


class _Package(ModuleType):
    """A package whose modules are imported when they are named: ``embed.eval.retrieval`` after ``import embed``."""

    def __setattr__(self, name: str, value: object) -> None:
        # the import of embed.eval sets the attribute eval here, whoever imports it
        if isinstance(value, ModuleType) and hasattr(value, "__path__"):
            value.__class__ = _Package
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        from importlib.util import find_spec

        module = f"{self.__name__}.{name}"
        if name.startswith("_") or find_spec(module) is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return importlib.import_module(module)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name == "postprocess":  # the short name of a module of a room
        return importlib.import_module("embed.vectors.postprocess")
    if name not in _HOMES:
        raise AttributeError(f"module 'embed' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS, "postprocess"})
