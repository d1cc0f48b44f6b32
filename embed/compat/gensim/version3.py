"""The names of gensim 3, for ``embed.compat.gensim.install(version=3)``: the same classes under both sets of names.

Many programs were never moved to gensim 4, whose `Migrating from Gensim 3.x to 4` page lists what it renamed. Here
vectors have ``vocab``, ``index2word``, ``syn0``, ``word_vec`` and ``init_sims`` again, a model answers for its vectors
(``model[word]``, ``model.most_similar``), and ``size=``, ``iter=`` are arguments. Nothing is a second copy: the old
names read and write what the new ones do. What gensim 4 only renamed stays available under its new name as well.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, Self

import numpy as np

from embed.compat.gensim import doc2vec, facebook, fasttext, fasttext_vectors, keyed_vectors, phrases, word2vec
from embed.compat.gensim.evaluations import Section
from embed.compat.gensim.models import keyedvectors as keyedvectors_names
from embed.compat.gensim.store import COUNT, Array, Key, Vocab

__all__ = ["NAMES", "VERSION", "Doc2Vec", "FastText", "FastTextKeyedVectors", "KeyedVectors", "Phrases", "Word2Vec"]

VERSION = "3.8.3"
_ARGUMENTS = {
    "size": "vector_size",
    "iter": "epochs",
    "steps": "epochs",
    "sentences": "corpus_iterable",
    "documents": "corpus_iterable",
    "docvecs": "dv",
    "docvecs_mapfile": "dv_mapfile",
    "common_terms": "connector_words",
    "use_norm": "norm",
}
"""Arguments of gensim 3, and their names today."""
_CORPUS_OF_CONSTRUCTORS = ("sentences", "documents")
"""The constructors of models have kept these names."""


def _today(given: Mapping[str, Any], *kept: str) -> dict[str, Any]:
    return {name if name in kept else _ARGUMENTS.get(name, name): value for name, value in given.items()}


class VocabularyWord(Vocab):
    """A word of ``wv.vocab``: its row, `index`, and its attributes, such as `count`, which can be set.

    Another `index` counts when the entry is put into the ``vocab`` of vectors, as programs do that select words.
    """

    _of: keyed_vectors.KeyedVectors
    _word: Any

    def __init__(self, of: keyed_vectors.KeyedVectors, word: Any) -> None:
        row = of.key_to_index[word]
        attributes = {name: values[row].item() for name, values in of.expandos.items() if row < len(values)}
        vars(self).update({COUNT: 0, **attributes, "index": row, "_of": of, "_word": word})

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)[name] = value
        if name != "index":
            self._of.set_vecattr(self._word, name, value)

    def __repr__(self) -> str:
        return f"Vocab<count:{self.count!r}, index:{self.index!r}>"


class VocabularyView(MutableMapping[Any, Vocab]):
    """``wv.vocab``: the words of vectors, as a mapping to their rows and counts."""

    def __init__(self, of: keyed_vectors.KeyedVectors) -> None:
        self._of = of

    def __len__(self) -> int:
        return len(self._of.key_to_index)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._of.key_to_index)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, Hashable) and word in self._of.key_to_index

    def __getitem__(self, word: Any) -> Vocab:
        if word not in self._of.key_to_index:
            raise KeyError(word)
        return VocabularyWord(self._of, word)

    def __setitem__(self, word: Any, entry: Vocab) -> None:
        self._of.key_to_index[word] = entry.index
        counts = self._of.expandos.get(COUNT, np.zeros(0, np.int64))
        if entry.index >= len(counts):
            counts = np.concatenate([counts, np.zeros(entry.index + 1 - len(counts), np.int64)])
        counts[entry.index] = entry.count
        self._of.expandos[COUNT] = counts

    def __delitem__(self, word: Any) -> None:
        del self._of.key_to_index[word]

    def __repr__(self) -> str:
        return repr(dict(self))


class OldVectorNames(keyed_vectors.KeyedVectors):
    """Keyed vectors with the members of gensim 3 besides their own."""

    @property
    def vocab(self) -> Mapping[Any, Any]:
        """The words, their rows and their counts."""
        return VocabularyView(self)

    @vocab.setter
    def vocab(self, entries: Mapping[Any, Vocab]) -> None:
        found = {word: (entry.index, entry.count) for word, entry in entries.items()}
        self.key_to_index = {word: row for word, (row, _) in found.items()}
        counts = np.zeros(max((row for row, _ in found.values()), default=-1) + 1, np.int64)
        for row, count in found.values():
            counts[row] = count
        self.expandos[COUNT] = counts
        self.norms = None

    @property
    def index2word(self) -> list[Any]:
        """Return `index_to_key`."""
        return self.index_to_key

    @index2word.setter
    def index2word(self, words: Iterable[Any]) -> None:
        self.index_to_key = list(words)
        self.next_index = len(self.index_to_key)

    index2entity = index2word

    @property
    def syn0(self) -> Array:
        """Return `vectors`."""
        return self.vectors

    @syn0.setter
    def syn0(self, rows: Array) -> None:
        self.vectors = np.asarray(rows)
        self.norms = None

    vectors_docs = doctag_syn0 = syn0

    @property
    def vectors_norm(self) -> Array:
        """All vectors scaled to length 1, computed anew each time; assigning to it has no effect."""
        return self.get_normed_vectors()

    @vectors_norm.setter
    def vectors_norm(self, rows: Array | None) -> None:
        self.norms = None

    syn0norm = vectors_norm

    @property
    def wv(self) -> Self:
        """Return the vectors themselves."""
        return self

    @property
    def doctags(self) -> VocabularyView:
        """The tags that are strings, their rows and their counts."""
        return VocabularyView(self)

    def index_to_doctag(self, i_index: int) -> Any:
        """Return the tag of a row."""
        return self.index_to_key[i_index]

    def similarity_unseen_docs(self, model: doc2vec.Doc2Vec, *arguments: Any, **named: Any) -> np.float32:
        """Return the cosine of two new documents, whose vectors the model infers."""
        return model.similarity_unseen_docs(*arguments, **_today(named))

    def get_vector(self, key: Key, norm: bool = False, **old_names: Any) -> Array:
        """Return the vector of `key`; ``use_norm`` is `norm`."""
        return super().get_vector(key, **{"norm": norm, **_today(old_names)})

    def word_vec(self, *arguments: Any, **named: Any) -> Array:
        """Call `get_vector`."""
        return self.get_vector(*arguments, **named)

    def init_sims(self, replace: bool = False) -> None:
        """Compute the lengths of all vectors; with `replace`, scale them to length 1."""
        self.fill_norms()
        if replace:
            self.unit_normalize_all()

    def add(self, entities: Any, weights: Any, replace: bool = False) -> None:
        """Call `add_vectors`."""
        self.add_vectors(entities, weights, replace=replace)

    def accuracy(
        self,
        questions: Any,
        restrict_vocab: int | None = 30000,
        most_similar: Any = None,
        case_insensitive: bool = True,
    ) -> list[Section]:
        """Return the sections of `evaluate_word_analogies`."""
        return self.evaluate_word_analogies(questions, restrict_vocab, case_insensitive)[1]


class KeyedVectors(OldVectorNames):
    """``KeyedVectors``, under the names of gensim 3 as well."""


class FastTextKeyedVectors(OldVectorNames, fasttext_vectors.FastTextKeyedVectors):
    """``FastTextKeyedVectors``, under the names of gensim 3 as well."""


_OF_VECTORS = (
    "accuracy",
    "distance",
    "distances",
    "doesnt_match",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "index2entity",
    "index2word",
    "most_similar",
    "most_similar_cosmul",
    "n_similarity",
    "save_word2vec_format",
    "similar_by_vector",
    "similar_by_word",
    "similarity",
    "syn0",
    "syn0norm",
    "vocab",
    "wmdistance",
)
"""Members of the vectors that models had as well."""


class OldModelNames(word2vec.Word2Vec):
    """A model with the members of gensim 3 besides its own."""

    vectors_class: ClassVar[type[keyed_vectors.KeyedVectors]] = KeyedVectors

    learn_hidden = True
    """Whether the output vectors train; set to False by programs that align models by freezing them (CADE)."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **_today(named, *_CORPUS_OF_CONSTRUCTORS))

    def __getattr__(self, name: str) -> Any:
        if name in _OF_VECTORS and "wv" in vars(self):
            return getattr(self.wv, name)
        return super().__getattribute__(name)  # raises, with the sentence of a property that did

    def __getitem__(self, key_or_keys: Any) -> Array:
        """Return the vector of a word, or of several words, a matrix."""
        return self.wv[key_or_keys]

    def __contains__(self, word: object) -> bool:
        return word in self.wv

    @property
    def iter(self) -> int:
        """Return `epochs`."""
        return self.epochs

    @iter.setter
    def iter(self, epochs: int) -> None:
        self.epochs = epochs

    @property
    def trainables(self) -> Self:
        """Return the model, which has the members of gensim 3's trainables: ``syn1neg``, ``layer1_size``, ``seed``."""
        return self

    def build_vocab(self, *arguments: Any, **named: Any) -> None:
        """Call `Word2Vec.build_vocab`; ``sentences`` or ``documents`` is `corpus_iterable`."""
        super().build_vocab(*arguments, **_today(named))

    def train(self, *arguments: Any, **named: Any) -> tuple[int, int]:
        """Call `Word2Vec.train`; ``sentences`` or ``documents`` is `corpus_iterable`."""
        return super().train(*arguments, **_today(named))

    def output_factors(self) -> Array | None:
        """Return the factors of the training steps of all output rows: 0 if `learn_hidden` is False."""
        if self.learn_hidden or self.parameters is None:
            return super().output_factors()
        nodes = 0 if self._nodes is None else len(self._nodes)
        return np.zeros(nodes + (len(self.parameters.outputs) if self.negative else 0), np.float32)

    def init_sims(self, replace: bool = False) -> None:
        """Call ``wv.init_sims``."""
        self.wv.init_sims(replace)

    def delete_temporary_training_data(self, replace_word_vectors_with_normalized: bool = False, **kept: bool) -> None:
        """Scale the vectors to length 1 if asked to; nothing is kept that could be deleted."""
        if replace_word_vectors_with_normalized:
            self.init_sims(replace=True)

    @classmethod
    def load_word2vec_format(cls, *arguments: Any, **named: Any) -> keyed_vectors.KeyedVectors:
        """Return the vectors of a file, as `KeyedVectors.load_word2vec_format`."""
        return KeyedVectors.load_word2vec_format(*arguments, **named)


