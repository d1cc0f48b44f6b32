"""The reader of plain markup finds what mwparserfromhell finds, or leaves it to the library."""

from __future__ import annotations

import random
import re
from functools import partial
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("mwparserfromhell")

import mwparserfromhell

from embed.corpora import WikiCorpus, wikitext
from embed.corpora._wikitext import PlainMarkup
from embed.corpora.mediawiki_xml import read_pages
from embed.corpora.wikitext import plain_text
from tests.corpora.parsed_markup import library_text

DROPPED = wikitext.DROPPED_PREFIXES | {"datei"}
MARKS = r"""
[[ ]] [ ] | { } {{ }} {| |} |- < > </ /> <!-- --> ''' <b> </b> <br> <br/> <SUB> </sub> </span> </div> <li> </li>
<p> </p> <nowiki> </nowiki> <code> </code> <meta> <link/> </i> <3> <pre> </pre> <templatedata> </a &amp; & &lt; &#65;
&#x41; &#X0041; &#xD800; &#0; &#x; &thetasym; &thetasyms; &frac12; &nosuch; &#0000065; &#x0x41; &#1_0; ; : # * = == ===
---- - ! http://a.b https://x.org/(a), (http://a.b) HTTP: mailto:x //x.y ftp: tel: news: éhttp: _ http [//e.f] [[a]]
[[a|b]] [[:c:d]] [[de:a]] [[File:x|thumb| [[]] [[|a]] a bc é 日本 1 . , \
"""
PIECES = [
    *MARKS.split(),
    *('<span class="x">', "<div style='a:b' id=c>", '<i a="">', "<i a>", '<i a="b"c>', "<i  a='\"'>", "<a "),
    *("[http://e.f g]", "[mailto:a ", "[[ a ]]s", "[[\u2003a\xa0]]", "[[a\nb]]", "== h ==\n", "\n== h ==", "\n=h= \n"),
    *("\n==h=\n", "\n; a : b", "\n*#:", "\n:", "\n", "\n", "\n\n", " ", " ", "\t", "\r", "\xa0", "\u2003"),
]


def _library(text: str) -> str:
    parts: list[str] = []
    for part in wikitext._parts(text):
        code = mwparserfromhell.parse(part, skip_style_tags=True)
        wikitext._visit(code, DROPPED, parts, mwparserfromhell.nodes)
    return "".join(parts)


def _check(text: str) -> None:
    """Compare the visible text itself, before lines are trimmed and marks that are left are removed."""
    if not wikitext._is_tangled(text):
        assert wikitext._visible(text, DROPPED, mwparserfromhell) == _library(text)


def _plain_share(text: str) -> float:
    """Return the share of `text` that is read without the library."""
    names = wikitext._DROPPED_NAME_BYTES, wikitext._LINE_NAME_BYTES
    markup = PlainMarkup(*names, partial(wikitext._shown_title, DROPPED))
    rest = markup.visible(text)[1]
    assert text.endswith(rest)
    return 1 - len(rest) / len(text)


@pytest.mark.parametrize(
    "text",
    [
        "Plain 'text', with {single} marks | and ] some [sic] > x. 100 = 100; a:b and R&D",
        "[[link]]s, [[Target page|shown [[x|text]]]] [[File:a.jpg|thumb|A [[dog]] & <b>x</b>]] [[:Category:b]] [[d:x]]",
        "== A heading [[a|b]] & more ==\n=== next ===  \n* item\n*# item\n; term : meaning\n: x\n----\n-----y",
        "H<sub>2</sub>O, caf&eacute;<br/>next<BR>a <span style='color: red' id=x1>b <small>c</small></span><hr />",
        '[http://a.org/a?b=c&d labelled [[item]] text] [https://x.org] [//x.org "a"], http://a.org/(b)c). mailto:x@y!',
        "before <nowiki>[[a]] {{ <b></nowiki> after <code>''x''</code> end </div> and </x>.",
        "[[unfinished\ntitle]], [[a]b]] and [[c",
    ],
)
def test_plain_markup_needs_no_library(text: str) -> None:
    _check(text)
    assert _plain_share(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("<p>never closed", "<b>crossed<i></b></i>", "{{a", "\n{|\n|a", "[[http://a b]]", "=== a ==", "= a\nb"),
        *("&thetasym;", "[http://a b\nc]", '<i a="">b</i>', "\0", "<templatedata>a</templatedata>", "<li>a", "[[a{b]]"),
        *("[[a|" * 21 + "b" + "]]" * 21, "[a" * 41, "&#xD800;", "éhttp://a.b", "=http://a=b=", "== a == b"),
    ],
)
def test_what_is_not_plain_is_left_to_the_library_from_its_line_on(text: str) -> None:
    before = "[[a|plain]] line\n* another &amp; one\n"
    for whole in (text, before + text):
        _check(whole)
        assert _plain_share(whole) < 1
    _check(before + "c " + text + "\n" + before)
    if "\0" not in text:
        assert _plain_share(before + text) * len(before + text) >= len(before)


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_markup_is_read_as_the_library_reads_it(pieces: list[str]) -> None:
    text = "".join(pieces)
    _check(text)
    assert plain_text(text) == library_text(text)


