"""Turn sentences into ids on disk.

:mod:`~embed.text.encoding` reads a corpus once, counts its words, in threads (:mod:`~embed.text.counting`) and in
bounded memory if requested (:mod:`~embed.text.bounded_counting`), and writes ids into an
:mod:`~embed.text.encoded_corpus`, temporary or persistent (:mod:`~embed.text.encoded_folder`), in their final numbers
(:mod:`~embed.text.renumbering`). :mod:`~embed.text.phrases` finds and joins phrases; :mod:`~embed.text.made_up`
generates text for benchmarks.
"""
