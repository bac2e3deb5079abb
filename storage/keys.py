"""What a picture is called in the image store: its session, and its content's SHA-256."""

from __future__ import annotations

import hashlib
import re

from sorter.errors import InvalidInputError, NotFoundError

KEY_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}/[0-9a-f]{64}\.(jpg|png)", re.ASCII)
"""No dot but the last, no second slash: a key cannot leave the place that it is looked up in."""

NAME_PATTERN = re.compile(
    r"[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}/"
    r"(?=.{1,64}\Z)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*",
    re.ASCII,
)
"""The original's names, arm, session and file: never one that :data:`KEY_PATTERN` knows, too."""

_SUFFIXES = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


def image_key(session_id: str, data: bytes) -> str:
    """Return the key for the bytes of a JPEG or PNG.

    Raises:
        InvalidInputError: The bytes begin like neither, or the session's id fits no key.
    """
    for magic, suffix in _SUFFIXES.items():
        if data.startswith(magic):
            key = f"{session_id}/{hashlib.sha256(data).hexdigest()}.{suffix}"
            break
    else:
        raise InvalidInputError("the bytes begin like neither a JPEG nor a PNG")
    if not KEY_PATTERN.fullmatch(key):
        raise InvalidInputError(f"{session_id[:100]!r} cannot be part of a picture's key")
    return key


def checked_key(key: str) -> str:
    """Return the key as it is: a picture's own, or a name of the original's.

    Raises:
        NotFoundError: Nothing can be kept under such a key.
    """
    if not KEY_PATTERN.fullmatch(key) and not NAME_PATTERN.fullmatch(key):
        raise NotFoundError(f"there is no picture under the key {key[:200]!r}")
    return key


def original_name(arm_id: str, session_name: str, file_name: str) -> str:
    """Return the name under which the original keeps a file: ``ARM001/S12/1200.jpg``.

    Raises:
        InvalidInputError: One of the three fits no such name.
    """
    name = f"{arm_id}/{session_name}/{file_name}"
    if not NAME_PATTERN.fullmatch(name):
        raise InvalidInputError(f"nothing can be kept under the name {name[:200]!r}")
    return name


def checked_name(name: str) -> str:
    """Return the name as it is.

    Raises:
        NotFoundError: Nothing can be kept under such a name.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise NotFoundError(f"nothing is kept under the name {name[:200]!r}")
    return name
