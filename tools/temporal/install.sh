#!/usr/bin/env bash
# Put Temporal's CLI (dev server and Web UI inside) at $1: a link to the one on PATH
# when that is 1.5 or newer, else built from the pinned module beside this script.
set -euo pipefail
to=$1
mkdir -p "$(dirname "$to")"
if found=$(command -v temporal) && [ "$found" != "$to" ]; then
  version=$("$found" --version 2>/dev/null | sed -nE 's/.*version ([0-9]+)\.([0-9]+)\..*/\1 \2/p')
  read -r major minor <<<"${version:-0 0}"
  if [ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge 5 ]; }; then
    echo "using $found ($major.$minor)"
    ln -sf "$found" "$to"
    exit 0
  fi
  echo "temporal on PATH is $major.$minor, want 1.5 or newer"
fi
echo "building Temporal's dev server, once (about four minutes on two cores) …"
cd "$(dirname "$0")"
GOWORK=off go build -trimpath -ldflags "-s -w" -o "$to" github.com/temporalio/cli/cmd/temporal &
pid=$!
seconds=0
while kill -0 "$pid" 2>/dev/null; do
  sleep 1
  seconds=$((seconds + 1))
  [ $((seconds % 15)) -ne 0 ] || echo "  still building, $seconds s"
done
wait "$pid"
echo "built $to in $seconds s"
