"""Name our method for those of gensim's ``KeyedVectors`` and of fastText's models.

:class:`embed.vectors.WordVectors` has one name for each question. A call of a peer's name fails with ours in the
message; :mod:`embed.compat` has classes that answer to the peers' names.
"""

from __future__ import annotations

__all__ = ["OURS", "advice"]

_NEAREST, _VECTOR, _UNIT = "{}.nearest(word, n)", "{}.vector(word)", "{}.unit()"
_SCORED = "embed.eval.evaluate({}, sets)"

OURS = {
    # gensim
    "most_similar": _NEAREST + ", or {}.analogy(positive=..., negative=...)",
    "most_similar_cosmul": '{}.analogy(positive=..., negative=..., method="3cosmul")',
    "similar_by_word": _NEAREST,
    "similar_by_key": _NEAREST,
    "similar_by_vector": "{}.nearest(vector, n)",
    "distance": "1 - {}.similarity(a, b)",
    "doesnt_match": "{}.odd_one_out(words)",
    "get_vector": _VECTOR,
    "word_vec": _VECTOR,
    "get_mean_vector": "{}.vectors(words).mean(axis=0)",
    "get_index": "{}.index(word)",
    "get_vecattr": "{}.counts",
    "key_to_index": "{}.index(word)",
    "index_to_key": "{}.words",
    "index2word": "{}.words",
    "vocab": "{}.words and {}.counts",
    "has_index_for": "{}.can_compose(word)",
    "vector_size": "{}.dim",
    "syn0": "{}.matrix",
    "get_normed_vectors": _UNIT,
    "fill_norms": "{}.norms",
    "init_sims": _UNIT,
    "evaluate_word_pairs": _SCORED,
    "evaluate_word_analogies": _SCORED,
    "save_word2vec_format": "{}.save(path)",
    "load_word2vec_format": "embed.load(path)",
    # fastText
    "get_word_vector": _VECTOR,
    "get_sentence_vector": "{}.sentence_vectors([text])",
    "get_nearest_neighbors": _NEAREST,
    "get_analogies": "{}.analogy(a, b, c)",
    "get_words": "{}.words",
    "get_dimension": "{}.dim",
    "get_input_matrix": "{}.matrix",
    "get_word_id": "{}.index(word)",
    "save_model": "{}.save(path)",
}
"""What to write instead of each name; ``{}`` stands for the vectors."""


def advice(name: str, vectors: str) -> str | None:
    """Return what to write instead of a peer's name, with `vectors` for the vectors; None if no peer has the name."""
    ours = OURS.get(name)
    return None if ours is None else ours.replace("{}", vectors)
