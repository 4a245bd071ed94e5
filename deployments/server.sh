#!/usr/bin/env bash
# `make server-postgres`: a server for a team, in the foreground, on a PostgreSQL cluster started here.
# Settings come from .prefect/server.env, made from deployments/server.env with a password of its own on the first run.
set -euo pipefail
settings=.prefect/server.env

mkdir -p .prefect
if [ ! -f "$settings" ]; then
  word=$(head -c 18 /dev/urandom | base64 | tr -d '+/=\n')
  (umask 077 && sed "s/CHANGE-ME/$word/" deployments/server.env > "$settings")
fi
set -a
. "$settings"
: "${PREFECT_SERVER_DATABASE_CONNECTION_URL:=$(deployments/postgres.sh)}"
PREFECT_HOME=$PWD/.prefect
set +a
echo "server at $PREFECT_API_URL; in other terminals first: set -a; . $settings; set +a" >&2
# What the server writes is for its owner alone.
umask 077
exec "${BIN:-.venv/bin}/prefect" server start
