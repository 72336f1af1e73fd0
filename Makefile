# Everything on a fresh machine: `make demo` and `make test` do all set-up themselves.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
TORCH := $(shell sed -n 's/^\(torch==[0-9.]*\).*/\1/p' constraints.txt)
TORCHVISION := $(shell grep '^torchvision==' constraints.txt)
PYTEST_ARGS ?=

.PHONY: help setup system demo test lint unit prove release benchmarks clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## Make the environment in .venv, with pinned packages

# torch first and alone: its index may be set to the CPU one; torchvision without its own wishes.
$(STAMP): constraints.txt pyproject.toml
	@$(MAKE) --no-print-directory system
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make setup PYTHON=python3.11"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH) $(TORCH_OPTIONS)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps $(TORCHVISION) $(TORCH_OPTIONS)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# What pip cannot install. Installed where this user may; else one line says what to do.
system:
	@missing=""; \
	for pair in bwrap:bubblewrap git:git g++:g++ chromium:chromium; do \
	  command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; \
	done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing$$missing"; \
	    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	  else \
	    echo "Please install:$$missing  (Debian, Ubuntu: sudo apt-get install$$missing; chromium is for tests only)"; \
	  fi; \
	fi

demo: setup ## A whole course in one go: release, class, collect, grade, feedback, report
	$(BIN)/python -m demo

test: setup lint ## All checks and tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: setup ## Style, types, and the rules of authoring
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/autograder lint endterm

unit: setup ## The quick tests alone
	$(BIN)/python -m pytest tests/unit tests/test_architecture.py $(PYTEST_ARGS)

prove: setup ## Prove every question
	$(BIN)/autograder prove endterm

release: setup ## Build the student version
	$(BIN)/autograder release endterm

benchmarks: setup ## Ratios, side by side
	$(BIN)/python -m benchmarks.train_step
	$(BIN)/python -m benchmarks.grading

clean: ## Remove what can be made again
	rm -rf build .autograder .pytest_cache .mypy_cache .ruff_cache
