#!/usr/bin/env bash
# A PostgreSQL cluster of one's own for the Prefect server, under .prefect/postgres: made once, started if it does not run.
# Prints the address for PREFECT_SERVER_DATABASE_CONNECTION_URL and nothing else.
#   postgres.sh [start|stop]
# Loopback only, with a password made here. PostgreSQL refuses to run as root; then the user `postgres` runs it.
set -euo pipefail

home=${TIDEWAITER_POSTGRES:-$PWD/.prefect/postgres}
port=${TIDEWAITER_POSTGRES_PORT:-5433}
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(readlink -f "$(command -v initdb)")" 2>/dev/null) || bin=
[ -n "$bin" ] || { echo "no PostgreSQL here; on Debian: apt-get install postgresql" >&2; exit 2; }

as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

if [ "${1:-start}" = stop ]; then
  as_owner "$bin/pg_ctl" -D "$home/data" -m fast -w stop >&2
  exit
fi

if [ ! -f "$home/data/PG_VERSION" ]; then
  mkdir -p "$home"
  (umask 077 && head -c 18 /dev/urandom | base64 | tr -d '+/=\n' > "$home/password")
  [ "$(id -u)" != 0 ] || chown -R postgres "$home"
  as_owner test -w "$home" || { echo "the user postgres cannot reach $home; set TIDEWAITER_POSTGRES to a folder it can" >&2; exit 2; }
  as_owner "$bin/initdb" -D "$home/data" -U tidewaiter -A scram-sha-256 --pwfile "$home/password" -E UTF8 --locale C.UTF-8 >&2
fi
if ! as_owner "$bin/pg_ctl" -D "$home/data" status >/dev/null; then
  as_owner "$bin/pg_ctl" -D "$home/data" -w -l "$home/log" -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$home/data" start >&2
fi
# In the environment, because everybody on the machine may read the words of a command.
export PGPASSWORD=$(cat "$home/password")
as_owner "$bin/psql" -h 127.0.0.1 -p "$port" -U tidewaiter -d postgres -qtAc \
  "select 1 from pg_database where datname = 'prefect'" | grep -q 1 ||
  as_owner "$bin/createdb" -h 127.0.0.1 -p "$port" -U tidewaiter prefect >&2
echo "postgresql+asyncpg://tidewaiter:$PGPASSWORD@127.0.0.1:$port/prefect"
