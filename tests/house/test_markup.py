"""The HTML of notebooks: static, with inline styles and SVG alone, and words are data in it."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import embed
from embed.config import TrainConfig
from embed.documents.model import DocumentModel
from embed.eval import SenseReport, SenseResult, Settings, SimilaritySet, compare, evaluate
from embed.eval.bootstrap import Difference, Score
from embed.eval.forest import Mark, forest, headlines
from embed.markup import Html, axis, curve, escaped, facts, forest_mark, table
from embed.model.history import EpochRecord, History
from embed.training.learning_curves import Curve

HOSTILE = "<script>alert('1')</script>\x1b[2J\n\u202e&\""
TAGS = {
    *("div", "details", "summary", "progress"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "title", "line", "circle", "polyline", "text"),
}
ATTRIBUTES = {
    *(
        "style",
        "value",
        "max",
        "xmlns",
        "viewbox",
        "role",
        "fill",
        "fill-opacity",
        "font-size",
        "points",
        "text-anchor",
    ),
    *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r"),
    *("stroke", "stroke-width", "stroke-opacity", "stroke-dasharray"),
}


class Checked(HTMLParser):
    """Allows the tags and attributes above alone, each closed, and collects the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        self._open.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES
            assert "url" not in str(value)
            assert not re.search(r"#[0-9a-f]{3}|rgb", str(value)), "a colour does not suit light and dark"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def seen(shown: object) -> str:
    """Return the text of what a notebook shows of an object, after checking it."""
    html = shown if isinstance(shown, str) else shown._repr_html_()
    assert "\x1b" not in html
    assert "\u202e" not in html
    for svg in re.findall(r"<svg.*?</svg>", html):
        ElementTree.fromstring(svg)
    return " ".join(Checked(html).texts)


def one_line(shown: object) -> str:
    text = repr(shown)
    assert text.isprintable()
    assert len(text) < 500
    return text


RECORDS = (
    EpochRecord(1, 2.5, 2.6, 0.05, 2.0, 1000.0),
    EpochRecord(2, 2.25, None, 0.03, 2.0, 1000.0),
    EpochRecord(3, 2.125, 2.5, 0.01, 2.0, 1000.0),
)


@pytest.fixture(scope="module")
def model() -> embed.Model:
    rng = np.random.default_rng(1)
    words = [HOSTILE, *(f"w{i}" for i in range(30))]
    sentences = [[words[i] for i in rng.integers(0, len(words), 12)] for _ in range(200)]
    options = {"dim": 16, "min_count": 1, "epochs": 3, "threads": 1, "subsample": 0, "progress": False}
    return embed.train(sentences, **options)


@pytest.fixture(scope="module")
def vectors() -> embed.WordVectors:
    words = [HOSTILE, *(f"w{i}" for i in range(60))]
    return embed.WordVectors(words, np.random.default_rng(2).normal(size=(61, 8)).astype(np.float32))


def test_whatever_is_not_html_is_escaped() -> None:
    assert escaped("<b>&\"'\n") == "&lt;b&gt;&amp;&quot;&#x27;\\n"
    assert escaped(Html("<b>")) == "<b>"
    assert escaped(escaped("<")) == "&lt;"
    shown = seen(table((HOSTILE,), [(HOSTILE, Html("<div>x</div>"))]) + facts([(HOSTILE, HOSTILE), ("no", None)]))
    assert shown.count("<script>") == 4
    assert "no" not in shown


def test_a_configuration_shows_what_differs_from_the_defaults() -> None:
    config = TrainConfig(dim=64, objective="cbow")
    assert repr(config) == "TrainConfig(objective='cbow', dim=64)"
    assert eval(repr(config), {"TrainConfig": TrainConfig}) == config
    assert seen(config) == "TrainConfig parameter value default objective 'cbow' 'sg' dim 64 100"
    assert repr(TrainConfig()) == "TrainConfig()"
    assert seen(TrainConfig()) == "TrainConfig all defaults"


def test_a_model_shows_its_training(model: embed.Model) -> None:
    assert one_line(model) == "<Model: 31 words x 16 dimensions, sg with n-grams, 3 epochs>"
    shown = seen(model)
    assert "2,400 of 2,400" in shown
    assert "loss (nats an example)" in shown
    assert "dim 16 100" in shown
    assert model.history == tuple(model.history)
    assert one_line(model.history).startswith("<History: 3 epochs, loss ")
    assert isinstance(embed.Model(model.config, model.vocabulary, model.parameters).history, History)
    assert "0 epochs" in seen(embed.Model(model.config, model.vocabulary, model.parameters))


def test_vectors_show_words_as_data(model: embed.Model, vectors: embed.WordVectors) -> None:
    assert one_line(vectors) == "<WordVectors: 61 words x 8 dimensions, words only>"
    shown = seen(vectors)
    assert "<script>alert('1')</script>\\x1b[2J\\n\\u20" in shown
    assert shown.count("w") < 20
    assert "..." in shown
    assert "most frequent words" in seen(model.vectors)
    long = embed.WordVectors(["x" * 10_000], np.ones((1, 4), np.float32))
    assert len(long._repr_html_()) < 1_000
    assert "float32" in seen(vectors)


