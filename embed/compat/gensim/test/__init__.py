"""``gensim.test``: what examples import from it."""

from __future__ import annotations

from embed.compat.gensim.test import utils

__all__ = ["utils"]
