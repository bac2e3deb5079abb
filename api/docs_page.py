"""The OpenAPI document, and a page to try it, with everything it loads served from here."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify
from flask_openapi3.openapi import OpenAPI

CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
ASSETS = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>SorterBot gateway</title>
<link rel="stylesheet" href="/docs/assets/css/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/docs/assets/js/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#page", deepLinking: true,
  tryItOutEnabled: true, persistAuthorization: true, validatorUrl: null,
});
"""

blueprint = Blueprint("docs", __name__, static_folder=str(ASSETS), static_url_path="/docs/assets")


@blueprint.get("/openapi.json")
def get_document() -> Response:
    """Return the OpenAPI document."""
    app = current_app
    assert isinstance(app, OpenAPI)  # noqa: S101
    return jsonify(app.api_doc)


@blueprint.get("/docs")
def get_page() -> Response:
    """Return the page on which the calls can be tried."""
    return Response(PAGE, content_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)


@blueprint.get("/docs/start.js")
def get_start_script() -> Response:
    """Return the few lines that start the page; in a file, so that no inline script is allowed."""
    return Response(START, content_type="text/javascript; charset=utf-8")


_PAGE_HEADERS = {"Content-Security-Policy": CSP, "Referrer-Policy": "no-referrer"}
