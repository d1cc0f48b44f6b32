"""One target for each reader: it takes any bytes, and ends well or in an error of one sentence.

A target writes the bytes to a file and reads it. Whatever comes out must be sound: numbers are finite, ids lie within
the vocabulary, what was read is read again after it was written. An exception that is no EmbedError, a message of
several lines, a warning of NumPy's: each is a finding.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import struct
import time
import warnings
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from embed import formats
from embed.checkpoints import checkpoint_file, checkpoint_folder
from embed.cli import parse
from embed.compat.gensim import KeyedVectors, Word2Vec
from embed.compat.gensim.phrases import Phrases
from embed.config import TrainConfig
from embed.corpora import ColumnCorpus, TextCorpus, WikiCorpus
from embed.corpora.tokenizers import split_words
from embed.corpora.wikitext import plain_text
from embed.documents import DocumentModel, open_documents
from embed.documents.labels import LabelSearch
from embed.errors import AdviceWarning, ConfigError, EmbedError
from embed.eval.sets import load_set
from embed.eval.tasks import Sts
from embed.files.inputs import Input
from embed.files.own_kinds import CHECKPOINT_MARK
from embed.formats import model2vec, word2vec_binary, word2vec_text
from embed.formats.fasttext_classifier import read_classifier
from embed.formats.model_file import load_model
from embed.formats.registry import FORMATS
from embed.items import ItemVectors
from embed.model.parameters import padded_matrix
from embed.text.encoded_corpus import COUNTS, IDS, META, OFFSETS, WORD_OFFSETS, WORDS, EncodedCorpus
from embed.text.encoding import encode
from embed.text.phrases.learning import load_phrases
from embed.training.learning_curves import read_curve, table
from embed.vectors import WordVectors
from embed.vocabulary.ngrams import SubwordScheme
from embed.vocabulary.vocabulary import Vocabulary
from tests.corpora.parsed_markup import library_text

__all__ = ["PARTS", "TARGETS", "Finding", "Target", "attempt", "pack", "unpack"]

Target = Callable[[bytes, Path], object]
"""Takes the input, and a folder of its own to write it in."""

LONGEST_MESSAGE = 700
MOST_CPU_SECONDS = 10
"""Of one input, which has some KB; ordinary ones take a hundredth of a second."""
MOST_SENTENCES = 20_000
"""Read of one corpus: a compressed input of a few KB may hold a thousand times as many."""
MOST_DECOMPRESSED = 32 << 20
MOST_ENCODED_BYTES = 1 << 16
PARTS = (META, IDS, OFFSETS, WORDS, WORD_OFFSETS, COUNTS)
"""The files of an encoded corpus, in the order in which an input holds them."""
_PART_SIZE = struct.Struct("<H")


class Finding(AssertionError):
    """What a reader may not do."""


def attempt(target: Target, data: bytes, folder: Path) -> str | None:
    """Run a target on an input; return None if it was read, or the message of the error it was refused with."""
    start = time.process_time()
    try:
        return _attempt(target, data, folder)
    finally:
        # Of this process alone: how busy the machine is does not matter.
        if (taken := time.process_time() - start) > MOST_CPU_SECONDS:
            raise Finding(f"{len(data)} bytes took {taken:.1f} s")


def _attempt(target: Target, data: bytes, folder: Path) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", AdviceWarning)
        try:
            target(data, folder)
        except EmbedError as error:
            message = str(error).replace(str(folder), "")
            if not message.strip() or "\n" in message or len(message) > LONGEST_MESSAGE:
                raise Finding(f"not a sentence: {message[:2000]!r}") from error
            return message
    return None


def _file(data: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _check_vectors(vectors: WordVectors) -> None:
    if not np.isfinite(vectors.norms).all() or len(set(vectors.words)) != len(vectors):
        raise Finding("vectors that are not finite, or words that come twice")
    for word in vectors.words[:1]:
        vectors.nearest(word, 3)
    if vectors.subwords is not None and vectors.subwords.can_compose("unheard"):
        vectors.vector("unheard")


def _text(data: bytes, folder: Path) -> None:
    vectors = word2vec_text.read(_file(data, folder, "v.txt"))
    _check_vectors(vectors)
    word2vec_text.write(vectors, folder / "again.txt", on_bad_word="escape")
    again = word2vec_text.read(folder / "again.txt", unescape=True)
    if again.words != vectors.words or not np.array_equal(again.matrix, vectors.matrix):
        raise Finding("written and read again, the vectors differ")


def _text_leniently(data: bytes, folder: Path) -> None:
    _check_vectors(word2vec_text.read(_file(data, folder, "v.txt"), decode_errors="replace", unescape=True, dim=2))


def _binary(data: bytes, folder: Path) -> None:
    vectors = word2vec_binary.read(_file(data, folder, "v.bin"))
    _check_vectors(vectors)
    word2vec_binary.write(vectors, folder / "again.bin", on_bad_word="escape")
    again = word2vec_binary.read(folder / "again.bin", unescape=True)
    if again.words != vectors.words or not np.array_equal(again.matrix, vectors.matrix):
        raise Finding("written and read again, the vectors differ")


def _vectors(name: str) -> Target:
    def target(data: bytes, folder: Path) -> None:
        _check_vectors(formats.load(_file(data, folder, "v"), name))

    return target


def _checkpoint(data: bytes, folder: Path) -> None:
    path = _file(data, folder, "checkpoint-000001.ckpt")
    here = checkpoint_folder.read(path)
    matrices = {name: padded_matrix(rows, 3) for name, rows in (("input", 3), ("output", 3))}
    found, damaged = checkpoint_folder.restore(checkpoint_folder.find(folder), here, matrices, anyway=False)
    if damaged or found != here or not all(np.isfinite(matrix).all() for matrix in matrices.values()):
        raise Finding("a checkpoint that is read in part, or holds what is not finite")


def _checkpoint_rehashed(data: bytes, folder: Path) -> None:
    """The same with the sizes and checksums put right, so that the checks behind them are met."""
    start, size = checkpoint_file._START.size, checkpoint_file.DIGEST_BYTES
    end = data.find(b"]]}") + 3
    text = data[start:end]
    if end <= start:
        return
    head = checkpoint_file._START.pack(CHECKPOINT_MARK, checkpoint_file.VERSION, len(text)) + text
    parts, rest = [head, checkpoint_file._digest(head)], data[end + size :]
    for _ in range(2):
        matrix, rest = rest[:36], rest[36 + size :]
        parts += [matrix, checkpoint_file._digest(matrix)]
    _checkpoint(b"".join(parts), folder)


def _any_format(data: bytes, folder: Path) -> None:
    endings = (".txt", ".bin", ".embed", ".glove", ".dat")
    ending = endings[data[0] % len(endings)] if data else ".dat"
    _check_vectors(formats.load(_file(data[1:], folder, f"v{ending}")))


def _model(data: bytes, folder: Path) -> None:
    model = load_model(_file(data, folder, "m.embed"))
    _check_vectors(model.vectors)
    model.run_card()


def _documents(data: bytes, folder: Path) -> None:
    model = DocumentModel.load(_file(data, folder, "d.embed"))
    assert len(model.documents.ids) == len(model.documents.matrix)
    assert np.isfinite(model.infer([["a", "b"], []], epochs=1, threads=1)).all()
    model.run_card()


def pack(directory: Path) -> bytes:
    """Return the files of an encoded corpus as one input."""
    parts = [(directory / name).read_bytes() for name in PARTS]
    return b"".join(_PART_SIZE.pack(len(part)) + part for part in parts)


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files that an input stands for; those that it has no room for are missing."""
    parts = {}
    for name in PARTS:
        if len(data) < _PART_SIZE.size:
            break
        (size,) = _PART_SIZE.unpack_from(data)
        parts[name] = data[_PART_SIZE.size :][:size]
        data = data[_PART_SIZE.size + size :]
    return parts


