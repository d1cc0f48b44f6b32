"""Test sets: formats told apart by content, names resolved without gensim, bad lines named."""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from embed.cli.parser import build_parser
from embed.errors import ConfigError, FormatError, MissingExtraError
from embed.eval import NAMED_SETS, AnalogySet, SimilaritySet, evaluate, load_set, load_sets

PAIRS = (("old", "new"), ("smart", "clever"))
SCORES = (1.5, 9.25)


def _file(folder: Path, content: str | bytes, name: str = "some_set.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("old\tnew\t1.5\nsmart\tclever\t9.25\n", id="tabs"),
        pytest.param("old,new,1.5\nsmart,clever,9.25\n", id="commas"),
        pytest.param("old new 1.5\nsmart  clever 9.25", id="blanks and no last newline"),
        pytest.param("Word 1,Word 2,Human (mean)\nold,new,1.5\nsmart,clever,9.25\n", id="header"),
        pytest.param("# old\tnew\t3\n\n# x\nold\tnew\t1.5\n\nsmart\tclever\t9.25\n", id="comments"),
        pytest.param("old\tnew\t1.5\r\nsmart\tclever\t9.25\r\n", id="windows lines"),
        pytest.param("\ufeffold\tnew\t1.5\nsmart\tclever\t9.25\n", id="byte order mark"),
        pytest.param(
            "word1\tword2\tPOS\tSimLex999\tconc(w1)\nold\tnew\tA\t1.5\t2.7\nsmart\tclever\tA\t9.25\t1.7\n",
            id="SimLex-999's own columns",
        ),
        pytest.param("old\tnew\tA\t1.5\tANTONYMS\nsmart\tclever\tA\t9.25\tNONE\n", id="SimVerb's columns"),
        pytest.param("old\tnew\t1.5\t3\t0\nsmart\tclever\t9.25\t9\t8\n", id="rating columns after the mean"),
    ],
)
def test_similarity_formats(tmp_path: Path, content: str) -> None:
    test = load_set(_file(tmp_path, content))
    assert test == SimilaritySet("some_set", PAIRS, SCORES)


