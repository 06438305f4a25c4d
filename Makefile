# `make demo` builds the example album, `make test` checks everything, `make docs` writes docs/stages.md; each
# sets itself up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint types docs quality bench clean

demo: $(READY)
	$(BIN)/python projects/demo/make_mixes.py
	$(BIN)/deadwax build projects/demo/album.yaml
	$(BIN)/deadwax verify projects/demo/delivery

test: $(READY) lint types
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	$(BIN)/python docs/make_reference.py

quality: $(READY)
	$(BIN)/python benchmarks/quality.py

bench: $(READY)
	$(BIN)/python benchmarks/stages.py
	$(BIN)/python benchmarks/groove.py
	$(BIN)/python benchmarks/vinyl_plans.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $(READY)

clean:
	rm -rf $(VENV) build dist projects/*/delivery projects/*/.deadwax projects/demo/mixes
