SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export TRIBUTARY_ROOT := $(CURDIR)
export TRIBUTARY_STARTED ?= $(shell date +%s%3N)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# Says at least every 10 s how much time has passed.
WATCHED := @node scripts/with-progress.mjs $(MAKE) --no-print-directory

.PHONY: tfjs tools prepare help install check check-steps demo demo-steps demo-noop demo-noop-steps demo-down demo-reference data test test-steps test-all test-all-steps verify generate images clouds clouds-down bench-starts bench-round bench-checkouts bench-data-plane bench-control-plane bench-gate-memory

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

node_modules/.installed: package-lock.json
	@# Not `npm ci`: it refuses a lock file that was made where a registry lacks packages of other platforms.
	@# Errors only: the machine's npm warns of engines, but every program runs on the Node of the lock file.
	npm install --no-audit --no-fund --loglevel=error
	@touch $@

install: node_modules/.installed ## Installs the pinned npm packages

test: ## All that must pass on every change
	$(WATCHED) test-steps

test-steps: prepare
	node scripts/test.ts

test-all: ## Adds repeated kills, soak and the big model
	$(WATCHED) test-all-steps

test-all-steps: prepare
	node scripts/test.ts --all

check: ## The quick loop: verify, unit and architecture
	$(WATCHED) check-steps

check-steps: export TRIBUTARY_QUICK = 1
check-steps: install tfjs tools
	node scripts/test.ts --only verify,unit,architecture

verify: install ## Generated code, format, lint, types, dead code
	node scripts/test.ts --only verify

generate: install ## Regenerates types, validators, protos and kernels
	node scripts/generate.ts

demo: ## Two local clouds fine-tune a language model until the job converges
	$(WATCHED) demo-steps

demo-steps: install tfjs
	node test/demo/smollm2.ts

demo-reference: install tfjs ## Recomputes what demo compares with: each participant alone, all text in one place
	node test/demo/run-example.ts reference

data: install ## Fetches model and texts; shows that the two kinds of text do not teach each other
	node test/demo/run-example.ts data

demo-noop: ## A no-op job over two local clouds: proves that every round counts exactly once
	$(WATCHED) demo-noop-steps

demo-noop-steps: install tfjs
	node test/demo/noop.ts

demo-down: clouds-down ## Removes what the demos made

tools: install
	@node test/clouds/src/main.ts tools

prepare: install tfjs
	@node scripts/prepare.ts

tfjs: install
	node scripts/tfjs/install.ts

images: install tfjs ## Builds the images and prints their references
	node scripts/images.ts

clouds: install ## Brings up three local stand-in clouds: hub, aws-us-east-1, gcp-europe-west4
	node test/clouds/src/main.ts up

clouds-down: install ## Removes the local clouds without a trace
	node test/clouds/src/main.ts down

bench-round: install tfjs ## Rounds in pods beside Flower and NVFLARE, masked ones beside Flower's SecAgg+; OPTIONS="--kind masked --peers none"
	node bench/src/round/main.ts --kind both $(OPTIONS)

bench-checkouts: install tfjs ## Round overhead of this checkout beside that of the one in BASELINE; OPTIONS="--turns 4 --mib 1 --workers 2"
	node bench/src/checkouts/main.ts --baseline "$(BASELINE)" $(OPTIONS)

bench-starts: install tfjs ## Jobs made and deleted in a row: how soon each starts
	node bench/src/starts/main.ts

bench-data-plane: install ## Masking, sums and unmasking beside Flower and NVFLARE
	node bench/src/data-plane/main.ts

bench-control-plane: install ## Controller runtime beside @kubernetes/client-node
	node bench/src/control-plane/main.ts

bench-gate-memory: install ## The gate's memory of one seat: size, latency, opening
	node bench/src/gate-memory/main.ts
