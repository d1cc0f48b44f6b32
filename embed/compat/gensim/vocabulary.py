"""Choose and order the words of a model."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from embed.compat.gensim.sentences import Counts, TrimRule, keeps
from embed.compat.gensim.store import COUNT

if TYPE_CHECKING:
    from embed.compat.gensim.learnt import LearntModel

__all__ = ["prepare"]

logger = logging.getLogger("gensim.models.word2vec")


def prepare(
    model: LearntModel, *, update: bool, keep_raw_vocab: bool, trim_rule: TrimRule | None, dry_run: bool
) -> dict[str, int]:
    """Choose the words of a model from its `raw_vocab`; see :meth:`Word2Vec.prepare_vocab`."""
    counts = model.raw_vocab
    model.effective_min_count = _min_count(model)
    kept = [word for word, count in counts.items() if keeps(word, count, model.effective_min_count, trim_rule)]
    model.why_no_words = "" if kept else _why_no_words(counts, model.effective_min_count)
    retained = sum(counts[word] for word in kept)
    report = {
        "drop_unique": len(counts) - len(kept),
        "retain_total": retained,
        "num_retained_words": len(kept),
        **_downsampled([counts[word] for word in kept], model.sample or 0.0),
    }
    _log(model, update, len(counts), sum(counts.values()), report)
    if dry_run:
        return report
    wv = model.wv
    if not update:
        wv.index_to_key, wv.key_to_index, wv.expandos = [], {}, {}
        wv.vectors = np.zeros((0, wv.vector_size), np.float32)
        model.parameters = None
    known = len(wv.index_to_key)
    for word in kept:
        if word not in wv.key_to_index:
            wv.key_to_index[word] = len(wv.index_to_key)
            wv.index_to_key.append(word)
    old = np.zeros(len(wv), np.int64)
    old[:known] = wv.expandos.get(COUNT, old[:known])[:known]
    # a known word adds its new count, even if that is below min_count
    wv.expandos[COUNT] = old + np.array([counts.get(word, 0) for word in wv.index_to_key], np.int64)
    if model.sorted_vocab and not update:
        wv.sort_by_descending_frequency()
    if not keep_raw_vocab:
        logger.info("deleting the raw counts dictionary of %i items", len(counts))
        model.raw_vocab = Counts()
    logger.info(
        "estimated required memory for %i words and %i dimensions: %i bytes",
        len(wv),
        model.vector_size,
        model.estimate_memory()["total"],
    )
    return report


def _log(model: LearntModel, update: bool, words: int, tokens: int, report: Mapping[str, int]) -> None:
    """Log what the choice of the words leaves of `words` words and `tokens` tokens."""
    retained, left = report["num_retained_words"], report["retain_total"]
    logger.info("%s vocabulary", "Updating the" if update else "Creating a fresh")
    logger.info(
        "effective_min_count=%d retains %i unique words (%.2f%% of original %i, drops %i)",
        model.effective_min_count,
        retained,
        100 * retained / max(1, words),
        words,
        report["drop_unique"],
    )
    logger.info(
        "effective_min_count=%d leaves %i word corpus (%.2f%% of original %i, drops %i)",
        model.effective_min_count,
        left,
        100 * left / max(1, tokens),
        tokens,
        tokens - left,
    )
    logger.info("sample=%g downsamples %i most-common words", model.sample or 0.0, report["downsample_unique"])
    logger.info(
        "downsampling leaves an estimated %i word corpus (%.1f%% of %i)",
        report["downsample_total"],
        100 * report["downsample_total"] / max(1, left),
        left,
    )


def _why_no_words(counts: Mapping[str, int], min_count: int) -> str:
    if not counts:
        return "the corpus is empty: it has no words"
    word, most = max(counts.items(), key=lambda item: item[1])
    if most >= min_count:
        return f"the trim_rule discards all {len(counts):,} distinct words: let it keep some"
    return (
        f"none of the {len(counts):,} distinct words occurs min_count={min_count} times: lower min_count (the most "
        f"frequent word, {word!r:.60}, occurs {most:,} times)"
    )


def _min_count(model: LearntModel) -> int:
    """Return `min_count`, raised until at most `max_final_vocab` words remain."""
    if model.max_final_vocab is None or len(model.raw_vocab) <= model.max_final_vocab:
        return model.min_count
    falling = sorted(model.raw_vocab.values(), reverse=True)
    return max(model.min_count, falling[model.max_final_vocab] + 1)


def _downsampled(counts: list[int], sample: float) -> dict[str, int]:
    """Return how many words subsampling affects, and how many tokens it leaves."""
    if not sample:
        return {"downsample_unique": 0, "downsample_total": sum(counts)}
    ratio = sample * sum(counts) / np.maximum(np.array(counts, np.float64), 1)
    keep = np.minimum(1, np.sqrt(ratio) + ratio)
    return {"downsample_unique": int((keep < 1).sum()), "downsample_total": int((keep * counts).sum())}