PLAIN = ("column 1", "column 2", "column 3")


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        pytest.param(
            "Word 1,Word 2,Human (mean),1,2,3\nold,new,1.5,3,1,0.5\nsmart,clever,9.25,9,9,9.75\n",
            ("Word 1", "Word 2", "Human (mean)"),
            id="a header with numbers, raters beside the mean",
        ),
        pytest.param(
            "Word 1,Word 2,1,2,3\nold,new,3,1,.5\nsmart,clever,9,9,9.75\n",
            ("Word 1", "Word 2", "mean of 3 raters (1 to 3)"),
            id="raters without a mean",
        ),
        pytest.param(
            "ID\tWord 1\tWord 2\tAnnotator 1\tAnnotator 2\n1\told\tnew\t1\t2\n2\tsmart\tclever\tNA\t9.25\n",
            ("Word 1", "Word 2", "mean of 2 raters (Annotator 1 to Annotator 2)"),
            id="annotators, one without an answer",
        ),
        pytest.param(
            "old\tnew\t1.5\t3\t1\t1\t1\nsmart\tclever\t9.25\t9\t10\t9\t9\n", PLAIN, id="mean and raters, no header"
        ),
        pytest.param(
            ",first,second,average,sd\n0,old,new,1.5,2\n1,smart,clever,9.25,1\n",
            ("first", "second", "average"),
            id="an index and a deviation",
        ),
        pytest.param('"w1" "w2" "sim"\n"1" "old" "new" 1.5\n"2" "smart" "clever" 9.25\n', ("w1", "w2", "sim"), id="R"),
        pytest.param("old;new;1,5\nsmart;clever;9,25\n", PLAIN, id="semicolons and decimal commas"),
        pytest.param("old new 1,5\nsmart clever 9,25\n", PLAIN, id="blanks and decimal commas"),
        pytest.param('a,b,score\n"old","new","1,5"\n"smart","clever","9,25"\n', ("a", "b", "score"), id="quotes"),
        pytest.param("old\tnew\t1.5\rsmart\tclever\t9.25\r", PLAIN, id="carriage returns alone"),
        pytest.param("old|new|1.5\nsmart|clever|9.25\n", PLAIN, id="bars"),
        pytest.param("  old    new \t 1.5\n  smart\tclever   9.25  \n", PLAIN, id="blanks and tabs"),
        pytest.param(
            "#WORD1:WORD2:SCORE\nold:new:1.5\nsmart:clever:9.25\n",
            ("WORD1", "WORD2", "SCORE"),
            id="a header as comment",
        ),
        pytest.param(
            '1\told\ta\tnew\ta\tit was so <b>old</b> that "it is\tthere was no <b>new</b> one to see\t1.5\t1\t2\t1.5\n'
            '2\tsmart\ta\tclever\ta\t"Oh, how very very very smart\tit is clever of you to be\t9.25\t9\t9\t9.75\n',
            ("column 2", "column 4", "column 8"),
            id="contexts, as in SCWS",
        ),
        pytest.param(
            "WORD1 WORD2 POS TYPE AVG_SCORE AVG_SCORE_0_10 STD_DEV SCORE_1 SCORE_2\n"
            "old new A hyp-1 1.5 2.5 1 2 1\nsmart clever A no-rel 9.25 15.5 2 9 9.5\n",
            ("WORD1", "WORD2", "AVG_SCORE"),
            id="two scales of one mean, as in HyperLex",
        ),
        pytest.param("p1,old,new,1.5\np2,smart,clever,9.25\n", ("column 2", "column 3", "column 4"), id="named rows"),
    ],
)
def test_similarity_sets_as_the_world_writes_them(tmp_path: Path, content: str, columns: tuple[str, ...]) -> None:
    test = load_set(_file(tmp_path, content))
    assert isinstance(test, SimilaritySet)
    assert test == SimilaritySet("some_set", PAIRS, SCORES)
    assert test.columns == columns


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_spreadsheets_export_is_read(tmp_path: Path, encoding: str) -> None:
    test = load_set(_file(tmp_path, "Küste\tMeer\t3,5\r\nNew York\tStadt\t8\r\n".encode(encoding)))
    assert test == SimilaritySet("some_set", (("Küste", "Meer"), ("New York", "Stadt")), (3.5, 8.0))


def test_a_word_may_be_a_quote_or_a_smiley(tmp_path: Path) -> None:
    quotes = load_set(_file(tmp_path, '"\tditto\t3\n"\tinch\t2\n'))
    smileys = load_set(_file(tmp_path, ":) happy 3\n:( sad 2\ncat: dog 1\n"))
    assert isinstance(quotes, SimilaritySet)
    assert isinstance(smileys, SimilaritySet)
    assert quotes.pairs == (('"', "ditto"), ('"', "inch"))
    assert smileys.pairs == ((":)", "happy"), (":(", "sad"), ("cat:", "dog"))


def test_endings_for_the_part_of_speech_are_taken_off(tmp_path: Path) -> None:
    test = load_set(_file(tmp_path, "sun-n shine-v 5\nold-j new-j 1\n"))
    assert isinstance(test, SimilaritySet)
    assert test.pairs == (("sun", "shine"), ("old", "new"))
    assert "part-of-speech" in test.notes[0]
    kept = load_set(_file(tmp_path, "sun-n shine-v 5\nold new 1\n"))
    assert isinstance(kept, SimilaritySet)
    assert kept.pairs[0] == ("sun-n", "shine-v")


def test_skipped_lines_are_reported(tmp_path: Path) -> None:
    content = "Word 1   Word 2   Human (mean)\nold  new 1\nold NA NA\nx y -\n#tag word 4\nsmart clever 2\n"
    test = load_set(_file(tmp_path, content))
    assert isinstance(test, SimilaritySet)
    assert test.pairs == PAIRS
    said = " ".join(test.notes)
    for part in ("2 pairs without a score", "line 1 as a header", "though they look like pairs: 1"):
        assert part in said


