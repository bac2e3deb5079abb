"""Secrets from the parameter store of Amazon's Systems Manager.

The library that asks comes with the extra ``aws``; who asks for no parameter does not need it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from sorter.errors import InvalidInputError, SorterBotError, TransientError

MOST_AT_ONCE = 10
"""Names in one request. Source: the API reference of Systems Manager, GetParameters."""

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 5
MAX_ATTEMPTS = 3

_SERVER_ERROR = 500
_BUSY = {"ThrottlingException", "RequestLimitExceeded"}


def load_parameters(names: Sequence[str], region: str) -> dict[str, str]:
    """Return parameters by name, decrypted.

    Who asks, and where, comes from the standard environment: ``AWS_ACCESS_KEY_ID``,
    ``AWS_PROFILE``, the machine's role, ``AWS_ENDPOINT_URL`` and so on.

    Raises:
        InvalidInputError: One does not exist or may not be read, or boto3 is not installed.
        TransientError: The parameter store did not answer.
    """
    boto3, exceptions = _library()
    try:
        found = _ask(boto3, names, region)
    except exceptions.ClientError as error:
        raise _refusal(error) from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise TransientError(f"the parameter store did not answer: {error}") from error
    except exceptions.BotoCoreError as error:
        raise InvalidInputError(f"the parameter store cannot be asked: {error}") from error
    missing = sorted(set(names) - set(found))
    if missing:
        raise InvalidInputError(
            f"the parameter store of {region} has nothing called {', '.join(missing)}"
        )
    return found


def _library() -> tuple[Any, Any]:
    """Return boto3 and the exceptions that it raises."""
    try:
        return importlib.import_module("boto3"), importlib.import_module("botocore.exceptions")
    except ModuleNotFoundError as error:
        raise InvalidInputError(
            "secrets from the parameter store need boto3: install sorterbot[aws]"
        ) from error


def _ask(boto3: Any, names: Sequence[str], region: str) -> dict[str, str]:
    config: Any = importlib.import_module("botocore.config")
    waits = config.Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": MAX_ATTEMPTS, "mode": "standard"},
    )
    with closing(boto3.Session(region_name=region).client("ssm", config=waits)) as client:
        answers = [
            client.get_parameters(Names=list(some), WithDecryption=True)
            for some in _portions(names)
        ]
    return {one["Name"]: one["Value"] for answer in answers for one in answer["Parameters"]}


def _portions(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), MOST_AT_ONCE):
        yield names[start : start + MOST_AT_ONCE]


def _refusal(error: Any) -> SorterBotError:
    """Return what a refusal is to us: to be tried again where the fault is the store's own."""
    answer = error.response
    code = answer.get("Error", {}).get("Code", "")
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = TransientError if code in _BUSY or status >= _SERVER_ERROR else InvalidInputError
    return kind(f"the parameter store refused: {error}")