def test_much_random_markup_is_read_as_the_library_reads_it() -> None:
    draw = random.Random(1)
    for _ in range(3_000):
        _check("".join(draw.choices(PIECES, k=draw.randint(1, 20))))


def test_real_articles_with_deletions_are_read_as_the_library_reads_them() -> None:
    """Each of the articles in gensim's wheel, in lines as they are, and in pieces from which some are missing."""
    pytest.importorskip("gensim")
    name = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
    with resources.as_file(resources.files("gensim") / "test" / "test_data" / name) as path:
        pages = [page.text for stream in WikiCorpus(path).streams() for page in read_pages(stream)]
    assert len(pages) == 106
    draw = random.Random(1)
    for text in pages:
        for _ in range(4):
            start = draw.randrange(len(text))
            piece = text[start : start + 1500]
            for _ in range(draw.randint(0, 4)):
                cut = draw.randrange(len(piece) + 1)
                piece = piece[:cut] + piece[cut + draw.choice([1, 2, 5, 30]) :]
            assert plain_text(piece, DROPPED) == library_text(piece, DROPPED)


def test_an_object_reads_one_page_at_a_time() -> None:
    markup: list[PlainMarkup] = []

    def link(title: str, has_text: bool) -> str:
        markup[0].visible("another")
        return title

    markup.append(PlainMarkup(frozenset(), frozenset(), link))
    with pytest.raises(RuntimeError, match="make an object for each thread"):
        markup[0].visible("[[a:b]]")
    assert markup[0].visible("[[a]]") == ("a", "")


def test_a_title_that_grows_is_left_to_the_library() -> None:
    markup = PlainMarkup(frozenset(), frozenset(), lambda title, has_text: title * 1000)
    assert markup.visible("[[a:b]]") == ("", "[[a:b]]")


def test_long_pages_are_read_in_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wikitext, "PART_CHARACTERS", 64)
    text = "[[a|b]] c &amp; <b>d</b> [[File:x|thumb|y]] e\n" * 20
    assert plain_text(text) == library_text(text)


TABLE = re.compile(r"^[ :]*\{\|(?:(?!^[ :]*\{\|).)*?^[ \t]*\|\}(?!\})", re.DOTALL | re.MULTILINE)
"""An innermost table: what `_without_tables` removes, in many times the time."""


@given(
    st.lists(
        st.sampled_from(["{|", "|}", "\n{|", "\n|}", "\n :{|", "\n \t|}", "\n", "}", "|", " ", ":", "a"]), max_size=25
    )
)
def test_tables_are_those_of_an_expression(pieces: list[str]) -> None:
    expected = text = "".join(pieces)
    while (shorter := TABLE.sub("", expected)) != expected:
        expected = shorter
    assert wikitext._without_tables(text) == expected


def test_long_runs_of_list_marks_are_shortened_at_the_starts_of_lines_alone() -> None:
    marks = "*#" * 15
    assert plain_text(f"{marks}a\n;{marks}b : c\nd {marks} e") == ["a", "b", "c", f"d {marks} e"]
    assert plain_text(f"{'*' * 20};a : b") == ["a : b"]  # the mark that makes a term is left out
    assert plain_text(f"{'*' * 19};a : b") == ["a", "b"]


def test_marks_at_the_starts_of_lines_are_removed() -> None:
    assert plain_text(" \t= :a  b\xa0=\n\u2003**\n\n#:;x\r*y") == ["a b =", "x *y"]
