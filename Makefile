# The targets set up all they need: Python >= 3.11, make and git suffice.
CONFIG ?= config.yaml
STATE ?= .state
ROUNDS ?= 300
PYTHON ?= python3
# uv from PATH, or else fetched into a hidden folder
UV := $(or $(shell command -v uv),.tools/bin/uv)
UV_VERSION := $(shell sed -n '/^name = "uv"$$/{n;s/version = "\(.*\)"/\1/p;}' uv.lock)
VENV_PYTHON := .venv/bin/python
SCHEMA := PYTHONPATH=. $(VENV_PYTHON) docs/schema.py
TEST := $(VENV_PYTHON) -m coverage run -m pytest -m "not kafka and not browser and not root and not fuzz"
EXPORT := export --quiet --frozen --no-default-groups --no-hashes --no-emit-project --no-header --no-annotate
export UV_PYTHON_DOWNLOADS := never
# As pip does: trust the system's certificates; the authority of a company's proxy is among them, not among uv's.
export UV_SYSTEM_CERTS ?= true
ifdef CI
export UV_NO_PROGRESS := 1
endif
.DEFAULT_GOAL := help

.PHONY: help sync run test test-unit test-houses test-rooms test-integrations test-root test-kafka test-browser check format bench fuzz chaos requirements schema clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

sync: .venv/.synced ## make .venv/ from uv.lock, unless it is current

.venv/.synced: uv.lock pyproject.toml | $(UV)
	$(UV) sync --locked --python $(PYTHON)
	@touch $@

.tools/bin/uv:
	$(PYTHON) -m venv .tools || { echo "python3 -m venv failed: install Python's venv module, or put uv on PATH"; exit 1; }
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

run: sync ## run the supervisor; the quickstart's config.yaml needs no account and no broker
	@exec $(VENV_PYTHON) supervisor.py run --config $(CONFIG) --state $(STATE)

test: test-unit test-integrations ## every test that needs no Java, Maven, Chromium or root

# Both halves mostly wait, so they run at the same time.
test-unit: sync
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory --jobs 2 test-houses test-rooms
	@$(VENV_PYTHON) -m coverage combine --quiet
	$(VENV_PYTHON) -m coverage report --fail-under=95

test-houses: sync # complete supervisors, as users run them
	$(TEST) tests/whole tests/faults

test-rooms: sync # everything else
	$(TEST) --ignore tests/whole --ignore tests/faults

test-integrations: sync ## integrations/*/tests, each in the integration's own environment
	$(VENV_PYTHON) tests/integrations.py

test-root: sync ## tests that need root, for file systems of a few MB
	@[ "$$(id -u)" = 0 ] || { echo "make test-root mounts small file systems: run it as root"; exit 1; }
	$(VENV_PYTHON) -m pytest -m root tests/faults tests/integration

test-kafka: sync ## against Apache Kafka 4 with SASL_SSL (needs Java 17 and Maven)
	$(VENV_PYTHON) -m pytest tests/kafka

test-browser: sync ## the sandbox's page in Chromium
	$(UV) sync --locked --quiet --inexact --group browser --python $(PYTHON)
	$(VENV_PYTHON) -m pytest tests/browser

check: sync ## lint, types, layers, format, exported requirements and schema
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy
	.venv/bin/lint-imports
	@$(UV) $(EXPORT) | diff framework/requirements.txt - || { echo "framework/requirements.txt differs from uv.lock: run make requirements"; exit 1; }
	@$(SCHEMA) | diff docs/protocol.schema.json - || { echo "docs/protocol.schema.json differs from the messages: run make schema"; exit 1; }

format: sync ## reformat the code
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

requirements: sync ## export framework/requirements.txt from uv.lock
	$(UV) $(EXPORT) > framework/requirements.txt

schema: sync ## write docs/protocol.schema.json from the messages in framework/protocol
	$(SCHEMA) > docs/protocol.schema.json

fuzz: sync ## processes that send anything, while Port is well or ill; FUZZ_EXAMPLES=1000 plays longer
	$(VENV_PYTHON) -m pytest -s tests/faults/test_fuzz.py

bench: sync ## benchmarks beside peers; each prints a ratio
	$(UV) sync --locked --quiet --inexact --group bench --python $(PYTHON)
	@missed=0; for program in bench/*.py; do PYTHONPATH=. $(VENV_PYTHON) $$program || missed=1; done; exit $$missed

chaos: sync ## ROUNDS=300 of random kills and troubles; counts orphans and losses
	PYTHONPATH=. $(VENV_PYTHON) bench/chaos.py --rounds $(ROUNDS)

clean: ## remove everything built; the state folder stays
	rm -rf .venv .tools .cache .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
