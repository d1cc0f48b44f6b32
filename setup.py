"""The extension modules and the packages, found in the tree; everything else is in pyproject.toml.

The modules share the code that Cython puts into each (memory views, functions, exceptions): ``embed/_cython``, which
Cython generates, has it once, and that halves the wheel.

One binary per platform serves every processor of it: the kernels choose their SIMD path at import, so there
is no ``-march=native`` here. There is no ``-ffast-math`` either: GCC 12 would link start-up code that
flushes subnormals to zero in the whole process, the user's own arithmetic included.

``EMBED_DEBUG=1`` builds with bounds checks and debug symbols, ``EMBED_SANITIZE=address`` or ``thread`` for the
sanitizers of GCC and Clang (see CONTRIBUTING.md). ``EMBED_PURE=1`` leaves the extension modules out, for an editable
install of a tree where ``setup.py build_ext --inplace`` makes them: it would compile all of them once more, elsewhere.
"""

import os
import sys
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext


def asked_for(variable):
    return os.environ.get(variable, "0") not in ("", "0")


DEBUG, PURE = asked_for("EMBED_DEBUG"), asked_for("EMBED_PURE")
SANITIZE = os.environ.get("EMBED_SANITIZE", "")

SANITIZERS = {
    "": [],
    # Python compiles with -fwrapv, which would hide that a signed number overflows.
    "address": ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-wrapv"],
    "thread": ["-fsanitize=thread"],
}[SANITIZE]
KIND = SANITIZE or ("debug" if DEBUG else "")
COMPILE_FLAGS = {
    "unix": [*SANITIZERS, *(["-O1", "-g", "-fno-omit-frame-pointer", "-UNDEBUG"] if KIND else ["-O3", "-g0"])],
    "msvc": ["/Od", "/Z7"] if DEBUG else ["/O2"],
}
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,
    "embedsignature": True,
    "freethreading_compatible": True,
}
HEADERS = sorted(glob("embed/csrc/*.h"))


class BuildExtensions(build_ext):
    """Adds the flags of the compiler that is really used, which is known only when the build starts."""

    def finalize_options(self):
        super().finalize_options()
        # symbols are a twentieth of a wheel; profilers of the tree need them. `inplace` is changed while it builds.
        strips = sys.platform == "linux" and not (self.inplace or KIND)
        self.strip_flags = ["-Wl,-s"] if strips else []

    def build_extensions(self):
        flags = COMPILE_FLAGS.get(self.compiler.compiler_type, [])
        for extension in self.extensions:
            extension.extra_compile_args = [*extension.extra_compile_args, *flags]
            extension.extra_link_args = [*extension.extra_link_args, *SANITIZERS, *self.strip_flags]
        super().build_extensions()


C_SOURCES = {"embed/engine/_kernels.pyx": ["embed/csrc/kernels.c"]}
"""What is compiled beside a module; every ``.pyx`` of the package is one."""
OUTSIDE = ("corpora", "eval")
"""Folders beside embed/ that are installed in it (package-dir in pyproject.toml)."""


def extension(pyx):
    """Return the extension module of a ``.pyx``."""
    parts = pyx.removesuffix(".pyx").split(os.sep)
    name = ".".join(["embed", *parts] if parts[0] in OUTSIDE else parts)
    sources = [pyx, *C_SOURCES.get(pyx.replace(os.sep, "/"), [])]
    return Extension(name, sources, include_dirs=["embed/csrc"], depends=HEADERS)


SHARED = Extension("embed._cython", [])
SOURCES = sorted(pyx for folder in ("embed", *OUTSIDE) for pyx in glob(f"{folder}/**/*.pyx", recursive=True))
MODULES = [SHARED, *(extension(pyx) for pyx in SOURCES)]
BESIDE = ["embed.corpora", "embed.eval", "embed.eval.senses", "embed.eval.tasks"]
PACKAGES = [*find_packages(include=["embed", "embed.*"]), *BESIDE]

setup(
    packages=PACKAGES,
    ext_modules=cythonize(
        [] if PURE else MODULES,
        build_dir=f"build/cython-{KIND}" if KIND else "build/cython",
        compiler_directives=DIRECTIVES,
        shared_utility_qualified_name=SHARED.name,
        force=bool(KIND),
        quiet=True,
    ),
    cmdclass={"build_ext": BuildExtensions},
    options={"build_ext": {"force": bool(KIND), "parallel": True}},
)
