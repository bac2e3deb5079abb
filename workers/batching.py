"""The micro-batcher: many threads hand in a picture each, and few calls answer them all.

No picture waits for others to come. Whatever arrives while a call runs is taken by the next
one, as far as it fits, so batches grow with the load by themselves and a lone picture is
answered at once. Reasons: docs/adr/0015-micro-batches.md.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar

from sorter.errors import TransientError
from workers.batch_limits import BatchLimits, Room

Picture = TypeVar("Picture")
Answer = TypeVar("Answer")
Errors = tuple[type[Exception], ...]


class BatcherClosedError(TransientError):
    """There is nobody any more who would answer; what ended it is the cause, if anything did."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was answered.

    Attributes:
        waited_s: How long each of its pictures had waited when it began.
        took_s: How long it took.
    """

    waited_s: tuple[float, ...]
    took_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Ticket(Generic[Picture, Answer]):
    """One picture on its way, and what its caller waits for."""

    picture: Picture
    n_pixels: int
    came_s: float
    answer: Future[Answer] = field(default_factory=Future)


class MicroBatcher(Generic[Picture, Answer]):
    """Answers pictures from any number of threads, one call at a time, in a thread of its own.

    A call that fails is made again picture by picture, so that only the bad one fails, with an
    error of its own. One that is out of memory is made again in halves, and later calls stay
    that small for a while; a single picture out of memory fails.

    Nobody waits longer than ``answer_all`` takes: whatever ends the thread, all who wait are
    told, and so is whoever comes later.

    Args:
        answer_all: Called with pictures in the order in which they came; returns their answers.
        limits: What one call may hold.
        n_pixels: The size of a picture.
        out_of_memory: Errors of ``answer_all`` that fewer pictures may not raise.
        fatal: Errors of ``answer_all`` that every later call would raise as well: they end the
            batcher, as does whatever is no ``Exception``.
        on_call: Told of each call that was answered, before its callers are.
        on_death: Told what ended the thread, where it was not :meth:`close`, before the callers.
        monotonic: The clock.
    """

    def __init__(
        self,
        answer_all: Callable[[Sequence[Picture]], Sequence[Answer]],
        limits: BatchLimits,
        *,
        n_pixels: Callable[[Picture], int],
        out_of_memory: Errors = (MemoryError,),
        fatal: Errors = (),
        on_call: Callable[[Call], None] = lambda _: None,
        on_death: Callable[[BaseException], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answer_all = answer_all
        self._max_pixels = limits.max_pixels
        self._room = Room(limits.max_pictures)
        self._n_pixels = n_pixels
        self._out_of_memory = out_of_memory
        self._fatal = fatal
        self._on_call = on_call
        self._on_death = on_death
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._waiting: deque[_Ticket[Picture, Answer]] = deque()
        self._in_hand: list[_Ticket[Picture, Answer]] = []
        self._is_closed = False
        self._cause: BaseException | None = None
        self._runner = threading.Thread(target=self._serve, name="batcher", daemon=True)
        self._runner.start()

    def ask(self, picture: Picture) -> Answer:
        """Return the answer to one picture, however many calls that takes.

        Raises:
            BatcherClosedError: It was closed before the picture's turn came, or has died.
            Exception: What ``answer_all`` raised for this picture alone.
        """
        asked = self.submit(picture)
        try:
            return asked.result()
        finally:
            asked.cancel()  # a caller who is interrupted waits no more; else without effect

    def submit(self, picture: Picture) -> Future[Answer]:
        """Hand a picture in and return at once; what waits can be cancelled.

        Raises:
            BatcherClosedError: It was closed, or has died.
        """
        n_pixels = self._n_pixels(picture)
        ticket: _Ticket[Picture, Answer] = _Ticket(picture, n_pixels, self._monotonic())
        with self._changed:
            if self._is_closed:
                raise self._refusal()
            self._waiting.append(ticket)
            self._changed.notify()
        return ticket.answer

    def close(self) -> None:
        """Refuse what waits and what comes; return when the batch in hand, if any, is answered."""
        self._refuse(self._shut(None))
        if threading.current_thread() is not self._runner:
            self._runner.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        try:
            while self._take_batch():
                self._answer_batch()
        except BaseException as error:  # noqa: BLE001  # all who wait must hear of it
            waiting = self._shut(error)
            try:
                self._on_death(error)
            finally:
                in_hand = [ticket for ticket in self._in_hand if not ticket.answer.done()]
                self._refuse([*in_hand, *waiting])

    def _take_batch(self) -> bool:
        """Wait for pictures and take what fits in one call; False once closed."""
        self._in_hand = []  # an idle batcher keeps no picture alive
        with self._changed:
            while not (self._in_hand or self._is_closed):
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                self._pick()
        return bool(self._in_hand)

    def _pick(self) -> None:
        """Move the first that waits, and in order all that fit beside it, into the hand.

        Who does not fit keeps his place, and so is the first of one of the next calls.
        """
        left: deque[_Ticket[Picture, Answer]] = deque()
        for ticket in self._waiting:
            if not self._fits(ticket):
                left.append(ticket)
            elif ticket.answer.set_running_or_notify_cancel():
                self._in_hand.append(ticket)
        self._waiting = left

    def _fits(self, ticket: _Ticket[Picture, Answer]) -> bool:
        if not self._in_hand:
            return True
        n_pixels = sum(other.n_pixels for other in self._in_hand) + ticket.n_pixels
        return len(self._in_hand) < self._room.n and n_pixels <= self._max_pixels

    def _answer_batch(self) -> None:
        pieces = deque([self._in_hand])
        while pieces:
            piece = pieces.popleft()
            if len(piece) > self._room.n:
                pieces.appendleft(piece[self._room.n :])
                piece = piece[: self._room.n]
            try:
                answers = self._call(piece)
            except self._fatal:
                raise
            except Exception as error:  # noqa: BLE001  # it belongs to whoever caused it
                pieces.extendleft(reversed(self._pieces_to_retry(piece, error)))
            else:
                for ticket, answer in zip(piece, answers, strict=True):
                    ticket.answer.set_result(answer)

    def _call(self, piece: Sequence[_Ticket[Picture, Answer]]) -> Sequence[Answer]:
        began_s = self._monotonic()
        answers = self._answer_all([ticket.picture for ticket in piece])
        took_s = self._monotonic() - began_s
        if len(answers) != len(piece):
            raise RuntimeError(f"{len(answers)} answers to {len(piece)} pictures")
        self._room.note_success(len(piece))
        self._on_call(Call(tuple(began_s - ticket.came_s for ticket in piece), took_s))
        return answers

    def _pieces_to_retry(
        self, piece: list[_Ticket[Picture, Answer]], error: Exception
    ) -> list[list[_Ticket[Picture, Answer]]]:
        """Return how to call again for what failed together; one that failed alone has failed."""
        if len(piece) == 1:
            piece[0].answer.set_exception(error)
            return []
        if isinstance(error, self._out_of_memory):
            self._room.shrink_below(len(piece))
            return [piece]
        return [[ticket] for ticket in piece]

    def _shut(self, cause: BaseException | None) -> deque[_Ticket[Picture, Answer]]:
        """Let nobody in any more; return who waits."""
        with self._changed:
            if not self._is_closed:
                self._is_closed, self._cause = True, cause
            waiting, self._waiting = self._waiting, deque()
            self._changed.notify()
        return waiting

    def _refuse(self, tickets: Iterable[_Ticket[Picture, Answer]]) -> None:
        for ticket in tickets:
            if ticket.answer.running() or ticket.answer.set_running_or_notify_cancel():
                ticket.answer.set_exception(self._refusal())

    def _refusal(self) -> BatcherClosedError:
        """Return a new error for each caller: threads must not share a traceback."""
        error = BatcherClosedError("pictures are not answered any more")
        error.__cause__ = self._cause
        return error
