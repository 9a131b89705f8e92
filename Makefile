# Grapevine's chores. `make` lists them; CONTRIBUTING.md tells more.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS     := -s -w -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help test lint format packages demo bench chaos check simulate build plugins docker

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: packages lint ## lint, then every test: race detector, SQLite, PostgreSQL, a real browser
	@.ci/tests

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .) && if [ -n "$$unformatted" ]; then \
		echo "not formatted (make format mends it):" >&2; echo "$$unformatted" >&2; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

format: ## format all Go files
	gofmt -w .

packages: ## look for the system packages that the tests need; as root, install them
	@.ci/packages

demo: ## everything in one process, with a simulated shop
	go run ./cmd/grapevine demo

bench: ## measure throughput and latency on this machine: about ten minutes, BENCH=-quick two
	go run ./internal/bench $(BENCH)

chaos: ## the built program under seeded faults: SEED=17 runs one seed, SEEDS=50 so many, RACE=1 with the race detector
	go run ./internal/chaos $(if $(SEED),-seed $(SEED),-seeds $(or $(SEEDS),10)) $(if $(RACE),-race) $(CHAOS)

simulate: ## play seeds of the simulator: SEEDS=2000 FROM=1
	go test -timeout 0 ./internal/dst -run TestSeeds -seeds $(or $(SEEDS),2000) -from $(or $(FROM),1) -v

check: test build plugins ## all that is asked of a change: the tests, a static build, the plugins

build: ## a static binary: bin/grapevine
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/grapevine ./cmd/grapevine

plugins: ## the shops' plugins as zips: dist/
	go run ./connectors/woocommerce/plugin/pack dist/grapevine-woocommerce.zip

docker: ## a container image: grapevine:latest
	docker build --build-arg VERSION=$(VERSION) --tag grapevine .
