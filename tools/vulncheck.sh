#!/usr/bin/env bash
# Run govulncheck on both modules. Its database is on the internet: where that
# cannot be reached the check is skipped, and says so.
set -uo pipefail
tool=$1
for dir in . sandbox; do
  out=$(cd "$dir" && "$tool" ./... 2>&1)
  code=$?
  if [ $code -ne 0 ] && grep -qE 'fetching vulnerabilities|no such host|dial tcp' <<<"$out"; then
    echo "govulncheck: SKIPPED, the vulnerability database cannot be reached from here"
    exit 0
  fi
  echo "govulncheck $dir: $(tail -n 1 <<<"$out")"
  [ $code -eq 0 ] || { echo "$out"; exit $code; }
done
