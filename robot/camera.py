"""The virtual camera: a photograph of a scene from a servo position, and what it truly shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds import Sprite, kind_named
from robot.render_containers import draw_container, opening_px
from robot.render_footprint import Footprint
from robot.render_lamp import Lamp
from robot.render_lens import expose
from robot.render_light import Pose, lay_cavity, lay_sprite
from robot.surfaces import draw_surface
from robot.table import Scene, Surface, TableItem
from robot.view import View
from sorter.errors import InvalidInputError
from sorter.types import ArmGeometry, BoxArray, FloatArray, ImageSize, Label, LabelArray

VISIBLE_FRACTION = 0.25
"""The share of a thing's area that the picture must show for the thing to count as visible."""

_FINEST_TEXEL_PX = 1.5  # the lens blurs what is finer
_ITEM_HEIGHT_PX = (3.0, 22.0)
_CONTAINER_HEIGHT_PX = 26.0

Seen = tuple[Footprint, Label, int]
"""Where a thing shows, what it is, and its number among the scene's items or containers."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A picture and the truth about it, one row a visible thing, containers first.

    A box goes around what shows of a thing that other items cover.

    Attributes:
        rgb: ``(h, w, 3)`` uint8.
        xyxy_px: ``(n, 4)`` float32 boxes, clipped to the picture.
        labels: ``(n,)`` int64, values of :class:`sorter.types.Label`.
        indices: ``(n,)`` int64: its number among the scene's items or containers.
        visible_fraction: ``(n,)`` float32, the share of its area that shows: within the
            picture, and not under another item.
    """

    rgb: NDArray[np.uint8]
    xyxy_px: BoxArray
    labels: LabelArray
    indices: LabelArray
    visible_fraction: FloatArray


def photograph(
    scene: Scene,
    position_pw: float,
    size: ImageSize | None = None,
    geometry: ArmGeometry | None = None,
    *,
    rng: np.random.Generator | None = None,
    resolution: float = 1.0,
) -> Photo:
    """Photograph the table.

    Args:
        position_pw: Servo 0 at which the picture is taken.
        size: Of the camera's full pictures, 1640 x 1232 unless given.
        rng: Of noise, shake and drift; without one they follow from scene and position.
        resolution: Pixels of the picture a pixel of the camera; below 1 it is quicker.
    """
    view = View(position_pw, size or ImageSize(1640, 1232), geometry or ArmGeometry(), resolution)
    return photograph_view(scene, view, rng=rng)


def photograph_view(scene: Scene, view: View, *, rng: np.random.Generator | None = None) -> Photo:
    """Photograph the table through any view; see :func:`photograph`."""
    chance = rng or np.random.default_rng((scene.seed, int(view.position_pw * 16)))
    rgb = _lay_surface(scene.surface, view)
    lamp = Lamp.seen(scene.light, view.turn_rad, view.resolution)
    _lay_things(rgb, [(0, one) for one in scene.clutter], view, lamp)  # without labels
    seen: list[Seen] = []
    for number in range(len(scene.containers)):
        seen += _lay_container(rgb, scene, number, view, lamp)
    seen += _lay_things(rgb, _items_in(scene, None), view, lamp)
    return _photo(expose(rgb, view, scene.light, scene.optics, chance), _uncovered(seen))


def encode_jpeg(rgb: NDArray[np.uint8], quality: int = 90) -> bytes:
    """Return a picture as JPEG."""
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    is_encoded, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not is_encoded:
        raise InvalidInputError("the picture cannot be written as JPEG")
    return bytes(data)


def _lay_surface(surface: Surface, view: View) -> NDArray[np.uint8]:
    """Return the bare table, its texture fixed to the table's own frame."""
    texel = max(_FINEST_TEXEL_PX, 1 / view.resolution)
    tile = draw_surface(surface.name, surface.seed, surface.tile_px, texel)
    texel = surface.tile_px / len(tile)
    # Tile rows run down; the table's y runs ahead. The tile's corner lies at (0, 1500).
    from_table = view.affine
    from_tile = np.column_stack([from_table[:, :2] * (texel, -texel), from_table @ (0, 1500, 1)])
    from_tile[:, 2] += from_tile[:, :2] @ (0.5, 0.5) - 0.5
    height, width = view.shape
    return np.asarray(
        cv2.warpAffine(
            tile, from_tile, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        ),
        np.uint8,
    )


