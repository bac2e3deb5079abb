from __future__ import annotations

from contextlib import ExitStack

import pytest

from api.arm_places import ArmPlaces
from api.errors import BodiesFullError


def test_an_arm_that_holds_all_its_places_gets_no_more_and_others_get_theirs() -> None:
    places = ArmPlaces(2)
    with places.place("a"), places.place("a"), places.place("b"):
        with pytest.raises(BodiesFullError) as refused, places.place("a"):
            pass
        assert refused.value.retry_after_s >= 1
        with places.place("b"):
            pass


def test_a_place_comes_back_also_when_its_request_failed() -> None:
    places = ArmPlaces(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), places.place("a"):
            raise ValueError("broken")
    with places.place("a"):
        pass


def test_arms_that_hold_nothing_take_no_memory() -> None:
    places = ArmPlaces(1)
    with ExitStack() as held:
        for number in range(50):
            held.enter_context(places.place(f"arm-{number}"))
        assert places.n_arms == 50
    assert places.n_arms == 0
