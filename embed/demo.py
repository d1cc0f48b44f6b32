"""Run the demo: train three sets of vectors on 106 Wikipedia articles, evaluate and query them, and label the articles.

The text is the MediaWiki dump in the gensim wheel, which arrives with a plain package install; gensim itself is not
imported. The text is read, counted and encoded once, and all three runs map the same files. Half a million tokens are
little: the scores show that learning happened, not how good the trainer is.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence, Sized
from pathlib import Path
from typing import Any

from embed.config.train import as_flags
from embed.errors import FormatError, MissingExtraError

_DUMP = ("test", "test_data", "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2")

# Settings of all runs. The corpus is small, so it needs more epochs and rarer words than the defaults.
_SHARED: dict[str, Any] = {"tokenizer": "words", "lowercase": True, "min_count": 5, "epochs": 15, "dim": 100}
_RUNS: dict[str, dict[str, Any]] = {
    "skip-gram": {"objective": "sg"},
    "CBOW": {"objective": "cbow", "gradient": "exact"},
    "subword": {"objective": "sg", "subword": True, "buckets": 100_000},
}
_ENCODED = "encoded"
_SETS = ("wordsim353", "simlex999", "google")
_WORDS = ("philosophy", "acid", "music", "language")
_ANALOGIES = (("he", "his", "she"), ("large", "larger", "small"), ("germany", "german", "russia"))
_UNKNOWN = ("algorithmically", "anthropologically", "unphilosophical")
_NEIGHBOURS = 6
_PAGE, _MAP_WORDS = "report.html", 2000

# 106 documents need few dimensions, and articles of some thousand words few passes.
_DOCUMENTS: dict[str, Any] = {"objective": "sg", "dim": 50, "epochs": 10, "min_count": 5, "subsample": 1e-3}
_LABELS = {
    "space": ["moon", "spacecraft", "orbit", "astronaut", "lunar"],
    "animals": ["species", "animals", "mammals", "prey", "eggs"],
    "chemistry": ["acid", "chemical", "metal", "molecules", "atoms"],
    "countries": ["population", "gdp", "exports", "parliament", "republic"],
    "philosophy": ["philosophy", "ethics", "philosopher", "moral", "metaphysics"],
}
_ARTICLES = 4


def run(folder: Path) -> None:
    """Train, evaluate, query and export in `folder`, and print each step.

    Raises
    ------
    MissingExtraError
        gensim, whose wheel holds the text, or the MediaWiki reader is not installed.
    FormatError
        The folder holds other files, or cannot be created.
    """
    from embed import formats
    from embed.training.train import train

    dump = find_dump()
    _make(folder)
    _title(f"1. Train on 106 Wikipedia articles ({dump.name[:28]}...)")
    models = {}
    for name, settings in _RUNS.items():
        _print(f"{name}: {as_flags({**_SHARED, **settings})}")
        started = time.perf_counter()
        model = models[name] = train(dump, encoded_dir=folder / _ENCODED, **_SHARED, **settings)
        _print(
            f"  {len(model.vocabulary):,} words in {time.perf_counter() - started:.1f} s"
            f" ({max(record.tokens_per_second for record in model.history):,.0f} tokens/s)"
        )
    vectors = {name: model.vectors for name, model in models.items()}

    _title("2. Evaluate: percent points on the covered items (more text brings more)")
    _evaluate(vectors)

    _title("3. Neighbours (cosine)")
    for word in _WORDS:
        for name, found in vectors.items():
            if word in found:
                neighbours = found.nearest(word, _NEIGHBOURS, top=_frequent(found))
                _print(f"{word:>12} | {name:9} | {_listed(neighbours)}")

    subword = vectors["subword"]
    _title("4. Analogies, and a word that never occurred")
    for name in ("skip-gram", "subword"):
        for a, b, c in _ANALOGIES:
            answers = vectors[name].analogy(a, b, c, n=3, top=_frequent(vectors[name]))
            _print(f"{name:>12} | {a} is to {b} as {c} is to: {_listed(answers)}")
    unknown = next(word for word in _UNKNOWN if word not in subword)
    numbers = " ".join(f"{number:.3f}" for number in subword.vector(unknown)[:_NEIGHBOURS])
    _print(f"'{unknown}' is not in the vocabulary; its n-grams give it the vector [{numbers} ...]")
    _print(f"and the neighbours: {_listed(subword.nearest(unknown, _NEIGHBOURS))}")

    _title("5. Five labels, of five keywords each, find their articles")
    _print(f"documents: {as_flags(_DOCUMENTS)}")
    for label, articles in _labelled(dump):
        _print(f"{label:>12} | {_listed(articles)}")

    _title("6. Export")
    exports = {
        "skip-gram.txt": ("skip-gram", "word2vec text, for gensim, spaCy, ..."),
        "cbow.bin": ("CBOW", "word2vec binary"),
        "subword.embed": ("subword", "vectors with their n-grams, memory-mapped when read"),
    }
    for file, (name, about) in exports.items():
        formats.save(vectors[name], folder / file)
        _print(f"{folder / file!s:28} {(folder / file).stat().st_size / 1e6:6.1f} MB  {about}")

    _title("7. Look at it")
    _look(models, folder / _PAGE)

    _title("Your own text")
    _print("train-embeddings train my-corpus.txt.gz -o my-vectors.bin --tokenizer words --lowercase")
    _print("train-embeddings nearest my-vectors.bin word     train-embeddings evaluate my-vectors.bin")


def _look(models: dict[str, Any], page: Path) -> None:
    """Write a report about all runs, if the extra that draws it is installed."""
    from embed.pages.report import report

    try:
        report(models, page, sets=_SETS, map_words=_MAP_WORDS)
    except MissingExtraError as error:
        _print(f"no report: {error}")
        return
    _print(f"{page}  scores with intervals, a map, neighbours of any word: open it in a browser")


def _make(folder: Path) -> None:
    """Create the folder, unless it exists and is empty or was written by an earlier demo."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_foreign = any(folder.iterdir()) and not (folder / _ENCODED).is_dir()
    except OSError as error:
        raise FormatError(f"{folder}: cannot write: {error.strerror or error}") from error
    if is_foreign:
        raise FormatError(f"{folder}: the folder holds other files, which the demo could overwrite; name a new folder")