class Word2Vec(OldModelNames):
    """``Word2Vec``, under the names of gensim 3 as well."""


class FastText(OldModelNames, fasttext.FastText):
    """``FastText``, under the names of gensim 3 as well."""

    vectors_class = FastTextKeyedVectors

    @classmethod
    def load_fasttext_format(cls, model_file: Any, encoding: str = "utf8") -> fasttext.FastText:
        """Read a fastText ``.bin`` file, as `load_facebook_model`."""
        return load_facebook_model(model_file, encoding)


class Doc2Vec(OldModelNames, doc2vec.Doc2Vec):
    """``Doc2Vec``, under the names of gensim 3 as well."""

    @property
    def docvecs(self) -> keyed_vectors.KeyedVectors:
        """Return `dv`."""
        return self.dv

    @docvecs.setter
    def docvecs(self, value: keyed_vectors.KeyedVectors) -> None:
        self.dv = value

    def __getitem__(self, tag: Any) -> Array:
        """Return the vector of a word, or else of a tag; of several, a matrix."""
        return doc2vec.Doc2Vec.__getitem__(self, tag)

    def infer_vector(self, doc_words: Any, *arguments: Any, **named: Any) -> Array:
        """Infer the vector of a new document; ``steps`` is `epochs`."""
        return super().infer_vector(doc_words, *arguments, **_today(named))