def _encoded(data: bytes, folder: Path) -> None:
    directory = folder / "encoded"
    directory.mkdir(exist_ok=True)
    parts = unpack(data)
    for name in PARTS:
        (directory / name).unlink(missing_ok=True)
        if name in parts:
            (directory / name).write_bytes(parts[name])
    with EncodedCorpus.open(directory) as encoded:
        ids, offsets, size = encoded.ids, encoded.offsets, len(encoded.vocabulary)
        if ids.min() < 0 or ids.max() >= size or offsets[-1] != len(ids) or not (np.diff(offsets) > 0).all():
            raise Finding("ids or offsets lead outside")
        if not np.array_equal(np.bincount(ids, minlength=size), encoded.vocabulary.counts):
            raise Finding("counts are not those of the ids")


def _encoded_resized(data: bytes, folder: Path) -> None:
    """The same with the sizes in meta.json put right, so that the checks behind them are met."""
    parts = unpack(data)
    try:
        meta = json.loads(parts.get(META, b""))
    except (ValueError, RecursionError):
        return
    if isinstance(meta, dict):
        meta["sizes"] = {name: len(part) for name, part in parts.items()}
        parts[META] = json.dumps(meta).encode()
        _encoded(b"".join(_PART_SIZE.pack(len(part) & 0xFFFF) + part for part in parts.values()), folder)


