"""The rooms of the package: a room imports only rooms before it, and inside a room there is no circle."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOMS = (
    "errors",
    "config",
    "files",
    "corpora",
    "vocabulary",
    "text",
    "engine",
    "vectors",
    "model",
    "merging",
    "formats",
    "checkpoints",
    "training",
    "items",
    "graph",
    "documents",
    "senses",
    "compat",
    "plot",
    "pages",
    "cli",
)
"""In the order of the pipeline. Whatever is new in a room needs no line here."""
FIRST = ("errors", "messages", "arguments", "choices", "pieces", "markup", "_cython")
"""Modules beside the rooms that all of them may use; they count as the room of the errors."""
LAST = ("embed", "embed.__main__", "embed.demo")
"""What stands on all rooms counts as that of the command line."""

# embed.eval scores anybody's vectors, and is beside the street: whoever comes after the corpora may ask it, and it
# knows the errors, how files are opened, and how a text is split into words.
BESIDE, BESIDE_KNOWS = "eval", {"errors", "files", "corpora"}
PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
STANDARD_LIBRARY_ONLY = (
    "embed.messages",
    "embed.markup",
    "embed.errors",
    "embed.arguments",
    "embed.choices",
    "embed.config",
    "embed.config.parameter",
    "embed.config.overrides",
    "embed.config.rates",
    "embed.config.train",
    "embed.vocabulary.spelling",
)


def _modules() -> dict[str, Path]:
    """Return every module of the installed package: name -> source, or the binary that has no source beside it."""
    found = {}
    for package in ("embed", "embed.corpora", "embed.eval"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        home = Path(spec.origin).parent
        for pattern in ("*.so", "*.pyd", "*.pyx", "*.py"):
            for path in sorted(home.rglob(pattern)):
                parts = *path.parent.relative_to(home).parts, path.name.split(".")[0]
                found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


MODULES = _modules()
_CIMPORT = re.compile(r"^from (embed[\w.]*) c?import", re.MULTILINE)


class _Imports(ast.NodeVisitor):
    """Collects what a source imports, as dotted names: of this package, and of others. Lazily and for types, too."""

    def __init__(self, module: str, *, is_package: bool) -> None:
        self.package = module if is_package else module.rpartition(".")[0]
        self.found: set[str] = set()
        self.outside: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            parents = self.package.split(".")
            base = ".".join([*parents[: len(parents) - node.level + 1], *([base] if base else [])])
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            self._add(whole if whole in MODULES else base)

    def _add(self, name: str) -> None:
        (self.found if name.split(".")[0] == "embed" else self.outside).add(name)


def _imports(module: str) -> _Imports:
    path = MODULES[module]
    visitor = _Imports(module, is_package=path.stem == "__init__")
    if path.suffix == ".py":
        visitor.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    elif path.suffix == ".pyx":
        visitor.found |= set(_CIMPORT.findall(path.read_text(encoding="utf-8"))) & set(MODULES)
    visitor.found.discard(module)
    return visitor


IMPORTS = {module: _imports(module) for module in MODULES}


def _room(module: str) -> str:
    if module in LAST:
        return ROOMS[-1]
    first = module.split(".")[1]
    if first == "_core":  # at an address of its own
        return "engine"
    return ROOMS[0] if first in FIRST else first


def test_the_modules_are_found() -> None:
    assert {"embed.errors", "embed.config.train", "embed.cli", "embed.compat.gensim.word2vec"} <= set(MODULES)
    assert "embed.errors" in IMPORTS["embed.config.train"].found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_rooms_before_its_own(module: str) -> None:
    room = _room(module)
    known = {*BESIDE_KNOWS, BESIDE} if room == BESIDE else {*ROOMS[: ROOMS.index(room) + 1], BESIDE}
    later = {name for name in IMPORTS[module].found - {"embed"} if _room(name) not in known}
    assert not later, f"{module} imports from later rooms: {sorted(later)}"
    # the version number is the one thing that every module may read from the top
    if "embed" in IMPORTS[module].found and module not in LAST and room != ROOMS[-1]:
        assert _names_from_embed(module) <= {"__version__"}


def _names_from_embed(module: str) -> set[str]:
    """Return the attributes of ``embed`` itself that a module uses."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "embed"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "embed" and not node.level:
            used |= {alias.name for alias in node.names}
    return {name for name in used if f"embed.{name}" not in MODULES}


@pytest.mark.parametrize("room", [*ROOMS, BESIDE])
def test_there_is_no_circle_inside_a_room(room: str) -> None:
    inside = {module for module in MODULES if module != "embed" and _room(module) == room}
    try:
        list(TopologicalSorter({module: IMPORTS[module].found & inside for module in inside}).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")
def test_the_page_of_the_architecture_has_the_rooms_in_their_order() -> None:
    rows = re.findall(r"^\| `(?:embed/)?(\w+)[/.]", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert tuple(rows) == ROOMS
    assert f"`{BESIDE}/`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("home", ["embed.corpora", "embed.eval"])
def test_a_folder_that_is_installed_under_another_name_names_its_own_modules_relatively(home: str) -> None:
    """In the source tree they are `corpora` and `eval`: readers and tools find no `embed.corpora` there."""
    for module in (name for name in MODULES if name == home or name.startswith(home + ".")):
        if MODULES[module].suffix != ".py":
            continue
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith(home), f"{module}:{node.lineno}"


@pytest.mark.parametrize("module", STANDARD_LIBRARY_ONLY)
def test_what_help_needs_is_in_the_standard_library(module: str) -> None:
    roots = {name.split(".")[0] for name in IMPORTS[module].outside}
    assert roots <= set(sys.stdlib_module_names)


BY_NAME = {"embed", "embed.cli.parser", "embed.files.saved"}
"""Who finds modules of the package by name, on first use: its public names, its commands, and what saves an object."""


def test_modules_are_found_by_name_where_that_is_said() -> None:
    for module, path in MODULES.items():
        if path.suffix == ".py" and module not in BY_NAME:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                    named = ast.unparse(node.args[0])  # another package: its name, or a constant that holds it
                    assert named == "_MODULE" or named[1:-1].isascii(), f"{module}:{node.lineno}"
                    assert not named[1:].startswith(("embed", "{")), f"{module}:{node.lineno}"


def test_only_the_command_line_prints_and_exits() -> None:
    for module, path in MODULES.items():
        if _room(module) == ROOMS[-1] or path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in ("print", "sys.exit", "exit"), f"{module}:{node.lineno}"


def test_nothing_is_pickled_or_evaluated() -> None:
    for module, path in MODULES.items():
        if path.suffix != ".py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not {"pickle", "marshal", "shelve", "dill", "joblib"} & IMPORTS[module].outside, module
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not calls & {"eval", "exec"}, module