class Phrases(phrases.Phrases):
    """``Phrases`` with the arguments of gensim 3: `delimiter` may be bytes, ``common_terms`` are connector words."""

    def __init__(self, *arguments: Any, delimiter: str | bytes = "_", **named: Any) -> None:
        text = delimiter.decode("utf8") if isinstance(delimiter, bytes) else delimiter
        super().__init__(*arguments, **{**_today(named), "delimiter": text})

    def export_phrases(self, sentences: Iterable[Iterable[str]] | None = None) -> Any:
        """Return all phrases and their scores; of `sentences`, an iterator of each (phrase, score) in them."""
        if sentences is None:
            return super().export_phrases()
        tokens = (pair for sentence in sentences for pair in self.analyze_sentence(sentence))
        return (pair for pair in tokens if pair[1] is not None)


def load_facebook_model(path: Any, encoding: str = "utf-8") -> fasttext.FastText:
    """Read a fastText ``.bin`` file; see :func:`embed.compat.gensim.facebook.load_facebook_model`."""
    return facebook.load_facebook_model(path, encoding, FastText)


def load_facebook_vectors(path: Any, encoding: str = "utf-8") -> fasttext_vectors.FastTextKeyedVectors:
    """Read the vectors of a fastText ``.bin`` file."""
    return load_facebook_model(path, encoding).wv


NAMES: Mapping[Any, Any] = {
    word2vec.Word2Vec: Word2Vec,
    fasttext.FastText: FastText,
    doc2vec.Doc2Vec: Doc2Vec,
    phrases.Phrases: Phrases,
    keyed_vectors.KeyedVectors: KeyedVectors,
    fasttext_vectors.FastTextKeyedVectors: FastTextKeyedVectors,
    facebook.load_facebook_model: load_facebook_model,
    facebook.load_facebook_vectors: load_facebook_vectors,
    keyedvectors_names.load_word2vec_format: KeyedVectors.load_word2vec_format,
}
"""What stands in for each class and function of the names of gensim 4."""
