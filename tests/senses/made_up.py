"""A text with a word of two meanings, and a model trained on it."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import embed

WORD = "bank"
TOPICS = {
    "river": ["river", "water", "shore", "boat", "fish", "stream", "mud", "flood"],
    "money": ["money", "loan", "credit", "cash", "account", "debt", "fund", "interest"],
    "sport": ["goal", "match", "team", "cup", "league", "coach", "ball", "player"],
    "food": ["bread", "salt", "soup", "cheese", "butter", "apple", "pepper", "oven"],
}
MEANINGS = ("river", "money")
SETTINGS: dict[str, Any] = {
    "objective": "sg",
    "dim": 16,
    "epochs": 10,
    "subsample": 0.0,
    "min_count": 1,
    "senses": 2,
    "sense_min_count": 1000,
    "threads": 1,
}


def sentences(count: int = 3000, seed: int = 1) -> list[list[str]]:
    """Return sentences of one topic each; those of two topics have the word of two meanings in their middle."""
    draw, found = random.Random(seed), []
    for number in range(count):
        topic = list(TOPICS)[number % 4]
        words = draw.choices(TOPICS[topic], k=9)
        if topic in MEANINGS:
            words[4] = WORD
        found.append(words)
    return found


def topic_of(sentence: list[str]) -> str:
    """Return the topic of a sentence."""
    return next(topic for topic, words in TOPICS.items() if sentence[0] in words)


@cache
def model() -> embed.Model:
    """Return a model of the sentences, in which one word is frequent enough for senses."""
    return embed.train(sentences(), progress=False, **SETTINGS)
