"""The base class of callbacks during training."""

from __future__ import annotations

from typing import Any

__all__ = ["CallbackAny2Vec"]


class CallbackAny2Vec:
    """Base class of callbacks: override the methods you need. Any object with these four methods works."""

    def on_train_begin(self, model: Any) -> None:
        """Called before the first epoch."""

    def on_epoch_begin(self, model: Any) -> None:
        """Called before each epoch."""

    def on_epoch_end(self, model: Any) -> None:
        """Called after each epoch, with the vectors at that point."""

    def on_train_end(self, model: Any) -> None:
        """Called after the last epoch."""
