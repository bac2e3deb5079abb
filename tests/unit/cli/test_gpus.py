from __future__ import annotations

from pathlib import Path

import pytest

from cli.services.gpus import visible_gpus


@pytest.fixture
def drivers_list(tmp_path: Path) -> Path:
    """A driver's list of two GPUs, by their places on the bus."""
    for place in ("0000:3b:00.0", "0000:af:00.0"):
        (tmp_path / place).mkdir()
    return tmp_path


def test_all_gpus_of_the_machine_are_numbered(drivers_list: Path) -> None:
    assert visible_gpus({}, drivers_list) == ["0", "1"]


@pytest.mark.parametrize(
    ("named", "wanted"),
    [("1", ["1"]), ("3, 1", ["3", "1"]), ("GPU-5ae1,", ["GPU-5ae1"]), ("", []), ("-1", ["-1"])],
)
def test_those_that_are_named_count_and_no_others(
    drivers_list: Path, named: str, wanted: list[str]
) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": named}, drivers_list) == wanted


def test_a_machine_without_a_driver_has_none(tmp_path: Path) -> None:
    assert visible_gpus({}, tmp_path / "missing") == []
