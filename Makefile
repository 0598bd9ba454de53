# `make help` lists what is here; every target installs what it needs into .venv first.
SHELL := /bin/bash
PYTHON ?= python3
TASK ?= names
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed
TOOLS_INSTALLED := $(VENV)/.tools-installed

.DEFAULT_GOAL := help
.PHONY: help install tools sweep test coverage test-browser test-data test-devices test-docs test-exact test-export test-hostile test-kept test-launchers test-loggers test-many test-memory test-probes test-python test-records test-search test-studies test-more test-all torture bench bench-gpu bench-quick calibrate docs lint format screenshot tensorboard clean

help:  ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# What running needs, and beside it what tests, linters and benchmarks need. pip says what it downloads, and how much.
$(INSTALLED): pyproject.toml
	@echo "1/2 Creating a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "2/2 Installing rnnlab and what it needs; PyTorch is more than half of it"
	@$(PIP) install --editable .
	@touch $@
	@echo "Installed: $$(du -sh $(VENV) | cut -f1) in $(VENV)"

$(TOOLS_INSTALLED): $(INSTALLED)
	@echo "Installing what tests and linters need: pytest, mypy, Playwright, Ray and more"
	@$(PIP) install --editable '.[dev]'
	@touch $@
	@echo "Installed: $$(du -sh $(VENV) | cut -f1) in $(VENV)"

install: $(INSTALLED)  ## Create .venv and install rnnlab into it, editable, with what running needs

tools: $(TOOLS_INSTALLED)  ## Install what tests, linters and benchmarks need as well

# How large and how long the models of `make sweep` are: short runs that answer, each at its own best learning rate.
SIZE_names := model.parameters=40000 trainer.max_epochs=4
SIZE_chars := model.parameters=60000 data.limit=300000 trainer.max_epochs=2
SIZE_sentiment := model.hidden_size=64 data.limit=5000 data.sequence_length=100 model.embedding_size=64 trainer.max_epochs=2
RATES := optimizer.lr=tag(log,interval(2e-3,4e-2))

sweep: install  ## Compare RNN, GRU and LSTM on US first names, each at its own best, in minutes; TASK=chars or sentiment
	$(BIN)/rnnlab train -m hydra/sweeper=tune task=$(TASK) cell=rnn,gru,lstm '$(RATES)' $(SIZE_$(TASK)) \
	  hydra.sweeper.trials=8 hydra.sweeper.extend=1 hydra.sweeper.confirm=race hydra.sweeper.most=10 sweep=$(TASK)-fair

test: tools  ## Run the tests, in at most six minutes on two idle cores
	$(BIN)/python -m pytest

test-browser: tools  ## Look at pages and TensorBoard in Debian's chromium
	$(BIN)/python -m pytest -m browser

test-data: tools  ## Check the published figures of data sets that lie in RNNLAB_DATA_DIR, else say what is skipped
	$(BIN)/python -m pytest -m data

test-devices: tools  ## Train one run in several processes
	$(BIN)/python -m pytest -m devices

test-docs: tools  ## Type every command of the documentation
	$(BIN)/python -m pytest -m docs

test-exact: tools  ## Interrupt trainings, watch them, and compare what they end with to the bit
	$(BIN)/python -m pytest -m exact

test-export: tools  ## Export models of every task and cell, and run them without rnnlab
	$(BIN)/python -m pytest -m export

test-hostile: tools  ## Open files and runs that somebody has damaged or made to do harm
	$(BIN)/python -m pytest -m hostile

test-kept: tools  ## Read runs and checkpoints that earlier versions left
	$(BIN)/python -m pytest -m kept

test-launchers: tools  ## Kill sweeps and searches; start jobs of submitit and tasks of Ray
	$(BIN)/python -m pytest -m launchers

test-loggers: tools  ## Write to Weights & Biases, offline, and to MLflow
	$(BIN)/python -m pytest -m loggers

test-many: tools  ## Plan, compare and show sweeps of hundreds of runs
	$(BIN)/python -m pytest -m many

test-memory: tools  ## Open files that unfold to more than any machine has, within two gigabytes
	$(BIN)/python -m pytest -m memory

test-probes: tools  ## Look into trained networks with every probe
	$(BIN)/python -m pytest -m probes

test-python: tools  ## Execute notebooks, and train with scripts and Trainers of one's own
	$(BIN)/python -m pytest -m python

test-records: tools  ## Check what the committed pages of studies say
	$(BIN)/python -m pytest -m records

test-search: tools  ## Search with every sampler and pruner
	$(BIN)/python -m pytest -m search

test-studies: tools  ## Train the first run of every shipped study, and write pages of small ones
	$(BIN)/python -m pytest -m studies

MORE := (browser or devices or docs or exact or export or hostile or kept or launchers or loggers or many or memory or \
  probes or python or records or search or studies) and not (slow or data)

test-more: tools  ## Everything else that has a target of its own, but for data, GPUs and what is slow
	$(BIN)/python -m pytest -m '$(MORE)'

coverage: tools  ## Which lines and branches of src the tests of `make test` and `make test-more` take, in an hour
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage run -m pytest -m '$(MORE)'
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

test-all: tools  ## Run every test, the slow ones too
	$(BIN)/python -m pytest -m ''

torture: tools  ## Kill sweeps at a hundred random moments and compare what they end with to the bit
	$(BIN)/python tests/sweeps/torture.py 100 $${SEED:-1}

bench: tools  ## Measure what the framework costs, as ratios, into experiments/speed/README.md
	$(BIN)/python tests/benchmarks/bench.py

bench-quick: tools  ## The main ratios from one round each, in two minutes; nothing written
	$(BIN)/python tests/benchmarks/bench.py --quick

bench-gpu: tools  ## Train on a GPU in every way that a test knows, then measure; nothing written
	$(BIN)/python -m pytest -n 0 -m gpu
	$(BIN)/python tests/benchmarks/bench.py --quick --only "On a GPU"

docs: tools  ## Build the documentation into build/site; index.html opens without a server
	$(BIN)/python docs/site/pages.py build/docs
	$(BIN)/zensical build --strict --clean
	@echo "Read it: file://$(CURDIR)/build/site/index.html"

calibrate: install  ## Judge thousands of sweeps and races of known truth, into experiments/calibration*/README.md
	$(BIN)/rnnlab study name=calibration
	$(BIN)/rnnlab study name=calibration-races

lint: tools  ## Check style, types, and that arrows between rooms run downwards
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: tools  ## Let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshot: $(INSTALLED)  ## Photograph what `make sweep` ends with for the README, in Debian's chromium
	chromium --headless --no-sandbox --hide-scrollbars --force-device-scale-factor=1.5 --window-size=1280,1000 \
	  --screenshot=experiments/report.png file://$(CURDIR)/runs/names-fair/report/report.html

tensorboard: install  ## Open TensorBoard on all runs or on SWEEP=name, on this machine only
	$(BIN)/rnnlab tensorboard $(if $(SWEEP),sweep=$(SWEEP))

clean:  ## Remove .venv and caches; runs stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
