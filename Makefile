# Two commands: `make demo` does the whole job on real ratings; `make test` checks everything.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test fast lint docs docs-serve bench clean benchmark-pages

demo: .venv/core
	$(BIN)/penchant demo --out demo

# A process for each core takes tests from the others when it has none left; libraries get one thread in each.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist worksteal

test: .venv/dev lint
	$(PYTEST)

fast: .venv/dev lint
	$(PYTEST) -m "not slow and not browser and not java and not office and not postgres"

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The constraints pin what is installed here; a user's own project is free within pyproject's ranges.
.venv/core: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[plot,serve]'
	touch $@

.venv/dev: .venv/core
	scripts/system-packages
	$(BIN)/pip install --quiet -c constraints.txt -e '.[torch,serve,plot,excel,tune,ann,frames,spark,docs,dev]'
	touch $@

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

docs-serve: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve

.venv/docs: .venv/core
	$(BIN)/pip install --quiet -c constraints.txt -e '.[docs,excel,frames]'
	touch $@

benchmark-pages: .venv/core
	$(BIN)/python benchmarks/benchmark_pages.py
	$(BIN)/python benchmarks/result_tables.py
	$(BIN)/python benchmarks/which_model.py

clean:
	rm -rf .venv demo
