"""Which database a command means: the one that is named, or the one that the environment names."""

from __future__ import annotations

import os

from storage.original_settings import DATABASE_URL, with_original_settings


def told_database_url(named: str | None) -> str | None:
    """Return the database's address, from the original's settings where nothing else says it.

    Args:
        named: By option or ``SORTERBOT_DATABASE_URL``; may name a parameter, as ``ssm:NAME``.

    Raises:
        InvalidInputError: The environment contradicts itself.
        TransientError: The parameter store did not answer.
    """
    own = {DATABASE_URL: named} if named else {}
    return with_original_settings({**os.environ, **own}).get(DATABASE_URL)