def _lay_container(
    rgb: NDArray[np.uint8], scene: Scene, number: int, view: View, lamp: Lamp
) -> list[Seen]:
    """Draw a container, what lies in it, and the shadow of its wall over both."""
    container = scene.containers[number]
    sprite = draw_container(container, view.resolution)
    x, y = view.project([container.centre_xy_px])[0]
    angle = container.angle_rad + view.turn_rad
    scale = max(container.size_px) * view.resolution / sprite.length_px
    deep = _CONTAINER_HEIGHT_PX * view.resolution
    shown = lay_sprite(rgb, sprite, Pose((float(x), float(y)), angle, scale), lamp, deep)
    if shown is None:
        return []
    items = _lay_things(rgb, _items_in(scene, number), view, lamp)
    c, s = np.cos(angle), np.sin(angle)
    opening = opening_px(container) @ np.array([[c, s], [-s, c]]) * view.resolution + (x, y)
    lay_cavity(rgb, opening, lamp, deep)
    return [(shown, Label.CONTAINER, number), *items]


def _items_in(scene: Scene, container: int | None) -> list[tuple[int, TableItem]]:
    """Return what lies in a container, or free, with its numbers, the lowest first."""
    numbered = ((i, scene.items[i]) for i in scene.items_from_below)
    return [(i, item) for i, item in numbered if item.contained_in == container]


def _lay_things(
    rgb: NDArray[np.uint8], things: Sequence[tuple[int, TableItem]], view: View, lamp: Lamp
) -> list[Seen]:
    """Draw things, each over those before it; return where they show, whatever covers them."""
    seen: list[Seen] = []
    for i, item in things:
        x, y = view.project([item.centre_xy_px])[0]
        reach = (item.radius_px + 50) * view.resolution
        if not (-reach < x < rgb.shape[1] + reach and -reach < y < rgb.shape[0] + reach):
            continue
        sprite = draw_item(item, view.resolution)
        scale = item.length_px * view.resolution / sprite.length_px
        pose = Pose((float(x), float(y)), item.angle_rad + view.turn_rad, scale)
        tallest = float(sprite.relief[..., 0].max()) * item.length_px
        tall = float(np.clip(tallest, *_ITEM_HEIGHT_PX)) if tallest > 0 else 0.0
        shown = lay_sprite(rgb, sprite, pose, lamp, tall * view.resolution)
        if shown is not None:
            seen.append((shown, Label.ITEM, i))
    return seen


def draw_item(item: TableItem, resolution: float) -> Sprite:
    """Return an item, unlit, for pictures of that resolution; the last few are remembered."""
    return _draw_item(item.kind, item.seed, item.length_px * resolution)


@lru_cache(maxsize=64)
def _draw_item(kind: str, seed: int, length_px: float) -> Sprite:
    return kind_named(kind).draw(np.random.default_rng(seed), length_px)


def _uncovered(seen: Sequence[Seen]) -> list[Seen]:
    """Return what is left of each thing under the items that were laid after it.

    Containers stay whole: what lies in one hides nothing of it that its box is about.
    """
    left: list[Seen] = []
    for k, (footprint, label, index) in enumerate(seen):
        shown: Footprint | None = footprint
        for other, other_label, _ in seen[k + 1 :]:
            if shown is not None and label == other_label == Label.ITEM:
                shown = shown.under(other)
        if shown is not None:
            left.append((shown, label, index))
    return left


def _photo(rgb: NDArray[np.uint8], seen: list[Seen]) -> Photo:
    visible = [row for row in seen if row[0].visible_fraction >= VISIBLE_FRACTION]
    visible.sort(key=lambda row: (-row[1], row[2]))
    boxes = np.array([row[0].xyxy_px for row in visible], np.float32).reshape(-1, 4)
    return Photo(
        rgb,
        boxes,
        np.array([row[1] for row in visible], np.int64),
        np.array([row[2] for row in visible], np.int64),
        np.array([row[0].visible_fraction for row in visible], np.float32),
    )
