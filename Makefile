# Everything is run in .venv and node_modules, made by `make setup`; other recipes call it when it is needed.
PYTHON ?= python3
ARGS ?=

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export APE_DATA_FOLDER := $(CURDIR)/.cache/ape

VENV := .venv/.stamp
NODE := node_modules/.stamp

.PHONY: help setup test lint bindings layouts calls bench invariants branches invariants-bite proofs faults mutants oracle-day demo deploy-local \
	lock clean

help: ## This list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 16

setup: $(VENV) $(NODE) ## Install what the project needs into .venv and node_modules

test: lint ## Lint, then all tests; ARGS="-k foo" is passed to pytest
	@python -m pytest -n 2 $(ARGS)

lint: setup ## Style, types, traps of the Vyper compiler, code sizes
	@ruff check --quiet .
	@ruff format --check --quiet .
	@mypy
	@python -m walras.devtools.traps
	@python -m walras.devtools.sizes

bindings: setup ## Write walras/chain/bindings anew from the compiled contracts
	@python -m walras.devtools.bindings $(ARGS)

layouts: setup ## Write docs/storage.json anew: where each contract keeps its variables
	@python -m walras.devtools.layouts

calls: setup ## Write the graph of calls into docs/proofs.md anew
	@python -m walras.devtools.calls --write

bench: setup ## Measure gas on anvil and write benchmarks/gas.json
	@python -m benchmarks.gas $(ARGS)

invariants: setup ## Four minutes of random stories over the whole exchange, every invariant asked; ARGS="--minutes 60 --seed 7"
	@python -m walras.audit --minutes 4 $(ARGS)

branches: setup ## Both ways of every branch of the contracts, in stories and tests; writes docs/branches.md; about an hour
	@python -m walras.audit.branches $(ARGS)

invariants-bite: setup ## Plant a bug for each check, and see it found; ARGS="--only inv_17", ARGS="--report docs/assurance.md"
	@python -m walras.audit.bite $(ARGS)

proofs: setup ## What is proved and not only tested: docs/proofs.md; some minutes
	@PROOFS=1 python -m pytest tests/proofs $(ARGS)

faults: setup ## Plant faults in the contracts, one by one, and see each found; some hours; ARGS="--minutes 60"
	@python -m walras.devtools.faults $(ARGS)

mutants: setup ## Change the contracts that handle money bit by bit, and see a test fail; ARGS="--help"
	@python -m walras.devtools.mutants $(ARGS)

oracle-day: setup ## Replay the crash of 2025-10-10 through the oracle, every second of it; ARGS="--help"
	@python -m walras.replay.oracle_day $(ARGS)

demo: setup ## The exchange alive: the crash of 2025-10-10 on a chain of this machine; ARGS="--help"
	@python -m walras.demo $(ARGS)

deploy-local: setup ## Start anvil and deploy all of it there, with four markets; PORT=8545
	@python -m walras.deploy.local

lock: setup ## Resolve pyproject.toml and package.json anew into their locks
	@uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml
	@npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean: ## Remove all that the recipes made
	@rm -rf .venv node_modules .cache .build .hypothesis .pytest_cache .mypy_cache .ruff_cache

$(VENV): requirements.lock
	@command -v $(PYTHON) > /dev/null || { echo "error: $(PYTHON) not found; Python 3.11 or later is needed: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v < (3, 11) and sys.exit(f"error: Python 3.11 or later is needed, $(PYTHON) is {v[0]}.{v[1]}: make PYTHON=/path/to/python3")'
	@[ ! -L .venv ] || { echo "error: .venv is a link, and setup would empty what it points to: remove it" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@echo "setup: Python packages into .venv"
	@python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .  # the command `walras`
	@touch $@

$(NODE): package.json package-lock.json
	@command -v npm > /dev/null || { echo "error: npm not found; install Node 20 or later: it brings anvil, the local chain" >&2; exit 1; }
	@echo "setup: anvil and the contracts that tests use into node_modules"
	@[ ! -L node_modules ] || { echo "error: node_modules is a link, and setup would empty what it points to: remove it" >&2; exit 1; }
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p node_modules/.bin && cd node_modules/.bin && ln -sf ../@foundry-rs/anvil-*/bin/anvil anvil  # npm links a Node wrapper, or nothing
	@touch $@
