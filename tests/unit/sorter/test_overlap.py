from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.overlap import deviations_px, find_overlap, nearest_geometry, placed_by, spread_px
from sorter.sightings import locate
from sorter.types import ArmGeometry
from tests.strategies import geometries, sessions
from tests.unit.sorter.seen_by import photographs_by
from tests.unit.sorter.tables import POSITIONS_PW, make_container, scattered

TABLE = [*scattered(14, seed=3), make_container(-600, 1500), make_container(500, 1600)]


def overlap_of(photographs, repeatability_px=20.0):
    return find_overlap(locate(photographs, ArmGeometry()), repeatability_px)


@given(sessions(min_size=1))
def test_what_is_matched_is_uncut_alike_in_label_and_of_different_pictures(photographs):
    overlap = overlap_of(photographs)
    assert not overlap.sightings.is_cut.any()
    for thing in range(overlap.n_things):
        seen = overlap.sightings.take(np.flatnonzero(overlap.thing == thing))
        assert len(seen) > 1
        assert len(set(seen.labels.tolist())) == 1
        assert len(set(seen.image.tolist())) == len(seen)
    assert overlap.n_matches == len(overlap.thing) - overlap.n_things


@given(sessions(min_size=1), geometries())
def test_sightings_are_placed_as_if_they_had_been_located_so(photographs, geometry):
    placed = placed_by(locate(photographs, ArmGeometry()), geometry)
    expected = locate(photographs, geometry)
    np.testing.assert_array_equal(placed.servo_pw, expected.servo_pw)
    np.testing.assert_array_equal(placed.table_px, expected.table_px)


@pytest.mark.parametrize("n", [1, 3, 5, 100])
def test_a_thinned_overlap_holds_whole_things_and_no_more_than_asked(n):
    overlap = overlap_of(photographs_by(ArmGeometry(), TABLE, POSITIONS_PW))
    thin = overlap.thinned(n)
    assert thin.n_things <= n
    assert sorted(set(thin.thing.tolist())) == list(range(thin.n_things))
    assert thin.thing.tolist().count(0) == overlap.thing.tolist().count(0)


def test_nothing_seen_is_no_overlap():
    nothing = overlap_of(photographs_by(ArmGeometry(), [], POSITIONS_PW))
    assert (nothing.n_things, nothing.n_matches) == (0, 0)
    assert nothing.thinned(5) is nothing


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 99))
def test_deviations_of_a_thing_add_up_to_nothing(n_seen, n_things, seed):
    thing = np.repeat(np.arange(n_things), n_seen)
    places = np.random.default_rng(seed).normal(0, 100, (len(thing), 2))
    away = deviations_px(places, thing)
    for number in range(n_things):
        np.testing.assert_allclose(away[thing == number].sum(axis=0), 0, atol=1e-9)


def test_the_spread_is_that_of_the_sightings_around_the_truth():
    thing = np.repeat(np.arange(2000), 2)
    places = np.random.default_rng(1).normal(0, 3, (len(thing), 2))
    spread = spread_px(deviations_px(places, thing), 2000)
    assert spread == pytest.approx(3 * np.sqrt(2), rel=0.05)


@pytest.mark.parametrize("off", [{"radius_px": 1545}, {"roll_deg": 5}, {"distortion": -0.12}])
def test_the_coarse_grid_brings_most_together_near_the_truth(off):
    true = ArmGeometry(**off)
    found = locate(photographs_by(true, TABLE, POSITIONS_PW, noise_px=2), ArmGeometry())
    near = nearest_geometry(found, ArmGeometry())
    assert abs(near.radius_px - true.radius_px) <= 60
    assert abs(near.roll_deg - true.roll_deg) <= 2
    assert abs(near.distortion - true.distortion) <= 0.05


def test_where_nothing_is_seen_the_stated_geometry_stays():
    found = locate(photographs_by(ArmGeometry(), [], POSITIONS_PW), ArmGeometry())
    assert nearest_geometry(found, ArmGeometry(roll_deg=1)) == ArmGeometry(roll_deg=1)
