"""Hand tools, small ones, and what they hold."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc, regular
from robot.kinds.materials import BLACK_OXIDES, BRASSES, PLASTICS, STEELS, WOODS, pick, scaled
from robot.kinds.outlines import both, mirrored, without
from robot.kinds.textures import stripes, wood_grain

_GRIPS: tuple[Rgb, ...] = (*PLASTICS[:4], *PLASTICS[5:8], (205, 60, 30))


def hammer(canvas: Canvas, rng: np.random.Generator) -> None:
    """A bench hammer: a wooden handle, its grip dipped in paint, and a steel head across."""
    r = rng.uniform(0.03, 0.038)
    shape = mirrored([(-0.48, r * 0.9), (-0.44, r * 1.3), (-0.2, r * 1.2), (0.1, r), (0.4, r)])
    handle = canvas.polygon(shape)
    canvas.add(handle, pick(rng, WOODS), height=r, bevel=r, axis_y=0, gloss=0.25)
    wood_grain(canvas, rng, handle, 0.22)
    if rng.random() < 0.7:
        grip = canvas.box(-0.4, 0, 0.2, 0.2)
        canvas.paint(both(handle, grip), pick(rng, _GRIPS))
    steel = pick(rng, (*BLACK_OXIDES, *STEELS[1:], (70, 30, 30)))
    reach = rng.uniform(0.15, 0.19)
    head: Points = (
        (0.31, reach),
        (0.31, -0.02),
        (0.36, -reach * 1.05),
        (0.385, -reach * 1.05),
        (0.43, -0.02),
        (0.43, reach),
    )
    canvas.add(canvas.polygon(head), steel, height=0.09, bevel=0.04, gloss=0.5)
    face = canvas.box(0.37, reach - 0.01, 0.13, 0.035, 0.01)
    canvas.add(face, pick(rng, STEELS[:2]), lift=0.02, height=0.07, bevel=0.03, gloss=0.8)


def screwdriver(canvas: Canvas, rng: np.random.Generator) -> None:
    """A screwdriver: a fluted handle of two colours, a bright shank and its tip."""
    first, second = pick(rng, _GRIPS), pick(rng, (*_GRIPS, *BLACK_OXIDES))
    r = rng.uniform(0.07, 0.09)
    shank = canvas.box(0.18, 0, 0.52, 0.042)
    canvas.add(shank, pick(rng, STEELS[:2]), height=0.02, bevel=0.021, axis_y=0, gloss=0.85)
    tip = mirrored([(0.4, 0.02), (0.46, 0.03), (0.49, 0.03 if rng.random() < 0.5 else 0.006)])
    canvas.add(canvas.polygon(tip), pick(rng, BLACK_OXIDES), height=0.02, bevel=0.02, gloss=0.6)
    shape = mirrored(
        [
            (-0.49, r * 0.7),
            (-0.45, r),
            (-0.2, r),
            (-0.14, r * 0.62),
            (-0.08, r * 0.8),
            (-0.06, 0.03),
        ]
    )
    handle = canvas.polygon(shape)
    canvas.add(handle, first, height=r, bevel=r, axis_y=0, gloss=0.5)
    for y in (-0.62, 0.0, 0.62):
        canvas.engrave(canvas.box(-0.32, y * r, 0.24, r * 0.22, r * 0.11), 0.01, 0.3)
    for x in (-0.47, -0.13):
        band = canvas.box(x, 0, 0.05, 2 * r)
        canvas.paint(both(handle, band), second)


def spanner(canvas: Canvas, rng: np.random.Generator) -> None:
    """An open-ended spanner: a flat bar with a jaw at each end, one larger."""
    steel = pick(rng, (*STEELS[:3], *STEELS[:2], *BLACK_OXIDES[:1]))
    big, small = rng.uniform(0.115, 0.135), rng.uniform(0.085, 0.1)
    part = canvas.polygon(mirrored([(-0.4, 0.05), (0.0, 0.035), (0.4, 0.042)]))
    for x, radius, turn in ((-0.49 + big, big, 0.26), (0.49 - small, small, -0.26)):
        side = np.sign(x)
        part = np.asarray(np.maximum(part, canvas.disc(x, 0, radius)), np.uint8)
        c, s = np.cos(turn), np.sin(turn)
        corners = np.array([(-0.25, -0.48), (2, -0.48), (2, 0.48), (-0.25, 0.48)]) * radius
        slot = corners @ np.array([[c, s], [-s, c]]) * (side, 1.0) + (x, 0.0)
        part = without(part, canvas.polygon(slot))
    canvas.add(part, steel, height=0.035, bevel=0.02, gloss=0.75)
    canvas.engrave(canvas.box(0, 0, 0.4, 0.035, 0.017), 0.012, 0.15)
    canvas.paint(canvas.text(f"{rng.integers(6, 22)}", -0.1, 0, 0.03), (40, 40, 44), 0.7)


def pliers(canvas: Canvas, rng: np.random.Generator) -> None:
    """Pliers, a little open: two dipped handles, a pivot and grooved jaws."""
    grip, steel = pick(rng, _GRIPS), pick(rng, (*STEELS, *BLACK_OXIDES[:1]))
    spread = rng.uniform(0.13, 0.17)
    for side in (-1.0, 1.0):
        leg: Points = (
            (-0.45, side * spread),
            (-0.25, side * spread * 0.95),
            (-0.05, side * 0.06),
            (0.1, -side * 0.02),
        )
        canvas.add(canvas.stroke(leg, 0.05), steel, height=0.05, bevel=0.03, gloss=0.7)
        canvas.add(canvas.stroke(leg[:3], 0.075), grip, height=0.07, bevel=0.035, gloss=0.3)
        jaw: Points = (
            (0.06, side * 0.004),
            (0.08, side * 0.1),
            (0.18, side * 0.1),
            (0.47, side * 0.04),
            (0.48, side * 0.012),
        )
        canvas.add(canvas.polygon(jaw), scaled(steel, 1.04), height=0.06, bevel=0.03, gloss=0.65)
    teeth: list[Points] = [((x, -0.03), (x, 0.03)) for x in np.arange(0.24, 0.46, 0.025)]
    canvas.engrave(canvas.lines(teeth, 0.008), 0.01, 0.4)
    canvas.add(canvas.disc(0.1, 0, 0.07), steel, height=0.08, bevel=0.02, gloss=0.7)
    canvas.engrave(canvas.ring(0.1, 0, 0.045, 0.032), 0.02, 0.5)


def drill_bit(canvas: Canvas, rng: np.random.Generator) -> None:
    """A twist drill: a plain shank and two flutes that wind up to the point."""
    metal = pick(rng, (*STEELS[:2], *BRASSES[:2], *BLACK_OXIDES))
    r = rng.uniform(0.045, 0.06)
    shape = mirrored([(-0.49, r * 0.85), (-0.13, r * 0.85), (-0.12, r), (0.41, r), (0.49, 0.0)])
    body = canvas.polygon(shape)
    canvas.add(body, metal, height=r, bevel=r, axis_y=0, gloss=0.8)
    pitch = rng.uniform(0.1, 0.13)
    at = np.arange(-0.13, 0.4, pitch)
    flutes = [_flute(x, r, pitch) for x in at]
    canvas.engrave(both(body, canvas.lines(flutes, pitch * 0.36)), 0.04, 0.62)
    lands = [_flute(x + pitch * 0.3, r, pitch) for x in at]
    edges = both(body, canvas.lines(lands, 0.008))
    canvas.paint(edges, (245, 245, 240), 0.7)


def _flute(start: float, radius: float, pitch: float) -> Points:
    """Return half a turn of a helix that is seen from the side."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 9)
    return np.stack([start + pitch * 0.75 * turn / np.pi, radius * np.sin(turn)], axis=1)


