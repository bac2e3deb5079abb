"""Parts from a bench drawer: components, batteries, sticks and cards."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc
from robot.kinds.materials import BLACK_OXIDES, BRASSES, COPPERS, PLASTICS, STEELS, pick, scaled

_BANDS: tuple[Rgb, ...] = (
    (25, 25, 25),
    (120, 70, 30),
    (200, 35, 35),
    (235, 130, 30),
    (235, 215, 50),
    (50, 140, 60),
    (40, 70, 170),
    (130, 60, 140),
    (200, 170, 80),
)
_LABELS: tuple[Rgb, ...] = (
    (26, 26, 30),
    (190, 30, 34),
    (30, 110, 60),
    (24, 60, 140),
    (240, 240, 238),
    (90, 40, 110),
)


def aa_battery(canvas: Canvas, rng: np.random.Generator) -> None:
    """A round cell on its side: a printed sleeve, a metal end and the plus pole's nub."""
    sleeve, band = pick(rng, _LABELS), pick(rng, (*BRASSES, *STEELS, *PLASTICS))
    r = rng.uniform(0.13, 0.155)
    canvas.add(canvas.box(0.465, 0, 0.05, r * 0.75, 0.012), pick(rng, STEELS[:2]), height=r * 0.6)
    canvas.add(
        canvas.box(-0.01, 0, 0.94, 2 * r, 0.025), sleeve, height=r, bevel=r, axis_y=0, gloss=0.45
    )
    split = rng.uniform(0.12, 0.28)
    canvas.paint(canvas.box((split + 0.455) / 2, 0, 0.455 - split, 2 * r), band)
    for x in (-0.462, 0.44):
        canvas.paint(canvas.box(x, 0, 0.03, 2 * r), (205, 207, 210), 0.9)
    word = ("AA", "1.5V", "LR6", "POWER")[int(rng.integers(4))]
    ink = (245, 245, 240) if sum(sleeve) < 420 else (40, 40, 40)
    canvas.paint(canvas.text(word, -0.18, rng.uniform(-0.02, 0.02), 0.085), ink, 0.9)
    canvas.paint(canvas.text("+", 0.37, 0.0, 0.06), (250, 250, 250), 0.9)


def resistor(canvas: Canvas, rng: np.random.Generator) -> None:
    """An axial resistor with its colour bands and wires."""
    bodies: tuple[Rgb, ...] = ((222, 196, 150), (224, 200, 160), (96, 160, 196), (80, 130, 170))
    body = pick(rng, bodies)
    half, r = rng.uniform(0.2, 0.25), rng.uniform(0.07, 0.09)
    bend = rng.normal(0, 0.03, 2)
    wire: Points = ((-0.49, bend[0]), (-half, 0), (half, 0), (0.49, bend[1]))
    canvas.add(canvas.stroke(wire, 0.024), pick(rng, STEELS[:2]), height=0.02, gloss=0.9)
    outline = np.concatenate(
        [
            arc(half - 0.07, 0, 0.085, r * 1.15, -90, 90, 16),
            [(half - 0.14, r), (-half + 0.14, r)],
            arc(-half + 0.07, 0, 0.085, r * 1.15, 90, 270, 16),
            [(-half + 0.14, -r), (half - 0.14, -r)],
        ]
    )
    mask = canvas.polygon(outline)
    canvas.add(mask, body, height=r, bevel=r, gloss=0.35)
    for x in (-half + 0.07, -half * 0.35, 0.02, half * 0.4, half - 0.06):
        stripe = np.minimum(mask, canvas.box(x, 0, 0.03, 0.4))
        canvas.paint(stripe, pick(rng, _BANDS, 4), 0.92)


def led(canvas: Canvas, rng: np.random.Generator) -> None:
    """A light emitting diode on its side: a coloured dome and two wires."""
    glow: tuple[Rgb, ...] = (
        (235, 50, 50),
        (60, 210, 90),
        (70, 120, 245),
        (250, 205, 50),
        (238, 242, 245),
    )
    colour = pick(rng, glow, 6)
    r = rng.uniform(0.13, 0.16)
    lead = pick(rng, STEELS[:2])
    bend = rng.normal(0, 0.02, 2)
    for y, end, turn in ((-0.06, -0.49, bend[0]), (0.06, rng.uniform(-0.44, -0.34), bend[1])):
        wire: Points = ((0.1, y), (-0.1, y), (end, y + turn))
        canvas.add(canvas.stroke(wire, 0.026), lead, height=0.02, gloss=0.9)
    canvas.add(canvas.box(0.1, 0, 0.05, 2.5 * r, 0.015), scaled(colour, 0.85), height=r, gloss=0.5)
    dome = np.concatenate([[(0.11, -r), (0.11, r)], arc(0.49 - r, 0, r, r, 90, -90, 20)])
    canvas.add(canvas.polygon(dome), colour, height=r, bevel=r, gloss=0.55)
    canvas.paint(canvas.box(0.2, -0.02, 0.11, 0.08), (250, 250, 230), 0.35)


