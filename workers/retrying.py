"""Patience with services that do not answer, inside a task.

Celery's own retry is not used: it publishes a message with a countdown, which this broker
handles badly, and it would not know of the claim.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import TypeVar

from sorter.errors import TransientError

READING_PAUSES_S = (0.1, 0.5, 2.0, 5.0, 10.0, 20.0)
"""Before work is given back: three attempts outlast two minutes without the image store."""

SAVING_FIRST_PAUSES_S = (0.1, 0.5, 2.0)
SAVING_PAUSE_S = 5.0

Answer = TypeVar("Answer")
Sleep = Callable[[float], None]


def read_patiently(call: Callable[[], Answer], sleep: Sleep) -> Answer:
    """Return what ``call`` returns, trying again while a service does not answer.

    Raises:
        TransientError: It did not answer for longer than all of :data:`READING_PAUSES_S`.
    """
    return _try_again(call, READING_PAUSES_S, sleep)


def save_patiently(call: Callable[[], Answer], sleep: Sleep) -> Answer:
    """Return what ``call`` returns, trying for as long as it takes.

    For what holds a claim: given up, the work would be lost and its claim kept by a worker
    that lives. However late it comes, the claim's fence decides whether it still counts.
    """
    pauses_s = itertools.chain(SAVING_FIRST_PAUSES_S, itertools.repeat(SAVING_PAUSE_S))
    return _try_again(call, pauses_s, sleep)


def _try_again(call: Callable[[], Answer], pauses_s: Iterable[float], sleep: Sleep) -> Answer:
    for pause_s in pauses_s:
        try:
            return call()
        except TransientError:
            sleep(pause_s)
    return call()
