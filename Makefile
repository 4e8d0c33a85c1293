# `make` alone prints this help.
SHELL := /bin/bash
BIN := $(CURDIR)/bin
REVISION := $(shell git describe --always --dirty 2>/dev/null)
GO_BUILD := go build -trimpath -ldflags "-X main.stamped=$(REVISION)"
export COUNTERSIGN_TEST_BIN := $(BIN)
SDKS := $(foreach v,0.8.3 0.8.21,tests/conformance/sdk/$(v)/node_modules/.package-lock.json)

.PHONY: help
help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Show the main job: everything on this machine, then gone (under a minute once built)
	$(BIN)/countersign demo

.PHONY: dev
dev: build ## Run everything on this machine until Ctrl-C
	$(BIN)/countersign dev

.PHONY: test
test: build packages ## Run every test (PostgreSQL's where initdb is found, Node's where npm is)
	./tools/with-postgres.sh go test -timeout 12m ./...
	cd sandbox && go test -timeout 12m ./...

.PHONY: slow
slow: build ## Run the long forms of tests: 64 callers with 1,000 tries each on a budget, a hundred kills, an outage of 500, a hundred settlements through every hardship (eight minutes)
	COUNTERSIGN_TEST_SLOW=1 ./tools/with-postgres.sh go test -count=1 -timeout 15m -run 'TestManyReserveAtOnce|TestAHundredKills' ./store
	COUNTERSIGN_TEST_OUTAGE=250 go test -count=1 -timeout 10m -run TestAnOutageLosesNothing ./tests
	COUNTERSIGN_TEST_SETTLEMENTS=100 go test -count=1 -timeout 15m -run TestAThousandSettlements ./tests

.PHONY: long
long: build ## Run the longest forms: a sweep of 500 wallets under kills, a sweep's workflow with 10,000 moves, a run of many settlements (hours; not for CI)
	COUNTERSIGN_TEST_MOVES=10000 go test -count=1 -timeout 60m -run TestASweepOfManyMoves ./tests
	COUNTERSIGN_TEST_SWEPT=500 go test -count=1 -timeout 60m -run TestASweepWhileEverythingIsKilled ./tests
	COUNTERSIGN_TEST_SETTLEMENTS=$(or $(SETTLEMENTS),1000) go test -count=1 -timeout 60m -run TestAThousandSettlements ./tests

.PHONY: race
race: build ## Run every test under the race detector
	./tools/with-postgres.sh go test -race -timeout 20m ./...
	cd sandbox && go test -race -timeout 20m ./...

.PHONY: check
check: lint-tools ## gofmt, vet, staticcheck, workflowcheck, govulncheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./... && cd sandbox && go vet ./...
	$(BIN)/staticcheck ./... && cd sandbox && $(BIN)/staticcheck ./...
	$(BIN)/workflowcheck ./workflows/...
	./tools/vulncheck.sh $(BIN)/govulncheck

.PHONY: fuzz
fuzz: ## Run each fuzz target for a while (FUZZTIME=30s)
	./tools/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: bench
bench: ## Print ratios against the bare thing and other decoders, each pair in one run (viem after make vectors)
	./tools/with-postgres.sh go test -run '^$$' -bench . -benchmem ./...

.PHONY: vectors
vectors: tests/npm/node_modules/.package-lock.json tests/verifyjs/node_modules/.package-lock.json $(SDKS) ## Fetch the public test vectors, viem, jose, a browser's driver, the custodian's SDKs (npm; for tests and bench only)

tests/npm/node_modules/.package-lock.json: tests/npm/package.json tests/npm/package-lock.json
	cd tests/npm && npm ci --no-audit --no-fund --silent

tests/verifyjs/node_modules/.package-lock.json: tests/verifyjs/package.json tests/verifyjs/package-lock.json
	cd tests/verifyjs && npm ci --no-audit --no-fund --silent

$(SDKS): %/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --silent

.PHONY: packages
packages: # without npm or the network, what needs the packages is skipped
	@! command -v npm >/dev/null || $(MAKE) --no-print-directory vectors || echo "npm ci did not work: tests that need Node's packages are skipped"

.PHONY: auditor
auditor: ## Build bin/auditverify and bin/auditor-page, what an auditor is given
	./tools/auditor.sh

.PHONY: record
record: build ## Record workflow histories for the replay test from this build
	COUNTERSIGN_TEST_RECORD=1 go test -count=1 -run 'TestRecordHistories' ./tests

.PHONY: build
build: tools ## Build bin/countersign and bin/sandbox
	@echo "building countersign and the sandbox (a few minutes the first time) …"
	@$(GO_BUILD) -o $(BIN)/countersign ./cmd/countersign
	@cd sandbox && go build -trimpath -o $(BIN)/sandbox ./cmd/sandbox

.PHONY: tools
tools: $(BIN)/temporal ## Build bin/temporal, unless one of 1.5 or newer is on PATH

$(BIN)/temporal: tools/temporal/go.mod tools/temporal/go.sum
	@./tools/temporal/install.sh $@

.PHONY: tctl
tctl: ## Build bin/tctl, for those who still use it (about two minutes, once)
	cd tools/tctl && GOWORK=off go build -trimpath -o $(BIN)/tctl github.com/temporalio/tctl/cmd/tctl

.PHONY: lint-tools
lint-tools: $(BIN)/staticcheck $(BIN)/workflowcheck $(BIN)/govulncheck

$(BIN)/staticcheck $(BIN)/workflowcheck $(BIN)/govulncheck &: tools/lint/go.mod tools/lint/go.sum
	cd tools/lint && GOWORK=off go build -trimpath -o $(BIN)/ \
		honnef.co/go/tools/cmd/staticcheck \
		go.temporal.io/sdk/contrib/tools/workflowcheck \
		golang.org/x/vuln/cmd/govulncheck

.PHONY: clean
clean: ## Remove what was built and the dev state
	rm -rf bin var tests/npm/node_modules tests/verifyjs/node_modules tests/conformance/sdk/*/node_modules
