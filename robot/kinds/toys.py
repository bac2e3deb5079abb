"""Toys, games and small sweets-like things."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, regular
from robot.kinds.materials import PLASTICS, WOODS, pick, scaled

_PIPS: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((0, 0),),
    2: ((-1, -1), (1, 1)),
    3: ((-1, -1), (0, 0), (1, 1)),
    4: ((-1, -1), (1, 1), (-1, 1), (1, -1)),
    5: ((-1, -1), (1, 1), (-1, 1), (1, -1), (0, 0)),
    6: ((-1, -1), (1, 1), (-1, 1), (1, -1), (-1, 0), (1, 0)),
}


def toy_brick(canvas: Canvas, rng: np.random.Generator) -> None:
    """A building brick from above with its studs, two by two to two by four."""
    colour = pick(rng, PLASTICS)
    columns = int(rng.integers(2, 5))
    pitch = 0.96 / np.hypot(columns, 2)
    w, h = columns * pitch, 2 * pitch
    canvas.add(canvas.box(0, 0, w, h, 0.02), colour, height=0.12, bevel=0.025, gloss=0.4)
    for i in range(columns):
        for j in range(2):
            x, y = (i - (columns - 1) / 2) * pitch, (j - 0.5) * pitch
            canvas.paint(canvas.disc(x + 0.01, y + 0.012, pitch * 0.34), scaled(colour, 0.6), 0.6)
            stud = canvas.disc(x, y, pitch * 0.3)
            canvas.add(stud, scaled(colour, 1.04), lift=0.12, height=0.06, bevel=0.025, gloss=0.45)


def capsule(canvas: Canvas, rng: np.random.Generator) -> None:
    """A medicine capsule of two colours."""
    left, right = pick(rng, PLASTICS), pick(rng, PLASTICS)
    r = rng.uniform(0.15, 0.19)
    body = canvas.box(0, 0, 0.97, 1.94 * r, r)
    canvas.add(body, left, height=r, bevel=r, gloss=0.6)
    canvas.paint(np.minimum(body, canvas.box(0.26, 0, 0.48, 2 * r)), right)
    canvas.engrave(canvas.box(0.02, 0, 0.012, 2 * r), 0.02, 0.35)


def tablet(canvas: Canvas, rng: np.random.Generator) -> None:
    """A round pressed tablet with a score line."""
    chalks: tuple[Rgb, ...] = (
        (242, 240, 234),
        (240, 208, 208),
        (246, 232, 176),
        (200, 222, 240),
        (206, 234, 208),
    )
    colour = pick(rng, chalks, 6)
    b = 0.49 * (1.0 if rng.random() < 0.6 else rng.uniform(0.6, 0.75))
    canvas.add(canvas.ellipse(0, 0, 0.49, b), colour, height=0.16, bevel=0.16, gloss=0.06)
    canvas.engrave(canvas.box(0, 0, 0.04, 1.7 * b), 0.05, 0.22)
    if rng.random() < 0.5:
        canvas.engrave(canvas.text(str(rng.integers(10, 99)), -0.22, 0, 0.14), 0.03, 0.2)


def dice(canvas: Canvas, rng: np.random.Generator) -> None:
    """A die from above, its corners round."""
    colour = pick(rng, ((244, 242, 232), (244, 242, 232), *PLASTICS))
    ink: Rgb = (24, 24, 26) if sum(colour) > 380 else (246, 246, 242)
    canvas.add(
        canvas.box(0, 0, 0.72, 0.72, rng.uniform(0.08, 0.16)),
        colour,
        height=0.3,
        bevel=0.09,
        gloss=0.45,
    )
    for x, y in _PIPS[int(rng.integers(1, 7))]:
        spot = canvas.disc(x * 0.2, y * 0.2, 0.068)
        canvas.engrave(spot, 0.03, 0.0)
        canvas.paint(spot, ink, 0.95)


def domino(canvas: Canvas, rng: np.random.Generator) -> None:
    """A domino: two squares of pips and a bar between them."""
    colour = pick(rng, ((244, 240, 226), (30, 30, 34), (120, 40, 36), *WOODS[:2]))
    ink: Rgb = (26, 26, 28) if sum(colour) > 380 else (244, 244, 240)
    canvas.add(canvas.box(0, 0, 0.88, 0.44, 0.05), colour, height=0.12, bevel=0.04, gloss=0.4)
    canvas.engrave(canvas.box(0, 0, 0.018, 0.36), 0.03, 0.5)
    for centre in (-0.22, 0.22):
        for x, y in _PIPS[int(rng.integers(1, 7))]:
            spot = canvas.disc(centre + x * 0.115, y * 0.125, 0.042)
            canvas.engrave(spot, 0.02, 0.0)
            canvas.paint(spot, ink, 0.95)


def guitar_pick(canvas: Canvas, rng: np.random.Generator) -> None:
    """A plectrum: a rounded triangle, plain, marbled or printed."""
    colour = pick(rng, (*PLASTICS, (130, 70, 30), (226, 220, 200)))
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = 0.4 + 0.075 * np.cos(3 * angle) + 0.015 * np.cos(6 * angle)
    outline = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    canvas.add(canvas.polygon(outline), colour, height=0.035, bevel=0.03, gloss=0.5)
    if rng.random() < 0.5:
        swirl = rng.standard_normal((6, 6)).astype(np.float32)
        canvas.multiply(1 + 0.25 * np.clip(swirl, -1.2, 1.2))
    ink = scaled(colour, 0.4) if sum(colour) > 330 else (240, 240, 235)
    word = ("HEAVY", ".73", "1.0", "MEDIUM")[int(rng.integers(4))]
    canvas.paint(canvas.text(word, -0.06, 0, 0.09), ink, 0.85)


def marble(canvas: Canvas, rng: np.random.Generator) -> None:
    """A glass ball with a twisted ribbon of colour within."""
    glass: tuple[Rgb, ...] = (
        (150, 196, 190),
        (120, 150, 190),
        (60, 110, 80),
        (190, 200, 206),
        (50, 60, 110),
    )
    ball = canvas.disc(0, 0, 0.48)
    canvas.add(ball, pick(rng, glass), height=0.48, bevel=0.48, gloss=0.7)
    turn = rng.uniform(0, np.pi)
    along = np.linspace(-0.42, 0.42, 24)
    for shift in (-0.09, 0.0, 0.09):
        across = 0.16 * np.sin(along * 7 + turn) * np.cos(along * 3.2) + shift
        ribbon = np.stack([along, across], axis=1)
        canvas.paint(np.minimum(ball, canvas.stroke(ribbon, 0.08)), pick(rng, PLASTICS), 0.85)
    canvas.paint(canvas.ring(0, 0, 0.48, 0.4), (20, 30, 40), 0.25)
    canvas.paint(canvas.ellipse(-0.16, -0.18, 0.07, 0.05), (255, 255, 255), 0.75)


def puzzle_piece(canvas: Canvas, rng: np.random.Generator) -> None:
    """A piece of a jigsaw: knobs on some sides, sockets in the others."""
    colour = pick(rng, PLASTICS)
    half, knob = 0.29, 0.088
    base = canvas.box(0, 0, 2 * half, 2 * half, 0.02)
    sides = ((1, 0), (0, 1), (-1, 0), (0, -1))
    is_out = rng.random(4) < 0.5
    for (x, y), out in zip(sides, is_out, strict=True):
        if out:
            base = np.maximum(base, canvas.disc(x * (half + 0.075), y * (half + 0.075), knob))
    for (x, y), out in zip(sides, is_out, strict=True):
        if not out:
            socket = canvas.disc(x * (half - 0.065), y * (half - 0.065), knob)
            neck = canvas.box(x * half, y * half, 0.1, 0.1)
            base = np.clip(base.astype(np.int16) - np.maximum(socket, neck), 0, 255).astype(
                np.uint8
            )
    canvas.add(base, colour, height=0.045, bevel=0.02, gloss=0.2)
    patches = rng.standard_normal((4, 4)).astype(np.float32)
    canvas.paint(
        np.minimum(base, canvas.stroke(rng.uniform(-0.4, 0.4, (4, 2)), 0.14)),
        pick(rng, PLASTICS),
        0.8,
    )
    canvas.multiply(1 + 0.15 * np.clip(patches, -1.5, 1.2))


def game_pawn(canvas: Canvas, rng: np.random.Generator) -> None:
    """A board game figure lying on its side: foot, cone and head."""
    colour = pick(rng, (*PLASTICS, *WOODS))
    foot, neck, head = rng.uniform(0.2, 0.24), 0.07, rng.uniform(0.13, 0.16)
    cone: Points = (
        (-0.4, -foot),
        (-0.25, -foot * 0.75),
        (0.2, -neck),
        (0.2, neck),
        (-0.25, foot * 0.75),
        (-0.4, foot),
    )
    canvas.add(canvas.polygon(cone), colour, height=foot * 0.8, bevel=foot, axis_y=0, gloss=0.45)
    canvas.add(
        canvas.box(-0.43, 0, 0.08, 2 * foot, 0.03), scaled(colour, 0.95), height=0.14, gloss=0.4
    )
    canvas.add(canvas.disc(0.48 - head, 0, head), colour, height=head * 1.2, bevel=head, gloss=0.5)


def bead(canvas: Canvas, rng: np.random.Generator) -> None:
    """A faceted bead with a hole through its middle."""
    colour = pick(rng, (*PLASTICS[:4], *PLASTICS[6:], (220, 60, 130)))
    sides = int(rng.integers(7, 10))
    canvas.add(canvas.polygon(regular(sides, 0.49)), colour, height=0.24, bevel=0.22, gloss=0.7)
    for i, (x, y) in enumerate(np.asarray(regular(sides, 0.49))):
        following = np.asarray(regular(sides, 0.49))[(i + 1) % sides]
        facet: Points = ((0.22 * x / 0.49, 0.22 * y / 0.49), (x, y), tuple(following))
        white = float(rng.uniform(0.0, 0.4))
        canvas.paint(canvas.polygon(facet), (255, 255, 255), white)
    canvas.cut(canvas.disc(0, 0, rng.uniform(0.1, 0.14)))


TOYS = (
    Kind("toy_brick", toy_brick, (85, 140)),
    Kind("capsule", capsule, (75, 120)),
    Kind("tablet", tablet, (60, 90)),
    Kind("dice", dice, (75, 110)),
    Kind("domino", domino, (100, 150)),
    Kind("guitar_pick", guitar_pick, (75, 115)),
    Kind("marble", marble, (60, 95)),
    Kind("puzzle_piece", puzzle_piece, (85, 125)),
    Kind("game_pawn", game_pawn, (80, 125)),
    Kind("bead", bead, (60, 90)),
)
