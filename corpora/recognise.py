"""Recognise from the beginning of a file whether it is running text, a MediaWiki dump, or markup or data.

JSON, HTML, XML, tables and vectors are valid text, and a model would train on their tags and field names without
complaint. Certain cases (a document type, JSON that parses, a table by name and content, rows of vectors) are refused
with advice; likely cases (many tags, a table by content alone) cause a warning. Prose, verse, subtitles, tweets, logs
and program text cause neither. To train on markup, pass sentences, which are not inspected.

Rejected: the ending of the name alone (pipes have none, and ``.json.gz`` is JSON), :class:`csv.Sniffer` (finds a
delimiter in any prose), a share of punctuation (differs between languages and kinds of text).
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath
from typing import Literal

from embed.choices import TextErrors
from embed.errors import CorpusError, MissingExtraError, advise
from embed.files.inputs import Input
from embed.files.kinds import foreign_kind
from embed.files.remote import is_remote
from embed.messages import listed, option, printable

from .parquet import ParquetFile

__all__ = ["JSON_ENDINGS", "SEPARATORS", "SNIFF_BYTES", "advise_of_clauses", "check_text", "ending_of", "is_mediawiki"]

SNIFF_BYTES = 1 << 14
"""The number of decompressed bytes that are inspected."""
SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
"""The delimiter of a table, by the ending of its name."""
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_ENOUGH_BYTES = 64
"""In fewer bytes, shares mean nothing."""
_MOST_CONTROLS, _MOST_NULS, _MOST_INVALID = 0.1, 0.25, 0.4
_MANY_INVALID = 0.02
"""A larger share is likely to be the umlauts and accents of an older encoding."""
_CONVERT = "convert it first, for example with: iconv -f ENCODING -t UTF-8"
_EXTRACT = "extract its text first"
_MOST_TAGS, _ENDING_TAGS = 0.15, 5
"""A larger share of characters in tags, with at least as many closing tags, is markup."""
_ROWS = 20
"""The number of lines that are inspected for a table or vectors."""
_LEAST_ROWS, _LEAST_NUMBERS = 3, 8
_LONGEST_NAME = 40
_DELIMITERS = ("\t", ",", ";", "|")
_NAMES = {"\t": "tab"}

# A comment ends at its first "-->"; otherwise the number of ways to match a row of comments would double with each.
_MEDIAWIKI = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<mediawiki[\s>]", re.DOTALL)
_MARKUP = re.compile(r"<(?:(!doctype\s+html|html[\s>]|head>|body[\s>])|!doctype\s|\?xml\s)", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:._-]{0,30})(?:\s[^<>]{0,500})?/?>")
_SENTENCE_MARKS = frozenset(("s", "S", "BOS", "EOS", "PAD", "unk", "UNK"))
"""Tokens of language models, which look like tags."""
_MOST, _MANY_ROWS = 0.9, 80
"""The share of lines of one form above which a file is not prose; the number of lines inspected."""
_BESIDE_TOKENS = ("#", "-DOCSTART-", "<s>", "</s>")
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"[ \t]*,?')
_ELEMENT = re.compile(r"\s*<(?!s>|BOS>)([A-Za-z][\w:.-]{0,30})(?:\s[^<>]{0,500})?>.*</\1>")
_TAGGED = re.compile(r"\S+(?: \S+){1,8} (?:[BIESLU]-\S+|O)")
"""A token with its tags, as in the named-entity data of CoNLL 2003."""
_TOKENS = "tagged tokens, one a line (CoNLL); write the words of each sentence on one line"
_REPEATS = 4
"""The least average number of occurrences of a tag in its column."""
_SIZES = re.compile(r"\d{1,9}[ \t]+\d{1,6}[ \t]*\r?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?\d+(?:[eE][+-]?\d+)?")
_COLUMN_NAME = re.compile(r"[^\W\d][\w .:/()#-]{0,39}")
_TEXT_COLUMN = re.compile(
    "abstract|answer|article|body|caption|comment|content|description|document|headline|lyrics|message|narration|"
    "paragraph|plot|post|question|quote|review|sentence|source|summary|target|text|title|transcript|translation|tweet|"
    "utterance",
    re.IGNORECASE,
)
"""Common names of text columns."""
_CONTROLS = bytes([*range(1, 9), *range(14, 27), *range(28, 32), 127])
_VECTORS = "a file of vectors, not text; name a text file to train on"
_UNBROKEN = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f\U00020000-\U0003ffff]+")
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9f]")
"""Runs of letters in scripts that are written without spaces."""
_THAI = ("Thai (or Lao, Burmese, Khmer)", "pythainlp")
_CHINESE, _JAPANESE = ("Chinese", "jieba"), ("Japanese", "fugashi")
"""Languages, and who segments them."""
_LEAST_SHARE, _LONGEST_MEAN = 0.3, 6
"""The share of a text that such runs have at least, and their mean length when words are whole clauses."""
_OUR_MARK = re.compile(rb'[\s\S]{8}\{[\s\S]{0,4000}"(?:format"\s*:\s*"train-embeddings|data_offsets)"')
_FASTTEXT = b"\xba\x16\x4f\x2f"
_PARQUET = re.compile(rb"PAR1[\x00-\x1f\x80-\xff]")
_ARROW = (b"ARROW1\0\0", b"FEA1\0")


def ending_of(path: str) -> str:
    """Return the ending of a path or URL in lower case, ignoring the ending of a compression."""
    path = re.split("[?#]", path)[0] if is_remote(path) else path
    suffixes = [suffix.lower() for suffix in PurePath(path).suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def is_mediawiki(start: bytes) -> bool:
    """Return whether a file with this beginning is a MediaWiki XML dump."""
    return _MEDIAWIKI.match(start) is not None


def check_text(file: Input, decode_errors: TextErrors) -> None:
    """Check the beginning of a file that will be read as running text.

    Raises
    ------
    CorpusError
        The file is a model, a table, JSON, HTML, XML, binary, or text in another encoding.

    Warns
    -----
    AdviceWarning
        The file is probably one of these.
    """
    start = file.peek(SNIFF_BYTES)
    if _PARQUET.match(start):
        raise CorpusError(f"{file.name} is {_parquet(file)}")
    text = start.removeprefix(codecs.BOM_UTF8).decode(errors="ignore")
    is_whole = len(start) < SNIFF_BYTES
    refused = (
        _marked(start)
        or _vectors(text)
        or _garbage(start, decode_errors)
        or _json(text, is_whole)
        or _markup(start, text)
        or _table(text, file.path)
    )
    if refused:
        raise CorpusError(f"{file.name} is {refused}")
    likely = (
        _encoding(start, decode_errors)
        or _tags(text)
        or _table_by_content(text)
        or _table_by_name(text, file.path)
        or _same_lines(text.split("\n")[: None if is_whole else -1])
    )
    if likely:
        advise(f"{file.name} looks like {likely}")


def advise_of_clauses(file: Input, tokenizer: str) -> None:
    """Warn if the words of a text in a script without spaces would be whole clauses.

    The Unicode rules of the tokenizer ``words`` cut Chinese and Japanese at each character, and Thai nowhere.
    """
    text = file.peek(SNIFF_BYTES).decode(errors="ignore")
    for script, languages in ((_UNBROKEN, _THAI), (_IDEOGRAPHS, _CHINESE if _KANA.search(text) is None else _JAPANESE)):
        runs = script.findall(text)
        letters = sum(map(len, runs))
        is_clauses = letters > _LEAST_SHARE * len("".join(text.split())) and letters > _LONGEST_MEAN * len(runs)
        if is_clauses and (tokenizer == "whitespace" or script is _UNBROKEN):
            language, segmenter = languages
            advise(
                f"{file.name} looks like {language} without spaces between words, so that whole clauses would be "
                f"words; segment it with {option('tokenizer', segmenter)}, or with a function of your own"
            )


def _marked(start: bytes) -> str | None:
    if (kind := foreign_kind(start, is_unpacked=True)) is not None:
        return f"{kind.what}: {kind.for_text}"
    if _OUR_MARK.match(start) or start.startswith((_FASTTEXT, b"train-embeddings phrase model ")):
        return "a model or a file of vectors, not text; name a text file to train on"
    if start.startswith(_ARROW):
        return "an Arrow file, not text; write it as Parquet, or pass the table from Python"
    return None


def _garbage(start: bytes, decode_errors: TextErrors) -> str | None:
    if len(start) < _ENOUGH_BYTES:
        return None
    if decode_errors != "strict":  # else reading refuses it, with the offset
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or start.count(0) > _MOST_NULS * len(start):
            return "UTF-16 or binary, not UTF-8 text; convert it first, for example with: iconv -f UTF-16 -t UTF-8"
        if _invalid_share(start) > _MOST_INVALID:
            return f"not UTF-8 text, but in another encoding or binary; {_CONVERT}"
    if len(start) - len(start.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(start):
        return f"binary: more than {_MOST_CONTROLS:.0%} of it are control characters; name a text file"
    return None


def _invalid_share(start: bytes) -> float:
    """Return the share of invalid UTF-8 among the characters that are not white space."""
    decoded = start.decode(errors="replace")
    return decoded.count("\ufffd") / max(1, sum(not character.isspace() for character in decoded))


def _encoding(start: bytes, decode_errors: TextErrors) -> str | None:
    if decode_errors == "strict" or len(start) < _ENOUGH_BYTES or (share := _invalid_share(start)) < _MANY_INVALID:
        return None
    return f"text in another encoding than UTF-8 ({share:.0%} of its beginning is invalid); {_CONVERT}"


def _parquet(file: Input) -> str:
    try:
        columns = ParquetFile(file).columns
    except MissingExtraError:
        return f"a Parquet file; name the text column with {option('column', 'text')}"
    if {"word", "vector"} <= set(columns):
        return _VECTORS
    return f"a Parquet file with the columns {listed(columns)}; name the text column with {_column_option(columns)}"


def _vectors(text: str) -> str | None:
    """Recognise a word2vec header with a matching row, or, without a header, rows of equally many decimal numbers."""
    first, _, rest = text.partition("\n")
    if _SIZES.fullmatch(first):
        dim = int(first.split()[1])
        second, line_break, _ = rest.partition("\n")
        fields = second.split()[1:]
        if line_break and len(fields) >= dim >= 1 and all(map(_NUMBER.fullmatch, fields[-dim:])):
            return _VECTORS
        return _VECTORS if "\0" in rest or any(map(rest.__contains__, _CONTROLS.decode())) else None
    lines = text.split("\n")[:-1][:_LEAST_ROWS]
    counts = {len(numbers) for line in lines if (numbers := line.split()[1:])}
    if len(lines) == _LEAST_ROWS and len(counts) == 1 and min(counts) >= _LEAST_NUMBERS:
        numbers = [number for line in lines for number in line.split()[1:]]
        if all(map(_NUMBER.fullmatch, numbers)) and sum("." in number for number in numbers) > len(numbers) / 2:
            return _VECTORS
    return None


def _json(text: str, is_whole: bool) -> str | None:
    """Recognise JSON objects and lists, one a line, or one JSON value over many lines."""
    text = text.lstrip()
    if not text.startswith(("{", "[")):
        return None
    lines = [line for line in text.split("\n")[: None if is_whole else -1] if line.strip()][:_ROWS]
    values = [_parsed(line) for line in lines]
    if values and all(isinstance(value, dict) for value in values):
        return _json_with(values[0])
    least = 1 if all(map(_has_objects, values)) else _LEAST_ROWS
    rows = [value for value in values if isinstance(value, list)]
    if len(values) == len(rows) >= least:
        return _json_with(rows[0][0] if len(rows) == 1 else None)
    whole = _parsed(text, cut=not is_whole)
    if isinstance(whole, list) and (_has_objects(whole) or len(whole) >= _LEAST_ROWS):
        return _json_with(whole[0])
    if whole is _CUT:
        first = _FIRST_OBJECT.match(text)
        return _json_with(dict.fromkeys(_keys(text), "") if first else None)
    return _json_with(whole) if isinstance(whole, dict) else None


_CUT = object()
"""Stands for JSON that is longer than what was read."""
_FIRST_OBJECT = re.compile(r"\[\s*\{")
_KEY = re.compile(r'"((?:[^"\\\n]|\\.){1,40})"\s*:')
_STRINGS = re.compile(r'\[\s*(?:"(?:[^"\\\n]|\\.)*+"\s*,\s*){3}')
_LEAST_JSON = 64


def _parsed(text: str, cut: bool = False) -> object:
    """Return the value of a JSON text, `_CUT` for the beginning of a longer text, None for other text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        in_string = error.msg.startswith("Unterminated")
        is_cut = cut and (in_string or error.pos >= max(_LEAST_JSON, len(text.rstrip()) - _LEAST_JSON))
        return _CUT if is_cut and (_KEY.search(text) or _STRINGS.match(text)) else None
    except (ValueError, RecursionError):
        return None