def screwdriver_bit(canvas: Canvas, rng: np.random.Generator) -> None:
    """A short six-sided bit: a groove around it, a neck and a cross tip."""
    metal = pick(rng, (*STEELS[1:], *BLACK_OXIDES, *BRASSES[:1]))
    h = rng.uniform(0.12, 0.14)
    shape = mirrored([(0.0, h), (0.1, h * 0.7), (0.34, h * 0.62), (0.46, 0.025), (0.48, 0.0)])
    canvas.add(canvas.polygon(shape), scaled(metal, 0.92), height=h, bevel=h, axis_y=0, gloss=0.7)
    for y, share in ((-0.72, 0.75), (0.72, 0.6), (0.0, 1.06)):
        tall = h * (1.0 if y == 0 else 0.56)
        facet = canvas.box(-0.23, y * h, 0.5, tall, 0.01)
        canvas.add(facet, scaled(metal, share), height=h * 0.8, bevel=0.02, gloss=0.65)
    canvas.engrave(canvas.box(-0.34, 0, 0.05, 2 * h), 0.03, 0.3)
    if rng.random() < 0.5:
        canvas.paint(canvas.box(0.04, 0, 0.05, 2 * h * 0.9), pick(rng, PLASTICS[:4]))
    for y in (-0.3, 0.3):
        flute: Points = ((0.2, y * h * 0.8), (0.46, y * h * 0.3))
        canvas.engrave(canvas.stroke(flute, 0.03), 0.03, 0.5)


