"""From the drawer by the door: to lock, to call and to sew with."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc, rounded_box
from robot.kinds.materials import BLACK_OXIDES, BRASSES, PLASTICS, STEELS, WOODS, pick, scaled
from robot.kinds.outlines import both, without
from robot.kinds.textures import stripes, wood_grain

_YARNS: tuple[Rgb, ...] = (*PLASTICS, (150, 40, 70), (20, 60, 110), (206, 190, 150))
_INSIDE: Rgb = (26, 24, 24)


def padlock(canvas: Canvas, rng: np.random.Generator) -> None:
    """A closed padlock: a round shackle in two collars, a riveted body, a plate with a keyhole."""
    metal = pick(rng, (*BRASSES, *BRASSES, *STEELS[:3], *PLASTICS[:4], *BLACK_OXIDES[:1]))
    steel, h = pick(rng, STEELS[:2]), rng.uniform(0.24, 0.28)
    bow, left, right = h * rng.uniform(0.58, 0.66), -0.45, rng.uniform(0.04, 0.1)
    shackle = np.concatenate([[(0.0, -bow)], arc(0.45 - bow, 0, bow, bow, -90, 90, 24), [(0, bow)]])
    canvas.add(canvas.stroke(shackle, 0.085), steel, height=0.1, bevel=0.042, gloss=0.85)
    middle, w = (left + right) / 2, right - left
    for y in (-bow, bow):
        collar = canvas.box(right + 0.015, y, 0.05, 0.13, 0.015)
        canvas.add(collar, scaled(metal, 0.8), height=0.14, bevel=0.03, gloss=0.7)
    body = canvas.box(middle, 0, w, 2 * h, 0.07)
    canvas.add(body, metal, height=0.17, bevel=0.06, gloss=0.62)
    face = canvas.polygon(rounded_box(middle, 0, w - 0.09, 2 * h - 0.09, 0.04))
    inner = canvas.polygon(rounded_box(middle, 0, w - 0.12, 2 * h - 0.12, 0.03))
    canvas.engrave(without(face, inner), 0.02, 0.3)
    for x in (left + 0.105, right - 0.105):
        for y in (-h + 0.105, h - 0.105):
            rivet = canvas.disc(x, y, 0.027)
            canvas.add(rivet, steel, lift=0.16, height=0.03, bevel=0.027, gloss=0.8)
    plate = canvas.disc(middle, 0, 0.125)
    canvas.add(plate, steel, lift=0.165, height=0.025, bevel=0.02, gloss=0.75)
    canvas.engrave(canvas.ring(middle, 0, 0.105, 0.092), 0.01, 0.3)
    slit: Points = (
        (middle + 0.03, -0.013),
        (middle + 0.03, 0.013),
        (middle - 0.085, 0.028),
        (middle - 0.085, -0.028),
    )
    for hole in (canvas.disc(middle + 0.035, 0, 0.038), canvas.polygon(slit)):
        canvas.engrave(hole, 0.05, 0.0)
        canvas.paint(hole, _INSIDE, 0.95)


def whistle(canvas: Canvas, rng: np.random.Generator) -> None:
    """A pea whistle on its side: a round chamber with a cap, a window, a mouthpiece, a ring."""
    colour = pick(rng, (*PLASTICS, *STEELS[:2], *BRASSES[:1]))
    cap = colour if rng.random() < 0.4 else pick(rng, (*PLASTICS[4:6], *STEELS[:2], PLASTICS[2]))
    r = rng.uniform(0.235, 0.265)
    x, tip = -0.43 + r, 0.46
    canvas.add(
        canvas.ring(-0.41, -0.09, 0.085, 0.055), pick(rng, STEELS[:2]), height=0.04, gloss=0.85
    )
    low = -r + rng.uniform(0.2, 0.23)
    mouth: Points = ((x, -r), (tip, -r + 0.02), (tip, low - 0.03), (0.1, low), (x + 0.1, low + 0.1))
    canvas.add(canvas.polygon(mouth), colour, height=0.13, bevel=0.045, gloss=0.5)
    canvas.add(canvas.disc(x, 0, r), colour, height=0.17, bevel=0.05, gloss=0.5)
    window: Points = (
        (x + 0.1, -0.6),
        (x + 0.22, -0.6),
        (x + 0.2, -r + 0.075),
        (x + 0.06, -r + 0.09),
    )
    slot = canvas.polygon(window)
    canvas.engrave(slot, 0.09, 0.0)
    canvas.paint(slot, _INSIDE, 0.9)
    pea = canvas.disc(x + 0.1, -r + 0.085, 0.055)
    canvas.paint(both(pea, slot), (206, 160, 100), 0.95)
    canvas.cut(canvas.box(x + 0.17, -r - 0.02, 0.1, 0.09))
    for at in (tip - 0.045, tip - 0.085):
        canvas.engrave(canvas.lines([((at, -r), (at, low))], 0.014), 0.02, 0.35)
    canvas.add(canvas.disc(x, 0.01, r * 0.74), cap, lift=0.16, height=0.04, bevel=0.035, gloss=0.55)
    canvas.engrave(canvas.ring(x, 0.01, r * 0.6, r * 0.53), 0.02, 0.35)
    canvas.add(canvas.disc(x, 0.01, r * 0.17), scaled(cap, 0.8), lift=0.19, height=0.03, gloss=0.6)


def thread_spool(canvas: Canvas, rng: np.random.Generator) -> None:
    """A reel of sewing thread on its side: two flanges, thread wound crosswise, its loose end."""
    yarn, is_wooden = pick(rng, _YARNS), rng.random() < 0.6
    stuff = pick(rng, WOODS if is_wooden else (*PLASTICS[4:6], PLASTICS[8], PLASTICS[2]))
    y, h = -0.07, rng.uniform(0.24, 0.27)
    wound, end = h * rng.uniform(0.74, 0.92), rng.uniform(0.38, 0.4)
    loose = np.linspace(0, 1, 24)
    swing = 0.03 * np.sin(float(rng.uniform(5, 9)) * loose) * loose
    fall = (0.37 - wound) * loose**0.6 + swing
    tail = np.stack([0.24 - 0.5 * loose, y + wound - 0.02 + fall], axis=1)
    canvas.add(canvas.stroke(tail, 0.02), yarn, height=0.02)
    barrel = canvas.box(0, y, 2 * end - 0.1, 2 * wound, 0.03)
    canvas.add(barrel, yarn, height=wound, bevel=wound, axis_y=y, gloss=0.3)
    faint, lean = np.asarray(barrel * 0.45, np.uint8), float(rng.uniform(0.14, 0.22))
    for way, share in ((lean, 0.72), (-lean, 1.22)):
        stripes(canvas, faint, scaled(yarn, share), way, 19)
    for x in (-end, end):
        flange = canvas.box(x, y, 0.09, 2 * h, 0.03)
        canvas.add(flange, stuff, height=h, bevel=h, axis_y=y, gloss=0.15 if is_wooden else 0.45)
        if is_wooden:
            wood_grain(canvas, rng, flange, 0.22)
        inner = canvas.box(x - np.sign(x) * 0.04, y, 0.014, 2 * h)
        canvas.engrave(both(flange, inner), 0.02, 0.4)


ODDMENTS = (
    Kind("padlock", padlock, (90, 135)),
    Kind("whistle", whistle, (90, 135)),
    Kind("thread_spool", thread_spool, (90, 140)),
)
