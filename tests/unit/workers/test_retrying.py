from __future__ import annotations

from collections.abc import Callable

import pytest

from sorter.errors import NotFoundError, TransientError
from workers.retrying import READING_PAUSES_S, SAVING_PAUSE_S, read_patiently, save_patiently


def answering_after(n_failures: int) -> Callable[[], str]:
    calls = iter(range(n_failures + 1))

    def call() -> str:
        if next(calls) < n_failures:
            raise TransientError("not yet")
        return "here"

    return call


@pytest.mark.parametrize("n_failures", range(len(READING_PAUSES_S) + 1))
def test_reading_goes_on_while_pauses_are_left(n_failures: int) -> None:
    naps: list[float] = []
    assert read_patiently(answering_after(n_failures), naps.append) == "here"
    assert naps == list(READING_PAUSES_S[:n_failures])


def test_reading_gives_up_when_all_pauses_are_spent() -> None:
    with pytest.raises(TransientError):
        read_patiently(answering_after(len(READING_PAUSES_S) + 1), lambda _: None)


def test_saving_never_gives_up_and_does_not_slow_down_for_ever() -> None:
    naps: list[float] = []
    assert save_patiently(answering_after(500), naps.append) == "here"
    assert len(naps) == 500
    assert max(naps) == SAVING_PAUSE_S


@pytest.mark.parametrize("patiently", [read_patiently, save_patiently])
def test_what_trying_again_cannot_mend_is_raised_at_once(
    patiently: Callable[..., object],
) -> None:
    naps: list[float] = []

    def call() -> None:
        raise NotFoundError("gone")

    with pytest.raises(NotFoundError):
        patiently(call, naps.append)
    assert naps == []
