"""The SQL store and the fake answer alike, whatever is asked of them and in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine

from sorter.errors import SorterBotError
from sorter.types import Arm
from storage.ports import Store
from storage.records import Acceptance, FairShare, ImageClaim, Outcome, SessionClaim
from tests.contracts.memory import Memory
from tests.factories import JPEG, PNG, make_detections, make_new_image, make_plan
from tests.fakes import FakeStore
from tests.integration.storage.database import empty, make_memory

pytestmark = pytest.mark.services

STEP_S = 110
DEAD_AFTER_S = 150
STUCK_S = 250
"""Far from every multiple of the step, so that the seconds a slow machine takes do not matter."""

SESSIONS = st.integers(0, 2)
IMAGES = st.integers(0, 6)
WORKERS = st.sampled_from(["w-1", "w-2"])


class Numbers:
    """Makes ids that depend only on the question that they are made for."""

    def __init__(self) -> None:
        self.question = 0
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        return f"id-{self.question}-{self.made}"

    def begin(self, question: int) -> None:
        self.question, self.made = question, 0


def _timeless(value: Any) -> Any:
    """Return a value without its times and events' numbers, in a form that can be compared."""
    if isinstance(value, datetime):
        return "a time"
    if isinstance(value, np.ndarray):
        return value.tolist()
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name != "event_id"]
        return {name: _timeless(getattr(value, name)) for name in names}
    if isinstance(value, list | tuple):
        return [_timeless(each) for each in value]
    return value


