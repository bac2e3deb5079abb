from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cli.faults.simulated.broker import VISIBILITY_TIMEOUT_S, Broker, BrokerOdds, Message
from workers.settings import CLOSE_SESSION, GPU_QUEUE, SORT_QUEUE, SORT_SESSION

SEEDS = st.integers(0, 1 << 30)


class NoStrikes:
    def before(self, method: str) -> None:
        pass

    def after(self, method: str) -> None:
        pass


class World:
    """A broker, and a clock that the test moves."""

    def __init__(self, seed: int = 1, odds: BrokerOdds | None = None) -> None:
        self.now_s = 0.0
        rng = np.random.default_rng(seed)
        self.broker = Broker(lambda: self.now_s, rng, NoStrikes(), odds or BrokerOdds())

    def publish(self, n: int) -> None:
        for index in range(n):
            self.broker.publish_image("s", f"i{index}", index, None)

    def take_all(self, queue: str = GPU_QUEUE) -> list[Message]:
        taken = []
        while self.broker.load_lengths().gpu or self.broker.load_lengths().sort:
            message = self.broker.take(queue)
            if message is None:
                break
            taken.append(message)
        return taken


@given(SEEDS, st.integers(1, 8), st.floats(0, 0.6))
def test_every_message_is_handed_out_at_least_once(seed: int, n: int, twice: float) -> None:
    world = World(seed, BrokerOdds(twice=twice))
    world.publish(n)
    taken = world.take_all()
    assert {message.argument for message in taken} == {f"i{index}" for index in range(n)}
    assert len(taken) == n + world.broker.n_repeated


def test_some_are_lost_where_that_is_the_chance() -> None:
    world = World(odds=BrokerOdds(lost=1.0))
    world.publish(1)
    assert world.broker.take(GPU_QUEUE) is None
    assert world.broker.n_lost == 1
    assert world.broker.is_idle


def test_what_is_held_and_never_acknowledged_comes_back_after_the_visibility_timeout() -> None:
    world = World()
    world.publish(1)
    held = world.broker.take(GPU_QUEUE)
    world.now_s = VISIBILITY_TIMEOUT_S - 0.001
    assert world.broker.take(GPU_QUEUE) is None
    world.now_s = VISIBILITY_TIMEOUT_S
    assert world.broker.take(GPU_QUEUE) == held


def test_what_was_acknowledged_does_not_come_back() -> None:
    world = World()
    world.publish(1)
    message = world.broker.take(GPU_QUEUE)
    assert message is not None
    assert not world.broker.is_idle
    world.broker.acknowledge(message)
    assert world.broker.is_idle
    world.now_s = 10 * VISIBILITY_TIMEOUT_S
    assert world.broker.take(GPU_QUEUE) is None


@given(st.integers(1, 5), st.data())
def test_a_chord_fires_once_when_its_last_member_ends_in_whatever_order_with_repeats(
    n: int, data: st.DataObject
) -> None:
    world = World()
    members = [Message("detect", f"i{index}", "s", index, None) for index in range(n)]
    world.broker.publish_closing("s", n, None)
    closing = world.broker.take(GPU_QUEUE)
    assert closing is not None
    assert (closing.task, closing.index) == (CLOSE_SESSION, n)
    ends = data.draw(st.permutations([*members, closing]))
    repeats = data.draw(st.lists(st.sampled_from(ends[:-1]), max_size=3))
    for message in [*ends[:-1], *repeats]:
        world.broker.count(message)
        assert world.broker.take(SORT_QUEUE) is None
    world.broker.count(ends[-1])
    fired = world.broker.take(SORT_QUEUE)
    assert fired is not None
    assert (fired.task, fired.argument) == (SORT_SESSION, "s")
    assert world.broker.take(SORT_QUEUE) is None


def test_a_chord_whose_size_nobody_said_does_not_fire() -> None:
    world = World()
    world.broker.count(Message("detect", "i0", "s", 0, None))
    assert world.broker.take(SORT_QUEUE) is None


def test_emptied_it_knows_neither_messages_nor_what_was_counted() -> None:
    world = World()
    world.publish(2)
    world.broker.take(GPU_QUEUE)
    world.broker.publish_closing("s", 0, None)
    world.broker.empty()
    assert world.broker.is_idle
    assert world.broker.load_lengths().gpu == 0
    world.broker.count(Message("close", "s", "s", 0, None))
    assert world.broker.take(SORT_QUEUE) is None
