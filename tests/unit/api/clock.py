"""A clock that only moves when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable


class FakeClock:
    """Tells seconds when called; ``on_sleep`` lets a test act in the meantime."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept_s: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds
        self.on_sleep()
