"""Pictures varied cheaply, in numpy, so that nets learn what matters."""

from __future__ import annotations

import numpy as np

from sorter.types import BoxArray, FloatArray
from vision.networks import resized_rgb
from vision.ports import RgbImage
from vision.training.prepared import SMALLEST_SIDE_PX, Labelled

_ZOOMS = (0.5, 1.3)  # sides of what is looked at, of the whole
_MOST_STRETCH = 0.15
_SMALLEST_KEPT_SHARE = 0.4  # of a box's area; what shows less of itself is no longer asked for


def varied_view(
    image_rgb: RgbImage, xyxy_px: BoxArray, rng: np.random.Generator
) -> tuple[RgbImage, BoxArray]:
    """Mirror a view at random, boxes with it, and vary its light and colour."""
    height, width = image_rgb.shape[:2]
    boxes = xyxy_px.copy()
    if rng.random() < 0.5:
        image_rgb = image_rgb[:, ::-1]
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    if rng.random() < 0.5:
        image_rgb = image_rgb[::-1]
        boxes[:, [1, 3]] = height - boxes[:, [3, 1]]
    return varied_colour(image_rgb, rng), boxes


def varied_photograph(
    photograph: Labelled, size_px: tuple[int, int], window: float, rng: np.random.Generator
) -> Labelled:
    """Look at a part of a photograph, or at more than there is, turned and mirrored at random.

    Args:
        photograph: Of any size; see ``vision.training.prepared``.
        size_px: Width and height of the result.
        window: Share of the photograph's sides that counts as the whole of it.

    Returns:
        The part at ``size_px``, with the boxes that keep at least 40 % of their area in it.
    """
    image, boxes, labels = _turned(photograph, rng)
    frame = _frame(image, boxes, size_px, window, rng)
    x_min, y_min, x_max, y_max = frame
    part = resized_rgb(_framed(image, frame, rng), size_px)
    scale = np.array([size_px[0] / (x_max - x_min), size_px[1] / (y_max - y_min)] * 2, np.float32)
    moved = (boxes - np.array([x_min, y_min, x_min, y_min], np.float32)) * scale
    seen = np.clip(moved, 0, np.array([*size_px, *size_px], np.float32)).astype(np.float32)
    kept = _areas(seen) >= _SMALLEST_KEPT_SHARE * _areas(moved)
    kept &= ((seen[:, 2:] - seen[:, :2]) >= SMALLEST_SIDE_PX).all(axis=1)
    if rng.random() < 0.2:
        part = part[..., rng.permutation(3)]  # a red handle may as well be blue
    view, mirrored = varied_view(part, seen[kept], rng)
    return view, mirrored, labels[kept]


def _turned(photograph: Labelled, rng: np.random.Generator) -> Labelled:
    """Turn a photograph by a quarter to the left, one time in two."""
    image, boxes, labels = photograph
    if rng.random() < 0.5:
        return image, boxes, labels
    width_px = image.shape[1]
    x_min, y_min, x_max, y_max = boxes.T
    turned = np.stack([y_min, width_px - x_max, y_max, width_px - x_min], axis=1)
    return np.rot90(image), turned, labels


def _frame(
    image_rgb: RgbImage,
    xyxy_px: BoxArray,
    size_px: tuple[int, int],
    window: float,
    rng: np.random.Generator,
) -> tuple[int, int, int, int]:
    """Choose what to look at: xyxy in whole pixels, beyond the picture where it is larger.

    Small windows are laid around something, three times in four.
    """
    height, width = image_rgb.shape[:2]
    stretch = float(np.exp(rng.uniform(-_MOST_STRETCH, _MOST_STRETCH)))
    aspect = size_px[0] / size_px[1] * stretch
    share = window * float(np.exp(rng.uniform(*np.log(_ZOOMS))))
    side_x = max(8, round(min(width, height * aspect) * share))
    side_y = max(8, round(min(height, width / aspect) * share))
    x, y = (
        int(rng.integers(min(0, whole - side), max(0, whole - side) + 1))
        for whole, side in ((width, side_x), (height, side_y))
    )
    if window < 1 and len(xyxy_px) and rng.random() < 0.75:
        box = xyxy_px[int(rng.integers(len(xyxy_px)))]
        place = (box[:2] + box[2:]) / 2 - rng.uniform(0.15, 0.85, 2) * (side_x, side_y)
        x = int(np.clip(place[0], min(0, width - side_x), max(0, width - side_x)))
        y = int(np.clip(place[1], min(0, height - side_y), max(0, height - side_y)))
    return x, y, x + side_x, y + side_y


def _framed(
    image_rgb: RgbImage, frame: tuple[int, int, int, int], rng: np.random.Generator
) -> RgbImage:
    """Cut out a frame; where it reaches beyond the picture, one colour of the picture is laid."""
    x_min, y_min, x_max, y_max = frame
    height, width = image_rgb.shape[:2]
    inside = image_rgb[max(0, y_min) : y_max, max(0, x_min) : x_max]
    if inside.shape[:2] == (y_max - y_min, x_max - x_min):
        return inside
    colour = image_rgb[int(rng.integers(height)), int(rng.integers(width))]
    framed = np.broadcast_to(colour, (y_max - y_min, x_max - x_min, 3)).copy()
    top, left = max(0, -y_min), max(0, -x_min)
    framed[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return framed


def _areas(xyxy_px: BoxArray) -> BoxArray:
    sides = np.maximum(xyxy_px[:, 2:] - xyxy_px[:, :2], 0)
    areas: BoxArray = sides[:, 0] * sides[:, 1]
    return areas


def varied_colour(image_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Vary brightness, contrast, tint and noise by amounts that a lamp and a camera would."""
    gain = rng.uniform(0.8, 1.25) * rng.uniform(0.94, 1.06, 3)
    gamma = rng.uniform(0.85, 1.18)
    levels = np.linspace(0, 1, 256)[:, None] ** gamma * gain * 255
    table = np.clip(levels, 0, 255).astype(np.uint8)
    varied: RgbImage = np.stack([table[image_rgb[..., c], c] for c in range(3)], axis=-1)
    if rng.random() < 0.3:
        noise: FloatArray = rng.normal(0, rng.uniform(1, 5), varied.shape).astype(np.float32)
        varied = np.clip(varied + noise, 0, 255).astype(np.uint8)
    return varied
