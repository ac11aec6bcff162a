# Sluice: `make help` says what there is. Everything is set up on first use, below this folder.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
SLUICE_HOME ?= $(CURDIR)/.sluice
export SLUICE_HOME
OUT ?= out/$(shell date +%Y-%m-%d-%H%M%S)
UPLOAD ?= samples/upload
SECONDS ?= 60

# a stamp says what was installed, and for which folder: a virtual environment does not survive being moved
STAMP := $(VENV)/.installed
ifneq ($(shell cat $(STAMP)-core 2>/dev/null),$(CURDIR))
$(shell rm -f $(STAMP)-core $(STAMP)-dev $(STAMP)-gpu $(STAMP)-fuzz)
endif

# the newest pip knows more, but the one that comes with Python is enough, and is there
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
GET := $(PIP) install --constraint constraints.txt

# one process a core, each with Postgres and Redis of its own; the tests of one file stay together, for they share
# lines, and the files keep their order, because tests/conftest.py puts the longest first
WORKERS ?= auto
PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help install install-gpu run up test test-light test-fast coverage check bench bench-quick test-faults fuzz audit clean

help: ## Say what can be made
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-15s%s\n", $$1, $$2 }'

install: $(STAMP)-core ## Set up .venv with the light core, in pinned versions (no torch)

install-gpu: $(STAMP)-gpu ## Add torch and the neural models' packages (about 6 GB)

run: install ## Send the sample photos through the whole line: UPLOAD=samples/upload OUT=out/DATE
	$(BIN)/sluice run "$(UPLOAD)" --out "$(OUT)"

up: install ## Start the line and leave it on, with Flower and the review desk
	$(BIN)/sluice up

test: $(STAMP)-dev $(STAMP)-gpu ## Run every test, with real Postgres, Redis, Celery workers and torch (about 6 GB)
	$(PYTEST)

test-light: $(STAMP)-dev ## Run the tests without installing torch: those of networks are skipped where it is not there
	$(PYTEST)

test-fast: $(STAMP)-dev ## Run the tests that need no server and no network, in under a minute
	$(PYTEST) -m "not services and not slow and not thorough"

test-faults: $(STAMP)-dev ## Run only the tests that kill and break processes on purpose
	$(PYTEST) -m faults

coverage: $(STAMP)-dev $(STAMP)-gpu ## Run every test and fail below 90 % of the product's lines
	$(PYTEST) --cov --cov-report=term:skip-covered

check: $(STAMP)-dev ## Check format, lint, types, the direction of imports and the subjects of commits
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/subjects

bench: $(STAMP)-dev ## Measure speed and accuracy: BENCH="gates upscale", all without; prints tables, writes bench/out/*.json
	$(BIN)/python -m bench $(BENCH)

bench-quick: $(STAMP)-dev ## Run each benchmark on a small sample, so that none stops working unnoticed
	$(BIN)/python -m bench --quick $(BENCH)

fuzz: $(STAMP)-fuzz ## Fuzz what reads vendors' bytes: SECONDS=60 for each target
	$(BIN)/python tests/fuzz/fuzz.py archive --seconds $(SECONDS)
	$(BIN)/python tests/fuzz/fuzz.py photo --seconds $(SECONDS)

audit: install ## Look the pinned packages up in PyPI's database of known vulnerabilities
	$(BIN)/python -m venv build/audit
	build/audit/bin/python -m pip --disable-pip-version-check --quiet install "pip-audit>=2.10"
	build/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

clean: ## Remove .venv and caches; the state folder and out/ stay
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP)-core: pyproject.toml constraints.txt
	@python=$$(for name in $(PYTHON) python3.11 python3.12 python3; do \
		"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null \
			&& command -v "$$name" && break; done); \
	if [ -z "$$python" ]; then \
		echo "Sluice needs Python 3.11 or 3.12, and found neither. Name one: make install PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1 || [ ! -x $(BIN)/python ]; then \
		echo "Making the virtual environment .venv with $$($$python --version) ..."; \
		rm -rf $(VENV); \
		if ! "$$python" -m venv $(VENV) >/dev/null 2>&1; then \
			rm -rf $(VENV); \
			"$$python" -m venv --without-pip $(VENV) && \
			"$$python" -m pip --disable-pip-version-check --quiet --python $(BIN)/python install pip || { \
				rm -rf $(VENV); \
				echo "No virtual environment could be made. On Debian or Ubuntu: apt install python3-venv" >&2; \
				exit 1; }; \
		fi; \
	fi
	@echo "Installing Sluice's core into .venv, without torch (about 800 MB, a minute or two) ..."
	@$(GET) setuptools
	@$(GET) --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@
	@echo "Installed: $(BIN)/sluice"

$(STAMP)-dev: $(STAMP)-core
	@echo "Installing what the tests and checks need (half a minute) ..."
	@$(GET) --no-build-isolation --editable ".[dev]"
	@touch $@

$(STAMP)-fuzz: $(STAMP)-core
	@$(GET) --no-build-isolation --editable ".[fuzz]"
	@touch $@

$(STAMP)-gpu: $(STAMP)-core
	@echo "Installing torch and the neural models' packages (about 6 GB, some minutes) ..."
	@$(GET) --no-build-isolation --editable ".[gpu]"
	@touch $@