def _has_objects(value: object) -> bool:
    """Return whether a value is a list of lists or objects: ``[1]`` and ``["Music"]`` may occur in prose."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, (dict, list)) for item in value)


def _keys(text: str) -> list[str]:
    return list(dict.fromkeys(match[1] for match in _KEY.finditer(text)))[:_ROWS]


def _json_with(row: object) -> str:
    """Describe a JSON file, and advise which key to name if its rows are like `row`."""
    keys = list(row) if isinstance(row, dict) else []
    if isinstance(row, dict) and any(isinstance(value, str) for value in row.values()):
        return f"JSON with the keys {listed(keys)}; name the text key with {_column_option(keys)}"
    found = f"JSON with the keys {listed(keys)}" if keys else "JSON"
    return f"{found}, not text; write its text to a plain file, one sentence a line"


def _markup(start: bytes, text: str) -> str | None:
    if is_mediawiki(start):
        return "a MediaWiki dump, not plain text; read it with embed.corpora.WikiCorpus or open_corpus"
    found = _MARKUP.match(text.lstrip())
    if not found:
        return None
    return f"{'HTML' if found[1] else 'XML'}, whose tags would become words; {_EXTRACT}"


def _tags(text: str) -> str | None:
    tags = [(found[0], found[1], found[2]) for found in _TAG.finditer(text) if found[2] not in _SENTENCE_MARKS]
    ends = [name for _, slash, name in tags if slash]
    if len(ends) < _ENDING_TAGS or len(set(ends)) < 2 or sum(len(tag) for tag, _, _ in tags) < _MOST_TAGS * len(text):
        return None
    shown = ", ".join(f"<{name}>" for name in list(dict.fromkeys(ends))[:3])
    return f"HTML or XML, whose tags ({shown}) would become words; {_EXTRACT}"


def _table(text: str, name: str) -> str | None:
    """Recognise a table by the ending of its name, unless its content contradicts."""
    ending = ending_of(name)
    if ending not in SEPARATORS:
        return None
    for delimiter in (SEPARATORS[ending], *_DELIMITERS):
        columns, rows = _columns(text, delimiter)
        if len(columns) > 1 and rows:
            return _table_with(columns, delimiter, SEPARATORS[ending])
    columns, rows = _columns(text, SEPARATORS[ending])
    if len(columns) == 1 and rows and text.lstrip().partition("\n")[2].startswith('"'):
        return _table_with(columns, SEPARATORS[ending], SEPARATORS[ending])
    return None


def _table_by_name(text: str, path: str) -> str | None:
    """Recognise a table by its name if its rows differ in their number of fields."""
    delimiter = SEPARATORS.get(ending_of(path))
    lines = [line for line in text.split("\n")[:_ROWS] if line.strip()]
    if delimiter is None or sum(delimiter in line for line in lines) <= len(lines) / 2:
        return None
    return f"a table, by its name and delimiters; name the text column with {option('column', 'text')}"


def _table_by_content(text: str) -> str | None:
    """Recognise a table by a first line of names, one of them common, and as many fields in every other line."""
    for delimiter in _DELIMITERS:
        first = text[: text.find("\n")]
        if delimiter not in first or re.search(rf"\{delimiter}\s", first):
            continue  # in prose, a space follows a comma
        columns, rows = _columns(text, delimiter)
        if (
            len(columns) > 1
            and rows >= _LEAST_ROWS
            and all(len(name) <= _LONGEST_NAME and _COLUMN_NAME.fullmatch(name) for name in columns)
            and any(map(_TEXT_COLUMN.fullmatch, columns))
        ):
            return _table_with(columns, delimiter, ",")
    return None


def _same_lines(lines: list[str]) -> str | None:
    """Recognise lines of one form: a token and its tags, equally many tabs, one element, or one JSON string."""
    lines = [line.rstrip() for line in lines if line.strip() and not line.startswith(_BESIDE_TOKENS)][:_MANY_ROWS]
    if len(lines) < _ROWS:
        return None
    if all(map(_JSON_STRING.fullmatch, lines)):
        return "JSON strings, one a line, whose quotes would become parts of words; write the texts without quotes"
    if (found := _usual(_ELEMENT.fullmatch(line) for line in lines)) is not None:
        return f"HTML or XML, whose tags (<{found[1]}>) would become words; {_EXTRACT}"
    if _usual(_TAGGED.fullmatch(line) for line in lines) is not None:
        return _TOKENS
    rows = [line.split("\t") for line in lines]
    width, times = Counter(map(len, rows)).most_common(1)[0]
    if width == 1 or times < _MOST * len(lines):
        return None
    columns = list(zip(*(row for row in rows if len(row) == width), strict=True))
    has_spaces = sum(" " in cell for column in columns for cell in column) >= len(lines) / 2
    if width > 2 and not has_spaces and any(_REPEATS * len(set(column)) <= len(column) for column in columns[1:]):
        return _TOKENS
    if has_spaces and any(all(map(str.isdecimal, column)) for column in columns):
        return (
            f"a table of {width} tab-separated columns; add a header line, and name the text column with "
            f"{option('column', 'text')} and {option('delimiter', 'tab')}"
        )
    return None


def _usual(matches: Iterable[re.Match[str] | None]) -> re.Match[str] | None:
    """Return the first match if nearly all lines match."""
    found = list(matches)
    some = [match for match in found if match is not None]
    return some[0] if len(some) >= _MOST * len(found) else None


def _columns(text: str, delimiter: str) -> tuple[list[str], int]:
    """Return the fields of the first line and the number of rows after it; ([], 0) if rows differ in length."""
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    lines = text.split("\n")[: 4 * _ROWS]
    reader = csv.reader([line + "\n" for line in lines], delimiter=delimiter, quoting=quoting, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row and len(rows) <= _ROWS:
                rows.append(row)
    except csv.Error:
        pass  # a quoted field that continues beyond the inspected bytes
    if not rows or any(len(row) != len(rows[0]) for row in rows[1:-1]):  # the last one may be cut
        return [], 0
    return [name.strip() for name in rows[0]], len(rows) - 1


def _table_with(columns: list[str], delimiter: str, usual: str) -> str:
    if not all(name and _COLUMN_NAME.match(name) for name in columns):
        advice = option("column", "text")
        return f"a table without a header line; add one, and name the text column with {advice}"
    advice = _column_option(columns)
    if delimiter != usual:
        advice += f" and {option('delimiter', _NAMES.get(delimiter, delimiter))}"
    return f"a table with the columns {listed(columns)}; name the text column with {advice}"


def _column_option(names: list[str]) -> str:
    """Return the option that names the text column: the first with a common name, else the last."""
    name = next((name for name in names if _TEXT_COLUMN.fullmatch(name)), names[-1] if names else "text")
    return option("column", printable(name, _LONGEST_NAME))
