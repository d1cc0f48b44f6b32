"""Vectors of whole documents, trained beside those of words (paragraph vectors).

:mod:`embed.documents.reading` turns files, tables and Python data into a stream of documents: words, and the tags whose
rows they train. What else stands on such vectors (training, inference, labels, codes of bits) has a module each.
"""

from __future__ import annotations

from embed.documents.reading import Document, Documents, open_documents

__all__ = ["Document", "Documents", "open_documents"]
