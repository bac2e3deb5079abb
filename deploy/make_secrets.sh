#!/bin/sh
# Makes the passwords that docker-compose.yml hands to its services, once: those that exist stay.
# The folder is its owner's alone. The files in it may be read by all, because a container's user,
# who is not root and not the owner, reads them at the path where they are mounted.
set -eu
folder="$(dirname "$0")/secrets"
mkdir -p "$folder"
chmod 700 "$folder"

# make NAME BEGINNING: what stands before the 64 random digits, such as a user's name.
make() {
    if [ ! -s "$folder/$1" ]; then
        { printf %s "$2"; head -c 32 /dev/urandom | od -A n -t x1 | tr -d ' \n'; } > "$folder/$1"
        chmod 444 "$folder/$1"
        echo "made $folder/$1"
    fi
}

for name in postgres_password redis_password bucket_key_id bucket_key door_token grafana_password; do
    make "$name" ""
done
make flower_login operator:
