"""The blueprint that all pages hang on: where they lie, what they may load, how errors look."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from api.context import request_id
from api.errors import UnauthenticatedError
from api.problems import Kind, kind_of, problem_response
from sorter.errors import TransientError

CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Everything is a file of ours: no script or style stands in a page, none comes from elsewhere."""

HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

HTML = "text/html"

blueprint = Blueprint(
    "console",
    __name__,
    url_prefix="/console",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
log = structlog.get_logger(__name__)


@blueprint.after_request
def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@blueprint.errorhandler(Exception)
def _answer_error(error: Exception) -> AnyResponse:
    """Show an error as a page to whoever reads pages, and as a problem document to scripts."""
    if isinstance(error, HTTPException) and error.response is not None:
        return error.get_response()
    kind = _kind_of(error)
    if kind.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("page_failed", exc_info=error)
    elif isinstance(error, TransientError):
        log.warning("page_refused", problem=kind.slug, reason=str(error))
    if not wants_page():
        return problem_response(kind, _detail_of(error, kind))
    if isinstance(error, UnauthenticatedError):
        return redirect(sign_in_address(), HTTPStatus.SEE_OTHER)
    page = render_template(
        "console/error.html", kind=kind, detail=_detail_of(error, kind), request_id=request_id()
    )
    return make_response(page, kind.status)


def wants_page() -> bool:
    """Whether a person's browser asks for a page, rather than a script for data."""
    return request.accept_mimetypes.best_match([HTML, "application/json"]) == HTML


def sign_in_address() -> str:
    """Return where to sign in, to come back to the page that was asked for."""
    if request.method != "GET":
        return url_for("console.show_sign_in")
    asked_for = request.full_path.rstrip("?")
    return f"{url_for('console.show_sign_in')}?{urlencode({'next': asked_for})}"


def _kind_of(error: Exception) -> Kind:
    if isinstance(error, HTTPException) and error.code is not None:
        title = HTTPStatus(error.code).phrase.capitalize()
        return Kind(error.code, title.lower().replace(" ", "-"), title)
    return kind_of(error)


def _detail_of(error: Exception, kind: Kind) -> str:
    if isinstance(error, HTTPException):
        return error.description or kind.title
    return kind.detail or str(error)
