"""Hostile arguments of the public functions: taken for what they stand for, or refused in a sentence."""

from __future__ import annotations

import decimal
import fractions
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embed
from embed import TrainConfig, WordVectors
from embed.arguments import choice, file_path, listed, plain, real_number, shown, text, whole_number
from embed.config.train import MOST_TOML_BYTES, MOST_TOML_DOTS, parameters
from embed.errors import AdviceWarning, ConfigError, CorpusError, EmbedError
from embed.formats.synonyms import synonym_lines
from embed.model.parameters import padded_matrix
from embed.vectors import postprocess, quantize
from embed.vectors.pruning import prune_ngrams
from embed.vectors.sentences import sentence_vectors
from embed.vectors.synonyms import mutual_neighbours

pytestmark = pytest.mark.filterwarnings("ignore::embed.errors.AdviceWarning")


def _deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    return value


HOSTILE: dict[str, Any] = {
    "None": None,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "-1": -1,
    "1.5": 1.5,
    "an integer of 5,001 digits": 10**5000,
    "2**63": 2**63,
    "a text": "x",
    "an empty text": "",
    "bytes": b"x",
    "NUL": "a\0b",
    "a lone surrogate": "\ud800",
    "100,000 letters": "y" * 100_000,
    "one number in an array": np.array([1.0]),
    "a matrix": np.ones((2, 2)),
    "an array of no dimension": np.array(1.0),
    "True": True,
    "a signalling NaN": decimal.Decimal("sNaN"),
    "a decimal": decimal.Decimal("0.5"),
    "a fraction": fractions.Fraction(1, 3),
    "a complex number": 1j,
    "a list": [1],
    "a dictionary": {},
    "lists in lists": _deep(),
    "an object": object(),
    "a class": int,
}
TEXT = [["a", "b", "c", "d"]] * 60
GRAPH = {"dim": 16, "threads": 1, "progress": False, "walks": 2, "walk_length": 5}
FAST = {"dim": 16, "epochs": 1, "threads": 1, "progress": False, "min_count": 1}


def attempt(call: Callable[[], object]) -> None:
    """Let a call end well or in an error of one sentence."""
    try:
        call()
    except EmbedError as error:
        message = str(error)
        assert message
        assert "\n" not in message
        assert len(message) < 700


@pytest.mark.parametrize("name", [name for name, _, _ in parameters()])
def test_every_parameter_of_a_configuration(name: str) -> None:
    for value in HOSTILE.values():
        attempt(lambda value=value: TrainConfig(**{name: value}))  # type: ignore[misc]


def test_numbers_of_other_types_are_taken_and_arrays_are_not() -> None:
    config = TrainConfig(lr=decimal.Decimal("0.05"), dim=np.int8(50), subsample=fractions.Fraction(1, 1000))
    assert (config.lr, config.dim, config.subsample) == (0.05, 50, 0.001)
    config = TrainConfig(lr=np.array(0.05), lowercase=np.True_, tokenizer=np.str_("words"))
    assert (type(config.lr), config.lowercase, type(config.tokenizer)) == (float, True, str)
    for wrong in (np.array([0.05]), np.ones((1, 1)), [0.05], "0.05", True, 1j, float):
        with pytest.raises(ConfigError, match=r"^lr must be of type float, not "):
            TrainConfig(lr=wrong)
    for wrong in (np.array([50]), 50.0, "50", True, decimal.Decimal(50), int):
        with pytest.raises(ConfigError, match=r"^dim must be of type int, not "):
            TrainConfig(dim=wrong)


@pytest.fixture(scope="module")
def model() -> embed.Model:
    return embed.train(TEXT, **FAST, subword=True, buckets=50)


