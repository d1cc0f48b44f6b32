"""The peers' names of methods lead to ours."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

import embed
from embed.vectors import WordVectors
from embed.vectors.peer_names import OURS


@pytest.mark.parametrize("name", OURS)
def test_a_name_of_a_peer_leads_to_ours(name: str) -> None:
    vectors = WordVectors(["a", "b"], np.eye(2))
    with pytest.raises(AttributeError, match=f"word vectors have no '{name}': use ") as caught:
        getattr(vectors, name)
    for method in re.findall(r"vectors\.(\w+)", str(caught.value)):
        assert hasattr(vectors, method), method


def test_a_typing_mistake_is_an_ordinary_attribute_error() -> None:
    vectors = WordVectors(["a", "b"], np.eye(2))
    with pytest.raises(AttributeError, match="'WordVectors' object has no attribute 'nearst'"):
        getattr(vectors, "nearst".lower())
    assert copy.deepcopy(vectors).words == ["a", "b"]


def test_a_model_leads_to_its_vectors() -> None:
    model = embed.train([["a", "b"] * 20], dim=16, epochs=1, min_count=1, threads=1, progress=False)
    with pytest.raises(AttributeError, match=r"a model has no 'wv': use model\.vectors$"):
        getattr(model, "wv".lower())
    with pytest.raises(AttributeError, match=r"use model\.vectors\.nearest\(word, n\)"):
        getattr(model, "most_similar".lower())