def _vocabulary(data: bytes, folder: Path) -> None:
    vocabulary = Vocabulary.load(_file(data, folder, "vocabulary.txt"))
    vocabulary.save(folder / "again.txt")
    if Vocabulary.load(folder / "again.txt") != vocabulary or vocabulary.counts.min() < 1:
        raise Finding("written and read again, the vocabulary differs")


def _test_set(data: bytes, folder: Path) -> None:
    if not len(load_set(_file(data, folder, "set.txt"))):
        raise Finding("a test set without items")


def _test_set_table(data: bytes, folder: Path) -> None:
    if not len(load_set(_file(data, folder, "set.csv"))):
        raise Finding("a test set without items")


def _sts(data: bytes, folder: Path) -> None:
    found = Sts().read(_file(data, folder, "sts.tsv"))
    if not len(found.pairs) == len(found.scores) > 0 or not np.isfinite(found.scores).all():
        raise Finding("a set of sentences without finite scores")


def _words(data: bytes, folder: Path) -> None:
    """The tokenizer `words` on any text: no empty token, no white space in one, and its tokens stay as they are."""
    text = data.decode("utf-8", "replace")
    tokens = split_words(text)
    if not all(tokens) or any(token.split() != [token] for token in tokens):
        raise Finding(f"a token that is empty or holds white space: {tokens!r:.300}")
    if (again := split_words(" ".join(tokens))) != tokens:
        raise Finding(f"split again, the tokens differ: {tokens!r:.300} became {again!r:.300}")
    if sum(map(len, tokens)) > 20 * len(text):
        raise Finding(f"{len(text)} characters became {sum(map(len, tokens))}")


def _run_card(data: bytes, folder: Path) -> None:
    curve = read_curve(_file(data, folder, "run.json"))
    list(table([curve]))


def _items(data: bytes, folder: Path) -> None:
    items = ItemVectors.load(_file(data, folder, "items.embed"))
    items.nearest(items.items[0], 3)
    items.save(folder / "again.embed")
    if ItemVectors.load(folder / "again.embed").items != items.items:
        raise Finding("written and read again, the items differ")


def _labels(data: bytes, folder: Path) -> None:
    search = LabelSearch.load(_file(data, folder, "labels.embed"))
    search.scores(search.vectors[:1])
    search.save(folder / "again.embed")
    if LabelSearch.load(folder / "again.embed").labels != search.labels:
        raise Finding("written and read again, the labels differ")


