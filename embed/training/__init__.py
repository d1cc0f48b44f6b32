"""Train a model on a corpus.

:mod:`~embed.training.train` and :mod:`~embed.training.continue_training` are the two ways in; both are starts of one
:mod:`~embed.training.run`. :mod:`~embed.training.trainer` counts epochs, calls back, takes checkpoints and stops
(:mod:`~embed.training.early_stopping`, :mod:`~embed.training.time_budget`), :mod:`~embed.training.schedule` has the
learning rate of every token, and the :mod:`~embed.training.backends` train.
"""
