from __future__ import annotations

from api.slots import Slots


def test_there_are_as_many_places_as_were_asked_for() -> None:
    slots = Slots(2)
    assert [slots.take() for _ in range(3)] == [True, True, False]


def test_a_place_that_was_given_back_can_be_taken_again() -> None:
    slots = Slots(1)
    assert slots.take()
    slots.give_back()
    assert slots.take()


def test_no_places_at_all_are_never_taken() -> None:
    assert not Slots(0).take()
