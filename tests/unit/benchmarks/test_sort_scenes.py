from __future__ import annotations

import pytest

from benchmarks.sort import STAGES, exponents, measure
from benchmarks.sort_scene import N_CONTAINERS, SIGHTINGS_A_THING, make_scene
from sorter.pipeline import find_things


@pytest.mark.parametrize("n_things", [5, 120])
def test_every_thing_is_seen_about_ten_times_and_merged_into_one(n_things):
    scene = make_scene(n_things)
    table = find_things(scene.arm, scene.photographs, scene.embedder)
    assert len(table.items) == n_things
    assert len(table.containers) == N_CONTAINERS
    assert scene.n_sightings == pytest.approx(SIGHTINGS_A_THING * n_things, rel=0.25)


def test_the_same_scene_comes_back():
    once, again = make_scene(20), make_scene(20)
    assert once.embedder.shown == again.embedder.shown
    assert make_scene(20, seed=1).embedder.shown != once.embedder.shown


def test_larger_tables_are_no_fuller():
    few, many = (make_scene(n).n_sightings / len(make_scene(n).photographs) for n in (100, 400))
    assert many == pytest.approx(few, rel=0.3)


def test_every_stage_is_timed_and_the_total_is_from_detections_to_commands():
    row = measure(100)
    assert set(STAGES) <= set(row)
    assert row["total"] == pytest.approx(row["merge"] + row["choice"] + row["ordering"], abs=0.01)


def test_growth_is_told_of_large_numbers_only():
    rows = [
        {"sightings": n, **dict.fromkeys((*STAGES, "total"), float(n) ** 2)}
        for n in (10, 1000, 10_000)
    ]
    rows[0]["merge"] = 10_000.0
    assert exponents(rows) == dict.fromkeys((*STAGES, "total"), 2.0)
    assert exponents(rows[:2]) == {}