def find_dump() -> Path:
    """Return the path of the dump in the gensim wheel, without importing gensim.

    Raises
    ------
    MissingExtraError
        The dump is missing.
    """
    spec = importlib.util.find_spec("gensim")
    for location in spec.submodule_search_locations or () if spec is not None else ():
        path = Path(location).joinpath(*_DUMP)
        if path.is_file():
            return path
    raise MissingExtraError(
        "the demo reads articles from the gensim wheel; install it with: pip install 'train-embeddings[gensim,wiki]'"
    )


def _labelled(dump: Path) -> list[tuple[str, list[tuple[str, float]]]]:
    """Train a vector for each article, and return each label with its nearest articles."""
    from embed.documents import train_documents
    from embed.documents.labels import LabelSearch

    report = LabelSearch(train_documents(dump, **_DOCUMENTS), _LABELS).report(_ARTICLES)
    return [(found.label, [(str(title), score) for title, score in found.nearest]) for found in report.labels]


def _evaluate(vectors: dict[str, Any]) -> None:
    from embed.eval import evaluate

    _print(f"{'':>12} | " + " | ".join(f"{name:>10}" for name in _SETS))
    for name, found in vectors.items():
        # The intervals are not shown here: `train-embeddings evaluate` prints them.
        scores = evaluate(found, _SETS, top=_frequent(found), resamples=1).scores
        _print(f"{name:>12} | " + " | ".join(_score(score) for score in scores.values()))


def _score(score: float | None) -> str:
    return f"{'-' if score is None else format(score, '.1f'):>10}"


def _frequent(vectors: Sized) -> int:
    """Return how many words to search: the rarer half occurred too seldom to be good neighbours."""
    return max(1, len(vectors) // 2)


def _listed(scored: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{word} {score:.2f}" for word, score in scored)


def _title(text: str) -> None:
    print(f"\n{text}")


def _print(text: str) -> None:
    print(f"  {text}", flush=True)
