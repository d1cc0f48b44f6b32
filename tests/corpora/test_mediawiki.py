"""MediaWiki dumps: which pages count, and what is left of their markup."""

from __future__ import annotations

import builtins
import bz2
import io
import re
import sys
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from embed.corpora import PIECE_TOKENS, WikiCorpus, open_corpus
from embed.corpora.mediawiki import plain_text
from embed.corpora.recognise import is_mediawiki
from embed.errors import CorpusError, MissingExtraError

pytest.importorskip("mwparserfromhell")

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="de"><siteinfo><namespaces>
<namespace key="0" /><namespace key="1">Diskussion</namespace><namespace key="6">Datei</namespace>
<namespace key="14">Kategorie</namespace></namespaces></siteinfo>"""


def page(title: str, text: str, *, namespace: str | None = "0", extra: str = "") -> str:
    ns = "" if namespace is None else f"<ns>{namespace}</ns>"
    revision = f"<revision><comment>c</comment><text>{text}</text></revision>"
    return f"<page><title>{title}</title>{ns}{extra}{revision}</page>"


@pytest.fixture
def dump(tmp_path: Path) -> Callable[..., Path]:
    def write(*pages: str, name: str = "dump") -> Path:
        path = tmp_path / name
        path.write_text(HEAD + "".join(pages) + "</mediawiki>", encoding="utf-8")
        return path

    return write


def test_articles_only(dump: Callable[..., Path]) -> None:
    path = dump(
        page("Hund", "Der Hund bellt."),
        page("Diskussion:Hund", "Warum?", namespace="1"),
        page("Köter", "#WEITERLEITUNG [[Hund]]", extra='<redirect title="Hund" />'),
        page("Tölen", "#REDIRECT [[Hund]]"),
        page("Leer", ""),
        page("2001: A Space Odyssey", "Ein Film."),
    )
    corpus = WikiCorpus(path)
    assert [title for title, _ in corpus.articles()] == ["Hund", "Leer", "2001: A Space Odyssey"]
    assert list(corpus) == [["Der", "Hund", "bellt"], ["Ein", "Film"]]


def test_old_dumps_without_ns_go_by_the_title(dump: Callable[..., Path]) -> None:
    path = dump(
        page("Diskussion:Hund", "Warum?", namespace=None),
        page("2001: A Space Odyssey", "Ein Film.", namespace=None),
    )
    assert list(WikiCorpus(path)) == [["Ein", "Film"]]


def test_markup_is_stripped() -> None:
    source = """{{Infobox|name={{nested|x}}|image=[[File:a.jpg|thumb]]}}
'''Bold''' and ''italic'' [[link]]s, [[Target page|shown text]].<ref name="a">No {{cite}}</ref><ref name="a"/>
[[File:Dog.jpg|thumb|200px|A [[dog]] in a caption]] [[Datei:Hund.jpg|mini|links]] [[Kategorie:Tiere]]
[[:Category:Pets]]
== A heading ==
* first item
* second [http://example.org labelled item] http://example.org/bare
{| class="wikitable" align="center"
|-
! header || style="x" | cell
{|
| inner
|}
|}
H<sub>2</sub>O &amp; salt&nbsp;water, caf&eacute;<br/>next<!-- hidden -->
<math>E = mc^2</math><gallery>
File:x.png|gone
</gallery><nowiki>gone too</nowiki>
[[de:Hund]] [[fr:Chien|chien]] __NOTOC__
"""
    assert plain_text(source, {"file", "datei", "kategorie", "category"}) == [
        "Bold and italic links, shown text.",
        "Category:Pets",
        "A heading",
        "first item",
        "second labelled item",
        "H2O & salt water, café",
        "next",
        "chien",
    ]


@pytest.mark.parametrize("source", ["{{open [[and <ref>never", "{| table\n| cell\nno end", "a ]] b }} c </div>", "'''"])
def test_broken_markup_leaves_no_brackets(source: str) -> None:
    assert not re.search(r"\[\[|\]\]|\{\{|\}\}|\{\||<ref|</", "\n".join(plain_text(source)))


def test_a_dump_is_recognised_whatever_its_compression_and_name(
    dump: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dump(page("T", "One, two."), name="corpus.txt")
    plain = open_corpus(path)
    assert isinstance(plain, WikiCorpus)
    data = bz2.compress(path.read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    piped = open_corpus("-", lowercase=True)
    assert isinstance(piped, WikiCorpus)
    assert list(plain) == [["One", "two"]]
    assert list(piped) == [["one", "two"]]
    assert is_mediawiki(b'\xef\xbb\xbf<?xml version="1.0"?>\n<mediawiki>')
    assert not is_mediawiki(b"<mediawikis>")
    assert not is_mediawiki(b"text about <mediawiki>")


def test_tokenizer_choices(dump: Callable[..., Path]) -> None:
    path = dump(page("T", "One, two."))
    assert list(WikiCorpus(path, tokenizer="whitespace")) == [["One,", "two."]]
    assert list(open_corpus(path, tokenizer="whitespace")) == [["One", "two"]]
    assert list(open_corpus(path, tokenizer=str.split)) == [["One,", "two."]]
    assert WikiCorpus(path).fingerprint() not in {None, WikiCorpus(path, lowercase=True).fingerprint()}
    assert WikiCorpus(path, tokenizer=str.split).byte_chunks() is None


def test_a_very_long_paragraph_is_cut_without_loss(dump: Callable[..., Path]) -> None:
    sentences = list(WikiCorpus(dump(page("T", "word " * (PIECE_TOKENS + 3)))))
    assert [len(s) for s in sentences] == [PIECE_TOKENS, 3]


def test_malformed_and_cut_dumps_are_errors(dump: Callable[..., Path]) -> None:
    path = dump(page("T", "One"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(CorpusError, match=r"dump, line 3, column \d+: malformed XML"):
        list(WikiCorpus(path))
    path.write_bytes(bz2.compress(whole)[:-10])
    with pytest.raises(CorpusError, match="bzip2 data is cut short"):
        list(open_corpus(path))


def test_the_missing_extra_is_named(dump: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_parser(name: str, *rest: object) -> object:
        if name == "mwparserfromhell":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_parser)
    with pytest.raises(MissingExtraError, match=r"train-embeddings\[wiki\]"):
        open_corpus(dump(page("T", "One")))


def test_a_real_dump_comes_out_clean() -> None:
    pytest.importorskip("gensim")
    name = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
    with resources.as_file(resources.files("gensim") / "test" / "test_data" / name) as path:
        corpus = open_corpus(path, lowercase=True)
        counts = Counter(word for sentence in corpus for word in sentence)
        titles = 106
        assert isinstance(corpus, WikiCorpus)
        assert len(corpus.files) == 1
    assert 440_000 < counts.total() < 480_000
    assert titles <= counts["the"]
    assert counts.most_common(1)[0][0] == "the"
    markup = [
        "ref",
        "nbsp",
        "colspan",
        "rowspan",
        "bgcolor",
        "px",
        "jpg",
        "png",
        "svg",
        "http",
        "https",
        "br",
        "div",
        "align",
        "valign",
        "cellpadding",
    ]
    assert sum(counts[word] for word in markup) <= 5  # 'align the telescope' is English
    assert counts["thumb"] <= 5
