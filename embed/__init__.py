"""Word and subword embeddings, trained on a CPU.

The names below are the public entry points; everything else is imported from its own module
(``embed.corpora``, ``embed.eval``, ``embed.formats`` ...). They resolve on first use (PEP 562), so that
``import embed`` costs a millisecond and the command line answers ``--help`` before NumPy is loaded.

Rejected: importing them here at once (a fifth of a second for a name that may not be used).
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # importing typing would take longer than all of this
if TYPE_CHECKING:
    from typing import Any

    from embed.config import TrainConfig
    from embed.corpora import TextCorpus
    from embed.errors import EmbedError
    from embed.formats import load, save
    from embed.formats.model_file import load_model, save_model
    from embed.items import ItemVectors, train_items
    from embed.model import Model
    from embed.text.encoded_corpus import EncodedCorpus
    from embed.text.encoding import encode
    from embed.text.phrases.learning import PhraseModel, learn_phrases, load_phrases
    from embed.training.continue_training import continue_training
    from embed.training.train import train
    from embed.vectors import WordVectors
    from embed.vocabulary.vocabulary import Vocabulary

__version__ = "0.1.0"

__all__ = [
    "EmbedError",
    "EncodedCorpus",
    "ItemVectors",
    "Model",
    "PhraseModel",
    "TextCorpus",
    "TrainConfig",
    "Vocabulary",
    "WordVectors",
    "continue_training",
    "encode",
    "learn_phrases",
    "load",
    "load_model",
    "load_phrases",
    "save",
    "save_model",
    "train",
    "train_items",
]

_HOMES = {
    "EmbedError": "embed.errors",
    "EncodedCorpus": "embed.text.encoded_corpus",
    "ItemVectors": "embed.items",
    "Model": "embed.model",
    "PhraseModel": "embed.text.phrases.learning",
    "TextCorpus": "embed.corpora",
    "TrainConfig": "embed.config",
    "Vocabulary": "embed.vocabulary.vocabulary",
    "WordVectors": "embed.vectors",
    "continue_training": "embed.training.continue_training",
    "encode": "embed.text.encoding",
    "load": "embed.formats",
    "learn_phrases": "embed.text.phrases.learning",
    "load_model": "embed.formats.model_file",
    "load_phrases": "embed.text.phrases.learning",
    "save": "embed.formats",
    "save_model": "embed.formats.model_file",
    "train": "embed.training.train",
    "train_items": "embed.items",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'embed' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
