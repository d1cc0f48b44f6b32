"""Default learning rates and gradients.

The rates are measured, not derived: docs/decisions/0002-default-learning-rates.md has the runs.
"""

from __future__ import annotations

from embed.choices import Composition, Gradient, Objective

__all__ = ["BINARY_RATIO", "CODE_NORM", "DOCUMENT_NORM", "GRADIENT_POWERS", "default_gradient", "default_rates"]

GRADIENT_POWERS: dict[Gradient, float] = {"exact": 1.0, "sqrt": 0.5, "historic": 0.0}
"""The gradient of a mean of n has the factor ``n ** -power``."""

BINARY_RATIO, DOCUMENT_NORM, CODE_NORM = 2.0, 2.4, 1.8
"""Input rate of codes over that of vectors, the longest vector of a document, and the length of a code
(docs/decisions/0034-documents.md)."""

# (output, input), by (objective, gradient, subword). An exact gradient divides by the number of averaged rows, so its
# input side needs the larger rate.
_MEAN_RATES: dict[tuple[Objective, Gradient, bool], tuple[float, float]] = {
    ("sg", "exact", False): (0.025, 0.025),
    ("sg", "sqrt", False): (0.025, 0.025),
    ("sg", "historic", False): (0.025, 0.025),
    ("cbow", "exact", False): (0.05, 0.4),
    ("cbow", "sqrt", False): (0.05, 0.2),
    ("cbow", "historic", False): (0.05, 0.05),
    ("sg", "exact", True): (0.05, 0.6),
    ("sg", "sqrt", True): (0.05, 0.14),
    ("sg", "historic", True): (0.05, 0.05),
    ("cbow", "exact", True): (0.05, 8.0),
    ("cbow", "sqrt", True): (0.05, 2.0),
    ("cbow", "historic", True): (0.05, 0.05),
    ("dbow", "exact", False): (0.0125, 0.1),
    ("dbow", "sqrt", False): (0.0125, 0.1),
    ("dbow", "historic", False): (0.0125, 0.1),
}
# The same for words that are sums of n rows, which move a word n times as far; by (objective, gradient).
_SUM_RATES: dict[tuple[Objective, Gradient], tuple[float, float]] = {
    ("sg", "exact"): (0.05, 0.0025),
    ("sg", "sqrt"): (0.05, 0.0025),
    ("sg", "historic"): (0.05, 0.0025),
    ("cbow", "exact"): (0.05, 0.02),
    ("cbow", "sqrt"): (0.05, 0.014),
    ("cbow", "historic"): (0.05, 0.01),
}


def default_gradient(objective: Objective, composition: Composition, *, subword: bool) -> Gradient:
    """Return the default gradient of a mean."""
    # skip-gram of words has no mean; with sums, CBOW's mean of the window keeps the exact gradient
    return "sqrt" if composition == "mean" and (subword or objective == "cbow") else "exact"


def default_rates(
    objective: Objective, gradient: Gradient, composition: Composition, *, subword: bool
) -> tuple[float, float]:
    """Return the default initial learning rates (output, input) for models with one output row per word."""
    if composition == "sum":
        return _SUM_RATES[objective, gradient]
    return _MEAN_RATES[objective, gradient, subword]
