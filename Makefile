# make demo    generate a listening world, train on it, recommend, evaluate (a minute; the first run compiles kernels)
# make test    the whole test suite, and the kernels once more with the JIT off
# make check   lint, format, types, import directions
# make browser   Chromium for the tests of the page, from Debian, where there is none
# make wheel   the built wheel alone, in an environment of its own, does the main job
# make bench        speed and memory, measured at small sizes in some minutes
# make bench-full   all that the documentation claims, measured again, and docs/benchmarks.md; hours

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check browser wheel bench bench-full clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,peers,app,tune,report,history,download]'
	@touch $@

demo: $(READY)
	$(BIN)/deepcuts demo

test: $(READY)
	$(BIN)/pytest --numprocesses 2
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest tests/kernels

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)

browser:
	command -v chromium chromium-browser || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

wheel:
	rm -rf dist build/wheel
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	build/wheel/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt dist/deepcuts-*.whl
	cd build/wheel && bin/deepcuts demo --folder demo && bin/deepcuts info demo/model.safetensors

bench: $(READY)
	$(BIN)/python benchmarks/run.py --output build/benchmarks.md

bench-full: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt 'cmfrec>=3.5.1'
	$(BIN)/python benchmarks/run.py --full
	for study in quality split_study long_histories planted dials evidence; do $(BIN)/python benchmarks/$$study.py || exit 1; done

clean:
	rm -rf $(VENV) demo build dist
