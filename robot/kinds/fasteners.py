"""Bolts, nuts, screws and what goes with them."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc, regular
from robot.kinds.materials import BLACK_OXIDES, BRASSES, METALS, STEELS, pick, scaled


def _thread(canvas: Canvas, start: float, end: float, radius: float, pitch: float) -> None:
    """Cut a thread into a rod that lies along x: slanting grooves, dark beside bright."""
    at = np.arange(start, end, pitch)
    lean = pitch * 0.5
    grooves: list[Points] = [((x, -radius), (x + lean, radius)) for x in at]
    ridges: list[Points] = [((x + pitch / 2, -radius), (x + pitch / 2 + lean, radius)) for x in at]
    canvas.engrave(canvas.lines(grooves, pitch * 0.45), 0.012, 0.5)
    canvas.paint(canvas.lines(ridges, pitch * 0.2), (240, 240, 240), 0.35)


def hex_bolt(canvas: Canvas, rng: np.random.Generator) -> None:
    """A bolt on its side: a six-sided head of three visible faces, and a threaded shank."""
    metal = pick(rng, METALS)
    r = rng.uniform(0.065, 0.1)
    head_w, head_h = rng.uniform(0.13, 0.19), r * rng.uniform(1.8, 2.1)
    left = -0.48
    start = left + head_w
    canvas.add(
        canvas.box((start + 0.47) / 2, 0, 0.47 - start, 2 * r, 0.02),
        metal,
        height=r,
        bevel=r,
        axis_y=0,
        gloss=0.8,
    )
    smooth = rng.uniform(0.0, 0.3)
    _thread(canvas, start + smooth + 0.02, 0.44, r * 0.97, rng.uniform(0.028, 0.042))
    face = scaled(metal, 0.95)
    for y, share in ((-0.75, 0.8), (0.75, 0.6), (0.0, 1.05)):
        tall = head_h * (1.0 if y == 0 else 0.5)
        canvas.add(
            canvas.box(left + head_w / 2, y * head_h, head_w, tall, 0.012),
            scaled(face, share),
            height=head_h * 0.8,
            bevel=0.025,
            gloss=0.7,
        )


def hex_nut(canvas: Canvas, rng: np.random.Generator) -> None:
    """A six-sided nut from above, its hole threaded."""
    metal = pick(rng, METALS)
    canvas.add(canvas.polygon(regular(6, 0.49)), metal, height=0.2, bevel=0.05, gloss=0.7)
    canvas.add(
        canvas.disc(0, 0, 0.405), scaled(metal, 1.06), lift=0.18, height=0.03, bevel=0.03, gloss=0.7
    )
    hole = rng.uniform(0.2, 0.27)
    canvas.add(
        canvas.disc(0, 0, hole + 0.04),
        scaled(metal, 0.6),
        lift=0.2,
        height=-0.12,
        bevel=0.06,
        gloss=0.8,
    )
    canvas.paint(canvas.ring(0, 0, hole + 0.02, hole), (30, 30, 32), 0.5)
    canvas.cut(canvas.disc(0, 0, hole))


def washer(canvas: Canvas, rng: np.random.Generator) -> None:
    """A flat ring of sheet metal."""
    metal = pick(rng, STEELS + BRASSES)
    canvas.add(
        canvas.ring(0, 0, 0.49, rng.uniform(0.2, 0.31)),
        metal,
        height=0.045,
        bevel=0.025,
        gloss=0.75,
    )
    canvas.streak(rng, 0.05)


def screw(canvas: Canvas, rng: np.random.Generator) -> None:
    """A wood screw on its side: countersunk head, coarse thread, a sharp point."""
    metal = pick(rng, (*BRASSES, *STEELS, *BLACK_OXIDES))
    r, head = rng.uniform(0.045, 0.065), rng.uniform(0.1, 0.14)
    tip = 0.3
    core: Points = ((-0.42, -r), (tip, -r * 0.85), (0.48, 0), (tip, r * 0.85), (-0.42, r))
    canvas.add(canvas.polygon(core), metal, height=r, bevel=r, axis_y=0, gloss=0.7)
    for x in np.arange(-0.22, 0.4, rng.uniform(0.05, 0.065)):
        reach = r * 1.75 * min(1.0, (0.5 - x) / 0.22)
        blade = canvas.stroke(((x, -reach), (x + 0.035, reach)), 0.014)
        canvas.add(blade, scaled(metal, 1.12), lift=r * 0.7, height=0.03, bevel=0.007, gloss=0.7)
    cone: Points = (
        (-0.49, -head),
        (-0.455, -head),
        (-0.33, -r),
        (-0.33, r),
        (-0.455, head),
        (-0.49, head),
    )
    canvas.add(
        canvas.polygon(cone), scaled(metal, 0.95), height=head, bevel=head, axis_y=0, gloss=0.8
    )


def wing_nut(canvas: Canvas, rng: np.random.Generator) -> None:
    """A nut with two wings, from above."""
    metal = pick(rng, STEELS + BRASSES)
    hub, wing = rng.uniform(0.15, 0.19), rng.uniform(0.1, 0.14)
    for side in (-1, 1):
        outline: Points = (
            (side * 0.1, -0.07),
            (side * 0.3, -wing * 0.8),
            (side * 0.43, -wing),
            (side * 0.49, -wing * 0.4),
            (side * 0.47, wing * 0.6),
            (side * 0.38, wing),
            (side * 0.24, wing * 0.6),
            (side * 0.1, 0.08),
        )
        canvas.add(canvas.polygon(outline), metal, height=0.14, bevel=0.06, gloss=0.7)
    canvas.add(canvas.disc(0, 0, hub), scaled(metal, 1.05), height=0.2, bevel=0.05, gloss=0.7)
    canvas.add(canvas.disc(0, 0, hub * 0.62), (40, 40, 42), lift=0.1, height=-0.05, gloss=0.3)
    canvas.paint(canvas.ring(0, 0, hub * 0.62, hub * 0.54), scaled(metal, 1.2), 0.6)


def spring(canvas: Canvas, rng: np.random.Generator) -> None:
    """A coil spring on its side."""
    metal = pick(rng, STEELS + BLACK_OXIDES)
    radius, wire = rng.uniform(0.12, 0.19), rng.uniform(0.035, 0.05)
    turns = int(rng.integers(6, 11))
    pitch = 0.9 / turns
    for side, shade, lift in ((-1, 0.45, 0.0), (1, 1.0, 0.1)):
        for i in range(turns):
            x = -0.45 + (i + 0.5) * pitch
            ends: Points = ((x - side * pitch * 0.25, -radius), (x + side * pitch * 0.25, radius))
            canvas.add(
                canvas.stroke(ends, wire),
                scaled(metal, shade),
                lift=lift,
                height=0.05,
                bevel=wire / 2,
                gloss=0.85,
            )


def nail(canvas: Canvas, rng: np.random.Generator) -> None:
    """A round wire nail on its side."""
    metal = pick(rng, STEELS + BRASSES[:1])
    r, head = rng.uniform(0.018, 0.028), rng.uniform(0.05, 0.07)
    body: Points = ((-0.46, -r), (0.41, -r), (0.49, 0), (0.41, r), (-0.46, r))
    canvas.add(canvas.polygon(body), metal, height=r * 1.5, bevel=r, axis_y=0, gloss=0.8)
    canvas.add(canvas.box(-0.475, 0, 0.028, 2 * head, 0.012), metal, height=head, gloss=0.8)
    grips: list[Points] = [((x, -r), (x, r)) for x in (-0.42, -0.4, -0.38, -0.36)]
    canvas.engrave(canvas.lines(grips, 0.008), 0.01)


def o_ring(canvas: Canvas, rng: np.random.Generator) -> None:
    """A sealing ring of rubber, round in section."""
    rubber: tuple[Rgb, ...] = (
        (34, 34, 37),
        (40, 40, 42),
        (150, 44, 34),
        (44, 90, 60),
        (60, 70, 120),
    )
    thick = rng.uniform(0.06, 0.1)
    a, b = 0.49, 0.49 * rng.uniform(0.9, 1.0)
    outer, inner = canvas.ellipse(0, 0, a, b), canvas.ellipse(0, 0, a - thick, b - thick)
    ring = np.clip(outer.astype(np.int16) - inner, 0, 255).astype(np.uint8)
    canvas.add(ring, pick(rng, rubber, 6), height=thick / 2, bevel=thick / 2, gloss=0.28)


def screw_hook(canvas: Canvas, rng: np.random.Generator) -> None:
    """A hook with a threaded, pointed end."""
    metal = pick(rng, STEELS + BRASSES)
    wire, bend = rng.uniform(0.05, 0.065), rng.uniform(0.14, 0.17)
    curve = np.concatenate(
        [[(-0.4, 0.06), (0.16, 0.06)], arc(0.26, 0.06 - bend + 0.02, bend, bend, 110, -120, 24)]
    )
    canvas.add(canvas.stroke(curve, wire), metal, height=wire / 2, bevel=wire / 2, gloss=0.85)
    tip: Points = ((-0.36, 0.06 - wire / 2), (-0.49, 0.06), (-0.36, 0.06 + wire / 2))
    canvas.add(canvas.polygon(tip), metal, height=wire / 2, bevel=wire / 2, gloss=0.8)
    grooves: list[Points] = [
        ((x, 0.06 - wire / 2), (x + 0.012, 0.06 + wire / 2)) for x in np.arange(-0.4, -0.08, 0.03)
    ]
    canvas.engrave(canvas.lines(grooves, 0.012), 0.012, 0.5)
    canvas.add(canvas.box(0.0, 0.06, 0.03, wire * 2.6, 0.01), metal, height=0.06, gloss=0.8)


def gear(canvas: Canvas, rng: np.random.Generator) -> None:
    """A spur gear from above, with a hub and, now and then, lightening holes."""
    metal = pick(rng, (*BRASSES, *STEELS, (240, 240, 234), (40, 40, 44)))
    teeth = int(rng.integers(12, 20))
    depth = rng.uniform(0.06, 0.085)
    angle = np.arange(teeth * 4) * (2 * np.pi / (teeth * 4))
    radius = np.tile([0.49, 0.485, 0.49 - depth, 0.49 - depth], teeth)
    outline = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    canvas.add(canvas.polygon(outline), metal, height=0.09, bevel=0.02, gloss=0.6)
    canvas.engrave(canvas.ring(0, 0, 0.34, 0.2), 0.035, 0.12)
    if rng.random() < 0.5:
        for x, y in np.asarray(regular(5, 0.27)):
            canvas.cut(canvas.disc(x, y, 0.055))
    canvas.cut(canvas.disc(0, 0, rng.uniform(0.07, 0.12)))


FASTENERS = (
    Kind("hex_bolt", hex_bolt, (105, 160)),
    Kind("hex_nut", hex_nut, (62, 100)),
    Kind("washer", washer, (60, 105)),
    Kind("screw", screw, (95, 155)),
    Kind("wing_nut", wing_nut, (90, 130)),
    Kind("spring", spring, (95, 150)),
    Kind("nail", nail, (110, 160)),
    Kind("o_ring", o_ring, (66, 120)),
    Kind("screw_hook", screw_hook, (95, 150)),
    Kind("gear", gear, (80, 135)),
)
