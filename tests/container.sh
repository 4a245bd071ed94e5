#!/usr/bin/env bash
# `make test-container`: builds the image of deployments/Dockerfile, starts deployments/compose.yaml, and has a file that is dropped
# published by the worker and read by DuckDB from the host.
#
# No registry is asked: Debian's own Python and PostgreSQL take the place of the two base images. Prints a line that begins with
# "skipped", and ends with 0, where no container can run at all; whatever else does not work is a failure. The base image, the wheels
# of the lock file and the layers of the image stay in build/container, so that the next run takes minutes less.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
work=$PWD/build/container
project=$work/project

step() { echo "$SECONDS s: $*"; }
skip() { echo "skipped: $*"; exit 0; }
fail() { echo "failed: $*" >&2; exit 1; }

missing=$(for tool in buildah podman podman-compose debootstrap runc nft; do command -v $tool >/dev/null || echo $tool; done)
[ "$(id -u)" = 0 ] || skip "debootstrap, which makes the base image, needs root"
if [ -n "$missing" ]; then
  command -v apt-get >/dev/null || skip "there is no $(echo $missing), and no apt-get that could install it"
  apt-get update -q
  apt-get install -qy --no-install-recommends buildah podman podman-compose debootstrap runc nftables netavark aardvark-dns
fi

# A storage and settings of our own. runc runs on hosts with both kinds of cgroups, and a limit that the host does not have is refused.
mkdir -p "$work"
export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf PODMAN_IGNORE_CGROUPSV1_WARNING=1
cat > "$CONTAINERS_CONF" <<END
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=$(ulimit -Hu):$(ulimit -Hu)"]
[engine]
runtime = "runc"
END
store_images_by() {
  printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' "$1" "$work/$1" "$work/run-$1" > "$CONTAINERS_STORAGE_CONF"
}
can_run() {
  local container root
  container=$(buildah from scratch) && root=$(buildah mount "$container") || return
  for file in /bin/true $(ldd /bin/true | grep -o '/[^ ]*'); do cp --dereference --parents "$file" "$root"; done
  buildah run "$container" /bin/true && buildah rm "$container" >/dev/null
}
store_images_by overlay
if ! can_run 2> "$work/probe.log"; then
  store_images_by vfs
  can_run 2>> "$work/probe.log" || skip "the engine runs no container here: $(tail -n 1 "$work/probe.log")"
fi

python_image=docker.io/library/python:3.13-slim
if ! buildah inspect --type image $python_image >/dev/null 2>&1; then
  step "the base image, by debootstrap"
  container=$(buildah from scratch)
  root=$(buildah mount "$container")
  debootstrap --variant=minbase --include=python3-venv,postgresql,ca-certificates trixie "$root" > "$work/debootstrap.log" || fail "see $work/debootstrap.log"
  rm -r "$root"/var/cache/apt "$root"/var/lib/apt/lists
  # `python` and `pip` are where Docker's image has them, and pip finds the wheels that are mounted during the build.
  chroot "$root" python3 -m venv /usr/local
  printf '[global]\nno-index = true\nfind-links = /wheels\n' > "$root/etc/pip.conf"
  buildah config --env PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah commit --quiet --rm "$container" $python_image > /dev/null
