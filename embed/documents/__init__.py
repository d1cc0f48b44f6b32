"""Vectors of whole documents, trained beside those of words (paragraph vectors).

:mod:`embed.documents.reading` turns files, tables and Python data into a stream of documents: words, and the tags whose
rows they train. :mod:`embed.documents.train` trains them, :mod:`embed.documents.model` holds the result, and
:mod:`embed.documents.inference` finds the vectors of new documents. What else stands on such vectors (labels, codes of
bits) has a module each. :mod:`embed.documents.classifier` trains fastText's classifiers.
"""

from __future__ import annotations

from embed.documents.continuing import continue_documents
from embed.documents.model import DocumentModel, DocumentVectors
from embed.documents.reading import Document, Documents, open_documents
from embed.documents.train import DOCUMENT_DEFAULTS, train_documents

__all__ = [
    "DOCUMENT_DEFAULTS",
    "Document",
    "DocumentModel",
    "DocumentVectors",
    "Documents",
    "continue_documents",
    "open_documents",
    "train_documents",
]
