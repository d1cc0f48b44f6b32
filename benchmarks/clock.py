"""Wall and processor seconds of a stretch of work in this process."""

from __future__ import annotations

import time
from types import TracebackType

__all__ = ["Clock"]


class Clock:
    """A context manager that takes both times; all threads of the process count towards the processor's.

    Other load on the machine lengthens the wall time of a run, and its processor time much less.
    """

    seconds = 0.0
    cpu_seconds = 0.0

    def __enter__(self) -> Clock:
        self._started = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        wall, cpu = self._started
        self.seconds, self.cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu

    def times(self) -> dict[str, float]:
        """Return both, as a worker reports them."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}
