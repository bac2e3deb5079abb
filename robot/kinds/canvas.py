"""Drawing one thing as albedo, outline, relief and gloss; it is lit later, where it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError

Rgb = tuple[float, float, float]
"""Red, green and blue in 0 to 255."""

Mask = NDArray[np.uint8]
"""``(n, n)`` uint8, 255 where a part covers the canvas, grey at its antialiased edge."""

Points = Sequence[tuple[float, float]] | NDArray[np.float64]
"""``(k, 2)`` x right and y down, in units of the thing's length, origin at its centre."""

OVERSAMPLING = 1.7
"""Canvas pixels a picture pixel; the warp into the picture averages them."""

_SHIFT = 4  # binary digits behind the point in OpenCV's fixed-point coordinates
_EDGE_PX = 2  # empty pixels kept around a sprite, so that warping finds its edge


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """One thing seen from above, unlit, centred on the middle of its upright bounding box.

    Attributes:
        rgba: ``(h, w, 4)`` uint8, albedo times coverage, then coverage.
        relief: ``(h, w, 2)`` float32: height in units of the thing's length, and gloss in 0 to 1.
        length_px: How many pixels of this sprite make the thing's length.
        clear: ``(h, w)`` float32, how much light passes what is covered, in 0 to 1, tinted by
            the albedo; ``None`` where nothing is see-through.
    """

    rgba: NDArray[np.uint8]
    relief: NDArray[np.float32]
    length_px: float
    clear: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.rgba.shape[:2] != self.relief.shape[:2]:
            raise InvalidInputError("a sprite's colours and relief must have one shape")
        if self.clear is not None and self.clear.shape != self.rgba.shape[:2]:
            raise InvalidInputError("a sprite's colours and clearness must have one shape")


