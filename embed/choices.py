"""Declare every choice between a few words once, as a type.

A choice is a ``Literal``: an editor completes it, a type checker refuses other words, and the tuple below it gives the
words to checks, flags and messages. The meaning of each word is defined where it is used; a test compares those tables
with the types (tests/house/test_choices.py). This module imports nothing of the package, so that ``--help`` does not
import NumPy.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

__all__ = [
    "ANALOGY_METHODS",
    "CLASSIFIER_LOSSES",
    "DECODE_ERRORS",
    "DOCUMENT_FREEZES",
    "FREEZES",
    "HELD_OUT",
    "MODEL_FORMATS",
    "NAMED_SETS",
    "ON_BAD_WORD",
    "PARTNER_MEASURES",
    "PRESET_NAMES",
    "QUANTIZE_METHODS",
    "QUANTIZE_SCALES",
    "SENSE_SIMILARITIES",
    "TASK_NAMES",
    "TEXT_WEIGHTINGS",
    "TOKENIZERS",
    "VOCABULARIES",
    "WEIGHTINGS",
    "AnalogyMethod",
    "ClassifierLoss",
    "Composition",
    "ContextSide",
    "DecodeErrors",
    "DocumentFreeze",
    "Freeze",
    "Gradient",
    "KeptVocabulary",
    "Loss",
    "ModelFormat",
    "NamedSet",
    "Objective",
    "OnBadWord",
    "PartnerMeasure",
    "PhraseConnectors",
    "PhraseDelimiter",
    "PhraseScore",
    "PresetName",
    "QuantizeMethod",
    "QuantizeScale",
    "ScheduleName",
    "SenseSimilarity",
    "TaskName",
    "TextErrors",
    "TextWeighting",
    "TokenizerName",
    "Weighting",
    "WindowKind",
]

# what is trained, and how: fields of embed.config.TrainConfig
Objective = Literal["sg", "cbow", "dbow"]
Gradient = Literal["exact", "sqrt", "historic"]
Loss = Literal["ns", "hs"]
Composition = Literal["mean", "sum"]
WindowKind = Literal["dynamic", "fixed"]
ContextSide = Literal["both", "left", "right"]
ScheduleName = Literal["linear", "cosine", "constant"]

# how a classifier is trained: a field of embed.config.classifier.ClassifierConfig
ClassifierLoss = Literal["hs", "ns", "softmax", "ova"]
CLASSIFIER_LOSSES: Final[tuple[ClassifierLoss, ...]] = get_args(ClassifierLoss)

# phrases: fields of TrainConfig, and settings of embed.learn_phrases
PhraseScore = Literal["discounted", "word2phrase", "npmi"]
PhraseDelimiter = Literal["_", "__", "-", "+", "~", "="]
PhraseConnectors = Literal["none", "english"]

# how text is read: fields of TrainConfig
TokenizerName = Literal["whitespace", "words"]
TOKENIZERS: Final[tuple[TokenizerName, ...]] = get_args(TokenizerName)
TextErrors = Literal["strict", "replace", "skip"]

# what a continued training keeps: embed.continue_training
KeptVocabulary = Literal["old", "union"]
VOCABULARIES: Final[tuple[KeptVocabulary, ...]] = get_args(KeptVocabulary)
Freeze = Literal["none", "old", "outputs"]
FREEZES: Final[tuple[Freeze, ...]] = get_args(Freeze)
DocumentFreeze = Literal["none", "all"]
DOCUMENT_FREEZES: Final[tuple[DocumentFreeze, ...]] = get_args(DocumentFreeze)

# how much to train: embed.config.presets
PresetName = Literal["auto", "small", "medium", "large"]
PRESET_NAMES: Final[tuple[PresetName, ...]] = get_args(PresetName)

# how a file of vectors is read and written: embed.load and embed.save
DecodeErrors = Literal["strict", "replace"]
DECODE_ERRORS: Final[tuple[DecodeErrors, ...]] = get_args(DecodeErrors)
ModelFormat = Literal["native", "fasttext"]
MODEL_FORMATS: Final[tuple[ModelFormat, ...]] = get_args(ModelFormat)
OnBadWord = Literal["refuse", "escape"]
ON_BAD_WORD: Final[tuple[OnBadWord, ...]] = get_args(OnBadWord)

# how vectors are quantised: embed.vectors.quantize
QuantizeMethod = Literal["int8", "binary", "pq"]
QUANTIZE_METHODS: Final[tuple[QuantizeMethod, ...]] = get_args(QuantizeMethod)
QuantizeScale = Literal["row", "column"]
QUANTIZE_SCALES: Final[tuple[QuantizeScale, ...]] = get_args(QuantizeScale)

# how vectors are scored: embed.eval, and WordVectors.analogy
AnalogyMethod = Literal["3cosadd", "3cosmul"]
ANALOGY_METHODS: Final[tuple[AnalogyMethod, ...]] = get_args(AnalogyMethod)
NamedSet = Literal["google", "wordsim353", "simlex999"]
NAMED_SETS: Final[tuple[NamedSet, ...]] = get_args(NamedSet)
TaskName = Literal["tag", "classify", "sts"]
TASK_NAMES: Final[tuple[TaskName, ...]] = get_args(TaskName)
TextWeighting = Literal["mean", "sif"]
TEXT_WEIGHTINGS: Final[tuple[TextWeighting, ...]] = get_args(TextWeighting)
HELD_OUT: Final = "held-out"
"""What a search for parameters may be for, besides test sets."""

# how the partner of a word in another space is found: embed.align
PartnerMeasure = Literal["CSLS", "cosine"]
PARTNER_MEASURES: Final[tuple[PartnerMeasure, ...]] = get_args(PartnerMeasure)

# how the words of a document weigh: embed.compat.sklearn
Weighting = Literal["mean", "sif", "tfidf"]
WEIGHTINGS: Final[tuple[Weighting, ...]] = get_args(Weighting)

# how alike words with senses are: embed.senses.similarity
SenseSimilarity = Literal["avgSim", "avgSimC", "localSim", "maxSim"]
SENSE_SIMILARITIES: Final[tuple[SenseSimilarity, ...]] = get_args(SenseSimilarity)
