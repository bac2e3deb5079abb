"""Runs a command with what lies in files put into its environment: passwords, keys, tokens.

``with_passwords.py COMMAND [ARGUMENT ...]``: a container's entry point. Addresses then stand in
the compose file for all to read, and a password nowhere but in its secret's file and in the
memory of the processes that connect. What names no file is left as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

ADDRESSES = {
    "SORTERBOT_DATABASE_PASSWORD_FILE": ("SORTERBOT_DATABASE_URL",),
    "SORTERBOT_REDIS_PASSWORD_FILE": ("SORTERBOT_BROKER_URL", "SORTERBOT_RESULTS_URL"),
}
"""The variable that names a password's file, and the addresses that the password belongs in."""

SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "FLOWER_BASIC_AUTH",
    "SORTERBOT_DOOR_TOKEN",
)
"""Variables that are a secret as a whole: each is read from the file that ``..._FILE`` names."""


def with_passwords(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables, each address with the password of its file, and each secret.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is empty, or what it is for is already there.
    """
    filled = dict(variables) | read_secrets(variables)
    for name, addresses in ADDRESSES.items():
        if variables.get(name):
            password = read_password(Path(variables[name]))
            for address in addresses:
                if variables.get(address):
                    filled[address] = with_password(address, variables[address], password)
    return filled


def read_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that lie in files.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is empty, or the variable that it is for has a value of its own.
    """
    found: dict[str, str] = {}
    for name in SECRETS:
        path = variables.get(f"{name}_FILE")
        if path and variables.get(name):
            raise ValueError(f"{name} has a value, and {name}_FILE names another")
        if path:
            found[name] = read_password(Path(path))
    return found


def read_password(path: Path) -> str:
    """Return a file's text without the line end that editors leave.

    Raises:
        OSError: It cannot be read.
        ValueError: It is empty.
    """
    password = path.read_text().strip("\r\n")
    if not password:
        raise ValueError(f"{path} is empty")
    return password


def with_password(name: str, address: str, password: str) -> str:
    """Return an address with its password, quoted, before the host.

    Raises:
        ValueError: The address of the variable ``name`` already holds one.
    """
    parts = urlsplit(address)
    if parts.password is not None:
        raise ValueError(f"{name} holds a password, and a file names another")
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def main() -> None:
    """Become the command, or end with one sentence."""
    try:
        environment = with_passwords(os.environ)
        os.execvpe(sys.argv[1], sys.argv[1:], environment)  # the image's own command
    except (OSError, ValueError) as error:
        sys.exit(f"with_passwords: {error}")


if __name__ == "__main__":
    main()
