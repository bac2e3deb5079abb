from __future__ import annotations

import pytest

from api import gunicorn_settings
from api.bootstrap import create_app_from, settings_from
from api.context import Settings
from api.rates import Rate
from sorter.errors import InvalidInputError
from storage.records import FairShare


def test_without_any_variable_the_limits_are_the_documented_ones() -> None:
    settings = settings_from({})
    assert settings == Settings()
    assert (settings.max_image_bytes, settings.max_image_pixels) == (20_000_000, 50_000_000)
    assert settings.max_waiting_images == 2000


def test_each_limit_is_read_from_its_own_variable() -> None:
    settings = settings_from(
        {
            "SORTERBOT_MAX_IMAGE_BYTES": "1000",
            "SORTERBOT_MAX_IMAGE_PIXELS": "2_000",
            "SORTERBOT_MAX_WAITING_IMAGES": "3",
            "SORTERBOT_LEAVE_S": "1.5",
            "SORTERBOT_ARM_SHARE": "4",
            "SORTERBOT_ARM_REQUESTS_PER_S": "5",
            "SORTERBOT_ARM_REQUESTS_BURST": "6",
        }
    )
    assert settings == Settings(
        max_image_bytes=1000,
        max_image_pixels=2000,
        max_waiting_images=3,
        leave_s=1.5,
        share=FairShare(per_worker=4),
        rate=Rate(per_s=5, burst=6),
    )


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", ""])
def test_a_limit_that_is_none_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidInputError, match="SORTERBOT_MAX_WAITING_IMAGES"):
        settings_from({"SORTERBOT_MAX_WAITING_IMAGES": value})


@pytest.mark.parametrize("value", ["-1", "soon", "nan", "", "6"])
def test_a_time_that_is_none_or_too_long_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidInputError, match="SORTERBOT_LEAVE_S"):
        settings_from({"SORTERBOT_LEAVE_S": value})


def test_a_variable_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidInputError, match="SORTERBOT_DATABASE_URL"):
        create_app_from({})


def test_threads_are_left_to_those_who_post_when_all_others_wait() -> None:
    settings = Settings()
    assert gunicorn_settings.threads - settings.max_waits - settings.max_streams >= 10
