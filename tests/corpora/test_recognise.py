"""Files given as a corpus that are no running text: refused or advised by their content, and text never is.

A model of tags, field names and bytes trains without a complaint, so the file is looked at before it is read.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import formats
from embed.corpora import TextCorpus, open_corpus
from embed.corpora.recognise import SNIFF_BYTES
from embed.errors import AdviceWarning, CorpusError
from embed.text.phrases.learning import PhraseSettings
from embed.vectors import WordVectors

WORDS = [
    "the",
    "a",
    "of",
    "and",
    "cat",
    "dog",
    "house",
    "old",
    "new",
    "river",
    "runs",
    "over",
    "under",
    "many",
    "people",
]


def prose(seed: int, sentences: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randrange(3, 25))).capitalize() + "." for _ in range(sentences)]


ROWS = [{"id": number, "text": sentence} for number, sentence in enumerate(prose(1, 60))]
JSON_LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
CSV = "id,text,label\n" + "".join(f'{number},"some, words of {number}",1\n' for number in range(60))
PAGE = "<!DOCTYPE html>\n<html><body>" + "<p>some words</p>\n" * 20 + "</body></html>"


def zipped(*names: str, first: str = "content " * 20) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), first)
    return packed.getvalue()


def tarred() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return packed.getvalue()


def saved(save: Any) -> bytes:
    packed = io.BytesIO()
    save(packed)
    return packed.getvalue()


def refusal(path: Path, data: bytes | str, **settings: Any) -> str:
    """Return why a file of this content is not read, which must be said before it is read, by one sentence."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(CorpusError) as caught:
        open_corpus(path, **settings)
    message = str(caught.value)
    assert message.startswith(f"{path} is ")
    assert "\n" not in message
    return message.removeprefix(f"{path} is ")


@pytest.mark.parametrize(
    "data",
    [
        JSON_LINES,
        JSON_LINES.split("\n")[0],
        "\ufeff\n" + JSON_LINES,
        json.dumps(ROWS),
        json.dumps(ROWS, indent=1),
        gzip.compress(JSON_LINES.encode(), mtime=0),
        JSON_LINES * 20,  # longer than what is looked at
        json.dumps(ROWS * 20),
        json.dumps(ROWS * 20, indent=4),
    ],
)
@pytest.mark.parametrize("ending", [".txt", ".jsonl", ".json.gz", ""])
def test_json_names_its_keys(data: bytes | str, ending: str, tmp_path: Path) -> None:
    said = refusal(tmp_path / f"f{ending}", data)
    assert said == "JSON with the keys id, text; name the text key with column='text'"


@pytest.mark.parametrize(
    "value",
    [
        {"data": [{"title": "x", "paragraphs": [{"context": "word " * 5000}]}]},
        {"cells": [{"source": ["a"]}]},
        [[1, 2, 3]] * 40,
        ["some words", "other words", "and others"] * 900,
    ],
)
def test_json_without_a_column_of_texts_is_refused(value: Any, tmp_path: Path) -> None:
    for indent in (None, 1):
        said = refusal(tmp_path / "f.txt", json.dumps(value, indent=indent))
        assert said.startswith("JSON")
        assert said.endswith("not text; write its text to a plain file, one sentence a line")


def test_lists_of_words_in_json_lines_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "f.txt", '["some", "words"]\n' * 9).startswith("JSON, not text")


@pytest.mark.parametrize(
    ("name", "data", "advice"),
    [
        ("f.csv", CSV, "column='text'"),
        ("f.CSV.gz", CSV, "column='text'"),
        ("f.tsv", "id\ttext\tlabel\n" + "3\tsome, words\t1\n" * 9, "column='text'"),
        ("f.csv", CSV.replace(",", ";"), "column='text' and delimiter=';'"),
        ("f.csv", "id\ttext\tlabel\n" + "3\tsome, words\t1\n" * 9, "column='text' and delimiter='tab'"),
    ],
)
def test_a_table_names_its_columns(name: str, data: str, advice: str, tmp_path: Path) -> None:
    path = tmp_path / name
    said = refusal(path, gzip.compress(data.encode(), mtime=0) if name.endswith("gz") else data)
    assert said == f"a table with the columns id, text, label; name the text column with {advice}"
    option = {"delimiter": advice.rpartition("=")[2].strip("'")} if "delimiter" in advice else {}
    assert len(list(open_corpus(path, column="text", **option))) >= 9  # type: ignore[arg-type]


def test_a_table_without_a_header_is_refused(tmp_path: Path) -> None:
    assert "a table without a header line" in refusal(tmp_path / "f.csv", CSV.split("\n", 1)[1])


