# Every job of the project; CI calls the same targets. `make` prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
# On two cores: half of their time, tests wait for servers
PROCESSES ?= 4
# What needs no other release, no Node and no Kubernetes
ON_CODE = not cluster and not upgrade and not node
PROTOS = $(shell find proto -name '*.proto' | sort)

# Tests start interpreters by the hundred: each would compile the whole project again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Print the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

.venv/.ready: requirements-dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "linli needs $(PYTHON) on the PATH: install Python 3.11, or set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "linli needs Python 3.11, and $(PYTHON) is another: set PYTHON=/path/to/python3.11"; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install -q --require-hashes --no-deps -r requirements-dev.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: setup
setup: .venv/.ready ## Install what the project needs into .venv

.PHONY: rabbitmq
rabbitmq: setup ## Find RabbitMQ's server on this machine, or install Debian's package (the tests do so, too)
	@$(BIN)/python -m libs.runtime.bundled.rabbitmq_install

.PHONY: run
run: setup ## Start Linli, load a real city, replay 10,000 requests, print the report, keep serving
	$(BIN)/python -m e2e.city $(ARGS)

.PHONY: test
test: setup ## Run the tests but those of `make e2e`, four at a time (ARGS=--thorough: more examples of each property)
	$(BIN)/pytest -n $(PROCESSES) -m "$(ON_CODE) and not journey and not broker" $(ARGS)

.PHONY: unit
unit: setup ## Run the tests that need no server and start no process (a minute or two)
	$(BIN)/pytest -n 3 --ignore=charts --ignore=e2e/journeys -m "not store and not journey and not process and not cluster and not upgrade" $(ARGS)

.PHONY: capabilities
capabilities: setup ## Print what Linli must be able to do, with the tests that show it
	@$(BIN)/python -m e2e.capabilities

.PHONY: lint
lint: setup ## Check style, imports between rooms, unused code, the chart's reference, and the protos
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m libs.testkit.unused
	$(BIN)/python -m libs.telemetry.monitoring --check
	$(BIN)/python -m charts.reference --check
	cd proto && ../$(BIN)/buf lint
	cd proto && ../$(BIN)/buf breaking --against released.binpb

.PHONY: release-contracts
release-contracts: setup ## Take today's protos as those that must not break (at a release)
	cd proto && ../$(BIN)/buf build --exclude-source-info --as-file-descriptor-set -o released.binpb

.PHONY: monitoring
monitoring: setup ## Make the Prometheus rules and Grafana dashboards of charts/linli from code
	$(BIN)/python -m libs.telemetry.monitoring

.PHONY: types
types: setup ## Check the types (mypy, strict)
	$(BIN)/mypy

.PHONY: gen
gen: setup ## Generate the stubs in libs/contracts from proto/
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto --python_out=libs/contracts --mypy_out=quiet:libs/contracts $(PROTOS)
	find libs/contracts/linli -type d -exec touch {}/__init__.py \;

.PHONY: lock
lock: setup ## Compile requirements*.txt from requirements*.in (hashes, no index lines)
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -c requirements.txt requirements-dev.in -o requirements-dev.txt

.PHONY: e2e
e2e: setup ## Run the stories over the real wire, and all that needs RabbitMQ
	$(BIN)/pytest -n $(PROCESSES) -m "$(ON_CODE) and (journey or broker)" $(ARGS)

.PHONY: e2e-upgrade
e2e-upgrade: setup ## Upgrade from the last release and back, with calls in flight (minutes)
	$(BIN)/pytest -m upgrade e2e/upgrade $(ARGS)

e2e/node/node_modules: e2e/node/package-lock.json
	cd e2e/node && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

.PHONY: e2e-node
e2e-node: setup e2e/node/node_modules ## A partner on Node, by the partners' manual alone (needs Node and npm)
	$(BIN)/pytest -m node e2e/journeys $(ARGS)

.PHONY: release
release: setup ## Keep wheel and chart of this checkout as the last release, and its protos as those that must not break
	rm -rf build e2e/upgrade/released/*.whl e2e/upgrade/released/*.tgz
	$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w e2e/upgrade/released .
	rm -rf build linli.egg-info
	$(BIN)/helm package charts/linli --destination e2e/upgrade/released
	$(MAKE) release-contracts

.PHONY: bench
bench: setup ## Measure, as ratios against a named baseline in the same run (ARGS="exchange --quick")
	$(BIN)/python -m e2e.bench $(ARGS)

.PHONY: chaos
chaos: setup ## Kill, cut off, wipe, restore, forge ... at random under load; print recovery times and whatever was lost
	$(BIN)/python -m e2e.chaos $(ARGS)

.PHONY: cluster-up
cluster-up: setup ## Start a real Kubernetes of one node on this machine (as root; minutes the first time, then seconds)
	@$(BIN)/python -m e2e.cluster up

.PHONY: cluster-build
cluster-build: setup ## Build that Kubernetes into its cache, unless it is there
	@$(BIN)/python -m e2e.cluster build

.PHONY: cluster-down
cluster-down: setup ## End that Kubernetes; only what was built stays, in its cache
	@$(BIN)/python -m e2e.cluster down

.PHONY: e2e-cluster
e2e-cluster: setup ## Build the image, install the chart on a real Kubernetes and judge it (KUBECONFIG: on that one)
	@[ -n "$$KUBECONFIG" ] || $(BIN)/python -m e2e.cluster packages
	@$(MAKE) --no-print-directory image ARGS=--tests
	$(BIN)/pytest -m cluster e2e/cluster $(ARGS)

.PHONY: chart
chart: setup ## Write the chart's schema and README out of its values, and package it into dist/
	$(BIN)/python -m charts.reference
	$(BIN)/helm package charts/linli --destination dist

.PHONY: image
image: setup ## Build the images with docker, podman or buildah; write their contents and sizes to dist/ (ARGS=--help)
	$(BIN)/python -m e2e.cluster.image $(ARGS)

.PHONY: check
check: lint types gen-clean test e2e ## All that needs no other release, no Node and no Kubernetes (.ci/run checks those, too)

.PHONY: gen-clean
gen-clean: gen ## Check that the committed stubs are those of the protos
	@test -z "$$(git status --porcelain libs/contracts)" || { echo "make gen changed libs/contracts: commit the stubs"; git status --short libs/contracts; exit 1; }
