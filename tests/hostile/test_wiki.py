"""MediaWiki dumps that are bombs: of entities, of elements, of markup; and files that only begin like one."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from embed.corpora import mediawiki_xml
from embed.corpora.recognise import is_mediawiki
from embed.errors import CorpusError
from tests.hostile.growing import MARKS, NESTED
from tests.hostile.limits import MIB, at_most, bomb, gzipped, has_limits

pytest.importorskip("mwparserfromhell")

from embed.corpora import WikiCorpus, wikitext
from embed.corpora.wikitext import plain_text


def dump(inside: str, before: str = "") -> bytes:
    return f"{before}<mediawiki><page><title>T</title><ns>0</ns>{inside}</page></mediawiki>".encode()


def read(tmp_path: Path, data: bytes) -> list[list[str]]:
    (tmp_path / "dump.xml").write_bytes(data)
    return list(WikiCorpus(tmp_path / "dump.xml"))


# entities


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "declarations",
    [
        f'<!ENTITY l0 "laugh">{LAUGHS}',
        '<!ENTITY l11 "' + "a" * 100_000 + '">',
        '<!ENTITY l11 SYSTEM "file:///etc/hostname">',
        '<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;',
        "",
    ],
)
def test_a_document_type_is_refused_whatever_it_declares(tmp_path: Path, declarations: str) -> None:
    data = dump("<text>" + "&l11;" * 1000 + "</text>", f"<!DOCTYPE mediawiki [{declarations}]>")
    with (
        at_most(64 * MIB),
        pytest.raises(CorpusError, match=r"dump\.xml: not a MediaWiki dump: it declares a document type \(mediawiki\)"),
    ):
        read(tmp_path, data)


def test_nothing_is_fetched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a"
        for doctype in (
            f'<!DOCTYPE mediawiki SYSTEM "{address}">',
            f'<!DOCTYPE mediawiki [<!ENTITY x SYSTEM "{address}">]>',
            f'<!DOCTYPE mediawiki [<!ENTITY % x SYSTEM "{address}"> %x;]>',
        ):
            with pytest.raises(CorpusError, match="document type"):
                read(tmp_path, dump("<text>&x;</text>", doctype))
        # a namespace, a schema and a stylesheet are names, and never fetched
        data = dump("<text>Two words.</text>", f'<?xml-stylesheet href="{address}"?>')
        data = data.replace(b"<mediawiki>", f'<mediawiki xmlns="{address}">'.encode())
        assert read(tmp_path, data) == [["Two", "words"]]
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


def test_an_entity_that_nobody_declared_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="undefined entity"):
        read(tmp_path, dump("<text>&nbsp;</text>"))


@pytest.mark.parametrize("encoding", ["utf-32", "nothing-of-the-kind", "utf-7", "euc-jp"])
def test_encodings_that_cannot_be_read_are_named(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(CorpusError, match=r"dump\.xml: .*(encoding|malformed)"):
        read(tmp_path, dump("<text>a</text>", f'<?xml version="1.0" encoding="{encoding}"?>'))


# elements


@has_limits
@pytest.mark.parametrize(
    ("unit", "message"),
    [
        (b"a", "a tag or text is longer than 2,097,152 bytes"),
        (b"a\n", "a tag or text is longer than 2,097,152 bytes"),
        (b"<a>", "nested more than 100 deep"),
        (b"<a/>", "malformed XML"),
        (b"<a b='c'>d</a>\n", "malformed XML"),
        (b"<page><ns>1</ns></page>", "malformed XML"),
        (b"<!-- a -->", "a tag or text is longer"),
    ],
)
def test_a_bomb_of_elements_is_read_in_constant_memory(
    tmp_path: Path, unit: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mediawiki_xml, "LONGEST_ELEMENT_BYTES", 2 * MIB)
    path = tmp_path / "dump.gz"
    start = b"<mediawiki><page><title>T</title><ns>0</ns><text>" if unit.startswith(b"a") else b"<mediawiki>"
    path.write_bytes(gzipped(start) + bomb("gzip", unit, 6))
    with at_most(48 * MIB), pytest.raises(CorpusError, match=message):
        list(WikiCorpus(path))


def test_an_open_tag_without_an_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mediawiki_xml.LONGEST_ELEMENT_BYTES == 16 * MIB
    monkeypatch.setattr(mediawiki_xml, "LONGEST_ELEMENT_BYTES", 2 * MIB)
    data = b"<mediawiki><page a='" + b"x" * (3 * MIB)
    with pytest.raises(CorpusError, match="a tag or text is longer than"):
        read(tmp_path, data)


def test_namespaces_without_end_are_refused(tmp_path: Path) -> None:
    names = "".join(f"<namespace key='{n}'>n{n}</namespace>" for n in range(mediawiki_xml.MOST_NAMESPACES + 1))
    with pytest.raises(CorpusError, match="more than 1,000 namespaces"):
        read(tmp_path, dump("<text>a</text>", "").replace(b"<page>", names.encode() + b"<page>"))


def test_pages_of_the_dump_are_as_before(tmp_path: Path) -> None:
    text = "A b.\n" * 10
    data = b"<mediawiki>" + b"".join(
        f"<page><title>{n}</title><ns>{n % 2}</ns><revision><text>{n} {text}</text></revision></page>".encode()
        for n in range(10)
    )
    sentences = read(tmp_path, data + b"</mediawiki>")
    assert [s[0] for s in sentences if len(s) == 3] == ["0", "2", "4", "6", "8"]
    with pytest.raises(CorpusError, match="malformed XML"):
        read(tmp_path, data)


# markup


@pytest.mark.parametrize("mark", MARKS)
def test_marks_that_are_never_closed_keep_the_words(mark: str) -> None:
    """50 KB of some of them took more than a minute, and four times as long for twice as many."""
    assert "word" not in " ".join(plain_text(mark * (25_000 // len(mark))))
    words = " ".join(plain_text(mark * wikitext.MOST_OPEN + "\n\nA word" + " word" * 10_000))
    assert words.count("word") == (0 if mark == "<!--" else 10_001)  # a comment that is never closed hides the rest


@pytest.mark.parametrize(("left", "right"), NESTED)
def test_deep_nesting_keeps_the_words_behind_it(left: str, right: str) -> None:
    for page in (left * 20_000 + "x" + right * 20_000, (left * 90 + "x" + right * 90 + "\n") * 20):
        assert " ".join(plain_text(page + "\n\nsome words")).endswith("some words")


def test_a_tangled_page_loses_its_marks_and_keeps_its_words() -> None:
    lines = plain_text("[[a|" * 500 + "some words\nand <b>more</b>")
    assert " ".join(lines).endswith("some words and more")
    assert not re.search(r"\[\[|<b>", " ".join(lines))
    assert plain_text("1 < 2 and [[b|c]] <i>d</i>") == ["1 < 2 and c d"]


def test_a_dump_is_found_behind_many_comments() -> None:
    """A text file that began with 30 comments took years."""
    comments = b"<!---->" * 580
    assert not is_mediawiki(comments)
    assert is_mediawiki(comments + b"<mediawiki>")
    assert is_mediawiki(b'\xef\xbb\xbf <?xml version="1.0"?>\n<!-- a -- b -->\n<mediawiki xmlns="x">')
    assert not is_mediawiki(b"<!-- <mediawiki> -->")
