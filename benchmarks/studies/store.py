"""Results on disk: one JSON object a line, appended as soon as a run is done, and read again when a study goes on."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.lib.processes import BenchmarkError
from embed.files.atomic import atomic_write_text

__all__ = ["Store"]


class Store:
    """The results of a study by their keys.

    Parameters
    ----------
    path : Path
        Need not exist. A last line that was cut short, because the power went while it was written, is dropped.

    Raises
    ------
    BenchmarkError
        If another line is no result.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._records: dict[str, dict[str, Any]] = {}
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole, _, rest = text.rpartition("\n")
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                record = json.loads(line)
                self._records[record["key"]] = record
            except (ValueError, KeyError, TypeError) as error:
                raise BenchmarkError(f"{path}, line {number}: this is no result of a study") from error
        if rest:
            atomic_write_text(path, f"{whole}\n" if whole else "")

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    def count(self, field: str) -> Counter[str]:
        """Return how many results have each value of a field."""
        with self._lock:
            return Counter(str(record[field]) for record in self._records.values() if field in record)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the result of a key, or None."""
        return self._records.get(key)

    def add(self, record: dict[str, Any]) -> None:
        """Keep a result, which holds its "key"."""
        line = json.dumps(record, allow_nan=False) + "\n"
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            self._records[record["key"]] = record
