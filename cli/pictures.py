"""The pictures that a demonstration leaves behind: what was seen, planned, and done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cli.canvas import DIM, GREY, NIGHT, PAPER, RED, Canvas, Colour, font, framed
from cli.marks import Mark, Marks, marks_from_plan
from cli.mosaic import TableMap, stitch
from robot.camera import photograph
from robot.judge import is_right, match_kinds
from robot.session import SessionReport
from robot.table_layout import CAMERA
from sorter.geometry import pixel_from_servo, servo_from_table
from sorter.types import ArmGeometry
from vision.decode import decode_rgb

MAP_WIDTH_PX = 2000
PANEL_SHARE = 0.75
"""Of the map's width, for each of the panels before and after."""

GEOMETRY = ArmGeometry()


def save_pictures(
    report: SessionReport, folder: Path, map_width_px: int = MAP_WIDTH_PX
) -> list[Path]:
    """Draw everything that a session has to show; return the files, photographs first."""
    folder.mkdir(parents=True, exist_ok=True)
    marks = marks_from_plan(report.plan, report.positions_by_image, GEOMETRY, CAMERA)
    pictures = {position: decode_rgb(data) for position, data in report.pictures.items()}
    drawn = {
        f"photograph-{position:g}.png": _draw_photograph(report, marks, position, rgb)
        for position, rgb in pictures.items()
    }
    drawn["map.png"] = _draw_map(report, marks, pictures, map_width_px)
    drawn["before-after.png"] = _draw_before_after(
        report, pictures, round(map_width_px * PANEL_SHARE)
    )
    for name, picture in drawn.items():
        picture.save(folder / name, compress_level=1)
    return [folder / name for name in drawn]


def score_sentence(report: SessionReport) -> str:
    """Return how well the table was sorted, in a few words."""
    score = report.score
    return f"{score.items_right} of {score.items} items in the right container"


def _draw_photograph(
    report: SessionReport, marks: Marks, position_pw: float, rgb: NDArray[np.uint8]
) -> Image.Image:
    seen_in = {
        image_id for image_id, taken in report.positions_by_image.items() if taken == position_pw
    }
    containers = [mark for mark in marks.containers if mark.images & seen_in]
    items = [mark for mark in marks.items if mark.images & seen_in]
    canvas = Canvas(rgb)
    for mark in containers:
        quad = pixel_from_servo(mark.quad_pw, position_pw, CAMERA, GEOMETRY)
        canvas.polygon(quad, mark.colour, 6, fill=0.06)
        canvas.label((quad[:, 0].mean(), quad[:, 1].min()), mark.name, mark.colour, 30)
    for mark in items:
        quad = pixel_from_servo(mark.quad_pw, position_pw, CAMERA, GEOMETRY)
        canvas.polygon(quad, mark.colour, 4, fill=0.10)
        if mark.name:
            canvas.badge(quad[quad.sum(axis=1).argmin()], mark.name, mark.colour, 20)
    title = f"Photograph at {position_pw:g}"
    subtitle = (
        f"{len(items)} items and {len(containers)} containers were found in it; "
        "a colour is a group of alike items, a number the order of picking"
    )
    return framed(canvas.image(), title, subtitle, _legend(marks))


def _draw_map(
    report: SessionReport,
    marks: Marks,
    pictures: Mapping[float, NDArray[np.uint8]],
    width_px: int,
) -> Image.Image:
    table = TableMap.around(list(pictures), GEOMETRY, CAMERA, width_px)
    canvas = Canvas(stitch(pictures, table))
    _draw_base(canvas, table)
    for mark in marks.containers:
        canvas.polygon(table.place(mark.quad_pw), mark.colour, 4, fill=0.12)
    for mark in marks.items:
        canvas.polygon(table.place(mark.quad_pw), mark.colour, 2.5, fill=0.10)
    ordered = sorted((m for m in marks.items if m.target is not None), key=lambda m: int(m.name))
    for mark in ordered:
        canvas.arrow(*_way(table, mark, marks), mark.colour, 3)
    for mark in ordered:
        canvas.badge(_top_corner(table, mark), mark.name, mark.colour, 15)
    for mark in marks.containers:
        canvas.label(_top_corner(table, mark), mark.name, mark.colour, 26)
    subtitle = (
        f"{len(ordered)} commands in the order of their numbers, planned from "
        f"{len(pictures)} photographs laid over each other"
    )
    return framed(canvas.image(), f"The plan: {score_sentence(report)}", subtitle, _legend(marks))


