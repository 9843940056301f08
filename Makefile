SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export TRIBUTARY_ROOT := $(CURDIR)

.PHONY: tfjs clouds-down help install demo demo-noop demo-down demo-reference data test test-all verify generate images clouds clouds-down bench-round bench-data-plane bench-control-plane

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

node_modules/.installed: package-lock.json
	@# Not `npm ci`: it refuses a lock file that was made where a registry lacks packages of other platforms.
	npm install --no-audit --no-fund
	@touch $@

install: node_modules/.installed ## Installs the pinned npm packages

test: install tfjs ## All that must pass on every change
	node scripts/test.ts

test-all: install tfjs ## Adds repeated kills, soak and the big model
	node scripts/test.ts --all

verify: install ## Generated code, format, lint, types, dead code
	node scripts/test.ts --only verify

generate: install ## Regenerates types, validators, protos and kernels
	node scripts/generate.ts

demo: export TRIBUTARY_DEMO_STARTED := $(shell date +%s)
demo: install tfjs ## Two local clouds fine-tune a language model until the job converges
	node test/demo/smollm2.ts

demo-reference: install tfjs ## Recomputes what demo compares with: each participant alone, all text in one place
	node test/demo/run-example.ts reference

data: install ## Fetches model and texts; shows that the two kinds of text do not teach each other
	node test/demo/run-example.ts data

demo-noop: install tfjs ## A no-op job over two local clouds: proves that every round counts exactly once
	node test/demo/noop.ts

demo-down: clouds-down ## Removes what the demos made

tfjs: install
	node scripts/tfjs/install.ts

images: install tfjs ## Builds the images and prints their references
	node scripts/images.ts

clouds: install ## Brings up three local stand-in clouds: hub, aws-us-east-1, gcp-europe-west4
	node test/clouds/src/main.ts up

clouds-down: install ## Removes the local clouds without a trace
	node test/clouds/src/main.ts down

bench-round: install tfjs ## Round overhead in pods beside Flower and NVFLARE
	node bench/src/round/main.ts

bench-data-plane: install ## Masking, sums and unmasking beside Flower and NVFLARE
	node bench/src/data-plane/main.ts

bench-control-plane: install ## Controller runtime beside @kubernetes/client-node
	node bench/src/control-plane/main.ts
