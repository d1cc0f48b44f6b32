"""What is packed, what an import costs, and that the lists of dependencies agree."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import embed

TREE = Path(__file__).resolve().parents[2]
in_tree = pytest.mark.skipif(not (TREE / "setup.py").exists(), reason="needs the source tree, not an installed wheel")


def _python(code: str) -> str:
    """Run code in a fresh interpreter and return what it printed."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_every_public_name_resolves_and_is_listed() -> None:
    for name in embed.__all__:
        assert getattr(embed, name).__name__ == name
    assert set(embed.__all__) <= set(dir(embed))


def test_the_rooms_that_documents_name_are_there_after_importing_the_package() -> None:
    names = "embed.eval.evaluate, embed.corpora.open_corpus, embed.formats.load, embed.plot.save, embed.compat"
    assert _python(f"import embed; _ = {names}") == ""


def test_type_checkers_see_the_public_names_where_they_come_from() -> None:
    tree = ast.parse(Path(str(embed.__file__)).read_text(encoding="utf-8"))
    found = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("embed")
        for alias in node.names
    }
    assert found == embed._HOMES


def test_importing_is_cheap() -> None:
    heavy = "{'numpy', 'scipy', 'gensim', 'tqdm', 'mwparserfromhell'} & set(sys.modules)"
    assert _python(f"import sys, embed; print({heavy})") == "set()\n"
    assert _python(f"import sys, embed.cli; embed.cli.parse(['info']); print({heavy})") == "set()\n"


def test_help_is_cheap() -> None:
    ask = "import contextlib as c, io, sys, embed.cli\nwith c.suppress(SystemExit), c.redirect_stdout(io.StringIO()):"
    heavy = "{'numpy', 'scipy', 'gensim', 'tqdm', 'shtab', 'backports.zstd', 'dataclasses'} & set(sys.modules)"
    assert _python(f"{ask}\n    embed.cli.main(['--help'])\nprint({heavy})") == "set()\n"


def test_working_with_vectors_imports_neither_scipy_nor_gensim() -> None:
    use = "import sys, embed; embed.WordVectors, embed.train, embed.load"
    code = f"{use}; print({{'scipy', 'gensim'}} & set(sys.modules))"
    assert _python(code) == "set()\n"


def test_the_version_is_that_of_the_distribution() -> None:
    assert importlib.metadata.version("train-embeddings") == embed.__version__


def test_every_stub_lies_beside_its_compiled_module() -> None:
    home = Path(embed.__file__).parent
    stubs = [path.with_suffix("").relative_to(home).parts for path in home.rglob("*.pyi")]
    assert {("_core",), ("text", "_text")} <= set(stubs)
    for name in stubs:
        module = importlib.import_module(".".join(("embed", *name)))
        assert Path(str(module.__file__)).suffix in (".so", ".pyd")
    assert (home / "py.typed").is_file()


@pytest.mark.skipif((TREE / "setup.py").exists(), reason="an editable install lists no files")
def test_the_wheel_installs_nothing_beside_embed() -> None:
    files = importlib.metadata.files("train-embeddings")
    assert files
    roots = {path.parts[0] for path in files if ".." not in path.parts}
    assert roots == {"embed", f"train_embeddings-{embed.__version__}.dist-info"}
    names = {path.as_posix() for path in files}
    assert {"embed/eval/__init__.py", "embed/corpora/__init__.py", "embed/formats/__init__.py"} <= names
    assert not [name for name in names if name.endswith((".pyx", ".c", ".h"))]


@in_tree
def test_the_sdist_holds_what_a_build_needs(tmp_path: Path) -> None:
    build = "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=_copy_of_the_tree(tmp_path),
        check=True,
        capture_output=True,
    )
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    for folder in ("embed", "eval", "corpora", "tests"):
        sources = [
            path
            for path in (TREE / folder).rglob("*")
            if path.suffix in (".py", ".pyi", ".pyx", ".pxd", ".h", ".c", ".css", ".jinja", ".js")
        ]
        missing = {path.relative_to(TREE).as_posix() for path in sources} - names
        assert sources
        assert not missing
    assert "embed/formats/web/index.html" in names  # unlike the pages that Cython writes beside its sources
    assert {"setup.py", "pyproject.toml", "LICENSE", "README.md", "requirements-dev.txt", ".ci/run"} <= names
    compiled = tuple(f"embed/{path.stem}.c" for path in (TREE / "embed").glob("*.pyx"))
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc", *compiled))]


def _copy_of_the_tree(tmp_path: Path) -> Path:
    """Copy what git would hold: building in the tree itself would leave files in it."""
    copy = tmp_path / "tree"
    ignore = shutil.ignore_patterns(
        ".git", ".venv", ".stamps", "build", "dist", "*.egg-info", "demo-output", "__pycache__"
    )
    shutil.copytree(TREE, copy, ignore=ignore)
    translated = Path("build", "cython")  # what Cython has made need not be made again
    if (TREE / translated).is_dir():
        shutil.copytree(TREE / translated, copy / translated)
    return copy


@in_tree
def test_every_dependency_is_pinned_within_its_bounds() -> None:
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    pins = (
        _pins("requirements-docs.txt")
        | _pins("requirements-cluster.txt")
        | _pins("requirements-segmenters.txt")
        | _pins()
    )
    checked = 0
    for line in wanted:
        requirement = Requirement(line)
        if _normal(requirement.name) == "train-embeddings":
            continue
        assert any(clause.operator == ">=" for clause in requirement.specifier), f"{line}: no lower bound"
        assert requirement.specifier.contains(pins[_normal(requirement.name)]), line
        checked += 1
    assert checked > 10


@in_tree
def test_pre_commit_runs_the_pinned_linters() -> None:
    text = (TREE / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    revisions = dict(re.findall(r"repo: \S+/([\w-]+)\n\s+rev: v(\S+)", text))
    pins = _pins()
    assert revisions == {"ruff-pre-commit": pins["ruff"], "cython-lint": pins["cython-lint"]}


@in_tree
def test_every_module_with_a_pyx_is_compiled_where_it_stands() -> None:
    for source in chain((TREE / "embed").rglob("*.pyx"), (TREE / "corpora").rglob("*.pyx")):
        assert list(source.parent.glob(f"{source.stem}.*.so")) or list(source.parent.glob(f"{source.stem}.*.pyd"))


def _pins(file: str = "requirements-dev.txt") -> dict[str, str]:
    pins = {}
    for line in (TREE / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            (clause,) = requirement.specifier
            assert clause.operator == "==", line
            pins[_normal(requirement.name)] = clause.version
    assert pins
    return pins


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
