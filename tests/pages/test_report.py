"""A report, as far as it can be judged without a browser (tests/browser opens it)."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

import embed
from embed import Model, WordVectors
from embed.cli import main
from embed.cli.flags import given_parameters
from embed.cli.parser import parse
from embed.errors import ConfigError, FormatError, MissingExtraError
from embed.pages.report import report
from embed.pages.subject import Run, subjects
from tests.pages.made_up import HOSTILE, model, text

pytest.importorskip("bokeh", reason="pages need the extra report")

PAIRS = "tree1\ttree2\t9\ntree1\tship1\t1\nship2\tship3\t8\ntree4\tship5\t2\ntree5\ttree6\t7\n"


@pytest.fixture(scope="module")
def trained() -> Model:
    return model()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sets") / "pairs.tsv"
    path.write_text(PAIRS, encoding="utf-8")
    return path


def _data(page: str) -> list[dict[str, object]]:
    found = re.search(r'<script type="application/json" id="models">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    models: list[dict[str, object]] = json.loads(found[1])
    return models


def test_a_report_says_what_was_trained_and_holds_its_words(trained: Model, pairs: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    shares: list[float] = []
    report(trained, page, sets=pairs, map_words=40, progress=shares.append)
    shown = page.read_text(encoding="utf-8")
    assert f"<b>{len(trained.vocabulary):,}</b><span>words</span>" in shown
    assert "<b>3</b><span>epochs</span>" in shown
    assert Run(trained.config, trained.provenance, trained.history).command() in shown
    assert _data(shown)[0]["words"] == trained.vectors.words
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for settings in ({"sets": ()}, {"map_words": 0, "sets": pairs}, {"sets": (), "map_words": 0}):
        report([trained, trained], page, progress=shares.append, **settings)
        assert shares[-1] == 1


def test_a_report_loads_nothing_and_runs_no_word(trained: Model, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    report({"<b>name</b>": trained}, page, sets=(), map_words=40)
    shown = page.read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', shown)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;")
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=.?http", shown)
    assert "<b>name</b>" not in shown
    for word in HOSTILE[:2]:
        assert word not in shown
    assert shown.count("<script") == shown.count("</script>")


def test_two_models_are_compared_and_have_distinct_names(trained: Model, pairs: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    report([trained, trained], page, sets=pairs, map_words=0)
    shown = page.read_text(encoding="utf-8")
    first, second = (each["name"] for each in _data(shown))
    assert second == f"{first} (2)"
    assert f"B = {second} against A = {first}" in shown


def test_vectors_without_a_run_have_a_shorter_report(tmp_path: Path) -> None:
    vectors = WordVectors(["a", "b", "c"], np.eye(3, dtype=np.float32))
    report(vectors, tmp_path / "report.html", sets=())
    shown = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "no run card was found" in shown
    assert "How training went" not in shown


def test_the_command_of_a_report_repeats_the_training(tmp_path: Path) -> None:
    corpus = tmp_path / "text.txt"
    corpus.write_text("\n".join(map(" ".join, text(300))), encoding="utf-8")
    settings = {"dim": 16, "threads": 1, "deterministic": True, "postprocess": "abtt:1", "lr": 0.03, "progress": False}
    for kind in ({}, {"objective": "cbow"}, {"subword": True, "buckets": 500}):
        first = embed.train(corpus, **settings, **kind)
        words = shlex.split(Run(first.config, first.provenance, first.history).command())
        assert words[:5] == ["train-embeddings", "train", "CORPUS", "-o", "OUT"]
        again = embed.train(corpus, progress=False, **given_parameters(parse(words[1:])))
        assert np.array_equal(again.vectors.matrix, first.vectors.matrix)


def test_a_run_card_beside_vectors_is_read_and_a_damaged_one_refused(trained: Model, tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    embed.save(trained.vectors, path, on_bad_word="escape")
    card = tmp_path / "v.txt.json"
    card.write_text(json.dumps(trained.run_card()), encoding="utf-8")
    (found,) = subjects(path, {})
    assert found.run == Run(trained.config, trained.provenance, trained.history)
    card.write_text('{"something": "else"}', encoding="utf-8")
    assert subjects(path, {})[0].run is None
    card.write_text('{"config": {"dim": "x"}, "provenance": null, "epochs": []}', encoding="utf-8")
    with pytest.raises(FormatError, match=r"v\.txt\.json: damaged: not the run card of a training"):
        subjects(path, {})


def test_what_a_report_cannot_show_is_refused(trained: Model, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a page needs a model"):
        report([], tmp_path / "report.html")
    with pytest.raises(ConfigError, match="a page shows models, vectors and their files, not 7"):
        report(7, tmp_path / "report.html")
    with pytest.raises(FormatError, match="does not exist"):
        report(trained, tmp_path / "no" / "report.html", sets=(), map_words=0)


def test_without_bokeh_a_sentence_names_the_extra(
    trained: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bokeh.resources", None)
    with pytest.raises(MissingExtraError, match=r"need Bokeh: pip install 'train-embeddings\[report\]'"):
        report(trained, tmp_path / "report.html")


def test_the_command_writes_a_report_and_says_where(
    trained: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.save(tmp_path / "m.embed")
    page = tmp_path / "report.html"
    assert main(["report", str(tmp_path / "m.embed"), "-o", str(page), "--no-scores", "--no-map"]) == 0
    assert page.is_file()
    assert f"{page}: " in capsys.readouterr().err
    assert main(["report", str(page), "-o", str(page), "--no-scores"]) == ConfigError.exit_code
    assert "is also an input" in capsys.readouterr().err
    assert main(["report", "x", "-o", str(page), "--no-scores", "--sets", "d"]) == ConfigError.exit_code
