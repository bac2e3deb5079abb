from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.detector import main

pytestmark = [pytest.mark.services, pytest.mark.e2e]


def test_one_run_measures_network_worker_and_original(tmp_path: Path) -> None:
    file = tmp_path / "speed.json"
    main(pictures=24, size="320x240", batches="1,4", rounds=1, device="cpu", json=file)
    document = json.loads(file.read_text())
    assert document["device"] == "cpu"
    assert document["raw_pictures_per_s"] > 0
    assert document["worker_pictures_per_s"] > 0
    assert document["one_by_one_pictures_per_s"] > 0
    assert 1 < document["mean_batch"] <= 8, "a burst is detected in batches"
    assert document["versions"]["torch"]
