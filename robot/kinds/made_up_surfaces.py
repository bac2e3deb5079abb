"""What made-up things are covered with: stripes, dots, grain, wrinkles, print, circuits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds.canvas import Canvas, Mask, Points, Rgb
from robot.kinds.made_up_outlines import Numbers
from robot.kinds.materials import jittered, scaled


@dataclass(frozen=True, slots=True, eq=False)
class Coat:
    """What a covering is made from.

    Attributes:
        mask: The body that is covered.
        numbers: Determine the pattern.
        colour: The second one; the body has the first one already.
        rng: Draws what differs from one thing of a kind to the next.
    """

    canvas: Canvas
    mask: Mask
    numbers: Numbers
    colour: Rgb
    rng: np.random.Generator


Surface = Callable[[Coat], None]
"""Covers a body."""

_LETTERS = "ABCDEFGHIKLMNOPRSTUVX0123456789"


def noise(rng: np.random.Generator, cells: int, n: int) -> NDArray[np.float32]:
    """Return smooth noise of unit variance, ``(n, n)``, its lumps a ``cells``-th of the side."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (n, n), interpolation=cv2.INTER_CUBIC), np.float32)


def within(mask: Mask, cover: NDArray[np.float32]) -> Mask:
    """Return a part covered by ``cover`` in 0 to 1, nothing beyond the body."""
    return np.asarray(mask * np.clip(cover, 0, 1), np.uint8)


def words(rng: np.random.Generator, longest: int = 7) -> str:
    """Return letters and digits as they stand on things."""
    return "".join(rng.choice(list(_LETTERS), int(rng.integers(1, longest + 1))))


def _waves(canvas: Canvas, angle: float, per_unit: float) -> NDArray[np.float32]:
    at = (np.arange(canvas.n, dtype=np.float32) - canvas.n / 2) / canvas.unit_px * per_unit
    phase = np.cos(angle) * at[None, :] + np.sin(angle) * at[:, None]
    return np.asarray(np.cos(2 * np.pi * phase), np.float32)


def _edge(wave: NDArray[np.floating], share: float, sharpness: float) -> NDArray[np.float32]:
    return np.asarray((wave + 2 * share - 1) * sharpness + 0.5, np.float32)


def _plain(coat: Coat) -> None:
    """Leave it all but as it is."""
    shades = noise(coat.rng, 5, coat.canvas.n)
    coat.canvas.paint(within(coat.mask, shades * 0.12 * coat.numbers[0]), coat.colour)


def _stripes(coat: Coat) -> None:
    canvas, mask, p, colour = coat.canvas, coat.mask, coat.numbers, coat.colour
    angle = round(p[0] * 4) * np.pi / 4
    wave = _waves(canvas, angle, 2 + 9 * p[1] ** 2)
    canvas.paint(within(mask, _edge(wave, 0.2 + 0.6 * p[2], 1 + 6 * p[3])), colour)


def _checks(coat: Coat) -> None:
    canvas, mask, p, colour = coat.canvas, coat.mask, coat.numbers, coat.colour
    per_unit, angle = 2 + 8 * p[1] ** 2, p[0] * np.pi / 2
    wave = np.multiply(_waves(canvas, angle, per_unit), _waves(canvas, angle + np.pi / 2, per_unit))
    canvas.paint(within(mask, _edge(wave, 0.25 + 0.5 * p[2], 1 + 5 * p[3])), colour)


def _dots(coat: Coat) -> None:
    canvas, mask, p, colour = coat.canvas, coat.mask, coat.numbers, coat.colour
    per_unit, angle = 3 + 7 * p[1], p[0] * np.pi / 2
    wave = _waves(canvas, angle, per_unit) + _waves(canvas, angle + np.pi / 2, per_unit)
    cover = within(mask, _edge(wave / 2, 0.2 + 0.3 * p[2], 5))
    canvas.paint(cover, colour)
    if p[4] > 0.6:
        canvas.engrave(cover, 0.03 * (1 if p[5] > 0.5 else -1), 0.3 * p[6])


def _grain(coat: Coat) -> None:
    """Lines along x that wander, as in wood or brushed metal."""
    canvas, mask, p, colour, rng = coat.canvas, coat.mask, coat.numbers, coat.colour, coat.rng
    long, across = 2 + int(4 * p[0]), 20 + int(40 * p[1])
    lines = cv2.resize(
        rng.standard_normal((across, long)).astype(np.float32),
        (canvas.n, canvas.n),
        interpolation=cv2.INTER_LINEAR,
    )
    canvas.paint(within(mask, lines * (0.15 + 0.4 * p[2])), colour)


