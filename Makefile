# Every target works on a machine that has Python 3.11 or newer, make and a package registry: it builds .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
comma := ,
# `make run` needs no extra. Tests and benchmarks run with all of them, where the platform has them; `make test EXTRAS=`
# runs those of the core alone.
TEST_EXTRAS := $(if $(filter undefined,$(origin EXTRAS)),neural$(comma)fast$(comma)dask,$(EXTRAS))
EXTRAS ?=

# Compiled modules are what makes the second start fast; some machines switch them off.
unexport PYTHONDONTWRITEBYTECODE
# Waiting threads that spin make boosting and forests 10 to 40 times slower beside any other load.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: run serve rehearse test test-slow lint format bench check-pins pins clean help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

run: $(VENV)/.core  ## the whole pipeline on the simulated sky; prints where the report is
	$(BIN)/python -m flows.full_pipeline $(ARGS)

serve: $(VENV)/.core  ## everything on this machine, on schedule: Prefect server, runs, reports; until Ctrl-C
	$(BIN)/python -m deployments serve $(ARGS)

rehearse: $(VENV)/.dev  ## a stand-in for SkyServer on loopback, until Ctrl-C
	$(BIN)/python -m tests.skyserver $(ARGS)

# Two at a time, a file each: ARGS="-n 0 -x FILE" runs one after another, for a debugger too.
test: $(VENV)/.test  ## the default tests (under six minutes)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: $(VENV)/.test  ## drills: kills, servers, real tables
	$(BIN)/python -m pytest -q -m slow -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.dev  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## rewrite to our style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.test  ## every speed and memory claim
	$(BIN)/python -m benchmarks $(ARGS)

pins: $(VENV)/.dev  ## resolve constraints.txt again from pyproject.toml
	$(BIN)/uv pip compile -q --universal --all-extras --upgrade --python-version 3.11.7 \
	    --no-header --no-annotate --no-emit-index-url pyproject.toml -o constraints.txt

check-pins: $(VENV)/.dev  ## dry resolution on every supported platform and Python
	$(BIN)/python -m benchmarks.pins

clean:  ## remove .venv and .cosmic
	rm -rf $(VENV) .cosmic

# uv is fast; where it cannot reach the registry that pip is set up for, pip does the same.
define install
	@echo "installing what constraints.txt names"
	@$(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt $(1) || \
	    $(BIN)/python -m pip install -q -c constraints.txt $(1)
endef

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Cosmic needs Python 3.11 or newer and $(PYTHON) is older; name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "installing into $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q -c constraints.txt uv

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/uv
	$(call install,-e ".$(if $(EXTRAS),[$(EXTRAS)])")
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/uv
	$(call install,-e ".[dev$(if $(EXTRAS),$(comma)$(EXTRAS))]")
	@touch $(VENV)/.core $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/uv
	$(call install,-e ".[dev$(if $(TEST_EXTRAS),$(comma)$(TEST_EXTRAS))]")
	@touch $(VENV)/.core $(VENV)/.dev $@
