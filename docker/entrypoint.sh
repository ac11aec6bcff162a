#!/bin/sh
# Runs a program of Sluice with its secrets as environment variables. The secrets come from files (/run/secrets), so
# that neither `docker inspect` nor the compose file contains them. Variables that are already set are unchanged.
set -eu

folder=${SECRETS_FOLDER:-/run/secrets}

# Prints a secret. It becomes part of a URL, so only characters that need no escaping are allowed.
secret() {
    value=$(cat "$folder/$1")
    case $value in
    '' | *[!A-Za-z0-9_-]*)
        echo "$folder/$1 must consist of letters, digits, - and _ only: docker/secrets.sh creates such secrets" >&2
        exit 78
        ;;
    esac
    printf %s "$value"
}

if [ -z "${SLUICE_DATABASE_URL:-}" ] && [ -r "$folder/postgres_password" ]; then
    password=$(secret postgres_password)
    export SLUICE_DATABASE_URL="postgresql+psycopg://sluice:$password@postgres:5432/sluice"
fi
if [ -z "${SLUICE_BROKER_URL:-}" ] && [ -r "$folder/redis_password" ]; then
    password=$(secret redis_password)
    export SLUICE_BROKER_URL="redis://:$password@redis:6379/0"
fi
if [ -z "${FLOWER_BASIC_AUTH:-}" ] && [ -r "$folder/flower_password" ]; then
    password=$(secret flower_password)
    export FLOWER_BASIC_AUTH="sluice:$password"
fi
if [ -z "${SLUICE_DESK_PASSWORD:-}" ] && [ -r "$folder/desk_password" ]; then
    SLUICE_DESK_PASSWORD=$(secret desk_password)
    export SLUICE_DESK_PASSWORD
fi
unset password value

if [ -n "${TMPDIR:-}" ]; then
    mkdir -p "$TMPDIR"
fi
exec "$@"
