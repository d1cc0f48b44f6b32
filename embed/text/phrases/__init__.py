"""Find phrases, pairs of words that occur together more often than by chance, and join each into one token.

:mod:`~embed.text.phrases.scores` scores pairs, :mod:`~embed.text.phrases.phrase_model` counts and joins them,
:mod:`~embed.text.phrases.learning` learns from a corpus, :mod:`~embed.text.phrases.phrase_file` reads and writes files.
"""