def ic_chip(canvas: Canvas, rng: np.random.Generator) -> None:
    """A chip in a dual in-line package with its legs, notch and print."""
    pins = int(rng.integers(4, 9))
    half_w = 0.44
    half_h = rng.uniform(0.13, 0.18)
    pitch = 2 * half_w / pins
    for i in range(pins):
        x = -half_w + (i + 0.5) * pitch
        leg = canvas.box(x, 0, pitch * 0.42, 2 * half_h + 0.13, 0.01)
        canvas.add(leg, (200, 202, 205), height=0.05, bevel=0.015, gloss=0.85)
    body = pick(rng, BLACK_OXIDES, 5)
    canvas.add(
        canvas.box(0, 0, 2 * half_w, 2 * half_h, 0.015), body, height=0.11, bevel=0.03, gloss=0.15
    )
    canvas.engrave(canvas.disc(-half_w, 0, 0.05), 0.03, 0.5)
    canvas.paint(canvas.disc(-half_w + 0.08, half_h - 0.06, 0.018), (150, 150, 150), 0.6)
    code = f"{rng.choice(['NE', 'LM', 'SN', 'TL', 'AT'])}{rng.integers(100, 9999)}"
    canvas.paint(canvas.text(code, 0.03, -0.03, 0.08), (205, 205, 200), 0.75)
    canvas.paint(canvas.text(str(rng.integers(1000, 9999)), 0.03, 0.08, 0.05), (190, 190, 185), 0.6)


def capacitor(canvas: Canvas, rng: np.random.Generator) -> None:
    """An electrolytic capacitor on its side: a sleeve with its minus stripe, two wires."""
    sleeves: tuple[Rgb, ...] = (
        (30, 34, 60),
        (28, 28, 30),
        (40, 84, 60),
        (30, 70, 150),
        (110, 60, 40),
    )
    sleeve = pick(rng, sleeves, 6)
    r = rng.uniform(0.16, 0.2)
    for y in (-0.08, 0.08):
        wire: Points = ((-0.1, y), (-0.48, y + rng.normal(0, 0.015)))
        canvas.add(canvas.stroke(wire, 0.024), (205, 207, 210), height=0.02, gloss=0.9)
    canvas.add(
        canvas.box(0.13, 0, 0.66, 2 * r, 0.04), sleeve, height=r, bevel=r, axis_y=0, gloss=0.4
    )
    stripe = rng.uniform(-0.4, 0.4) * r
    canvas.paint(canvas.box(0.13, stripe, 0.63, r * 0.5), (200, 204, 212), 0.85)
    for x in (-0.04, 0.1, 0.24):
        canvas.paint(canvas.box(x, stripe, 0.06, r * 0.12), (30, 30, 40), 0.9)
    canvas.engrave(canvas.box(-0.11, 0, 0.025, 2 * r), 0.03, 0.3)
    canvas.paint(canvas.box(0.445, 0, 0.03, 1.9 * r, 0.01), (205, 208, 212), 0.9)


def sd_card(canvas: Canvas, rng: np.random.Generator) -> None:
    """A memory card with its cut corner, label, or contacts where it lies on its face."""
    case = pick(rng, ((34, 34, 38), (36, 60, 130), (230, 230, 228), (60, 62, 66)))
    w, h = 0.36, 0.28
    outline: Points = ((-w, -h), (w - 0.13, -h), (w, -h + 0.13), (w, h), (-w, h))
    canvas.add(canvas.polygon(outline), case, height=0.04, bevel=0.02, gloss=0.3)
    if rng.random() < 0.35:
        for i in range(7):
            y = -h + 0.13 + i * 0.063
            canvas.paint(canvas.box(w - 0.09, y, 0.13, 0.04, 0.01), (216, 182, 90))
        return
    label = pick(rng, PLASTICS)
    canvas.paint(canvas.box(-0.08, 0.02, 0.5, 0.46, 0.02), label)
    canvas.paint(canvas.box(-0.08, 0.17, 0.5, 0.14, 0.02), (244, 244, 240), 0.9)
    size = f"{2 ** int(rng.integers(2, 8))}GB"
    ink = (250, 250, 250) if sum(label) < 420 else (30, 30, 30)
    canvas.paint(canvas.text(size, -0.08, -0.07, 0.12), ink, 0.95)
    ridges: list[Points] = [((x, -0.12), (x, 0.12)) for x in (w - 0.1, w - 0.07, w - 0.04)]
    canvas.engrave(canvas.lines(ridges, 0.012), 0.01, 0.3)


