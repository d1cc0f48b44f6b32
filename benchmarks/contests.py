"""How fast are we beside a peer? The commands of `COMMANDS`: the tables of ``goals.toml``.

A program trains long enough for a steady figure and no longer: ours on the whole text; gensim, in `goals`, with the
vocabulary of the whole text on its first part; fastText (which has no such setting) and ours against it on a short one.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.lib import contest, processes
from benchmarks.lib.bounds import MISSED, NONE, TABLE
from benchmarks.lib.contest import Contest, judged_cells
from benchmarks.lib.corpus import DUMP_DESCRIPTION, TextFile, TextSource
from benchmarks.lib.options import option
from benchmarks.lib.processes import BenchmarkError, Job
from benchmarks.lib.report import Section
from benchmarks.memory import rest_of
from benchmarks.programs import (
    CLASS_LOSSES,
    CLASS_MODELS,
    DOCUMENT_MODELS,
    MODELS,
    SHARED,
    fasttext_settings,
    gensim_settings,
    our_config,
    peak,
)
from embed.corpora import TextCorpus
from embed.engine import _kernels
from embed.engine.machine import simd
from embed.files.zstd import zstd_module
from embed.text.encoding import encode

_FLOOR_DIM = 100
"""The floors of `speed` hold for vectors of this length."""
_MEMORY = "memory"
_GZIP_FILES = 16
_GZIP_BYTES = 1 << 20
"""Written to one of the files after the other."""
_BGZIP_BYTES, _MEMBER_BYTES = 65_280, 900_000
_ALL_IN_EPOCHS, _SHORT_TEXT_EPOCHS, _INFERRING_EPOCHS = 5, 4, 10
_SAME = (
    f"window {SHARED['window']}, {SHARED['negatives']} negatives, subsample {SHARED['subsample']:g}, "
    f"min_count {SHARED['min_count']}, exact gradient; n-grams of 3 to 6 characters in 2M buckets."
)
_TRAINING = (
    "Amounts are tokens in the vocabulary, before subsampling; seconds are those of the training phase: the epoch as "
    "our trainer records it, over the encoded corpus; gensim's `train(corpus_file=...)` after its vocabulary; "
    "fastText's `train_unsupervised` less the same call with epoch=0.",
    f"1 thread, but for -threads: 2 threads of ours against 1. All: {_SAME}",
)
DEFINITIONS: dict[str, tuple[str, ...]] = {
    "goals": (
        "✓: at least what is wanted; ✓✓: what is hoped for; ✗: less than is wanted. Ratios are ours over the other.",
        *_TRAINING,
        "-deterministic: 2 threads in deterministic mode against 2 in the free-running one.",
        "vocabulary-1m: made-up tokens of 1M words (Zipf) against those of 70k words, skip-gram of dim 100.",
        f"all-in: text file to saved text vectors, {_ALL_IN_EPOCHS} epochs, 2 threads against gensim's 2 workers, "
        "skip-gram of dim 100; encoding, vocabulary and writing included, the import of the packages not.",
        "all-in-raw: the same from raw text, lower-cased: the tokenizer `words` against gensim's `simple_preprocess`, "
        "whose sentences are kept in memory. Amounts are what stands between white space, five times.",
        "encode: counting and encoding the text against gensim's `scan_vocab`, which only counts.",
        "peak: floating-point operations of training a second (skip-gram: pairs x (negatives + 1) x 6 dim; CBOW: "
        "windows x (negatives + 1) x 6 dim, and 2 dim for each context) against those of independent multiply-adds.",
        "memory: million bytes of a process that trains 1M words x 300 with 2M buckets on made-up tokens, besides its "
        "two matrices (first column) and the mapped corpus.",
    ),
    "speed": _TRAINING,
    "text": (
        "encode: tokens of the text per second. Ours counts, writes the encoded corpus and orders the vocabulary; "
        "gensim's `scan_vocab` only counts.",
        "words: counting and encoding text with capitals and punctuation, lower-cased, by the compiled tokenizer "
        "`words` against its readable twin, the expressions of Python; processor time.",
        "dump: counting and encoding a MediaWiki dump, lower-cased, against leaving all its markup to mwparserfromhell "
        "in one thread; processor time. -2: wall time, where ours has 2 workers. -xml: uncompressed, else bzip2, one "
        "stream.",
        "-threads: counting and encoding with 2 threads against 1, by the clock, a longer text: whitespace, words as "
        f"above, and {_GZIP_FILES} gzip files of whitespace. bgzip, bzip2, xz, zstd: one file of members of "
        f"{_MEMBER_BYTES:,} bytes of text (bgzip: {_BGZIP_BYTES:,}). Processor seconds are in the remarks.",
        "write, read: numbers per second in word2vec's text format, made-up vectors. Both read the file that ours "
        "wrote.",
    ),
    "phrases": (
        "One pass, the defaults of both, which are the same. learn: tokens of the file per second, up to a model that "
        "is ready to be applied (gensim: read by `LineSentence`, frozen). join: tokens per second of applying it to "
        "sentences that are lists of str in memory, to new lists.",
    ),
    "compat": (
        "The same program with `embed.compat.gensim` and with gensim: `build_vocab(corpus_file=...)`, then `train`, "
        "whose processor seconds count, reading included. Amounts are tokens in the vocabulary, before subsampling.",
        "noise is negative sampling, tree hs=1 with negative=0, both hs=1 with negative=5; sum is cbow_mean=0; locked: "
        "every second word has vectors_lockf 0; subword: FastText.",
        f"dim 100, window 5, 5 negatives, subsample {SHARED['subsample']:g}, min_count 5, {_ALL_IN_EPOCHS} epochs, "
        "1 worker.",
    ),
    "documents": (
        "Each line of the text is a document. dbow, dbow-words and dm are gensim's dm=0, dm=0 with dbow_words=1, and "
        "dm=1 with dm_mean=1. Amounts are tokens in the vocabulary; seconds are those of training, in gensim's "
        "`train(corpus_file=...)` mode. infer: all documents again; ours in a call, gensim's `infer_vector` for each.",
        "dim 100, window 5, 5 negatives, no subsampling, min_count 5, vectors of any length; infer: "
        f"{_INFERRING_EPOCHS} epochs on the beginning of the text. 1 thread, but for -threads: 2 against 1, on a "
        "longer text, for one of a million tokens has epochs of less than a tenth of a second.",
    ),
}
TITLES = {
    "goals": "Goals",
    "speed": "Training speed",
    "text": "Text and vector files",
    "phrases": "Phrases",
    "compat": "Stand-ins beside gensim",
    "documents": "Documents",
}


@dataclass(frozen=True)
class Settings:
    """How much to do: of the whole text, of the parts that gensim and fastText train on, and of made-up tokens."""

    rows: Sequence[str] = option(tuple(TABLE["goals"]), "what to measure (default: all)")
    runs: int = option(5, "turns of each row")
    tokens: int = option(5_000_000, "length of the text")
    dim: int | None = None
    repeat: bool = True  # a text that is too short
    gensim_tokens: int | None = 2_400_000  # None: the whole text
    fasttext_tokens: int = 400_000
    all_in_tokens: int = 1_500_000
    reading_tokens: int = 20_000_000
    threads_tokens: int = 5_000_000  # of documents
    zipf_tokens: int = 4_000_000
    zipf_words: tuple[int, int] = (1_000_000, 70_000)
    buckets: int = 2_000_000
    memory_words: int = 1_000_000
    memory_dim: int = 300
    vector_words: int = 50_000
    judged: bool = True


@dataclass(frozen=True)
class SpeedSettings(Settings):
    """As `Settings`, for models of any dim."""

    dim: int | None = option(None, "length of a vector (default: 100)")


COMMANDS: dict[str, Settings] = {
    "goals": Settings(),
    "speed": SpeedSettings(rows=tuple(TABLE["speed"]), gensim_tokens=None, fasttext_tokens=500_000),
    "text": Settings(rows=tuple(TABLE["text"]), repeat=False),
    "phrases": Settings(rows=tuple(TABLE["phrases"]), tokens=3_000_000, repeat=False),
    "compat": Settings(rows=tuple(TABLE["compat"]), tokens=500_000),
    "documents": Settings(rows=tuple(TABLE["documents"]), tokens=1_000_000),
}


class Texts:
    """Prepares each text, and what is encoded from it, when a row first asks."""

    def __init__(self, source: TextSource, settings: Settings) -> None:
        self._source, self._settings = source, settings
        self._encoded: dict[Path, str] = {}

    def text(self, tokens: int | None = None) -> TextFile:
        """Return the whole text or its first tokens, repeated if it is shorter."""
        return self._source.text(tokens or self._settings.tokens, repeat=self._settings.repeat)

    def raw(self) -> TextFile:
        """Return the same text with its capitals and punctuation, repeated if it is shorter."""
        return self._source.text(self._settings.tokens, repeat=True, raw=True)

    def dump(self, *, is_compressed: bool) -> str:
        """Return the path of a MediaWiki dump."""
        return str(self._source.dump(self._settings.tokens, is_compressed=is_compressed))

    def long(self, tokens: int, *, raw: bool) -> TextFile:
        """Return the text repeated to this length."""
        return self._source.text(tokens, repeat=True, raw=raw)

    def encoded(self, tokens: int | None = None) -> str:
        """Return the directory of the encoded text."""
        path = self.text(tokens).path
        if path not in self._encoded:
            directory = path.with_suffix(".encoded")
            encode(TextCorpus(str(path)), min_count=SHARED["min_count"], directory=directory).close()
            self._encoded[path] = str(directory)
        return self._encoded[path]


def run(command: str, source: TextSource, settings: Settings) -> Section:
    """Measure the rows of a command."""
    texts = Texts(source, settings)
    described = [f"Text: {texts.text().description}."]
    declared = [TABLE[command][row] for row in settings.rows]
    if any(row.get("against") == "fastText" for row in declared):
        short = texts.text(settings.fasttext_tokens).description
        described.append(f"Rows against fastText, which takes long: {short}; ours trains {_SHORT_TEXT_EPOCHS} epochs.")
    if "words" in settings.rows:
        described.append(f"words reads it raw: {texts.raw().description}.")
    if any(row.get("run") == "dump" for row in declared):
        described.append(f"dump: {DUMP_DESCRIPTION}, as many tokens.")
    if settings.gensim_tokens is not None and command == "goals":
        described.append(f"gensim trains on {settings.gensim_tokens:,} tokens; all-in: {settings.all_in_tokens:,}.")
    section = contest.section_of(
        command,
        TITLES[command],
        DEFINITIONS[command],
        described,
        [row for row in settings.rows if row != _MEMORY],
        lambda row: contest_of(command, row, texts, settings),
        settings.runs,
        judged=settings.judged and settings.dim in (None, _FLOOR_DIM),
    )
    return _with_memory(section, settings) if _MEMORY in settings.rows else section


def _with_memory(section: Section, settings: Settings) -> Section:
    """Add the row of the goal that is no contest."""
    config = our_config(subword=True, buckets=settings.buckets, dim=settings.memory_dim, epochs=1)
    made_up = {"words": settings.memory_words, "tokens": settings.zipf_tokens // 4}
    try:
        result = processes.run(Job("ours.memory", {**made_up, "config": config}))
        rest = rest_of(result)
    except BenchmarkError as error:
        print(f"{_MEMORY}: {error}", file=sys.stderr)
        lost = f"{_MEMORY}: not measured, {' '.join(str(error).split())}."
        verdict = MISSED if settings.judged else NONE
        return replace(section, remarks=(*section.remarks, lost), verdicts=(*section.verdicts, verdict))
    cells, verdict = judged_cells(section.name, _MEMORY, rest, settings.judged)
    matrices = f"{result['matrices'] / 1e6:,.0f} MB"
    row = (_MEMORY, "matrices", matrices, NONE, NONE, NONE, f"{rest:,.0f} MB", NONE, *cells)
    return replace(
        section,
        rows=(*section.rows, row),
        verdicts=(*section.verdicts, verdict),
        data={"rows": {**section.data["rows"], _MEMORY: result}},
    )


def contest_of(command: str, row: str, texts: Texts, settings: Settings) -> Contest:
    """Return who runs what for a row; raises BenchmarkError for a row that this machine cannot measure."""
    declared = TABLE[command][row]
    if declared.get("model") in DOCUMENT_MODELS:
        return _of_documents(declared, texts, settings)
    if command == "compat":
        return _of_classes(declared, texts, settings)
    if declared.get("run") == "dump":
        return _of_dump(texts, **declared)
    if declared.get("run") == "reading":
        return _of_reading(declared["of"], texts, settings)
    if "run" in declared:
        return _of_other_work(declared["run"], texts, settings, is_raw=declared.get("is_raw", False))
    against, dim = declared["against"], settings.dim or declared["dim"]
    subword = declared["model"].startswith("subword")
    model = {"buckets": settings.buckets, "dim": dim, "epochs": 1, "threads": 1, **MODELS[declared["model"]]}

    def ours(tokens: int | None = None, **changes: Any) -> Job:
        return Job("ours.rate", {"directory": texts.encoded(tokens), "config": our_config(**{**model, **changes})})

    if against == "gensim":
        theirs = {"directory": texts.encoded(), "path": str(texts.text(settings.gensim_tokens).path)}
        own = gensim_settings(dim=dim, workers=1, sg=int(model["objective"] == "sg"))
        same_work = settings.gensim_tokens is None
        return Contest(against, ours(), Job("gensim.rate", {**theirs, "settings": own}), "gensim", 1, same_work)
    if against == "fastText":
        kind = "skipgram" if model["objective"] == "sg" else "cbow"
        own = fasttext_settings(dim=dim, buckets=settings.buckets, thread=1, model=kind)
        path = str(texts.text(settings.fasttext_tokens).path)
        theirs = Job("fasttext.rate", {"path": path, "epochs": 1, "settings": own})
        mine = ours(settings.fasttext_tokens, epochs=_SHORT_TEXT_EPOCHS)
        return Contest(against, mine, theirs, "fasttext", same_work=False)
    if against == "1 thread":
        return Contest(against, ours(threads=2), ours(), processors=2)
    if against == "free-running":
        tokens = settings.fasttext_tokens if subword else None
        free, rounds = (
            ours(tokens, threads=2, epochs=_SHORT_TEXT_EPOCHS, deterministic=deterministic)
            for deterministic in (False, True)
        )
        return Contest(against, rounds, free, processors=2)
    if against == "multiply-adds":
        program = peak.build(texts.text().path.parent, simd())
        return Contest(
            against, replace(ours(), name="ours.flops"), Job("ours.multiply_adds", {"program": str(program)})
        )
    if against == "AVX-512":
        if not {"avx2", "avx512"} <= set(_kernels.simd_names()):
            raise BenchmarkError(f"this processor has only {', '.join(_kernels.simd_names())}")
        slow, fast = (Job("ours.rate", {**ours().settings, "simd": simd}) for simd in ("avx2", "avx512"))
        return Contest(against, slow, fast)
    config = our_config(**model)
    many, few = (
        Job("ours.rate_zipf", {"words": words, "tokens": settings.zipf_tokens, "config": config})
        for words in settings.zipf_words
    )
    return Contest(f"{settings.zipf_words[1]:,} words", many, few)


def _of_documents(declared: dict[str, Any], texts: Texts, settings: Settings) -> Contest:
    """Return a contest of models of documents."""
    model, theirs = DOCUMENT_MODELS[declared["model"]]
    work, epochs, tokens = "documents", 1, None
    if "run" in declared:
        work, epochs, tokens = declared["run"], _INFERRING_EPOCHS, settings.fasttext_tokens
    # as gensim has it: the historic gradient, vectors of any length, all tokens
    shared = {"gradient": "historic", "max_norm": 0, "postprocess": "none", "subsample": 0}
    if declared["against"] == "1 thread":
        tokens = settings.threads_tokens
    path = str(texts.text(tokens).path)

    def ours(threads: int) -> Job:
        config = {**SHARED, **shared, **model, "dim": _FLOOR_DIM, "epochs": epochs, "threads": threads}
        return Job(f"ours.{work}", {"path": path, "config": config})

    if declared["against"] == "1 thread":
        return Contest("1 thread", ours(2), ours(1), processors=2)
    own = {**gensim_settings(dim=_FLOOR_DIM, workers=1, epochs=epochs), "sample": 0, **theirs}
    return Contest("gensim", ours(1), Job(f"gensim.{work}", {"path": path, "settings": own}), "gensim")


def _of_classes(declared: dict[str, Any], texts: Texts, settings: Settings) -> Contest:
    """Return a contest of a class of gensim and our stand-in, in the same program."""
    shared = {
        "of": "FastText" if declared["subword"] else "Word2Vec",
        "path": str(texts.text().path),
        "epochs": _ALL_IN_EPOCHS,
        "locked": declared["locked"],
    }
    own = {
        **gensim_settings(dim=_FLOOR_DIM, workers=1),
        **CLASS_MODELS[declared["model"]],
        **CLASS_LOSSES[declared["loss"]],
        **({"bucket": settings.buckets} if declared["subword"] else {}),
    }
    ours, peer = (
        Job("gensim.classes", {"package": package, "settings": own, **shared})
        for package in ("embed.compat.gensim", "gensim.models")
    )
    return Contest("gensim", ours, peer, "gensim")


def _of_dump(texts: Texts, *, against: str, workers: int = 1, is_compressed: bool = True, **_: Any) -> Contest:
    """Return a contest of reading a dump; the library's way has one process, and is timed as ours is."""
    path = texts.dump(is_compressed=is_compressed)
    ours, twin = (Job("ours.dump", {"path": path, "workers": workers, "twin": twin}) for twin in (False, True))
    return Contest(against, ours, twin, "mwparserfromhell", workers)