class Canvas:
    """A square on which parts are laid one over the other; its unit is the thing's length."""

    def __init__(self, length_px: float, oversampling: float = OVERSAMPLING) -> None:
        self.unit_px = max(12.0, length_px) * oversampling
        self.n = int(self.unit_px * 1.1) + 2 * _EDGE_PX
        self.rgb = np.zeros((self.n, self.n, 3), np.float32)
        self.alpha = np.zeros((self.n, self.n), np.float32)
        self.height = np.zeros((self.n, self.n), np.float32)
        self.gloss = np.zeros((self.n, self.n), np.float32)
        self.clear = np.zeros((self.n, self.n), np.float32)
        self.is_see_through = False

    # outlines
    def polygon(self, points: Points) -> Mask:
        """Return a filled polygon."""
        mask = np.zeros((self.n, self.n), np.uint8)
        cv2.fillPoly(mask, [self._fixed(points)], 255, cv2.LINE_AA, _SHIFT)
        return mask

    def disc(self, x: float, y: float, radius: float) -> Mask:
        """Return a filled circle."""
        return self.polygon(arc(x, y, radius, radius))

    def ellipse(self, x: float, y: float, a: float, b: float) -> Mask:
        """Return a filled upright ellipse with half axes ``a`` and ``b``."""
        return self.polygon(arc(x, y, a, b))

    def ring(self, x: float, y: float, outer: float, inner: float) -> Mask:
        """Return a circle without the smaller circle inside it."""
        return np.asarray(cv2.subtract(self.disc(x, y, outer), self.disc(x, y, inner)), np.uint8)

    def box(self, x: float, y: float, w: float, h: float, corner: float = 0.0) -> Mask:
        """Return an upright rectangle around ``(x, y)``, its corners rounded by ``corner``."""
        return self.polygon(rounded_box(x, y, w, h, corner))

    def stroke(self, points: Points, width: float, *, is_closed: bool = False) -> Mask:
        """Return a line of that width along the points, its ends round."""
        mask = np.zeros((self.n, self.n), np.uint8)
        thickness = max(1, round(width * self.unit_px))
        cv2.polylines(mask, [self._fixed(points)], is_closed, 255, thickness, cv2.LINE_AA, _SHIFT)
        return mask

    def lines(self, segments: Sequence[Points], width: float) -> Mask:
        """Return many lines of one width."""
        mask = np.zeros((self.n, self.n), np.uint8)
        thickness = max(1, round(width * self.unit_px))
        fixed = [self._fixed(points) for points in segments]
        cv2.polylines(mask, fixed, False, 255, thickness, cv2.LINE_AA, _SHIFT)
        return mask

    def text(self, words: str, x: float, y: float, height: float) -> Mask:
        """Return words centred on ``(x, y)``, their capitals ``height`` tall."""
        mask = np.zeros((self.n, self.n), np.uint8)
        size = height * self.unit_px / 22  # the font's capitals are 22 pixels tall at size 1
        thickness = max(1, round(size * 2.2))
        (w, h), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, thickness)
        at = (int(self._px(x) - w / 2), int(self._px(y) + h / 2))
        cv2.putText(mask, words, at, cv2.FONT_HERSHEY_SIMPLEX, size, 255, thickness, cv2.LINE_AA)
        return mask

    # laying parts
    def add(
        self,
        mask: Mask,
        colour: Rgb,
        *,
        lift: float = 0.0,
        height: float = 0.06,
        bevel: float = 0.03,
        gloss: float = 0.3,
        axis_y: float | None = None,
        clear: float = 0.0,
    ) -> None:
        """Lay a solid part: it rises from ``lift`` to ``lift + height`` over a round ``bevel``.

        With ``axis_y`` it is a rod of radius ``bevel`` whose axis lies along x at that y.
        With ``clear`` that share of the light passes, less where its edge is steep.
        """
        rows, columns = _extent(mask)
        part = mask[rows, columns]
        if part.size == 0:
            return
        inside = _inside_px(part) if axis_y is None else self._rod_px(rows, axis_y, bevel)
        rise = np.clip(inside / (bevel * self.unit_px), 0, 1)
        tall = lift + height * np.sqrt(rise * (2 - rise))
        cover = _cover(part)
        _blend(self.rgb[rows, columns], np.asarray(colour, np.float32), cover[..., None])
        _blend(self.height[rows, columns], tall, cover)
        _blend(self.gloss[rows, columns], gloss, cover)
        if clear or self.is_see_through:
            self.is_see_through = True
            _blend(self.clear[rows, columns], clear * (0.35 + 0.65 * rise), cover)
        alpha = self.alpha[rows, columns]
        np.maximum(alpha, cover, out=alpha)

    def paint(self, mask: Mask, colour: Rgb, opacity: float = 1.0) -> None:
        """Colour what lies there already, without changing its form."""
        rows, columns = _extent(mask)
        cover = mask[rows, columns].astype(np.float32) * (opacity / 255)
        _blend(self.rgb[rows, columns], np.asarray(colour, np.float32), cover[..., None])
        if self.is_see_through:
            _blend(self.clear[rows, columns], 0.0, cover)

    def engrave(self, mask: Mask, depth: float, darken: float = 0.35) -> None:
        """Sink a part into what lies there; a negative depth raises it."""
        rows, columns = _extent(mask)
        cover = _cover(mask[rows, columns])
        self.height[rows, columns] -= depth * cover
        self.rgb[rows, columns] *= 1 - darken * cover[..., None]

    def modulate(self, mask: Mask, factor: NDArray[np.float32]) -> None:
        """Lighten or darken what lies under a mask, by a map ``(n, n)`` of the whole canvas."""
        rows, columns = _extent(mask)
        cover = _cover(mask[rows, columns])
        self.rgb[rows, columns] *= (1 + (factor[rows, columns] - 1) * cover)[..., None]

    def places(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return x ``(1, n)`` and y ``(n, 1)`` of the pixels' centres, in units of the length."""
        at = (np.arange(self.n, dtype=np.float32) + np.float32(0.5 - self.n / 2)) / np.float32(
            self.unit_px
        )
        return at[None, :], at[:, None]

    def cut(self, mask: Mask) -> None:
        """Cut a hole."""
        left = 1 - _cover(mask)
        self.alpha *= left
        self.height *= left

    def multiply(self, factor: NDArray[np.float32]) -> None:
        """Lighten or darken everything by a map that is stretched over the canvas."""
        stretched = cv2.resize(factor, (self.n, self.n), interpolation=cv2.INTER_CUBIC)
        self.rgb *= stretched[..., None]

    def streak(self, rng: np.random.Generator, strength: float) -> None:
        """Brush everything along x."""
        grooves = rng.standard_normal((72, 3)).astype(np.float32)
        self.multiply(1 + strength * np.clip(grooves, -2, 2))

    def finish(self, rng: np.random.Generator, scratches: float = 0.3) -> Sprite:
        """Wear the thing, with scratches at most that plain; return it cut to its bounding box."""
        self._wear(rng, scratches)
        rows, columns = _extent((self.alpha > 0.5).astype(np.uint8), _EDGE_PX)
        alpha = self.alpha[rows, columns]
        rgba = np.empty((*alpha.shape, 4), np.uint8)
        np.clip(self.rgb[rows, columns], 0, 255, out=self.rgb[rows, columns])
        rgba[..., :3] = self.rgb[rows, columns] * alpha[..., None] + 0.5
        rgba[..., 3] = alpha * 255 + 0.5
        relief = np.empty((*alpha.shape, 2), np.float32)
        relief[..., 0] = self.height[rows, columns] * alpha
        relief[..., 1] = self.gloss[rows, columns]
        clear = self.clear[rows, columns].copy() if self.is_see_through else None
        return Sprite(rgba, relief, self.unit_px, clear)

    def _wear(self, rng: np.random.Generator, plainness: float) -> None:
        """Stain, scratch and darken at the edges, each by chance."""
        stains = cv2.GaussianBlur(rng.standard_normal((14, 14)).astype(np.float32), (0, 0), 1.2)
        dirt = float(rng.uniform(0.03, 0.16))
        self.multiply(1 + dirt * np.clip(stains * 1.6, -2, 1))
        n_scratches = int(rng.integers(0, 7))
        starts = rng.uniform(-0.45, 0.45, (n_scratches, 2))
        ends = starts + rng.normal(0, 0.12, (n_scratches, 2))
        if n_scratches:
            scratches = self.lines(list(np.stack([starts, ends], axis=1)), 0.004)
            self.paint(scratches, (235, 235, 230), float(rng.uniform(0.25, 1)) * plainness)
        soft = cv2.blur(self.alpha, (max(3, self.n // 24),) * 2)
        self.rgb *= 1 - float(rng.uniform(0.15, 0.4)) * np.clip(1 - soft, 0, 0.7)[..., None]

    def _rod_px(self, rows: slice, axis_y: float, radius: float) -> NDArray[np.float32]:
        """Return how far within a rod each row lies, ``(rows, 1)``, in pixels."""
        at = np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5 - self._px(axis_y)
        return np.asarray(radius * self.unit_px - np.abs(at), np.float32)[:, None]

    def _px(self, at: float) -> float:
        return at * self.unit_px + self.n / 2

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        # OpenCV's whole numbers are pixel centres, ours pixel corners: half a pixel apart.
        px = np.asarray(points, np.float64) * self.unit_px + (self.n / 2 - 0.5)
        return np.round(px * (1 << _SHIFT)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing.

    Attributes:
        draw_on: Draws one thing of this kind, within the circle of diameter 1 around the origin.
        length_px: The shortest and longest that such a thing is at full camera resolution.
    """

    name: str
    draw_on: Callable[[Canvas, np.random.Generator], None]
    length_px: tuple[float, float]

    def draw(self, rng: np.random.Generator, scale_px: float) -> Sprite:
        """Return one thing, drawn for pictures in which it is ``scale_px`` long.

        The same state of ``rng`` gives the same thing at every scale.
        """
        canvas = Canvas(scale_px)
        self.draw_on(canvas, rng)
        return canvas.finish(rng)


def arc(
    x: float, y: float, a: float, b: float, start_deg: float = 0, end_deg: float = 360, n: int = 48
) -> NDArray[np.float64]:
    """Return ``n`` points of an ellipse with half axes ``a`` and ``b``, angles clockwise from x."""
    angle = np.radians(np.linspace(start_deg, end_deg, n))
    return np.stack([x + a * np.cos(angle), y + b * np.sin(angle)], axis=1)


def regular(n: int, radius: float, turn_deg: float = 0, x: float = 0, y: float = 0) -> Points:
    """Return a regular polygon with its corners on a circle."""
    return arc(x, y, radius, radius, turn_deg, turn_deg + 360, n + 1)[:-1]


def rounded_box(x: float, y: float, w: float, h: float, corner: float) -> NDArray[np.float64]:
    """Return the outline of an upright rectangle with rounded corners."""
    if corner <= 0:
        return np.asarray(_SQUARE * (w / 2, h / 2) + (x, y))
    r = min(corner, w / 2, h / 2)
    return np.asarray(_CORNERS * (w / 2 - r, h / 2 - r) + _QUARTERS * r + (x, y))


_SQUARE = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)])
_CORNERS = np.repeat(_SQUARE, 9, axis=0)
_QUARTERS = np.concatenate([arc(0, 0, 1, 1, at, at + 90, 9) for at in (0, 90, 180, 270)])


def _inside_px(part: Mask) -> NDArray[np.float32]:
    """Return how far inside its edge each point of a part lies, in pixels."""
    padded = cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    solid = (padded > 127).astype(np.uint8)
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV's last bit depends on where the memory lies; squares of these are whole numbers.
    return np.asarray(np.sqrt(np.round(np.square(inside[1:-1, 1:-1]))), np.float32)


def _extent(mask: NDArray[np.uint8], margin: int = 0) -> tuple[slice, slice]:
    x, y, w, h = cv2.boundingRect(mask)
    top, left = max(0, y - margin), max(0, x - margin)
    return slice(top, y + h + margin), slice(left, x + w + margin)


def _cover(mask: Mask) -> NDArray[np.float32]:
    """Return how much of each pixel a part covers, in 0 to 1."""
    return np.asarray(mask.astype(np.float32) / 255, np.float32)


def _blend(
    into: NDArray[np.float32], value: NDArray[np.float32] | float, cover: NDArray[np.float32]
) -> None:
    into += (value - into) * cover
