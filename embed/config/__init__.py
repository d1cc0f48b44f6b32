"""What can be set, declared once.

:mod:`~embed.config.train` declares each training parameter: default, bounds, advice, help. Flags, keywords, TOML and
the tables of the documents follow from it. :mod:`~embed.config.presets` holds sets of values that were measured,
:mod:`~embed.config.durations` reads ``2h`` and ``50000tokens``.
"""

from embed.config.train import TrainConfig

__all__ = ["TrainConfig"]