def _gensim_model(data: bytes, folder: Path) -> None:
    model = Word2Vec.load(str(_file(data, folder, "m.model")))
    model.wv.most_similar(model.wv.index_to_key[0], topn=2)  # a mapped file is checked when it is asked
    if not np.isfinite(model.wv.vectors).all():
        raise Finding("vectors that are not finite")


def _gensim_vectors(data: bytes, folder: Path) -> None:
    vectors = KeyedVectors.load(str(_file(data, folder, "v.kv")))
    vectors.most_similar(vectors.index_to_key[0], topn=2)
    if not np.isfinite(vectors.vectors).all():
        raise Finding("vectors that are not finite")


def _model2vec(data: bytes, folder: Path) -> None:
    """Both files of a folder, the second behind the size of the first."""
    (folder / "m").mkdir(exist_ok=True)
    size = int.from_bytes(data[:2], "little")
    (folder / "m" / model2vec.TOKENIZER).write_bytes(data[2:][:size])
    (folder / "m" / model2vec.WEIGHTS).write_bytes(data[2:][size:])
    _check_vectors(model2vec.read(folder / "m"))


def _arguments(data: bytes, folder: Path) -> None:
    """The lines are the arguments of the command, which is parsed and not run."""
    arguments = [os.fsdecode(line) for line in data.replace(b"\0", b"").split(b"\n")]
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
            parse(arguments)
    except SystemExit as end:
        if end.code != 0:
            if end.code != ConfigError.exit_code or not told.getvalue().endswith("\n"):
                raise Finding(f"ended with {end.code!r} and {told.getvalue()!r:.200}") from end
            raise ConfigError(told.getvalue()[:-1]) from end


def _wiki(data: bytes, folder: Path) -> None:
    for sentence in islice(WikiCorpus(_file(data, folder, "dump.xml")), MOST_SENTENCES):
        if not sentence or not all(sentence):
            raise Finding("an empty sentence or word")


def _wikitext(data: bytes, folder: Path) -> None:
    """What is read without the parser is what the parser reads."""
    text = data.decode("utf-8", "replace")
    found, expected = plain_text(text), library_text(text)
    if found != expected:
        raise Finding(f"not as the library reads it: {found!r:.300} instead of {expected!r:.300}")


def _rows(name: str) -> Target:
    def read(data: bytes, folder: Path) -> None:
        path = _file(data, folder, name)
        with encode(ColumnCorpus(path, "text"), min_count=1) as encoded:
            if not encoded.raw_tokens:
                raise Finding("a corpus without tokens")
        for document in open_documents(path, column="text", tag_column="text"):
            if not all(document.words) or not document.tags:
                raise Finding("an empty word, or a document without a tag")

    return read


def _compressed(data: bytes, folder: Path) -> None:
    with Input(str(_file(data, folder, "c"))).open() as stream:
        first = stream.peek(7)
        left = MOST_DECOMPRESSED
        start = stream.read(7)
        while left > 0 and (more := stream.read(1 << 16)):
            left -= len(more)
        if first != start:
            raise Finding("looking ahead changed what was read")


def _corpus(data: bytes, folder: Path) -> None:
    """The first byte chooses how the rest is read."""
    how, text = data[0] if data else 0, data[1:]
    options = {
        "lowercase": bool(how & 1),
        "decode_errors": ("strict", "replace", "skip", "skip")[how >> 1 & 3],
    }
    path = _file(text, folder, "corpus.txt")
    if how & 8:
        for sentence in islice(TextCorpus(path, tokenizer="words", **options), MOST_SENTENCES):
            if not sentence or not all(sentence):
                raise Finding("an empty sentence or word")
        return
    corpus = TextCorpus(path, **options)
    slow = list(islice(corpus, MOST_SENTENCES))
    if len(slow) == MOST_SENTENCES or sum(map(len, slow)) > MOST_ENCODED_BYTES:
        return
    with encode(corpus, min_count=1) as encoded:
        words = encoded.vocabulary.words
        fast = [[words[i] for i in encoded.ids[a:b]] for a, b in pairwise(encoded.offsets)]
    if fast != slow:
        raise Finding("the compiled tokenizer and Python's read different words")


