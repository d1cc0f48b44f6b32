"""What a fresh process does with documents: find labels by keywords, and retrieve documents by vectors and codes."""

from __future__ import annotations

import importlib
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.lib.documents import sets_in
from benchmarks.programs import DOCUMENT_MODELS, SHARED, gensim_settings
from embed.corpora.tokenizers import get_tokenizer
from embed.documents import DocumentModel, train_documents
from embed.documents.bits import hamming, pack
from embed.documents.labels import LABEL_DEFAULTS, LabelSearch, keyword_vector, label_scores
from embed.errors import AdviceWarning
from embed.eval.retrieval import Scores, cosine_scores, evaluate_retrieval
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

LBL2VEC: dict[str, Any] = {
    **{"dm": 0, "dbow_words": 1, "hs": 1, "negative": 5, "vector_size": 300, "window": 15, "sample": 1e-5},
    **{"min_count": 50, "epochs": 10},
}
"""What the class of lbl2vec 1.0.2 tells gensim's Doc2Vec."""
LBL2VEC_THRESHOLD, LBL2VEC_LEAST = 0.30, 100
"""The rule of its notebook: documents above this cosine, at least so many."""

LIKE_GENSIM: dict[str, Any] = {
    **SHARED,
    **{"epochs": 20, "lr": 0.025, "input_lr": 0.025, "gradient": "historic", "max_norm": 0, "postprocess": "none"},
}
"""What makes our training like gensim's."""

RANKED = 500
"""Candidates that codes find, and cosines rank; all of the same distance as the last are among them."""

Float32s = npt.NDArray[np.float32]


def labels(*, folder: str, name: str, seed: int) -> dict[str, Any]:
    """Train on all documents of a set with the defaults for labels, one thread, and give each document a label."""
    truth, texts, keywords = _labelled(folder, name)
    started = time.process_time()
    model = train_documents(texts, **{**LABEL_DEFAULTS, "seed": seed, "threads": 1, "progress": False})
    search = LabelSearch(model, keywords)
    found, scores = search.predict(), search.scores()
    seconds = time.process_time() - started
    return {"seconds": seconds, "figures": _figures(truth, found, scores, search.labels)}


def lbl2vec(*, folder: str, name: str, seed: int) -> dict[str, Any]:
    """Do the same as lbl2vec 1.0.2 does, with gensim, one worker; its wheel needs torch."""
    doc2vec = importlib.import_module("gensim.models.doc2vec")
    truth, texts, keywords = _labelled(folder, name)
    split = get_tokenizer("words", True).split
    started = time.process_time()
    tagged = [doc2vec.TaggedDocument(split(text), [row]) for row, text in enumerate(texts)]
    model = doc2vec.Doc2Vec(tagged, **LBL2VEC, seed=seed, workers=1)
    words, rows = WordVectors.from_gensim(model.wv), np.asarray(model.dv.vectors)
    centroids = np.zeros((len(keywords), rows.shape[1]), np.float32)
    for number, (label, known) in enumerate(keywords.items()):
        if any(word in words for word in known):
            cosines = label_scores(rows, keyword_vector(words, label, known)[0][None])[:, 0]
            order = np.argsort(-cosines, kind="stable")
            count = max(LBL2VEC_LEAST, int((cosines > LBL2VEC_THRESHOLD).sum()))
            centroids[number] = rows[order[:count]].mean(axis=0)
    scores = label_scores(rows, unit_rows(centroids))
    seconds = time.process_time() - started
    names = list(keywords)
    found = [names[label] for label in scores.argmax(axis=1)]
    return {"seconds": seconds, "figures": _figures(truth, found, scores, names)}


def retrieval(*, folder: str, name: str, seed: int, bits: Sequence[int], dim: int) -> dict[str, Any]:
    """Train on the training part with the defaults, infer the test part, and ask each document for the others."""
    chosen = next(one for one in sets_in(folder) if one.name == name)
    _, training = chosen.read("train")
    truth, texts = chosen.read("test")
    started = time.process_time()
    figures: dict[str, float] = {}
    model = _trained(training, seed, dim=dim)
    vectors = model.infer(texts, threads=1)
    figures |= _scored(f"real {dim}", cosine_scores(vectors), truth)
    for size in bits:
        if size <= dim:
            figures |= _scored_codes(f"{size} bits", model.encode(vectors, size), vectors, truth)
            projected = _trained(training, seed, dim=dim, code_bits=size)
            found = projected.infer(texts, threads=1)
            figures |= _scored_codes(f"{size} projected bits", projected.encode(found), found, truth)
        binary = _trained(training, seed, dim=size, binary=True)
        figures |= _scored(f"{size} trained bits", _by_distance(binary.infer_codes(texts, threads=1)), truth)
    figures |= _scored(f"signs of real {dim}", _by_distance(pack(vectors)), truth)
    return {"seconds": time.process_time() - started, "figures": figures}


