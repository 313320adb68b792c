# make demo   sets up and shows the main job on a fresh machine
# make test   sets up and passes all tests
# make torture  kills it, fills its disk, halts git beside it and writes from many processes at once, for about forty-five
#               minutes, ten of them with a person, upkeep, two clones and kills at random; then imports ten thousand packs
#               from a grammar, damaged at random, tries forty environments, merges two thousand pairs of edit scripts, lets two
#               machines sync one session in all orders of four steps, and runs all commands over two thousand trees with
#               hostile names and records (two hours on two idle cores)
# make interop  exchanges packs with a real OpenViking server in an environment of its own
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test lint torture interop man clean

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

# Half the tests wait for git and the disk: two at a time, the tests of one file in one process.
test: lint
	$(BIN)/pytest --numprocesses 2 --dist loadfile

# The manual page that git viking --help opens, written from the commands' own help.
man: setup
	$(BIN)/python -c "from viking_git.cli import main, manpage; print(manpage.render(main.app), end='')" > man/git-viking.1

# Which kills are tried follows from VIKING_SEED; the same seed tries the same ones.
torture: setup
	VIKING_TORTURE=$${VIKING_TORTURE:-240} $(BIN)/pytest -x -s tests/crash
	TORTURE_PACKS=10000 $(BIN)/pytest tests/session/test_pack_fuzz.py
	VIKING_TORTURE=1 $(BIN)/pytest tests/cli/test_git_environment.py
	VIKING_MERGES=2000 $(BIN)/pytest tests/session/test_merge_scripts.py
	VIKING_SYNCS=4 $(BIN)/pytest tests/session/test_interleavings.py
	VIKING_TREES=2000 $(BIN)/pytest --numprocesses 2 tests/hostile/test_whole_tree.py

interop: setup
	$(PYTHON) -m venv .openviking
	.openviking/bin/pip install --quiet openviking
	OPENVIKING_VENV=$(abspath .openviking) $(BIN)/pytest -rs tests/compat/test_openviking.py

clean:
	rm -rf $(VENV) .openviking .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
