"""The plain install does what it promises, and what else packs the project agrees with pyproject.toml."""

from __future__ import annotations

import fnmatch
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import embed

TREE = Path(__file__).resolve().parents[2]
PLAIN_COMMANDS = Path(__file__).with_name("plain_commands.py")
DEVELOPERS = {"docs", "browser", "fuzz", "test", "dev"}
"""The extras that are not for users."""
in_tree = pytest.mark.skipif(not (TREE / "setup.py").exists(), reason="needs the source tree, not an installed wheel")


def _project() -> dict[str, Any]:
    return tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))


def _for_conda(requirements: list[str]) -> list[Any]:
    """Return requirements as a recipe writes them."""
    found: list[Any] = []
    for requirement in map(Requirement, requirements):
        text = f"{requirement.name} {requirement.specifier}"
        if requirement.marker is None:
            found.append(text)
        else:
            older = re.fullmatch(r'python_version < "([\d.]+)"', str(requirement.marker))
            assert older is not None
            found.append({"if": f'match(python, "<{older[1]}")', "then": text})
    return found


def _extras_for_users() -> list[str]:
    return [name for name in _project()["project"]["optional-dependencies"] if name not in DEVELOPERS]


def _python_versions() -> list[str]:
    """Return the versions of Python that the project names, oldest first."""
    classifiers = _project()["project"]["classifiers"]
    return [version[1] for one in classifiers if (version := re.search(r"Python :: (3\.\d+)$", one))]


def test_the_plain_install_does_what_it_promises() -> None:
    """No command of the plain install may import SciPy or what the extras bring."""
    done = subprocess.run([sys.executable, str(PLAIN_COMMANDS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@in_tree
def test_the_plain_install_depends_on_few_packages() -> None:
    names = [Requirement(line).name for line in _project()["project"]["dependencies"]]
    assert names == ["numpy", "tqdm", "shtab", "backports.zstd"]


@in_tree
def test_every_extra_has_its_purpose_and_its_size() -> None:
    size = importlib.import_module("benchmarks.size")
    assert list(size.EXTRAS) == _extras_for_users()
    page = (TREE / "docs" / "install.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| +([\d.]+) \|", page, re.MULTILINE)
    assert [row[:2] for row in rows] == list(size.EXTRAS.items())


@in_tree
def test_the_conda_recipe_has_the_version_and_the_dependencies_of_the_project() -> None:
    recipe = yaml.safe_load((TREE / "packages" / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    project = _project()
    assert recipe["context"]["version"] == embed.__version__
    assert recipe["package"]["name"] == project["project"]["name"]
    assert recipe["about"]["license"] == project["project"]["license"]
    needs = recipe["requirements"]
    tools = _for_conda(project["build-system"]["requires"])
    assert needs["run"] == ["python", *_for_conda(project["project"]["dependencies"])]
    assert needs["host"] == ["python", "pip", *tools]
    (cross,) = (one["then"] for one in needs["build"] if isinstance(one, dict))
    assert cross[-len(tools) :] == tools
    oldest = project["project"]["requires-python"].removeprefix(">=")
    assert recipe["build"]["skip"] == f'match(python, "<{oldest}")'
    files = [file for test in recipe["tests"] for file in test.get("files", {}).get("source", [])]
    assert files
    assert all((TREE / file).is_file() for file in files)


@in_tree
def test_the_image_is_built_from_all_that_a_wheel_needs() -> None:
    folder, project = TREE / "packages" / "docker", _project()["project"]
    image = (folder / "Dockerfile").read_text(encoding="utf-8")
    (python,) = re.findall(r"^ARG PYTHON=python:(3\.\d+)", image, re.MULTILINE)
    assert python in _python_versions()
    copied = [
        line[1:] for line in (folder / "Dockerfile.dockerignore").read_text("utf-8").splitlines() if line[0] == "!"
    ]
    assert all((TREE / name).exists() for name in copied)
    packages = _project()["tool"]["setuptools"]["package-dir"].values()
    assert {*packages, project["readme"], *project["license-files"], "setup.py", "pyproject.toml"} <= set(copied)


@in_tree
def test_wheels_are_built_for_every_version_of_python() -> None:
    patterns = _project()["tool"]["cibuildwheel"]["build"].split()
    for version in _python_versions():
        identifier = f"cp{version.replace('.', '')}-manylinux_x86_64"
        assert [pattern for pattern in patterns if fnmatch.fnmatchcase(identifier, pattern)]
