"""The run whose instructions are counted: every objective once, one thread, made-up tokens.

Started under callgrind by `instructions`, as a script of its own: what is counted is one function of the core, and
one profile is written each time it returns.
"""

from __future__ import annotations

import json
import sys

from benchmarks.installed import prefer_installed_embed

CONFIGS = {
    "skip-gram": {"objective": "sg"},
    "skip-gram-subword": {"objective": "sg", "subword": True},
    "cbow-exact": {"objective": "cbow", "gradient": "exact"},
    "cbow-historic": {"objective": "cbow", "gradient": "historic"},
    "cbow-subword": {"objective": "cbow", "subword": True},
}
"""Name -> fields of TrainConfig."""


def _run(words: int, tokens: int, dim: int) -> None:
    prefer_installed_embed()
    from benchmarks.programs import our_config
    from embed.config import TrainConfig
    from embed.text.made_up import zipf_corpus
    from embed.training.trainer import Trainer

    with zipf_corpus(words, tokens) as corpus:
        for config in CONFIGS.values():
            settings = our_config(**{"buckets": 10 * words, "dim": dim, "epochs": 1, "threads": 1, **config})
            Trainer(corpus, TrainConfig(**settings)).run()


if __name__ == "__main__":
    _run(**json.loads(sys.argv[1]))
