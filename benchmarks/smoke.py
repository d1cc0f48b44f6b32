"""Does every benchmark still run? All commands on a tiny generated text, one run each; no figure decides anything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import (
    choices,
    classifiers,
    contests,
    defaults,
    graph,
    growth,
    instructions,
    kernels,
    labels,
    languages,
    memory,
    parity,
    quality,
    quantize,
    recommend,
    replicates,
    retrieval,
    scaling,
    senses,
    startup,
    web,
)
from benchmarks.lib.corpus import TextSource
from benchmarks.lib.report import Section
from benchmarks.programs.ours import made_up_vectors
from embed import formats
from embed.corpora import SyntheticCorpus

_TOKENS = 60_000
_VOCABULARY = 1_000
_BUCKETS = 20_000
_QUANTISED = "quantised pairs of words"  # the documents have too few words to quantise those
_ITEMS = 100
_DIM = 32
_STREAM_TOKENS = (10_000, 20_000)
_ROWS = ("skip-gram-100", "subword-cbow-100", "cbow-100-deterministic", "vocabulary-1m", "all-in", "memory")


def run(folder: Path) -> Iterator[Section]:
    """Yield one section for each command."""
    source = TextSource(folder, synthetic=_TOKENS, vocabulary=_VOCABULARY)
    sizes = {
        **{"runs": 1, "tokens": _TOKENS, "gensim_tokens": _TOKENS // 2, "fasttext_tokens": _TOKENS // 4},
        **{
            "all_in_tokens": _TOKENS // 4,
            "reading_tokens": _TOKENS,
            "threads_tokens": _TOKENS,
            "zipf_tokens": _TOKENS,
            "zipf_words": (10 * _VOCABULARY, _VOCABULARY),
        },
        **{"buckets": _BUCKETS, "memory_words": _VOCABULARY, "vector_words": _VOCABULARY, "judged": False},
    }
    for command, settings in contests.COMMANDS.items():
        rows = _ROWS if command == "goals" else settings.rows
        dim = {"dim": _DIM} if command == "speed" else {}
        yield contests.run(command, source, replace(settings, **{**sizes, "rows": rows, **dim}))
    tiny = {"seeds": 1, "epochs": 1, "dim": _DIM, "buckets": _BUCKETS}
    yield quality.run(source, quality.Settings(peers=True, sets=planted_sets(folder), judged=False, **tiny))
    small = {"sizes": (_TOKENS // 2,), "dims": (_DIM,), "models": ("window 10", "words alone", "gensim", "fastText")}
    stored = defaults.Settings(sets=planted_sets(folder), store=folder / "defaults.jsonl", **small)
    yield from defaults.run(source, stored)
    yield kernels.run(kernels.Settings(dims=(_DIM,), runs=1, seconds=0.001))
    base = scaling.Point(words=_VOCABULARY, tokens=_TOKENS)
    axes = {"threads": (1, 2), "dim": (_DIM,), "words": (_VOCABULARY,), "tokens": (_TOKENS,)}
    yield scaling.run(scaling.Settings(runs=1, base=base, **axes))
    if instructions.available():
        yield instructions.run(instructions.Settings(words=100, tokens=400))
    yield memory.run(source, memory.Settings(dim=_DIM, buckets=_BUCKETS, stream_tokens=_STREAM_TOKENS, judged=False))
    vectors = folder / "made-up.embed"
    formats.save(made_up_vectors(_VOCABULARY, _DIM), vectors)
    yield quantize.run(quantize.Settings(str(vectors), planted_sets(folder)))
    drawn = {"sizes": (_TOKENS // 2,), "models": ("skip-gram",), "replicates": 2, "seeds": 2, "words": 5}
    kept = replicates.Settings(sets=planted_sets(folder), store=str(folder / "replicates"), longer=True, **drawn)
    yield from replicates.run(source, kept)
    documents = str(planted_documents(folder))
    yield graph.run(graph.Settings(nodes=_ITEMS, communities=4, seeds=2))
    yield recommend.run(recommend.Settings(count=_ITEMS, items=_ITEMS, groups=5, seeds=2))
    yield languages.run(source, languages.Settings(dim=_DIM))
    yield labels.run(labels.Settings(documents, seeds=1, peers=True))
    few = {"quantised": (_QUANTISED,), "threads": ("hs",)}
    yield classifiers.run(classifiers.Settings(documents, seeds=1, epochs=2, bucket=_BUCKETS, **few))
    yield retrieval.run(retrieval.Settings(documents, seeds=1, dim=_DIM, bits=(_DIM,)))
    yield parity.run(parity.Settings(documents, seeds=1, dim=_DIM, models=("dbow",)))
    yield choices.run(choices.Settings(documents, seeds=1, dim=_DIM, choices=("default",)))
    short = {"seeds": 1, "clusters": True, "dim": _DIM, "pairs": 2, "least": 60, "most": _TOKENS}
    sets = str(planted_senses(folder))
    yield senses.run(source, senses.Settings(sets, **short))
    yield senses.run(source, senses.Settings(sets, **short, levers=True, lever_names=("selectors stay as they begin",)))
    yield startup.run(startup.Settings(runs=1))
    yield web.run(web.Settings(words=(_VOCABULARY,), dim=_DIM, queries=3))
    yield growth.run(growth.Settings(tries=1, share=0.05, judged=False))


def planted_sets(folder: Path) -> list[tuple[str, str]]:
    """Write what is planted in the text as test sets, so that no data is needed from elsewhere."""
    truth = SyntheticCorpus(vocabulary=_VOCABULARY)
    pairs = [f"{a}\t{b}\t{score}" for a, b, score in truth.similarity_pairs(_ITEMS)]
    questions = [": planted", *(" ".join(question) for question in truth.analogy_questions(_ITEMS))]
    sets = []
    for name, lines in {"pairs": pairs, "questions": questions}.items():
        path = folder / f"{name}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        sets.append((name, str(path)))
    return sets


def planted_senses(folder: Path) -> Path:
    """Write a set of induction and one of pairs in context, with words of the text."""
    pairs = list(SyntheticCorpus(vocabulary=_VOCABULARY).similarity_pairs(_ITEMS))
    a, b, _ = pairs[0]
    home = folder / "senses"
    for name, lines in {
        "wsi/planted/dataset.txt": [f"{a}.n 2", f"{b}\t{b}", "x\ty"],
        "wsi/planted/key.txt": [f"{a}.n {a}.n.1 one", f"{a}.n {a}.n.2 two"],
        "scws/ratings.txt": [f"1\t{c}\tn\t{d}\tn\t<b>{c}</b>\t<b>{d}</b>\t{score}" for c, d, score in pairs],
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return home


def planted_documents(folder: Path) -> Path:
    """Write documents of three topics, which share half of their words, as a set with keywords."""
    draw, home = random.Random(1), folder / "documents" / "planted"
    home.mkdir(parents=True)
    topics = {topic: [f"{topic}{number}" for number in range(20)] for topic in ("a", "b", "c")}
    for part, count in (("train", 240), ("test", 60)):
        lines = []
        for number in range(count):
            topic = list(topics)[number % len(topics)]
            words = [*draw.choices(topics[topic], k=15), *(f"word{draw.randrange(20)}" for _ in range(15))]
            lines.append(f"{topic}\t{' '.join(words)}")
        (home / f"{part}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    keywords = "".join(f"{topic}\t{' '.join(words[:3])}\n" for topic, words in topics.items())
    (home / "keywords.tsv").write_text(keywords, encoding="utf-8")
    return home.parent
