"""What can be called while a model trains."""

from __future__ import annotations

from typing import Any

__all__ = ["CallbackAny2Vec"]


class CallbackAny2Vec:
    """Base class of callbacks: override what is needed. Any object with these four methods will do."""

    def on_train_begin(self, model: Any) -> None:
        """Called before the first epoch."""

    def on_epoch_begin(self, model: Any) -> None:
        """Called before each epoch."""

    def on_epoch_end(self, model: Any) -> None:
        """Called after each epoch; the vectors are those of that moment."""

    def on_train_end(self, model: Any) -> None:
        """Called after the last epoch."""
