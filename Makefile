# make demo    generate a listening world, train on it, recommend, evaluate (a minute; the first run compiles kernels)
# make test    the whole test suite, and the kernels once more with the JIT off
# make check   lint, format, types, import directions
# make wheel   the built wheel alone, in an environment of its own, does the main job
# make bench   what the documentation claims, measured again

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check wheel bench clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,peers,app,tune,report,history,download]'
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

wheel:
	rm -rf dist build/wheel
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	build/wheel/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt dist/deepcuts-*.whl
	cd build/wheel && bin/deepcuts demo --folder demo && bin/deepcuts info demo/model.safetensors

bench: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[peers]'
	for claim in epoch short_rows quality split_study long_histories evidence; do $(BIN)/python benchmarks/$$claim.py || exit 1; done

clean:
	rm -rf $(VENV) demo build dist