@pytest.mark.parametrize(
    ("content", "listed"),
    [
        ("cat dog 8.5 1.25\nking queen 7.25 2.5\nman woman 3.5 2.75\n", "holds the score.*3 '8.5', 4 '1.25'"),
        ("w1,w2,x,y\ncat,dog,8,5\nking,queen,7,9\n", "holds the score.*3 'x', 4 'y'"),
        ("Auto,Fahrt,2,75\nAuto,Polster,1,25\nGlas,Wein,1,5\n", "holds the score"),
        ("zoo,cat,dog,8.5\nhome,king,queen,7\n", "hold the two words.*1 'zoo', 2 'cat'"),
        ("8.5 cat dog\n7 king queen\n", "no column after the two words"),
    ],
)
def test_ambiguous_columns_are_refused_and_listed(tmp_path: Path, content: str, listed: str) -> None:
    with pytest.raises(FormatError, match=rf"{listed}.*columns=\(1, 2, 4\)"):
        load_set(_file(tmp_path, content))


def test_columns_can_be_chosen(tmp_path: Path) -> None:
    pairs = _file(tmp_path, "zoo,cat,dog,8.5,9.5\nhome,king,queen,7,8\n")
    named = _file(tmp_path, "a,b,kind,x\ncat,dog,q,8.5\nking,queen,r,7\n", "named.csv")
    expected = (("cat", "dog"), ("king", "queen"))
    assert load_set(pairs, (2, 3, 4)) == SimilaritySet("some_set", expected, (8.5, 7.0))
    assert load_set(pairs, ("2", "3", "4", "5")) == SimilaritySet("some_set", expected, (9.0, 7.5))
    assert load_set(named, ("a", "b", "X")) == SimilaritySet("named", expected, (8.5, 7.0))
    questions = load_set(pairs, (1, 2, 3, 1))
    assert isinstance(questions, AnalogySet)
    assert questions.questions[0] == ("zoo", "cat", "dog", "zoo")
    for wrong in ((2, 3, 9), ("a", "b", "c"), (2, 3, 1), (2,), (0, 1, 2)):
        with pytest.raises(FormatError, match="the columns are 1 'zoo'"):
            load_set(pairs, wrong)


FAMILY = (("boy", "girl", "he", "she"), ("man", "woman", "king", "queen"))


@pytest.mark.parametrize(
    ("content", "sections"),
    [
        pytest.param("word1 word2 word3 word4\nboy girl he she\nman woman king queen\n", ("all", "all"), id="header"),
        pytest.param("a,b,c,target\nboy,girl,he,she\nman,woman,king,queen\n", ("all", "all"), id="commas"),
        pytest.param("type\ta\tb\tc\td\nx\tboy\tgirl\the\tshe\ny\tman\twoman\tking\tqueen\n", ("x", "y"), id="a type"),
        pytest.param("boy girl he she\r: y\rman woman king queen\r", ("all", "y"), id="carriage returns"),
        pytest.param(":x\nboy\tgirl\the\tshe\n: y\nman woman king queen", ("x", "y"), id="tabs and blanks"),
        pytest.param("[x]\nboy girl he she\n[y]\nman woman king queen\n", ("x", "y"), id="brackets"),
        pytest.param("== x ==\nboy girl he she\n== y ==\nman woman king queen\n", ("x", "y"), id="equals"),
        pytest.param("x:\nboy girl he she\ny:\nman woman king queen\n", ("x", "y"), id="colon at the end"),
        pytest.param("1,boy,girl,he,she\n2,man,woman,king,queen\n", ("all", "all"), id="numbered"),
    ],
)
def test_analogies_as_the_world_writes_them(tmp_path: Path, content: str, sections: tuple[str, ...]) -> None:
    assert load_set(_file(tmp_path, content)) == AnalogySet("some_set", FAMILY, sections)


def test_a_type_without_a_header_is_known_by_its_runs(tmp_path: Path) -> None:
    rows = [f"{kind}\t{kind}a{i}\t{kind}b{i}\tc{i}\td{i}" for kind in ("x", "y") for i in range(4)]
    test = load_set(_file(tmp_path, "\n".join(rows)))
    assert isinstance(test, AnalogySet)
    assert test.section_names() == ["x", "y"]
    assert test.questions[0] == ("xa0", "xb0", "c0", "d0")


