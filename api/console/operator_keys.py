"""Operators' keys: how one is made, written and read. Only the hash of its secret is ever kept."""

from __future__ import annotations

import hashlib
import re
import secrets

from api.errors import UnauthenticatedError
from api.keys import NewKey, PresentedKey

KEY_PATTERN = re.compile(r"sbo_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
"""``sbo_<key_id>_<secret>``: like an arm's key, and never taken for one."""


def make_operator_key() -> NewKey:
    """Make a key that nobody can guess."""
    key_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    return NewKey(key_id, f"sbo_{key_id}_{secret}", sha256_of(secret))


def parse_operator_key(text: str) -> PresentedKey:
    """Take a key apart.

    Raises:
        UnauthenticatedError: The text has not the form of an operator's key.
    """
    match = KEY_PATTERN.fullmatch(text)
    if match is None:
        raise UnauthenticatedError("an operator's key has the form sbo_<key id>_<secret>")
    return PresentedKey(match[1], sha256_of(match[2]))


def sha256_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
