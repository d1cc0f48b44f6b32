"""``gensim.models.basemodel``: a class that programs name in annotations."""

from __future__ import annotations

__all__ = ["BaseTopicModel"]


class BaseTopicModel:
    """The base class of gensim's topic models, of which there are none here."""
