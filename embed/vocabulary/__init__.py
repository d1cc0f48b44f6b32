"""Words, their counts, and what follows from the two.

:mod:`~embed.vocabulary.vocabulary` orders words by count; from counts follow the shares that subsampling keeps and the
noise (:mod:`~embed.vocabulary.sampling`) and the tree of hierarchical softmax (:mod:`~embed.vocabulary.huffman`); from
spelling follow n-grams (:mod:`~embed.vocabulary.ngrams`) and the close words that a message offers
(:mod:`~embed.vocabulary.spelling`).
"""
