"""``gensim.models.phrases``."""

from __future__ import annotations

from embed.compat.gensim.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phraser, Phrases
from embed.text.phrases.scores import npmi_scorer, original_scorer

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "Phraser",
    "Phrases",
    "npmi_scorer",
    "original_scorer",
]
