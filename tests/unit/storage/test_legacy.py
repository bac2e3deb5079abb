from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from storage.legacy import COLUMNS, LegacyTable, legacy_images

SMALLINT = st.integers(-(2**15), 2**15 - 1) | st.none()
NAMES = st.sampled_from(["1000.jpg", "1200.JPG", "1200.jpeg", "x.jpg", "../1.jpg", "", None])


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows as the columns' types allow them, sound ones among them."""
    sound = st.fixed_dictionaries(
        {
            "image_name": st.sampled_from(["1000.jpg", "1200.jpg"]),
            "image_width": st.sampled_from([640, 640, 1640]),
            "image_height": st.just(480),
            "class": st.sampled_from([0, 1]),
            "x1": st.integers(0, 300),
            "y1": st.integers(0, 200),
            "x2": st.integers(301, 640),
            "y2": st.integers(201, 480),
        }
    )
    any_row = st.fixed_dictionaries({"image_name": NAMES} | dict.fromkeys(COLUMNS[2:], SMALLINT))
    found = draw(st.lists(sound | any_row, max_size=12))
    return [{"id": number, **row} for number, row in enumerate(found, start=1)]


@given(rows())
@example([])
def test_every_row_is_either_kept_once_or_told_as_bad(found: list[dict[str, Any]]) -> None:
    images, bad = legacy_images(found)
    assert sum(len(image.detections) for image in images) + len(bad) == len(found)
    positions = [image.position_pw for image in images]
    assert positions == sorted(set(positions))
    told = {one.row_id for one in bad}
    kept = [[row["x1"], row["y1"], row["x2"], row["y2"]] for row in found if row["id"] not in told]
    boxes = [box for image in images for box in image.detections.xyxy_px.tolist()]
    assert sorted(kept) == sorted(boxes)


@given(rows())
def test_what_is_kept_lies_in_its_picture(found: list[dict[str, Any]]) -> None:
    for image in legacy_images(found)[0]:
        assert image.detections.xyxy_px.min() >= 0
        assert image.detections.xyxy_px[:, 2].max() <= image.size.width_px
        assert image.detections.xyxy_px[:, 3].max() <= image.size.height_px


@given(rows(), rows())
def test_rows_that_come_later_take_nothing_away(
    found: list[dict[str, Any]], later: list[dict[str, Any]]
) -> None:
    before, bad_before = legacy_images(found)
    after, bad_after = legacy_images([*found, *later])
    assert bad_after[: len(bad_before)] == bad_before
    assert {image.position_pw for image in before} <= {image.position_pw for image in after}


def test_sessions_are_in_the_order_of_their_numbers() -> None:
    tables = [LegacyTable("a", name) for name in ("s10", "s9", "s100", "other")]
    names = [table.session_name for table in sorted(tables, key=lambda table: table.order)]
    assert names == ["other", "S9", "S10", "S100"]
