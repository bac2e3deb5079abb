"""Signing in with an operator's key, and signing out."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import cast

import structlog
from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.console.blueprint import blueprint
from api.console.guard import COOKIE, SIGNED_IN_S, form_token, make_token, set_cookie
from api.console.state import console_state
from api.context import using
from api.errors import TooManyRequestsError, UnauthenticatedError
from api.keys import OPERATOR_KEYS, sha256_of
from api.request_body import GatewayRequest
from sorter.errors import NotFoundError
from storage.operators import OperatorKey

OWN_PAGE = re.compile(r"/console(/[A-Za-z0-9_/-]*)?(\?[A-Za-z0-9_=&%.~+-]*)?")
"""Where a sign-in may lead: a page of ours, so that no link can lead elsewhere through it."""

WRONG = "No operator has this key, or it was revoked. Nothing else is told of it."

log = structlog.get_logger(__name__)


@blueprint.get("/sign-in")
def show_sign_in() -> Response:
    """Ask for a key."""
    return _ask(next_page=own_page(request.args.get("next", "")))


@blueprint.post("/sign-in")
def sign_in() -> AnyResponse:
    """Let the holder of an operator's key in."""
    cast("GatewayRequest", request).is_read = True
    next_page = own_page(request.form.get("next", ""))
    try:
        console_state().sign_in_rates.check(request.remote_addr or "unknown")
        key = _known_key(request.form.get("key", "").strip())
    except TooManyRequestsError as error:
        wait = f"Too many attempts. Try again in {error.retry_after_s} s."
        return _ask(next_page, wait, HTTPStatus.TOO_MANY_REQUESTS, error.retry_after_s)
    except UnauthenticatedError:
        log.warning("sign_in_refused", address=request.remote_addr)
        return _ask(next_page, WRONG, HTTPStatus.UNAUTHORIZED)
    token = make_token()  # a new one: what was set before signing in must not be signed in
    using().services.store.save_sign_in(sha256_of(token), key.key_id, SIGNED_IN_S)
    log.info("signed_in", operator=key.name, key_id=key.key_id)
    response = cast("Response", redirect(next_page, HTTPStatus.SEE_OTHER))
    set_cookie(response, token)
    return response


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this browser's stay."""
    cast("GatewayRequest", request).is_read = True
    using().services.store.end_sign_in(sha256_of(request.cookies[COOKIE]))
    response = redirect(url_for("console.show_sign_in"), HTTPStatus.SEE_OTHER)
    response.delete_cookie(COOKIE, path="/console")
    return response


def own_page(address: str) -> str:
    """Return an address of the console: the one that was asked for, or the fleet's."""
    return address if OWN_PAGE.fullmatch(address) else "/console"


def _known_key(text: str) -> OperatorKey:
    presented = OPERATOR_KEYS.parse(text)
    try:
        key = using().services.store.load_operator_key(presented.key_id)
    except NotFoundError:
        raise UnauthenticatedError("the key is not known") from None
    if not presented.matches(key.secret_sha256) or key.revoked_at is not None:
        raise UnauthenticatedError("the key is not known, or was revoked")
    return key


def _ask(
    next_page: str, wrong: str = "", status: int = HTTPStatus.OK, retry_after_s: int = 0
) -> Response:
    token = request.cookies.get(COOKIE) or make_token()
    g.form_token = form_token(token)
    page = render_template("console/sign_in.html", next_page=next_page, wrong=wrong)
    response = make_response(page, status)
    if retry_after_s:
        response.headers["Retry-After"] = str(retry_after_s)
    set_cookie(response, token)
    return response
