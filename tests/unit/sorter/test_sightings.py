from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from sorter.geometry import centres_from_xyxy, pixel_from_servo
from sorter.sightings import locate
from sorter.types import ArmGeometry, Detections, ImageSize, Label, Photograph
from tests.strategies import CAMERA, sessions

PHOTOGRAPH = Photograph("image-1", 1500.0, CAMERA, Detections.empty())


@given(sessions(min_size=1))
def test_every_detection_becomes_one_sighting_that_knows_where_it_comes_from(photographs):
    found = locate(photographs, ArmGeometry())
    by_id = {photograph.image_id: photograph for photograph in photographs}
    assert len(found) == sum(len(photograph.detections) for photograph in photographs)
    for number in range(len(found)):
        photograph = by_id[found.image_ids[found.image[number]]]
        row = found.row[number]
        assert found.position_pw[number] == photograph.position_pw
        assert (found.xyxy_px[number] == photograph.detections.xyxy_px[row]).all()
        assert found.scores[number] == photograph.detections.scores[row]
        assert found.labels[number] == photograph.detections.labels[row]


@given(sessions(min_size=1))
def test_a_sighting_lies_where_its_box_has_its_centre(photographs):
    found = locate(photographs, ArmGeometry())
    back = pixel_from_servo(found.servo_pw, found.position_pw, CAMERA, ArmGeometry())
    np.testing.assert_allclose(back, centres_from_xyxy(found.xyxy_px), atol=1e-6)


@given(sessions(min_size=1), st.randoms(use_true_random=False))
def test_the_order_of_photographs_and_their_names_do_not_show_in_the_order(photographs, random):
    names = random.sample(range(1000), len(photographs))
    renamed = [
        replace(photograph, image_id=f"other-{name}")
        for photograph, name in zip(photographs, names, strict=True)
    ]
    random.shuffle(renamed)
    found, again = locate(photographs, ArmGeometry()), locate(renamed, ArmGeometry())
    assert (found.xyxy_px == again.xyxy_px).all()
    assert (found.position_pw == again.position_pw).all()
    assert (found.scores == again.scores).all()


@given(sessions(min_size=1))
def test_items_and_containers_are_all_there_is(photographs):
    found = locate(photographs, ArmGeometry())
    assert sum(len(found.of(label)) for label in Label) == len(found)
    assert all((found.of(label).labels == label).all() for label in Label)


def test_no_photograph_is_refused():
    with pytest.raises(InvalidInputError, match="no photograph"):
        locate([], ArmGeometry())


def test_two_photographs_of_one_id_are_refused():
    with pytest.raises(InvalidInputError, match="'image-1' stands for 2"):
        locate([PHOTOGRAPH, PHOTOGRAPH], ArmGeometry())


def test_photographs_of_different_sizes_are_refused_by_naming_the_sizes():
    other = replace(PHOTOGRAPH, image_id="image-2", size=ImageSize(820, 616))
    with pytest.raises(InvalidInputError, match="820 x 616, 1640 x 1232"):
        locate([PHOTOGRAPH, other], ArmGeometry())


@pytest.mark.parametrize("position_pw", [np.nan, np.inf])
def test_a_photograph_taken_nowhere_is_refused(position_pw):
    with pytest.raises(InvalidInputError, match="position_pw"):
        locate([replace(PHOTOGRAPH, position_pw=position_pw)], ArmGeometry())