def _draw_base(canvas: Canvas, table: TableMap) -> None:
    x, y = table.base_px
    canvas.badge((x, y - 4), "", DIM, 20)
    canvas.label((x + 95, y - 18), "the arm", DIM, 18)


def _top_corner(table: TableMap, mark: Mark) -> NDArray[np.float64]:
    corners = table.place(mark.quad_pw)
    top: NDArray[np.float64] = corners[corners[:, 1].argmin()]
    return top


def _way(
    table: TableMap, mark: Mark, marks: Marks
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where an item's arrow starts and ends: beside the item, short of the middle."""
    start = table.place(mark.centre_pw)[0]
    end = table.place(marks.containers[mark.target or 0].centre_pw)[0]
    way = end - start
    length = float(np.hypot(*way)) or 1.0
    radius = float(np.hypot(*(table.place(mark.quad_pw) - start).T).min())
    return start + way / length * min(radius, length / 3), end - way / length * 14


def _legend(marks: Marks) -> list[tuple[Colour, str]]:
    targets = [mark.target for mark in marks.items]
    legend = [
        (mark.colour, f"to {mark.name}: {targets.count(number)}")
        for number, mark in enumerate(marks.containers)
    ]
    n_aside = sum(marks.reasons.values())
    if n_aside:
        reasons = ", ".join(reason.replace("_", " ") for reason in marks.reasons)
        legend.append((GREY, f"left alone: {n_aside} ({reasons})"))
    return legend


def _draw_before_after(
    report: SessionReport, pictures: Mapping[float, NDArray[np.uint8]], width_px: int
) -> Image.Image:
    table = TableMap.around(list(pictures), GEOMETRY, CAMERA, width_px)
    after = {position: photograph(report.after, position).rgb for position in pictures}
    panels = [
        Canvas(stitch(pictures, table)).image(),
        _draw_result(report, Canvas(stitch(after, table)), table),
    ]
    height = table.height_px
    both = Image.new("RGB", (width_px, 2 * height + 24), NIGHT)
    for number, (panel, name) in enumerate(zip(panels, ("Before", "After"), strict=True)):
        both.paste(panel, (0, number * (height + 24)))
        _write(both, name, number * (height + 24) + 16)
    score = report.score
    subtitle = (
        f"{score.picks_hit} of {score.picks} picks took hold of an item; "
        "each container is marked with its kind and how many of that kind lie in it"
    )
    return framed(both, score_sentence(report).capitalize(), subtitle)


def _write(picture: Image.Image, text: str, y: int) -> None:
    from PIL import ImageDraw

    ImageDraw.Draw(picture).text((24, y), text, PAPER, font(44, is_bold=True))


def _draw_result(report: SessionReport, canvas: Canvas, table: TableMap) -> Image.Image:
    """Mark each container with its true kind, and each item that went wrong with a red ring."""
    placements = report.placements
    kind_of_container = match_kinds(placements)
    for item, placement in zip(report.after.items, placements, strict=True):
        if placement.was_free and not is_right(placement, kind_of_container):
            canvas.polygon(_ring(table, item.centre_xy_px, item.radius_px), RED, 4)
    for number, kind in kind_of_container.items():
        container = report.after.containers[number]
        n_right = sum(p.was_free and p.container == number and p.kind == kind for p in placements)
        n_all = sum(p.was_free and p.kind == kind for p in placements)
        x, y = _on_map(table, container.centre_xy_px)
        canvas.label(
            (x, y - container.radius_px * table.scale - 16),
            f"{kind.replace('_', ' ')} {n_right}/{n_all}",
            PAPER,
            19,
        )
    return canvas.image()


def _on_map(table: TableMap, xy_px: tuple[float, float]) -> NDArray[np.float64]:
    place: NDArray[np.float64] = table.place(servo_from_table([xy_px], CAMERA, GEOMETRY))[0]
    return place


def _ring(table: TableMap, xy_px: tuple[float, float], radius_px: float) -> NDArray[np.float64]:
    around = np.linspace(0, 2 * np.pi, 49)[:-1]
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    return _on_map(table, xy_px) + circle * (radius_px * table.scale + 6)
