"""How fast the bare kernels are on every SIMD path: nanoseconds, floating-point operations and bytes of a window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.lib import processes
from benchmarks.lib.figures import Summary, summarise
from benchmarks.lib.options import option, positive
from benchmarks.lib.processes import Job
from benchmarks.lib.report import Section
from embed.engine import _kernels


@dataclass(frozen=True)
class Shape:
    """A window: `nx` input vectors, or their mean, meet `ny` output rows."""

    name: str
    nx: int
    ny: int
    mean: bool = False

    def flops(self, dim: int) -> int:
        """Return the floating-point operations of a window.

        A pair needs three multiply-adds a number: score, update of either side. A mean needs an addition for each
        input and another for its update.
        """
        pairs = self.ny if self.mean else self.nx * self.ny
        return (6 * pairs + (2 * self.nx if self.mean else 0)) * dim

    def bytes(self, dim: int) -> int:
        """Return the bytes of a window if every row is read once and written once."""
        return 2 * 4 * (self.nx + self.ny) * dim


SHAPES = (
    Shape("skip-gram 2 x 6", 2, 6),
    Shape("skip-gram 6 x 6", 6, 6),
    Shape("skip-gram 10 x 6", 10, 6),
    Shape("CBOW mean of 6 x 6", 6, 6, mean=True),
)

DEFINITIONS = (
    "One window again and again, its rows in the first-level cache, one thread. Name: input vectors x output rows; 6 "
    "rows are a target and 5 negatives.",
    "flops: inputs x outputs x 6 dim; of a mean, outputs x 6 dim and inputs x 2 dim; padding is not counted. bytes: "
    "every row read once and written once.",
)


@dataclass(frozen=True)
class Settings:
    """How much to do."""

    dims: Sequence[int] = option((50, 100, 200, 300), "(default: 50 100 200 300)", type=positive)
    runs: int = 5
    seconds: float = 0.03


def run(settings: Settings) -> Section:
    """Measure; the paths take turns."""
    paths = _kernels.simd_names()
    found: dict[str, list[dict[str, dict[str, float]]]] = {path: [] for path in paths}
    for turn in range(settings.runs):
        for path in paths:
            found[path].append(processes.run(_job(path, settings))["nanoseconds"])
        print(f"kernels {turn + 1}/{settings.runs}", file=sys.stderr)
    rows, data = [], {}
    for shape in SHAPES:
        for dim in settings.dims:
            times = {path: summarise([one[shape.name][str(dim)] for one in found[path]]) for path in paths}
            rows.append(_cells(shape, dim, times))
            data[f"{shape.name}, dim {dim}"] = {
                "flops": shape.flops(dim),
                "bytes": shape.bytes(dim),
                "nanoseconds": {path: asdict(summary) for path, summary in times.items()},
            }
    head = ["kernel", "dim", "flops", "bytes"]
    for path in paths:
        head += [f"{path} ns", "GFLOP/s", "GB/s"]
    spread = f"Medians of {settings.runs} runs, in turns and in fresh processes; each is the fastest of ten pieces."
    return Section("kernels", "Kernels", (*DEFINITIONS, spread), tuple(head), tuple(rows), data={"rows": data})


def _cells(shape: Shape, dim: int, times: dict[str, Summary]) -> tuple[str, ...]:
    cells = [shape.name, str(dim), f"{shape.flops(dim):,}", f"{shape.bytes(dim):,}"]
    for summary in times.values():
        amounts = (shape.flops(dim), shape.bytes(dim))
        cells += [f"{summary.median:,.0f}", *(f"{amount / summary.median:.1f}" for amount in amounts)]
    return tuple(cells)


def _job(path: str, settings: Settings) -> Job:
    shapes = [(shape.name, shape.nx, shape.ny, shape.mean) for shape in SHAPES]
    return Job(
        "ours.windows", {"path": path, "shapes": shapes, "dims": list(settings.dims), "seconds": settings.seconds}
    )
