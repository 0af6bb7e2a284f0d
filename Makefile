# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
KB ?= .wenju
export HF_HUB_DISABLE_TELEMETRY = 1
# Kept compiled, modules load in half the time: tests start many processes.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.complete: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt 'pip>=25'
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.PHONY: environment
environment: $(VENV)/.complete ## make .venv with everything pinned in constraints.txt

.PHONY: weights
weights: environment ## fetch, verify and convert the weights that rag.toml names
	$(BIN)/python -m rag models pull

.PHONY: sample
sample: weights ## ingest the sample folder kb/ into $(KB)
	$(BIN)/python -m ingest kb --kb $(KB)

.PHONY: run
run: sample ## everything, then serve the chat page on PORT (8501)
	@echo "Wenju is at http://localhost:$(PORT)"
	$(BIN)/streamlit run ui/app.py --server.port $(PORT) -- --kb $(KB)

.PHONY: demo
demo: sample ## everything, then three questions instead of the page
	@for question in \
		"现在去上海出差，每晚住宿最多能报销多少元？" \
		"What does error code E08 mean on the Tidal P200?" \
		"What is the warranty period of the Tidal P400?"; do \
		printf '\n> %s\n' "$$question"; \
		$(BIN)/python -m rag ask "$$question" --kb $(KB) || exit 1; \
	done

# No network; as many workers as processors, and a file's tests all by one worker, which keeps its fixtures.
# Where some tests wait for a browser or a process, there is one worker more than processors.
PROCESSORS := $(shell getconf _NPROCESSORS_ONLN)
WORKERS ?= $(shell expr $(PROCESSORS) + 1)
PYTEST = HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 \
	--dist loadscope --no-loadscope-reorder

.PHONY: lint
lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: environment
	$(BIN)/mypy

.PHONY: tests
tests: environment
	$(PYTEST) -m "not slow"

.PHONY: check
check: lint types ## ruff and mypy

.PHONY: check-quick
check-quick: WORKERS := $(PROCESSORS)
check-quick: lint ## ruff and the tests that need no model, no browser and no process of their own
	$(PYTEST) -m "not (models or weights or browser or processes or reading_processes or slow)"

.PHONY: test
test: lint weights ## ruff, mypy and the tests, with one question on the real weights
	@$(MAKE) --no-print-directory -o $(VENV)/.complete -j 2 types tests

.PHONY: test-slow
test-slow: environment weights ## the slow tier as well, with many more examples of each property
	$(PYTEST) --hypothesis-profile thorough

.PHONY: test-browser
test-browser: environment ## the page in a real Chromium, all that it promises (make test asks some of it)
	$(PYTEST) -m browser

.PHONY: test-formats
test-formats: environment ## the tests that compute with models, in the number format that this machine hasn't
	WENJU_TEST_DTYPE=other $(PYTEST) -m "models and not (weights or browser or slow)"

.PHONY: gate
gate: environment weights ## measure the sample; fail where it is significantly worse than eval/baseline
	rm -rf runs/gate
	HF_HUB_OFFLINE=1 $(BIN)/python -m eval all --out runs/gate
	$(BIN)/python -m eval gate runs/gate --baseline eval/baseline --tolerance 0.02

.PHONY: pictures
pictures: sample ## make the pictures of the page in docs/ anew (needs Chromium)
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.ui.pictures --kb $(KB)

.PHONY: gpu
gpu: environment ## put FAISS's GPU build in the place of the CPU's
	$(BIN)/python -m pip uninstall --yes faiss-cpu
	$(BIN)/python -m pip install -c constraints.txt faiss-gpu-cu12

.PHONY: clean
clean: ## remove the environment and the sample's knowledge base (weights stay in the cache folder)
	rm -rf $(VENV) $(KB) .mypy_cache .ruff_cache .pytest_cache .hypothesis
