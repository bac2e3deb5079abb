from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from workers.model_choice import ModelChoice, read_model_choice

SIDES = st.integers(16, 4096)


@pytest.mark.parametrize(
    "variables",
    [{}, {"SORTERBOT_DEVICE": "", "SORTERBOT_SCORE_THRESHOLD": "", "SORTERBOT_INPUT_SIZE": ""}],
)
def test_nothing_said_leaves_what_the_packages_say(variables: dict[str, str]) -> None:
    assert read_model_choice(variables) == ModelChoice("auto", None, None)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), SIDES, SIDES)
def test_what_is_said_is_read(threshold: float, width_px: int, height_px: int) -> None:
    variables = {
        "SORTERBOT_DEVICE": "cuda:1",
        "SORTERBOT_SCORE_THRESHOLD": repr(threshold),
        "SORTERBOT_INPUT_SIZE": f"{width_px}x{height_px}",
    }
    assert read_model_choice(variables) == ModelChoice("cuda:1", threshold, (width_px, height_px))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("SORTERBOT_SCORE_THRESHOLD", text) for text in ("0", "1", "nan", "-0.5", "high", "inf")),
        *(
            ("SORTERBOT_INPUT_SIZE", text)
            for text in ("640", "640x", "640x8", "640x5000", "0640x480", "640x480x3", "٦٤x٤٨")
        ),
    ],
)
def test_what_is_no_value_is_refused_by_its_variable(name: str, text: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{name} must be"):
        read_model_choice({name: text})
