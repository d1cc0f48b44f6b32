"""Checkpoints, from which a killed run resumes.

A :mod:`~embed.checkpoints.checkpoint` describes the state of a run; its :mod:`~embed.checkpoints.checkpoint_file` adds
the matrices; :mod:`~embed.checkpoints.checkpoint_folder` finds the newest intact one; :mod:`~embed.checkpoints.writer`
writes while training runs; :mod:`~embed.checkpoints.resume` looks up the run to resume; and
:mod:`~embed.checkpoints.signals` turns SIGTERM and Ctrl-C into a last checkpoint.
"""
