from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.models import model_environment
from sorter.errors import InvalidInputError

SHIPPED = Path(__file__).parents[3] / "vision" / "packages" / "detector"


def test_nothing_chosen_tells_workers_nothing() -> None:
    assert model_environment("") == {}


def test_a_folder_is_told_so_that_every_process_finds_it_from_wherever_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(SHIPPED.parent)
    assert model_environment("detector") == {"SORTERBOT_DETECTOR": os.fspath(SHIPPED)}


def test_a_threshold_is_told_beside_it() -> None:
    assert model_environment("", 0.25) == {"SORTERBOT_SCORE_THRESHOLD": "0.25"}


def test_a_detector_that_cannot_be_loaded_is_refused_before_anything_starts() -> None:
    with pytest.raises(InvalidInputError, match="cannot be read"):
        model_environment("/nowhere")
