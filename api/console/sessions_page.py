"""The history of sessions: searched, filtered, and turned page by page by key."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import render_template, request, url_for

from api.answers import why_not_done
from api.console.blueprint import blueprint
from api.context import using
from sorter.errors import InvalidInputError
from storage.overview import SessionFilter
from storage.records import SessionState

N_ROWS = 25

ASKED = ("id", "arm", "state", "from", "to")
"""What a filter may say. Nothing else goes on into the page's links: what makes an address takes
words of its own, such as the scheme."""


@blueprint.get("/sessions")
def show_sessions() -> str:
    """Show the sessions that fit the filter, the newest first, a page at a time."""
    store = using().services.store
    arms = [arm.arm_id for arm in store.load_arms_now()]
    return render_template("console/sessions.html", arms=arms, states=SessionState, **_shown())


@blueprint.get("/sessions/list")
def refresh_sessions() -> str:
    """Return the rows alone, for a page that is open."""
    return render_template("console/_sessions.html", **_shown())


def _shown() -> dict[str, Any]:
    said = {name: request.args.get(name, "").strip() for name in ASKED}
    asked = {name: text for name, text in said.items() if text}
    before_id = request.args.get("before", "").strip() or None
    store = using().services.store
    found = store.find_history(filter_from(asked), before_id, N_ROWS + 1)
    sessions = found[:N_ROWS]
    has_more = len(found) > N_ROWS
    return {
        "sessions": sessions,
        "asked": asked,
        "is_first": before_id is None,
        "why_not_done": why_not_done,
        "here": _address("console.refresh_sessions", asked, before_id),
        "newest": _address("console.show_sessions", asked, None),
        "older": _address("console.show_sessions", asked, sessions[-1].session_id)
        if has_more
        else None,
    }


def filter_from(asked: dict[str, str]) -> SessionFilter:
    """Read a filter; days are UTC's, and both are part of what is asked for.

    Raises:
        InvalidInputError: There is no such state, or a day is none.
    """
    state = asked.get("state")
    if state is not None and state not in set(SessionState):
        raise InvalidInputError(f"a session is never {state!r}")
    return SessionFilter(
        id_prefix=asked.get("id", "").lower() or None,
        arm_id=asked.get("arm"),
        state=None if state is None else SessionState(state),
        opened_from=_day(asked.get("from")),
        opened_before=_day(asked.get("to"), days_later=1),
    )


def _day(text: str | None, days_later: int = 0) -> datetime | None:
    """Return when a day begins, or one so much later."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days_later)
        return datetime.combine(day, time(), UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError(f"a day is written as 2026-11-20, not as {text!r}") from None


def _address(endpoint: str, asked: dict[str, str], before_id: str | None) -> str:
    values: dict[str, Any] = asked if before_id is None else {**asked, "before": before_id}
    return url_for(endpoint, **values)
