# make demo    generate a listening world, train on it, recommend, evaluate (a minute; the first run compiles kernels)
# make test    the whole test suite, and the kernels once more with the JIT off
# make check   lint, format, types, import directions
# make bench   what the documentation claims, measured again

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/deepcuts demo

test: $(READY)
	$(BIN)/pytest --numprocesses 2
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -k kernels

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[peers]'
	$(BIN)/python benchmarks/epoch.py
	$(BIN)/python benchmarks/quality.py

clean:
	rm -rf $(VENV) demo build dist
