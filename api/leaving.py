"""A gateway that is asked to stop: it says so first, then takes no more, then ends what it has.

Whoever spreads robots over gateways learns from ``/readyz`` where to send none, and needs a moment
to ask. Who waits for commands, or follows events, is answered at once and asks again elsewhere.
"""

from __future__ import annotations

import threading
from typing import Any, cast

from api.context import EXTENSION, Context
from api.reception import ReceivingWorker


class LeavingWorker(ReceivingWorker):
    """gunicorn's worker, which goes on taking requests for a while after SIGTERM."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Be ready no more, and stop only when that had time to become known."""
        gateway = self.app.wsgi()  # what was loaded; the worker's own ``wsgi`` may wrap it
        context = cast("Context", gateway.extensions[EXTENSION])
        if context.leaving.is_set():
            return
        context.leaving.set()
        stop = threading.Timer(context.settings.leave_s, super().handle_exit, (sig, frame))
        stop.daemon = True
        stop.start()
