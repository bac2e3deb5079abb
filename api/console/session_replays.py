"""Asking for a session's pictures to be sorted once more, by other models."""

from __future__ import annotations

import json
import re

from flask import Response, request

from api.answers import JSON
from api.console.blueprint import blueprint
from api.context import using
from sorter.errors import ConflictError, InvalidInputError
from storage.records import SessionState

PACKAGE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9._-]{0,63})?", re.ASCII)
"""The name of a folder below the one that the replay worker keeps packages in; empty for its own.
Never a path: what a worker may load is for whoever runs it to say."""


@blueprint.post("/sessions/<session_id>/replays")
def ask_replay(session_id: str) -> Response:
    """Note the wish for a replay; whoever serves replays takes it up.

    Raises:
        ConflictError: The session has no plan to compare with.
        InvalidInputError: A name is none.
    """
    store = using().services.store
    session = store.load_session(session_id)
    if session.state not in {SessionState.DONE, SessionState.PARTIAL}:
        raise ConflictError("only a session that has its commands can be replayed")
    detector, embedder = (_package(field) for field in ("detector", "embedder"))
    replay = store.ask_replay(session_id, detector, embedder)
    return Response(json.dumps({"replay_id": replay.replay_id}), 202, content_type=JSON)


def _package(field: str) -> str:
    name = request.form.get(field, "").strip()
    if not PACKAGE.fullmatch(name):
        raise InvalidInputError(f"{field} is the name of a package's folder, not a path")
    return name