def _mottle(coat: Coat) -> None:
    """Patches, large or as fine as speckles, with soft or sharp rims."""
    canvas, mask, p, colour, rng = coat.canvas, coat.mask, coat.numbers, coat.colour, coat.rng
    patches = noise(rng, 4 + int(36 * p[0] ** 1.5), canvas.n)
    canvas.paint(within(mask, (patches - 1.4 * (p[1] - 0.3)) * (0.4 + 4 * p[2] ** 2)), colour)


def _wrinkles(coat: Coat) -> None:
    """Folds of skin, shell or bark, along the thing or every way."""
    canvas, mask, p, colour, rng = coat.canvas, coat.mask, coat.numbers, coat.colour, coat.rng
    cells = 5 + int(14 * p[0])
    if p[1] > 0.5:
        field = cv2.resize(
            rng.standard_normal((cells * 2, max(3, cells // 2))).astype(np.float32),
            (canvas.n, canvas.n),
            interpolation=cv2.INTER_CUBIC,
        )
    else:
        field = noise(rng, cells, canvas.n)
    thin = 0.12 + 0.3 * p[2]
    canvas.paint(within(mask, 0.6 * noise(rng, 4, canvas.n) * p[5]), colour)
    canvas.engrave(within(mask, 1 - np.abs(field) / thin), 0.015 + 0.05 * p[3], 0.15 + 0.4 * p[4])


def _fade(coat: Coat) -> None:
    canvas, mask, p, colour = coat.canvas, coat.mask, coat.numbers, coat.colour
    at = (np.arange(canvas.n, dtype=np.float32) - canvas.n / 2) / canvas.unit_px
    if p[0] > 0.6:
        ramp = np.hypot(at[None, :], at[:, None]) * 2.2
    else:
        ramp = np.broadcast_to(at[None, :] + 0.5, (canvas.n, canvas.n))
    shift = (p[1] - 0.5) * 0.8
    canvas.paint(within(mask, ((ramp - 0.5 + shift) * (1 + 8 * p[2] ** 2) + 0.5)), colour)


def _ribs(coat: Coat) -> None:
    """Grooves across, as of a thread, or both ways, as of a knurl."""
    canvas, mask, p = coat.canvas, coat.mask, coat.numbers
    wave = _waves(canvas, 0.25 * (p[0] - 0.5), 8 + 16 * p[1])
    if p[2] > 0.7:
        wave = wave * _waves(canvas, np.pi / 2, 8 + 16 * p[1])
    reach = np.ones(canvas.n, np.float32)
    if p[3] > 0.4:
        at = (np.arange(canvas.n, dtype=np.float32) - canvas.n / 2) / canvas.unit_px
        reach = np.asarray(at > (p[4] - 0.5) * 0.6, np.float32)
    canvas.engrave(within(mask, wave * reach[None, :]), 0.02 + 0.02 * p[5], 0.2 + 0.35 * p[6])


def _rings(coat: Coat) -> None:
    canvas, mask, p, colour = coat.canvas, coat.mask, coat.numbers, coat.colour
    at = (np.arange(canvas.n, dtype=np.float32) - canvas.n / 2) / canvas.unit_px
    wave = np.cos(2 * np.pi * (2 + 8 * p[0]) * np.hypot(at[None, :], at[:, None]))
    cover = within(mask, _edge(wave.astype(np.float32), 0.3 + 0.4 * p[1], 1 + 4 * p[2]))
    if p[3] > 0.5:
        canvas.engrave(cover, 0.03, 0.3)
    else:
        canvas.paint(cover, colour)


def _print(coat: Coat) -> None:
    """Lines of letters, figures and blocks, other ones on each thing."""
    canvas, mask, p, colour, rng = coat.canvas, coat.mask, coat.numbers, coat.colour, coat.rng
    for _ in range(2 + int(5 * p[0])):
        x, y = rng.uniform(-0.3, 0.3), rng.uniform(-0.25, 0.25)
        ink = colour if rng.random() < 0.7 else jittered(rng, scaled(colour, 0.6), 40)
        if rng.random() < 0.35 + 0.6 * p[1]:
            part = canvas.text(words(rng), x, y, 0.04 + 0.12 * p[2] * rng.uniform(0.5, 1))
        else:
            part = canvas.box(x, y, *rng.uniform(0.03, 0.1 + 0.3 * p[3], 2))
        canvas.paint(np.minimum(part, mask), ink, 0.9)


def _pictures(coat: Coat) -> None:
    """A frame, signs in two corners and figures in the middle, as on cards and labels."""
    canvas, mask, p, colour, rng = coat.canvas, coat.mask, coat.numbers, coat.colour, coat.rng
    inks = (colour, (24, 24, 28), (196, 32, 36), jittered(rng, (120, 120, 120), 90))
    ink = inks[int(rng.integers(2 if p[0] < 0.5 else 4))]
    x, y = np.flatnonzero(mask.max(axis=0)), np.flatnonzero(mask.max(axis=1))
    half_w, half_h = (np.ptp(x) / 2 / canvas.unit_px, np.ptp(y) / 2 / canvas.unit_px)
    if p[1] > 0.6:
        w, h = half_w * 1.4, half_h * 1.4
        frame = without_middle(canvas, w, h, 0.012)
        canvas.paint(np.minimum(frame, mask), ink, 0.9)
    sign = words(rng, 2)
    for side in (-1, 1):
        mark = canvas.text(sign, side * half_w * 0.78, side * half_h * 0.72, 0.05 + 0.05 * p[2])
        canvas.paint(np.minimum(mark, mask), ink)
    if rng.random() < 0.7 * p[5]:
        _figures(coat, (half_w, half_h), inks, int(rng.integers(12, 28)), 0.05 + 0.06 * p[3])
    else:
        _figures(coat, (half_w, half_h), (ink,), int(rng.integers(1, 11)), 0.03 + 0.06 * p[3])


def _figures(
    coat: Coat, half: tuple[float, float], inks: Sequence[Rgb], n: int, size: float
) -> None:
    """Lay figures over the middle: a few of one ink, or so many of all that they make a picture."""
    canvas, mask, rng = coat.canvas, coat.mask, coat.rng
    corners = np.arange(3 + int(9 * coat.numbers[4])) * (2.4 if coat.numbers[6] > 0.5 else 1.0)
    for _ in range(n):
        cx, cy = rng.uniform(-0.6, 0.6, 2) * half
        angles = rng.uniform(0, 6.3) + corners
        outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * size + (cx, cy)
        ink = inks[int(rng.integers(len(inks)))]
        canvas.paint(np.minimum(canvas.polygon(outline), mask), ink, 0.95)


def without_middle(canvas: Canvas, w: float, h: float, width: float) -> Mask:
    """Return a thin upright frame."""
    corners: Points = ((-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2))
    return canvas.stroke(corners, width, is_closed=True)


def _circuit(coat: Coat) -> None:
    """Traces, chips, pads and rows of pins, placed anew on each thing as far as numbers allow."""
    canvas, mask, p, colour, rng = coat.canvas, coat.mask, coat.numbers, coat.colour, coat.rng
    x, y = np.flatnonzero(mask.max(axis=0)), np.flatnonzero(mask.max(axis=1))
    half_w, half_h = np.ptp(x) / 2 / canvas.unit_px, np.ptp(y) / 2 / canvas.unit_px
    traces = [
        ((a, b), (a + rng.normal(0, 0.12), b), (a + rng.normal(0, 0.12), b + rng.normal(0, 0.1)))
        for a, b in rng.uniform(-0.9, 0.9, (6, 2)) * (half_w, half_h)
    ]
    canvas.paint(np.minimum(canvas.lines(traces, 0.008), mask), colour, 0.5)
    layout = np.random.default_rng(int(p[0] * 9999) if p[1] > 0.5 else int(rng.integers(2**31)))
    darks: tuple[Rgb, ...] = ((30, 30, 34), (52, 52, 56), (190, 192, 196), (206, 178, 104), colour)
    for _ in range(4 + int(14 * p[2])):
        w, h = layout.uniform(0.03, 0.06 + 0.2 * layout.random() ** 2, 2)
        cx, cy = layout.uniform(-0.85, 0.85, 2) * (half_w, half_h)
        chip = np.minimum(canvas.box(float(cx), float(cy), float(w), float(h)), mask)
        shade = darks[int(layout.integers(len(darks)))]
        canvas.add(chip, jittered(rng, shade), lift=0.05, height=0.03, bevel=0.012, gloss=0.4)
    pins: tuple[Rgb, Rgb] = ((214, 186, 110), (200, 202, 206))
    for side in (-1, 1) if p[3] > 0.3 else (1,):
        for at in np.arange(-0.9 * half_w, 0.9 * half_w, 0.035 + 0.03 * p[4]):
            hole = canvas.disc(float(at), side * half_h * 0.86, 0.011)
            canvas.paint(np.minimum(hole, mask), pins[int(p[5] > 0.5)])


SURFACES: Mapping[str, Surface] = MappingProxyType(
    {
        "plain": _plain,
        "stripes": _stripes,
        "checks": _checks,
        "dots": _dots,
        "grain": _grain,
        "mottle": _mottle,
        "wrinkles": _wrinkles,
        "fade": _fade,
        "ribs": _ribs,
        "rings": _rings,
        "print": _print,
        "pictures": _pictures,
        "circuit": _circuit,
    }
)
"""Every covering by its name."""