def comb(canvas: Canvas, rng: np.random.Generator) -> None:
    """A pocket comb: a spine, and teeth that stand finer at one end."""
    colour = pick(rng, (*PLASTICS, (120, 70, 30), (60, 40, 30)))
    top, deep = -rng.uniform(0.12, 0.14), rng.uniform(0.12, 0.15)
    spine: Points = np.concatenate(
        [arc(0, top + 0.05, 0.49, 0.05, 180, 360, 30), [(0.49, top + 0.1), (-0.49, top + 0.1)]]
    )
    split = rng.uniform(-0.1, 0.2)
    at = np.append(np.arange(-0.43, split, 0.042), np.arange(split, 0.43, 0.026))
    teeth: list[Points] = [((x, top + 0.08), (x, deep)) for x in at]
    canvas.add(canvas.lines(teeth, 0.013), colour, height=0.03, bevel=0.007, gloss=0.4)
    for x in (-0.465, 0.465):
        canvas.add(canvas.box(x, 0.0, 0.05, 2 * deep, 0.02), colour, height=0.04, gloss=0.4)
    canvas.add(canvas.polygon(spine), colour, height=0.05, bevel=0.04, gloss=0.5)


def measuring_spoon(canvas: Canvas, rng: np.random.Generator) -> None:
    """A small spoon: a hollow bowl and a flat handle with its hole."""
    metal = pick(rng, (*STEELS[:3], *STEELS[:2], *PLASTICS[:4]))
    gloss = 0.85 if rng.random() < 0.7 else 0.5
    a, b = rng.uniform(0.17, 0.19), rng.uniform(0.13, 0.18)
    handle = mirrored([(-0.49, 0.03), (-0.46, 0.05), (-0.3, 0.05), (0.2, 0.03)])
    canvas.add(canvas.polygon(handle), metal, height=0.03, bevel=0.015, gloss=gloss)
    canvas.add(canvas.ellipse(0.49 - a, 0, a, b), metal, height=0.06, bevel=0.02, gloss=gloss)
    bowl = canvas.ellipse(0.49 - a, 0, a - 0.025, b - 0.025)
    canvas.add(bowl, scaled(metal, 0.86), lift=0.06, height=-0.1, bevel=b, gloss=gloss)
    canvas.cut(canvas.disc(-0.43, 0, 0.022))
    canvas.engrave(canvas.text("5 ml", -0.18, 0, 0.035), 0.01, 0.5)


def paint_brush(canvas: Canvas, rng: np.random.Generator) -> None:
    """A brush: bristles, a tin ferrule and a lacquered handle."""
    hair: tuple[Rgb, ...] = ((226, 196, 140), (60, 46, 38), (236, 226, 206), (130, 84, 48))
    w = rng.uniform(0.09, 0.13)
    bristle = canvas.polygon(mirrored([(0.12, w * 0.85), (0.3, w), (0.48, w * 0.9)]))
    canvas.add(bristle, pick(rng, hair), height=0.05, bevel=0.04, gloss=0.15)
    stripes(canvas, bristle, (70, 55, 40), np.pi / 2, 36)
    if rng.random() < 0.5:
        dip = both(bristle, canvas.box(0.42, 0, 0.14, 1.0))
        canvas.paint(dip, pick(rng, PLASTICS), 0.85)
    handle = mirrored([(-0.48, 0.02), (-0.42, 0.045), (-0.15, 0.03), (0.02, w * 0.8)])
    canvas.add(canvas.polygon(handle), pick(rng, (*WOODS, *_GRIPS)), height=0.05, gloss=0.5)
    ferrule = canvas.box(0.07, 0, 0.16, 1.85 * w, 0.01)
    canvas.add(ferrule, pick(rng, STEELS[:2] + BRASSES[:1]), height=0.06, bevel=0.03, gloss=0.8)
    for x, y in np.asarray(regular(2, 0.04, 0, 0.07)):
        canvas.engrave(canvas.disc(x, y, 0.01), 0.01, 0.6)


TOOLS = (
    Kind("hammer", hammer, (125, 160)),
    Kind("screwdriver", screwdriver, (120, 160)),
    Kind("spanner", spanner, (115, 160)),
    Kind("pliers", pliers, (115, 160)),
    Kind("drill_bit", drill_bit, (105, 155)),
    Kind("screwdriver_bit", screwdriver_bit, (70, 105)),
    Kind("comb", comb, (115, 160)),
    Kind("measuring_spoon", measuring_spoon, (105, 155)),
    Kind("paint_brush", paint_brush, (110, 160)),
)
