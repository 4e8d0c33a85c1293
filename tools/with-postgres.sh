#!/usr/bin/env bash
# Run a command with a throwaway PostgreSQL: its address is in
# COUNTERSIGN_TEST_POSTGRES while the command runs, and everything of it is gone
# afterwards. Without PostgreSQL on this machine the command runs all the same, and
# its PostgreSQL tests say that they were skipped.
set -euo pipefail

if [ -n "${COUNTERSIGN_TEST_POSTGRES:-}" ]; then exec "$@"; fi
bin=$(dirname "$(command -v initdb 2>/dev/null || ls -1 /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)" 2>/dev/null || true)
if [ ! -x "$bin/initdb" ]; then
  echo "with-postgres: no PostgreSQL here, its tests are skipped (Debian: apt-get install postgresql)" >&2
  exec "$@"
fi

dir=$(mktemp -d /tmp/countersign-pg.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
  id postgres >/dev/null 2>&1 || useradd --system --no-create-home postgres
  chown postgres "$dir"
  as=(setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups)
fi
stop() {
  "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT
"${as[@]}" "$bin/initdb" -D "$dir/data" -U countersign -A trust --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
# A socket in our own directory: no port to collide with.
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/server.log" -o "-c listen_addresses='' -k $dir" start >/dev/null || { cat "$dir/server.log" >&2; exit 1; }
export COUNTERSIGN_TEST_POSTGRES="postgres:///postgres?host=$dir&user=countersign"
"$@"