def test_a_relation_asks_each_pair_with_each_other(tmp_path: Path) -> None:
    path = _file(tmp_path, "car\tcars\nox\toxen/oxes\n", "I01 [plural].txt")
    test = load_set(path)
    assert isinstance(test, AnalogySet)
    assert test.questions == (("car", "cars", "ox", "oxen"), ("ox", "oxen", "car", "cars"))
    assert test.others == (("oxes",), ())
    assert test.section_names() == ["I01 [plural]"]
    (tmp_path / "more").mkdir()
    _file(tmp_path / "more", "car\tcars\ncat\tcats\n", "I02 [other].txt")
    folder = load_set(tmp_path)
    assert isinstance(folder, AnalogySet)
    assert folder.section_names() == ["I01 [plural]", "I02 [other]"]


def test_words_without_a_score_are_a_relation_only_on_request(tmp_path: Path) -> None:
    path = _file(tmp_path, "lunch\tdinner\ncar\tbus\n")
    with pytest.raises(FormatError, match=r"line 1: expected a scored pair .*columns=\(1, 2\)"):
        load_set(path)
    assert len(load_set(path, (1, 2))) == 2


def test_a_relation_of_thousands_of_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="at most 1,000 pairs"):
        load_set(_file(tmp_path, "".join(f"a{i}\tb{i}/c{i}\n" for i in range(1001))))


def test_a_similarity_word_may_hold_a_blank_or_a_line_separator_character(tmp_path: Path) -> None:
    test = load_set(_file(tmp_path, "New York\ta\u2028b\t3\n"))
    assert isinstance(test, SimilaritySet)
    assert test.pairs == (("New York", "a\u2028b"),)


def test_analogies_in_sections(tmp_path: Path) -> None:
    content = ": family\nboy girl he she\n: gram1-x\nbig bigger small smaller\n: JJ_JJR\ngood better 1 2\n"
    test = load_set(_file(tmp_path, content))
    assert isinstance(test, AnalogySet)
    assert test.questions == (
        ("boy", "girl", "he", "she"),
        ("big", "bigger", "small", "smaller"),
        ("good", "better", "1", "2"),
    )
    assert test.sections == ("family", "gram1-x", "JJ_JJR")
    assert [test.is_syntactic(section) for section in test.sections] == [False, True, False]


def test_analogies_without_sections(tmp_path: Path) -> None:
    test = load_set(_file(tmp_path, "boy girl he she\nman woman king queen\n"))
    assert isinstance(test, AnalogySet)
    assert len(test) == 2
    assert len(test.section_names()) == 1
    assert not test.has_totals()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("old\tnew\t1.5\nsmart\tclever\tnone\n", 2, "number in column 3"),
        ("old\tnew\t1.5\nsmart\tclever\n", 2, "number in column 3"),
        ("old\tnew\t1.5\n# fine\n\nsmart\tclever\tinf\n", 4, "number in column 3"),
        ("old\tnew\t1.5\nsmart\tclever\t2\t5\nx\ty\t1\n", 2, "3 columns"),
        ("old,new,8.5\nsmart,clever,8,5\nx,y,1\n", 2, "3 columns"),
        ("word1 word2 score\nold new\nsmart clever 9\n", 2, "3 columns"),
        ("old\tnew\t1.5\n\tclever\t2\n", 2, "two words"),
        ("a\tb\tscore\nold\tnew\t1.5\nx\ty\tz\n", 3, "number in column 3"),
        (": family\nboy girl he she\nboy girl he\n", 3, "four words"),
        (": family\nboy girl he she they\n", 2, "four words"),
        (":\nboy girl he she\n", 1, "has no name"),
        ("just some prose in a file\nthat is no test set\n", 1, "expected a scored pair"),
        (b"old\tnew\t1.5\nsm\xffart\tclever\t2\n", 2, "byte offset 14"),
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, content: str | bytes, line: int, words: str) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(FormatError) as caught:
        load_set(path)
    assert f"{path}, line {line}:" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(FormatError, match="has no test items"):
        load_set(_file(tmp_path, content))


