"""Every picture gets exactly its own answer, whatever comes, goes or fails meanwhile, and when.

Once with every step ordered by the test, against a model that says what the next call must be,
and once with threads that meet by chance.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from workers.batch_limits import BatchLimits
from workers.batching import BatcherClosedError, MicroBatcher

SOON_S = 20


class RoomError(Exception):
    """Out of memory, as the batchers under test know it."""


class LostError(Exception):
    """Fatal, as the batchers under test know it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture; a bad one fails every call that it is in."""

    number: int
    n_pixels: int = 1
    is_bad: bool = False

    @property
    def answer(self) -> str:
        return f"answer {self.number}"


class BadPictureError(Exception):
    """Names the pictures of the call that failed."""


def answers_to(pictures: Sequence[Picture]) -> list[str]:
    """Answer each picture, or fail all of them where one is bad."""
    if any(picture.is_bad for picture in pictures):
        raise BadPictureError([picture.number for picture in pictures])
    return [picture.answer for picture in pictures]


def assert_is_within(limits: BatchLimits, pictures: Sequence[Picture]) -> None:
    assert 1 <= len(pictures) <= limits.max_pictures
    assert len(pictures) == 1 or sum(one.n_pixels for one in pictures) <= limits.max_pixels


def assert_has_its_own(picture: Picture, answer: Future[str]) -> None:
    error = answer.exception(SOON_S)
    if picture.is_bad:
        assert isinstance(error, BadPictureError)
        assert error.args == ([picture.number],)
    else:
        assert error is None
        assert answer.result() == picture.answer


class Puppet:
    """A network whose every call waits for the test to say what becomes of it."""

    def __init__(self) -> None:
        self.calls: queue.Queue[list[Picture]] = queue.Queue()
        self.verdicts: queue.Queue[BaseException | None] = queue.Queue()

    def __call__(self, pictures: Sequence[Picture]) -> list[str]:
        self.calls.put(list(pictures))
        verdict = self.verdicts.get(timeout=SOON_S)
        if verdict is not None:
            raise verdict
        return answers_to(pictures)


class Steps(RuleBasedStateMachine):
    """Hands in, cancels, answers and fails, one step at a time.

    The model: who waits, in order; the call that runs; and the pieces of its batch that are
    to be called after it.
    """

    @initialize(max_pictures=st.integers(1, 5), max_pixels=st.integers(1, 12))
    def start(self, max_pictures: int, max_pixels: int) -> None:
        self.limits = BatchLimits(max_pictures, max_pixels)
        self.room = max_pictures
        self.puppet = Puppet()
        self.batcher = MicroBatcher(
            self.puppet,
            self.limits,
            n_pixels=lambda picture: picture.n_pixels,
            out_of_memory=(RoomError,),
            fatal=(LostError,),
        )
        self.asked: dict[Picture, Future[str]] = {}
        self.waiting: list[Picture] = []
        self.pieces: list[list[Picture]] = []  # the first is being called
        self.out_of_memory: set[Picture] = set()

    @rule(n_pixels=st.integers(1, 15), bad=st.booleans())
    def hand_in(self, n_pixels: int, bad: bool) -> None:
        picture = Picture(len(self.asked), n_pixels, bad)
        self.asked[picture] = self.batcher.submit(picture)
        self.waiting.append(picture)
        if not self.pieces:
            self._expect_the_next_batch()

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        picture = data.draw(st.sampled_from(list(self.asked)))
        future = self.asked[picture]
        assert future.cancel() == (picture in self.waiting or future.cancelled())
        if picture in self.waiting:
            self.waiting.remove(picture)

    @precondition(lambda self: self.pieces)
    @rule()
    def let_the_call_end(self) -> None:
        piece = self.pieces.pop(0)
        self.puppet.verdicts.put(None)
        if len(piece) > 1 and any(picture.is_bad for picture in piece):
            self.pieces[:0] = [[picture] for picture in piece]
        self._expect_a_call()

    @precondition(lambda self: self.pieces)
    @rule()
    def let_memory_run_out(self) -> None:
        piece = self.pieces.pop(0)
        self.puppet.verdicts.put(RoomError())
        if len(piece) == 1:
            self.out_of_memory.add(piece[0])
        else:
            self.room = len(piece) // 2
            self.pieces.insert(0, piece)
        self._expect_a_call()

    def _expect_a_call(self) -> None:
        if self.pieces:
            self._expect_the_next_piece()
        elif self.waiting:
            self._expect_the_next_batch()

    def _expect_the_next_batch(self) -> None:
        """The oldest is taken, and in order whoever fits beside those taken."""
        batch = [self.waiting.pop(0)]
        for picture in list(self.waiting):
            n_pixels = picture.n_pixels + sum(other.n_pixels for other in batch)
            if len(batch) < self.room and n_pixels <= self.limits.max_pixels:
                batch.append(picture)
                self.waiting.remove(picture)
        self.pieces = [batch]
        self._expect_the_next_piece()

    def _expect_the_next_piece(self) -> None:
        first = self.pieces[0]
        if len(first) > self.room:
            self.pieces[:1] = [first[: self.room], first[self.room :]]
        called = self.puppet.calls.get(timeout=SOON_S)
        assert called == self.pieces[0]
        assert_is_within(self.limits, called)

    @invariant()
    def whoever_is_neither_waiting_nor_called_has_his_own(self) -> None:
        open_still = {*self.waiting, *(picture for piece in self.pieces for picture in piece)}
        for picture, answer in self.asked.items():
            if picture in self.out_of_memory:
                assert isinstance(answer.exception(SOON_S), RoomError)
            elif picture not in open_still and not answer.cancelled():
                assert_has_its_own(picture, answer)

    @precondition(lambda self: self.pieces)
    @rule(end=st.sampled_from([LostError, SystemExit]))
    def lose_the_device(self, end: type[BaseException]) -> None:
        """Tell all who wait, whatever waits, and start anew."""
        self.puppet.verdicts.put(end())
        called = [picture for piece in self.pieces for picture in piece]
        self._expect_refused([*called, *self.waiting])
        self.batcher.close()
        self.start(self.limits.max_pictures, self.limits.max_pixels)

    def teardown(self) -> None:
        waiting, self.waiting = self.waiting, []
        closing = threading.Thread(target=self.batcher.close)
        closing.start()
        self._expect_refused(waiting)
        while self.pieces:
            self.let_the_call_end()
        closing.join(SOON_S)
        assert not closing.is_alive()
        self.whoever_is_neither_waiting_nor_called_has_his_own()

    def _expect_refused(self, pictures: Sequence[Picture]) -> None:
        for picture in pictures:
            assert isinstance(self.asked.pop(picture).exception(SOON_S), BatcherClosedError)


TestEveryStepAgainstTheModel = Steps.TestCase
TestEveryStepAgainstTheModel.settings = settings(stateful_step_count=25)


@dataclass(slots=True)
class Moody:
    """A network that takes a while, has little memory now and then, and notes its calls."""

    rng: random.Random
    n_ends_after: int
    calls: list[list[Picture]] = field(default_factory=list)
    n_running: int = 0

    def __call__(self, pictures: Sequence[Picture]) -> list[str]:
        self.n_running += 1
        assert self.n_running == 1  # one call at a time
        self.calls.append(list(pictures))
        mood = self.rng.random()
        time.sleep(0.0004 * self.rng.random())
        self.n_running -= 1
        if len(self.calls) > self.n_ends_after:
            raise LostError
        if mood < 0.2 and len(pictures) > 1:
            raise RoomError if mood < 0.1 else RuntimeError
        return answers_to(pictures)


@given(
    seed=st.integers(0, 10_000),
    n_threads=st.integers(1, 12),
    n_pictures=st.integers(1, 40),
    n_ends_after=st.sampled_from([5, 20, 10_000]),
)
def test_threads_that_meet_by_chance_each_get_their_own(
    seed: int, n_threads: int, n_pictures: int, n_ends_after: int
) -> None:
    rng = random.Random(seed)
    limits = BatchLimits(rng.randint(1, 6), rng.randint(1, 20))
    network = Moody(random.Random(seed + 1), n_ends_after)
    pictures = [
        Picture(number, rng.randint(1, 25), rng.random() < 0.1) for number in range(n_pictures)
    ]
    naps_s = [0.001 * rng.random() for _ in pictures]
    is_impatient = [rng.random() < 0.2 for _ in pictures]

    def bring(picture: Picture) -> None:
        time.sleep(naps_s[picture.number])
        try:
            answer = batcher.submit(picture)
        except BatcherClosedError:
            assert len(network.calls) > n_ends_after
            return
        if is_impatient[picture.number]:
            time.sleep(naps_s[picture.number] / 4)
            if answer.cancel():
                return
        if isinstance(answer.exception(SOON_S), BatcherClosedError):
            assert len(network.calls) > n_ends_after
        else:
            assert_has_its_own(picture, answer)

    batcher = MicroBatcher(
        network,
        limits,
        n_pixels=lambda picture: picture.n_pixels,
        out_of_memory=(RoomError,),
        fatal=(LostError,),
    )
    with batcher, ThreadPoolExecutor(n_threads) as threads:
        for done in [threads.submit(bring, picture) for picture in pictures]:
            done.result(SOON_S)
    for call in network.calls:
        assert_is_within(limits, call)
