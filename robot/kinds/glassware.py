"""Things that one sees through: glass and clear plastic, and what they hold."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Mask, Points, Rgb, arc
from robot.kinds.materials import BLACK_OXIDES, BRASSES, PLASTICS, STEELS, WOODS, pick, scaled
from robot.kinds.outlines import blob, both, mirrored, without

_TINTS: tuple[Rgb, ...] = (
    (200, 226, 226),
    (110, 176, 214),
    (120, 200, 140),
    (230, 176, 90),
    (206, 120, 160),
)
_CLEAR: Rgb = (240, 246, 246)
_WHITE: Rgb = (252, 253, 253)


def _glint(canvas: Canvas, mask: Mask, points: Points, width: float, plain: float) -> None:
    """Paint a reflection of the lamp onto glass."""
    canvas.paint(both(mask, canvas.stroke(points, width)), _WHITE, plain)


def glass_pebble(canvas: Canvas, rng: np.random.Generator) -> None:
    """A flat drop of coloured glass, bright on the side where the light leaves it."""
    tint = pick(rng, _TINTS)
    a, b = 0.48, rng.uniform(0.4, 0.47)
    drop = canvas.polygon(blob(rng, 0.03) * (1.0, b / a))
    canvas.add(drop, tint, height=0.16, bevel=0.3, gloss=0.44, clear=0.72)
    rim = without(drop, canvas.ellipse(0, 0, a - 0.07, b - 0.07))
    canvas.paint(rim, scaled(tint, 0.45), 0.3)
    lit = without(canvas.ellipse(0.03, 0.05, 0.34, 0.3), canvas.ellipse(-0.04, -0.06, 0.34, 0.3))
    canvas.paint(lit, scaled(tint, 1.5), 0.45)
    _glint(canvas, drop, arc(-0.02, -0.02, 0.3, 0.27, 195, 265, 12), 0.06, 0.7)


def glass_vial(canvas: Canvas, rng: np.random.Generator) -> None:
    """A sample tube on its side: round end, clear wall, some liquid, a stopper."""
    r = rng.uniform(0.1, 0.13)
    outline = np.concatenate([[(0.36, -r), (0.36, r)], arc(-0.49 + r, 0, r, r, 90, 270, 16)])
    tube = canvas.polygon(outline)
    canvas.add(tube, _CLEAR, height=r, bevel=r, gloss=0.42, clear=0.86)
    level = rng.uniform(-0.2, 0.15)
    inner = np.concatenate(
        [
            [(level, -r * 0.8), (level + 0.02, r * 0.8)],
            arc(-0.49 + r, 0, r * 0.82, r * 0.82, 90, 270, 16),
        ]
    )
    liquid = canvas.polygon(inner)
    canvas.add(liquid, pick(rng, PLASTICS), height=r, bevel=r, gloss=0.42, clear=0.45)
    canvas.paint(without(tube, canvas.box(-0.05, 0, 0.98, 1.7 * r, r)), (120, 140, 140), 0.4)
    _glint(canvas, tube, ((-0.36, -r * 0.5), (0.3, -r * 0.5)), 0.025, 0.8)
    stopper = pick(rng, (*WOODS, *PLASTICS[:4], *BLACK_OXIDES))
    canvas.add(
        canvas.box(0.42, 0, 0.14, 2.25 * r, 0.02), stopper, height=r, bevel=r, axis_y=0, gloss=0.2
    )
    canvas.add(canvas.box(0.32, 0, 0.08, 1.6 * r), scaled(stopper, 0.85), height=r * 0.8, gloss=0.2)


def zip_bag(canvas: Canvas, rng: np.random.Generator) -> None:
    """A small press-seal bag: clear film in folds, a coloured seal, a white field to write on."""
    w, h = 0.6, rng.uniform(0.7, 0.78)
    bag = canvas.box(0, 0, w, h, 0.015)
    canvas.add(bag, _CLEAR, height=0.03, bevel=0.015, gloss=0.4, clear=0.88)
    for _ in range(7):
        start = rng.uniform((-w / 2, -h / 2 + 0.12), (w / 2, h / 2))
        fold: Points = np.stack(
            [start, start + rng.normal(0, 0.14, 2), start + rng.normal(0, 0.2, 2)]
        )
        _glint(canvas, bag, fold, float(rng.uniform(0.008, 0.03)), float(rng.uniform(0.3, 0.8)))
    canvas.paint(without(bag, canvas.box(0, 0, w - 0.03, h - 0.03, 0.015)), (190, 200, 200), 0.6)
    seal = pick(rng, PLASTICS[:2] + PLASTICS[:4])
    for y in (-h / 2 + 0.07, -h / 2 + 0.11):
        canvas.paint(canvas.box(0, y, w, 0.02), seal, 0.9)
    for y in (0.0, 0.08, 0.16):
        canvas.paint(canvas.box(0, y, w * 0.75, 0.05), (246, 246, 244), 0.85)


def magnifier(canvas: Canvas, rng: np.random.Generator) -> None:
    """A small magnifying glass: a lens in its rim, a collar and a handle."""
    rim, grip = pick(rng, (*STEELS[:2], *BRASSES, *BLACK_OXIDES)), pick(rng, (*PLASTICS, *WOODS))
    radius = rng.uniform(0.21, 0.24)
    x = 0.48 - radius
    canvas.add(canvas.disc(x, 0, radius), rim, height=0.05, bevel=0.02, gloss=0.75)
    lens = canvas.disc(x, 0, radius - 0.035)
    canvas.add(lens, (240, 246, 246), height=0.04, bevel=0.08, gloss=0.44, clear=0.93)
    _glint(canvas, lens, arc(x, 0, radius - 0.07, radius - 0.07, 190, 250, 10), 0.03, 0.75)
    collar = canvas.box(x - radius - 0.04, 0, 0.1, 0.06)
    canvas.add(collar, rim, height=0.04, bevel=0.03, axis_y=0, gloss=0.8)
    end = x - radius - 0.08
    handle = mirrored([(-0.48, 0.045), (-0.44, 0.06), (end - 0.06, 0.05), (end, 0.04)])
    canvas.add(canvas.polygon(handle), grip, height=0.06, bevel=0.06, axis_y=0, gloss=0.45)


def light_bulb(canvas: Canvas, rng: np.random.Generator) -> None:
    """A lamp bulb: a clear or tinted globe, its filament, and a threaded cap."""
    tint = _CLEAR if rng.random() < 0.6 else pick(rng, _TINTS)
    radius = rng.uniform(0.21, 0.26)
    x = 0.48 - radius
    shape = np.concatenate(
        [
            [(-0.14, -0.11), (-0.02, -0.13)],
            arc(x, 0, radius, radius, -125, 125, 36),
            [(-0.02, 0.13), (-0.14, 0.11)],
        ]
    )
    globe = canvas.polygon(shape)
    canvas.add(globe, tint, height=radius, bevel=radius, gloss=0.44, clear=0.92)
    for y in (-0.035, 0.035):
        canvas.paint(canvas.stroke(((-0.15, y), (x - 0.03, 2 * y)), 0.012), (110, 105, 100), 0.9)
    coil = np.stack([np.full(9, x - 0.03), np.linspace(-0.07, 0.07, 9)], axis=1)
    coil[1::2, 0] += 0.03
    canvas.paint(canvas.stroke(coil, 0.014), (150, 90, 50), 0.95)
    inside = canvas.polygon(shape * (0.93, 0.9) + (0.012, 0.0))
    canvas.paint(without(globe, inside), scaled(tint, 0.55), 0.45)
    _glint(canvas, globe, arc(x, 0, radius * 0.7, radius * 0.7, 200, 260, 12), 0.05, 0.8)
    cap = pick(rng, STEELS[:2] + BRASSES)
    body = canvas.box(-0.27, 0, 0.28, 0.24, 0.02)
    canvas.add(body, cap, height=0.12, bevel=0.12, axis_y=0, gloss=0.8)
    grooves: list[Points] = [
        ((at, -0.12), (at + 0.03, 0.12)) for at in (-0.37, -0.31, -0.25, -0.19)
    ]
    canvas.engrave(both(body, canvas.lines(grooves, 0.022)), 0.02, 0.45)
    foot = canvas.polygon(mirrored([(-0.49, 0.03), (-0.41, 0.1)]))
    canvas.add(foot, (36, 34, 36), height=0.08, bevel=0.06, gloss=0.3)
    canvas.add(canvas.box(-0.475, 0, 0.03, 0.07, 0.01), (170, 172, 175), height=0.06, gloss=0.7)


def blister_pack(canvas: Canvas, rng: np.random.Generator) -> None:
    """A strip of foil with tablets under clear bubbles, one or two of them pressed out."""
    columns = int(rng.integers(3, 5))
    pitch = 0.9 / columns
    h = pitch * 2 + 0.02
    canvas.add(
        canvas.box(0, 0, 0.93, h, 0.04), (196, 200, 204), height=0.02, bevel=0.01, gloss=0.62
    )
    canvas.engrave(canvas.lines([((-0.46, 0), (0.46, 0))], 0.008), 0.01, 0.3)
    pill = pick(rng, (*PLASTICS, (244, 242, 236), (244, 242, 236), (244, 242, 236)))
    is_gone = rng.random(2 * columns) < 0.18
    for i, gone in enumerate(is_gone):
        x, y = (i // 2 - (columns - 1) / 2) * pitch, (i % 2 - 0.5) * pitch
        bubble = canvas.disc(x, y, pitch * 0.38)
        inside = (70, 66, 64) if gone else pill
        canvas.add(bubble, (176, 182, 188), lift=0.02, height=0.09, bevel=0.06, gloss=0.6)
        canvas.add(canvas.disc(x, y, pitch * 0.28), inside, lift=0.09, height=0.03, gloss=0.35)
        _glint(
            canvas, bubble, ((x - pitch * 0.2, y - pitch * 0.16), (x, y - pitch * 0.24)), 0.02, 0.7
        )


GLASSWARE = (
    Kind("glass_pebble", glass_pebble, (65, 105)),
    Kind("glass_vial", glass_vial, (105, 155)),
    Kind("zip_bag", zip_bag, (105, 160)),
    Kind("magnifier", magnifier, (105, 155)),
    Kind("light_bulb", light_bulb, (95, 140)),
    Kind("blister_pack", blister_pack, (95, 140)),
)
