# make demo   sets up and shows the main job on a fresh machine
# make test   sets up and passes all tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test lint man clean

setup: $(VENV)/.ready

# torch comes first and pinned, so that nothing later pulls a build with CUDA.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable . --group dev
	touch $@

demo: setup
	@PATH="$(abspath $(BIN)):$$PATH" sh examples/demo.sh .demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest

# The manual page that git viking --help opens, written from the commands' own help.
man: setup
	$(BIN)/python -c "from viking_git.cli import main, manpage; print(manpage.render(main.app), end='')" > man/git-viking.1

clean:
	rm -rf $(VENV) .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
