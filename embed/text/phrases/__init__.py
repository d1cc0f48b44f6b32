"""Phrases: pairs of words that stand together more often than chance lets them, joined to one token.

:mod:`~embed.text.phrases.scores` says how often is often, :mod:`~embed.text.phrases.phrase_model` joins,
:mod:`~embed.text.phrases.learning` counts, :mod:`~embed.text.phrases.phrase_file` reads and writes.
"""
