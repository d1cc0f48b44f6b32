"""What can be done to the vectors of a trained model before they are used, by name."""

from __future__ import annotations

from collections.abc import Callable

from embed.model import Model
from embed.vectors import WordVectors
from embed.vectors.postprocess import all_but_the_top, center

__all__ = ["STEPS"]


STEPS: dict[str, Callable[[Model], WordVectors]] = {
    "input and output averaged": Model.averaged_vectors,
    "mean removed": lambda model: center(model.vectors),
    "all but the top one": lambda model: all_but_the_top(model.vectors, 1),
}
