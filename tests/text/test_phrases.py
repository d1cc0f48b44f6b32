"""Phrases: the compiled counter against a plain definition and against gensim, files, training and the command."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed import TrainConfig, encode, learn_phrases, load_phrases, train
from embed.cli import main
from embed.corpora import open_corpus
from embed.demo import find_dump
from embed.errors import ConfigError, CorpusError, FormatError
from embed.text.phrases._phrases import PairCounter
from embed.text.phrases.learning import PhraseModel
from embed.text.phrases.phrase_model import ENGLISH_CONNECTOR_WORDS, SCORES, PhraseSettings

Sentences = list[list[str]]
Pair = tuple[str, ...]
NEW_YORK = [["i", "love", "new", "york", "city"], ["new", "york", "is", "big"], ["the", "city", "is", "new"]] * 10


def candidates(sentence: list[str], connectors: frozenset[str]) -> list[tuple[int, int]]:
    """Return where the pairs of a sentence begin and end."""
    places = [k for k, word in enumerate(sentence) if word not in connectors]
    return list(itertools.pairwise(places))


def plain_pass(sentences: Sentences, settings: PhraseSettings) -> dict[Pair, tuple[float, int]]:
    """Find the phrases of one pass by the definition."""
    connectors = frozenset(settings.connectors)
    words = Counter(word for sentence in sentences for word in sentence if word not in connectors)
    pairs = Counter(tuple(s[a : b + 1]) for s in sentences for a, b in candidates(s, connectors))
    tokens, scorer, found = sum(map(len, sentences)), SCORES[settings.score][0], {}
    for pair, count in pairs.items():
        if count >= settings.min_count:
            first, last = words[pair[0]], words[pair[-1]]
            score = scorer(first, last, count, len(words) + len(pairs), settings.min_count, tokens)
            if score > settings.threshold:  # type: ignore[operator]
                found[pair] = score, count
    return found


def plain_join(sentences: Sentences, phrases: dict[Pair, Any], settings: PhraseSettings) -> Sentences:
    joined = []
    for sentence in sentences:
        out, done = [], 0
        for a, b in candidates(sentence, frozenset(settings.connectors)):
            if a >= done and tuple(sentence[a : b + 1]) in phrases:
                out += [*sentence[done:a], settings.delimiter.join(sentence[a : b + 1])]
                done = b + 1
        joined.append(out + sentence[done:])
    return joined


def assert_as_plain(sentences: Sentences, model: PhraseModel) -> None:
    text = sentences
    for phrases in model.passes:
        expected = plain_pass(text, model.settings)
        assert {phrase.words: (phrase.score, phrase.count) for phrase in phrases} == expected
        text = plain_join(text, expected, model.settings)
    assert list(model.apply(sentences)) == text
    with encode(sentences, min_count=1, phrases=model.settings) as encoded:
        words, ids, offsets = encoded.vocabulary.words, encoded.ids, encoded.offsets
        read = [[words[i] for i in ids[offsets[s] : offsets[s + 1]]] for s in range(encoded.sentences)]
    assert read == [sentence for sentence in text if sentence]


@pytest.fixture(scope="module")
def articles() -> Sentences:
    pytest.importorskip("gensim")
    pytest.importorskip("mwparserfromhell")
    return list(open_corpus(find_dump(), lowercase=True))[:5000]


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "é", "日本", "of", "the", "a_b", "c d"]), max_size=12), min_size=1),
    st.sampled_from(sorted(SCORES)),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["_", "", "of", "::"]),
)
def test_learnt_phrases_match_the_definition(
    sentences: Sentences, score: str, passes: int, min_count: int, delimiter: str
) -> None:
    if not any(sentences):
        return
    threshold = -0.5 if score == "npmi" else 0.01
    settings = PhraseSettings(
        passes=passes,
        score=score,
        threshold=threshold,
        min_count=min_count,
        delimiter=delimiter,
        connectors=["of", "the"],
    )
    assert_as_plain(sentences, learn_phrases(sentences, settings))


@pytest.mark.parametrize("score", sorted(SCORES))
def test_real_text_in_three_passes(articles: Sentences, score: str) -> None:
    model = learn_phrases(articles, passes=3, score=score, connectors=ENGLISH_CONNECTOR_WORDS)
    assert all(model.passes[:2])  # the third may find nothing more
    assert_as_plain(articles, model)


@pytest.mark.parametrize("connectors", [(), ENGLISH_CONNECTOR_WORDS])
@pytest.mark.parametrize(("score", "theirs", "threshold"), [("discounted", "default", 10.0), ("npmi", "npmi", 0.5)])
def test_real_text_as_gensim(
    articles: Sentences, score: str, theirs: str, threshold: float, connectors: frozenset[str]
) -> None:
    from gensim.models.phrases import Phrases

    text = [[word for word in sentence if "_" not in word] for sentence in articles]
    model = learn_phrases(text, score=score, threshold=threshold, connectors=connectors)
    expected = Phrases(text, threshold=threshold, scoring=theirs, connector_words=frozenset(connectors)).freeze()
    found = {"_".join(phrase.words): phrase.score for phrase in model.passes[0]}
    assert found == pytest.approx(expected.phrasegrams, rel=1e-12)
    assert len(found) > 100
    assert list(model.apply(text)) == [expected[sentence] for sentence in text]


def test_phrases_of_several_blocks_are_joined_across_their_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embed.text.phrases.phrase_model._BLOCK", 3)
    settings = PhraseSettings(passes=2, min_count=2, threshold=0.1, connectors=["of"])
    sentences = [["state", "of", "of", "new", "york"], ["x"], ["new", "york"], ["state", "of", "of", "new"]] * 5
    assert_as_plain(sentences, learn_phrases(sentences, settings))


def test_a_bounded_table_never_counts_too_much_and_says_how_much_too_little() -> None:
    draw = random.Random(1)
    words = [f"w{n}" for n in range(2000)]
    sentences = [[words[int(draw.paretovariate(0.7)) % 2000] for _ in range(20)] for _ in range(2000)]
    exact = Counter((a, b) for s in sentences for a, b in itertools.pairwise(s))
    bound = 1000
    assert len(exact) > 3 * bound
    model = learn_phrases(sentences, max_pairs=bound, min_count=1, score="npmi", threshold=-1)
    (error,) = model.count_errors
    assert 0 < error <= 2 * exact.total() / bound
    found = {phrase.words: phrase.count for phrase in model.passes[0]}
    assert len(found) <= bound
    for pair, count in exact.items():
        assert count - error <= found.get(pair, 0) <= count  # type: ignore[call-overload]


def test_no_pair_spans_two_sentences_and_rare_words_may_be_in_phrases() -> None:
    model = learn_phrases([["a"], ["b"]] * 50, min_count=1, threshold=0.001)
    assert model.passes == ((),)
    settings = PhraseSettings(min_count=1, threshold=0.1)
    with encode([["x", "y", "z"], ["x", "y"]], min_count=2, phrases=settings) as encoded:
        assert encoded.vocabulary.words == ["x_y"]
        assert encoded.raw_tokens == 5


def test_a_phrase_spelt_like_a_word_is_that_word() -> None:
    settings = PhraseSettings(min_count=1, threshold=0.1)
    with encode([["a", "b"], ["a", "b"], ["a_b"]], min_count=1, phrases=settings) as encoded:
        assert dict(zip(encoded.vocabulary, encoded.vocabulary.counts.tolist(), strict=True)) == {"a_b": 3}


def test_saved_and_read_again_it_is_the_same_and_the_bytes_are(tmp_path: Path) -> None:
    for name in ("one", "two"):
        learn_phrases(NEW_YORK, threshold=0.3, connectors=["is"]).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    model = load_phrases(tmp_path / "one")
    assert model == learn_phrases(NEW_YORK, threshold=0.3, connectors=["is"])
    assert next(model.apply(NEW_YORK)) == ["i_love", "new_york", "city"]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "phrases"
    learn_phrases(NEW_YORK, threshold=0.3).save(path)
    data = path.read_bytes()
    for damaged, why in (
        (data[:-1], "checksum"),
        (data.replace(b"york", b"fork"), "checksum"),
        (data.replace(b"model 1 ", b"model 2 "), "version"),
        (b"{}", "not a phrase model"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(FormatError, match=why):
            load_phrases(path)
    with pytest.raises(FormatError, match="cannot read"):
        load_phrases(tmp_path / "none")


@pytest.mark.parametrize(
    "bad",
    [
        {"passes": 0},
        {"passes": True},
        {"score": "pmi"},
        {"threshold": 0},
        {"threshold": float("nan")},
        {"score": "npmi", "threshold": 2},
        {"min_count": 0},
        {"max_pairs": 0},
        {"delimiter": 1},
        {"delimiter": "\ud800"},
        {"connectors": "of"},
        {"connectors": [""]},
    ],
)
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        PhraseSettings(**bad)


def test_an_empty_corpus_is_refused() -> None:
    with pytest.raises(CorpusError, match="empty"):
        learn_phrases([[]])


def test_the_config_has_the_scores_and_thresholds_of_the_settings() -> None:
    for score in SCORES:
        settings = PhraseSettings.of(TrainConfig(phrases=2, phrase_score=score))
        assert settings == PhraseSettings(passes=2, score=score)
    assert PhraseSettings.of(TrainConfig()) is None


def test_training_joins_phrases_and_a_kept_corpus_knows_its_settings(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("".join(" ".join(sentence) + "\n" for sentence in NEW_YORK))
    settings: dict[str, Any] = {"dim": 16, "epochs": 1, "min_count": 1, "threads": 1, "encoded_dir": tmp_path / "kept"}
    prints = []
    for phrases in (1, 0, 1):
        model = train(text, phrases=phrases, phrase_threshold=0.3, progress=False, **settings)
        assert ("new_york" in model.vocabulary) == bool(phrases)
        prints.append(model.provenance.corpus_fingerprint)
    assert prints[0] == prints[2] != prints[1]


def test_the_command_learns_saves_applies_and_reapplies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, model, joined, again = (tmp_path / name for name in ("text", "model", "joined", "again"))
    text.write_text("".join(" ".join(sentence) + "\n" for sentence in NEW_YORK))
    flags = ["--phrase-threshold", "0.3", "--save", str(model), "--apply", str(joined)]
    assert main(["phrases", str(text), *flags, "-n", "1"]) == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert "i_love new_york city\n" in joined.read_text()
    assert main(["phrases", str(text), "--model", str(model), "--apply", str(again)]) == 0
    assert again.read_bytes() == joined.read_bytes()
    assert "\t20\tnew_york\n" in capsys.readouterr().out
    for refused in (
        ["-", "--apply", str(again)],
        [str(text), "--phrases", "0"],
        [str(text), "--model", str(model), "--phrase-min-count", "2"],
    ):
        assert main(["phrases", *refused]) == ConfigError.exit_code


def test_impossible_words_are_unchanged_and_other_values_refused() -> None:
    model = learn_phrases(NEW_YORK, threshold=0.3)
    long = "w" * 5000
    sentence = ["\ud800", "new", "york", "", long, "new", "\ud800", "york"]
    assert next(model.apply([sentence])) == ["\ud800", "new_york", "", long, "new", "\ud800", "york"]
    with pytest.raises(TypeError, match="must be a str, not int"):
        next(model.apply([["new", 7]]))  # type: ignore[list-item]


def test_words_of_every_length_are_told_apart_by_their_bytes() -> None:
    for length in range(1, 40):
        one, other = "a" * length, "a" * (length - 1) + "b"
        model = learn_phrases([[one, other]] * 5, min_count=1, threshold=0.01)
        text = [[one, other], [other, one], [one + "a", other], [one, other[:-1] or "c"]]
        assert list(model.apply(text)) == [[f"{one}_{other}"], *text[1:]]


def pairs_of(counter: PairCounter) -> dict[tuple[int, tuple[int, ...], int], int]:
    """Return the count of each pair: (left, connectors between, right)."""
    links = counter.links()

    def between(node: int) -> tuple[int, ...]:
        return (*between(links[node][0]), links[node][1]) if node else ()

    return {(left, between(node), right): count for left, right, node, count in counter.pairs(1).tolist()}


@pytest.mark.parametrize("most", [40, 10_000])
def test_tables_of_parts_join_to_that_of_the_whole(most: int) -> None:
    generator = np.random.default_rng(3)
    ids = (generator.pareto(0.7, 7000) * 2).astype(np.int32) % 60
    flags = (np.arange(60) < 3).astype(np.uint8)  # three connectors
    starts = np.arange(0, 7000, 7)
    whole, joined = PairCounter(10_000), PairCounter(most)

    def marked(numbers: Any) -> Any:
        numbers = numbers.copy()
        numbers[::7] |= np.int32(-(1 << 31))
        return numbers

    whole.count(marked(ids), flags)
    for first in starts[::200]:  # five parts, each with numbers of its own
        own = generator.permutation(60).astype(np.int32)
        part, own_flags = PairCounter(most), np.zeros(60, np.uint8)
        own_flags[own] = flags
        part.count(marked(own[ids[first : first + 1400]]), own_flags)
        joined.join(*part.table(), np.argsort(own).astype(np.int32), part.error)
    exact, found = pairs_of(whole), pairs_of(joined)
    assert any(key[1] for key in exact)
    if most == 10_000:
        assert joined.error == 0
        assert found == exact
        return
    assert len(found) <= most
    assert 0 < joined.error <= 2 * sum(exact.values()) / most
    assert all(exact[key] - joined.error <= count <= exact[key] for key, count in found.items())
    assert all(key in found for key, count in exact.items() if count > joined.error)
