"""``gensim.scripts.glove2word2vec``."""

from __future__ import annotations

import os

from embed.compat.gensim.keyed_vectors import KeyedVectors

__all__ = ["glove2word2vec"]


def glove2word2vec(
    glove_input_file: str | os.PathLike[str], word2vec_output_file: str | os.PathLike[str]
) -> tuple[int, int]:
    """Write GloVe's text, which has no header, as word2vec's; return the numbers of words and dimensions."""
    vectors = KeyedVectors.load_word2vec_format(glove_input_file, no_header=True)
    vectors.save_word2vec_format(word2vec_output_file)
    return len(vectors), vectors.vector_size
