# `make` alone lists the targets. CI runs `make check`, and nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# The steps of `check` share one target folder, and cargo locks it: side by side they only wait.
.NOTPARALLEL:

NEXTEST_VERSION := 0.9.143
DENY_VERSION := 0.20.2
FUZZ_VERSION := 0.13.1
MDBOOK_VERSION := 0.5.4

# How long `make fuzz` lets each target run.
FUZZ_SECONDS ?= 60

# Arguments of `make bench`. Without any it writes the page of the manual. Its release build goes to a
# folder apart, so that it is not built anew after each other build.
BENCH ?=
BENCH_WRITES = $(if $(strip $(BENCH)),,--json crates/bench/results/latest.json --page docs/performance.md)
BENCH_DIR = $(or $(CARGO_TARGET_DIR),target)/bench

# Programs built for this project live here, outside the checkout, so that a fresh clone on the
# same machine finds them.
TOOLS_DIR ?= $(HOME)/.cache/rollcall-tools
export TOOLS_DIR
export PATH := $(TOOLS_DIR)/bin:$(PATH)

.PHONY: help demo run build test check conformance fuzz bench scale scale-quick screenshots book fmt generate advisories clean \
	build-bench prerequisites nextest deny cargo-fuzz mdbook check-format check-dependencies check-deploy check-observed \
	check-lints check-docs

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '  make %-12s %s\n' "$$target" "$$text"; done

demo: prerequisites ## start a gateway with a demo organization and provision it
	cargo run -p rollcall -- demo

run: prerequisites ## start a gateway on 127.0.0.1:8080, with its data in rollcall.db
	cargo run -p rollcall -- serve

build: prerequisites ## build everything
	cargo build --workspace

test: nextest ## run every test, on SQLite and on PostgreSQL
	scripts/install-browser
	scripts/with-services scripts/run-tests

check: check-format check-dependencies check-deploy check-lints check-docs book test conformance check-observed ## what CI runs: format, licences, deployment, lints, docs, book, tests, checkers, Prometheus

conformance: prerequisites ## have independent SCIM checkers look at a running server
	cargo build --workspace --locked
	scripts/conformance "$${CARGO_TARGET_DIR:-target}/debug/rollcall"

fuzz: cargo-fuzz ## fuzz what reads requests, FUZZ_SECONDS each; needs a C++ compiler
	scripts/fuzz $(FUZZ_SECONDS)

bench: build-bench ## measure gateways, 20 minutes, and write docs/performance.md; BENCH=--quick for a rough look
	"$(BENCH_DIR)/dist/rollcall-bench" --postgres-bin "$$(scripts/postgres-bin)" $(BENCH_WRITES) $(BENCH)

scale: build-bench ## check an installation of 10,000 organizations and 1,200,000 users
	"$(BENCH_DIR)/dist/rollcall-bench" --postgres-bin "$$(scripts/postgres-bin)" scale

scale-quick: build-bench ## the same with a few thousand
	"$(BENCH_DIR)/dist/rollcall-bench" --postgres-bin "$$(scripts/postgres-bin)" --quick scale

screenshots: nextest ## write pictures of every page to target/screenshots: light, dark, phone
	scripts/install-browser
	ROLLCALL_PICTURES_TO="$(CURDIR)/target/screenshots" \
		cargo nextest run -p rollcall --test browser --locked --run-ignored only -E 'test(/pictures/)'

book: mdbook ## write the manual as a site to target/book, and look at its links
	rm -rf target/book
	mdbook build docs
	scripts/check-book target/book

fmt: prerequisites ## format the code
	cargo fmt --all

generate: nextest ## write the files that are generated from the code
	UPDATE_GENERATED=1 cargo nextest run --workspace --no-tests=pass -E 'test(generated)'

advisories: deny ## look for known vulnerabilities (needs the network, so not part of check)
	@echo 'This fetches the RustSec database from github.com.'
	cargo deny check advisories

clean: ## remove what cargo built
	cargo clean

# --- the steps of `check`

check-format: prerequisites
	cargo fmt --all --check

check-dependencies: deny
	cargo deny --locked check bans licenses sources

check-deploy: ## look at what deploys Rollcall: container file, compose, Kubernetes, systemd, scripts
	scripts/check-deploy

check-observed: prerequisites ## have a real Prometheus watch two gateways, four minutes: panels, rules, an alert
	cargo build --workspace --locked
	scripts/check-observed "$${CARGO_TARGET_DIR:-target}/debug/rollcall"

check-lints: prerequisites
	cargo clippy --workspace --all-targets --locked -- -D warnings

check-docs: prerequisites
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --workspace --locked

# --- what the targets need

build-bench: prerequisites
	scripts/install-services
	cargo build --profile dist --locked --package rollcall-bench --package rollcall --target-dir "$(BENCH_DIR)"

prerequisites:
	@command -v cargo >/dev/null 2>&1 || { \
		echo 'cargo is missing: install Rust from https://rustup.rs, then open a new shell' >&2; \
		exit 1; }
	@command -v cc >/dev/null 2>&1 || { \
		echo 'a C compiler is missing: apt-get install build-essential (Debian), xcode-select --install (macOS)' >&2; \
		exit 1; }

nextest: prerequisites
	@scripts/install-tool cargo-nextest $(NEXTEST_VERSION)

deny: prerequisites
	@scripts/install-tool cargo-deny $(DENY_VERSION)

# Without its server and its watching of files, which are most of what it would compile.
mdbook: prerequisites
	@scripts/install-tool mdbook $(MDBOOK_VERSION) --no-default-features --features search

cargo-fuzz: prerequisites
	@scripts/install-tool cargo-fuzz $(FUZZ_VERSION)
