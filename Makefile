# `make demo` builds the example album, `make test` checks everything, `make docs` writes docs/stages.md; each
# sets itself up first. `make bench` measures for half an hour: stages (stages.py), the cut of a side
# (groove.py, vinyl_plans.py), a clean build beside a script with ffmpeg, flac and lame (paired.py, which needs
# them and sox), small changes (small_changes.py), growth with length, tracks and history (growth.py). It makes
# albums of 4 GB in build/albums and needs 10 GB more while it runs.
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
	$(BIN)/python benchmarks/paired.py --folder build/albums
	$(BIN)/python benchmarks/paired.py --folder build/albums --fresh-kernels --minutes 1
	$(BIN)/python benchmarks/small_changes.py --folder build/albums
	$(BIN)/python benchmarks/growth.py --folder build/albums --base-minutes 2.5

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $(READY)

clean:
	rm -rf $(VENV) build dist projects/*/delivery projects/*/.deadwax projects/demo/mixes
