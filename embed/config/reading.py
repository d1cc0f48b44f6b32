"""Declare every option of reading a file of vectors once.

:func:`embed.load` and its kin take them as keywords, and every command that reads vectors as flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from embed.choices import DecodeErrors
from embed.config.parameter import check_fields, parameter, reject_unknown
from embed.messages import OF_VECTORS

__all__ = ["MOST_DIMENSIONS", "UTF8", "ReadingKeywords", "ReadingOptions"]

UTF8 = "utf-8"
MOST_DIMENSIONS = 1 << 20
"""A file that claims more is taken for damaged."""
_GROUP = "reading vectors"


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How to read a file of vectors; immutable and always valid. :func:`embed.load` describes each field.

    Raises
    ------
    ConfigError
        At construction: a value is out of bounds or of the wrong type.
    """

    encoding: str = parameter(UTF8, "encoding of the words", _GROUP, metavar="NAME")
    decode_errors: DecodeErrors = parameter("strict", "invalid bytes in words: refuse, or use U+FFFD", _GROUP)
    keep_first: bool = parameter(False, "duplicate words: keep the first instead of refusing the file", _GROUP)
    unescape: bool = parameter(False, "undo what --escape of convert did to words", _GROUP)
    dim: int | None = parameter(None, "dimensions, for text without a header", _GROUP, low=1, high=MOST_DIMENSIONS)
    limit: int | None = parameter(None, "read the first N words only", _GROUP, low=1)

    def __post_init__(self) -> None:
        check_fields(self, OF_VECTORS)

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> ReadingOptions:
        """Return the options of these keywords; raises ConfigError for an unknown name, and for a wrong value."""
        reject_unknown(keywords, cls)
        return cls(**keywords)


class ReadingKeywords(TypedDict, total=False):
    """Options of reading vectors, any of them: ``**reading: Unpack[ReadingKeywords]``."""

    encoding: str
    decode_errors: DecodeErrors
    keep_first: bool
    unescape: bool
    dim: int | None
    limit: int | None
