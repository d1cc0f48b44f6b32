"""Bytes in and out: whole or not at all, compressed or not, here or elsewhere.

This room knows nothing of words or vectors. Inputs are opened, once, by :mod:`embed.files.inputs`, and read through
:mod:`embed.files.compressed` and :mod:`embed.files.remote`.
Outputs are written through :mod:`embed.files.atomic` (a file),
:mod:`embed.files.compressing` (a compressed file) and :mod:`embed.files.folders` (a folder).
:mod:`embed.files.locks` says which process uses a folder.
"""
