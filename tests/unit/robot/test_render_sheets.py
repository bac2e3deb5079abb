"""Laws of contact sheets."""

from __future__ import annotations

import numpy as np

from robot.datasets import RenderedViews
from robot.render_sheets import contact_sheet, kind_sheet, view_sheet, with_boxes


def test_a_kind_sheet_has_a_row_a_kind_and_a_column_a_thing() -> None:
    sheet = kind_sheet(("coin", "key"), 3, seed=1)
    assert sheet.shape[0] * 3 == sheet.shape[1] * 2
    cell = sheet.shape[0] // 2
    cells = [sheet[:cell, i * cell : (i + 1) * cell] for i in range(3)]
    assert not np.array_equal(cells[1], cells[2])


def test_a_contact_sheet_keeps_every_picture_in_order() -> None:
    pictures = [np.full((4, 6, 3), value, np.uint8) for value in (10, 20, 30)]
    sheet = contact_sheet(pictures, 2)
    assert sheet.shape == (8, 12, 3)
    assert sheet[0, 0, 0] == 10
    assert sheet[0, 6, 0] == 20
    assert sheet[4, 0, 0] == 30
    assert sheet[4, 6, 0] == 128


def test_a_view_sheet_shows_every_view_made_as_wide_as_asked_for() -> None:
    sheet = view_sheet(RenderedViews(3, seed=7001, resolution=0.08), n_columns=2, width_px=60)
    assert sheet.shape == (90, 120, 3)
    assert (sheet[45:, 60:] == 128).all()
    assert (sheet[:45] != 128).mean() > 0.5


def test_boxes_are_drawn_on_a_copy() -> None:
    picture = np.zeros((20, 20, 3), np.uint8)
    drawn = with_boxes(picture, np.array([[2, 3, 12, 13]], np.float32), np.array([0]))
    assert not picture.any()
    assert drawn[3, 5].any()
    assert drawn[12, 5].any()
    assert not drawn[8, 8].any()
