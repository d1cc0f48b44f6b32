r"""Write pairs of words as a synonym file of Solr and Elasticsearch.

Each line is two words with a comma between, which the engines take as equivalent (with their setting ``expand``, which
is on by default). The rules of the format are those of Lucene's ``SolrSynonymParser``: a line that begins with ``#`` is
a comment; ``=>`` separates two sides; a backslash takes its special meaning from the character after it; white space
at the ends of a word is dropped. So a word gets a backslash before each backslash and comma, before the ``=`` of a
``=>``, and before a ``#`` at its beginning. A word with spaces is a phrase.

Left out are words that a line cannot hold (with a line break, with white space or a control character at an end, or a
lone surrogate) and words without a letter or digit: an analyser removes punctuation, and then the engine refuses the
whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import get_args

from embed.arguments import choice
from embed.choices import PhraseDelimiter

__all__ = ["escape_synonym", "synonym_lines"]

_TO_ESCAPE = re.compile(r"[\\,]|=(?=>)|^#")
_UNWRITABLE = re.compile("[\n\r\ud800-\udfff]|^[\0- ]|[\0- ]$")  # Java trims every character up to the space


def escape_synonym(word: str) -> str:
    """Return `word` with a backslash before whatever has a meaning in a synonym file."""
    return _TO_ESCAPE.sub(r"\\\g<0>", word)


def synonym_lines(
    pairs: Iterable[tuple[str, str, float]], *, phrase_delimiter: PhraseDelimiter | None = None
) -> tuple[list[str], list[str]]:
    """Return the lines for pairs of words, without line breaks.

    Parameters
    ----------
    pairs : iterable of (word, word, cosine)
        As `embed.vectors.synonyms.mutual_neighbours` returns them.
    phrase_delimiter : str, optional
        What joins the words of a phrase in the vocabulary: ``"_"`` makes ``new_york`` the phrase ``new york``, as it
        stands in the texts that an engine searches.

    Returns
    -------
    lines : list of str
    left_out : list of str
        The words that the format cannot hold, or that an engine would refuse.

    Raises
    ------
    ConfigError
        `phrase_delimiter` is none of its choices.
    """
    if phrase_delimiter is not None:
        phrase_delimiter = choice("phrase_delimiter", phrase_delimiter, get_args(PhraseDelimiter))
    lines = []
    left_out: dict[str, None] = {}
    for a, b, _ in pairs:
        bad = [word for word in (a, b) if _UNWRITABLE.search(word) or not any(map(str.isalnum, word))]
        left_out.update(dict.fromkeys(bad))
        if not bad:
            words = [word if phrase_delimiter is None else _phrase(word, phrase_delimiter) for word in (a, b)]
            lines.append(", ".join(map(escape_synonym, words)))
    return lines, list(left_out)


def _phrase(word: str, delimiter: str) -> str:
    """Return the words that a delimiter joins, with spaces between; where no word stands between, it is a character."""
    words = word.split(delimiter)
    return " ".join(words) if all(words) else word
