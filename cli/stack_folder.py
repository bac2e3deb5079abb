"""The folder of a local stack: who holds it, its passwords, and how to connect to it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sorter.errors import ConflictError, NotFoundError, SorterBotError

CONNECTION_FILE = "stack.env"
PASSWORDS_FILE = "passwords.json"
SERVERS = ("postgres", "redis", "flower")


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Hold the folder, made where it does not exist, for this process alone.

    Raises:
        ConflictError: Another stack runs in it.
        SorterBotError: It cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise SorterBotError(f"cannot write to {folder}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(f"another stack already runs in {folder}") from error
        yield


def load_passwords(folder: Path) -> dict[str, str]:
    """Return the servers' passwords, each made the first time that the folder is used for it."""
    path = folder / PASSWORDS_FILE
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    passwords = {server: secrets.token_hex(16) for server in SERVERS} | kept
    if passwords != kept:
        write_private(path, json.dumps(passwords))
    return passwords


def save_connection(folder: Path, environment: Mapping[str, str]) -> None:
    """Write the variables that other processes need to join the stack, for a shell to read."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    write_private(folder / CONNECTION_FILE, "\n".join([*lines, ""]))


def load_connection(folder: Path) -> dict[str, str]:
    """Read back what :func:`save_connection` wrote.

    Raises:
        NotFoundError: No stack was ever started in the folder.
    """
    try:
        lines = (folder / CONNECTION_FILE).read_text().splitlines()
    except FileNotFoundError as error:
        raise NotFoundError(f"{folder} is not the folder of a local stack") from error
    pairs = [word.partition("=") for line in lines for word in shlex.split(line)]
    return {name: value for name, _, value in pairs}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all of it or nothing."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
