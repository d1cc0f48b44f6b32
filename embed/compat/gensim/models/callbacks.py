"""``gensim.models.callbacks``."""

from __future__ import annotations

from embed.compat.gensim.callbacks import CallbackAny2Vec

__all__ = ["CallbackAny2Vec"]
