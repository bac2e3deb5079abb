"""Bearer keys: how one is made, written and read. Only the hash of its secret is ever kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from api.errors import UnauthenticatedError


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


@dataclass(frozen=True, slots=True)
class KeyForm:
    """How one sort of keys is written: ``<prefix>_<key_id>_<secret>``.

    48 bits name the key, 256 bits prove it.

    Attributes:
        prefix: No other sort's, so that none is taken for another.
        refusal: What is said of a text that is not written so.
    """

    prefix: str
    refusal: str

    def make(self) -> NewKey:
        """Make a key that nobody can guess."""
        key_id = secrets.token_hex(6)
        secret = secrets.token_urlsafe(32)
        return NewKey(key_id, f"{self.prefix}_{key_id}_{secret}", sha256_of(secret))

    def parse(self, text: str) -> PresentedKey:
        """Take a key apart.

        Raises:
            UnauthenticatedError: The text has not this form.
        """
        match = re.fullmatch(rf"{self.prefix}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})", text)
        if match is None:
            raise UnauthenticatedError(self.refusal)
        return PresentedKey(match[1], sha256_of(match[2]))


def sha256_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


ARM_KEYS = KeyForm("sb", "the bearer key has not the form sb_<key id>_<secret>")
OPERATOR_KEYS = KeyForm("sbo", "an operator's key has the form sbo_<key id>_<secret>")
