"""How a JSON body is read: strictly, within limits of size and depth."""

from __future__ import annotations

from typing import Any

from flask import Request
from pydantic_core import from_json
from werkzeug.exceptions import UnsupportedMediaType

from sorter.errors import InvalidInputError


class GatewayRequest(Request):
    """A request whose JSON must be JSON: an object, no NaN, not too deep, and said to be JSON."""

    # Silence is asked for by the library, and not kept: it would lose what is wrong.
    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002
        """Return the body as an object.

        Raises:
            UnsupportedMediaType: The content type is not JSON.
            InvalidInputError: The body is not a JSON object.
        """
        if not (force or self.is_json):
            raise UnsupportedMediaType("send the body as application/json")
        try:
            value = from_json(self.get_data(cache=cache), allow_inf_nan=False)
        except ValueError as error:
            raise InvalidInputError(f"the body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise InvalidInputError("the body is not a JSON object")
        return value