def test_a_file_of_one_quoted_column_is_a_table(tmp_path: Path) -> None:
    said = refusal(tmp_path / "f.csv", 'text\n"some, words"\n"other, words"\n')
    assert said == "a table with the columns text; name the text column with column='text'"


@pytest.mark.parametrize("data", [" \na", " \nsome words\n", "\r", "text\r\ra word\r"])
def test_a_table_that_begins_with_blanks_is_looked_at(data: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(data, newline="")
    open_corpus(tmp_path / "f.csv")


def test_parquet_names_its_columns(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"id": [1], "review": ["some words"]})
    written = tmp_path / "f.parquet"
    pytest.importorskip("pyarrow.parquet").write_table(table, written)
    assert refusal(tmp_path / "f", written.read_bytes()) == (
        "a Parquet file with the columns id, review; name the text column with column='review'"
    )


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (PAGE, "HTML, whose tags would become words"),
        ("\ufeff \n<html><head>", "HTML, whose tags would become words"),
        ('<?xml version="1.0"?>\n<TEI><p>a</p></TEI>', "XML, whose tags would become words"),
        ("{\\rtf1\\ansi some text\\par}", "a Rich Text document"),
        ("%PDF-1.7\n", "a PDF file"),
        (zipped("[Content_Types].xml", "word/document.xml"), "an Office document"),
        (zipped("mimetype", first="application/epub+zip"), "a document or an e-book"),
        (gzip.compress(zipped("a.txt"), mtime=0), "a zip archive: unpack it first"),
        (tarred(), "a tar archive: unpack it first"),
        (gzip.compress(tarred(), mtime=0), "a tar archive: unpack it first"),
        *((pickle.dumps(ROWS, protocol), "a pickle, which can run any code") for protocol in range(5) if protocol != 1),
        (pickle.dumps(np.ones(3), 0), "a pickle, which can run any code"),
        (saved(lambda file: np.savez(file, a=np.ones(3))), "a NumPy archive"),
        (saved(lambda file: np.save(file, np.ones(3))), "a NumPy array"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"SQLite format 3\0" + bytes(100), "an SQLite database: export the table as CSV"),
        (b"ARROW1\0\0" + bytes(100), "an Arrow file"),
        (b"GGUF\3\0\0\0" + bytes(100), "a GGUF file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "an image"),
        (b"\x7fELF" + bytes(100), "a program"),
        (bytes(range(1, 32)) * 20, "binary"),
    ],
)
@pytest.mark.parametrize("decode_errors", ["strict", "replace", "skip"])
def test_files_of_other_kinds_are_refused(data: bytes | str, what: str, decode_errors: str, tmp_path: Path) -> None:
    assert refusal(tmp_path / "f.txt", data, decode_errors=decode_errors).startswith(what)


def test_a_dump_is_refused_as_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.write_text("<mediawiki><page>words</page></mediawiki>")
    with pytest.raises(CorpusError, match="is a MediaWiki dump, not plain text; read it with"):
        TextCorpus(path)


@pytest.mark.parametrize("name", ["v.txt", "v.glove", "v.bin", "v.embed", "v.safetensors", "v.npz", "v.parquet"])
@pytest.mark.parametrize("decode_errors", ["strict", "replace"])
def test_vectors_are_refused_as_a_corpus(name: str, decode_errors: str, tmp_path: Path) -> None:
    if name == "v.parquet":
        pytest.importorskip("pyarrow")
    words = ["the", "größe", "c", "d", "e"]
    vectors = WordVectors(words, np.random.default_rng(1).normal(size=(5, 12)).astype(np.float32))
    formats.save(vectors, tmp_path / name)
    said = refusal(tmp_path / "f", (tmp_path / name).read_bytes(), decode_errors=decode_errors)
    assert "vectors" in said
    assert "column" not in said


def test_models_and_phrases_are_refused_as_a_corpus(tmp_path: Path) -> None:
    sentences = [line.split() for line in prose(2, 40)]
    embed.learn_phrases(sentences, PhraseSettings()).save(tmp_path / "phrases")
    assert "a model or a file of vectors" in refusal(tmp_path / "f", (tmp_path / "phrases").read_bytes())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "shift-jis", "koi8-r", "cp874"])
def test_replacing_does_not_make_text_of_another_encoding(encoding: str, tmp_path: Path) -> None:
    text = {"shift-jis": "日本語の文章です\n", "koi8-r": "привет мир слова\n", "cp874": "ภาษาไทยไม่มีเว้นวรรค\n"}.get(
        encoding, "some words here\n"
    )
    for policy in ("replace", "skip"):
        said = refusal(tmp_path / "f.txt", (text * 50).encode(encoding), decode_errors=policy)
        assert "convert it first, for example with: iconv" in said


