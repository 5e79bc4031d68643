# make run   sets everything up and serves the page at http://127.0.0.1:7860
# make test  sets everything up and passes the tests
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

# make test-faults  kills, full and failing disks, damaged files, stops: minutes
# make load  many families at once, for a few minutes
.PHONY: run test test-faults load lint bench check evals train help clean

help:
	@grep -E '^# make' Makefile | cut -c3-

$(READY): pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $(READY)

run: $(READY)
	$(PY) app.py

test: $(READY)
	$(PY) -m assistant.cli check
	$(PY) -m assistant.cli index
	$(PY) -m pytest

test-faults: $(READY)
	$(PY) -m pytest tests/faults -m "long or not long"

load: $(READY)
	$(PY) tests/load.py

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

bench: $(READY)
	$(PY) tests/bench.py

evals: $(READY)
	$(PY) -m evals run

train: $(READY)
	$(PY) -m evals.train

check: $(READY)
	$(PY) -m assistant.cli check

clean:
	rm -rf $(VENV) data build .pytest_cache .mypy_cache .ruff_cache