def _calls(model: embed.Model, folder: Path) -> dict[str, Callable[[Any], object]]:
    vectors, plainly = model.vectors, WordVectors(["a", "b", "c"], np.eye(3, dtype=np.float32))
    items = embed.train_items([["x", "y", "z"]] * 20, dim=16, epochs=1, threads=1, progress=False, min_count=1)
    replicates = embed.Replicates([vectors, vectors])
    phrases = embed.learn_phrases([["new", "york"]] * 20, min_count=1, threshold=0.001)

    def train(**more: Any) -> object:
        return embed.train(TEXT, **{**FAST, **more})

    return {
        **{
            f"train({name}=)": lambda value, name=name: train(**{name: value})
            for name in ("config", "preset", "column", "encoded_dir", "checkpoint_every", "checkpoint_keep", "resume")
        },
        "train(checkpoint=)": lambda value: isinstance(value, str) and train(checkpoint=value),
        "train(time_budget=)": lambda value: train(epochs=None, time_budget=value),
        "train(corpus)": lambda value: embed.train(value, **FAST),
        "train([sentence])": lambda value: embed.train([value], **FAST),
        "train([[word]])": lambda value: embed.train([[value, "a", "b"]] * 9, **FAST),
        "encode(corpus)": lambda value: embed.encode(value).close(),
        "encode(min_count=)": lambda value: embed.encode(TEXT, min_count=value).close(),
        "encode(max_vocab=)": lambda value: embed.encode(TEXT, max_vocab=value).close(),
        "encode(phrases=)": lambda value: embed.encode(TEXT, phrases=value).close(),
        "encode(directory=)": lambda value: embed.encode(TEXT, directory=value).close(),
        "TextCorpus(source)": embed.TextCorpus,
        "TextCorpus(decode_errors=)": lambda value: embed.TextCorpus("t.txt", decode_errors=value),
        "learn_phrases(settings)": lambda value: embed.learn_phrases(TEXT, value),
        **{
            f"learn_phrases({name}=)": lambda value, name=name: embed.learn_phrases(TEXT, **{name: value})
            for name in ("passes", "score", "threshold", "min_count", "delimiter", "max_pairs", "connectors")
        },
        "PhraseModel.save": phrases.save,
        "load_phrases": embed.load_phrases,
        "train_items(sequences)": lambda value: embed.train_items(value, **FAST),
        "train_items(config=)": lambda value: embed.train_items([["x", "y"]] * 9, value, progress=False),
        "train_graph(source)": lambda value: embed.train_graph(value, **GRAPH),
        "train_graph([edge])": lambda value: embed.train_graph([("a", "b"), value], **GRAPH),
        "train_graph([(node, node)])": lambda value: embed.train_graph([("a", value)], **GRAPH),
        "train_graph([(node, node, weight)])": lambda value: embed.train_graph([("a", "b", value)], **GRAPH),
        **{
            f"train_graph({name}=)": lambda value, name=name: embed.train_graph([("a", "b")], **{**GRAPH, name: value})
            for name in ("config", "p", "q", "directed", "columns", "delimiter")
        },
        "train_graph(walks=)": lambda value: embed.config.graph.WalkConfig(walks=value),
        "train_graph(walk_length=)": lambda value: embed.config.graph.WalkConfig(walk_length=value),
        "ItemVectors.nearest(item)": items.nearest,
        "ItemVectors.nearest(n=)": lambda value: items.nearest("x", value),
        "ItemVectors.nearest_to_all": items.nearest_to_all,
        "ItemVectors.recommend": items.recommend,
        "ItemVectors.recommend(n=)": lambda value: items.recommend(["x"], value),
        "ItemVectors(outputs=)": lambda value: embed.ItemVectors(["x"], [[1, 2]], outputs=value),
        "ItemVectors(noise_exponent=)": lambda value: embed.ItemVectors(["x"], [[1, 2]], noise_exponent=value),
        "evaluate_recommend(sequences)": lambda value: embed.eval.evaluate_recommend(items, value),
        "evaluate_recommend([sequence])": lambda value: embed.eval.evaluate_recommend(items, [["x", "y"], value]),
        "evaluate_recommend(k=)": lambda value: embed.eval.evaluate_recommend(items, [["x", "y"]], k=value),
        "ItemVectors.save": items.save,
        "ItemVectors.load": embed.ItemVectors.load,
        "load(path)": embed.load,
        "load(format=)": lambda value: embed.load(folder / "v.txt", value),
        "save(vectors)": lambda value: embed.save(value, folder / "w.txt"),
        "save(path)": lambda value: embed.save(plainly, value, "text"),
        "save(format=)": lambda value: embed.save(plainly, folder / "w.txt", value),
        "save_model(model)": lambda value: embed.save_model(value, folder / "m.embed"),
        "save_model(path)": lambda value: embed.save_model(model, value),
        "save_model(format=)": lambda value: embed.save_model(model, folder / "m.embed", value),
        "load_model": embed.load_model,
        "Vocabulary.save": model.vocabulary.save,
        "WordVectors(words)": lambda value: WordVectors(value, np.ones((1, 2))),
        "WordVectors(matrix)": lambda value: WordVectors(["a"], value),
        "WordVectors(counts=)": lambda value: WordVectors(["a"], np.ones((1, 2)), counts=value),
        "vectors[word]": lambda value: value is not None and vectors[value],
        "word in vectors": lambda value: value in vectors,
        "get": vectors.get,
        "index": vectors.index,
        "vector": vectors.vector,
        "vectors": vectors.vectors,
        "unit": vectors.unit,
        "similarity": lambda value: vectors.similarity("a", value),
        "nearest(query)": vectors.nearest,
        "nearest([query])": lambda value: vectors.nearest([value, "a"]),
        "nearest(n=)": lambda value: vectors.nearest("a", value),
        "nearest(top=)": lambda value: vectors.nearest("a", top=value),
        "nearest(among=)": lambda value: vectors.nearest("a", among=value),
        "nearest(least=)": lambda value: vectors.nearest("a", least=value),
        "nearest_batch": vectors.nearest_batch,
        "nearest_batch(n=)": lambda value: vectors.nearest_batch(["a"], value),
        "analogy(a)": lambda value: vectors.analogy(value, "b", "c"),
        "analogy(positive=)": lambda value: vectors.analogy(positive=value),
        "analogy(negative=)": lambda value: vectors.analogy(positive=["a"], negative=value),
        "analogy(method=)": lambda value: vectors.analogy("a", "b", "c", method=value),
        "analogy(among=)": lambda value: vectors.analogy("a", "b", "c", among=value),
        "scores": vectors.scores,
        **{
            f"replicate({name}=)": lambda value, name=name: embed.replicate(
                TEXT, **{**FAST, "replicates": 2, name: value}
            )
            for name in ("replicates", "config")
        },
        "replicate(output=)": lambda value: isinstance(value, str) and embed.replicate(value, output=value, **FAST),
        "Replicates(members)": embed.Replicates,
        "Replicates.load": embed.Replicates.load,
        "Replicates.save": replicates.save,
        "Replicates.nearest(query)": replicates.nearest,
        "Replicates.nearest(n=)": lambda value: replicates.nearest("a", value),
        "Replicates.nearest(confidence=)": lambda value: replicates.nearest("a", confidence=value),
        "Replicates.nearest(among=)": lambda value: replicates.nearest("a", among=value),
        "Replicates.nearest(least=)": lambda value: replicates.nearest("a", least=value),
        "Replicates.similarity": lambda value: replicates.similarity("a", value),
        "Replicates.analogy(positive=)": lambda value: replicates.analogy(positive=value),
        "odd_one_out": vectors.odd_one_out,
        "close_spellings": vectors.close_spellings,
        "rows_of": vectors.rows_of,
        "mutual_neighbours(vectors)": mutual_neighbours,
        "mutual_neighbours(n)": lambda value: mutual_neighbours(vectors, value),
        "mutual_neighbours(least=)": lambda value: mutual_neighbours(vectors, least=value),
        "mutual_neighbours(top=)": lambda value: mutual_neighbours(vectors, top=value),
        "synonym_lines(phrase_delimiter=)": lambda value: synonym_lines([("a", "b", 1)], phrase_delimiter=value),
        "save(run_card=)": lambda value: embed.save(plainly, folder / "v.model2vec", run_card=value),
        "center": postprocess.center,
        "all_but_the_top(vectors)": lambda value: postprocess.all_but_the_top(value, 1),
        "all_but_the_top(components)": lambda value: postprocess.all_but_the_top(vectors, value),
        "pca": lambda value: postprocess.pca(vectors, value),
        "postprocess(vectors)": lambda value: postprocess.postprocess(value, "center"),
        "postprocess(specification)": lambda value: postprocess.postprocess(vectors, value),
        "sif": lambda value: postprocess.sif(vectors, value),
        "unit_length": postprocess.unit_length,
        "sentence_vectors(texts)": lambda value: sentence_vectors(value, vectors),
        "sentence_vectors(vectors)": lambda value: sentence_vectors(["a b"], value),
        "sentence_vectors(remove_common=)": lambda value: sentence_vectors(["a b"], vectors, remove_common=value),
        "quantizer(method)": quantize.quantizer,
        "quantizer(scale=)": lambda value: quantize.quantizer("int8", scale=value)(vectors.matrix, True),
        "quantizer(row_bytes=)": lambda value: quantize.quantizer("pq", row_bytes=value)(vectors.matrix, True),
        "quantizer(seed=)": lambda value: quantize.quantizer("pq", seed=value)(vectors.matrix, True),
        "prune_ngrams(vectors)": prune_ngrams,
        "prune_ngrams(keep=)": lambda value: prune_ngrams(vectors, value),
    }


