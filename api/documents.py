"""What the OpenAPI document says of answers that are not plain JSON models."""

from __future__ import annotations

from typing import Any

from flask_openapi3.types import ResponseDict

from api.answers import JSON
from api.examples import EXAMPLES
from api.problems import KINDS, PROBLEM_JSON

KEY_SECURITY: list[dict[str, list[Any]]] = [{"arm_key": []}]

_WHY = {
    400: "The request is broken below the level of this document.",
    401: "No key, an unknown one, or a revoked one.",
    403: "The key belongs to another arm.",
    404: "No such arm or session, or not this key's.",
    409: "It contradicts what is stored, or the state that the session is in.",
    413: "The body is over the byte limit.",
    415: "The body is of a kind that is not taken.",
    422: "Something in the request is not valid; nothing was stored.",
    429: "The arm makes too many requests; `Retry-After` says when it may make the next.",
    500: "The gateway made a mistake.",
    503: "Not now: the queue is full or a service is away; `Retry-After` says when.",
    507: "There is no room left for pictures.",
}


def problem_responses(*statuses: int) -> ResponseDict:
    """Return what the document says of these statuses: each a problem document.

    Whoever may answer 401 asks for a key, and so counts requests: 429 comes of itself.
    """
    limited = (429,) if 401 in statuses else ()
    return {status: _problem(status) for status in (*statuses, *limited, 500)}


def _problem(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if status in {429, 503}:
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds."}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    slugs = sorted({kind.slug for kind in KINDS.values() if kind.status == status})
    known = f" Types: {', '.join(slugs)}." if slugs else ""
    return {
        "description": _WHY[status] + known,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        **({"headers": headers} if headers else {}),
    }


def text_response(description: str, media_type: str, example: str) -> dict[str, Any]:
    """Return what the document says of an answer that is text."""
    return {"description": description, "content": {media_type: {"example": example}}}


def refine(document: dict[str, Any]) -> None:
    """Put right, in place, what the library writes by itself.

    It adds an answer of its own to invalid input, where each call says itself what it answers;
    it turns the lines of a docstring into HTML; and it knows no examples.
    """
    for path_item in document["paths"].values():
        for operation in path_item.values():
            responses = operation["responses"]
            if JSON in responses.get("422", {}).get("content", {}):
                del responses["422"]
            if "description" in operation:
                operation["description"] = operation["description"].replace("<br/>", "\n").strip()
            _add_examples(operation.get("requestBody", {}))
            for response in responses.values():
                _add_examples(response)


def _add_examples(described: dict[str, Any]) -> None:
    content = described.get("content", {}).get(JSON, {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    if name in _EXAMPLES_BY_NAME:
        content["example"] = _EXAMPLES_BY_NAME[name]


_EXAMPLES_BY_NAME = {model.__name__: example for model, example in EXAMPLES.items()}