def choice(*, folder: str, name: str, seed: int, dim: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train on four fifths of the training part, infer the others, and ask each of these for the rest of them."""
    fifths = _Fifths(folder, name, seed)
    started = time.process_time()
    model = _trained(fifths.training, seed, dim=dim, **settings)
    vectors = model.infer(fifths.others, threads=1)
    seconds = time.process_time() - started
    figures = fifths.scored(np.asarray(model.documents.matrix), vectors)
    return {"seconds": seconds, "figures": figures | _scored("signs", _by_distance(pack(vectors)), fifths.truth)}


def like_gensim(*, folder: str, name: str, seed: int, dim: int, model: str) -> dict[str, Any]:
    """Do the same with the settings of gensim."""
    settings = {**LIKE_GENSIM, **DOCUMENT_MODELS[model][0]}
    done = choice(folder=folder, name=name, seed=seed, dim=dim, settings=settings)
    return {**done, "figures": {name: value for name, value in done["figures"].items() if "signs" not in name}}


def gensim(*, folder: str, name: str, seed: int, dim: int, model: str) -> dict[str, Any]:
    """Do the same with gensim, one worker."""
    doc2vec = importlib.import_module("gensim.models.doc2vec")
    fifths, split = _Fifths(folder, name, seed), get_tokenizer("words", True).split
    settings = {**gensim_settings(dim=dim, workers=1, epochs=LIKE_GENSIM["epochs"]), **DOCUMENT_MODELS[model][1]}
    started = time.process_time()
    tagged = [doc2vec.TaggedDocument(split(text), [row]) for row, text in enumerate(fifths.training)]
    trained = doc2vec.Doc2Vec(tagged, seed=seed, **settings)
    vectors = np.stack([trained.infer_vector(split(text)) for text in fifths.others])
    seconds = time.process_time() - started
    return {"seconds": seconds, "figures": fifths.scored(np.asarray(trained.dv.vectors), vectors)}


class _Fifths:
    """The training part of a set, of which four fifths, drawn by the seed, train."""

    def __init__(self, folder: str, name: str, seed: int) -> None:
        labels, texts = next(one for one in sets_in(folder) if one.name == name).read("train")
        order = np.random.default_rng(seed).permutation(len(texts))
        trained, others = (part.tolist() for part in np.split(order, [len(order) * 4 // 5]))
        self.training, self.others = [texts[row] for row in trained], [texts[row] for row in others]
        self._known, self.truth = [labels[row] for row in trained], [labels[row] for row in others]

    def scored(self, known: Float32s, vectors: Float32s) -> dict[str, float]:
        """Return the figures of inferred vectors, float32[others, dim], beside the trained ones."""
        regression = importlib.import_module("sklearn.linear_model").LogisticRegression(max_iter=300)
        regression.fit(known, self._known)
        accuracy = float(regression.score(vectors, self.truth))
        return {**_scored("vectors", cosine_scores(vectors), self.truth), "accuracy": accuracy}


def _trained(texts: Sequence[str], seed: int, **settings: Any) -> DocumentModel:
    with warnings.catch_warnings(action="ignore", category=AdviceWarning):
        return train_documents(texts, seed=seed, threads=1, progress=False, **settings)


def _scored(name: str, scores: Scores, truth: Sequence[str]) -> dict[str, float]:
    found = evaluate_retrieval(scores, truth)
    return {f"{name} MAP": found.map, f"{name} NDCG@10": found.mean_ndcg}


def _scored_codes(name: str, codes: npt.NDArray[np.uint8], vectors: Float32s, truth: Sequence[str]) -> dict[str, float]:
    """Return the figures of codes alone, and of the vectors of the candidates that codes find."""
    candidates = min(RANKED, len(codes))
    cosines, distances = cosine_scores(vectors), _by_distance(codes)

    def filtered(rows: npt.NDArray[np.int64]) -> Float32s:
        near = distances(rows).astype(np.float32)
        last = np.partition(near, -candidates, axis=1)[:, -candidates, None]
        found: Float32s = np.where(near >= last, cosines(rows), near - 2)  # a cosine is at least -1
        return found

    return {**_scored(name, distances, truth), **_scored(f"{name}, then cosine", filtered, truth)}


def _by_distance(codes: npt.NDArray[np.uint8]) -> Scores:
    return lambda rows: -hamming(codes[rows], codes).astype(np.int32)


def _labelled(folder: str, name: str) -> tuple[list[str], list[str], dict[str, list[str]]]:
    chosen = next(one for one in sets_in(folder) if one.name == name)
    return *chosen.read(), chosen.keywords_of()


def _figures(
    truth: Sequence[str], found: Sequence[str | None], scores: Float32s, labels: Sequence[str]
) -> dict[str, float]:
    """Return the mean one-against-rest AUC and the accuracy."""
    auc = [
        area_under_roc(scores[:, number], np.array([one == label for one in truth]))
        for number, label in enumerate(labels)
    ]
    return {"AUC": float(np.mean(auc)), "accuracy": float(np.mean([a == b for a, b in zip(truth, found, strict=True)]))}


def area_under_roc(scores: Float32s, positive: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: the share of pairs in the right order (Mann & Whitney 1947)."""
    ranks = importlib.import_module("scipy.stats").rankdata(scores)
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count)))
