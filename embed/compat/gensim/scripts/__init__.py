"""``gensim.scripts``."""

from __future__ import annotations

from embed.compat.gensim.scripts import glove2word2vec

__all__ = ["glove2word2vec"]
