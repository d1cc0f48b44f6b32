"""A run that can be killed.

A :mod:`~embed.checkpoints.checkpoint` is the state of a run; its :mod:`~embed.checkpoints.checkpoint_file` holds the
matrices, :mod:`~embed.checkpoints.checkpoint_folder` finds the newest whole one, :mod:`~embed.checkpoints.writer`
writes while training runs, :mod:`~embed.checkpoints.resume` looks up the run to resume, and
:mod:`~embed.checkpoints.signals` turns SIGTERM and Ctrl-C into a last checkpoint.
"""
