"""What documents are trained with where the user leaves it open, and what does not apply to them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["BINARY_DEFAULTS", "CODE_DEFAULTS", "DOCUMENT_DEFAULTS", "NOT_FOR_DOCUMENTS"]

DOCUMENT_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "objective": "dbow",
        # what a document is about is in its rare words
        "subsample": 1e-5,
        "min_count": 2,
        # all documents share a direction, which says nothing of any of them
        "postprocess": "center",
        # measured for words alone
        "tail_scale": 1.0,
        "tokenizer": "words",
        "lowercase": True,
    }
)
"""The defaults of `train_documents`, in place of those for text; :mod:`embed.documents.schedule` chooses the epochs."""
# measured: with rarer words as noise, codes find less (docs/decisions/0034-documents.md)
CODE_DEFAULTS: Mapping[str, Any] = MappingProxyType({"noise_exponent": 1.0})
"""Those of codes, where they differ."""
# a code is the sign of a vector as trained
BINARY_DEFAULTS: Mapping[str, Any] = MappingProxyType({**CODE_DEFAULTS, "postprocess": "none"})
"""Those of codes that are the signs of the vectors."""
NOT_FOR_DOCUMENTS = (
    "encoded_dir",
    "held_out",
    "patience",
    "min_delta",
    *("senses", "sense_min_count"),
    *("phrases", "phrase_score", "phrase_threshold", "phrase_min_count", "phrase_delimiter", "phrase_max_pairs"),
    "phrase_connectors",
)
"""Options and parameters that have no flag in ``documents train``: a document that is held out would have no vector,
new texts would not have the phrases, and words have one vector each."""
