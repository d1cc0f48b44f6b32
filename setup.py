"""The extension modules; everything else about the package is in pyproject.toml.

One binary per platform serves every processor of it: the kernels choose their SIMD path at import, so there
is no ``-march=native`` here. There is no ``-ffast-math`` either: GCC 12 would link start-up code that
flushes subnormals to zero in the whole process, the user's own arithmetic included.

``EMBED_DEBUG=1`` builds with bounds checks and debug symbols, ``EMBED_SANITIZE=address`` or ``thread`` for the
sanitizers of GCC and Clang (see CONTRIBUTING.md). ``EMBED_PURE=1`` leaves the extension modules out, for an editable
install of a tree where ``setup.py build_ext --inplace`` makes them: it would compile all of them once more, elsewhere.
"""

import os
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup
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

    def build_extensions(self):
        flags = COMPILE_FLAGS.get(self.compiler.compiler_type, [])
        for extension in self.extensions:
            extension.extra_compile_args = [*extension.extra_compile_args, *flags]
            extension.extra_link_args = [*extension.extra_link_args, *SANITIZERS]
        super().build_extensions()


def extension(name, *sources):
    """Return the extension module of a dotted name below `embed`."""
    pyx = "embed/" + name.replace(".", "/") + ".pyx"
    return Extension("embed." + name, [pyx, *sources], include_dirs=["embed/csrc"], depends=HEADERS)


ENGINE = [f"engine.{name}" for name in ("_block_vectors", "_blocks", "_bounds", "_replicas", "_rounds", "_rows")]
MODULES = [
    extension("_core"),
    extension("engine._kernels", "embed/csrc/kernels.c"),
    *map(extension, ENGINE),
    extension("files._digest"),
    extension("formats._floats"),
    extension("text._text"),
    extension("text.phrases._phrases"),
    extension("vocabulary._ngrams"),
]

setup(
    ext_modules=cythonize(
        [] if PURE else MODULES,
        build_dir=f"build/cython-{KIND}" if KIND else "build/cython",
        compiler_directives=DIRECTIVES,
        force=bool(KIND),
        quiet=True,
    ),
    cmdclass={"build_ext": BuildExtensions},
    options={"build_ext": {"force": bool(KIND), "parallel": True}},
)
