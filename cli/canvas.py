"""Drawing on photographs so that it can be read on any of them: smooth, cased, in few colours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

NIGHT: Colour = (18, 22, 30)
PAPER: Colour = (240, 243, 248)
DIM: Colour = (158, 167, 181)
GREY: Colour = (168, 174, 182)
RED: Colour = (255, 77, 79)
PALETTE: tuple[Colour, ...] = (
    (86, 180, 233),
    (255, 176, 32),
    (46, 204, 138),
    (240, 122, 190),
    (250, 235, 80),
    (255, 110, 64),
    (160, 135, 255),
    (120, 220, 220),
)
"""Told apart also by those who see few colours. Source: after Okabe and Ito, brightened."""

OVERSAMPLE = 2
CASING: tuple[int, int, int, int] = (10, 12, 16, 170)


def colour_of(number: int) -> Colour:
    """Return the colour of a container and of the items that go there."""
    return PALETTE[number % len(PALETTE)]


def letter_of(number: int) -> str:
    """Return a container's name: A, B, ... Z, then A2, B2, ..."""
    again, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(again + 1) if again else "")


@lru_cache(maxsize=32)
def font(size_px: int, *, is_bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font of all pictures, which matplotlib brings along."""
    name = "DejaVuSans-Bold.ttf" if is_bold else "DejaVuSans.ttf"
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / name), size_px)


class Canvas:
    """A picture to draw on. Places and sizes are in its pixels."""

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self._under = Image.fromarray(rgb)
        width, height = self._under.size
        self._over = Image.new("RGBA", (width * OVERSAMPLE, height * OVERSAMPLE))
        self._draw = ImageDraw.Draw(self._over)

    def polygon(
        self, points: ArrayLike, colour: Colour, width_px: float = 4, fill: float = 0.0
    ) -> None:
        """Outline a polygon ``(k, 2)``, and cover it by the share ``fill`` of its colour."""
        corners = _flat(points)
        if fill:
            self._draw.polygon(corners, fill=(*colour, round(255 * fill)))
        closed = [*corners, *corners[:4]]
        self._stroke(closed, colour, width_px)

    def line(self, points: ArrayLike, colour: Colour, width_px: float = 4) -> None:
        """Draw through points ``(k, 2)``."""
        self._stroke(_flat(points), colour, width_px)

    def arrow(self, start: ArrayLike, end: ArrayLike, colour: Colour, width_px: float = 4) -> None:
        """Draw a slightly bent arrow."""
        path = _bow(np.asarray(start, np.float64), np.asarray(end, np.float64))
        head = width_px * 4
        towards = path[-1] - path[-4]
        length = float(np.hypot(*towards)) or 1.0
        ahead = towards / length
        aside = np.array([-ahead[1], ahead[0]])
        neck = path[-1] - ahead * head
        self._stroke(_flat([*path[:-3], neck]), colour, width_px)
        tip = _flat([path[-1], neck + aside * head * 0.5, neck - aside * head * 0.5])
        self._draw.polygon(tip, fill=(*colour, 255), outline=CASING)

    def badge(self, xy: ArrayLike, text: str, colour: Colour, radius_px: float = 17) -> None:
        """Draw a disc that bears a short text."""
        x, y = (float(value) * OVERSAMPLE for value in np.asarray(xy, np.float64))
        r = radius_px * OVERSAMPLE
        self._draw.ellipse((x - r - 4, y - r - 4, x + r + 4, y + r + 4), fill=CASING)
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=(*colour, 255))
        letters = font(round(r * (1.15 if len(text) < 2 else 0.95)), is_bold=True)
        self._draw.text((x, y), text, (*NIGHT, 255), letters, anchor="mm")

    def label(self, xy: ArrayLike, text: str, colour: Colour, size_px: int = 24) -> None:
        """Write on a rounded plate whose middle lies at ``xy``, pushed into the picture."""
        letters = font(size_px * OVERSAMPLE, is_bold=True)
        width = self._draw.textlength(text, letters) + size_px * OVERSAMPLE
        height = size_px * OVERSAMPLE * 1.5
        x, y = (float(value) * OVERSAMPLE for value in np.asarray(xy, np.float64))
        x = float(np.clip(x, width / 2 + 8, max(self._over.width - width / 2 - 8, width / 2 + 8)))
        y = float(np.clip(y, height / 2 + 8, self._over.height - height / 2 - 8))
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        self._draw.rounded_rectangle(box, height / 3, fill=(*colour, 240), outline=CASING, width=3)
        self._draw.text((x, y), text, (*NIGHT, 255), letters, anchor="mm")

    def image(self) -> Image.Image:
        """Return the picture with everything that was drawn."""
        over = self._over.resize(self._under.size, Image.Resampling.BOX)
        return Image.alpha_composite(self._under.convert("RGBA"), over).convert("RGB")

    def _stroke(self, corners: list[float], colour: Colour, width_px: float) -> None:
        width = width_px * OVERSAMPLE
        self._draw.line(corners, fill=CASING, width=round(width * 1.8), joint="curve")
        self._draw.line(corners, fill=(*colour, 255), width=round(width), joint="curve")


def _flat(points: ArrayLike) -> list[float]:
    scaled = np.asarray(points, np.float64).reshape(-1, 2) * OVERSAMPLE
    return [float(value) for value in scaled.ravel()]


def _bow(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of a shallow arc from start to end."""
    straight = end - start
    control = (start + end) / 2 + np.array([-straight[1], straight[0]]) * 0.12
    t = np.linspace(0, 1, 40)[:, None]
    arc: NDArray[np.float64] = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    return arc


def framed(
    picture: Image.Image,
    title: str,
    subtitle: str,
    legend: Sequence[tuple[Colour, str]] = (),
) -> Image.Image:
    """Set a picture under a title and over a legend."""
    unit = max(picture.width // 60, 18)
    above, below = unit * 4, unit * 3 if legend else unit
    frame = Image.new("RGB", (picture.width + 2 * unit, picture.height + above + below), NIGHT)
    frame.paste(picture, (unit, above))
    draw = ImageDraw.Draw(frame)
    draw.text((unit, unit * 0.7), title, PAPER, font(round(unit * 1.25), is_bold=True))
    draw.text((unit, unit * 2.45), subtitle, DIM, font(round(unit * 0.85)))
    _write_legend(draw, legend, unit, above + picture.height + below / 2)
    return frame


def _write_legend(
    draw: ImageDraw.ImageDraw, legend: Sequence[tuple[Colour, str]], unit: int, y: float
) -> None:
    letters = font(round(unit * 0.8))
    x = float(unit)
    for colour, text in legend:
        draw.ellipse((x, y - unit * 0.4, x + unit * 0.8, y + unit * 0.4), fill=colour)
        draw.text((x + unit * 1.15, y), text, PAPER, letters, anchor="lm")
        x += unit * 2.4 + draw.textlength(text, letters)
