"""Parse the specification of post-processing: ``center``, ``abtt:2``, ``pca:100``, or several with commas.

=========== ================================================================================
``none``     leave the vectors as they are
``center``   subtract the mean of all word vectors
``abtt:k``   subtract the mean and remove the k directions of largest variance (all-but-the-top);
             without k, one for each hundred dimensions
``pca:d``    subtract the mean and project onto the d directions of largest variance
=========== ================================================================================

Each step is an affine map, which a mean of n-gram rows commutes with; :mod:`embed.vectors.postprocess` computes them.
SIF weights and unit lengths differ from word to word and are no steps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from embed.arguments import shown, text
from embed.errors import ConfigError
from embed.messages import option

__all__ = ["NONE", "STEPS", "Step", "final_dim", "refuse_few_words", "steps_of"]

NONE = "none"
"""The specification without steps."""
STEPS = "center, abtt[:K], pca:D, several with commas (abtt:2,pca:100), or none"
"""The specifications, for help and messages."""
_STEP = re.compile(r"(center)|(abtt)(?::(\d{1,9}))?|(pca):(\d{1,9})")
_MOST_STEPS = 8
_DIMENSIONS_A_DIRECTION = 100  # Mu & Viswanath (2018), section 2.2


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    removed : int
        How many directions of largest variance to remove: 0 for ``center``.
    dim : int
        The dimensions after the step: fewer than before for ``pca`` alone.
    projects : bool
        Whether the step is ``pca``, which keeps the `dim` directions of largest variance as the new axes.
    """

    removed: int
    dim: int
    projects: bool = False


def steps_of(specification: str, dim: int) -> tuple[Step, ...]:
    """Parse a specification for vectors of `dim` dimensions.

    Raises
    ------
    ConfigError
        The specification is malformed, or a step keeps or removes more dimensions than there are.
    """
    specification = text("postprocess", specification)
    if specification == NONE:
        return ()
    parts = specification.split(",")
    if len(parts) > _MOST_STEPS:
        raise ConfigError(f"{option('postprocess')} has {len(parts)} steps: give at most {_MOST_STEPS}")
    steps: list[Step] = []
    for part in parts:
        found = _STEP.fullmatch(part)
        if found is None:
            raise ConfigError(f"{option('postprocess')} must be {STEPS}, not {shown(specification)}")
        steps.append(_step(part, found, dim))
        dim = steps[-1].dim
    return tuple(steps)


def _step(part: str, found: re.Match[str], dim: int) -> Step:
    center, abtt, removed, _, kept = found.groups()
    if center:
        return Step(0, dim)
    if abtt:
        directions = min(max(1, dim // _DIMENSIONS_A_DIRECTION), dim - 1) if removed is None else int(removed)
        if not 0 <= directions < dim:
            raise ConfigError(f"{option('postprocess')}: {part!r} must remove from 0 to {dim - 1} of {dim} dimensions")
        return Step(directions, dim)
    if not 1 <= int(kept) <= dim:
        raise ConfigError(f"{option('postprocess')}: {part!r} must keep from 1 to {dim} of {dim} dimensions")
    return Step(0, int(kept), projects=True)


def final_dim(steps: Sequence[Step], dim: int) -> int:
    """Return the dimensions after all steps of vectors of `dim` dimensions."""
    return steps[-1].dim if steps else dim


def refuse_few_words(steps: Sequence[Step], words: int, noun: str = "word") -> None:
    """Raise ConfigError if the steps would make a zero of every vector: their mean and the directions are all."""
    least = sum(step.removed for step in steps) + 2
    if steps and words < least:
        raise ConfigError(
            f"{option('postprocess')} would leave nothing of {words} {noun}{'' if words == 1 else 's'}, since it needs "
            f"at least {least}: give {option('postprocess', NONE)}"
        )