class Twins(RuleBasedStateMachine):
    """Asks both stores the same and compares what they answer."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.numbers = [Numbers(), Numbers()]
        fake = FakeStore(self.numbers[1])
        self.memories = [
            make_memory(engine, self.numbers[0]),
            Memory(fake, fake.let_pass),
        ]
        self.n_questions = 0
        self.session_ids: list[str] = []
        self.image_ids: list[str] = []
        self.claims: list[list[Any]] = []
        self.ask(lambda store: store.save_arm(Arm("arm-1")))

    def ask(self, question: Callable[[Store], Any]) -> list[Any]:
        """Return both answers, which are alike but for their times."""
        self.n_questions += 1
        answers = []
        for memory, numbers in zip(self.memories, self.numbers, strict=True):
            numbers.begin(self.n_questions)
            try:
                answers.append(question(memory.store))
            except SorterBotError as error:
                answers.append(type(error).__name__)
        assert _timeless(answers[0]) == _timeless(answers[1])
        return answers

    def session(self, number: int) -> str:
        return [*self.session_ids, "none"][number % (len(self.session_ids) + 1)]

    def image(self, number: int) -> str:
        return [*self.image_ids, "none"][number % (len(self.image_ids) + 1)]

    @rule(
        expected=st.none() | st.integers(1, 3),
        least=st.integers(1, 2),
        deadline_s=st.sampled_from([300.0, 86_400.0]),
        key=st.none() | st.sampled_from(["k-1", "k-2"]),
    )
    def open(self, expected: int | None, least: int, deadline_s: float, key: str | None) -> None:
        parameters: dict[str, Any] = {
            "expected_images": expected,
            "min_images": least,
            "deadline_s": deadline_s,
            "idempotency_key": key,
            "request_id": None,
        }
        answer = self.ask(lambda store: store.open_session("arm-1", **parameters))[0]
        if answer != "ConflictError" and answer[1]:
            self.session_ids.append(answer[0].session_id)

    @rule(
        number=SESSIONS,
        position=st.integers(0, 3),
        content=st.sampled_from([JPEG, JPEG, PNG]),
        per_worker=st.none() | st.integers(1, 3),
    )
    def accept(self, number: int, position: int, content: bytes, per_worker: int | None) -> None:
        new = make_new_image(1000.0 + position, content)
        session_id = self.session(number)
        share = None if per_worker is None else FairShare(per_worker, DEAD_AFTER_S)
        answer = self.ask(lambda store: store.accept_image(session_id, new, "r", share))[0]
        if isinstance(answer, Acceptance) and answer.is_new:
            self.image_ids.append(answer.image.image_id)

    @rule(number=SESSIONS)
    def seal(self, number: int) -> None:
        self.ask(lambda store: store.seal_session(self.session(number)))

    @rule(number=IMAGES)
    def publish(self, number: int) -> None:
        self.ask(lambda store: store.mark_published(self.image(number)))

    @rule(number=SESSIONS)
    def publish_sort_again(self, number: int) -> None:
        self.ask(lambda store: store.mark_republished(self.session(number)))

    @rule(number=st.none() | SESSIONS, per_worker=st.integers(1, 3))
    def take_turns(self, number: int | None, per_worker: int) -> None:
        session_id = None if number is None else self.session(number)
        share = FairShare(per_worker, alive_within_s=DEAD_AFTER_S)
        self.ask(lambda store: store.take_turns(session_id, share))

    @rule(number=IMAGES, worker=WORKERS, first_only=st.booleans())
    def claim_image(self, number: int, worker: str, first_only: bool) -> None:
        claims = self.ask(
            lambda store: store.claim_image(
                self.image(number),
                worker,
                dead_after_s=DEAD_AFTER_S,
                max_attempts=3,
                first_only=first_only,
            )
        )
        self.claims += [claims] if claims[0] is not None else []

    @rule(number=SESSIONS, worker=WORKERS)
    def claim_session(self, number: int, worker: str) -> None:
        claims = self.ask(
            lambda store: store.claim_session(
                self.session(number), worker, dead_after_s=DEAD_AFTER_S, max_attempts=3
            )
        )
        self.claims += [claims] if claims[0] is not None else []

    @rule(which=st.integers(0, 10), deed=st.sampled_from(["save", "save", "fail", "release"]))
    def use_a_claim(self, which: int, deed: str) -> None:
        if not self.claims:
            return
        claims = iter(self.claims[-1 - which % len(self.claims)])
        self.ask(lambda store: _use(store, next(claims), deed))

    @rule(number=SESSIONS, command=st.integers(0, 2))
    def tell(self, number: int, command: int) -> None:
        outcomes = [Outcome(command, "picked", None)]
        self.ask(lambda store: store.save_outcomes(self.session(number), outcomes))

    @rule(worker=WORKERS)
    def beat(self, worker: str) -> None:
        self.ask(lambda store: store.beat(worker, "gpu"))

    @rule(steps=st.integers(1, 3))
    def wait(self, steps: int) -> None:
        for memory in self.memories:
            memory.let_pass(steps * STEP_S)

    @rule(grace_s=st.sampled_from([50.0, 500.0]))
    def sweep(self, grace_s: float) -> None:
        self.ask(lambda store: store.seal_overdue_sessions())
        self.ask(lambda store: store.fail_overdue_images(grace_s))
        self.ask(lambda store: store.forget_dead_workers(STUCK_S))

    @rule(is_idle=st.booleans())
    def look_for_what_lies_about(self, is_idle: bool) -> None:
        self.ask(
            lambda store: store.load_images_to_publish(
                unpublished_s=50,
                dead_after_s=DEAD_AFTER_S,
                queue_is_empty=is_idle,
                stuck_s=STUCK_S,
            )
        )
        self.ask(
            lambda store: store.load_sessions_to_sort(
                dead_after_s=DEAD_AFTER_S, queue_is_short=is_idle, stuck_s=STUCK_S
            )
        )

    @invariant()
    def both_hold_the_same(self) -> None:
        for session_id in self.session_ids[-2:]:
            self.ask(lambda store: store.load_session(session_id))  # noqa: B023
            self.ask(lambda store: store.load_images(session_id))  # noqa: B023

    def teardown(self) -> None:
        self.ask(lambda store: store.load_backlog())
        self.ask(lambda store: store.load_workers(DEAD_AFTER_S))
        for session_id in [*self.session_ids, "none"]:
            for load in ("plan", "photographs", "outcomes", "events"):
                self.ask(lambda store: getattr(store, f"load_{load}")(session_id))  # noqa: B023


def _use(store: Store, claim: ImageClaim | SessionClaim, deed: str) -> bool:
    if isinstance(claim, ImageClaim):
        return {
            "save": lambda: store.save_detections(claim, make_detections(), "detector@1"),
            "fail": lambda: store.fail_image(claim, "bad"),
            "release": lambda: store.release_image(claim),
        }[deed]()
    return {
        "save": lambda: store.save_plan(claim, make_plan()),
        "fail": lambda: store.fail_session(claim, "bad"),
        "release": lambda: store.release_session(claim),
    }[deed]()


def test_the_twins_answer_alike(engine: Engine) -> None:
    def twins() -> Twins:
        empty(engine)
        return Twins(engine)

    run_state_machine_as_test(
        twins,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
