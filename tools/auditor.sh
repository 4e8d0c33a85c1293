#!/usr/bin/env bash
# Build what an auditor needs: bin/auditverify, one program, and bin/auditor-page/index.html,
# one page that holds the same program as WebAssembly. Both are the same whoever builds them
# from the same source with the same Go.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-bin}
mkdir -p "$bin/auditor-page"
go build -trimpath -ldflags '-s -w' -o "$bin/auditverify" ./cmd/auditverify

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
GOOS=js GOARCH=wasm go build -trimpath -ldflags '-s -w' -o "$work/web.wasm" ./cmd/auditverify/web
go run ./cmd/auditverify/web/assemble \
  -wasm "$work/web.wasm" -exec "$(go env GOROOT)/lib/wasm/wasm_exec.js" \
  -build "$(go env GOVERSION)${AUDITOR_REVISION:+, $AUDITOR_REVISION}" \
  -out "$bin/auditor-page/index.html"
