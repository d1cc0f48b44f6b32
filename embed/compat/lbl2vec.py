"""Take the arguments of lbl2vec's class ``Lbl2Vec`` (release 1.0.2), and give its data frames.

Schopf, Braun & Matthes, "Lbl2Vec", WEBIST 2021. The documents are trained by :func:`embed.train_documents` (DBOW with
words); a label is the centroid of the documents nearest to its keywords, above `similarity_threshold`, as in lbl2vec.
:class:`embed.LabelSearch` has defaults that need no threshold, and scores better (decision 37).

What differs: training is by negative sampling alone, or by hierarchical softmax with ``negative=0`` (lbl2vec adds both
up); ``multiprocessing`` has no effect, because inference uses all `workers`; unknown keywords are a warning; `save`
writes two native files in place of a pickle, and `load` reads no pickle. ``Lbl2TransformerVec``, which needs torch, is
not here.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Hashable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import file_path, listed, real_number, shown, text, whole_number
from embed.documents import DocumentModel, train_documents
from embed.documents.labels import DocumentsAndWords, inliers, label_scores, topic_vector
from embed.errors import ConfigError, FormatError, MissingExtraError, advise
from embed.formats import native
from embed.vectors.search import unit_rows
from embed.vectors.word_vectors import WordVectors

try:
    pandas: Any = importlib.import_module("pandas")
except ImportError as error:
    raise MissingExtraError("embed.compat.lbl2vec needs pandas: pip install 'train-embeddings[lbl2vec]'") from error

__all__ = ["Lbl2Vec"]

Float32s = npt.NDArray[np.float32]

MODEL, LABELS = ".documents.embed", ".labels.embed"
"""What `save` adds to its path, for the two files."""
KEY, LABEL, SCORE = "doc_key", "most_similar_label", "highest_similarity_score"
"""The first columns of a prediction."""
_STATE = "lbl2vec"
_SETTINGS = (
    "epochs", "vector_size", "min_count", "window", "sample", "negative", "workers", "max_num_docs",
    "similarity_threshold", "similarity_threshold_offset", "min_num_docs", "clean_outliers", "verbose",
)  # fmt: skip
"""The attributes that a file stores."""


class Lbl2Vec:
    """Labels described by keywords, and the documents that belong to them.

    Parameters
    ----------
    keywords_list : list of lists of str
        The keywords of each label.
    tagged_documents : iterable of objects with words and tags, optional
        gensim's ``TaggedDocument``, or :class:`embed.documents.Document`. Either these or `doc2vec_model`.
    label_names : list of str, optional
        Default: ``label_0``, ``label_1`` ...
    epochs, vector_size, min_count, window, sample, negative : numbers
        The training: epochs, dim, min_count, window, subsample and negatives of :func:`embed.train_documents`.
    workers : int
        Threads; below 1, as many as the processors of this process.
    doc2vec_model : DocumentModel or gensim's Doc2Vec, optional
        A model trained before, with words.
    num_docs : int, optional
        The most documents that make the vector of a label.
    similarity_threshold : float, optional
        Documents with a larger cosine with the keywords make it (default: the largest cosine less the offset).
    similarity_threshold_offset : float
    min_num_docs : int
        The fewest documents that make it.
    clean_outliers : bool
        Drop outliers by Local Outlier Factor. Needs scikit-learn.
    verbose : bool
        Show progress.

    Attributes
    ----------
    labels : DataFrame
        A row for each label: ``label_name``, ``description_keywords``, and after `fit` ``doc_keys``,
        ``doc_similarity_scores``, ``doc_vectors``, ``cleaned_doc_vectors`` (with `clean_outliers`) and
        ``label_vector_from_docs``.
    doc2vec_model : DocumentModel or gensim's Doc2Vec
        After `fit`, the trained model.

    Raises
    ------
    ConfigError
        An argument is wrong; it is a ValueError.
    """

    def __init__(
        self,
        keywords_list: list[list[str]],
        tagged_documents: Iterable[Any] | None = None,
        label_names: list[str] | None = None,
        epochs: int = 10,
        vector_size: int = 300,
        min_count: int = 50,
        window: int = 15,
        sample: float = 1e-5,
        negative: int = 5,
        workers: int = -1,
        doc2vec_model: Any = None,
        num_docs: int | None = None,
        similarity_threshold: float | None = None,
        similarity_threshold_offset: float = 0,
        min_num_docs: int = 1,
        clean_outliers: bool = False,
        verbose: bool = True,
    ) -> None:
        keywords = [
            [text("a keyword", word) for word in listed("keywords_list", words, "lists of words")]
            for words in listed("keywords_list", keywords_list, "lists of words")
        ]
        names = [f"label_{number}" for number in range(len(keywords))]
        if label_names is not None:
            names = [text("a label name", name) for name in listed("label_names", label_names, "names")]
        if len(names) != len(keywords) or len(set(names)) != len(names) or not names:
            raise ConfigError(
                f"label_names must be as many distinct names as keywords_list has lists, at least one: {len(names)} "
                f"names, {len(keywords)} lists"
            )
        if (tagged_documents is None) == (doc2vec_model is None):
            raise ConfigError("give either tagged_documents to train on, or a trained doc2vec_model")
        self.labels = pandas.DataFrame({"label_name": names, "description_keywords": keywords})
        self.tagged_documents, self.doc2vec_model = tagged_documents, doc2vec_model
        self.epochs, self.vector_size, self.min_count, self.window = epochs, vector_size, min_count, window
        self.sample, self.negative = sample, negative
        self.workers = whole_number("workers", workers, -(2**31))
        self.max_num_docs = None if num_docs is None else whole_number("num_docs", num_docs, 1)
        self.similarity_threshold = similarity_threshold
        if similarity_threshold is not None:
            self.similarity_threshold = real_number("similarity_threshold", similarity_threshold)
        self.similarity_threshold_offset = real_number("similarity_threshold_offset", similarity_threshold_offset)
        self.min_num_docs = whole_number("min_num_docs", min_num_docs, 1)
        self.clean_outliers, self.verbose = clean_outliers, verbose

    def fit(self) -> None:
        """Train words and documents, unless a model was given, and the vectors of the labels.

        Raises
        ------
        ConfigError
            A training parameter is wrong, or no keyword of a label has a vector.
        CorpusError
            The documents cannot be read.
        """
        if self.doc2vec_model is None:
            given: dict[str, Any] = {"loss": "ns", "negatives": self.negative} if self.negative else {"loss": "hs"}
            if self.workers > 0:
                given["threads"] = self.workers
            self.doc2vec_model = train_documents(
                self.tagged_documents,
                objective="sg",
                epochs=self.epochs,
                dim=self.vector_size,
                min_count=self.min_count,
                window=self.window,
                subsample=self.sample,
                lowercase=False,
                postprocess="none",
                progress=self.verbose,
                **given,
            )
        model = self._model()
        keys, matrix = model.documents.ids, model.documents.matrix
        columns: dict[str, list[Any]] = {"doc_keys": [], "doc_similarity_scores": [], "doc_vectors": []}
        kept = []
        for name, keywords in zip(self.labels["label_name"], self.labels["description_keywords"], strict=True):
            query, unknown = topic_vector(model, name, keywords)
            if unknown:
                advise(f"the label {name!r} has keywords without a vector, which are left out: {' '.join(unknown)}")
            rows, scores = self._nearest(label_scores(matrix, query[None])[:, 0])
            vectors = matrix[rows]
            columns["doc_keys"].append([keys[row] for row in rows.tolist()])
            columns["doc_similarity_scores"].append(scores.tolist())
            columns["doc_vectors"].append(list(vectors))
            kept.append(vectors[inliers(vectors)] if self.clean_outliers else vectors)
        if self.clean_outliers:
            columns["cleaned_doc_vectors"] = [list(vectors) for vectors in kept]
        columns["label_vector_from_docs"] = [vectors.mean(axis=0) for vectors in kept]
        for column, values in columns.items():
            self.labels[column] = values

    def predict_model_docs(self, doc_keys: Sequence[Hashable] | None = None, multiprocessing: bool = False) -> Any:
        """Return the cosines of trained documents with each label.

        Parameters
        ----------
        doc_keys : list of keys, optional
            Default: all documents.
        multiprocessing : bool
            Has no effect.

        Returns
        -------
        DataFrame
            ``doc_key``, ``most_similar_label``, ``highest_similarity_score``, then a column for each label. With one
            label: ``doc_key`` and ``LABEL_similarity``.

        Raises
        ------
        ConfigError
            Before `fit`, or a key belongs to no document.
        """
        model = self._model()
        keys = list(model.documents.ids)
        if doc_keys is None:
            return self._frame(keys, model.documents.matrix)
        rows = {key: row for row, key in enumerate(keys)}
        wanted = listed("doc_keys", doc_keys, "keys of documents")
        missing = [key for key in wanted if key not in rows]
        if missing:
            raise ConfigError(f"there is no document with the key {shown(missing[0])}: give keys of trained documents")
        return self._frame(wanted, model.documents.matrix[[rows[key] for key in wanted]])

    def predict_new_docs(self, tagged_docs: Iterable[Any], multiprocessing: bool = False) -> Any:
        """Return the cosines of new documents with each label, as `predict_model_docs`; the first tag is the key.

        Raises
        ------
        ConfigError
            Before `fit`, or a document has no words and tags.
        """
        documents = listed("tagged_docs", tagged_docs, "documents with words and tags")
        for number, document in enumerate(documents):
            if not hasattr(document, "words") or not len(getattr(document, "tags", ())):
                raise ConfigError(
                    f"document {number} must have words and tags, as TaggedDocument, not {shown(document)}"
                )
        vectors = self._model().infer([list(document.words) for document in documents])
        return self._frame([document.tags[0] for document in documents], vectors)

    def save(self, filepath: str) -> None:
        """Write the model and the labels, as two native files that begin with `filepath`.

        Raises
        ------
        ConfigError
            Before `fit`, or the model is gensim's.
        FormatError
            A file cannot be written.
        """
        path, centroids = file_path("filepath", filepath), self._centroids()
        if not isinstance(self.doc2vec_model, DocumentModel):
            raise ConfigError(
                "gensim's Doc2Vec has no format without pickle: save it with its own method, and fit the labels again"
            )
        rows = {key: row for row, key in enumerate(self.doc2vec_model.documents.ids)}
        state = {
            "settings": {name: getattr(self, name) for name in _SETTINGS},
            "keywords": self.labels["description_keywords"].tolist(),
            "rows": [[rows[key] for key in keys] for keys in self.labels["doc_keys"]],
            "scores": self.labels["doc_similarity_scores"].tolist(),
        }
        self.doc2vec_model.save(path + MODEL)
        words = WordVectors(self.labels["label_name"].tolist(), centroids)
        native.write_vectors(words, path + LABELS, metadata={_STATE: json.dumps(state)})

    @classmethod
    def load(cls, filepath: str) -> Lbl2Vec:
        """Read what `save` wrote.

        Raises
        ------
        FormatError
            A file cannot be read, is damaged, or holds something else, such as lbl2vec's pickle.
        """
        path = file_path("filepath", filepath)
        if not os.path.exists(path + LABELS) and os.path.exists(path + ".p"):
            raise FormatError(f"{path}.p: a pickle of lbl2vec, which is not read: fit the labels again, and save them")
        state = native.read_metadata(path + LABELS).get(_STATE)
        if state is None:
            raise FormatError(f"{path}{LABELS}: not labels that Lbl2Vec.save wrote")
        centroids = native.read_vectors(path + LABELS)
        model = DocumentModel.load(path + MODEL)
        keys, matrix = model.documents.ids, model.documents.matrix
        try:
            found = json.loads(state)
            settings = {name: found["settings"][name] for name in _SETTINGS}
            settings["num_docs"] = settings.pop("max_num_docs")
            loaded = cls(found["keywords"], label_names=centroids.words, doc2vec_model=model, **settings)
            rows = [np.array(chosen, np.int64).reshape(-1) for chosen in found["rows"]]
            loaded.labels["doc_keys"] = [[keys[row] for row in chosen.tolist()] for chosen in rows]
            loaded.labels["doc_similarity_scores"] = [list(map(float, scores)) for scores in found["scores"]]
            loaded.labels["doc_vectors"] = [list(matrix[chosen]) for chosen in rows]
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, RecursionError) as error:
            raise FormatError(f"{path}{LABELS}: damaged: cannot read the labels ({error!s:.200})") from None
        loaded.labels["label_vector_from_docs"] = list(centroids.matrix)
        if centroids.dim != matrix.shape[1]:
            raise FormatError(f"{path}{LABELS}: belongs to another model than {path}{MODEL}: save both again")
        return loaded

    def _nearest(self, cosines: Float32s) -> tuple[npt.NDArray[np.intp], Float32s]:
        """Return the rows and cosines of the documents that make the vector of a label, the nearest first."""
        order = np.argsort(-cosines, kind="stable")[: self.max_num_docs]
        limit = self.similarity_threshold
        if limit is None:
            limit = float(cosines[order[0]]) - self.similarity_threshold_offset
        above = int((cosines[order] > limit).sum())
        rows = order[: max(above, min(self.min_num_docs, len(order)))]
        return rows, cosines[rows]

    def _frame(self, keys: Sequence[Hashable], vectors: Float32s) -> Any:
        names, scores = self.labels["label_name"].tolist(), label_scores(vectors, unit_rows(self._centroids()))
        frame = pandas.DataFrame({KEY: keys})
        if len(names) == 1:
            frame[f"{names[0]}_similarity"] = scores[:, 0]
            return frame
        frame[LABEL] = [names[number] for number in scores.argmax(axis=1)]
        frame[SCORE] = scores.max(axis=1)
        return pandas.concat([frame, pandas.DataFrame(scores, columns=names)], axis=1)

    def _centroids(self) -> Float32s:
        if "label_vector_from_docs" not in self.labels:
            raise ConfigError("the labels have no vectors yet: call fit() first")
        centroids: Float32s = np.stack(self.labels["label_vector_from_docs"].tolist())
        return centroids

    def _model(self) -> DocumentsAndWords:
        """Return the model in the form that labels ask for; gensim's has other names for the same."""
        model = self.doc2vec_model
        if model is None:
            raise ConfigError("there is no model yet: call fit() first")
        if isinstance(model, DocumentModel):
            return model
        if not all(hasattr(model, name) for name in ("dv", "wv", "infer_vector")):
            raise ConfigError(f"doc2vec_model must be a DocumentModel or gensim's Doc2Vec, not {shown(model)}")
        infer = model.infer_vector
        return SimpleNamespace(
            documents=SimpleNamespace(ids=model.dv.index_to_key, matrix=np.asarray(model.dv.vectors, np.float32)),
            words=WordVectors.from_gensim(model.wv),
            infer=lambda texts: np.array([infer(words) for words in texts], np.float32).reshape(-1, model.vector_size),
        )
