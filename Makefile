# Everything here installs what it needs into .venv, from Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test test-all check bench bench-diagnosis docs clean

help:  ## Say what there is to make
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/'

demo: $(VENV)/installed  ## Train a network on real data, look at the result, predict
	@$(BIN)/python examples/demo.py

test: $(VENV)/installed-test  ## Run the tests: minutes
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-all: $(VENV)/installed-test  ## Run the slow tests too
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(VENV)/installed-check  ## Run the formatter, the linter and the type checker
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

bench: $(VENV)/installed  ## Measure Fathom beside PyTorch, scikit-learn and Keras
	$(BIN)/python -m benchmarks.run

bench-diagnosis: $(VENV)/installed  ## Measure the diagnosis on held-out faults: half an hour
	$(BIN)/python -m benchmarks.diagnosis.heldout

docs: $(VENV)/installed-docs  ## Build the documentation into docs/_build
	$(BIN)/sphinx-build --quiet --fail-on-warning docs docs/_build
	@echo "Open docs/_build/index.html"

clean:  ## Remove what was installed and built
	rm -rf $(VENV) .venv-peers docs/_build .pytest_cache .ruff_cache

$(VENV)/python-is-new-enough:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Fathom needs Python 3.11 or newer; make PYTHON=python3.12 names one."; \
	    exit 2; }
	$(PYTHON) -m venv $(VENV)
	@$(PIP) install "pip>=25.1"
	@touch $@

$(VENV)/installed: pyproject.toml constraints.txt $(VENV)/python-is-new-enough
	@echo "Installing Fathom into $(VENV) ..."
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-%: $(VENV)/installed
	@echo "Installing what '$*' needs ..."
	@$(PIP) install --constraint constraints.txt --group $*
	@touch $@
