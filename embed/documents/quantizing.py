"""Quantise a classifier: drop its short rows, train the others further if there is a text, and write bytes for numbers.

:mod:`embed.formats.fasttext_quantize` does what needs no training.
"""

from __future__ import annotations

from embed.config.classifier import ClassifierConfig, QuantizeConfig
from embed.documents.classifier import retrain_classifier
from embed.formats.fasttext_file import FastTextFile
from embed.formats.fasttext_quantize import check_rows, cut_off, quantised
from embed.training.progress import Progress

__all__ = ["quantize_classifier"]


def quantize_classifier(
    file: FastTextFile,
    config: QuantizeConfig,
    *,
    text: bytes | None = None,
    training: ClassifierConfig | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> FastTextFile:
    """Return a classifier in fewer bytes.

    Parameters
    ----------
    file : FastTextFile
    config : QuantizeConfig
    text, training : bytes, ClassifierConfig, optional
        Lines with labels, on which the rows that a cutoff leaves are trained further; see
        :func:`embed.documents.classifier.retrain_classifier`.
    threads : int, optional
        Default: the processors this process may use.
    progress : Progress, optional
        Follows the training.

    Raises
    ------
    FormatError
        The file holds word vectors, is quantised already, or has a row that is not finite.
    ConfigError
        A matrix has, or would have, fewer than 256 rows, or no word would be left.
    CorpusError, DivergenceError
        The training fails.
    """
    check_rows(file, config)
    left = cut_off(file, config.cutoff)
    if text is not None and training is not None and left is not file:
        left = retrain_classifier(left, text, training, progress=progress)
    return quantised(left, config, threads=threads)
