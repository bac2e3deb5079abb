"""The original SorterBot's settings, read as this project's own.

Source: docs/original-robot.md, which has the table; the names are those of the original's README.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

from sorter.errors import InvalidInputError
from storage.parameter_store import load_parameters

DATABASE_URL = "SORTERBOT_DATABASE_URL"
IMAGE_STORE = "SORTERBOT_IMAGE_STORE"
ORIGINAL_NAMES = "SORTERBOT_ORIGINAL_NAMES"
PANEL_HOST = "CONTROL_PANEL_HOST"

SECRET = "ssm:"  # noqa: S105 - it says where one is
"""A value that begins so names a parameter of the parameter store."""

LoadParameters = Callable[[Sequence[str], str], Mapping[str, str]]
"""Takes names and a region, and returns the values."""

_ORIGINALS = ("PG_CONN", "RESOURCE_SUFFIX", PANEL_HOST)
_REGIONS = ("DEPLOY_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")

# What, after "sorterbot-", makes a bucket's name of at most 63 characters.
# Source: Amazon's rules for naming general purpose buckets.
_SUFFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?", re.ASCII)


class Mode(StrEnum):
    """Where the original runs, and so what leaves the machine."""

    LOCAL = "local"
    AWS_DEV = "aws-dev"
    PRODUCTION = "production"


def with_original_settings(
    variables: Mapping[str, str], load: LoadParameters = load_parameters
) -> dict[str, str]:
    """Return the variables, with this project's own filled in from the original's.

    What has a value keeps it: an own setting wins over the original's that says the same. Without
    ``MODE`` and the others, and without ``ssm:``, what is returned is what came.

    Args:
        load: Asks the parameter store, once, and only where a value is to come from there.

    Raises:
        InvalidInputError: A value makes no sense, or two contradict each other.
        TransientError: The parameter store did not answer.
    """
    mode = _mode(variables)
    told = dict(variables)
    if mode in {Mode.AWS_DEV, Mode.PRODUCTION}:
        told = _asking_where_silent(told)
    told = _with_secrets(told, mode, load)
    if told.get("PG_CONN") and not told.get(DATABASE_URL):
        told[DATABASE_URL] = _database_url(told["PG_CONN"])
    if mode is Mode.LOCAL:
        _check_nothing_leaves(told)
    elif mode is not None and not told.get(IMAGE_STORE):
        told[IMAGE_STORE] = _bucket_url(told)
        told[ORIGINAL_NAMES] = told.get(ORIGINAL_NAMES) or "1"
    return told


def wants_feeds(variables: Mapping[str, str]) -> bool:
    """Whether somebody outside is to be told what happens; see :mod:`workers.feeds`."""
    return bool(variables.get(PANEL_HOST)) or variables.get(ORIGINAL_NAMES, "") == "1"


def _mode(variables: Mapping[str, str]) -> Mode | None:
    text = variables.get("MODE", "")
    if not text:
        return None
    try:
        return Mode(text)
    except ValueError:
        raise InvalidInputError(f"MODE is {', '.join(Mode)} or not set, not {text!r}") from None


def _asking_where_silent(told: dict[str, str]) -> dict[str, str]:
    """Ask the parameter store, as the original does in these modes, for what is not said."""
    says_the_same = {"PG_CONN": DATABASE_URL, "RESOURCE_SUFFIX": IMAGE_STORE}
    silent = [
        name for name, own in says_the_same.items() if not told.get(name) and not told.get(own)
    ]
    return told | {name: f"{SECRET}{name}" for name in silent}


def _with_secrets(told: dict[str, str], mode: Mode | None, load: LoadParameters) -> dict[str, str]:
    """Return the variables with the values of the parameters that they name."""
    asked = {
        name: value.removeprefix(SECRET)
        for name, value in told.items()
        if value.startswith(SECRET) and (name in _ORIGINALS or name.startswith("SORTERBOT_"))
    }
    if not asked:
        return told
    if mode is Mode.LOCAL:
        raise InvalidInputError(
            f"MODE=local asks nobody outside, and {', '.join(sorted(asked))} is to come from"
            " the parameter store"
        )
    parameters = load(sorted(set(asked.values())), _region(told))
    return told | {name: parameters[parameter] for name, parameter in asked.items()}


def _region(told: Mapping[str, str]) -> str:
    region = next((told[name] for name in _REGIONS if told.get(name)), None)
    if region is None:
        raise InvalidInputError("DEPLOY_REGION is not set, and no other variable names a region")
    return region


def _database_url(pg_conn: str) -> str:
    """Return the address as it is.

    Raises:
        InvalidInputError: It is no PostgreSQL address; the text does not repeat its password.
    """
    try:
        parts = urlsplit(pg_conn)
        is_address = (
            parts.scheme in {"postgresql", "postgres"}
            and bool(parts.hostname)
            and len(parts.path) > 1
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidInputError("PG_CONN is postgresql://user:password@host:port/database")
    return pg_conn


def _check_nothing_leaves(told: Mapping[str, str]) -> None:
    if urlsplit(told.get(IMAGE_STORE, "")).scheme == "s3":
        raise InvalidInputError(
            f"MODE=local keeps pictures on this machine, and {IMAGE_STORE} names a bucket"
        )


def _bucket_url(told: Mapping[str, str]) -> str:
    suffix = told.get("RESOURCE_SUFFIX", "")
    if _SUFFIX.fullmatch(suffix) is None:
        raise InvalidInputError(
            "RESOURCE_SUFFIX is the part of the bucket's name after sorterbot-: at most 53 of"
            f" a-z, 0-9 and, inside, hyphens, which {suffix!r} is not"
        )
    options = {"region": _region(told)}
    endpoint = next((told[name] for name in _ENDPOINTS if told.get(name)), None)
    if endpoint is not None:
        options["endpoint"] = endpoint
        if urlsplit(endpoint).scheme == "http":
            options["allow_http"] = "true"
    return f"s3://sorterbot-{suffix}?{urlencode(options)}"
