"""Read and write folders that model2vec and sentence-transformers load as static embedding models.

=================================== =====================================================================
``model.safetensors``               ``embeddings`` F32 [V + 1, dim]; ``counts`` I64 [V + 1] where known
``tokenizer.json``                  Hugging Face tokenizers: split at white space, then whole words
``config.json``                     model2vec's settings
``modules.json``                    sentence-transformers: one static embedding
``config_sentence_transformers.json`` sentence-transformers: compare by cosine
``README.md``                       the model card (`embed.formats.model_card`)
=================================== =====================================================================

A sentence becomes the mean of the vectors of its words. The last row stands for unknown words and is zero:
model2vec leaves unknown words out; sentence-transformers counts them in the divisor, which changes the length
of the mean but not its direction. If the whole vocabulary is in lower case, the tokenizer lower-cases its input.
Apply weights such as SIF's (`embed.vectors.postprocess.sif`) to the vectors before writing.

The reader also takes model2vec's folders with weights, a mapping of tokens to rows, or float16 or int8 numbers. Each
token becomes a word, spelt as in the tokenizer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import FormatError
from embed.files.atomic import atomic_write_text
from embed.files.bounds import check_decoded, in_memory
from embed.files.folders import folder_write
from embed.files.inputs import Input
from embed.files.json_text import parse_json
from embed.formats import _safetensors
from embed.formats.model_card import CARD, is_own_card, model_card
from embed.formats.reading import PathOrInput, Start, not_opened
from embed.formats.word_blob import encoded
from embed.vectors.word_vectors import WordVectors

__all__ = ["FILES", "read", "recognise", "write"]

WEIGHTS, TOKENIZER, CONFIG = "model.safetensors", "tokenizer.json", "config.json"
MODULES, SENTENCE_CONFIG = "modules.json", "config_sentence_transformers.json"
FILES = (CARD, WEIGHTS, CONFIG, MODULES, SENTENCE_CONFIG, TOKENIZER)
"""Without the last one the folder cannot be read."""
NESTED = "0_StaticEmbedding"
"""The folder in which sentence-transformers stores the model and the tokenizer."""

_EMBEDDINGS = ("embeddings", "embedding.weight")
BLOCK_NUMBERS = 1 << 20
"""Numbers converted at a time."""
_UNKNOWN = "[UNK]"
_MODULE = "sentence_transformers.models.StaticEmbedding"


def recognise(start: Start) -> bool:
    """Return whether a path is such a folder."""
    return start.is_folder and any(
        (folder / WEIGHTS).is_file() and (folder / TOKENIZER).is_file() for folder in _folders(start.path)
    )


def write(vectors: WordVectors, path: str | os.PathLike[str], *, run_card: Mapping[str, Any] | None = None) -> None:
    """Write a folder that model2vec and sentence-transformers load.

    Parameters
    ----------
    vectors : WordVectors
        Words that hold white space are stored, but never found in a sentence.
    path : path
        A new folder, or an older one of this kind, replaced when the whole folder has been written. A folder whose
        model card somebody has edited is not replaced.
    run_card : mapping, optional
        What the vectors were trained with, for the model card.

    Raises
    ------
    FormatError
        A word has no UTF-8 form, a number is not finite, or the folder cannot be written.
    """
    words = vectors.words
    encoded(words)
    _ = vectors.norms  # checks that all numbers are finite
    unknown = _unused(words)
    tensors: dict[str, npt.NDArray[Any]] = {
        _EMBEDDINGS[0]: np.concatenate([vectors.matrix, np.zeros((1, vectors.dim), np.float32)])
    }
    if vectors.counts is not None:
        tensors["counts"] = np.append(vectors.counts, 0)
    lowered = all(word == word.lower() for word in words)
    own = FILES if is_own_card(Path(path) / CARD) else tuple(name for name in FILES if name != CARD)
    with folder_write(path, own) as folder:
        atomic_write_text(folder / CARD, model_card(vectors, lowered=lowered, run_card=run_card))
        _safetensors.write(folder / WEIGHTS, tensors, {})
        _write_json(folder / TOKENIZER, _tokenizer(words, unknown, lowered=lowered))
        _write_json(folder / CONFIG, _config(vectors.dim))
        _write_json(folder / MODULES, [{"idx": 0, "name": "0", "path": ".", "type": _MODULE}])
        _write_json(folder / SENTENCE_CONFIG, {"prompts": {}, "similarity_fn_name": "cosine"})


@in_memory
def read(path: PathOrInput) -> WordVectors:
    """Read the words and vectors of such a folder; a float32 matrix without mapping and weights is memory-mapped.

    Raises
    ------
    FormatError
        A file is missing or damaged, or tokens and rows do not match.
    """
    source = Input.of(path, FormatError)
    name = source.name
    for folder in _folders(Path(source.path)):
        if (folder / WEIGHTS).is_file():
            break
    else:
        raise FormatError(f"{name}: needs the files {WEIGHTS} and {TOKENIZER}")
    arrays, _ = _safetensors.read_mapped(folder / WEIGHTS)
    tokens, unknown = _tokens(folder / TOKENIZER)
    size = sum((folder / part).stat().st_size for part in (WEIGHTS, TOKENIZER))
    matrix = _matrix(name, arrays, len(tokens), size)
    counts = arrays.get("counts")
    keep = slice(None)
    if unknown is not None and not matrix[unknown].any():  # the row of unknown words
        if unknown == len(tokens) - 1:
            keep = slice(0, unknown)
        elif unknown == 0:
            keep = slice(1, None)
    if counts is not None and (counts.shape != (len(tokens),) or counts.dtype != np.int64):
        raise FormatError(f"{name}: damaged: {len(tokens)} tokens, but counts of shape {counts.shape}")
    try:
        return WordVectors(tokens[keep], matrix[keep], counts=None if counts is None else counts[keep].copy())
    except FormatError as error:
        raise FormatError(f"{name}: {error}") from None


def _folders(folder: Path) -> tuple[Path, Path]:
    return folder, folder / NESTED


def _unused(words: list[str]) -> str:
    """Return a token for unknown words that is not in the vocabulary."""
    taken, name, number = set(words), _UNKNOWN, 0
    while name in taken:
        number += 1
        name = f"{_UNKNOWN[:-1]}{number}]"
    return name


def _tokenizer(words: list[str], unknown: str, *, lowered: bool) -> dict[str, Any]:
    vocabulary = dict(zip([*words, unknown], range(len(words) + 1), strict=True))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if lowered else None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": unknown},
    }


def _config(dim: int) -> dict[str, Any]:
    return {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "normalize": False,
        "hidden_dim": dim,
        "embedding_dtype": "float32",
    }


def _write_json(path: Path, value: Any) -> None:
    atomic_write_text(path, json.dumps(value, ensure_ascii=False, indent=2 if path.name != TOKENIZER else None))


def _tokens(path: Path) -> tuple[list[str], int | None]:
    """Return the tokens by row, and the row of the unknown token, if there is one."""
    try:
        content = parse_json(path.read_bytes())
    except OSError as error:
        raise not_opened(path, error) from error
    except ValueError as error:
        raise FormatError(f"{path}: damaged: not JSON ({error})") from None
    try:
        model = content["model"]
        vocabulary = model["vocab"]
        if isinstance(vocabulary, list):  # Unigram: pairs of token and score
            rows = {pair[0]: row for row, pair in enumerate(vocabulary)}
            unknown = model.get("unk_id")
        else:
            rows = dict(vocabulary)
            unknown = rows.get(model.get("unk_token"))
        rows |= {added["content"]: added["id"] for added in content.get("added_tokens") or ()}
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise FormatError(f"{path}: damaged: not a tokenizer with a vocabulary ({type(error).__name__})") from None
    if not all(isinstance(token, str) and type(row) is int for token, row in rows.items()):
        raise FormatError(f"{path}: damaged: tokens must be strings, numbered 0 to {len(rows) - 1}, each number once")
    tokens = sorted(rows, key=lambda token: rows[token])
    if [rows[token] for token in tokens] != list(range(len(tokens))):
        raise FormatError(f"{path}: damaged: tokens must be numbered 0 to {len(tokens) - 1}, each number once")
    return tokens, unknown if type(unknown) is int and 0 <= unknown < len(tokens) else None


def _matrix(name: str, arrays: dict[str, npt.NDArray[Any]], tokens: int, size: int) -> npt.NDArray[np.float32]:
    """Return one row per token after applying mapping and weights; the files have `size` bytes."""
    found = next((arrays[key] for key in _EMBEDDINGS if key in arrays), None)
    if found is None or found.ndim != 2 or not found.shape[1]:
        raise FormatError(f"{name}: {WEIGHTS} has no matrix {' or '.join(map(repr, _EMBEDDINGS))}")
    mapping, weights = arrays.get("mapping"), arrays.get("weights")
    if mapping is not None and (
        mapping.dtype.kind not in "iu" or mapping.ndim != 1 or not ((mapping >= 0) & (mapping < len(found))).all()
    ):
        raise FormatError(f"{name}: damaged: the mapping of tokens names rows that do not exist")
    for what, array in (("rows", found if mapping is None else mapping), ("weights", weights)):
        if array is not None and len(array) != tokens:
            raise FormatError(f"{name}: damaged: {tokens} tokens, but {len(array)} {what}")
    if weights is not None and (weights.ndim != 1 or not np.isfinite(weights).all()):
        raise FormatError(f"{name}: damaged: the weights must be one finite number for each token")
    if mapping is None and weights is None and found.dtype == np.float32:
        return found
    dim = found.shape[1]
    check_decoded(name, np.dtype(np.float32).itemsize * tokens * dim, size)
    matrix = np.empty((tokens, dim), np.float32)
    step = max(1, BLOCK_NUMBERS // dim)
    with np.errstate(over="ignore", invalid="ignore"):  # the result is checked for NaN and infinity
        for rows in (slice(start, start + step) for start in range(0, tokens, step)):
            block = found[rows] if mapping is None else found[mapping[rows]]
            matrix[rows] = block if weights is None else block.astype(np.float32) * weights[rows, None]
    return matrix
