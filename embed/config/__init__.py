"""What can be set, declared once.

:mod:`~embed.config.train` declares each training parameter: default, bounds, advice, help. Flags, keywords, TOML and
the tables of the documents follow from it, by what :mod:`~embed.config.parameter` says a parameter is.
:mod:`~embed.config.overrides` has the same names and types as keywords, :mod:`~embed.config.rates` the default learning
rates, :mod:`~embed.config.presets` sets of values that were measured; :mod:`~embed.config.durations` reads ``2h`` and
``50000tokens``.
"""

from embed.config.overrides import TrainOverrides
from embed.config.train import TrainConfig

__all__ = ["TrainConfig", "TrainOverrides"]
