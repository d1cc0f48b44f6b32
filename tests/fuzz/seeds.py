"""Small valid inputs for every target, made by code, and the words that a fuzzer should try."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import io
import json
import lzma
import random
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from embed import formats
from embed.compat.gensim import KeyedVectors, Word2Vec
from embed.compat.gensim.phrases import Phrases
from embed.documents import train_documents
from embed.documents.labels import LabelSearch
from embed.errors import AdviceWarning
from embed.files.zstd import zstd_module
from embed.formats import fasttext_bin, fasttext_model, model2vec
from embed.formats.fasttext_file import LOSSES, SUPERVISED, FastTextFile, ProductQuantiser, Quantised
from embed.formats.model_file import save_model
from embed.formats.quantized import save_quantized
from embed.items import ItemVectors
from embed.model import Model
from embed.text.encoding import encode
from embed.text.phrases.learning import learn_phrases
from embed.training.train import train
from embed.vectors import WordVectors
from embed.vectors.ngram_rows import Subwords
from embed.vectors.quantize import quantizer
from embed.vocabulary.ngrams import SubwordScheme

from . import targets

__all__ = ["TOKENS", "mutations", "seeds"]

_TEXT = "der Hund bellt\n\n  die Katze\tschläft \na b a b a\n日本 é"
_DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/"><siteinfo><namespaces>
<namespace key="0" /><namespace key="6">Datei</namespace></namespaces></siteinfo>
<page><title>T</title><ns>0</ns><revision><text>'''Two''' [[b|words]] {{x|y}}
* <b>three</b> &amp;amp; [http://a b]
{| class="t"
| cell
|}
== Four == <ref>no</ref> [[Datei:f.png|thumb|no]]</text></revision></page></mediawiki>"""
_WIKITEXT = """'''Two''' [[b|words]] {{x|y}} [[File:f|thumb|[[a]] b]] http://a.b/(c).
* <b>three</b> &amp; [http://a b] <br/> <i class="c">d</i>
;e: f
== Four ==
<nowiki>[[</nowiki> &#65; [[de:g]] <div>h</div>"""
_MARKS = "[[ ]] [ ] | {{ }} {| <b> </b> <br> <p> </p> <nowiki> </nowiki> &lt; &#x41; & = : // File: é"
_CONFIG = 'objective = "cbow"\ndim = 50\nlr = 0.1\nsubword = true\nmax_vocab = 1000\n'

TOKENS: dict[str, list[str]] = {
    "wiki": [
        *("<!--", "-->", "[[", "]]", "{{", "}}", "{|", "|}", "''", "\n*", "\n;", "://", "&lt;", "<![CDATA[", "<?xml"),
        *(
            "<ref>",
            "</ref>",
            "<text>",
            "</text>",
            "<page>",
            "</page>",
            "<nowiki>",
            "<br/>",
            "<!DOCTYPE a [",
            "<!ENTITY a",
        ),
    ],
    "wikitext": [
        *_MARKS.split(),
        *("\n==", "==\n", "\n;", "\n*", "\n----", "\n|}", "http://", "mailto:"),
    ],
    "checkpoint-rehashed": ["-1", "1e999", "null", "[", "{", '"epoch": ', '"history": [', "9" * 20, "true"],
    "config": ["objective", "window_kind", "min_count", "seed", "1e999", "nan", "inf", "[[", "]]", '"""', "0x", "true"],
    "test-set": [": ", "\t", ",", "#", "nan", "1.5", "\u00a0", "\n"],
    "word2vec-text": ["1 1\n", "nan", "1e39", "-0", "\t", " \n", "1e-46", "999999999999999999"],
    "test-set-table": ['"', '""', ",", ";", "\t", "\r", "\r\n", "nan", "1e999", "\ufeff"],
    "words": [
        *("\u0301", "\u0323", "\u200d", "\u200c", "\u00ad", "\ufeff", "\ufe0f", "\u0e33", "\u1161", "\ufdfa", "\u0345"),
        *("'", "’", "·", ":", ".", ",", "_", "-", "@", "#", "+", "״", "1", "a", "é", "ﬁ", "ß", "İ", "日", "👍", "🇩🇪"),
    ],
    "run-card": ["null", "NaN", "1e999", "[", "{", '"epochs": ', '"loss": ', "9" * 5000],
    "items": ["null", "[", "{", '{"t": ', "9" * 30, "1e999", '"b": '],
    "labels": ["null", "[", "{", "9" * 30, "1e999", "-1", '\\"keywords\\": ', '\\"examples\\": ', '\\"spread\\": '],
    "gensim-model": [
        '\\"sentences\\": ',
        '\\"corpus_file\\": ',
        '\\"vector_size\\": ',
        "null",
        "true",
        "9" * 12,
        "1e999",
    ],
    "model2vec": ["mapping", "weights", "F16", "I64", '"vocab"', '"id"', "added_tokens", "null"],
    "arguments": [
        "\n",
        "--",
        "\n--",
        "train\n",
        "info\n",
        "-",
        "=",
        "1e999",
        "nan",
        "--help\n",
        "--column\n",
        "\ud7ff",
        "9" * 5000,
    ],
    "vocabulary": ["9223372036854775807", " 1\n", "\r\n", "0"],
}


