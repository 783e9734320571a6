#!/bin/sh
# What Supabase's image does at its first start, less its extensions: roles, schemas, then the scripts that were put in.
set -eu
directory=$(dirname "$0")
run_as() { psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$1" --dbname postgres "$2" "$3"; }

run_as supabase_admin -c "
  create role postgres superuser createdb createrole login replication bypassrls;
  create role anon nologin;
  create role authenticated nologin;
  create role service_role nologin bypassrls;
  create role authenticator login noinherit;
  grant anon, authenticated, service_role to authenticator;
  create role supabase_auth_admin login noinherit createrole;
  create role supabase_storage_admin login noinherit createrole;
  create schema auth authorization supabase_auth_admin;
  create schema storage authorization supabase_storage_admin;
  create schema extensions;
  create schema graphql_public;
  grant usage on schema public, storage to anon, authenticated, service_role;
  alter default privileges in schema public grant all on tables to service_role, authenticated;
  alter default privileges in schema public grant select on tables to anon;
"
# Not as an argument: those show in the process list.
run_as supabase_admin -f - <<'SQL'
\getenv password POSTGRES_PASSWORD
alter role postgres with password :'password';
SQL
for script in "$directory"/init-scripts/*.sql; do
  if [ -e "$script" ]; then run_as postgres -f "$script"; fi
done
for script in "$directory"/migrations/*.sql; do
  if [ -e "$script" ]; then run_as supabase_admin -f "$script"; fi
done