def _of_reading(kind: str, texts: Texts, settings: Settings) -> Contest:
    """Return a contest of two threads and one that count and encode a text."""
    paths = [str(texts.long(settings.reading_tokens, raw=kind == "words").path)]
    if kind == "gzip":
        paths = _gzip_files(Path(paths[0]))
    elif kind in _MEMBERS:
        paths = [_file_of_members(Path(paths[0]), kind)]

    def reading(threads: int) -> Job:
        return Job("ours.reading", {"paths": paths, "words": kind == "words", "threads": threads})

    return Contest("1 thread", reading(2), reading(1), processors=2)


def _gzip_files(path: Path) -> list[str]:
    """Write a text as gzip files of about as many lines each; return their paths."""
    paths = [path.with_name(f"{path.stem}-{number:02}.gz") for number in range(_GZIP_FILES)]
    with ExitStack() as stack, open(path, "rb") as text:
        files = [stack.enter_context(gzip.open(part, "wb", compresslevel=6)) for part in paths]
        for number, lines in enumerate(iter(lambda: text.readlines(_GZIP_BYTES), [])):
            files[number % _GZIP_FILES].writelines(lines)
    return [str(part) for part in paths]


_MEMBERS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "bgzip": (_BGZIP_BYTES, partial(gzip.compress, compresslevel=6)),
    "bzip2": (_MEMBER_BYTES, bz2.compress),
    "xz": (_MEMBER_BYTES, partial(lzma.compress, preset=1)),
    "zstd": (_MEMBER_BYTES, lambda text: zstd_module("the benchmark").compress(text)),
}


