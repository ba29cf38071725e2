#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL: tests/postgres.sh cargo nextest run imports
# Its address is in DOCKET_TEST_POSTGRES. It goes when the command ends, with everything in it.
set -euo pipefail

for programs in "$(dirname "$(command -v initdb || echo /)")" /usr/lib/postgresql/*/bin; do
  [[ -x $programs/initdb ]] && break
done
[[ -x $programs/initdb ]] || { echo "tests need PostgreSQL's server: install the package postgresql" >&2; exit 1; }

# PostgreSQL refuses to run as root.
as_postgres=()
folder=$(mktemp -d)
if ((EUID == 0)); then
  as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
  chown postgres: "$folder"
fi
pg() { (cd "$folder" && "${as_postgres[@]}" "$programs/$1" -D "$folder/data" "${@:2}"); }

stop() {
  pg pg_ctl stop --silent --mode=immediate || true
  rm -rf "$folder"
}
trap stop EXIT

pg initdb --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log"

# Nothing in it need outlive a crash.
cat >>"$folder/data/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
EOF

# Below the ports that the system hands out by itself. A port that is taken makes the start fail, so try another.
for port in $(shuf --input-range=20000-29999 --head-count=5); do
  pg pg_ctl start --silent --log="$folder/data/log" --options="-p $port" && break
  port=
done
[[ -n $port ]] || { cat "$folder/data/log" >&2; exit 1; }

export DOCKET_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
"$@"
