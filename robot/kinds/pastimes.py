"""For play, for light, for writing and for show."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc, regular
from robot.kinds.materials import BRASSES, PLASTICS, STEELS, WOODS, pick, scaled
from robot.kinds.outlines import blob, both, mirrored, polar
from robot.kinds.textures import speckle, wood_grain


def toy_car(canvas: Canvas, rng: np.random.Generator) -> None:
    """A toy car from above: wheels, lacquer, dark windows, a roof of another colour, lights."""
    colour = pick(rng, (*PLASTICS[:4], *PLASTICS[6:9]))
    roof = colour if rng.random() < 0.4 else pick(rng, PLASTICS)
    h = rng.uniform(0.2, 0.225)
    for x in (-0.29, 0.28):
        for y in (-h, h):
            canvas.add(canvas.box(x, y, 0.17, 0.07, 0.02), (34, 34, 36), height=0.08, gloss=0.1)
    shape = mirrored([(-0.48, h * 0.7), (-0.45, h), (0.3, h), (0.44, h * 0.85), (0.49, h * 0.5)])
    canvas.add(canvas.polygon(shape), colour, height=0.14, bevel=0.09, gloss=0.62)
    glass: Points = mirrored([(-0.34, h * 0.75), (0.06, h * 0.78), (0.18, h * 0.7)])
    canvas.add(canvas.polygon(glass), (38, 44, 54), lift=0.13, height=0.06, bevel=0.06, gloss=0.6)
    canvas.add(canvas.box(-0.12, 0, 0.28, 1.36 * h, 0.04), roof, lift=0.18, height=0.04, gloss=0.6)
    if rng.random() < 0.5:
        for y in (-0.05, 0.05):
            canvas.paint(canvas.box(0.33, y, 0.26, 0.035), (246, 246, 240), 0.95)
            canvas.paint(canvas.box(-0.12, y, 0.28, 0.035), (246, 246, 240), 0.95)
    for y in (-h * 0.66, h * 0.66):
        canvas.paint(canvas.disc(0.44, y, 0.03), (250, 244, 200))
        canvas.paint(canvas.box(-0.465, y, 0.02, 0.07), (190, 30, 30))


def wooden_star(canvas: Canvas, rng: np.random.Generator) -> None:
    """A five-pointed star sawn from wood, its grain across, bare, stained or painted."""
    stains: tuple[Rgb, ...] = (*WOODS, *WOODS, (150, 60, 50), (80, 120, 130), (232, 226, 214))
    inner = rng.uniform(0.2, 0.25)
    radius = np.tile([0.5, inner], 5)
    star = canvas.polygon(polar(radius))
    canvas.add(star, pick(rng, stains), height=0.1, bevel=0.035, gloss=0.12)
    wood_grain(canvas, rng, star, 0.34)
    if rng.random() < 0.5:
        canvas.cut(canvas.disc(0.33, 0, 0.03))


def poker_chip(canvas: Canvas, rng: np.random.Generator) -> None:
    """A gaming chip: six pale blocks around its edge, a printed ring and a value."""
    colour = pick(rng, (*PLASTICS[:4], *PLASTICS[5:8]))
    pale = pick(rng, ((244, 240, 226), (244, 240, 226), (240, 214, 120)))
    canvas.add(canvas.disc(0, 0, 0.49), colour, height=0.07, bevel=0.02, gloss=0.35)
    edge = canvas.ring(0, 0, 0.49, 0.36)
    for at in (0, 60, 120, 180, 240, 300):
        wedge = np.concatenate([[(0, 0)], arc(0, 0, 0.6, 0.6, at - 13, at + 13, 6)])
        canvas.paint(both(edge, canvas.polygon(wedge)), pale)
    canvas.paint(canvas.ring(0, 0, 0.345, 0.325), pale, 0.9)
    canvas.engrave(canvas.disc(0, 0, 0.28), 0.012, 0.0)
    canvas.paint(canvas.disc(0, 0, 0.26), pale, 0.95)
    value = ("1", "5", "25", "100", "500")[int(rng.integers(5))]
    canvas.paint(canvas.text(value, 0, 0, 0.16), scaled(colour, 0.7), 0.95)


def tea_light(canvas: Canvas, rng: np.random.Generator) -> None:
    """A candle in a tin cup: pleated rim, wax with a hollow around the wick."""
    waxes: tuple[Rgb, ...] = (
        (244, 240, 228),
        (244, 240, 228),
        (238, 226, 200),
        (196, 60, 60),
        (150, 110, 170),
        (230, 200, 120),
    )
    angle = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    cup = canvas.polygon(polar(0.485 + 0.008 * np.cos(40 * angle)))
    canvas.add(cup, pick(rng, STEELS[:2]), height=0.2, bevel=0.03, gloss=0.85)
    pleats: list[Points] = [
        ((0.43 * np.cos(t), 0.43 * np.sin(t)), (0.49 * np.cos(t), 0.49 * np.sin(t)))
        for t in np.arange(40) * 2 * np.pi / 40
    ]
    canvas.engrave(canvas.lines(pleats, 0.01), 0.02, 0.35)
    wax = canvas.disc(0, 0, 0.425)
    colour = pick(rng, waxes, 5)
    canvas.add(wax, colour, lift=0.16, height=-0.02, bevel=0.03, gloss=0.25)
    speckle(canvas, rng, wax, 7, 0.05)
    x, y = rng.uniform(-0.05, 0.05, 2)
    pool = canvas.polygon(blob(rng, 0.1) * float(rng.uniform(0.4, 0.65)) + (x, y))
    canvas.add(pool, scaled(colour, 0.93), lift=0.14, height=-0.012, bevel=0.1, gloss=0.44)
    canvas.add(canvas.disc(x, y, 0.05), (140, 140, 142), lift=0.12, height=0.02, gloss=0.6)
    wick: Points = ((x, y), (x + 0.08, y - 0.07), (x + float(rng.uniform(0.1, 0.18)), y - 0.16))
    canvas.add(canvas.stroke(wick, 0.045), (40, 34, 30), lift=0.2, height=0.1, gloss=0.0)


def matchstick(canvas: Canvas, rng: np.random.Generator) -> None:
    """A match, its head unused or burnt."""
    h = rng.uniform(0.026, 0.034)
    stick = canvas.box(0.01, 0, 0.96, 2 * h)
    canvas.add(stick, pick(rng, WOODS[:3]), height=0.05, bevel=0.012, gloss=0.05)
    wood_grain(canvas, rng, stick, 0.2)
    heads: tuple[Rgb, ...] = ((170, 40, 40), (60, 40, 36), (90, 60, 140), (180, 50, 36))
    canvas.paint(canvas.box(-0.34, 0, 0.14, 2 * h), (90, 60, 40), 0.35)
    canvas.add(
        canvas.ellipse(-0.42, 0, 0.07, h * 1.6),
        pick(rng, heads),
        height=0.07,
        bevel=0.05,
        gloss=0.1,
    )


def pencil_stub(canvas: Canvas, rng: np.random.Generator) -> None:
    """A short pencil: three lacquered faces, a cone of bare wood, its lead."""
    colour = pick(rng, (*PLASTICS, (226, 170, 40)))
    h = rng.uniform(0.075, 0.09)
    cone = canvas.polygon(mirrored([(0.1, h), (0.2, h * 0.96), (0.49, 0.004)]))
    canvas.add(cone, pick(rng, WOODS[:3]), height=h, bevel=h, axis_y=0, gloss=0.08)
    wood_grain(canvas, rng, cone, 0.16)
    lead: Rgb = (52, 52, 56) if rng.random() < 0.6 else colour
    canvas.paint(both(cone, canvas.box(0.45, 0, 0.13, 1)), lead)
    for y, share in ((-0.67, 0.82), (0.67, 0.68), (0.0, 1.05)):
        end = 0.2 if y == 0 else 0.17
        face = np.concatenate(
            [[(-0.48, -h / 3), (-0.48, h / 3)], arc(end, 0, 0.05, h / 3, 90, -90, 10)]
        )
        facet = canvas.polygon(np.add(face, (0.0, y * h)))
        canvas.add(facet, scaled(colour, share), height=h * 0.8, bevel=0.02, gloss=0.45)
    canvas.paint(canvas.text("HB 2", -0.3, 0, h * 0.42), (226, 200, 120), 0.9)
    if rng.random() < 0.4:
        canvas.add(
            canvas.box(-0.42, 0, 0.12, 2.06 * h),
            BRASSES[2],
            height=h,
            bevel=h,
            axis_y=0,
            gloss=0.75,
        )
        canvas.add(
            canvas.box(-0.475, 0, 0.03, 1.9 * h, 0.02), (226, 130, 130), height=h, gloss=0.05
        )


def finger_ring(canvas: Canvas, rng: np.random.Generator) -> None:
    """A ring with a cut stone in a setting of four claws."""
    gems: tuple[Rgb, ...] = (
        (190, 30, 60),
        (40, 90, 200),
        (40, 160, 100),
        (226, 236, 240),
        (150, 80, 180),
    )
    metal, gem = pick(rng, (*BRASSES, *STEELS[:2])), pick(rng, gems)
    canvas.add(canvas.ring(-0.08, 0, 0.4, 0.32), metal, height=0.08, bevel=0.04, gloss=0.9)
    for x, y in np.asarray(regular(4, 0.165, 45, 0.33)):
        canvas.add(canvas.disc(x, y, 0.035), metal, lift=0.1, height=0.05, bevel=0.03, gloss=0.9)
    corners = np.asarray(regular(8, 0.16, 22.5, 0.33))
    canvas.add(canvas.polygon(corners), gem, lift=0.08, height=0.12, bevel=0.1, gloss=0.7)
    for i in range(8):
        facet: Points = ((0.33, 0.0), tuple(corners[i]), tuple(corners[(i + 1) % 8]))
        canvas.paint(canvas.polygon(facet), (255, 255, 255), float(rng.uniform(0, 0.5)))
    canvas.paint(canvas.polygon(regular(8, 0.08, 22.5, 0.33)), scaled(gem, 1.2), 0.8)


PASTIMES = (
    Kind("toy_car", toy_car, (95, 150)),
    Kind("wooden_star", wooden_star, (70, 115)),
    Kind("poker_chip", poker_chip, (75, 110)),
    Kind("tea_light", tea_light, (70, 105)),
    Kind("matchstick", matchstick, (95, 140)),
    Kind("pencil_stub", pencil_stub, (95, 150)),
    Kind("finger_ring", finger_ring, (62, 95)),
)
