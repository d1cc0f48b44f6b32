"""Settings, declared once.

:mod:`~embed.config.train` declares each training parameter: default, bounds, advice, help. Flags, keywords, TOML keys
and the tables of the documents are derived from the declarations (:mod:`~embed.config.parameter`).
:mod:`~embed.config.overrides` repeats names and types as keywords. :mod:`~embed.config.rates` has the rates of a
large text, :mod:`~embed.config.defaults` lets what is left open follow from the text, and :mod:`~embed.config.presets`
resolves a run's configuration. :mod:`~embed.config.durations` parses ``2h``.
"""

from embed.config.overrides import TrainOverrides
from embed.config.train import TrainConfig

__all__ = ["TrainConfig", "TrainOverrides"]
