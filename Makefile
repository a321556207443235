# Two commands: `make run` opens Hush, `make test` tests it. Either sets up what is missing first.
# The words after ## are what `make help` shows. The work is in packaging/bootstrap.py.

# Any Python from 3.11 on; .venv is made with it.
PYTHON ?= python3
# Handed on to the program, as in: make test ARGS="tests/unit -x"
ARGS ?=

VENV_PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench tools

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install Hush and its starter model into .venv, once
	@$(PYTHON) packaging/bootstrap.py

# Without the libraries of a window Qt would abort, so Hush is then told of no display: it says so
# and starts its terminal chat.
run: setup ## Open Hush; with no display, chat in the terminal
	@$(PYTHON) packaging/display_libraries.py || unset DISPLAY WAYLAND_DISPLAY QT_QPA_PLATFORM; \
	exec .venv/bin/hush $(ARGS)

test: tools ## Run every test; needs no display
	@$(PYTHON) packaging/display_libraries.py --plugin offscreen
	$(VENV_PYTHON) -m pytest --numprocesses logical --dist loadfile $(ARGS)

check: tools ## Check style, types and the direction of imports
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) -m mypy packaging/*.py
	.venv/bin/lint-imports --no-logo

bench: tools ## Measure speed and memory on this machine
	$(VENV_PYTHON) -m benchmarks $(ARGS)

tools:
	@$(PYTHON) packaging/bootstrap.py --dev