def _vectors() -> WordVectors:
    matrix = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    return WordVectors(["a", "日本", "cc", "d"], matrix, counts=[9, 5, 2, 1])


def _with_ngrams(kept: np.ndarray | None = None) -> WordVectors:
    plain, scheme = _vectors(), SubwordScheme(2, 3, 5)
    rows = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    return WordVectors(
        plain.words,
        plain.matrix,
        counts=plain.counts,
        subwords=Subwords(scheme, rows if kept is None else rows[kept], kept),
    )


def _quantised_fasttext() -> FastTextFile:
    rng = np.random.default_rng(2)
    plain = fasttext_model.from_vectors(_with_ngrams())
    rows = len(plain.input)
    quantiser = ProductQuantiser(3, 2, 2, 1, rng.normal(size=256 * 3).astype(np.float32))
    codes = rng.integers(0, 256, (rows, 2), np.uint8)
    return dataclasses.replace(plain, input=Quantised((rows, 3), codes, quantiser, None, None))


def _classifiers() -> Iterator[FastTextFile]:
    """Yield a classifier for each loss, and one with quantised rows and pruned n-grams."""
    quantised = _quantised_fasttext()
    words = len(quantised.words)
    arguments = dataclasses.replace(quantised.arguments, model=SUPERVISED, word_ngrams=2)
    rows = np.asarray(quantised.input[np.arange(quantised.input.shape[0])])
    labels = [b"__label__a", b"__label__b", b"c"]
    plain = dataclasses.replace(
        quantised,
        words=[*quantised.words, *labels],
        counts=np.append(quantised.counts, [5, 3, 1]),
        labels=len(labels),
        input=rows,
        output=rows[: len(labels)],
    )
    for loss in LOSSES:
        yield dataclasses.replace(plain, arguments=dataclasses.replace(arguments, loss=loss))
    codes = dataclasses.replace(quantised.input, shape=(words + 2, 3), codes=quantised.input.codes[: words + 2])
    pruned = np.array([[3, 0], [1, 1]], np.int32)
    yield dataclasses.replace(plain, arguments=arguments, input=codes, pruned=pruned)


def _compressed() -> Iterator[bytes]:
    data = _TEXT.encode()
    yield from (gzip.compress(data, mtime=0), bz2.compress(data), lzma.compress(data), data)
    yield gzip.compress(b"a b\n", mtime=0) + gzip.compress(b"c", mtime=0)
    yield bz2.compress(b"a b\n") + bz2.compress(b"c")
    yield lzma.compress(b"a b\n") + bytes(4) + lzma.compress(b"c")
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            archive.writestr(zipfile.ZipInfo("text", (1980, 1, 1, 0, 0, 0)), data, method)
        yield buffer.getvalue()
    zstd = zstd_module("a seed")
    yield zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})
    yield zstd.compress(b"a b\n") + b"\x50\x2a\x4d\x18\x03\0\0\0pad" + zstd.compress(b"c")


def _written(name: str, vectors: WordVectors, folder: Path) -> bytes:
    formats.save(vectors, folder / "v", name)
    return (folder / "v").read_bytes()


def _trained(**options: Any) -> Model:
    corpus = [["a", "b", "c", "a"], ["b", "a"]] * 3
    options = {"objective": "sg", **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AdviceWarning)  # such a small model is none of the advice
        return train(corpus, dim=3, min_count=1, epochs=1, threads=1, progress=False, **options)


def _model(folder: Path, **options: Any) -> bytes:
    save_model(_trained(**options), folder / "m.embed")
    return (folder / "m.embed").read_bytes()


def seeds(target: str) -> list[bytes]:
    """Return the inputs that a target starts from; the first of them is read without an error."""
    with tempfile.TemporaryDirectory() as name:
        return list(_seeds(target, Path(name)))