def test_items_documents_and_senses_show_their_first() -> None:
    options = {"dim": 16, "epochs": 1, "threads": 1, "progress": False}
    items = embed.train_items([[HOSTILE, 2, ("a", 3)]] * 50, **options)
    assert one_line(items) == "<ItemVectors: 3 items x 16 dimensions>"
    assert "<script>alert" in seen(items)
    assert "('a', 3)" in seen(items)
    texts = [[HOSTILE, "b", "c"], ["b", "c", "d"]] * 20
    documents = embed.train_documents(texts, [f"<i>{n}" for n in range(40)], **options, min_count=1)
    assert isinstance(documents, DocumentModel)
    assert one_line(documents).startswith("<DocumentModel: 40 documents x 16 dimensions")
    assert "<i>0, <i>1" in seen(documents)
    assert "<i>0, <i>1" in seen(documents.documents)
    named = embed.WordVectors(["<b>bank#1", "<b>bank#2", "tree"], np.eye(3, 4, dtype=np.float32) + 0.1)
    senses = embed.SenseVectors.from_vectors(named)
    assert one_line(senses).startswith("<SenseVectors: ")
    assert "<b>bank (2)" in seen(senses)


def test_a_report_is_a_forest_plot(vectors: embed.WordVectors) -> None:
    words = [f"w{i}" for i in range(60)]
    pairs = [(a, b) for a, b in zip(words[::2], words[1::2], strict=True)] + [("none", "of these")]
    similar = SimilaritySet(f"s{HOSTILE}", tuple(pairs), tuple(float(i % 7) for i in range(len(pairs))))
    report = evaluate(vectors, similar, name=HOSTILE, resamples=50)
    assert one_line(report).startswith("<Report: <script>")
    shown = seen(report)
    assert "30 / 31" in shown
    assert report._repr_html_().count("<circle") == 2
    other = embed.WordVectors(vectors.words, vectors.matrix[::-1].copy())
    result = compare(vectors, other, similar, resamples=50, names=(HOSTILE, "B"))
    assert one_line(result).startswith("<Comparison: A = <script>")
    assert "B - A" in seen(result)


def test_a_report_of_senses_is_one_too() -> None:
    scores = {"Spearman": Score(50.0, 40.0, 60.0, 10), "Pearson": Score(45.0, None, None, 10)}
    result = SenseResult(HOSTILE, 12, 10, scores, scores, None, Settings(), "pairs")
    report = SenseReport(HOSTILE, (result,))
    assert one_line(report).startswith("<SenseReport: <script>")
    assert "50.0 [40.0, 60.0]" in one_line(report)
    assert "10 / 12" in seen(report)


def test_a_difference_that_may_be_zero_is_pale() -> None:
    marks = [
        Mark("unsure", "Spearman", Difference(1.0, -1.0, 3.0, 0.3, 10), "10 / 10"),
        Mark("sure", "Spearman", Difference(2.0, 1.0, 3.0, 0.01, 10), "10 / 10"),
        Mark("unknown", "Spearman", Difference(None, None, None, None, 0), "0 / 10"),
    ]
    html = forest(marks, "B - A", "used")
    assert re.findall(r'<circle[^>]*fill-opacity="([\d.]+)"', html) == ["0.45", "1"]
    assert "+1.0" in seen(html)
    assert headlines((mark.name, mark.of) for mark in marks) == (
        "unsure +1.0 [-1.0, +3.0], sure +2.0 [+1.0, +3.0], unknown - -"
    )
    assert headlines([("s", Score(1.0, 0.5, 1.5, 3))] * 9).endswith(", 5 more")


def test_marks_are_where_their_values_are() -> None:
    html = forest_mark(25.0, 20.0, 30.0, (0.0, 50.0))
    assert re.findall(r'cx="([\d.]+)"', html) == ["90.0"]
    assert re.findall(r'stroke-width="3"', html)
    ends = re.findall(r'x1="([\d.]+)"[^>]*x2="([\d.]+)"[^>]*stroke-width="3"', html)
    assert ends == [("73.0", "107.0")]


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([48.1, 66.9], (45.0, 70.0)),
        ([2.1, 2.9], (2.0, 3.0)),
        ([5.0], (4.0, 6.0)),
        ([0.0], (0.0, 1.0)),
        ([-3.0, -1.0], (-3.0, -1.0)),
        ([math.nan, math.inf], (0.0, 1.0)),
        ([], (0.0, 1.0)),
        ([1e300, -1e300], (-1e300, 1e300)),
    ],
)
def test_an_axis_ends_at_round_numbers(values: list[float], ends: tuple[float, float]) -> None:
    low, high = axis(values)
    assert low <= min(filter(math.isfinite, values), default=0.0)
    assert high >= max(filter(math.isfinite, values), default=0.0)
    assert low < high
    assert (low, high) == pytest.approx(ends, rel=0.3)


def test_a_history_is_a_curve(model: embed.Model) -> None:
    history = History(RECORDS)
    assert repr(history) == "<History: 3 epochs, loss 2.5 to 2.125, held-out loss 2.6 to 2.5>"
    assert history._repr_html_().count("<polyline") == 2
    assert "held-out" in seen(history)
    named = Curve(HOSTILE, RECORDS)
    assert one_line(named).startswith("<Curve: <script>")
    assert "<script>" in seen(named)
    assert seen(History(RECORDS[:1])).startswith("History: 1 epoch, loss 2.5, held-out loss 2.6")
    assert "polyline" not in History(RECORDS[:1])._repr_html_()
    assert seen(History()) == "History: 0 epochs"


def test_a_curve_skips_what_is_not_finite() -> None:
    html = curve([(HOSTILE, [(1, math.nan), (2, 1.0), (3, 1.0)]), ("none", [(1, math.inf)])], "x", "y")
    assert html.count("<polyline") == 1
    assert "nan" not in html
    assert "<script>" in seen(html)
    assert curve([("none", [(1, math.nan)])], "x", "y") == ""
