#!/bin/sh
# The parts of upstream's entrypoint that Berth and its users rely on: environment, data folder, init scripts, user.
set -eu
umask 077
bin=/usr/lib/postgresql/17/bin

# A variable may come from a file instead: POSTGRES_PASSWORD_FILE for POSTGRES_PASSWORD.
from_file() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$value" ] && [ -n "$file" ]; then echo "error: both $1 and $1_FILE are set" >&2; exit 1; fi
  if [ -n "$file" ]; then value=$(cat "$file"); fi
  export "$1=$value"
  unset "$1_FILE"
}

case "${1:-}" in -*) set -- postgres "$@" ;; esac
if [ "${1:-}" != postgres ]; then exec "$@"; fi

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  chmod 775 /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file "$name"; done
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    echo "error: POSTGRES_PASSWORD is not set; the superuser needs one" >&2
    exit 1
  fi
  password_file=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password_file"
  # Listening everywhere is part of the configuration that upstream's image starts with, not of its command, which may be
  # another one. The arguments are words on purpose, as upstream splits them.
  # shellcheck disable=SC2086
  "$bin/initdb" --username="$user" --pwfile="$password_file" --auth-local=trust --auth-host="$method" \
    --set=listen_addresses='*' $POSTGRES_INITDB_ARGS
  rm -f "$password_file"
  printf 'host all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

  # Only on the Unix socket: whoever asks over TCP sees a server once it is ready for good.
  "$bin/pg_ctl" -D "$PGDATA" -o "-c listen_addresses=''" -w start
  run_sql() { "$bin/psql" -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$user" "$@"; }
  if [ "$database" != postgres ]; then
    printf 'CREATE DATABASE :"db" ;\n' | run_sql --dbname postgres --set db="$database"
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
      *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
      *.sql) run_sql --dbname "$database" -f "$script" ;;
    esac
  done
  "$bin/pg_ctl" -D "$PGDATA" -m fast -w stop
fi
unset POSTGRES_PASSWORD
exec "$@"
