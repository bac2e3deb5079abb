from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close

from api.errors import NotAPictureError, QueueFullError
from api.robot_door.closing import MAX_REASON_BYTES, close_code, close_reason
from sorter.errors import ConflictError, NotFoundError, SorterBotError, StorageFullError


@given(st.text(max_size=300))
def test_a_reason_fits_a_close_frame_and_begins_as_it_was_written(text: str) -> None:
    reason = close_reason(text)
    data = reason.encode()
    assert len(data) <= MAX_REASON_BYTES
    assert text.encode(errors="replace").startswith(data)
    assert reason == text.encode(errors="replace").decode() or len(data) > MAX_REASON_BYTES - 4


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotAPictureError("x"), 1007),
        (ConflictError("x"), 1008),
        (NotFoundError("x"), 1008),
        (StorageFullError("x"), 1011),
        (QueueFullError("x", 5), 1011),
        (SorterBotError("x"), 1008),
    ],
)
def test_an_error_has_a_code_that_may_be_sent(error: SorterBotError, code: int) -> None:
    assert close_code(error) == code
    assert code in range(1007, 1012), "what libraries of the robots' years know"
    Close(close_code(error), close_reason(str(error))).check()
