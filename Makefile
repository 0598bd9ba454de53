# `make help` lists what is here; every target installs what it needs into .venv first.
SHELL := /bin/bash
PYTHON ?= python3
TASK ?= names
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install sweep test test-all torture bench bench-quick lint format tensorboard clean

help:  ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

install: $(INSTALLED)  ## Create .venv and install rnnlab into it, editable, with the developers' tools

sweep: install  ## Compare RNN, GRU and LSTM on US first names: 18 runs, a few minutes, then the ranking
	$(BIN)/rnnlab study name=$(TASK)-cells
	@echo
	@echo "Look at every curve:  make tensorboard"

test: install  ## Run the tests
	$(BIN)/python -m pytest

test-all: install  ## Run the tests and the slow ones
	$(BIN)/python -m pytest -m ''

torture: install  ## Kill sweeps at a hundred random moments and compare what they end with to the bit
	$(BIN)/python tests/sweeps/torture.py 100 $${SEED:-1}

bench: install  ## Measure what the framework costs, as ratios, into experiments/speed/README.md
	$(BIN)/python tests/benchmarks/bench.py

bench-quick: install  ## The main ratios from one round each, in two minutes; nothing written
	$(BIN)/python tests/benchmarks/bench.py --quick

lint: install  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install  ## Let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tensorboard: install  ## Open TensorBoard on all runs, on this machine only
	$(BIN)/tensorboard --logdir runs --host localhost

clean:  ## Remove .venv and caches; runs stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
