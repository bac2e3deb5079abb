"""Makes bearer keys for arms, on the rows directly: no gateway need run."""

from __future__ import annotations

import re
from contextlib import suppress

from api.keys import ARM_KEYS
from sorter.errors import InvalidInputError, NotFoundError
from sorter.types import Arm
from storage.ports import Store

ARM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""As the gateway has it: such a name may stand in an address and in a file's name."""


def check_arm_id(arm_id: str) -> None:
    """Refuse a name that no arm may have.

    Raises:
        InvalidInputError: It is not 1 to 64 letters, digits, underscores and hyphens.
    """
    if ARM_ID.fullmatch(arm_id) is None:
        raise InvalidInputError(
            f"an arm's name is 1 to 64 of a-z, A-Z, 0-9, _ and -, which {arm_id!r} is not"
        )


def make_key_for(store: Store, arm_id: str) -> str:
    """Make a key for an arm and return its text, which is kept nowhere.

    An arm that is not registered is, with the usual geometry; its robot may change that.

    Raises:
        InvalidInputError: The arm's name is not one.
    """
    check_arm_id(arm_id)
    register_arm(store, arm_id)
    key = ARM_KEYS.make()
    store.save_key(key.key_id, arm_id, key.secret_sha256)
    return key.text


def register_arm(store: Store, arm_id: str) -> None:
    """Register an arm with the usual geometry, and leave one that is registered as it is."""
    try:
        store.load_arm(arm_id)
    except NotFoundError:
        store.save_arm(Arm(arm_id))


def has_key(store: Store, arm_id: str) -> bool:
    """Whether the arm has a key that still opens the gateway."""
    with suppress(NotFoundError):
        return any(key.revoked_at is None for key in store.load_keys(arm_id))
    return False
