"""Score word vectors on test sets and in tasks, with intervals and a stated protocol.

:func:`evaluate` scores one set of vectors on similarity and analogies, :func:`compare` tests two against each other;
:func:`evaluate_task` and :func:`compare_tasks` do so for tasks such as tagging. They access vectors only
through the small :class:`Vectors` protocol, so any vectors can be scored. :func:`evaluate_sense_induction` and
:func:`evaluate_scws` score models of senses through one function each. docs/evaluation.md describes the computations.
"""

from __future__ import annotations

from .compare import Comparison, compare
from .extrinsic import compare_tasks, evaluate_task
from .protocol import METHODS, Settings, Vectors
from .recommend import Recommendation, evaluate_recommend
from .report import Report, evaluate
from .senses import (
    ContextPair,
    ContextSet,
    InductionSet,
    Instance,
    PseudoWords,
    SenseReport,
    SenseResult,
    evaluate_scws,
    evaluate_sense_induction,
    load_induction_sets,
    load_scws,
    make_pseudo_words,
)
from .sets import NAMED_SETS, AnalogySet, SimilaritySet, load_folder, load_set, load_sets
from .tasks import TASKS, Classify, Sts, Tag, Task

__all__ = [
    "METHODS",
    "NAMED_SETS",
    "TASKS",
    "AnalogySet",
    "Classify",
    "Comparison",
    "ContextPair",
    "ContextSet",
    "InductionSet",
    "Instance",
    "PseudoWords",
    "Recommendation",
    "Report",
    "SenseReport",
    "SenseResult",
    "Settings",
    "SimilaritySet",
    "Sts",
    "Tag",
    "Task",
    "Vectors",
    "compare",
    "compare_tasks",
    "evaluate",
    "evaluate_recommend",
    "evaluate_scws",
    "evaluate_sense_induction",
    "evaluate_task",
    "load_folder",
    "load_induction_sets",
    "load_scws",
    "load_set",
    "load_sets",
    "make_pseudo_words",
]
