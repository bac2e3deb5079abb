"""Makes operators' keys to the console, on the rows directly: no gateway need run."""

from __future__ import annotations

from pathlib import Path

from api.errors import UnauthenticatedError
from api.keys import OPERATOR_KEYS
from cli.stack_folder import write_private
from sorter.errors import InvalidInputError, NotFoundError
from storage.ports import Store

KEY_FILE = "operator.key"
"""In a local stack's folder, for its owner's eyes, beside the passwords of its servers."""

LOCAL_OPERATOR = "local"
MAX_NAME = 64


def make_operator_key_for(store: Store, name: str) -> str:
    """Make a key for an operator and return its text, which is kept nowhere.

    Raises:
        InvalidInputError: The name is empty, too long, or holds what cannot be printed.
    """
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidInputError(f"an operator's name is 1 to {MAX_NAME} letters, not {name!r}")
    key = OPERATOR_KEYS.make()
    store.save_operator_key(key.key_id, name, key.secret_sha256)
    return key.text


def local_operator_key(store: Store, folder: Path) -> str:
    """Return the key of whoever runs the local stack in this folder; made where none is valid."""
    path = folder / KEY_FILE
    if path.exists():
        text = path.read_text().strip()
        if _is_valid(store, text):
            return text
    text = make_operator_key_for(store, LOCAL_OPERATOR)
    write_private(path, f"{text}\n")
    return text


def sign_in_address(gateway_url: str, key: str) -> str:
    """Return an address that signs its reader in; what follows the # is sent to nobody."""
    return f"{gateway_url}/console/sign-in#key={key}"


def _is_valid(store: Store, text: str) -> bool:
    try:
        presented = OPERATOR_KEYS.parse(text)
        key = store.load_operator_key(presented.key_id)
    except (UnauthenticatedError, NotFoundError):
        return False
    return presented.matches(key.secret_sha256) and key.revoked_at is None
