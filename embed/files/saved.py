"""An object saves itself and a class loads itself, though the room that knows its file may stand behind its own.

Vectors and models know nothing of files: `embed.formats` knows them. Their `save` and `load` are one line each, which
finds the functions that do it by name, on first use, as `embed` finds its public names. No other module reaches a room
behind its own (tests/house/test_layers.py).

Rejected: methods that `embed.formats` puts on the classes (editors and type checkers do not see them), a registry that
it fills (whoever imports the class alone would find it empty).
"""

from __future__ import annotations

import importlib
import os
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

__all__ = ["Saved", "room_behind"]

_HOMES = {"vectors": "embed.formats", "models": "embed.formats.model_file", "endings": "embed.formats.registry"}


class Saved(ABC):
    """What is saved by its method `save` or by :func:`embed.save`, and loaded by its class.

    Attributes
    ----------
    has_formats : bool
        `save` takes a `format`.
    """

    has_formats: ClassVar[bool] = False

    @abstractmethod
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the object to a file, whole or not at all."""

    @classmethod
    @abstractmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` has written."""


def room_behind(what: str) -> Any:
    """Return the module that reads and writes ``"vectors"`` or ``"models"``, or knows the ``"endings"`` of formats."""
    return importlib.import_module(_HOMES[what])
