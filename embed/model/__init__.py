"""Trained models.

:mod:`~embed.model.units` lays out the input rows, :mod:`~embed.model.parameters` holds the matrices,
:mod:`~embed.model.model` adds the vocabulary, configuration, history and provenance.
"""

from embed.model.model import EpochRecord, Model, Provenance

__all__ = ["EpochRecord", "Model", "Provenance"]
