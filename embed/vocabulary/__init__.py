"""Words, their counts, and the tables derived from them.

:mod:`~embed.vocabulary.vocabulary` orders words by count. Counts determine subsampling and noise
(:mod:`~embed.vocabulary.sampling`) and the tree of hierarchical softmax (:mod:`~embed.vocabulary.huffman`). Spelling
determines n-grams (:mod:`~embed.vocabulary.ngrams`) and the suggestions of error messages
(:mod:`~embed.vocabulary.spelling`).
"""
