from __future__ import annotations

import gc
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from workers.batch_limits import BatchLimits
from workers.batching import BatcherClosedError, Call, MicroBatcher

LIMITS = BatchLimits(max_pictures=8, max_pixels=1000)
SOON_S = 20  # on a busy machine; nothing here takes so long unless somebody hangs


class RoomError(Exception):
    """Out of memory, as the batchers under test know it."""


class LostError(Exception):
    """Fatal, as the batchers under test know it."""


class Device:
    """Answers a number with its square, and remembers each call; it can be held still.

    ``fail`` is asked what to raise for a call.
    """

    def __init__(self, fail: Callable[[Sequence[int]], BaseException | None] = lambda _: None):
        self.calls: list[list[int]] = []
        self.fail = fail
        self.has_begun = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        self.has_begun.set()
        assert self.may_go_on.wait(SOON_S)
        error = self.fail(numbers)
        if error is not None:
            raise error
        return [number**2 for number in numbers]


def make_batcher(
    device: Callable[[Sequence[int]], list[int]], limits: BatchLimits = LIMITS, **options: Any
) -> MicroBatcher[int, int]:
    """Return a batcher in which every picture is a number, and has 10 pixels."""
    return MicroBatcher(
        device,
        limits,
        n_pixels=lambda _: 10,
        **{"out_of_memory": (RoomError,), "fatal": (LostError,), **options},
    )


@contextmanager
def held(device: Device, batcher: MicroBatcher[int, int], first: int = 0) -> Iterator[Future[int]]:
    """Keep the device busy with one picture, so that what the body hands in has to wait."""
    device.has_begun.clear()
    device.may_go_on.clear()
    busy = batcher.submit(first)
    assert device.has_begun.wait(SOON_S)
    try:
        yield busy
    finally:
        device.may_go_on.set()


def results(asked: Sequence[Future[int]]) -> list[int]:
    return [one.result(SOON_S) for one in asked]


def test_a_lone_picture_is_answered_at_once_and_alone() -> None:
    device = Device()
    with make_batcher(device) as batcher:
        assert batcher.ask(3) == 9
    assert device.calls == [[3]]


def test_what_comes_while_a_call_runs_is_taken_together_by_the_next() -> None:
    device = Device()
    with make_batcher(device) as batcher:
        with held(device, batcher):
            asked = [batcher.submit(number) for number in range(1, 6)]
        assert results(asked) == [1, 4, 9, 16, 25]
    assert device.calls == [[0], [1, 2, 3, 4, 5]]


def test_no_batch_is_larger_than_allowed() -> None:
    device = Device()
    with make_batcher(device, BatchLimits(3, 1000)) as batcher:
        with held(device, batcher):
            asked = [batcher.submit(number) for number in range(1, 8)]
        results(asked)
    assert device.calls == [[0], [1, 2, 3], [4, 5, 6], [7]]


def test_pixels_count_and_whoever_fits_goes_before_whoever_does_not() -> None:
    device = Device()
    with MicroBatcher(device, BatchLimits(8, 100), n_pixels=abs) as batcher:
        with held(device, batcher, first=1):
            asked = [batcher.submit(pixels) for pixels in (60, 50, 500, 40, 50)]
        results(asked)
    assert device.calls == [[1], [60, 40], [50, 50], [500]]


def test_only_the_bad_picture_of_a_batch_fails_and_with_its_own_error() -> None:
    device = Device(lambda numbers: ValueError(str(list(numbers))) if 3 in numbers else None)
    with make_batcher(device) as batcher:
        with held(device, batcher):
            asked = [batcher.submit(number) for number in range(1, 6)]
        assert results([one for one in asked if one is not asked[2]]) == [1, 4, 16, 25]
        with pytest.raises(ValueError, match=r"^\[3\]$"):
            asked[2].result(SOON_S)
        assert batcher.ask(7) == 49


