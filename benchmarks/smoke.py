"""Does every benchmark still run? All commands on a tiny generated text, one run each; no figure decides anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import (
    goal_rows,
    growth,
    instructions,
    kernels,
    memory,
    phrases,
    quality,
    quantize,
    scaling,
    speed,
    startup,
    text,
)
from benchmarks.corpus import TextSource
from benchmarks.jobs_vectors import made_up_vectors
from benchmarks.report import Section
from embed import formats
from embed.corpora import SyntheticCorpus

__all__ = ["planted_sets", "run"]

_TOKENS = 60_000
_VOCABULARY = 1_000
_BUCKETS = 20_000
_ITEMS = 100
_DIM = 32


def run(folder: Path) -> Iterator[Section]:
    """Yield one section for each command."""
    source = TextSource(folder, synthetic=_TOKENS, vocabulary=_VOCABULARY)
    yield speed.run(
        source,
        speed.SpeedSettings(
            runs=1, tokens=_TOKENS, subword_tokens=_TOKENS // 4, dim=_DIM, buckets=_BUCKETS, judged=False
        ),
    )
    yield quality.run(
        source,
        quality.QualitySettings(
            peers=True,
            sets=planted_sets(folder),
            seeds=1,
            epochs=1,
            dim=_DIM,
            buckets=_BUCKETS,
            judged=False,
        ),
    )
    yield goal_rows.run(
        source,
        goal_rows.GoalSettings(
            rows=("skip-gram-100", "subword-cbow-100", "vocabulary-1m", "all-in", "memory"),
            runs=1,
            tokens=_TOKENS,
            gensim_tokens=_TOKENS // 2,
            fasttext_tokens=_TOKENS // 4,
            all_in_tokens=_TOKENS // 4,
            zipf_tokens=_TOKENS,
            zipf_words=(10 * _VOCABULARY, _VOCABULARY),
            buckets=_BUCKETS,
            memory_words=_VOCABULARY,
            judged=False,
        ),
    )
    yield kernels.run(kernels.KernelSettings(dims=(_DIM,), runs=1, seconds=0.001))
    yield scaling.run(
        scaling.ScalingSettings(
            runs=1,
            threads=(1, 2),
            dim=(_DIM,),
            words=(_VOCABULARY,),
            tokens=(_TOKENS,),
            base=scaling.Point(words=_VOCABULARY, tokens=_TOKENS),
        )
    )
    if instructions.available():
        yield instructions.run(instructions.InstructionSettings())
    yield memory.run(source, memory.MemorySettings(dim=_DIM, buckets=_BUCKETS, judged=False))
    yield text.run(source, text.TextSettings(runs=1, words=_VOCABULARY, dim=_DIM, judged=False))
    yield phrases.run(source, phrases.PhraseBenchmark(runs=1, judged=False))
    vectors = folder / "made-up.embed"
    formats.save(made_up_vectors(_VOCABULARY, _DIM), vectors)
    yield quantize.run(quantize.QuantizeSettings(str(vectors), planted_sets(folder)))
    yield startup.run(runs=1)
    yield growth.run(growth.GrowthSettings(tries=1, share=0.05, judged=False))


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
