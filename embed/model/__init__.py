"""What training learns, and where it came from.

:mod:`~embed.model.parameters` holds the matrices, :mod:`~embed.model.model` holds them with their vocabulary,
configuration, history and provenance.
"""

from embed.model.model import EpochRecord, Model, Provenance

__all__ = ["EpochRecord", "Model", "Provenance"]