def test_every_public_function(model: embed.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.txt").write_text("a 1 2\n")
    wrong = []
    calls = _calls(model, tmp_path)
    for call, function in calls.items():
        for name, value in HOSTILE.items():
            try:
                attempt(lambda function=function, value=value: function(value))  # type: ignore[misc]
            except BaseException as error:
                wrong.append(f"{call} with {name}: {type(error).__name__}: {error!s:.200}")
    assert not wrong, "\n".join(wrong)
    assert len(calls) > 75


def test_a_closed_corpus_is_refused() -> None:
    encoded = embed.encode(TEXT, min_count=1)
    encoded.close()
    with pytest.raises(CorpusError, match="the encoded corpus is closed: encode the text again"):
        embed.train(encoded, objective="sg", epochs=1, threads=1, progress=False)


def test_a_matrix_beyond_memory_is_refused_with_its_size() -> None:
    sentence = (
        r"not enough memory for a matrix of 4,\d+,\d+,\d+,\d+ x 16,384 numbers \([\d,.]+ GiB\): lower buckets, dim or"
    )
    with pytest.raises(ConfigError, match=sentence):
        padded_matrix(4 << 40, 16_384)
    with pytest.raises(ConfigError, match=r"lower buckets, dim or max_vocab"):
        padded_matrix(1 << 60, 16_384)


def test_checks_return_plain_values() -> None:
    assert whole_number("n", np.uint8(3), 1) == 3
    assert type(whole_number("n", np.uint8(3), 1)) is int
    assert real_number("x", fractions.Fraction(1, 2), above=0) == 0.5
    assert type(choice("c", np.str_("a"), ("a", "b"))) is str
    assert type(text("t", np.str_("a"))) is str
    assert listed("words", np.array(["a", "b"]), "words") == ["a", "b"]
    assert file_path("path", Path("a") / "b") == str(Path("a") / "b")
    assert plain("1", int) == "1"
    assert shown("a\nb") == "'a\\nb'"
    for call, sentence in (
        (lambda: whole_number("n", 1.0, 1, 5), "n must be a whole number from 1 to 5, not 1.0"),
        (lambda: whole_number("n", 0, 1), "n must be a whole number of at least 1, not 0"),
        (lambda: real_number("x", 0, above=0), "x must be a number above 0, not 0"),
        (lambda: real_number("x", float("nan")), "x must be a finite number, not nan"),
        (lambda: choice("c", [], ("a", "b")), "c must be 'a' or 'b', not []"),
        (lambda: file_path("path", 5), "path must be a path, not 5 of type int"),
    ):
        with pytest.raises(ConfigError, match=f"^{re.escape(sentence)}$"):
            call()


def test_advice_still_warns() -> None:
    with pytest.warns(AdviceWarning, match="dim is 2"):
        TrainConfig(dim=np.int64(2))


@pytest.mark.parametrize(
    "content",
    [
        b"a" + b".a" * 8000 + b" = 1\n",
        b'"a"' + b" . 'a'" * 8000 + b" = 1\n",
        b"[a" + b".a" * 8000 + b"]\n",
        b"dim = 50\nx = {a" + b".b" * 8000 + b" = 1}\n",
        b"dim = 50\n" * 8000,
        b"#" * (MOST_TOML_BYTES + 1),
    ],
)
def test_a_configuration_is_bounded_before_it_is_parsed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(
        ConfigError, match=r"run\.toml: not valid TOML: (longer than 65536 bytes|line \d has more than 256 dots)$"
    ):
        TrainConfig.from_toml(path)
    path.write_bytes(b"# " + b"." * MOST_TOML_DOTS + b"\nlr = 0.1\n")
    assert TrainConfig.from_toml(path).lr == 0.1
