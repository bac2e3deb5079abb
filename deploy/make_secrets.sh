#!/bin/sh
# Makes the passwords that docker-compose.yml hands to its services, once: those that exist stay.
# The folder is its owner's alone. The files in it may be read by all, because a container's user,
# who is not root and not the owner, reads them at the path where they are mounted.
set -eu
folder="$(dirname "$0")/secrets"
mkdir -p "$folder"
chmod 700 "$folder"
for name in postgres_password redis_password; do
    if [ ! -s "$folder/$name" ]; then
        head -c 32 /dev/urandom | od -A n -t x1 | tr -d ' \n' > "$folder/$name"
        chmod 444 "$folder/$name"
        echo "made $folder/$name"
    fi
done
