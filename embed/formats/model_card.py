"""Write the model card of a folder for model hubs: README.md, with YAML at its beginning.

Hubs read the YAML: ``library_name`` says what loads the folder, ``tags`` help to find it. Language and license of the
text are unknown here, so the card leaves them to its reader. What the vectors were trained with comes from a run card
(`embed.Model.run_card`), as far as there is one.

The last line holds a checksum of the lines before. So a card that somebody has edited is not taken for one of ours,
which may be replaced.
"""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import embed
from embed.config.train import TrainConfig
from embed.messages import printable
from embed.vectors.word_vectors import WordVectors

__all__ = ["CARD", "is_own_card", "model_card"]

CARD = "README.md"
_MARK = "<!-- train-embeddings {:08x} -->\n"
_MARKED = re.compile(rb"<!-- train-embeddings ([0-9a-f]{8}) -->\n\Z")
_LARGEST_CARD = 1 << 20
_LONGEST_CELL = 80

_ALWAYS = ("objective", "dim", "window", "epochs", "min_count")
"""Parameters in the table even if they have their default values."""

_TEXT = """---
library_name: model2vec
tags:
- embeddings
- static-embeddings
- word-embeddings
- sentence-transformers
---

# Static word embeddings

{words:,} words x {dim} dimensions{trained}. The vector of a text is the mean of the vectors of its
words, which are what stands between white space{case}; unknown words are left out.

## Load

```python
from model2vec import StaticModel

model = StaticModel.from_pretrained("FOLDER")  # the path of this folder, or its name on a hub
model.encode(["a text"])
```

```python
from sentence_transformers import SentenceTransformer

SentenceTransformer("FOLDER").encode(["a text"])
```
{training}
## To fill in

This card does not know the language and the license of the text. Hubs read them from the lines `language:` and
`license:` at the top.
"""


def model_card(vectors: WordVectors, *, lowered: bool, run_card: Mapping[str, Any] | None = None) -> str:
    """Return the card of vectors.

    Parameters
    ----------
    vectors : WordVectors
    lowered : bool
        Whether a text is lower-cased first.
    run_card : mapping, optional
        As `embed.Model.run_card` returns it; parts that are missing or not understood are left out.
    """
    table = "".join(f"| {_cell(name)} | {_cell(value)} |\n" for name, value in _facts(run_card or {}))
    text = _TEXT.format(
        words=len(vectors),
        dim=vectors.dim,
        trained=", trained with train-embeddings" if table else "",
        case=" after lower-casing" if lowered else "",
        training=f"\n## Training\n\n| | |\n|---|---|\n{table}" if table else "",
    )
    return text + _MARK.format(zlib.crc32(text.encode()))


def is_own_card(path: Path) -> bool:
    """Return whether a file is a card that this module wrote and nobody has edited."""
    try:
        if path.stat().st_size > _LARGEST_CARD:
            return False
        content = path.read_bytes()
    except OSError:
        return False
    marked = _MARKED.search(content)
    return marked is not None and int(marked[1], 16) == zlib.crc32(content[: marked.start()])


def _facts(run_card: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what a run card says about the training, as names and values."""
    config, provenance = (_mapping(run_card, name) for name in ("config", "provenance"))
    vocabulary, versions = _mapping(run_card, "vocabulary"), _mapping(provenance, "versions")
    standard = TrainConfig().to_dict()
    for name, value in config.items():
        if value is not None and (name in _ALWAYS or (name in standard and value != standard[name])):
            yield name, value
    for name, part, key in (
        ("tokens in the vocabulary", vocabulary, "tokens"),
        ("tokens of the text", provenance, "raw_tokens"),
        ("sentences", provenance, "sentences"),
        ("fingerprint of the text", provenance, "corpus_fingerprint"),
    ):
        if part.get(key) is not None:
            yield name, part[key]
    epochs = run_card.get("epochs")
    if isinstance(epochs, list) and epochs and isinstance(epochs[-1], Mapping) and "loss" in epochs[-1]:
        loss = epochs[-1]["loss"]
        yield "loss of the last epoch", f"{loss:.4f}" if isinstance(loss, float) else loss
    for name, version in versions.items():
        yield f"version of {name}", version
    if config:
        yield "card written by train-embeddings", embed.__version__


def _mapping(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, Mapping) else {}


def _cell(value: Any) -> str:
    """Return a value as the text of a table's cell, where no character has a meaning."""
    number = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return re.sub(r"[|`*\[\]\\]", lambda found: f"&#{ord(found[0])};", html.escape(printable(number, _LONGEST_CELL)))
