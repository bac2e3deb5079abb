"""Flat things of paper, cloth and felt: woven, sewn and printed."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc, regular
from robot.kinds.materials import PLASTICS, pick, scaled
from robot.kinds.outlines import Outline, both, fitted, mirrored
from robot.kinds.textures import speckle, stitches, stripes, weave

_INKS: tuple[Rgb, ...] = (*PLASTICS[:4], *PLASTICS[5:9])


def postage_stamp(canvas: Canvas, rng: np.random.Generator) -> None:
    """A stamp: toothed edges, a white border, a printed hill under a sun, its value."""
    w, h = rng.uniform(0.58, 0.64), rng.uniform(0.7, 0.74)
    canvas.add(canvas.box(0, 0, w, h), (240, 236, 224), height=0.02, bevel=0.01, gloss=0.05)
    for along, across in ((w, h), (h, w)):
        for at in np.linspace(-along / 2, along / 2, 11 if along == w else 13):
            for side in (-across / 2, across / 2):
                x, y = (at, side) if along == w else (side, at)
                canvas.cut(canvas.disc(x, y, 0.02))
    sky, hill = pick(rng, _INKS), pick(rng, _INKS)
    frame = canvas.box(0, 0, w - 0.12, h - 0.12)
    canvas.paint(frame, scaled(sky, 1.2), 0.8)
    x = np.linspace(-0.3, 0.3, 12)
    ridge = 0.05 + 0.07 * np.sin(9 * x + rng.uniform(0, 6))
    land = np.concatenate([np.stack([x, ridge], axis=1), [(0.3, 0.5), (-0.3, 0.5)]])
    canvas.paint(both(frame, canvas.polygon(land)), hill, 0.9)
    canvas.paint(both(frame, canvas.disc(rng.uniform(-0.15, 0.15), -0.12, 0.07)), (246, 226, 140))
    canvas.paint(canvas.text(f"{rng.integers(5, 99)}", 0.1, 0.22, 0.09), (245, 245, 240), 0.95)
    if rng.random() < 0.5:
        for radius in (0.3, 0.26):
            mark = canvas.ring(0.15, -0.25, radius, radius - 0.014)
            canvas.paint(both(canvas.box(0, 0, w, h), mark), (40, 40, 46), 0.6)


def playing_card(canvas: Canvas, rng: np.random.Generator) -> None:
    """A small playing card, face up: a number in two corners, its suit's signs between."""
    is_red = rng.random() < 0.5
    ink: Rgb = (196, 30, 36) if is_red else (26, 26, 30)
    canvas.add(
        canvas.box(0, 0, 0.58, 0.8, 0.05), (246, 245, 240), height=0.015, bevel=0.01, gloss=0.3
    )
    value = int(rng.integers(2, 7))
    for side in (-1, 1):
        canvas.paint(canvas.text(str(value), side * 0.22, side * 0.32, 0.08), ink, 0.95)
    rows, columns = (value + 1) // 2, 2 if value > 3 else 1
    size = 0.085
    for i in range(rows if columns == 2 else value):
        n = rows if columns == 2 else value
        y = (i - (n - 1) / 2) * 0.5 / max(1, n - 1)
        for x in (-0.1, 0.1) if columns == 2 else (0.0,):
            sign = _heart() * size if is_red else np.asarray(regular(4, size * 0.6, 90))
            canvas.paint(canvas.polygon(np.add(sign, (x, y))), ink, 0.95)


def _heart() -> Outline:
    """Return the outline of a heart, point down, 1 across its diagonal."""
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return fitted(np.stack([x, y], axis=1), 0.5)


def cloth_patch(canvas: Canvas, rng: np.random.Generator) -> None:
    """A sample of woven tartan, its edges pinked."""
    ground, band = pick(rng, _INKS), pick(rng, PLASTICS)
    half, n = 0.33, 14
    teeth = np.linspace(-half, half, 2 * n + 1)
    out = half + 0.02 * (np.arange(2 * n + 1) % 2)
    top = np.stack([teeth, -out], axis=1)[:-1]
    side = np.stack([out, teeth], axis=1)[:-1]
    cloth = canvas.polygon(np.concatenate([top, side, -top, -side]))
    canvas.add(cloth, ground, height=0.03, bevel=0.015, gloss=0.02)
    for at in rng.uniform(-0.28, 0.28, 3):
        width = float(rng.uniform(0.03, 0.12))
        canvas.paint(both(cloth, canvas.box(at, 0, width, 1)), band, 0.6)
        canvas.paint(both(cloth, canvas.box(0, at, 1, width)), band, 0.6)
    weave(canvas, cloth, 34, 0.22)
    speckle(canvas, rng, cloth, 8, 0.06)


def felt_heart(canvas: Canvas, rng: np.random.Generator) -> None:
    """A heart of stuffed felt with a seam of stitches along its edge."""
    colour, thread = pick(rng, _INKS), pick(rng, ((244, 240, 230), (250, 220, 90), (40, 40, 44)))
    outline = _heart() * 0.98
    heart = canvas.polygon(outline)
    canvas.add(heart, colour, height=0.14, bevel=0.22, gloss=0.02)
    speckle(canvas, rng, heart, 90, 0.1)
    stitches(canvas, outline * 0.84 - (0, 0.01), thread, 30, 0.02)