def _file_of_members(path: Path, kind: str) -> str:
    """Write a text as one compressed file of many members; return its path."""
    size, compress = _MEMBERS[kind]
    made = path.with_suffix(f".{kind}")
    with open(path, "rb") as text, open(made, "wb") as file:
        file.writelines(map(compress, iter(lambda: text.read(size), b"")))
    return str(made)


def _of_other_work(work: str, texts: Texts, settings: Settings, *, is_raw: bool = False) -> Contest:
    """Return a contest of everything but training, where each program has a function of the same name."""
    if work == "words":
        compiled, twin = (Job("ours.words", {"path": str(texts.raw().path), "twin": twin}) for twin in (False, True))
        return Contest("Python's expressions", compiled, twin)
    if work == "all_in":
        text = texts.long(settings.all_in_tokens, raw=True) if is_raw else texts.text(settings.all_in_tokens)
    else:
        text = texts.text()
    ours: dict[str, Any] = {"path": str(text.path)}
    if is_raw:
        ours["raw_tokens"] = text.tokens
    theirs = dict(ours)
    if work == "all_in":
        output = {"output": str(text.path.with_suffix(".vec"))}
        ours |= {**output, "config": our_config(buckets=settings.buckets, dim=100, epochs=_ALL_IN_EPOCHS, threads=2)}
        theirs |= {**output, "epochs": _ALL_IN_EPOCHS, "settings": gensim_settings(dim=100, workers=2, sg=1)}
    elif work == "encode":
        ours["min_count"] = theirs["min_count"] = SHARED["min_count"]
    elif work in ("write", "read"):
        shape = {"words": settings.vector_words, "dim": settings.dim or 100}
        written = str(text.path.with_name("ours.txt"))
        if work == "write":
            ours, theirs = {"path": written, **shape}, {"path": str(text.path.with_name("gensim.txt")), **shape}
        else:
            processes.run(Job("ours.write", {"path": written, **shape}))
            ours, theirs = {"path": written}, {"path": written}
    name = "gensim's scan" if work == "encode" else "gensim"
    processors = 2 if work == "all_in" else 1
    return Contest(name, Job(f"ours.{work}", ours), Job(f"gensim.{work}", theirs), "gensim", processors)
