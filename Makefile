# A thin layer: README.md gives the plain pip and panel lines.
.DEFAULT_GOAL := help
.PHONY: help install serve test lint clean

PORT   ?= 5006
VENV   ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
STAMP  := $(VENV)/.installed
BIN    := $(VENV)/bin

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## set up .venv with the pinned versions; does nothing where that is done

# A Debian python without python3-venv cannot put pip into a new environment; its own pip can.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "cainr needs Python 3.11 or newer; name one with make PYTHON=/path/to/python" >&2; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) 2>/dev/null \
	  || { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install pip; }
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[test]'
	@touch $@

serve: install ## serve the dashboard at http://localhost:5006/app (PORT=..., PANEL="more options")
	@echo "cainr: http://localhost:$(PORT)/app"
	@exec $(BIN)/panel serve app --port $(PORT) $(PANEL)

lint: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint ## ruff, mypy and all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope

clean: ## remove .venv and caches; runs/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
