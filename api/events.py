"""A session's changes as they happen: server-sent events, to be taken up again where they broke.

Source: the server-sent events of the HTML standard, 9.2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from api.bodies import EventsHeader, SessionPath
from api.context import Context, using
from api.documents import KEY_SECURITY, problem_responses, text_response
from api.errors import StreamsFullError
from api.owned import load_own_session
from api.slots import Slots
from sorter.errors import TransientError
from storage.records import Event

EVENT_STREAM = "text/event-stream"
PAUSE_S = 0.5
BATCH = 500
RECONNECT_MS = 1000
FULL_RETRY_S = 5

blueprint = APIBlueprint(
    "events", __name__, abp_tags=[Tag(name="events")], abp_security=KEY_SECURITY
)


@blueprint.get(
    "/sessions/<session_id>/events",
    operation_id="getEvents",
    responses={
        200: text_response(
            "Events, each with `id`, `event` and JSON `data`.",
            EVENT_STREAM,
            'id: 12\nevent: session.sealed\ndata: {"session_id": "...", "n_images": 5}\n\n',
        ),
        204: None,
        **problem_responses(401, 404, 422, 503),
    },
)
def get_events(path: SessionPath, header: EventsHeader) -> Response:
    """Follow a session's changes.

    Ends after the final event, or after some minutes: come back with `Last-Event-ID` for what
    came since. 204: the session is over and there is nothing more, so do not come back.
    """
    session = load_own_session(path.session_id)
    context = using()
    after_id = header.last_event_id
    if session.state.is_final and not context.services.store.load_events(
        path.session_id, after_id, limit=1
    ):
        return Response(status=204)
    return stream_response(context, path.session_id, after_id, context.streams)


def stream_response(context: Context, session_id: str, after_id: int, places: Slots) -> Response:
    """Answer with a session's events, in one of ``places`` until the caller leaves.

    Who asks for the head alone takes none, and gets none of the events.

    Raises:
        StreamsFullError: None of them is free.
    """
    if request.method == "HEAD":
        return Response(content_type=EVENT_STREAM)
    if not places.take():
        raise StreamsFullError("too many event streams are open", FULL_RETRY_S)
    response = Response(_stream(context, session_id, after_id), content_type=EVENT_STREAM)
    response.call_on_close(places.give_back)
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    return response


def _stream(context: Context, session_id: str, after_id: int) -> Iterator[str]:
    services, settings = context.services, context.settings
    began_at_s = said_at_s = services.monotonic_s()
    yield f"retry: {RECONNECT_MS}\n\n"
    while services.monotonic_s() - began_at_s < settings.max_stream_s:
        if context.leaving.is_set():
            return  # the client comes back, to whichever gateway is ready
        try:
            # The state first: whatever was committed before it became final is then seen.
            is_final = services.store.load_session(session_id).state.is_final
            events = services.store.load_events(session_id, after_id, limit=BATCH)
        except TransientError:
            return  # the client comes back, and is told 503 where it is still so
        for event in events:
            yield _written(event)
            after_id = event.event_id
        if is_final and len(events) < BATCH:
            return
        now_s = services.monotonic_s()
        if events:
            said_at_s = now_s
        elif now_s - said_at_s >= settings.heartbeat_s:
            yield ": still here\n\n"
            said_at_s = now_s
        services.sleep(PAUSE_S)


def _written(event: Event) -> str:
    data = {"session_id": event.session_id, "at": event.at.isoformat(), **event.data}
    return f"id: {event.event_id}\nevent: {event.kind}\ndata: {json.dumps(data)}\n\n"
