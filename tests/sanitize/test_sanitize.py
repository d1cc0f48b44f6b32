"""The lists of races that are meant name what is there: a name that is not lets the sanitizer fail."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTS = sorted((ROOT / "tests" / "sanitize").glob("*.supp"))
KERNELS = ROOT / "embed" / "csrc"

if not KERNELS.is_dir():
    pytest.skip("the kernels, whose functions the lists name, are in the source tree only", allow_module_level=True)

NAMES = sorted({name for file in LISTS for name in re.findall(r"^race:\^(\w+)\$$", file.read_text(), re.MULTILINE)})


def _parts(name: str) -> list[str]:
    """Take a name of Cython's apart: each part after its length."""
    parts, rest = [], name.removeprefix("__pyx_pf")
    while found := re.match(r"_(\d+)(?=[A-Za-z_])", rest):
        end = found.end() + int(found[1])
        parts.append(rest[found.end() : end])
        rest = rest[end:]
    return parts


def test_there_are_lists() -> None:
    assert len(LISTS) == 2
    assert len(NAMES) > 20


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("__pyx")])
def test_attributes_are_where_they_are_said_to_be(name: str) -> None:
    *module, owner, attribute = _parts(name)
    assert hasattr(getattr(importlib.import_module(".".join(module)), owner), attribute)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("__pyx")])
def test_kernels_are_called_so(name: str) -> None:
    source = "".join(file.read_text() for file in KERNELS.glob("kernels_*.h"))
    kernel = re.sub(r"(_full|_half)?_(avx512|avx2|base)$", "", name)
    assert re.search(rf"(NAME|STEP)\({kernel}\)\(", source)