def test_umlauts_of_another_encoding_cause_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(("Größe, Maß und Straße sind Wörter.\n" * 40).encode("latin-1"))
    with pytest.warns(AdviceWarning, match="looks like text in another encoding than UTF-8 .17% of its beginning"):
        open_corpus(path, decode_errors="replace")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("<div class='a'><p>some words <b>bold</b> here</p></div>\n" * 30, "HTML or XML, whose tags (<b>, <p>, <div>)"),
        ("<TEI><text>\n" + "<p>a word of <hi>two</hi></p>\n" * 30, "HTML or XML, whose tags (<hi>, <p>)"),
        (CSV, "a table with the columns id, text, label; name the text column with column='text'"),
        (CSV.replace(",", ";"), "a table with the columns id, text, label; name the text column with"),
    ],
)
def test_likely_markup_causes_a_warning(data: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_text(data)
    with pytest.warns(AdviceWarning) as caught:
        corpus = open_corpus(path)
    assert [str(warning.message).startswith(f"{path} looks like {what}") for warning in caught] == [True]
    assert next(iter(corpus))


def test_a_table_with_odd_rows_causes_a_warning_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_text("id\ttext\n" + "1\tsome\twords\n2\twords\n" * 9)
    with pytest.warns(AdviceWarning, match=r"f\.tsv looks like a table, by its name and delimiters"):
        open_corpus(path)


LINES = prose(3, 300)
TEXTS = {
    "prose": "\n".join(LINES),
    "one long line": " ".join(LINES * 9),
    "paragraphs": "\n\n".join(" ".join(LINES[i : i + 9]) for i in range(0, 300, 9)),
    "german": "Der Fluß, der größer wird; »so« – sagte er: „Ja“, und ging.\n" * 40,
    "thai": "ภาษา ไทย ไม่มี เว้นวรรค ระหว่าง คำ\n" * 40,
    "japanese": "吾輩 は 猫 で ある 。 名前 は まだ 無い 。\n" * 40,
    "arabic": "هذا نص عربي، مع فواصل؛ وعلامات.\n" * 40,
    "hindi": "यह एक हिन्दी वाक्य है।\n" * 40,
    "tweets": "@user lol :) <3 #tag https://t.co/x?a=1&b=2 {so} [sic] RT @x: ok...\n" * 40,
    "subtitles": "".join(
        f"{k}\n00:00:0{k % 10},000 --> 00:00:0{k % 10},900\n<i>Hello, you.</i>\n\n" for k in range(60)
    ),
    "verse": "O wild, west wind,\nthou breath of autumn's being,\n\nthou, from whose, unseen\n" * 20,
    "log": "".join(f"2026-01-0{k % 9 + 1} 12:00:00,{k:03} INFO [main] a=1, b=2; c|d {{x}}\n" for k in range(60)),
    "lists of words": "cat, dog, mouse\nred, green, blue\none, two, three\n" * 20,
    "lists without spaces": "cat,dog,mouse\nred,green,blue\none,two,three\n" * 20,
    "words": "\n".join(WORDS),
    "words and numbers": "\n".join(f"{word} {k}" for k, word in enumerate(WORDS)),
    "words, tabs, counts": "\n".join(f"{word}\t{k}" for k, word in enumerate(WORDS)),
    "pairs of languages": "the old house\tdas alte Haus\nmany people\tviele Leute\n" * 20,
    "numbers": "\n".join(" ".join(map(str, range(k, k + 9))) for k in range(40)),
    "python": "def f(x: int) -> list[int]:\n    return [x, {'a': 1}]  # if a < b and c > d\n\n" * 20,
    "c++": "std::vector<int> v; if (a<b && c>d) { std::map<K, V> m; } // <T>\n" * 20,
    "generics": "List<String> a = new ArrayList<String>(); Map<Key, Value> m;\n" * 20,
    "markdown": "# Title\n\nSome *text*, [a](b) <br> and `code`.\n\n| a | b |\n|---|---|\n| text | c |\n" * 20,
    "yaml": "---\n- id: 1\n  text: some words\n" * 20,
    "toml": "[tool.text]\nname = 'x'\n[[list]]\n" * 20,
    "ini": "[section]\nkey, text = 1, 2\n" * 20,
    "latex": "\\section{A} Some $x^2 < y$ text~\\cite{a}, \\textbf{b}\n" * 20,
    "brackets": "[1] Some author, a title.\n[2] Another, a text.\n" * 20,
    "brackets first": '["Music"] the man sings\n[1, 2] is a list\n{"so"} he said\n' * 20,
    "braces first": "{laughs} Hello, there.\n{coughs} Yes, sir.\n" * 20,
    "play": "HAMLET: To be, or not to be\nOPHELIA: Good, my lord\n" * 20,
    "quotes": '"Hello, there," he said, "text, title."\n"No," she said.\n' * 20,
    "columns in prose": "title, text, body\nfirst, second, third\nfourth, fifth, sixth\n" * 20,
    "dictionary": "text, n. a body of words\ntitle, n. a name of a text\n" * 20,
    "language models": "<s> some words of <unk> </s>\n" * 40,
    "wiki ends": "<doc> is a tag, <b>bold</b> is another one\n" + "\n".join(LINES),
    "coordinates": "48.2 N, 16.3 E, Wien, 2,000,000\n52.5 N, 13.4 E, Berlin, 3,600,000\n" * 20,
    "emoji": "😀 👍 great 🎉🎉 <3 ¯\\_(ツ)_/¯\n" * 40,
    "amino acids": "MKTAYIAKQR QISFVKSHFS RQLEERLGLI\n" * 40,
    "items": "sku123 sku456 sku789\nsku1 sku2\n" * 40,
    "pickle by name": "(drink) c'est la vie\n(list) copy\n",
    "GGUF": "GGUF\nPK is a word\nRar! MZ BZh OggS ID3 RIFF ORC\n" * 9,
    "dates of a table": "text|1999\nword|2000\n",
    "sizes": "12 34\nsome words of a text, then\n",
    "header of numbers": "100 3\nfour score and seven years ago\n",
    "crlf": "some, words\r\nof, a text\r\n" * 30,
    "form feeds": "a page\n\f\nanother page\n" * 30,
    "nothing": "",
    "blank": "\n \n\t\n",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_gives_no_false_alarm(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cut in (TEXTS[kind], TEXTS[kind] * 9, TEXTS[kind][: len(TEXTS[kind]) // 2], TEXTS[kind][7:]):
            path.write_text(cut, newline="")
            for decode_errors in ("strict", "replace"):
                open_corpus(path, decode_errors=decode_errors)


def test_a_few_damaged_bytes_give_no_false_alarm(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes("\n".join(LINES).encode() + b"\xff\xfe caf\xe9\n" * 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_corpus(path, decode_errors="replace")


def test_prose_in_a_file_named_as_a_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("\n".join(LINES))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(open_corpus(path))) == len(LINES)


def test_all_files_of_a_folder_are_looked_at_before_the_first_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some words\n")
    (tmp_path / "b.txt").write_text(PAGE)
    with pytest.raises(CorpusError, match=r"b\.txt is HTML"):
        open_corpus(tmp_path)


def test_the_stand_in_looks_at_its_corpus_file(tmp_path: Path) -> None:
    from embed.compat.gensim import Word2Vec

    (tmp_path / "f.txt").write_text(JSON_LINES)
    with pytest.raises(CorpusError, match="is JSON with the keys id, text"):
        Word2Vec(corpus_file=str(tmp_path / "f.txt"), min_count=1)


def test_sentences_may_be_markup() -> None:
    assert list(open_corpus([["<p>", "{}", "</p>"]])) == [["<p>", "{}", "</p>"]]


@pytest.mark.parametrize("unit", ["<a ", "{", "[", '{"a":', '["a",', '"', "<!--", "(d1\n", '[{"a":"', ',"', "\t", "1 "])
def test_a_look_takes_time_in_proportion(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(unit * (SNIFF_BYTES // len(unit) + 9))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            open_corpus(path)
        except CorpusError as error:
            assert len(str(error)) < 500  # noqa: PT017 (either is right)


LINES_ALIKE = {
    "conllu": ("1\tDogs\tdog\tNOUN\tNNS\t_\t2\tnsubj\t_\t_", "tagged tokens"),
    "vertical": ("dogs\tNNS\tdog", "tagged tokens"),
    "conll2003": ("EU NNP B-NP B-ORG", "tagged tokens"),
    "table": ("12\tthe dog saw the cat", "a table of 2 tab-separated columns"),
    "elements": ('<seg id="1"> the dog saw the cat on the long road home </seg>', "whose tags"),
    "json": ('"the dog \\"saw\\" the cat"', "JSON strings, one a line"),
}


@pytest.mark.parametrize("kind", LINES_ALIKE)
def test_lines_of_one_form_cause_a_warning(kind: str, tmp_path: Path) -> None:
    line, what = LINES_ALIKE[kind]
    path = tmp_path / "text.txt"
    path.write_text("# sent_id = 1\n" * (kind == "conllu") + f"{line}\n" * 30)
    with pytest.warns(AdviceWarning, match=what):
        list(open_corpus(path))
