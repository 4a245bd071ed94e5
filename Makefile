# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
UV ?= uv
VENV ?= .venv
BIN := $(VENV)/bin
# Of make bench: 0.3 million records in one month, 10 million in 30, 36 million in 120.
SIZE ?= S
# One environment with two stages: what running needs, and what developing needs on top of it.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: help run test test-all test-rest test-slow test-services test-month test-container test-live demo-fetch search torture bench bench-comext check docs stop deploy worker server-postgres lock dictionary clean
.DEFAULT_GOAL := help

help:
	@echo "make run    make the environment and ingest the sample into ./store, with a local Prefect server"
	@echo "make stop   stop that server"
	@echo "make deploy   put the schedules on a server (one is started if none answers); make worker   run them"
	@echo "make server-postgres   a server for a team, on PostgreSQL"
	@echo "make test   make the environment and run the tests, a few minutes; make test-all   these and all others:"
	@echo "            make test-slow   whole histories, commands in processes of their own, kills at every step"
	@echo "            make test-services   a real server, worker, PostgreSQL, browser, S3 and Dask, which wait for minutes"
	@echo "            make test-month   a month of 0.3 million records through everything; make test-rest   these three in one go"
	@echo "make test-container   the image and the services of deployments/, run by podman (as root on Debian)"
	@echo "make demo-fetch   begin with seven countries, from a server on this machine that answers like their sources with invented numbers, publish them, and show the figures"
	@echo "make test-live   ask the real sources one question each, where there is a network"
	@echo "make torture  1,000 kills under readers; make search   properties on many more examples; make bench SIZE=S|M|L  speed compared with what one would use instead"
	@echo "make check  style, types, import contracts, dictionary, pages and their links; make docs   the pages as a site, in build/site"
	@echo "make dictionary   write schemas/DICTIONARY.md, tables.json and tidewaiter/__init__.pyi from the models and questions; make lock   resolve the dependencies again (needs uv)"
	@echo "make clean   remove the environment and all caches"

# The environment is made once, from the lock file with its hashes; ours is installed in place. Python compiles what it imports,
# so compiling everything beforehand only takes time.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
	  { echo "Tidewaiter needs Python 3.11 to 3.14; $(PYTHON) is $$($(PYTHON) --version). Use make PYTHON=python3.12 …"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) has no venv module; on Debian: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --no-compile --require-hashes --requirement requirements.lock
	$(INSTALL) --no-compile --no-deps --no-build-isolation --editable .
	@touch $@

# Both lock files have the same versions, so this only adds packages.
$(READY_DEV): requirements-dev.lock | $(READY)
	$(INSTALL) --no-compile --require-hashes --requirement requirements-dev.lock
	@touch $@

run: $(READY)
	@$(BIN)/tidewaiter run

stop: $(READY)
	@$(BIN)/tidewaiter stop

deploy: $(READY)
	@$(BIN)/tidewaiter deploy

worker: $(READY)
	@$(BIN)/tidewaiter worker

server-postgres: $(READY)
	@BIN=$(BIN) deployments/server.sh

# Tests start the command dozens of times, and pytest rewrites each test module: compiled once, also where nothing else is.
test test-slow test-services test-month test-rest search: export PYTHONDONTWRITEBYTECODE =

# Two processes on two cores: a pool of threads in each of them would only wait for the other one's.
test test-slow test-rest search: export POLARS_MAX_THREADS = 1

# What a developer runs draws fewer examples; `make test-all` draws all of them.
test: export TIDEWAITER_DRAWS ?= 0.25

# Two cores do two things; what waits for servers is apart, because minutes of it are waiting.
test: $(READY_DEV)
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not slow and not services and not month"

test-slow: $(READY_DEV)
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m slow tests

test-all:
	TIDEWAITER_DRAWS=1 $(MAKE) test
	$(MAKE) test-rest

# All that `make test` leaves out, in one go: two processes compute, and the third, with the services, mostly waits.
test-rest: $(READY_DEV)
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder -m "slow or services or month"

test-services: $(READY_DEV)
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder -m services tests/integration

# One after another, because each part may take both cores and gigabytes.
test-month: $(READY_DEV)
	$(BIN)/pytest -m month tests/integration --durations 0 --durations-min 1

# By hand: it builds an image and runs services for minutes. What it makes stays in build/container.
test-container: $(READY_DEV)
	tests/container.sh

# Five sources on this machine; inboxes and stores go into ./demo.
demo-fetch: $(READY)
	@$(BIN)/python -m tests.replay

# The real sources, one question each; skipped where they cannot be reached. By hand, never in the usual tests.
test-live: $(READY_DEV)
	TIDEWAITER_LIVE=1 $(BIN)/pytest -m live -rs tests/live

# Properties, fifty times as many examples as in the tests, and others each time; kills and faults at every call and request.
search: $(READY_DEV)
	TIDEWAITER_DRAWS=50 $(BIN)/pytest --numprocesses 2 -p no:cacheprovider tests/unit tests/faults \
	  $(addprefix tests/integration/test_,s3_faults.py real_files.py vintages.py pieces.py dask.py)

torture: $(READY_DEV)
	$(BIN)/python -m tests.faults.torture --kills 1000 --reads 20000

bench: $(READY_DEV)
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.parse
	$(BIN)/python -m benchmarks.monthly
	$(BIN)/python -m benchmarks.whole --size $(SIZE) --keep build/bench/store-$(SIZE)
	$(BIN)/python -m benchmarks.written --size $(SIZE)
	$(BIN)/python -m benchmarks.readers --size $(SIZE) --store build/bench/store-$(SIZE)
	$(BIN)/python -m benchmarks.dask_workers
	[ $(SIZE) = S ] || $(BIN)/python -m benchmarks.history --size $(SIZE)

# A month of Comext, five million rows, by three contenders; then Germany's part into a store.
bench-comext: $(READY_DEV)
	$(BIN)/python -m benchmarks.comext --record

# The pages as a site in build/site; a link that leads nowhere, or a page in no table of contents, is an error.
docs: $(READY_DEV)
	$(BIN)/sphinx-build -W --keep-going -q -c docs . build/site

check: $(READY_DEV) docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas.dictionary --check
	$(BIN)/python -m tidewaiter.stub --check

dictionary: $(READY)
	$(BIN)/python -m schemas.dictionary
	$(BIN)/python -m tidewaiter.stub

# The lock file for running takes its versions from the one for developing. Extras stay: pip takes `httpx[http2]` from the newest release
# and refuses it without a hash, where the lock names `httpx` alone.
LOCK := --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet
lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: python3 -m venv build/uv && build/uv/bin/pip install uv, then make lock UV=build/uv/bin/uv"; exit 2; }
	$(UV) pip compile $(LOCK) --extra build --extra dev pyproject.toml --output-file requirements-dev.lock
	$(UV) pip compile $(LOCK) --extra build --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
