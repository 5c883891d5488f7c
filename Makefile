# make demo      generate a listening world, train on it, recommend, evaluate (a minute; the first run compiles kernels)
# make quick     the tests that take no longer than a minute in all; needs none of the extras
# make one T=…   some tests, such as T=tests/model or T='tests/cli -k version'
# make format    put code into the form that make check asks for
# make check     lint, format, types, import directions and circles
# make test      all tests but the slow ones, and the kernels once more with the JIT off; within five minutes on two cores
# make slow      the slow ones: commands killed at every moment, services under load, Spark and its failures
# make suite     all tests, those of make test and make slow, in one run: what both need is made once
# make fuzz      a minute of a processor of fuzzing for each target, two at once; FUZZ_SECONDS=600 for longer,
#                T='csv_text http' for some, FUZZ_INPUTS=400 for so many inputs, the same ones in every run
# make faults    forged and damaged files, bad calls, kills, errors, forks, fuzzing, in large numbers, and a table of all;
#                make slow tries a few of each
# make coverage  all tests, measuring which lines and branches are run; fails below the floor in pyproject.toml
# make docs      the site, into build/docs; a warning fails it
# make spark     Java for the tests of Spark, from Debian, where there is none
# make browser   Chromium for the tests of the page, from Debian, where there is none
# make system    what make spark and make browser install
# make ready     the environment of all other targets, which may run side by side then: pip is not called again
# make wheel     the built wheel alone, in an environment of its own, does the main job
# make bench     speed and memory, measured at small sizes in some minutes
# make bench-full   all that the documentation claims, measured again, and docs/benchmarks.md; hours
# make clean     remove the environment and all that was made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Most modules of the dependencies are never imported: Python compiles the others when they first are, in a third of the time.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable

# One environment that grows: the package alone for the demo, what tests need for most work, and all extras for the rest.
CORE := $(VENV)/.core
DEV := $(VENV)/.dev
READY := $(VENV)/.ready
SITE := $(VENV)/.site
EXTRAS := dev,peers,app,tune,report,history,download,spark,spark-connect

.PHONY: demo quick one format check test slow suite faults fuzz coverage docs browser spark system ready wheel bench bench-full clean

$(CORE): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) .
	@touch $@

$(DEV): $(CORE)
	$(INSTALL) '.[dev]'
	@touch $@

$(READY): $(DEV)
	$(INSTALL) '.[$(EXTRAS)]'
	@touch $@

# What all targets need, and the site, in one go of pip, which takes less than the steps above one after the other.
ready:
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) '.[$(EXTRAS),docs]'
	@touch $(CORE) $(DEV) $(READY) $(SITE)

demo: $(CORE)
	$(BIN)/deepcuts demo

quick: $(DEV)
	$(BIN)/pytest --numprocesses 2 --without-extras --hypothesis-profile quick -m 'not slow'

one: $(DEV)
	$(BIN)/pytest $(or $(T),$(error Say which tests: make one T=tests/model))

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/import_circles.py src

test: $(READY)
	$(BIN)/pytest --numprocesses 2 -m 'not slow'
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest --numprocesses 2 tests/kernels

slow: $(READY)
	$(BIN)/pytest --numprocesses 2 -m slow

# Three, as tests of services and of processes wait a third of their time.
suite: $(READY)
	$(BIN)/pytest --numprocesses 3
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest --numprocesses 2 tests/kernels

FAULTS := build/faults
LONG := DEEPCUTS_FAULTS=long DEEPCUTS_FAULTS_TABLE=$(CURDIR)/$(FAULTS)/rows

# All parts are tried, whatever those before them find; at the end comes the table of all.
faults: $(READY)
	rm -rf $(FAULTS) && mkdir -p $(FAULTS)
	export $(LONG) PYTHONPATH=tests; failed=0; \
	  $(BIN)/pytest --numprocesses 2 tests/faults || failed=1; \
	  NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(CURDIR)/$(FAULTS)/checked \
	    $(BIN)/pytest tests/faults/test_forged_files.py || failed=1; \
	  FUZZ_SECONDS=$(or $(FUZZ_SECONDS),135) $(BIN)/python -m faults.fuzz.driver || failed=1; \
	  $(BIN)/python -m faults.table $(FAULTS)/rows || failed=1; \
	  exit $$failed

fuzz: $(READY)
	PYTHONPATH=tests $(BIN)/python -m faults.fuzz.driver $(T)

# Compiled kernels leave no trace: their lines are those of the run without the JIT.
coverage: $(READY)
	rm -rf build/coverage && mkdir -p build/coverage
	COVERAGE_FILE=build/coverage/suite $(BIN)/pytest --numprocesses 2 --cov --cov-report= --cov-fail-under=0
	COVERAGE_FILE=build/coverage/kernels NUMBA_DISABLE_JIT=1 $(BIN)/pytest tests/kernels --cov --cov-report= --cov-fail-under=0
	$(BIN)/coverage combine build/coverage/suite build/coverage/kernels
	$(BIN)/coverage html --quiet --fail-under=0
	$(BIN)/coverage report --skip-covered

$(SITE): $(CORE)
	$(INSTALL) '.[docs]'
	@touch $@

docs: $(SITE)
	rm -rf build/docs docs/reference/api
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -b html docs build/docs

SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)

browser:
	command -v chromium chromium-browser || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

spark:
	command -v java || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless; }

# One after the other: apt-get takes one caller at a time.
system:
	$(MAKE) browser
	$(MAKE) spark

wheel:
	rm -rf dist build/wheel
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	build/wheel/bin/pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt dist/deepcuts-*.whl
	cd build/wheel && bin/deepcuts demo --output demo && bin/deepcuts info demo/model.safetensors

bench: $(READY)
	$(BIN)/python benchmarks/run.py --output build/benchmarks.md

bench-full: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt 'cmfrec>=3.5.1'
	$(BIN)/python benchmarks/run.py --full
	for study in quality split_study long_histories planted dials rivals evidence; do $(BIN)/python benchmarks/$$study.py || exit 1; done

clean:
	rm -rf $(VENV) demo build dist
