"""How a body is read: whole or not at all; and JSON strictly, within limits of size and depth."""

from __future__ import annotations

from typing import Any

from flask import Request, g
from gunicorn.http.errors import ParseException
from pydantic_core import from_json
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    RequestTimeout,
    UnsupportedMediaType,
)

from api.context import using
from sorter.errors import InvalidInputError


class GatewayRequest(Request):
    """A request whose body comes whole or not at all, and whose JSON is an object.

    Attributes:
        is_read: Whether the body has come and was read to its end.
    """

    is_read = False

    def read_whole(self) -> bytes:
        """Return the body's bytes, once.

        Raises:
            BadRequest: It ended before its end, or its chunks make no sense.
            RequestTimeout: It came too slowly.
            RequestEntityTooLarge: It is over the limit.
            BodiesFullError: Too many bodies of the arm are being read.
        """
        try:
            with using().bodies.place(g.get("arm_id", "")):
                data = self.get_data(cache=False)
        except ClientDisconnected as error:
            if isinstance(error.__context__, TimeoutError):
                raise RequestTimeout("The body came too slowly.") from error
            raise BadRequest("The body ended before its end.") from error
        except ParseException as error:  # of a chunked body
            raise BadRequest("The body's chunks cannot be read.") from error
        # Behind gunicorn an early end of the connection reads like the end of the body.
        if len(data) < (self.content_length or 0):
            raise BadRequest("The body is shorter than was said.")
        self.is_read = len(data) < (self.max_content_length or len(data) + 1)
        return data

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
            value = from_json(self.read_whole(), allow_inf_nan=False)
        except ValueError as error:
            raise InvalidInputError(f"the body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise InvalidInputError("the body is not a JSON object")
        return value