def _config(data: bytes, folder: Path) -> None:
    config = TrainConfig.from_toml(_file(data, folder, "run.toml"))
    if TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) != config:
        raise Finding("written and read again, the configuration differs")


def _ngrams(data: bytes, folder: Path) -> None:
    word = data[3:].decode("utf-8", "surrogateescape")
    low, more, buckets = (*data[:3], 0, 0, 0)[:3]
    scheme = SubwordScheme(low % 8, low % 8 + more % 8, buckets)
    found = scheme.buckets_of(word)
    if len(found) != len(scheme.ngrams(word)) or (len(found) and not 0 <= found.min() <= found.max() < buckets):
        raise Finding("the n-grams are not those of the plain definition")


def _phrases(data: bytes, folder: Path) -> None:
    phrases = Phrases.load(_file(data, folder, "phrases"))
    phrases.find_phrases([["new", "york", "is", "new"]])
    _ = phrases[["new", "york", "is", "new"]]


def _phrase_model(data: bytes, folder: Path) -> None:
    model = load_phrases(_file(data, folder, "phrase-model"))
    list(model.apply([["new", "york", "of", "new"]]))
    model.save(folder / "again")
    if load_phrases(folder / "again") != model:
        raise Finding("written and read again, the phrases differ")


def _phrase_model_sealed(data: bytes, folder: Path) -> None:
    """The same with the checksum put right, so that the checks behind it are met."""
    head, _, rest = data.partition(b"\n")
    digest = hashlib.blake2b(rest, digest_size=32).hexdigest().encode()
    _phrase_model(head.rpartition(b" ")[0] + b" " + digest + b"\n" + rest, folder)


def _pyarrow_is_missing() -> bool:
    from importlib.util import find_spec

    return find_spec("pyarrow") is None


# Formats whose files another library reads for us, and folders, are left out.
_FOREIGN = {"parquet", "arrow"} if _pyarrow_is_missing() or os.environ.get("FUZZ_FOREIGN", "") == "" else set()


def _classifier(data: bytes, folder: Path) -> None:
    classifier = read_classifier(_file(data, folder, "c.bin"))
    for found in classifier.predict(["a b unheard", "", "a b c d e"], k=2, threads=1):
        if len(found) > min(2, len(classifier.labels)):
            raise Finding("more labels than were asked for")


TARGETS: dict[str, Target] = {
    "word2vec-text": _text,
    "word2vec-text-lenient": _text_leniently,
    "word2vec-binary": _binary,
    **{
        f"format-{name}": _vectors(name)
        for name, form in FORMATS.items()
        if form.read and form.write and not form.files and name not in {"text", "glove", "binary"} | _FOREIGN
    },
    "any-format": _any_format,
    "model": _model,
    "classifier": _classifier,
    "documents": _documents,
    "checkpoint": _checkpoint,
    "checkpoint-rehashed": _checkpoint_rehashed,
    "encoded": _encoded,
    "encoded-resized": _encoded_resized,
    "vocabulary": _vocabulary,
    "test-set": _test_set,
    "test-set-table": _test_set_table,
    "sts": _sts,
    "words": _words,
    "run-card": _run_card,
    "items": _items,
    "labels": _labels,
    "gensim-model": _gensim_model,
    "gensim-vectors": _gensim_vectors,
    "model2vec": _model2vec,
    "arguments": _arguments,
    "wiki": _wiki,
    "wikitext": _wikitext,
    "rows-csv": _rows("rows.csv"),
    "rows-tsv": _rows("rows.tsv"),
    "rows-json": _rows("rows.jsonl"),
    "compressed": _compressed,
    "corpus": _corpus,
    "config": _config,
    "ngrams": _ngrams,
    "phrases": _phrases,
    "phrase-model": _phrase_model,
    "phrase-model-sealed": _phrase_model_sealed,
}
"""Every target by its name."""