def tea_bag(canvas: Canvas, rng: np.random.Generator) -> None:
    """A tea bag: thin paper over dark leaves, a string, a printed tag."""
    w, h = 0.46, rng.uniform(0.5, 0.56)
    tea = pick(rng, ((96, 60, 36), (80, 84, 44), (120, 50, 40)))
    bag = canvas.box(-0.18, 0, w, h, 0.01)
    canvas.add(bag, (226, 214, 190), height=0.05, bevel=0.12, gloss=0.02, clear=0.25)
    leaves = canvas.box(-0.17, rng.uniform(-0.02, 0.04), w - 0.12, h - 0.16, 0.1)
    canvas.paint(leaves, tea, 0.72)
    speckle(canvas, rng, leaves, 40, 0.28)
    weave(canvas, bag, 44, 0.05)
    canvas.engrave(canvas.lines([((-0.18, -h / 2), (-0.18, h / 2))], 0.01), 0.01, 0.12)
    y = float(rng.uniform(-0.12, 0.12))
    string: Points = np.array([(-0.02, -h / 4), (0.12, y - 0.1), (0.2, y + 0.06), (0.3, y)])
    canvas.add(canvas.stroke(string, 0.012), (238, 236, 228), height=0.02, bevel=0.006, gloss=0.0)
    ink = pick(rng, _INKS)
    tag = canvas.box(0.38, y, 0.17, 0.2, 0.01)
    canvas.add(tag, ink, height=0.015, bevel=0.01, gloss=0.1)
    canvas.paint(canvas.text("TEA", 0.38, y, 0.04), (248, 246, 240), 0.95)


def wrapped_sweet(canvas: Canvas, rng: np.random.Generator) -> None:
    """A sweet in striped, shining paper, twisted at both ends."""
    paper, stripe = pick(rng, PLASTICS), pick(rng, ((248, 248, 244), *PLASTICS))
    r = rng.uniform(0.14, 0.18)
    for side in (-1, 1):
        angle = np.linspace(-0.62, 0.62, 9)
        reach = 0.27 + 0.025 * (np.arange(9) % 2)
        fan = np.stack([side * (0.2 + reach * np.cos(angle)), reach * np.sin(angle)], axis=1)
        end = canvas.polygon(np.concatenate([[(side * 0.17, 0.03), (side * 0.17, -0.03)], fan]))
        canvas.add(end, scaled(paper, 0.92), height=0.06, bevel=0.03, gloss=0.5)
        folds: list[Points] = [((side * 0.2, 0.0), (float(x), float(y))) for x, y in fan[1::2]]
        canvas.engrave(both(end, canvas.lines(folds, 0.02)), 0.03, 0.35)
    body = canvas.ellipse(0, 0, 0.27, r)
    canvas.add(body, paper, height=r, bevel=r, gloss=0.6)
    stripes(canvas, body, stripe, 0.6, float(rng.uniform(7, 10)))


def sticking_plaster(canvas: Canvas, rng: np.random.Generator) -> None:
    """A wound plaster: a strip with round ends, rows of pores and a pad."""
    skins: tuple[Rgb, ...] = ((222, 176, 136), (206, 156, 118), (150, 104, 76), (90, 150, 200))
    colour, h = pick(rng, skins), rng.uniform(0.12, 0.15)
    strip = canvas.box(0, 0, 0.98, 2 * h, h)
    canvas.add(strip, colour, height=0.025, bevel=0.015, gloss=0.12)
    weave(canvas, strip, 60, 0.08)
    pad = canvas.box(0, 0, 0.28, 2 * h * 0.94, 0.02)
    canvas.add(pad, scaled(colour, 0.93), lift=0.02, height=0.03, bevel=0.03, gloss=0.05)
    pores = [(x, y * h) for x in np.arange(-0.4, 0.42, 0.055) for y in (-0.5, 0.0, 0.5)]
    for x, y in pores:
        canvas.engrave(canvas.disc(x, y, 0.01), 0.01, 0.45)


def luggage_tag(canvas: Canvas, rng: np.random.Generator) -> None:
    """A tag of brown card: cut corners, a reinforced hole, a knotted string, handwriting."""
    card = pick(rng, ((206, 170, 120), (190, 152, 104), (236, 230, 214)))
    h = rng.uniform(0.16, 0.19)
    loop = np.concatenate([[(-0.3, 0.0)], arc(-0.42, 0.0, 0.07, 0.08, 0, 330, 20)])
    canvas.add(canvas.stroke(loop, 0.016), (226, 220, 206), height=0.02, bevel=0.008, gloss=0.0)
    outline = mirrored([(-0.36, h * 0.45), (-0.26, h), (0.48, h)])
    tag = canvas.polygon(outline)
    canvas.add(tag, card, height=0.02, bevel=0.01, gloss=0.03)
    speckle(canvas, rng, tag, 50, 0.05)
    canvas.paint(canvas.disc(-0.28, 0, 0.055), (170, 60, 40), 0.85)
    canvas.cut(canvas.disc(-0.28, 0, 0.024))
    for y in (-0.4, 0.1, 0.55):
        end = float(rng.uniform(0.2, 0.44))
        x = np.linspace(-0.14, end, 26)
        words = np.stack([x, y * h + rng.normal(0, 0.012, 26)], axis=1)
        canvas.paint(canvas.stroke(words, 0.01), (40, 44, 90), 0.8)


PAPERS = (
    Kind("postage_stamp", postage_stamp, (70, 110)),
    Kind("playing_card", playing_card, (100, 155)),
    Kind("cloth_patch", cloth_patch, (80, 140)),
    Kind("felt_heart", felt_heart, (75, 120)),
    Kind("tea_bag", tea_bag, (110, 160)),
    Kind("wrapped_sweet", wrapped_sweet, (85, 130)),
    Kind("sticking_plaster", sticking_plaster, (100, 150)),
    Kind("luggage_tag", luggage_tag, (105, 155)),
)
