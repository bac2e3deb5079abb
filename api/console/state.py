"""What one gateway process remembers for the console."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from flask import Flask, current_app

from api.console.drawings import Drawings
from api.console.fleet import Fleet, look_at_fleet
from api.context import EXTENSION, Context
from api.rates import ArmRates, Rate
from api.slots import Slots
from sorter.errors import TransientError
from storage.overview import ArmHours

STATE = "sorterbot_console"
"""Under this name the console's state stands in ``app.extensions``."""

SIGN_IN_RATE = Rate(per_s=1 / 3, burst=20)
"""Attempts to sign in, of one address. A secret of 256 bits is not found by guessing; this keeps
those who try anyway from the database."""

MOST_VIEWERS = 8
"""Pages of sessions that are followed at once; their streams hold threads, as robots' do."""

TRY_RATE = Rate(per_s=1.0, burst=20)
"""Pictures that one operator may try: enough for any hand, and no way round the robots' doors."""

FLEET_KEPT_S = 1.0
HOURS_KEPT_S = 20.0

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Something dear to look up, looked up anew when it is older than ``for_s``.

    So a hundred open pages cost the database what one does. One thread looks; the others wait
    for it, ``patience_s`` at most, so that a database that hangs holds no more threads of the
    gateway for long than that one.
    """

    def __init__(
        self,
        load: Callable[[], Value],
        monotonic_s: Callable[[], float],
        for_s: float,
        patience_s: float = 3.0,
    ) -> None:
        self._load = load
        self._monotonic_s = monotonic_s
        self._for_s = for_s
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._found: tuple[float, Value] | None = None

    def get(self) -> Value:
        """Return it, at most ``for_s`` old; errors of looking it up are not kept.

        Raises:
            TransientError: Another thread has been looking for too long.
        """
        if not self._lock.acquire(timeout=self._patience_s):
            raise TransientError("whoever looks it up has not come back yet")
        try:
            now_s = self._monotonic_s()
            if self._found is None or now_s - self._found[0] >= self._for_s:
                self._found = (now_s, self._load())
            return self._found[1]
        finally:
            self._lock.release()


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """Limits on who signs in and who follows sessions, and what draws, of one gateway process.

    Attributes:
        sign_in_rates: Of addresses, not of arms.
        try_rates: Of operators who try pictures.
        fleet: As it was a second ago at most.
    """

    sign_in_rates: ArmRates
    try_rates: ArmRates
    fleet: Kept[Fleet]
    viewers: Slots
    drawings: Drawings


def make_state(app: Flask) -> ConsoleState:
    """Return the state of a console that nobody has looked at yet."""
    context = cast("Context", app.extensions[EXTENSION])
    clock = context.services.monotonic_s
    hours = Kept(lambda: _load_hours(context), clock, HOURS_KEPT_S)
    return ConsoleState(
        sign_in_rates=ArmRates(SIGN_IN_RATE, clock),
        try_rates=ArmRates(TRY_RATE, clock),
        fleet=Kept(lambda: look_at_fleet(context, hours.get()), clock, FLEET_KEPT_S),
        viewers=Slots(MOST_VIEWERS),
        drawings=Drawings(context.services.images),
    )


def console_state() -> ConsoleState:
    """Return the state of the console that serves this request."""
    return cast("ConsoleState", current_app.extensions[STATE])


def _load_hours(context: Context) -> dict[str, ArmHours]:
    return {hours.arm_id: hours for hours in context.services.store.load_arm_hours()}