def test_a_header_alone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="line 1"):
        load_set(_file(tmp_path, "word1\tword2\tscore\n"))


def test_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="name a test file"):
        load_set(tmp_path)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'goggle'.*google, wordsim353, simlex999"):
        load_set("goggle")


def test_no_set_at_all_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no test set"):
        load_sets([])


def test_sets_from_values_pass_through() -> None:
    similarity = SimilaritySet.from_pairs("mine", [("a", "b", 1)])
    analogies = AnalogySet.from_sections("mine", {"s": [("a", "b", "c", "d")], "t": [("e", "f", "g", "h")]})
    assert load_sets([similarity, analogies]) == [similarity, analogies]
    assert load_sets(similarity) == [similarity]
    assert analogies.sections == ("s", "t")


def test_named_sets_have_their_published_sizes() -> None:
    pytest.importorskip("gensim")
    sizes = {test.name: len(test) for test in load_sets(None)}
    assert sizes == {"google": 19544, "wordsim353": 353, "simlex999": 999}
    google = load_set("google")
    assert isinstance(google, AnalogySet)
    syntactic = sum(google.is_syntactic(section) for section in google.sections)
    assert syntactic == 10675
    assert len(google.section_names()) == 14


def test_named_sets_import_neither_gensim_nor_scipy() -> None:
    pytest.importorskip("gensim")
    program = (
        "import json, sys\nfrom embed.eval import load_sets\nsizes = [len(s) for s in load_sets(None)]\n"
        "print(json.dumps([sizes, [m for m in ('gensim', 'scipy') if m in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    sizes, imported = json.loads(done.stdout)
    assert sizes == [19544, 353, 999]
    assert imported == []


def test_a_named_set_without_gensim_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        MissingExtraError, match=r"pip install 'train-embeddings\[gensim\]'.*download wordsim353\.tsv from http"
    ):
        load_set("wordsim353")


def test_the_help_lists_the_named_sets_and_their_availability(monkeypatch: pytest.MonkeyPatch) -> None:
    def help_text() -> str:
        commands = build_parser()._subparsers
        assert commands is not None
        return " ".join(commands._group_actions[0].choices["evaluate"].format_help().split())  # type: ignore[index, call-overload]

    assert all(name in help_text() for name in NAMED_SETS)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "gensim, which has their files, is missing" in help_text()


def test_a_gensim_without_its_data_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "gensim", tmp_path / "__init__.py", submodule_search_locations=[str(tmp_path)]
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(FormatError, match=r"simlex999\.txt"):
        load_set("simlex999")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_read_with_and_without_a_mark(tmp_path: Path, encoding: str) -> None:
    assert load_set(_file(tmp_path, "old\tnew\t1.5\nsmart\tclever\t9.25\n".encode(encoding))) == SimilaritySet(
        "some_set", PAIRS, SCORES
    )


def test_a_compressed_set_is_read(tmp_path: Path) -> None:
    data = gzip.compress(b"old\tnew\t1.5\nsmart\tclever\t9.25\n")
    assert load_set(_file(tmp_path, data, "some_set.gz")) == SimilaritySet("some_set", PAIRS, SCORES)


