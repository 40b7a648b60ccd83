# Two commands for a newcomer: `make demo` and `make test`. Each does all its own set-up in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
UV     := $(shell command -v uv 2>/dev/null)
DEMO   ?=
JOBS   ?= 2
LAB    ?= lab

.PHONY: help setup demo test check lint types imports lab lab-down test-lab bench record clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## make .venv with everything that is pinned in constraints.txt

$(STAMP): pyproject.toml constraints.txt
ifeq ($(UV),)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,postgres]'
else
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[dev,postgres]'
endif
	@touch $(STAMP)

demo: $(STAMP) ## open the console on a simulated cloud (DEMO="--machines 480" for another size)
	$(BIN)/hsops demo $(DEMO)

test: $(STAMP) ## every test that needs no real server
	$(BIN)/python -m pytest -m 'not lab' --numprocesses $(JOBS) --dist loadscope

check: lint types imports ## ruff, mypy, pyright, import-linter

lint: $(STAMP)
	$(BIN)/ruff check hsops plugins screens themes tests
	$(BIN)/ruff format --check hsops plugins screens themes tests

types: $(STAMP)
	$(BIN)/mypy
	$(BIN)/pyright --warnings

imports: $(STAMP)
	$(BIN)/lint-imports

lab: $(STAMP) ## start the real servers on loopback (root on Debian or Ubuntu)
	$(BIN)/python -m tests.lab install
	$(BIN)/python -m tests.lab up

lab-down: $(STAMP) ## stop them
	$(BIN)/python -m tests.lab down

test-lab: $(STAMP) ## the tests against the real servers (LAB="lab and not long" without the longest); none is skipped
	HSOPS_LAB_REQUIRED=1 $(BIN)/python -m pytest -m "$(LAB)" --timeout 900

bench: $(STAMP) ## the benchmarks: ratios measured side by side
	$(BIN)/python -m tests.benchmarks

record: $(STAMP) ## refresh the tests' recordings from the lab, redacted
	$(BIN)/python -m tests.lab.record

clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