def test_answers_that_are_too_few_or_too_many_go_to_nobody() -> None:
    def careless(numbers: Sequence[int]) -> list[int]:
        return [] if 5 in numbers else device(numbers)

    device = Device()
    with make_batcher(careless) as batcher:
        with held(device, batcher):
            asked = [batcher.submit(number) for number in (4, 5, 6)]
        assert results([asked[0], asked[2]]) == [16, 36]
        with pytest.raises(RuntimeError, match="0 answers to 1 pictures"):
            asked[1].result(SOON_S)


def test_out_of_memory_halves_the_batch_and_later_ones_stay_small() -> None:
    device = Device(lambda numbers: RoomError() if len(numbers) > 2 else None)
    with make_batcher(device) as batcher:
        for _ in range(2):
            with held(device, batcher):
                asked = [batcher.submit(number) for number in range(1, 9)]
            assert results(asked) == [number**2 for number in range(1, 9)]
    pairs = [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert device.calls == [[0], list(range(1, 9)), [1, 2, 3, 4], *pairs, [0], *pairs]


def test_a_single_picture_out_of_memory_fails_and_no_other_does() -> None:
    device = Device(lambda numbers: RoomError() if 2 in numbers else None)
    with make_batcher(device) as batcher:
        with held(device, batcher):
            asked = [batcher.submit(number) for number in (1, 2, 3)]
        assert results([asked[0], asked[2]]) == [1, 9]
        with pytest.raises(RoomError):
            asked[1].result(SOON_S)


def test_a_picture_cancelled_while_it_waits_is_never_looked_at() -> None:
    device = Device()
    with make_batcher(device) as batcher:
        with held(device, batcher) as busy:
            asked = [batcher.submit(number) for number in (1, 2, 3)]
            assert asked[1].cancel()
            assert not busy.cancel()
            with pytest.raises(CancelledError):
                asked[1].result(0)
        assert results([busy, asked[0], asked[2]]) == [0, 1, 9]
    assert device.calls == [[0], [1, 3]]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt also where whoever started the tests in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_caller_who_is_interrupted_takes_his_picture_back() -> None:
    caller = threading.get_ident()
    interrupt = threading.Timer(0.05, signal.pthread_kill, (caller, signal.SIGINT))
    device = Device()
    with make_batcher(device) as batcher:
        with held(device, batcher):
            interrupt.start()
            with pytest.raises(KeyboardInterrupt):
                batcher.ask(1)
        assert batcher.ask(2) == 4
    assert device.calls == [[0], [2]]


def test_closing_answers_what_runs_and_refuses_what_waits_and_what_comes() -> None:
    device = Device()
    batcher = make_batcher(device)
    with held(device, batcher) as busy:
        waiting = [batcher.submit(number) for number in (1, 2)]
        closing = threading.Thread(target=batcher.close)
        closing.start()
        for one in waiting:
            with pytest.raises(BatcherClosedError):
                one.result(SOON_S)
        assert closing.is_alive()
    closing.join(SOON_S)
    assert busy.result(0) == 0
    with pytest.raises(BatcherClosedError):
        batcher.ask(3)
    batcher.close()


@pytest.mark.parametrize("end", [LostError("gone"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_ends_the_thread_all_who_wait_are_told_why(end: BaseException) -> None:
    device = Device(lambda numbers: end if 1 in numbers else None)
    deaths: list[BaseException] = []
    batcher = make_batcher(device, BatchLimits(2, 1000), on_death=deaths.append)
    with held(device, batcher):
        asked = [batcher.submit(number) for number in (1, 2, 3)]  # two in hand, and one waiting
    errors = [one.exception(SOON_S) for one in asked]
    assert all(isinstance(error, BatcherClosedError) for error in errors)
    assert [error.__cause__ for error in errors if error is not None] == [end] * 3
    assert len({id(error) for error in errors}) == 3
    with pytest.raises(BatcherClosedError) as refused:
        batcher.submit(4)
    assert refused.value.__cause__ is end
    assert deaths == [end]
    batcher.close()


def test_what_was_answered_before_the_thread_ended_stays_answered() -> None:
    def fail(numbers: Sequence[int]) -> BaseException | None:
        if len(numbers) > 1:
            return ValueError()
        return LostError() if 2 in numbers else None

    device = Device(fail)
    batcher = make_batcher(device)
    with held(device, batcher):
        asked = [batcher.submit(number) for number in (1, 2, 3)]
    assert asked[0].result(SOON_S) == 1
    assert isinstance(asked[1].exception(SOON_S), BatcherClosedError)
    assert isinstance(asked[2].exception(SOON_S), BatcherClosedError)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_hangs_even_where_telling_of_the_death_fails() -> None:
    def broken(_: BaseException) -> None:
        raise RuntimeError("nobody listens")

    device = Device(lambda numbers: LostError() if 1 in numbers else None)
    batcher = make_batcher(device, on_death=broken)
    with pytest.raises(BatcherClosedError):
        batcher.ask(1)
    batcher.close()  # joins the thread, whose end pytest would tell of in a later test


def test_the_death_is_told_before_the_callers_are() -> None:
    is_told = threading.Event()
    seen: list[bool] = []
    device = Device(lambda numbers: LostError() if 1 in numbers else None)
    batcher = make_batcher(device, on_death=lambda _: is_told.set())
    asked = batcher.submit(1)
    asked.add_done_callback(lambda _: seen.append(is_told.is_set()))
    assert isinstance(asked.exception(SOON_S), BatcherClosedError)
    assert seen == [True]


def test_a_call_may_close_the_batcher_that_makes_it() -> None:
    def close_it(numbers: Sequence[int]) -> list[int]:
        batcher.close()
        return [number**2 for number in numbers]

    batcher = make_batcher(close_it)
    assert batcher.ask(2) == 4
    with pytest.raises(BatcherClosedError):
        batcher.ask(3)


def test_each_answered_call_is_told_with_what_its_pictures_had_waited() -> None:
    now_s = [0.0]
    told: list[Call] = []

    def take_two_seconds(numbers: Sequence[int]) -> list[int]:
        answers = device(numbers)
        now_s[0] += 2
        return answers

    device = Device()
    with make_batcher(take_two_seconds, on_call=told.append, monotonic=lambda: now_s[0]) as batcher:
        with held(device, batcher):
            asked = [batcher.submit(1)]
            now_s[0] += 0.5
            asked.append(batcher.submit(2))
        results(asked)
    assert told == [Call(waited_s=(0.0,), took_s=2.5), Call(waited_s=(2.5, 2.0), took_s=2.0)]


def test_an_idle_batcher_keeps_no_picture_alive() -> None:
    class Picture:
        pass

    with MicroBatcher(list, LIMITS, n_pixels=lambda _: 1) as batcher:
        picture = Picture()
        is_alive = weakref.ref(picture)
        assert batcher.ask(picture) is picture
        del picture
        until_s = time.monotonic() + SOON_S
        while is_alive() is not None and time.monotonic() < until_s:
            gc.collect()  # its thread may just be about to let go
        assert is_alive() is None


def test_a_burst_from_eight_robots_fills_its_batches() -> None:
    """Eight robots post eight pictures each to a worker of twice as many threads as a batch."""
    told: list[Call] = []

    def slow(numbers: Sequence[int]) -> list[int]:
        time.sleep(0.02)
        return [number**2 for number in numbers]

    with make_batcher(slow, on_call=told.append) as batcher, ThreadPoolExecutor(16) as threads:
        assert list(threads.map(batcher.ask, range(64))) == [n**2 for n in range(64)]
    sizes = [len(call.waited_s) for call in told]
    assert sum(sizes) == 64
    assert sum(sizes) / len(sizes) > 4
    assert max(sizes) <= LIMITS.max_pictures