fi
# What the image `postgres` does with its three variables.
container=$(buildah from --pull-never $python_image)
cat > "$(buildah mount "$container")/usr/local/bin/start-database" <<'END'
#!/bin/sh
set -e
data=/var/lib/postgresql/data bin=$(echo /usr/lib/postgresql/*/bin)
as_postgres() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
if [ ! -f $data/PG_VERSION ]; then
  install --directory --owner postgres --mode 700 $data
  echo "$POSTGRES_PASSWORD" > /tmp/password
  as_postgres "$bin/initdb" --pgdata $data --username "$POSTGRES_USER" --pwfile /tmp/password --auth-host scram-sha-256 --auth-local trust --locale C.UTF-8
  echo "host all all all scram-sha-256" >> $data/pg_hba.conf
  echo "CREATE DATABASE \"$POSTGRES_DB\"" | as_postgres "$bin/postgres" --single -D $data postgres
fi
exec setpriv --reuid postgres --regid postgres --init-groups "$bin/postgres" -D $data -c listen_addresses='*'
END
chmod 755 "$(buildah mount "$container")/usr/local/bin/start-database"
buildah config --entrypoint '["start-database"]' "$container"
buildah commit --quiet --rm "$container" docker.io/library/postgres:16 > /dev/null

if ! cmp -s requirements.lock "$work/wheels/requirements.lock"; then
  step "the wheels of the lock file"
  # pip takes markers as of the Python that it runs in, which need not be that of the image.
  "$bin/python" - > "$work/wheels.txt" <<'END'
import re
from packaging.requirements import Requirement

for entry in re.split(r"\n(?=[a-zA-Z])", open("requirements.lock").read()):
    needed, *hashes = entry.replace("\\\n", "").split(" --hash=")
    package = Requirement(needed.strip())
    if package.marker is None or package.marker.evaluate({"python_version": "3.13", "python_full_version": "3.13.5"}):
        print(f"{package.name}{package.specifier}", *(f"--hash={one.strip()}" for one in hashes))
END
  "$bin/pip" download --quiet --require-hashes --no-deps --only-binary :all: --python-version 3.13 --requirement "$work/wheels.txt" --dest "$work/wheels"
  cp requirements.lock "$work/wheels/"
fi

step "the image of the project"
rm -rf "$project"
mkdir -p "$project/inbox"
git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ -f "$f" ] && printf "%s\0" "$f"; done' sh | tar --null --files-from - --create | tar --extract --directory "$project"
chown 1000 "$project/inbox"
buildah build --quiet --layers --pull-never --volume "$work/wheels:/wheels:ro" --file "$project/deployments/Dockerfile" --tag tidewaiter "$project" > "$work/build.log"

step "the services"
port=$("$bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "s/127.0.0.1:4200:4200/127.0.0.1:$port:4200/" "$project/deployments/compose.yaml"
export TIDEWAITER_PASSWORD=of-this-test POSTGRES_PASSWORD=of-this-test
compose() { podman-compose --file "$project/deployments/compose.yaml" "$@"; }
looking=
down() {
  [ -z "$looking" ] || kill "$looking" 2>/dev/null || true
  compose logs > "$work/services.log" 2>&1
  compose down --volumes > "$work/down.log" 2>&1
  # The engine leaves its folder mounted, and nobody could delete it.
  umount "$work"/*/overlay 2>/dev/null || true
}
trap down EXIT
# Podman has the health of a service looked at by timers of systemd, which need not be there.
while sleep 5; do
  for service in database server; do podman healthcheck run "tidewaiter_${service}_1" || true; done
done > /dev/null 2>&1 &
looking=$!
compose up --detach > "$work/up.log" 2>&1 || fail "see $work/up.log"

step "a file is dropped"
inbox=$project/inbox/gacc_query/export
[ -f "$inbox/defaults.toml" ] || fail "the service deploy has made no $inbox/defaults.toml"
sed -i 's/^# \(partners = "all"\)/\1/' "$inbox/defaults.toml"
(cd tests/unit && "$bin/python" -c 'import sys; from bad_inputs.download import csv_bytes; sys.stdout.buffer.write(csv_bytes())') > "$inbox/june.csv"
touch --date '1 hour ago' "$inbox/june.csv"
podman exec tidewaiter_worker_1 prefect deployment run --watch --watch-timeout 600 watch/watch > "$work/run.log" 2>&1 || fail "see $work/run.log"
store=$(podman volume inspect --format '{{.Mountpoint}}' tidewaiter_store)
found=$("$bin/python" - "$store" <<'END'
import sys

import duckdb

files = f"{sys.argv[1]}/reporter=CHN/current/metric/**/*.parquet"
asked = "product = '85051110' AND partner = 'USA' AND measure = 'quantity_kg' AND period = DATE '2025-06-01'"
print(duckdb.sql(f"SELECT level FROM read_parquet('{files}') WHERE {asked}").fetchall())
END
)
[ "$found" = "[(353000.0,)]" ] || fail "DuckDB reads $found and not 353 t"
step "published, and read by DuckDB from the host"

down
trap - EXIT
if grep --max-count 3 '| ERROR ' "$work/services.log"; then fail "services have logged errors; see $work/services.log"; fi
[ -z "$(podman ps --all --quiet)" ] || fail "services are left: $(podman ps --all)"
step "stopped; nothing is left but the images in $work"
