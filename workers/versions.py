"""What messages of other releases mean to a worker while it is being replaced.

Every message says its version in a header. A worker reads those of its own version and of the
one before, so that workers may be replaced before gateways and beat. What is newer than it
knows it neither reads nor counts: it puts the message back, as it came, at the end of its queue,
for a worker that knows it. Messages without the header are of version 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import Task
from celery.exceptions import Ignore, Reject

from sorter.errors import NotFoundError, TransientError
from workers.services import Services
from workers.settings import MESSAGE_VERSION, VERSION_HEADER

PAUSE_S = 0.2
"""A thread that gives a message back waits that long first, so that none spins."""

_log = structlog.get_logger(__name__)


class VersionedTask(Task):  # type: ignore[misc]  # celery publishes no types
    """A task that runs for messages that this release understands.

    Attributes:
        services: Returns what the tasks of this process work with.
        known_version: The newest version that is understood.
    """

    abstract = True
    services: Callable[[], Services]
    known_version = MESSAGE_VERSION

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Run, or put the message back and end without being counted in a chord."""
        version = self.request.get(VERSION_HEADER, 1)
        if version <= self.known_version:
            return self.run(*args, **named)
        self._put_back(args, named, version)
        raise Ignore

    def _put_back(self, args: tuple[Any, ...], named: dict[str, Any], version: int) -> None:
        """Publish the message again as it came, unless its session is over.

        Raises:
            Reject: The broker took it not; it stays among what is not acknowledged.
        """
        using = type(self).services()
        session_id = self.request.group or args[0]
        if _is_over(session_id, using):
            return
        _log.warning("message of a newer release put back", version=version)
        using.sleep(PAUSE_S)
        options = self.request.as_execution_options()
        queue = self.request.delivery_info["routing_key"]
        try:
            self.app.send_task(self.name, args, named, queue=queue, ignore_result=True, **options)
        except Exception as error:  # an outage also raises a plain RuntimeError
            raise Reject(error, requeue=True) from error


def _is_over(session_id: str, using: Services) -> bool:
    try:
        return using.store.load_session(session_id).state.is_final
    except NotFoundError:
        return True
    except TransientError:
        return False
