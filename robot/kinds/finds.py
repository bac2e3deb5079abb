"""What nature leaves in a pocket."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb
from robot.kinds.materials import jittered, pick, scaled
from robot.kinds.outlines import blob, both, mirrored
from robot.kinds.textures import speckle, stripes

_LEAVES: tuple[Rgb, ...] = (
    (70, 120, 50),
    (96, 140, 60),
    (196, 150, 50),
    (176, 84, 40),
    (140, 60, 40),
)
_NUTS: tuple[Rgb, ...] = ((206, 164, 104), (190, 146, 92), (216, 180, 124))
_STONES: tuple[Rgb, ...] = ((140, 136, 130), (96, 94, 96), (180, 166, 146), (150, 120, 104))


def leaf(canvas: Canvas, rng: np.random.Generator) -> None:
    """A leaf with a stalk, a toothed edge, a midrib and veins."""
    colour = pick(rng, _LEAVES)
    w = rng.uniform(0.19, 0.25)
    x = np.linspace(-0.3, 0.49, 41)
    share = (x + 0.3) / 0.79
    tooth = 0.012 * (np.arange(41) % 2)
    y = w * np.sin(np.pi * share**0.8) ** 0.9 + tooth * (share < 0.95)
    blade = canvas.polygon(mirrored(list(zip(x, np.nan_to_num(y), strict=True))))
    canvas.add(
        canvas.stroke(((-0.48, 0.02), (-0.38, -0.01), (-0.28, 0)), 0.022), scaled(colour, 0.7)
    )
    canvas.add(blade, colour, height=0.03, bevel=0.12, gloss=0.28)
    speckle(canvas, rng, blade, 14, 0.09)
    if rng.random() < 0.5:
        speckle(canvas, rng, blade, 5, 0.14)
    veins: list[Points] = [((-0.3, 0.0), (0.47, 0.0))]
    for at in np.linspace(-0.2, 0.36, 7):
        veins.extend(((at, 0.0), (at + 0.13, side * w * 0.85)) for side in (-1, 1))
    lines = both(blade, canvas.lines(veins, 0.012))
    canvas.engrave(lines, 0.012, 0.0)
    canvas.paint(lines, scaled(colour, 1.45), 0.6)


def peanut(canvas: Canvas, rng: np.random.Generator) -> None:
    """A peanut in its shell: two swellings, a waist, a net of ridges."""
    colour = pick(rng, _NUTS, 6)
    first, waist, second = rng.uniform(0.18, 0.22), rng.uniform(0.12, 0.145), rng.uniform(0.2, 0.24)
    x = np.linspace(-0.49, 0.49, 40)
    half = np.interp(x, (-0.49, -0.27, 0.0, 0.25, 0.49), (first, first, waist, second, second))
    ends = np.sqrt(np.clip(1 - (np.clip(np.abs(x) - 0.27, 0, None) / 0.22) ** 2, 0, 1))
    smooth = np.convolve(np.pad(half, 4, mode="edge"), np.ones(9) / 9, mode="valid")
    shell = canvas.polygon(mirrored(list(zip(x, smooth * ends, strict=True))))
    canvas.add(shell, colour, height=0.2, bevel=0.2, gloss=0.08)
    ribs: list[Points] = []
    for level in np.linspace(-0.8, 0.8, 6):
        wave = level * smooth * ends + 0.008 * np.sin(24 * x + level * 9)
        ribs.append(np.stack([x, wave], axis=1))
    for at in np.arange(-0.44, 0.45, 0.06):
        lean = rng.normal(0, 0.015)
        ribs.append(((at, -0.25), (at + 0.01 + lean, 0.0), (at + lean, 0.25)))
    net = both(shell, canvas.lines(ribs, 0.014))
    canvas.engrave(net, -0.016, 0.18)
    speckle(canvas, rng, shell, 30, 0.12)


def seashell(canvas: Canvas, rng: np.random.Generator) -> None:
    """A scallop: ribs that fan out from the hinge, and bands of two colours."""
    sands: tuple[Rgb, ...] = ((236, 214, 190), (228, 170, 140), (214, 196, 170), (200, 120, 100))
    ground, band = pick(rng, sands), pick(rng, ((170, 90, 70), (150, 110, 90), (236, 226, 214)))
    n = int(rng.integers(9, 13))
    angle = np.linspace(-1.05, 1.05, 12 * n)
    radius = 0.86 - 0.1 * np.abs(angle) ** 2 + 0.018 * np.cos(2 * np.pi * n * angle / 2.1)
    fan = np.stack([radius * np.cos(angle) - 0.44, radius * np.sin(angle) * 0.82], axis=1)
    shell = canvas.polygon(np.concatenate([fan, [(-0.4, 0.1), (-0.42, 0.0), (-0.4, -0.1)]]))
    ear: Points = ((-0.44, -0.15), (-0.44, 0.15), (-0.3, 0.18), (-0.3, -0.18))
    canvas.add(canvas.polygon(ear), scaled(ground, 0.85), height=0.05, gloss=0.2)
    canvas.add(shell, ground, height=0.2, bevel=0.3, gloss=0.35)
    x, y = canvas.places()
    far = np.hypot(x + 0.44, y / 0.82)
    rings = np.clip(np.sin(far * float(rng.uniform(22, 34)) + rng.uniform(0, 6)) * 2, 0, 1)
    canvas.paint(both(shell, (rings * 200).astype(np.uint8)), band)
    ribs: list[Points] = [
        ((-0.4, 0.0), (0.86 * np.cos(at) - 0.44, 0.7 * np.sin(at)))
        for at in np.linspace(-1.0, 1.0, n + 1)
    ]
    canvas.engrave(both(shell, canvas.lines(ribs, 0.014)), 0.02, 0.3)


def acorn(canvas: Canvas, rng: np.random.Generator) -> None:
    """An acorn: a glossy nut with a point, in a scaly cup with a stalk."""
    green = rng.random() < 0.3
    colour = jittered(rng, (130, 140, 60) if green else (156, 100, 50))
    w = rng.uniform(0.2, 0.24)
    nut = mirrored(
        [(-0.1, w), (0.12, w), (0.3, w * 0.75), (0.4, w * 0.3), (0.42, 0.035), (0.48, 0.0)]
    )
    canvas.add(canvas.polygon(nut), colour, height=w, bevel=w, gloss=0.5)
    lights = both(canvas.polygon(nut), canvas.box(0.15, -w * 0.35, 0.4, w * 0.16))
    canvas.paint(lights, scaled(colour, 1.5), 0.35)
    canvas.add(canvas.stroke(((-0.46, 0.01), (-0.32, 0)), 0.05), scaled(colour, 0.6), height=0.05)
    profile = mirrored([(-0.39, 0.05), (-0.35, w * 0.7), (-0.24, w * 1.12), (-0.06, w * 1.16)])
    cup = canvas.polygon(profile)
    brown = jittered(rng, (120, 92, 60))
    canvas.add(cup, brown, height=w, bevel=w * 0.8, gloss=0.05)
    stripes(canvas, cup, scaled(brown, 0.6), 0.9, 13)
    stripes(canvas, cup, scaled(brown, 0.7), -0.9, 13)


def feather(canvas: Canvas, rng: np.random.Generator) -> None:
    """A small feather: a quill, a vane of barbs, a darker tip or bars."""
    plumes: tuple[Rgb, ...] = ((228, 226, 220), (110, 112, 118), (150, 110, 76), (60, 100, 150))
    colour, w = pick(rng, plumes), rng.uniform(0.1, 0.13)
    x = np.linspace(-0.3, 0.48, 50)
    share = (x + 0.3) / 0.78
    edge = w * np.clip(np.sin(np.pi * share**0.75), 0, 1) ** 0.6 + rng.uniform(-0.012, 0.006, 50)
    edge[-1] = 0.0
    vane = canvas.polygon(mirrored(list(zip(x, np.clip(edge, 0, 1), strict=True))))
    canvas.add(vane, colour, height=0.03, bevel=0.06, gloss=0.1)
    if rng.random() < 0.5:
        stripes(canvas, vane, scaled(colour, 0.5), 0.0, 7)
    else:
        canvas.paint(both(vane, canvas.box(0.4, 0, 0.26, 1.0)), scaled(colour, 0.4), 0.85)
    barbs: list[Points] = []
    for at in np.arange(-0.32, 0.46, 0.022):
        barbs.extend(((at, 0.0), (at + 0.09, side * w)) for side in (-1, 1))
    canvas.engrave(both(vane, canvas.lines(barbs, 0.006)), 0.006, 0.16)
    quill = canvas.stroke(((-0.48, 0.012), (-0.2, 0.0), (0.4, 0.0)), 0.02)
    canvas.add(quill, (232, 226, 210), lift=0.02, height=0.02, bevel=0.01, gloss=0.3)


def stone(canvas: Canvas, rng: np.random.Generator) -> None:
    """A river stone: round, mottled, now and then with a vein of quartz."""
    colour = pick(rng, _STONES)
    pebble = canvas.polygon(blob(rng, 0.07) * (1.0, float(rng.uniform(0.65, 0.9))))
    canvas.add(pebble, colour, height=0.25, bevel=0.32, gloss=0.1)
    speckle(canvas, rng, pebble, 60, 0.16)
    speckle(canvas, rng, pebble, 9, 0.1)
    if rng.random() < 0.5:
        at = np.stack([np.linspace(-0.5, 0.5, 9), rng.normal(0, 0.02, 9).cumsum()], axis=1)
        canvas.paint(both(pebble, canvas.stroke(at, 0.03)), (226, 222, 214), 0.75)


FINDS = (
    Kind("leaf", leaf, (100, 160)),
    Kind("peanut", peanut, (85, 130)),
    Kind("seashell", seashell, (75, 120)),
    Kind("acorn", acorn, (70, 105)),
    Kind("feather", feather, (110, 160)),
    Kind("stone", stone, (65, 115)),
)
