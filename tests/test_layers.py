"""The layers of the package: a module imports only from layers below its own.

The imports are read from the source, function bodies included (a lazy import is still a dependency); only
those under ``if TYPE_CHECKING`` are left out, because they exist for the type checker alone.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

PACKAGES = (
    "embed",
    "embed.cli",
    "embed.compat",
    "embed.compat.gensim",
    "embed.corpora",
    "embed.eval",
    "embed.files",
    "embed.formats",
)

COMPILED = (
    "embed._core",
    "embed._kernels",
    "embed._blocks",
    "embed._bounds",
    "embed._rows",
    "embed._rounds",
    "embed._text",
    "embed._phrases",
    "embed._replicas",
    "embed._ngrams",
    "embed._digest",
    "embed._floats",
)

# Lowest first. A name stands for a module, or for a package with all that is in it; modules of one layer may
# import one another.
LAYERS: tuple[tuple[str, ...], ...] = (
    (
        "embed.messages",
        "embed.errors",
        "embed.arguments",
        "embed.config",
        "embed.durations",
        "embed.spelling",
        "embed.presets",
    ),
    (*COMPILED, "embed.files", "embed.machine", "embed.pieces", "embed.threads"),
    ("embed.corpora",),
    (
        "embed.vocab",
        "embed.sampling",
        "embed.subword",
        "embed.encoded_corpus",
        "embed.encoded_folder",
        "embed.encoding",
        "embed.count_bound",
        "embed.parameters",
        "embed.phrase_model",
        "embed.phrase_scores",
        "embed.zipf",
        "embed.huffman",
    ),
    (
        "embed.ngram_rows",
        "embed.vectors",
        "embed.exchange",
        "embed._search",
        "embed._reference",
        "embed.postprocess",
        "embed.quantize",
        "embed.pruning",
    ),
    (
        "embed.model",
        "embed.progress",
        "embed.interrupts",
        "embed.checkpoint_file",
        "embed.checkpoint",
        "embed.checkpoint_folder",
        "embed.checkpoint_saver",
        "embed.checkpoint_plan",
    ),
    (
        "embed.trainer",
        "embed.examples",
        "embed.training",
        "embed.held_out",
        "embed.sharing",
        "embed.stopping",
        "embed.budget",
        "embed.launch",
        "embed.estimate",
    ),
    ("embed.formats", "embed.eval", "embed.phrases"),
    ("embed.continuing", "embed.items", "embed.curves"),
    ("embed.compat",),
    ("embed.cli", "embed.demo", "embed.__main__", "embed"),
)

# embed.eval scores anybody's vectors and embed.corpora reads anybody's files: of this package they know the
# errors and messages, the readers how files are opened, and that the digest of bytes.
ONLY: dict[str, set[str]] = {
    "embed.eval": {"embed.errors", "embed.messages", "embed.files", "embed.eval"},
    "embed.files": {"embed.arguments", "embed.errors", "embed.messages", "embed.files", "embed._digest"},
    "embed.corpora": {
        "embed.arguments",
        "embed.errors",
        "embed.messages",
        "embed.files",
        "embed.corpora",
        "embed._digest",
    },
    "embed.errors": {"embed.messages"},
    "embed.messages": set(),
}

STANDARD_LIBRARY_ONLY = ("embed.messages", "embed.errors", "embed.arguments", "embed.config", "embed.spelling")


def _modules() -> dict[str, Path]:
    """Return every module of the installed package: dotted name -> source file."""
    found = {}
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        for path in sorted(Path(spec.origin).parent.glob("*.py")):
            found[package if path.stem == "__init__" else f"{package}.{path.stem}"] = path
    return found


MODULES = _modules()


class _Imports(ast.NodeVisitor):
    """Collects the modules of this package that a source imports, as dotted names."""

    def __init__(self, module: str, *, is_package: bool) -> None:
        self.package = module if is_package else module.rpartition(".")[0]
        self.found: set[str] = set()
        self.outside: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)

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
            self._add(whole if whole in MODULES or whole in COMPILED else base)

    def _add(self, name: str) -> None:
        (self.found if name.split(".")[0] == "embed" else self.outside).add(name)


def _imports(module: str) -> _Imports:
    path = MODULES[module]
    visitor = _Imports(module, is_package=path.stem == "__init__")
    visitor.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return visitor


def _within(module: str, home: str) -> bool:
    return module == home or (home != "embed" and module.startswith(home + "."))


def _layer(module: str) -> int:
    layers = [number for number, homes in enumerate(LAYERS) if any(_within(module, home) for home in homes)]
    assert len(layers) == 1, f"{module} has no layer: give it one in LAYERS"
    return layers[0]


def test_the_modules_are_found() -> None:
    assert {"embed.errors", "embed.config", "embed.cli", "embed.cli.parser"} <= set(MODULES)
    assert "embed.errors" in _imports("embed.config").found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_nothing_from_above(module: str) -> None:
    own = _layer(module)
    above = {name for name in _imports(module).found if _layer(name) > own}
    # The version number is the one thing that every module may read from the top.
    assert above <= {"embed"}, f"{module} (layer {own}) imports from above: {sorted(above)}"
    if above:
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
            used |= {alias.name for alias in node.names if f"embed.{alias.name}" not in MODULES}
    return {name for name in used if f"embed.{name}" not in MODULES}


@pytest.mark.parametrize("home", ONLY)
def test_a_closed_package_knows_only_what_it_may(home: str) -> None:
    for module in (name for name in MODULES if _within(name, home)):
        for name in _imports(module).found:
            assert any(_within(name, allowed) for allowed in ONLY[home]), f"{module} imports {name}"


@pytest.mark.parametrize("home", ["embed.corpora", "embed.eval"])
def test_a_folder_that_is_installed_under_another_name_names_its_own_modules_relatively(home: str) -> None:
    """In the source tree they are `corpora` and `eval`: readers and tools find no `embed.corpora` there."""
    for module in (name for name in MODULES if _within(name, home)):
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not _within(node.module or "", home), f"{module}:{node.lineno}"


@pytest.mark.parametrize("module", STANDARD_LIBRARY_ONLY)
def test_the_lowest_layer_needs_only_the_standard_library(module: str) -> None:
    roots = {name.split(".")[0] for name in _imports(module).outside}
    assert roots <= set(sys.stdlib_module_names)


def test_only_the_command_line_prints_and_exits() -> None:
    for module, path in MODULES.items():
        if _layer(module) == len(LAYERS) - 1:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in ("print", "sys.exit", "exit"), f"{module}:{node.lineno}"


def test_nothing_is_pickled_or_evaluated() -> None:
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not {"pickle", "marshal", "shelve", "dill", "joblib"} & _imports(module).outside, module
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not calls & {"eval", "exec"}, module
