#!/bin/sh
# Makes two databases that know nothing of each other: the catalogue's, for a role that owns its schemas and nothing else
# (as `cosmic catalogue role` prints it), and Prefect's own. Run once, by the image of Postgres, in an empty volume.
set -eu
secrets="${SECRETS:-/run/secrets}"
CATALOGUE_PASSWORD="$(cat "$secrets/catalogue_password")" PREFECT_PASSWORD="$(cat "$secrets/prefect_password")" \
psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
\getenv catalogue_password CATALOGUE_PASSWORD
\getenv prefect_password PREFECT_PASSWORD
CREATE ROLE cosmic LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'catalogue_password';
CREATE ROLE prefect LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'prefect_password';
CREATE DATABASE cosmic;
CREATE DATABASE prefect OWNER prefect;
REVOKE ALL ON DATABASE cosmic FROM PUBLIC;
REVOKE ALL ON DATABASE prefect FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE cosmic TO cosmic;
\connect cosmic
CREATE SCHEMA cosmic_real AUTHORIZATION cosmic;
CREATE SCHEMA cosmic_simulated AUTHORIZATION cosmic;
SQL
