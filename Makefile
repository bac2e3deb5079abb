# Every target makes .venv by itself when it is missing or older than the pinned requirements.
# Paths stay relative, so that a checkout under a path with spaces works.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
UV_VERSION := 0.13.8
PACKAGES := api benchmarks cli robot sorter storage vision workers
ARGS ?=
# Schemathesis' plugin takes a second to load, and no unit test uses it.
UNIT := $(BIN)/python -m pytest -q --numprocesses 2 -p no:schemathesis tests/unit

.PHONY: help demo test check unit bench format lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "SorterBot needs Python 3.11 or newer; name one with PYTHON=..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/python -m uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements-dev.lock
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: $(STAMP) ## Sort a virtual table; options through ARGS="--seed 3 --arms 2"
	$(BIN)/python -m cli.main demo $(ARGS)

test: $(STAMP) ## Run every test that this machine can run
	$(BIN)/python -m pytest --cov --cov-report= $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m coverage report --include='sorter/*' --fail-under=100)

unit: $(STAMP) ## Run the tests that need no services
	$(UNIT) $(ARGS)

check: $(STAMP) ## Format, lint, types, import contracts, unit tests
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(UNIT)

bench: $(STAMP) ## Measure the service, and make docs/performance.md anew (20 minutes; ARGS="--quick": one)
	$(BIN)/python -m benchmarks.suite $(ARGS)

format: $(STAMP) ## Put every file into the project's format
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

COMPILE := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
  --custom-compile-command "make lock" pyproject.toml

lock: $(STAMP) ## Compile the pinned requirements anew from pyproject.toml
	$(COMPILE) --all-extras --group dev --output-file requirements-dev.lock
	$(COMPILE) --extra worker --extra tracing --extra aws --constraint requirements-dev.lock --output-file requirements-worker.lock
	$(COMPILE) --extra tracing --extra flower --extra aws --constraint requirements-dev.lock \
	  --output-file requirements-api.lock

clean: ## Remove what the other targets made, runs included
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache build dist runs *.egg-info
	find $(PACKAGES) tests -type d -name __pycache__ -prune -exec rm -rf {} +
