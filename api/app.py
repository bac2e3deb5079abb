"""The gateway as a Flask application, put together from its parts."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from api import (
    arms,
    commands,
    docs_page,
    events,
    health,
    images,
    outcomes,
    sessions,
)
from api.console.routes import register_console
from api.context import EXTENSION, Services, Settings, make_context
from api.documents import refine
from api.problems import Problem, answer_invalid_request, register_problems
from api.request_body import GatewayRequest
from api.request_hooks import register_hooks

__all__ = ["Gateway", "Services", "Settings", "create_app"]

DESCRIPTION = """Robot arms photograph a table and post each picture; SorterBot answers with the
commands that sort what lies on it. Errors are problem documents (RFC 9457)."""

SECURITY_SCHEMES: dict[str, Any] = {
    "arm_key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sb_<key id>_<secret>",
        "description": "The key of one arm, as `sorterbot` showed it once when it made it.",
    }
}

API_BLUEPRINTS = (
    arms.blueprint,
    sessions.blueprint,
    images.blueprint,
    commands.blueprint,
    events.blueprint,
    outcomes.blueprint,
    health.blueprint,
)


class Gateway(OpenAPI):
    """A Flask application that reads bodies strictly and documents its own problems."""

    request_class = GatewayRequest

    def generate_spec_json(self) -> None:
        """Write the OpenAPI document."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]  # the library's own
        refine(self.spec_json)


def create_app(services: Services, settings: Settings) -> Gateway:
    """Return the gateway, working with these services within these limits."""
    app = Gateway(
        __name__,
        info=Info(title="SorterBot gateway", version=version("sorterbot"), description=DESCRIPTION),
        security_schemes=SECURITY_SCHEMES,
        validation_error_model=Problem,
        validation_error_callback=answer_invalid_request,
        doc_ui=False,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_json_bytes
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = make_context(services, settings)
    register_hooks(app)
    register_problems(app)
    for blueprint in API_BLUEPRINTS:
        app.register_api(blueprint)
    app.register_blueprint(docs_page.blueprint)
    register_console(app)
    return app