def _seeds(target: str, folder: Path) -> Iterator[bytes]:
    if target.startswith("word2vec-text"):
        yield b"2 2\na 1 -2.5\nb 0.125 3e-5\n"
        yield b"a 1 2\nb 3 4\n"
        yield b"2 2\r\nnew  york\t1 2\r\n\xc3\xa9\\u0020 3 +.5 \r\n\n"
    elif target == "word2vec-binary":
        yield _written("binary", _vectors(), folder)
        yield _written("binary", _vectors(), folder).replace(b"\n", b"").replace(b"4 3", b"4 3\n")
        yield gzip.compress(_written("binary", _vectors(), folder), mtime=0)
    elif target.startswith("format-"):
        form = target.removeprefix("format-")
        tables = {"fasttext": _with_ngrams, "floret": lambda: _trained(subword=True, buckets=4, hash_count=2).vectors}
        yield _written(form, tables.get(form, _vectors)(), folder)
        if form == "native":
            yield _written(form, _with_ngrams(), folder)
            yield _written(form, _with_ngrams(np.array([1, 3], np.int32)), folder)
            for method in ("int8", "binary", "pq"):
                save_quantized(_with_ngrams(), folder / "q.embed", quantizer(method))
                yield (folder / "q.embed").read_bytes()
        if form == "fasttext":
            fasttext_bin.write(_quantised_fasttext(), folder / "q.ftz")
            yield (folder / "q.ftz").read_bytes()
    elif target == "any-format":
        yield b"\0" + b"1 2\na 1 2\n"
        for name, number in (("binary", 1), ("native", 2), ("glove", 3), ("binary", 4)):
            yield bytes([number]) + _written(name, _vectors(), folder)
    elif target == "model":
        yield _model(folder)
        yield _model(folder, subword=True, buckets=4, postprocess="abtt:1,pca:2")
    elif target == "classifier":
        for file in _classifiers():
            fasttext_bin.write(file, folder / "c.bin")
            yield (folder / "c.bin").read_bytes()
    elif target == "documents":
        settings = {"dim": 3, "min_count": 1, "epochs": 1, "threads": 1, "progress": False, "subsample": 0}
        for options in ({}, {"objective": "cbow", "postprocess": "abtt:1,pca:2"}, {"binary": True}, {"code_bits": 2}):
            with warnings.catch_warnings(action="ignore"):
                model = train_documents([["a", "b", "a"], ["b", "c"], ["a", "c"], []], **settings, **options)
            model.save(folder / "d.embed")
            yield (folder / "d.embed").read_bytes()
    elif target.startswith("checkpoint"):
        for options in ({}, {"lr": 0.1, "objective": "cbow"}):
            _trained(checkpoint=folder / "kept", **options)
            (path,) = (folder / "kept").iterdir()
            yield path.read_bytes()
            path.unlink()
    elif target.startswith("encoded"):
        with encode([["a", "b", "a"], ["日本", "a"]], min_count=1, directory=folder / "kept"):
            yield targets.pack(folder / "kept")
    elif target == "vocabulary":
        yield "the 10\nof 5\né 5\n".encode()
    elif target == "test-set":
        yield b"word\tother\tscore\na\tb\t1.5\nc\td\t2\n"
        yield b": section\na b c d\n: gram2\ne f g h\n"
        yield b"# comment\na,b,n,1\n"
        yield b"a b c d\n"
    elif target == "test-set-table":
        yield b'"word 1","word 2",mean\n"a","b",1.5\n"c, d","e",2\n'
        yield b",word1,word2,rater 1,rater 2\n0,a,b,1,2\n1,c,d,3,4\n"
        yield b"a;b;1\rc;d;2\r"
    elif target == "sts":
        yield b"4.5\ta b\tc d\n\te f\tg\n"
        yield b"genre\tfile\t2012\t1\t5.0\ta b\tc d\n"
    elif target == "words":
        yield "The cat's 3,000.5 mice_x ﬁne e\u0301\u0323 col·lecció".encode()
        yield "สวัสดี กำ 日本語 ひらがな カタカナ 한국어 हिन्दी \u0e33 👩‍👩‍👧 C++ #x @y".encode()
        yield "صباح الخير שלום ״א״ \u200d\u200c\u00ad\ufeff \u1100\u1161\u11a8".encode()
    elif target == "run-card":
        yield json.dumps(_trained().run_card()).encode()
        yield _model(folder)
    elif target == "items":
        keys = ["a", 1, (True, None), 0.5]
        ItemVectors(keys, _vectors().matrix, counts=_vectors().counts).save(folder / "items.embed")
        yield (folder / "items.embed").read_bytes()
    elif target == "labels":
        documents = SimpleNamespace(ids=["a", "b"], matrix=np.eye(2, _vectors().dim, dtype=np.float32))
        model: Any = SimpleNamespace(documents=documents, words=_vectors())
        LabelSearch(model, {word: [word] for word in _vectors().words[:2]}).save(folder / "labels.embed")
        yield (folder / "labels.embed").read_bytes()
    elif target == "gensim-model":
        for objective in (0, 1):
            corpus = [["a", "b", "c", "a"], ["b", "a"]] * 3
            model = Word2Vec(corpus, vector_size=3, min_count=1, epochs=1, sg=objective, sample=0, workers=1)
            model.save(str(folder / "m"))
            yield (folder / "m").read_bytes()
    elif target == "gensim-vectors":
        vectors = KeyedVectors(3)
        vectors.add_vectors(_vectors().words, _vectors().matrix)
        vectors.save(str(folder / "v"))
        yield (folder / "v").read_bytes()
    elif target == "model2vec":
        formats.save(_vectors(), folder / "v", "model2vec")
        tokenizer = (folder / "v" / model2vec.TOKENIZER).read_bytes()
        yield len(tokenizer).to_bytes(2, "little") + tokenizer + (folder / "v" / model2vec.WEIGHTS).read_bytes()
    elif target == "arguments":
        yield b"train\na.txt\n-o\nv.txt\n--dim\n50\n--subword"
        yield b"nearest\nv.bin\nking\n-n\n5"
        yield b"convert\na.txt\nb.bin\n--to\nbinary"
        yield b"evaluate\nv\n--sets\na\n--json"
    elif target == "wiki":
        yield _DUMP.encode()
        yield bz2.compress(_DUMP.encode())
    elif target == "wikitext":
        yield _WIKITEXT.encode()
        yield _DUMP.partition("<text>")[2].encode()
    elif target == "rows-csv":
        yield 'id,text\r\n1,"a ""b"", é\nc"\r\n2,\r\n3,d\n'.encode()
    elif target == "rows-tsv":
        yield 'text\tid\na "b é\t1\n\t2\n'.encode()
    elif target == "rows-json":
        yield '{"id": 1, "text": "a \\u00e9 é"}\n\n{"text": null}\n{"text": ["a", "b c"]}\n'.encode()
    elif target == "compressed":
        yield from _compressed()
    elif target == "corpus":
        for how in (0, 1, 2, 4, 8, 9):
            yield bytes([how]) + _TEXT.encode()
        yield b"\0" + "the_a don't ﬁ\u0301\u0323 __x__ कि\ufeff\u0130".encode()
        yield b"\x02\xff\xfea\0b\xed\xa0\x80"
    elif target == "config":
        yield _CONFIG.encode()
    elif target == "phrases":
        phrases = Phrases([["new", "york", "is", "new"], ["new", "york"]], min_count=1, threshold=0.1)
        phrases.save(folder / "phrases")
        yield (folder / "phrases").read_bytes()
    elif target.startswith("phrase-model"):
        text = [["new", "york", "is", "new"], ["new", "york"], ["state", "of", "new", "york"]]
        model = learn_phrases(text, passes=2, min_count=1, threshold=0.1, connectors=["of"])
        model.save(folder / "phrase-model")
        yield (folder / "phrase-model").read_bytes()
    elif target == "ngrams":
        yield b"\x03\x03\x07" + "naïve 日本".encode()
    else:
        raise KeyError(target)


def mutations(start: list[bytes], tokens: list[str], count: int, seed: int) -> Iterator[bytes]:
    """Yield damaged inputs, always the same: bits flipped, pieces removed, doubled, replaced or joined with others."""
    rng = random.Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(start))
        for _ in range(1 << rng.randrange(4)):
            at = rng.randrange(len(data) + 1)
            size = min(1 << rng.randrange(6), len(data) - at)
            kind = rng.randrange(6)
            if kind == 0 and at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            elif kind == 1 and at < len(data):
                data[at] = rng.choice((0, 1, 10, 32, 127, 128, 255))
            elif kind == 2:
                del data[at : at + size]
            elif kind == 3:
                data[at:at] = data[at : at + size] * (1 << rng.randrange(4))
            elif kind == 4:
                other = rng.choice(start)
                data[at : at + size] = other[at : at + size]
            elif tokens:
                data[at:at] = rng.choice(tokens).encode()
        yield bytes(data)
