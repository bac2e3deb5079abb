"""Bearer keys: how one is made, written and read. Only the hash of its secret is ever kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from api.errors import UnauthenticatedError

KEY_PATTERN = re.compile(r"sb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
"""``sb_<key_id>_<secret>``: 48 bits that name the key, 256 bits that prove it."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: ``text`` is shown once, the other two are stored."""

    key_id: str
    text: str = field(repr=False)
    secret_sha256: str


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as somebody sent it: well-formed, not yet known to be anybody's."""

    key_id: str
    secret_sha256: str

    def matches(self, stored_sha256: str) -> bool:
        """Whether the secret is the stored one, in a time that does not tell how nearly."""
        return hmac.compare_digest(self.secret_sha256, stored_sha256)


def make_key() -> NewKey:
    """Make a key that nobody can guess."""
    key_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    return NewKey(key_id, f"sb_{key_id}_{secret}", _sha256(secret))


def parse_key(text: str) -> PresentedKey:
    """Take a key apart.

    Raises:
        UnauthenticatedError: The text has not the form of a key.
    """
    match = KEY_PATTERN.fullmatch(text)
    if match is None:
        raise UnauthenticatedError("the bearer key has not the form sb_<key id>_<secret>")
    return PresentedKey(match[1], _sha256(match[2]))


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