def usb_stick(canvas: Canvas, rng: np.random.Generator) -> None:
    """A memory stick: a plastic body and its bare metal plug with two windows."""
    body = pick(rng, PLASTICS)
    h = rng.uniform(0.13, 0.17)
    canvas.add(
        canvas.box(0.33, 0, 0.3, h * 1.45, 0.012), pick(rng, STEELS[:2]), height=0.08, gloss=0.8
    )
    for y in (-0.05, 0.05):
        canvas.engrave(canvas.box(0.38, y, 0.05, 0.045), 0.04, 0.8)
    canvas.add(
        canvas.box(-0.13, 0, 0.7, 2 * h, rng.uniform(0.03, h)),
        body,
        height=0.13,
        bevel=0.06,
        gloss=0.4,
    )
    canvas.engrave(canvas.ring(-0.39, 0, 0.055, 0.03), 0.03, 0.5)
    canvas.paint(canvas.box(-0.08, 0, 0.32, h * 1.1, 0.02), scaled(body, 0.7), 0.8)
    word = ("DATA", "USB 3", "64 GB", "FLASH")[int(rng.integers(4))]
    canvas.paint(canvas.text(word, -0.08, 0, 0.06), (240, 240, 236), 0.85)


def ring_terminal(canvas: Canvas, rng: np.random.Generator) -> None:
    """A crimp terminal: a tinned ring and a coloured insulating sleeve."""
    sleeves: tuple[Rgb, ...] = ((200, 40, 44), (40, 90, 190), (240, 200, 50))
    tin = pick(rng, (*STEELS[:2], *COPPERS[:1]))
    outer = rng.uniform(0.17, 0.21)
    canvas.add(canvas.box(0.05, 0, 0.3, 0.15), tin, height=0.06, bevel=0.03, gloss=0.75)
    ring = canvas.disc(0.49 - outer, 0, outer)
    canvas.add(ring, tin, height=0.05, bevel=0.02, gloss=0.75)
    canvas.cut(canvas.disc(0.49 - outer, 0, outer * rng.uniform(0.48, 0.58)))
    r = rng.uniform(0.1, 0.13)
    canvas.add(
        canvas.box(-0.26, 0, 0.46, 2 * r, 0.03),
        pick(rng, sleeves),
        height=r,
        bevel=r,
        axis_y=0,
        gloss=0.4,
    )
    canvas.engrave(canvas.box(-0.2, 0, 0.07, 2 * r), 0.03, 0.2)
    canvas.add(canvas.box(-0.478, 0, 0.024, 1.2 * r), (50, 30, 25), height=0.05, gloss=0.1)


def glass_fuse(canvas: Canvas, rng: np.random.Generator) -> None:
    """A glass tube fuse with two metal caps and a wire within."""
    r = rng.uniform(0.1, 0.13)
    glass: tuple[Rgb, ...] = ((206, 222, 220), (220, 226, 224), (190, 212, 206))
    canvas.add(
        canvas.box(0, 0, 0.94, 1.86 * r),
        pick(rng, glass, 5),
        height=r,
        bevel=r,
        axis_y=0,
        gloss=0.6,
    )
    canvas.paint(canvas.box(0, -r * 0.4, 0.6, r * 0.22), (250, 252, 252), 0.8)
    thread = np.stack([np.linspace(-0.3, 0.3, 20), rng.normal(0, 0.006, 20)], axis=1)
    canvas.paint(canvas.stroke(thread, 0.014), (110, 100, 90), 0.9)
    cap = pick(rng, STEELS[:2] + BRASSES)
    for x in (-0.37, 0.37):
        canvas.add(
            canvas.box(x, 0, 0.24, 2 * r, 0.02), cap, height=r, bevel=r, axis_y=0, gloss=0.85
        )
        canvas.engrave(canvas.box(x * 0.75, 0, 0.012, 2 * r), 0.01, 0.3)


ELECTRONICS = (
    Kind("aa_battery", aa_battery, (115, 160)),
    Kind("resistor", resistor, (95, 150)),
    Kind("led", led, (85, 135)),
    Kind("ic_chip", ic_chip, (85, 140)),
    Kind("capacitor", capacitor, (85, 140)),
    Kind("sd_card", sd_card, (85, 125)),
    Kind("usb_stick", usb_stick, (110, 160)),
    Kind("ring_terminal", ring_terminal, (90, 140)),
    Kind("glass_fuse", glass_fuse, (80, 130)),
)
