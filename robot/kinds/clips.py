"""Clips, ties, bands and small ironware."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, arc
from robot.kinds.materials import BLACK_OXIDES, BRASSES, PLASTICS, STEELS, pick, scaled
from robot.kinds.outlines import both, fitted, mirrored, polar
from robot.kinds.textures import speckle


def hinge(canvas: Canvas, rng: np.random.Generator) -> None:
    """A hinge laid open: two leaves with countersunk holes, knuckles around a pin."""
    metal = pick(rng, (*BRASSES, *STEELS, *BLACK_OXIDES[:1]))
    half, deep = 0.4, rng.uniform(0.22, 0.27)
    for side in (-1, 1):
        leaf = canvas.box(0, side * (deep / 2 + 0.02), 2 * half, deep, 0.015)
        canvas.add(leaf, scaled(metal, 1.0 if side < 0 else 0.94), height=0.03, gloss=0.7)
    canvas.streak(rng, 0.03)
    for side in (-1, 1):
        for i, x in enumerate((-0.28, 0.0, 0.28)):
            y = side * (0.11 if i == 1 else 0.17)
            canvas.engrave(canvas.disc(x, y, 0.052), 0.02, 0.3)
            canvas.cut(canvas.disc(x, y, 0.028))
    pin = canvas.box(0, 0, 2 * half + 0.02, 0.085, 0.02)
    canvas.add(pin, metal, height=0.07, bevel=0.042, axis_y=0, gloss=0.85)
    for x in np.linspace(-half, half, 6)[1:-1]:
        canvas.engrave(canvas.box(x, 0, 0.014, 0.1), 0.03, 0.6)


def binder_clip(canvas: Canvas, rng: np.random.Generator) -> None:
    """A foldback clip: a bent steel body, lacquered, and two wire handles folded out."""
    colour = pick(rng, (*BLACK_OXIDES * 3, *PLASTICS))
    wire = pick(rng, STEELS[:2])
    for side in (-1, 1):
        loop: Points = (
            (-0.13, side * 0.08),
            (-0.07, side * 0.3),
            (-0.1, side * 0.39),
            (0.1, side * 0.39),
            (0.07, side * 0.3),
            (0.13, side * 0.08),
        )
        canvas.add(canvas.stroke(loop, 0.034), wire, height=0.03, bevel=0.017, gloss=0.9)
    w = rng.uniform(0.3, 0.34)
    body: Points = ((-w, -0.13), (w, -0.13), (w * 0.94, 0.13), (-w * 0.94, 0.13))
    canvas.add(canvas.polygon(body), colour, height=0.16, bevel=0.13, axis_y=0, gloss=0.5)
    for y in (-0.125, 0.125):
        canvas.add(
            canvas.box(0, y, 1.95 * w, 0.05, 0.025), scaled(colour, 0.8), height=0.1, gloss=0.5
        )


def push_pin(canvas: Canvas, rng: np.random.Generator) -> None:
    """A drawing pin on its side: a waisted plastic head and its needle."""
    colour = pick(rng, PLASTICS)
    needle = canvas.polygon(mirrored([(0.0, 0.026), (0.4, 0.022), (0.49, 0.0)]))
    canvas.add(needle, pick(rng, STEELS[:2]), height=0.03, bevel=0.026, axis_y=0, gloss=0.9)
    r = rng.uniform(0.17, 0.2)
    profile = [(-0.47, r), (-0.4, r), (-0.36, r * 0.62), (-0.2, r * 0.5), (-0.04, r * 0.7)]
    head = canvas.polygon(
        mirrored([*profile, (-0.01, r * 1.15), (0.06, r * 1.15), (0.08, r * 0.5)])
    )
    canvas.add(head, colour, height=r, bevel=r, axis_y=0, gloss=0.6)
    for x in (-0.385, -0.03):
        canvas.engrave(both(head, canvas.box(x, 0, 0.015, 1)), 0.02, 0.3)
    canvas.paint(both(head, canvas.box(-0.2, -r * 0.25, 0.2, 0.03, 0.015)), (255, 255, 255), 0.6)


def cable_tie(canvas: Canvas, rng: np.random.Generator) -> None:
    """A cable tie pulled to a loop: toothed strap, square head, cut or loose tail."""
    colour = pick(rng, ((240, 240, 236), (36, 36, 40), *PLASTICS[:4]))
    a, b = rng.uniform(0.26, 0.3), rng.uniform(0.2, 0.3)
    loop = arc(0.12, 0, a, b, 185, 535, 44)
    strap = canvas.stroke(loop, 0.05)
    canvas.add(strap, colour, height=0.04, bevel=0.02, gloss=0.35)
    tail: Points = ((-0.16, 0.02), (-0.3, 0.05), (-0.48, float(rng.uniform(0.08, 0.2))))
    canvas.add(canvas.stroke(tail, 0.045), colour, height=0.03, bevel=0.02, gloss=0.35)
    teeth: list[Points] = [
        (
            (0.12 + (a - 0.02) * np.cos(t), (b - 0.02) * np.sin(t)),
            (0.12 + (a + 0.02) * np.cos(t), (b + 0.02) * np.sin(t)),
        )
        for t in np.arange(0, 2 * np.pi, 0.13)
    ]
    canvas.engrave(canvas.lines(teeth, 0.008), 0.01, 0.25)
    canvas.add(canvas.box(-0.17, 0.0, 0.1, 0.12, 0.02), scaled(colour, 0.95), height=0.1, gloss=0.4)
    canvas.engrave(canvas.box(-0.17, 0.0, 0.05, 0.055), 0.04, 0.5)


def rubber_band(canvas: Canvas, rng: np.random.Generator) -> None:
    """A rubber band as it fell: a loop in waves, now and then crossed into an eight."""
    colour = pick(
        rng, ((206, 160, 100), (190, 60, 50), (60, 120, 180), (70, 150, 80), (230, 190, 60))
    )
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 0.4 + sum(
        rng.normal(0, 0.16 / k) * np.cos(k * angle + rng.uniform(0, 6)) for k in (2, 3, 4)
    )
    path = polar(np.clip(radius, 0.16, 0.8))
    if rng.random() < 0.3:
        path = np.stack(
            [0.48 * np.cos(angle), rng.uniform(0.16, 0.24) * np.sin(2 * angle + 0.3)], axis=1
        )
    band = canvas.stroke(fitted(path, 0.46), float(rng.uniform(0.028, 0.045)), is_closed=True)
    canvas.add(band, colour, height=0.04, bevel=0.018, gloss=0.15)
    speckle(canvas, rng, band, 16, 0.12)


def hair_grip(canvas: Canvas, rng: np.random.Generator) -> None:
    """A bobby pin: one straight leg, one in waves, knobs at the ends."""
    colour = pick(rng, (*BLACK_OXIDES * 2, *BRASSES[:2], (110, 74, 50), *PLASTICS[:2], *STEELS[:1]))
    gap = rng.uniform(0.03, 0.045)
    straight: Points = np.concatenate([[(0.46, -gap)], arc(-0.44, 0, gap, gap, 270, 90, 10)])
    x = np.linspace(-0.44, 0.38, 50)
    wavy = gap + 0.022 * np.sin(np.clip(x + 0.2, 0, 0.42) * 2 * np.pi / 0.105)
    path = np.concatenate([np.asarray(straight), np.stack([x, wavy], axis=1), [(0.44, gap + 0.05)]])
    canvas.add(canvas.stroke(path, 0.027), colour, height=0.03, bevel=0.0135, gloss=0.75)
    for x_end, y_end in ((0.46, -gap), (0.44, gap + 0.05)):
        canvas.add(
            canvas.disc(x_end, y_end, 0.022), (30, 28, 28), height=0.05, bevel=0.02, gloss=0.4
        )


def wall_plug(canvas: Canvas, rng: np.random.Generator) -> None:
    """A plastic dowel: a collar, rings of ribs, a slit down its length."""
    colour = pick(
        rng, ((130, 134, 140), (200, 50, 44), (236, 196, 50), (170, 120, 80), (230, 230, 226))
    )
    r = rng.uniform(0.1, 0.12)
    at = np.arange(-0.3, 0.4, 0.07)
    steps = [(float(x + d), float(r * s)) for x in at for d, s in ((0.0, 0.78), (0.055, 1.08))]
    outline = mirrored([(-0.49, r * 1.35), (-0.44, r * 1.35), (-0.43, r), *steps, (0.48, r * 0.6)])
    body = canvas.polygon(outline)
    canvas.add(body, colour, height=r, bevel=r, axis_y=0, gloss=0.3)
    for x in at:
        canvas.engrave(both(body, canvas.box(float(x), 0, 0.016, 1)), 0.03, 0.35)
    canvas.engrave(canvas.box(0.1, 0, 0.74, 0.024), 0.06, 0.65)


CLIPS = (
    Kind("hinge", hinge, (85, 140)),
    Kind("binder_clip", binder_clip, (80, 130)),
    Kind("push_pin", push_pin, (70, 110)),
    Kind("cable_tie", cable_tie, (85, 140)),
    Kind("rubber_band", rubber_band, (80, 140)),
    Kind("hair_grip", hair_grip, (95, 140)),
    Kind("wall_plug", wall_plug, (80, 130)),
)
