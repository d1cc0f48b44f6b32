"""Encode and train in threads, for ThreadSanitizer (``make sanitize``): ``two_threads.py [rounds]``.

The sanitizer reports every pair of unordered accesses of which one writes. Hogwild consists of them, and each function
in which they are meant is in ``thread.supp``; a report is a race that nobody meant, and the exit code is not 0. Rounds
(``deterministic``) have none but those of the progress, ``rounds.supp``. Neither has counting and encoding in threads.
"""

from __future__ import annotations

import gzip
import itertools
import os
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from embed.config import TrainConfig
from embed.corpora import TextCorpus, text
from embed.engine._kernels import simd_names
from embed.errors import AdviceWarning
from embed.text import bounded_counting, counting, renumbering
from embed.text.encoding import encode
from embed.text.phrases.phrase_model import PhraseSettings
from embed.training import trainer
from embed.training.backends import problem

WORDS = 50
TOKENS = 20_000


def main() -> None:
    """Train, and count what was trained."""
    rng = np.random.default_rng(1)
    sentences = [[f"w{i}" for i in rng.integers(0, WORDS, 40)] for _ in range(TOKENS // 40)]
    warnings.simplefilter("ignore", AdviceWarning)
    encode_files(sentences)
    problem._REPLICATED_FROM = 0  # replicas for this short text too
    runs = 0
    objectives = [{"objective": "sg"}, {"objective": "sg", "structured": True}, {"objective": "cbow"}]
    kinds = list(itertools.product(simd_names(), objectives, (False, True), ("exact", "sqrt", "historic")))
    with encode(sentences, min_count=1) as corpus:
        for path, objective, subword, gradient in kinds:
            os.environ["EMBED_SIMD"] = path
            config = TrainConfig(
                **objective,
                subword=subword,
                gradient=gradient,
                buckets=100,
                dim=20,
                epochs=1,
                threads=2,
                held_out=0.1,
                deterministic=sys.argv[1:] == ["rounds"],
            )
            model = trainer.Trainer(corpus, config).run()
            assert np.isfinite(model.vectors.matrix).all()
            runs += 1
    print(f"{runs} kinds of model trained by two threads ({', '.join(simd_names())})")


def encode_files(sentences: list[list[str]]) -> None:
    """Encode files in three threads, which put tables aside and read ahead, with and without a bound."""
    text.CHUNK_BYTES, counting.WORDS_OF_TABLE, renumbering._BLOCK, bounded_counting.LEAST_WORDS = 500, 20, 1000, 30
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.gz" for number in range(4)]
        for number, path in enumerate(paths):
            lines = sentences[number :: len(paths)]
            path.write_bytes(gzip.compress("".join(" ".join(line) + "\n" for line in lines).encode()))
        for options in ({}, {"max_vocab": 1}, {"phrases": PhraseSettings(min_count=2)}):
            with encode(TextCorpus(paths), min_count=1, threads=3, **options) as corpus:
                assert corpus.raw_tokens == TOKENS


if __name__ == "__main__":
    main()
