"""Does the runs of a study: each once, several side by side, none begun after the budget is used up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.lib import processes
from benchmarks.lib.processes import BenchmarkError, Job
from benchmarks.programs import SHARED
from benchmarks.studies.place import SIMD_PATH, Place
from benchmarks.studies.setting import Run, resolved

Stage = Callable[[Place], Sequence[Run]]
"""Names the runs of a stage, from the results of those before it."""

_DIVERGED = "DivergenceError"


@dataclass
class Runner:
    """Does the runs of a study, and notes what was left out and why."""

    place: Place
    jobs: int = 1  # runs side by side
    threads: int = 1  # of each run
    budget: float | None = None  # seconds after which no run is begun
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self._encoded: set[str] = set()

    def perform(self, stages: Sequence[Stage]) -> bool:
        """Do all stages; returns whether the budget sufficed."""
        return all(self._stage(number, stage(self.place)) for number, stage in enumerate(stages, 1))

    def _stage(self, number: int, runs: Sequence[Run]) -> bool:
        wanted: dict[str, Run] = {}
        for run in runs:
            if (reason := self.place.missing(run.setting)) is not None:
                self._notice(f"{run.setting.name}: left out, {reason}.")
            elif (key := self.place.key(run)) not in self.place.store.records:
                wanted.setdefault(key, run)
        for text in dict.fromkeys(run.setting.text for run in wanted.values() if run.setting.program == "ours"):
            self._encode(text)
        left, busy = list(wanted.items()), set[Future[None]]()
        done, total = 0, len(left)
        with ThreadPoolExecutor(self.jobs) as pool:
            while (left and not self._is_over()) or busy:
                while left and len(busy) < self.jobs and not self._is_over():
                    key, run = left.pop(0)
                    busy.add(pool.submit(self._run, key, run))
                finished, busy = wait(busy, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                    done += 1
                    print(f"stage {number}: {done} of {total} runs", file=sys.stderr)
        return not left

    def _is_over(self) -> bool:
        return self.budget is not None and time.monotonic() - self._started >= self.budget

    def _notice(self, sentence: str) -> None:
        if sentence not in self.notices:
            self.notices.append(sentence)
            print(sentence, file=sys.stderr)

    def _encode(self, text: str) -> None:
        """Encode a text once, before runs side by side would each do it."""
        if text not in self._encoded:
            settings = {"path": self.place.texts[text].path, "directory": str(self.place.encoded_dir(text))}
            processes.run(Job("ours.encode", {**settings, "min_count": SHARED["min_count"]}))
            self._encoded.add(text)

    def _run(self, key: str, run: Run) -> None:
        place, setting = self.place, run.setting
        text = place.texts[setting.text]
        record: dict[str, Any] = {
            "key": key,
            "setting": setting.name,
            "program": setting.program,
            "version": place.versions[setting.program],
            "values": resolved(setting),
            "seed": run.seed,
            "text": setting.text,
            "corpus": text.digest,
            "sets": text.sets_digest,
            "threads": self.threads,
            "side_by_side": self.jobs,
            "simd_path": place.facts[SIMD_PATH],
        }
        try:
            record.update(processes.run(run.job(text, place.encoded_dir(setting.text), self.threads, place.top)))
            record["tokens_per_second"] = record["amount"] / record["seconds"]
        except BenchmarkError as error:
            if _DIVERGED not in str(error):
                # not the setting's fault perhaps: it is tried again next time
                self._notice(f"{setting.name}, seed {run.seed}: {' '.join(str(error).split())}.")
                return
            record["failed"] = str(error).splitlines()[-1]
        record["date"] = datetime.now(UTC).isoformat(timespec="seconds")
        place.store.add(record)
        print(f"{setting.name}, seed {run.seed}: {_brief(record)}", file=sys.stderr)


def _brief(record: dict[str, Any]) -> str:
    if "failed" in record:
        return str(record["failed"])
    figures = (f"{name} {value:.1f}" for name, value in record["figures"].items() if value is not None)
    return f"{', '.join(figures)}; {record['seconds']:.1f} s, of processors {record['cpu_seconds']:.1f} s"
