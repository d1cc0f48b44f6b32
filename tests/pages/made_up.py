"""Small models for pages: made-up words of two topics, some of which would be markup."""

from __future__ import annotations

import random

import embed
from embed import Model

HOSTILE = ("<script>window.hurt=1</script>", "</script><img/src=x/onerror=window.hurt=1>", "\x1b[31mred", "{{7*7}}")
"""Words that a page must show as text."""


def text(sentences: int = 600, seed: int = 3) -> list[list[str]]:
    """Return sentences of two topics: words of a topic are neighbours of each other."""
    draw = random.Random(seed)
    topics = [[f"{name}{number}" for number in range(30)] for name in ("tree", "ship")]
    topics[0] += HOSTILE
    return [draw.choices(topics[number % 2], k=12) for number in range(sentences)]


def model(**settings: object) -> Model:
    """Train a model on the sentences, in a second."""
    return embed.train(text(), dim=16, epochs=3, min_count=1, threads=1, objective="sg", progress=False, **settings)
