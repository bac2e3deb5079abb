from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from workers.services import LoadedOnce


def test_what_is_loaded_once_is_made_by_one_thread_only() -> None:
    made: list[object] = []
    may_go_on = threading.Event()

    def make() -> object:
        may_go_on.wait(5)
        made.append(object())
        return made[-1]

    once = LoadedOnce(make)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(once.get) for _ in range(4)]
        may_go_on.set()
        answers = {id(answer.result(5)) for answer in asked}
    assert answers == {id(made[0])}
    assert len(made) == 1


def test_nothing_is_made_before_it_is_asked_for() -> None:
    made: list[int] = []
    LoadedOnce(lambda: made.append(1))
    assert made == []
