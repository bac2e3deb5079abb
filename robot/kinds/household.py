"""What gathers in a kitchen drawer and on a desk."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc, regular
from robot.kinds.materials import BRASSES, COPPERS, PLASTICS, STEELS, WOODS, pick, scaled


def coin(canvas: Canvas, rng: np.random.Generator) -> None:
    """A coin with a milled rim, a ring of beads, a number and a stylised plant."""
    metal = pick(rng, BRASSES + COPPERS + STEELS[:2])
    inner = metal if rng.random() < 0.6 else pick(rng, BRASSES + STEELS[:2])
    canvas.add(canvas.disc(0, 0, 0.49), metal, height=0.05, bevel=0.02, gloss=0.65)
    canvas.engrave(canvas.disc(0, 0, 0.43), 0.02, 0.0)
    canvas.paint(canvas.disc(0, 0, 0.33), inner)
    for x, y in np.asarray(regular(int(rng.integers(12, 25)), 0.38)):
        canvas.engrave(canvas.disc(x, y, 0.016), -0.02, -0.1)
    number = ("1", "2", "5", "10", "20", "50")[int(rng.integers(6))]
    canvas.engrave(canvas.text(number, -0.05, 0, 0.3), -0.03, 0.28)
    canvas.engrave(canvas.stroke(arc(0.02, 0, 0.25, 0.25, -60, 60, 16), 0.02), -0.02, 0.25)


def paper_clip(canvas: Canvas, rng: np.random.Generator) -> None:
    """A bent wire: three nested turns."""
    colour = pick(rng, STEELS[:2] * 3 + BRASSES[:1] + PLASTICS[:6])
    h, w = rng.uniform(0.105, 0.13), rng.uniform(0.026, 0.034)
    path = np.concatenate(
        [
            [(-0.2, -h)],
            arc(0.47 - h, 0, h, h, -90, 90, 14),
            arc(-0.47 + h * 0.85, h * 0.15, h * 0.85, h * 0.85, 90, 270, 14),
            arc(0.34 - h * 0.7, 0, h * 0.7, h * 0.7, -90, 90, 14),
            [(-0.25, h * 0.7)],
        ]
    )
    canvas.add(canvas.stroke(path, w), colour, height=w, bevel=w / 2, gloss=0.85)


def key(canvas: Canvas, rng: np.random.Generator) -> None:
    """A flat door key: a bow with its hole, a grooved blade with cuts."""
    metal = pick(rng, STEELS[:3] + BRASSES)
    bow, blade = rng.uniform(0.15, 0.18), rng.uniform(0.06, 0.075)
    teeth = rng.uniform(0.0, 0.07, 6)
    x = np.linspace(-0.05, 0.4, 13)
    cuts = np.stack([x, blade - np.repeat(np.append(teeth, 0.02), 2)[:13]], axis=1)[::-1]
    edge: Points = np.concatenate(
        (
            np.array([(-0.2, -blade), (0.44, -blade), (0.49, -blade * 0.2), (0.45, blade * 0.6)]),
            cuts,
            np.array([(-0.1, blade), (-0.2, blade)]),
        )
    )
    canvas.add(canvas.polygon(edge), metal, height=0.04, bevel=0.015, gloss=0.7)
    canvas.engrave(canvas.box(0.16, -blade * 0.35, 0.5, 0.022), 0.02, 0.35)
    style = int(rng.integers(3))
    head = regular((48, 6, 8)[style], bow, 30, -0.49 + bow)
    canvas.add(canvas.polygon(head), metal, height=0.045, bevel=0.02, gloss=0.7)
    if rng.random() < 0.3:
        canvas.add(canvas.polygon(head), pick(rng, PLASTICS), height=0.07, bevel=0.04, gloss=0.25)
    canvas.cut(canvas.disc(-0.49 + bow * 0.6, 0, bow * 0.3))


def button(canvas: Canvas, rng: np.random.Generator) -> None:
    """A shirt button with a rim and two or four holes."""
    colour = pick(rng, PLASTICS + WOODS)
    canvas.add(canvas.disc(0, 0, 0.49), colour, height=0.12, bevel=0.08, gloss=0.45)
    rim = rng.uniform(0.3, 0.37)
    canvas.add(
        canvas.disc(0, 0, rim), scaled(colour, 0.9), lift=0.12, height=-0.05, bevel=0.06, gloss=0.45
    )
    holes = regular(4, 0.14, 45) if rng.random() < 0.7 else ((-0.12, 0.0), (0.12, 0.0))
    for x, y in np.asarray(holes):
        canvas.cut(canvas.disc(x, y, 0.055))


def pen_cap(canvas: Canvas, rng: np.random.Generator) -> None:
    """The cap of a pen: a tapering tube with a clip."""
    colour = pick(rng, PLASTICS)
    r = rng.uniform(0.09, 0.12)
    tube: Points = (
        (-0.47, -r),
        (0.38, -r * 0.72),
        (0.48, -r * 0.4),
        (0.48, r * 0.4),
        (0.38, r * 0.72),
        (-0.47, r),
    )
    canvas.add(canvas.polygon(tube), colour, height=r, bevel=r, axis_y=0, gloss=0.5)
    canvas.paint(canvas.box(-0.455, 0, 0.04, 2 * r), scaled(colour, 0.45), 0.9)
    clip = pick(rng, STEELS[:2]) if rng.random() < 0.4 else scaled(colour, 1.1)
    canvas.add(
        canvas.box(0.04, 0, 0.74, 0.06, 0.03), clip, lift=r, height=0.05, bevel=0.03, gloss=0.6
    )
    canvas.add(canvas.disc(-0.31, 0, 0.042), clip, lift=r, height=0.07, bevel=0.04, gloss=0.6)


def bottle_cap(canvas: Canvas, rng: np.random.Generator) -> None:
    """A crown cap from above: 21 crimps around a printed face."""
    colour = pick(rng, PLASTICS + BRASSES[:2])
    angle = np.linspace(0, 2 * np.pi, 21 * 8, endpoint=False)
    radius = 0.455 + 0.035 * np.cos(21 * angle)
    outline = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    canvas.add(canvas.polygon(outline), colour, height=0.12, bevel=0.12, gloss=0.5)
    folds: list[Points] = [
        ((0.36 * np.cos(a), 0.36 * np.sin(a)), (0.47 * np.cos(a), 0.47 * np.sin(a)))
        for a in np.pi / 21 + np.arange(21) * 2 * np.pi / 21
    ]
    canvas.engrave(canvas.lines(folds, 0.024), 0.04, 0.3)
    ink = pick(rng, PLASTICS)
    if rng.random() < 0.7:
        canvas.paint(canvas.ring(0, 0, 0.3, 0.26), ink, 0.9)
    star = np.asarray(regular(10, 1.0)) * np.tile([[0.19], [0.08]], (5, 1))
    mark = canvas.polygon(star) if rng.random() < 0.5 else canvas.text("BREW", 0, 0, 0.12)
    canvas.paint(mark, ink, 0.9)


def clothes_peg(canvas: Canvas, rng: np.random.Generator) -> None:
    """A peg on its side: two legs, and the spring across them."""
    colour = pick(rng, WOODS * 2 + PLASTICS[:9])
    h = rng.uniform(0.06, 0.075)
    for side, shade in ((-1, 1.0), (1, 0.92)):
        leg: Points = (
            (0.48, side * 0.004),
            (0.47, side * h * 0.8),
            (0.1, side * h * 1.5),
            (-0.46, side * h * 2.0),
            (-0.48, side * h * 1.3),
            (-0.1, side * 0.012),
            (0.0, side * 0.005),
        )
        canvas.add(canvas.polygon(leg), scaled(colour, shade), height=0.1, bevel=0.03, gloss=0.15)
        canvas.engrave(canvas.disc(0.28, side * 0.015, 0.04), 0.08, 0.6)
    canvas.streak(rng, 0.06)
    steel = pick(rng, STEELS[:2])
    for y in (-h * 1.45, h * 1.45):
        canvas.add(canvas.box(0.02, y, 0.09, 0.04, 0.01), steel, lift=0.1, height=0.03, gloss=0.9)
    canvas.add(canvas.box(0.02, 0, 0.05, h * 2.6, 0.02), steel, lift=0.1, height=0.03, gloss=0.9)


def wooden_stick(canvas: Canvas, rng: np.random.Generator) -> None:
    """A flat lolly stick with round ends and grain."""
    h = rng.uniform(0.05, 0.07)
    canvas.add(
        canvas.box(0, 0, 0.98, 2 * h, h), pick(rng, WOODS), height=0.03, bevel=0.015, gloss=0.08
    )
    grain: list[Points] = []
    for y in rng.uniform(-h * 0.8, h * 0.8, 7):
        x = np.linspace(rng.uniform(-0.45, -0.1), rng.uniform(0.1, 0.45), 8)
        grain.append(np.stack([x, y + rng.normal(0, 0.003, 8).cumsum()], axis=1))
    canvas.paint(canvas.lines(grain, 0.006), (120, 80, 45), 0.4)


def eraser(canvas: Canvas, rng: np.random.Generator) -> None:
    """A rubber: two colours on a slant, or a paper sleeve; corners rubbed round."""
    h = rng.uniform(0.15, 0.2)
    first: Rgb = pick(rng, ((226, 110, 120), (240, 240, 236), (236, 150, 150), (120, 190, 120)))
    body = canvas.box(0, 0, 0.92, 2 * h, rng.uniform(0.04, 0.09))
    canvas.add(body, first, height=0.14, bevel=0.05, gloss=0.05)
    if rng.random() < 0.5:
        slant: Points = ((0.1, -0.5), (0.5, -0.5), (0.5, 0.5), (0.2, 0.5))
        canvas.paint(
            np.minimum(body, canvas.polygon(slant)), pick(rng, ((60, 90, 160), (90, 110, 170)))
        )
        return
    sleeve = pick(rng, PLASTICS)
    paper = canvas.box(-0.14, 0, 0.58, 2 * h + 0.012)
    canvas.add(paper, sleeve, height=0.15, bevel=0.05, gloss=0.12)
    canvas.paint(canvas.box(-0.14, 0, 0.58, h * 0.7), (244, 244, 240), 0.85)
    canvas.paint(canvas.text("SOFT", -0.14, 0, h * 0.42), sleeve, 0.95)


def safety_pin(canvas: Canvas, rng: np.random.Generator) -> None:
    """A closed safety pin: two wires, a coil at one end and a clasp at the other."""
    metal = pick(rng, STEELS[:2] + BRASSES)
    h, w = rng.uniform(0.09, 0.11), 0.03
    for y in (-h, h):
        wire = canvas.stroke(((-0.4, y * 0.9), (0.36, y)), w)
        canvas.add(wire, metal, height=w, bevel=w / 2, gloss=0.85)
    canvas.add(canvas.ring(-0.4, 0, h * 0.9, h * 0.9 - w), metal, height=w, bevel=w / 2, gloss=0.85)
    clasp = np.concatenate(
        [[(0.28, -h - 0.04), (0.28, h + 0.03)], arc(0.4, 0, 0.09, h + 0.035, 90, -90, 20)]
    )
    canvas.add(canvas.polygon(clasp), metal, height=0.07, bevel=0.05, gloss=0.7)


def cork(canvas: Canvas, rng: np.random.Generator) -> None:
    """A wine cork on its side, pitted."""
    brown: tuple[Rgb, ...] = ((206, 164, 116), (190, 146, 100), (216, 180, 136))
    r = rng.uniform(0.21, 0.25)
    canvas.add(
        canvas.box(0, 0, 0.86, 2 * r, 0.03),
        pick(rng, brown),
        height=r,
        bevel=r,
        axis_y=0,
        gloss=0.05,
    )
    for x, y in rng.uniform((-0.38, -r * 0.85), (0.38, r * 0.85), (26, 2)):
        size = float(rng.uniform(0.006, 0.02))
        canvas.engrave(canvas.ellipse(x, y, size * 1.6, size), 0.01, 0.5)
    if rng.random() < 0.6:
        canvas.paint(canvas.text("CHATEAU", 0, 0, 0.07), (90, 45, 40), 0.6)
    if rng.random() < 0.5:
        canvas.paint(canvas.box(-0.42, 0, 0.05, 2 * r), (110, 30, 50), 0.5)


HOUSEHOLD = (
    Kind("coin", coin, (62, 105)),
    Kind("paper_clip", paper_clip, (85, 140)),
    Kind("key", key, (110, 160)),
    Kind("button", button, (60, 95)),
    Kind("pen_cap", pen_cap, (100, 150)),
    Kind("bottle_cap", bottle_cap, (75, 110)),
    Kind("clothes_peg", clothes_peg, (115, 160)),
    Kind("wooden_stick", wooden_stick, (120, 160)),
    Kind("eraser", eraser, (85, 135)),
    Kind("safety_pin", safety_pin, (95, 145)),
    Kind("cork", cork, (85, 130)),
)
