"""Who looks, and whether what they send was meant: asked before every request of the console.

A browser holds one cookie, a random token of 256 bits. Its hash stands in a row while somebody is
signed in by it, so that every gateway knows it, signing out ends it, and a copy of the database
lets nobody in. A form carries a token made of the cookie, which no other site can know.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import cast

import structlog
from flask import Response, g, request

from api.console.blueprint import blueprint
from api.context import using
from api.errors import ForbiddenError, UnauthenticatedError
from api.keys import sha256_of
from sorter.errors import NotFoundError
from storage.operators import OperatorKey

COOKIE = "sorterbot_console"
FORM_FIELD = "form_token"
FORM_HEADER = "X-Form-Token"
SIGNED_IN_S = 12 * 3600.0
"""A working day, after which the key is asked for again."""

OPEN_ENDPOINTS = frozenset({"console.static", "console.show_sign_in", "console.sign_in"})
"""Served to whoever asks; they show nothing of any arm."""

MAX_FORM_BYTES = 65_536
"""A form of the console has a few hundred. No more than the gateway holds before it lends a request
a thread (``api.reception``), so that strangers who send slowly to the sign-in hold none."""

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@blueprint.before_request
def _look_who_comes() -> None:
    """Let in whoever is signed in, and take nothing that another site made a browser send.

    Raises:
        UnauthenticatedError: Nobody is signed in by the cookie.
        ForbiddenError: The request came from another site, or without the form's token.
        RequestEntityTooLarge: It is larger than any form.
    """
    request.max_content_length = MAX_FORM_BYTES  # what takes pictures says otherwise, later
    token = request.cookies.get(COOKIE, "")
    g.form_token = form_token(token)
    if request.endpoint not in OPEN_ENDPOINTS:
        g.operator = _operator_of(token)
        structlog.contextvars.bind_contextvars(operator=g.operator.name)
    if request.method in CHANGING:
        _check_meant(token)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """Give every template the operator, or None, and the token for its forms."""
    return {"operator": g.get("operator"), "form_token": g.get("form_token", "")}


def operator() -> OperatorKey:
    """Return the key by which whoever asks is signed in."""
    return cast("OperatorKey", g.operator)


def form_token(token: str) -> str:
    """Return what a form has to carry in a browser that holds this cookie."""
    return hmac.new(token.encode(), b"a form of the console", hashlib.sha256).hexdigest()


def make_token() -> str:
    """Make a cookie's value that nobody can guess."""
    return secrets.token_urlsafe(32)


def set_cookie(response: Response, token: str) -> None:
    """Let the browser hold a token, out of every script's and every other site's reach."""
    g.form_token = form_token(token)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SIGNED_IN_S),
        path="/console",
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )


def _operator_of(token: str) -> OperatorKey:
    if not token:
        raise UnauthenticatedError("sign in at /console/sign-in")
    try:
        return using().services.store.load_sign_in(sha256_of(token))
    except NotFoundError:
        raise UnauthenticatedError("sign in again at /console/sign-in") from None


def _check_meant(token: str) -> None:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForbiddenError("the request came from another site")
    shown = request.headers.get(FORM_HEADER) or request.form.get(FORM_FIELD, "")
    if not token or not hmac.compare_digest(shown.encode(), form_token(token).encode()):
        raise ForbiddenError("the form is stale: load the page again")
