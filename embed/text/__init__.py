"""Turn sentences into ids on disk.

:mod:`~embed.text.encoding` reads a corpus once, counts its words, in bounded memory if requested
(:mod:`~embed.text.bounded_counting`), and writes ids into an :mod:`~embed.text.encoded_corpus`, temporary or persistent
(:mod:`~embed.text.encoded_folder`). :mod:`~embed.text.phrases` finds and joins phrases;
:mod:`~embed.text.made_up` generates text for benchmarks.
"""
