# Two commands on a fresh machine with Python and make: `make results` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
# Processes of `make calibration` and `make sbc`.
JOBS ?= 2
# One thread a process for linear algebra: the parallelism is over models and chains.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
# Without compiled modules on disk every process spends seconds on imports alone.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: results campaign studies calibration sbc backtest bench readme pictures docs test test-slow check lock clean

# The main answer: newest table, USA and China, from scores and from benchmark results; the pages.
# What was fitted before, to the same data by the same program, is taken from the store of fits.
# Pages are made also where a fit did not converge (exit code 1), and say so.
results: .venv/ready
	@code=0; $(BIN)/frontierlag results --out results || code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi; \
	$(BIN)/frontierlag report results || code=$$?; exit $$code

# Everything that results/ holds, hours of fits: all tables and comparisons, then the studies, then
# the pages. Stopped and started again it goes on where it was.
campaign: .venv/ready
	@code=0; $(BIN)/frontierlag results --all --out results || code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi
	$(MAKE) studies backtest
	@code=0; $(BIN)/frontierlag report results || code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi

# What is slower and not part of the main job: sensitivity, vintages, forecasts with their hindcast.
studies: .venv/ready
	@code=0; $(BIN)/frontierlag study history || code=$$?; if [ $$code -gt 1 ]; then exit $$code; fi
	@code=0; $(BIN)/frontierlag study history --comparison closed-open || code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi
	@code=0; $(BIN)/frontierlag study measures || code=$$?; if [ $$code -gt 1 ]; then exit $$code; fi
	$(BIN)/frontierlag study sensitivity --scores eci-2025-12-19 --date-error-table eci-2026-08-11
	$(BIN)/frontierlag study sensitivity --scores eci-2026-08-11 --date-error-table eci-2025-12-19 --date-error-days 30
	$(BIN)/frontierlag study vintages eci-2025-12-19 eci-2026-08-11
	$(BIN)/frontierlag study vintages eci-2025-12-19 eci-2026-08-11 --comparison closed-open
	@code=0; $(BIN)/frontierlag study index --scores eci-2026-08-11 --results eci-results-2026-08-11 || code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi
	@code=0; $(BIN)/frontierlag domains --leave-out || code=$$?; if [ $$code -gt 1 ]; then exit $$code; fi
	@code=0; $(BIN)/frontierlag league --by country || code=$$?; if [ $$code -gt 1 ]; then exit $$code; fi
	@code=0; $(BIN)/frontierlag league --by maker || code=$$?; if [ $$code -gt 1 ]; then exit $$code; fi
	$(BIN)/frontierlag study catch-up --scores eci-2025-12-19
	$(BIN)/frontierlag study catch-up --scores eci-2026-08-11 --by 2026-12-31
	$(BIN)/frontierlag study catch-up --scores eci-2026-08-11 --results eci-results-2026-08-11 --by 2026-12-31 --draws 3000 --tune 1500

# Is the interval honest? Many fits, resumable: what is finished is kept in the user's cache.
calibration: .venv/ready
	$(BIN)/frontierlag validate calibrate --jobs $(JOBS)

sbc: .venv/ready
	$(BIN)/frontierlag validate sbc --jobs $(JOBS)

backtest: .venv/ready
	$(BIN)/frontierlag validate backtest --model linear-stochastic-makers --model linear-stochastic

# How fast, as ratios, into benchmarks/results.md. Let nothing else run at the same time.
bench: .venv/dev
	$(BIN)/python benchmarks/run.py

# The figures in the README, from the tables in results/.
readme: .venv/ready
	$(BIN)/python docs/_ext/readme.py

# The picture of the README, from results/
pictures: .venv/ready
	$(BIN)/python docs/_ext/pictures.py

# The pages, into docs/_build/html. A warning fails the build.
docs: .venv/dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

test: .venv/dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-slow: .venv/dev
	$(BIN)/python -m pytest -m slow -n 2

check: .venv/dev
	$(BIN)/ruff check src tests models docs
	$(BIN)/ruff format --check src tests models docs
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

# What runs the program, and what tests, checks and builds the pages. Modules are compiled
# when they are first imported, not all of them now.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || { \
	  echo "frontierlag needs Python 3.12 or newer with its venv module as '$(PYTHON)'; install it, or run: make PYTHON=/path/to/python3.13 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements-dev.lock
	@touch $@

# Needs uv. Every dependency with its hash, for every platform, without the address of an index.
LOCK := uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.12
lock:
	$(LOCK) --extra dev --extra build pyproject.toml --output-file requirements-dev.lock
	$(LOCK) --extra build --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis docs/_build docs/_made
