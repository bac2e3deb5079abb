from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pictures import look_at_picture
from robot.camera import encode_jpeg
from robot.disturbances import LIMITS, Disturbances, break_bytes, disturbances_from_text
from sorter.errors import InvalidInputError
from sorter.types import ArmGeometry
from vision.decode import decode_rgb


@given(st.fixed_dictionaries({}, optional={"radius": st.floats(0, 0.2), "roll": st.floats(-9, 9)}))
def test_what_is_told_reads_back_the_same(values):
    disturbances = Disturbances(**values)
    text = ",".join(f"{name}={value!r}" for name, value in disturbances.told.items())
    assert disturbances_from_text(text) == disturbances


def test_no_text_disturbs_nothing():
    assert disturbances_from_text("") == Disturbances()
    assert Disturbances().told == {}


def test_several_are_read_with_spaces_between():
    read = disturbances_from_text("radius=0.03, servo = 4 ,missing=1")
    assert read == Disturbances(radius=0.03, servo=4.0, missing=1)


def test_light_and_lamp_complete_each_other():
    assert disturbances_from_text("light=0.4") == Disturbances(light=0.4, lamp=3)
    assert disturbances_from_text("lamp=2") == Disturbances(light=0.5, lamp=2)
    assert disturbances_from_text("lamp=2,light=0.8") == Disturbances(light=0.8, lamp=2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wind=3", "no disturbance is called 'wind'; there are radius, servo, roll"),
        ("radius", "radius takes a number, not ''"),
        ("radius=much", "radius takes a number, not 'much'"),
        ("missing=1.5", "missing takes a whole number"),
        ("roll=1,roll=2", "roll is given twice"),
        ("radius=3", "radius goes from -0.2 to 0.2, not 3"),
        ("servo=nan", "servo goes from 0 to 100, not nan"),
    ],
)
def test_a_text_that_means_nothing_is_told_in_one_sentence(text, said):
    with pytest.raises(InvalidInputError, match=said):
        disturbances_from_text(text)


def test_every_disturbance_has_limits():
    assert set(LIMITS) == set(Disturbances.__dataclass_fields__)


@given(st.integers(0, 2**32))
def test_an_undisturbed_arm_registers_the_truth(seed):
    rng = np.random.default_rng(seed)
    assert Disturbances().true_geometry(rng) == ArmGeometry()
    assert Disturbances().registered_geometry(rng) == ArmGeometry()


@given(st.integers(0, 2**32))
def test_the_registered_radius_is_off_by_the_share_and_the_roll_stays_unknown(seed):
    disturbances = Disturbances(radius=0.03, roll=3.0, distortion=-0.1)
    rng = np.random.default_rng(seed)
    truth, registered = disturbances.true_geometry(rng), disturbances.registered_geometry(rng)
    assert abs(truth.radius_px / registered.radius_px - 1) == pytest.approx(0.03)
    assert (abs(truth.roll_deg), truth.distortion) == (3.0, -0.1)
    assert (registered.roll_deg, registered.distortion) == (0.0, 0.0)


def test_both_signs_come_up():
    disturbances = Disturbances(roll=1.0)
    rng = np.random.default_rng(0)
    assert {disturbances.true_geometry(rng).roll_deg for _ in range(20)} == {-1.0, 1.0}


def test_broken_bytes_pass_the_gateway_and_are_refused_when_decoded():
    rgb = np.random.default_rng(1).integers(0, 255, (80, 120, 3), dtype=np.uint8)
    broken = break_bytes(encode_jpeg(rgb))
    assert look_at_picture(broken, max_pixels=10_000_000).width_px == 120
    with pytest.raises(InvalidInputError, match="not a readable"):
        decode_rgb(broken)
