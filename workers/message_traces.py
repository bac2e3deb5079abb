"""Lets a message say which span published it."""

from __future__ import annotations

from typing import Any

from celery import signals

from workers.session_traces import write_parent
from workers.settings import CLOSE_SESSION, DETECT_IMAGE

MEMBERS = (DETECT_IMAGE, CLOSE_SESSION)
"""A sort is not among them: whichever member ends last publishes it, which says nothing."""


def connect_message_traces() -> None:
    """Write the span at hand into every message that this process publishes for a picture."""

    def on_publish(*, sender: str, headers: dict[str, Any], **_: Any) -> None:
        if sender in MEMBERS:
            write_parent(headers)

    signals.before_task_publish.connect(on_publish, weak=False)
