"""Sentences to ids on disk.

:mod:`~embed.text.encoding` reads a corpus once, counts its words, within a bound if asked
(:mod:`~embed.text.bounded_counting`), and writes ids into an :mod:`~embed.text.encoded_corpus`, which is temporary or
kept (:mod:`~embed.text.encoded_folder`). :mod:`~embed.text.phrases` joins words that belong together;
:mod:`~embed.text.made_up` makes text for measuring.
"""
