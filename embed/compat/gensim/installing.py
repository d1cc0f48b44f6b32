"""Let programs written for gensim import the stand-ins under gensim's names, without a change to the programs.

`install` puts modules named ``gensim``, ``gensim.models``, ``gensim.models.word2vec`` ... into `sys.modules`. They hold
what is in ``__all__`` of the modules of this package, and nothing else: gensim's other modules are refused by name,
because a program that mixes two gensims would fail later and less clearly.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType
from typing import Any, Literal, NoReturn

from embed.compat.gensim import matutils, models, scripts, test, utils, version3
from embed.compat.gensim.test.utils import folders_of_gensim
from embed.errors import ConfigError

__all__ = ["VERSION", "Installation", "install", "uninstall"]

VERSION = "4.4.0"
"""The version of gensim whose names the stand-ins have."""
_VERSIONS: Mapping[int, tuple[str, Mapping[Any, Any]]] = {4: (VERSION, {}), 3: (version3.VERSION, version3.NAMES)}
"""What `install` offers: the version that programs read, and what stands in for the classes of gensim 4's names."""
_NAME = "gensim"
_PARTS = (matutils, models, scripts, test, utils)


class Installation(MetaPathFinder):
    """The stand-ins under gensim's names; leaving its ``with`` block removes them."""

    def __init__(self, version: int) -> None:
        self.version = version
        number, instead = _VERSIONS[version]
        top = _module(_NAME, __doc__, __file__, is_package=True)
        top.__dict__["__version__"] = number
        # who looks for gensim's data finds them where gensim is on the disk
        top.__spec__ = ModuleSpec(_NAME, None, origin=__file__, is_package=True)
        top.__spec__.submodule_search_locations = folders_of_gensim()
        self.modules = {_NAME: top}
        """The modules by their names."""
        for part in _PARTS:
            self.modules |= {module.__name__: module for module in _copies(part, top, instead)}

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Refuse a module of gensim that has no stand-in; called by ``import``."""
        if fullname.startswith(f"{_NAME}."):
            _refuse(fullname)

    def __enter__(self) -> Installation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        uninstall()


def install(version: Literal[3, 4] = 4) -> Installation:
    """Make ``import gensim`` and its sub-modules give the stand-ins, in this process.

    Call it before the first import of gensim, and of programs that import gensim. It may be called again.

    Parameters
    ----------
    version : {4, 3}
        The names to have: those of gensim 4, or of gensim 3 as well (see :mod:`embed.compat.gensim.version3`).

    Returns
    -------
    Installation
        For a ``with`` block, whose end removes the stand-ins from `sys.modules`.

    Raises
    ------
    ConfigError
        gensim itself, or the other version, is imported already: a program that has its classes would not see ours.
    """
    if version not in _VERSIONS:
        raise ConfigError(f"version must be 4 or 3, not {version!r:.40}")
    there = _installed()
    if there is not None:
        if there.version != version:
            raise ConfigError(
                f"the stand-ins are installed with the names of gensim {there.version}: call "
                "embed.compat.gensim.uninstall() before you install those of another version"
            )
        return there
    if _NAME in sys.modules:
        raise ConfigError(
            "gensim is imported already, and what imported it has its classes: call embed.compat.gensim.install() "
            "before anything imports gensim"
        )
    installation = Installation(version)
    sys.modules.update(installation.modules)
    sys.meta_path.insert(0, installation)
    return installation


def uninstall() -> None:
    """Remove the stand-ins from `sys.modules`; what programs have imported stays theirs."""
    there = _installed()
    if there is not None:
        sys.meta_path.remove(there)
        for name in there.modules:
            sys.modules.pop(name, None)


def _installed() -> Installation | None:
    return next((finder for finder in sys.meta_path if isinstance(finder, Installation)), None)


def _copies(part: ModuleType, parent: ModuleType, instead: Mapping[Any, Any]) -> Iterator[ModuleType]:
    """Yield a module with the public names of `part`, below `parent`, and those of its sub-modules."""
    short = part.__name__.rpartition(".")[2]
    copy = _module(f"{parent.__name__}.{short}", part.__doc__, part.__file__, is_package=hasattr(part, "__path__"))
    copy.__dict__["__all__"] = [*part.__all__]
    setattr(parent, short, copy)
    yield copy
    for name in part.__all__:
        value = getattr(part, name)
        if isinstance(value, ModuleType):
            yield from _copies(value, copy, instead)
        else:
            setattr(copy, name, instead.get(value, value) if callable(value) else value)


def _module(name: str, doc: str | None, file: str | None, *, is_package: bool) -> ModuleType:
    """Return an empty module; programs look for its specification to see whether gensim is there."""
    module = ModuleType(name, doc)
    module.__file__ = file
    module.__spec__ = ModuleSpec(name, None, origin=file, is_package=is_package)
    if is_package:
        module.__path__ = []
    return module


def _refuse(fullname: str) -> NoReturn:
    raise ModuleNotFoundError(
        f"{fullname} has no stand-in: for a program that needs it, install gensim and import single stand-ins from "
        "embed.compat.gensim instead of calling embed.compat.gensim.install()",
        name=_NAME,
    )