def test_a_set_in_a_zip_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "some_set.zip", "w") as archive:
        archive.writestr("some_set.tsv", "old\tnew\t1.5\nsmart\tclever\t9.25\n")
    assert load_set(tmp_path / "some_set.zip") == SimilaritySet("some_set", PAIRS, SCORES)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04\x14\x00" + bytes(20) + b"[Content_Types].xml", "an Office document"),
        (b"PK\x05\x06" + bytes(18), "an empty zip archive"),
        (b"%PDF-1.4\n", "a PDF file"),
        ('[["old", "new", 1.5],\n ["smart", "clever", 9.25]]', "is JSON"),
        ('{"a": "old", "b": "new", "score": 1.5}\n', "is JSON"),
        ("<!DOCTYPE html>\n<title>Not found</title>\n", "HTML"),
        ("old\tn\0ew\t1.5\nsmart\tclever\t9.25\n", "line 1: a NUL character"),
    ],
)
def test_a_file_other_than_a_table_of_words_is_refused(tmp_path: Path, content: str | bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        load_set(_file(tmp_path, content))


def test_a_first_score_in_another_notation_is_not_a_header(tmp_path: Path) -> None:
    assert load_set(_file(tmp_path, "old,new,\u22120.5\nsmart,clever,0.7\n")) == SimilaritySet(
        "some_set", PAIRS, (-0.5, 0.7)
    )
    for score in ("1.234,5", "35%", "3/7"):
        with pytest.raises(FormatError, match="line 1: expected 3 columns"):
            load_set(_file(tmp_path, f"old;new;{score}\nsmart;clever;0.7\nx;y;2\n"))


@pytest.mark.parametrize("name", ["", "id", "Unnamed: 0"])
def test_the_header_of_numbered_questions_is_not_a_question(tmp_path: Path, name: str) -> None:
    content = f"{name},w1,w2,w3,w4\n0,boy,girl,he,she\n1,man,woman,king,queen\n"
    assert load_set(_file(tmp_path, content)) == AnalogySet("some_set", FAMILY, ("all", "all"))


def test_a_header_of_questions_is_reported(tmp_path: Path) -> None:
    test = load_set(_file(tmp_path, "a b c d\nboy girl he she\n"))
    assert test.notes == ("skipped the first line as a header: 'a b c d'",)


def test_columns_of_questions_are_asked_for_as_such(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"columns=\(1, 2, 3, 4\) for the four words"):
        load_set(_file(tmp_path, "good better rough JJ_JJR rougher\nbetter good rougher JJR_JJ rough\n"))


def test_hidden_files_of_a_folder_are_skipped(tmp_path: Path) -> None:
    _file(tmp_path, "car\tcars\nox\toxen/oxes\n", "I01 [plural].txt")
    (tmp_path / "__MACOSX").mkdir()
    _file(tmp_path / "__MACOSX", b"\0\5\x16\7\0\2", "._I01 [plural].txt")
    assert len(load_set(tmp_path).questions) == 2


@pytest.mark.parametrize("wrong", ["1,2,4", 5])
def test_columns_of_a_wrong_type_are_refused(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(ConfigError, match="columns must be a list"):
        load_set(_file(tmp_path, "old new 1.5\n"), wrong)  # type: ignore[arg-type]
    with pytest.raises(FormatError, match="columns of words and scores must differ"):
        load_set(_file(tmp_path, "old new 1.5\nsmart clever 9.25\n"), (1, 1, 3))


@pytest.mark.parametrize(
    "pairs",
    [
        [("old", "new", float("nan"))],
        [("old", "new", float("inf"))],
        [("old", "new", "3,5")],
        [("old", "new")],
        [(1, 2, 3.0)],
        ["abc"],
    ],
)
def test_pairs_from_values_are_words_with_finite_scores(pairs: list[Any]) -> None:
    """A score that was NaN made the correlation of the whole set one of another order."""
    with pytest.raises(ConfigError, match="the set 'x'"):
        SimilaritySet.from_pairs("x", pairs)


def test_sets_from_values_are_whole() -> None:
    with pytest.raises(ConfigError, match="1 pairs but 2 scores"):
        SimilaritySet("x", (("old", "new"),), (1.0, 2.0))
    for wrong in ([("boy", "girl", "he")], "abcd"):
        with pytest.raises(ConfigError, match="must have 4 strings a row"):
            AnalogySet.from_sections("x", {"family": wrong})  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="a section for each"):
        AnalogySet("x", FAMILY, ("all",))


@pytest.mark.parametrize("wrong", [3, b"set.csv", {"a": 1}, [None], [("old", "new", 1.5)]])
def test_an_invalid_set_is_an_error(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="test set"):
        load_sets(wrong)


def test_an_empty_name_is_not_a_folder() -> None:
    with pytest.raises(ConfigError, match="unknown test set"):
        load_set("")


@pytest.mark.parametrize("wrong", [None, {"old": [1.0, 2.0]}])
def test_objects_other_than_vectors_are_an_error(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="vectors must have words and a matrix"):
        evaluate(wrong, SimilaritySet("x", PAIRS, SCORES))
