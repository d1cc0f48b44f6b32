"""Store the trials of a search in a folder, so that a killed search loses the training that ran, and nothing else.

``trials.json`` says which search it is, what was planned, and the scores of all trials. It is written after each
training, whole or not at all. Beside it is a file for each trial that the verdict compares. That file is there before
``trials.json`` names it, and stays until ``trials.json`` no longer does.

Rejected: a line for each training in a log (a torn line must be told from a damaged file), the drawn settings read from
the file (they follow from the seed; settings that anybody can edit would have to be checked).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from embed.checkpoints.checkpoint import difference
from embed.errors import ConfigError, FormatError, cannot_open
from embed.files.atomic import atomic_write_text
from embed.files.json_text import json_text, parse_json
from embed.files.records import made
from embed.messages import option

__all__ = ["TRIALS", "Stored", "StoredTrials", "folder_of"]

TRIALS = "trials.json"
_JUDGED = "judged-"
_LARGEST = 64 << 20
"""In bytes; 81 trials take a hundredth of a megabyte."""


def folder_of(path: str) -> str:
    """Return the folder of the trials of a search that writes its configuration to `path`."""
    return f"{path}.trials"


@dataclass(frozen=True)
class Stored:
    """How far a search has come.

    Attributes
    ----------
    shares : list of float
        The planned share of the text in each rung.
    spent : float
        The seconds of the plan and of all trainings that have ended.
    trials : list of mapping
        The drawn settings, "scores" and "seconds" of each planned trial.
    judged : list of [int, int]
        The rung and the trial of each file that the verdict may need; one rung more than planned is the trainings with
        another seed.
    """

    shares: list[float]
    spent: float
    trials: list[dict[str, Any]]
    judged: list[list[int]]

    def __post_init__(self) -> None:
        if not self.trials or not self.shares or not all(_is_number(share) and share <= 1 for share in self.shares):
            raise ValueError("it has no trials, or no shares of the text")
        if not _is_number(self.spent):
            raise ValueError(f"the time spent is {self.spent!r:.60}")
        for trial in self.trials:
            scores = trial["scores"]
            if not isinstance(scores, list) or len(scores) > len(self.shares) or not _is_number(trial["seconds"]):
                raise ValueError(f"{trial!r:.60} is not a trial")
            if not all(score is None or (isinstance(score, float) and math.isfinite(score)) for score in scores):
                raise ValueError(f"{scores!r:.60} are not scores")
        for rung, number in self.judged:
            if not (0 <= rung <= len(self.shares) and 0 <= number < len(self.trials)):
                raise ValueError(f"there is no trial {number!r:.20} of rung {rung!r:.20}")

    @property
    def trained(self) -> int:
        """The number of trainings that have ended."""
        return sum(len(trial["scores"]) for trial in self.trials)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


class StoredTrials:
    """The folder of the trials of one search, which the caller has locked.

    Parameters
    ----------
    directory : path
    search : mapping
        What decides the trials, as JSON values: "corpus" and "purpose", which identify the text and what chooses;
        "parameters", those of the user and the defaults; "given", the names of those of the user.
    ending : str
        Of the files that the verdict compares.
    """

    def __init__(self, directory: str | os.PathLike[str], search: Mapping[str, Any], ending: str) -> None:
        self._directory, self._search, self._ending = Path(directory), dict(search), ending

    def read(self) -> Stored | None:
        """Return how far the search has come; None for a new search.

        Raises
        ------
        ConfigError
            The folder holds the trials of another search.
        FormatError
            The file cannot be read, or is damaged.
        """
        path = self._directory / TRIALS
        try:
            with open(path, "rb") as file:
                data = file.read(_LARGEST)
        except FileNotFoundError:
            self._remove_except(())
            return None
        except OSError as error:
            raise cannot_open(FormatError, f"{path}: cannot read: {error.strerror or error}", error) from error
        try:
            content = parse_json(data)
            search = content.pop("search")
            parameters, given = dict(search["parameters"]), {*search["given"]}
            there = {**search, "parameters": parameters, "given": given}
            stored = made(Stored, content)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FormatError(
                f"{path}: damaged, or of another version: remove {self._directory} to search from the beginning "
                f"({error!s:.100})"
            ) from None
        if differences := self._differences(there):
            raise self._another("; ".join(differences))
        self._remove_except([self._path(*place) for place in stored.judged])  # of a training whose score was not stored
        return stored

    def _differences(self, there: Mapping[str, Any]) -> list[str]:
        """Describe how the search differs from that in the folder."""
        found = [
            sentence
            for name, sentence in (("corpus", "the text differs"), ("purpose", "what it is for differs"))
            if there.get(name) != self._search[name]
        ]
        mine, others = self._search["parameters"], there["parameters"]
        for name in dict.fromkeys((*mine, *others)):
            if mine.get(name) != others.get(name):
                found.append(difference(option(f"{name!s:.60}"), others.get(name), mine.get(name), "there"))
            elif (name in there["given"]) != (name in self._search["given"]):
                found.append(f"{option(name)} is given {'there' if name in there['given'] else 'here'} alone")
        return found

    def _another(self, reason: str) -> ConfigError:
        return ConfigError(
            f"{self._directory} holds the trials of another search ({reason}): remove it, or name another output"
        )

    def refuse_other_draws(self, stored: Stored, drawn: list[dict[str, Any]]) -> None:
        """Raise ConfigError if the search draws other settings, as another version may."""
        for there, here in zip(stored.trials, drawn, strict=True):
            if any(there.get(name) != value for name, value in here.items()):
                raise self._another("this version draws other settings")

    def judged(self, rung: int, number: int, read: Callable[[Path], Any]) -> Any:
        """Return what the verdict compares, of one trial; raises FormatError if its file is missing or damaged."""
        try:
            return read(self._path(rung, number))
        except FormatError as error:
            raise FormatError(f"{error}: remove {self._directory} to search from the beginning") from None

    def write(
        self, stored: Stored, judged: Mapping[tuple[int, int], Any], write: Callable[[Any, Path], object]
    ) -> None:
        """Store how far the search has come, and what the verdict compares, by rung and trial.

        Raises
        ------
        FormatError
            The folder cannot be written.
        """
        wanted = {self._path(*place): value for place, value in judged.items()}
        for path in wanted.keys() - self._there():
            write(wanted[path], path)
        atomic_write_text(self._directory / TRIALS, json_text({"search": self._search, **asdict(stored)}) + "\n")
        self._remove_except(wanted)

    def _there(self) -> set[Path]:
        return {path for path in self._directory.glob(f"{_JUDGED}*") if path.suffix == self._ending}

    def _remove_except(self, wanted: Iterable[Path]) -> None:
        for path in self._there().difference(wanted):
            with suppress(OSError):  # Windows, while the file is mapped: the next search removes it
                path.unlink()

    def _path(self, rung: int, number: int) -> Path:
        return self._directory / f"{_JUDGED}{rung + 1}-{number}{self._ending}"
