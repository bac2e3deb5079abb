"""Connectors, boards and controls from an electronics bench."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Points, Rgb, arc
from robot.kinds.materials import BLACK_OXIDES, BRASSES, PLASTICS, STEELS, pick, scaled
from robot.kinds.outlines import both, mirrored
from robot.kinds.textures import stripes

_SOLDER_MASKS: tuple[Rgb, ...] = ((26, 104, 56), (24, 66, 140), (150, 30, 34), (30, 32, 36))
_GOLD: Rgb = (222, 184, 90)


def jack_plug(canvas: Canvas, rng: np.random.Generator) -> None:
    """An audio plug: a stub of cable, a ribbed sleeve, a gilt or nickel pin with black rings."""
    sleeve = pick(rng, (*BLACK_OXIDES, *PLASTICS[:2], *STEELS[:1], (236, 236, 232)))
    metal = pick(rng, (*BRASSES, *STEELS[:1]))
    r = rng.uniform(0.085, 0.1)
    cable: Points = ((-0.47, rng.normal(0, 0.015)), (-0.4, 0.0), (-0.3, 0.0))
    canvas.add(canvas.stroke(cable, 0.06), (40, 40, 44), height=0.03, bevel=0.03, gloss=0.2)
    relief = canvas.polygon(mirrored([(-0.42, 0.045), (-0.3, r * 0.8)]))
    canvas.add(relief, scaled(sleeve, 0.8), height=0.07, bevel=0.07, gloss=0.3)
    body = canvas.box(-0.15, 0, 0.34, 2 * r, 0.03)
    canvas.add(body, sleeve, height=r, bevel=r, axis_y=0, gloss=0.5)
    ribs: list[Points] = [((x, -r), (x, r)) for x in np.arange(-0.28, -0.12, 0.03)]
    canvas.engrave(canvas.lines(ribs, 0.012), 0.02, 0.35)
    canvas.add(canvas.box(0.05, 0, 0.06, 1.5 * r), metal, height=0.06, bevel=0.06, gloss=0.85)
    profile = [(0.08, 0.042), (0.39, 0.042), (0.41, 0.028), (0.43, 0.04), (0.49, 0.008)]
    pin = canvas.polygon(mirrored(profile))
    canvas.add(pin, metal, height=0.042, bevel=0.042, axis_y=0, gloss=0.9)
    for x in (0.23, 0.36) if rng.random() < 0.6 else (0.33,):
        canvas.paint(both(pin, canvas.box(x, 0, 0.022, 0.2)), (30, 30, 34), 0.95)


def circuit_board(canvas: Canvas, rng: np.random.Generator) -> None:
    """A small module: lacquered board, tracks, a chip, small parts and a row of pins."""
    mask = pick(rng, _SOLDER_MASKS, 5)
    h = rng.uniform(0.22, 0.27)
    board = canvas.box(0, 0, 0.86, 2 * h, 0.02)
    canvas.add(board, mask, height=0.04, bevel=0.012, gloss=0.4)
    tracks: list[Points] = []
    for y in rng.uniform(-h * 0.8, h * 0.8, 9):
        x = float(rng.uniform(-0.3, 0.2))
        tracks.append(((x - 0.15, y), (x, y), (x + 0.06, y * 0.6), (x + 0.2, y * 0.6)))
    canvas.paint(canvas.lines(tracks, 0.012), scaled(mask, 1.5), 0.6)
    for x in (-0.38, 0.38):
        canvas.paint(canvas.disc(x, -h + 0.05, 0.038), _GOLD, 0.95)
        canvas.cut(canvas.disc(x, -h + 0.05, 0.022))
    n_pins = int(rng.integers(6, 10))
    for x in np.linspace(-0.36, 0.36, n_pins):
        canvas.paint(canvas.disc(x, h - 0.05, 0.03), _GOLD, 0.95)
        canvas.add(canvas.disc(x, h - 0.05, 0.014), STEELS[1], lift=0.04, height=0.05, gloss=0.8)
    chip_x = float(rng.uniform(-0.16, 0.1))
    legs: list[Points] = [
        ((chip_x + x, -0.13), (chip_x + x, 0.11)) for x in (-0.08, -0.03, 0.03, 0.08)
    ]
    canvas.paint(canvas.lines(legs, 0.02), (200, 202, 205), 0.9)
    chip = canvas.box(chip_x, -0.01, 0.22, 0.17, 0.01)
    canvas.add(chip, (38, 38, 42), lift=0.04, height=0.05, bevel=0.015, gloss=0.2)
    for x, y in rng.uniform((-0.38, -h + 0.09), (0.38, h - 0.12), (9, 2)):
        part = pick(rng, ((196, 170, 130), (40, 40, 42), (214, 214, 210)))
        canvas.add(canvas.box(x, y, 0.055, 0.03), part, lift=0.04, height=0.03, bevel=0.01)


def terminal_block(canvas: Canvas, rng: np.random.Generator) -> None:
    """A row of screw clamps in a plastic block, wire holes before them."""
    n = int(rng.integers(2, 5))
    colour = pick(
        rng, ((30, 130, 70), (30, 110, 180), (60, 62, 66), (226, 226, 220), (240, 120, 30))
    )
    pitch = 0.92 / np.hypot(n, 1.3)
    w, h = n * pitch, 1.3 * pitch
    canvas.add(canvas.box(0, 0, w, h, 0.012), colour, height=0.2, bevel=0.025, gloss=0.3)
    for i in range(n):
        x = (i - (n - 1) / 2) * pitch
        canvas.engrave(canvas.box(x - pitch / 2, 0, 0.012, h), 0.02, 0.35)
        well = canvas.disc(x, -h * 0.12, pitch * 0.36)
        canvas.add(well, scaled(colour, 0.45), lift=0.2, height=-0.06, bevel=0.03, gloss=0.2)
        screw = canvas.disc(x, -h * 0.12, pitch * 0.29)
        canvas.add(screw, pick(rng, STEELS[:2]), lift=0.12, height=0.05, bevel=0.02, gloss=0.75)
        turn = rng.uniform(0, np.pi)
        reach = np.array([np.cos(turn), np.sin(turn)]) * pitch * 0.26
        slot: Points = np.add((x, -h * 0.12), [-reach, reach])
        canvas.engrave(canvas.stroke(slot, pitch * 0.1), 0.03, 0.75)
        canvas.engrave(canvas.box(x, h * 0.38, pitch * 0.5, h * 0.16), 0.08, 0.75)


def potentiometer(canvas: Canvas, rng: np.random.Generator) -> None:
    """A control from the front: a metal can, a brown wafer with three lugs, a knurled shaft."""
    metal, wafer = pick(rng, STEELS[:3]), pick(rng, ((120, 74, 40), (60, 54, 50), (40, 84, 120)))
    for x in (-0.16, 0.0, 0.16):
        lug = canvas.box(x, 0.36, 0.07, 0.24, 0.03)
        canvas.add(lug, pick(rng, STEELS[:2] + BRASSES[:1]), height=0.03, bevel=0.015, gloss=0.8)
        canvas.cut(canvas.disc(x, 0.43, 0.02))
    canvas.add(canvas.box(0, 0.2, 0.5, 0.22, 0.02), wafer, height=0.06, bevel=0.015, gloss=0.25)
    canvas.add(canvas.disc(0, -0.1, 0.36), metal, height=0.12, bevel=0.03, gloss=0.75)
    canvas.add(canvas.disc(0, -0.1, 0.18), scaled(metal, 0.85), lift=0.12, height=0.06, gloss=0.8)
    ridges: list[Points] = [
        ((-0.18, y - 0.1), (0.18, y - 0.1)) for y in np.arange(-0.16, 0.17, 0.03)
    ]
    canvas.engrave(both(canvas.ring(0, -0.1, 0.18, 0.12), canvas.lines(ridges, 0.012)), 0.02, 0.4)
    shaft = pick(rng, (*STEELS[:1], (236, 236, 230), (44, 44, 48)))
    canvas.add(canvas.disc(0, -0.1, 0.11), shaft, lift=0.2, height=0.1, bevel=0.02, gloss=0.5)
    canvas.engrave(canvas.box(0, -0.1, 0.2, 0.03), 0.05, 0.6)


def toggle_switch(canvas: Canvas, rng: np.random.Generator) -> None:
    """A toggle switch on its side: coloured body, threaded bush, bright lever, tags below."""
    colour = pick(rng, (*PLASTICS[:4], (40, 40, 44), (150, 60, 40)))
    steel = pick(rng, STEELS[:2])
    for y in (-0.1, 0.0, 0.1):
        canvas.add(canvas.box(-0.42, y, 0.13, 0.045), BRASSES[2], height=0.03, gloss=0.75)
    h = rng.uniform(0.16, 0.19)
    canvas.add(canvas.box(-0.2, 0, 0.32, 2 * h, 0.015), colour, height=0.16, bevel=0.02, gloss=0.35)
    canvas.add(
        canvas.box(-0.04, 0, 0.035, 2 * h * 1.02), steel, height=0.17, bevel=0.015, gloss=0.8
    )
    bush = canvas.box(0.09, 0, 0.24, 0.17)
    canvas.add(bush, steel, height=0.085, bevel=0.085, axis_y=0, gloss=0.8)
    grooves: list[Points] = [((x, -0.085), (x + 0.012, 0.085)) for x in np.arange(0.0, 0.2, 0.03)]
    canvas.engrave(both(bush, canvas.lines(grooves, 0.013)), 0.015, 0.5)
    canvas.add(canvas.box(0.06, 0, 0.06, 0.26, 0.01), steel, height=0.1, bevel=0.03, gloss=0.7)
    lean = 0.1 if rng.random() < 0.5 else -0.1
    lever: Points = ((0.2, 0.0), (0.42, lean))
    canvas.add(canvas.stroke(lever, 0.06), steel, height=0.05, bevel=0.03, gloss=0.9)
    canvas.add(canvas.disc(0.43, lean, 0.05), steel, height=0.06, bevel=0.05, gloss=0.9)


def heat_sink(canvas: Canvas, rng: np.random.Generator) -> None:
    """A finned block of aluminium from above."""
    metal = pick(rng, (*STEELS[:2], *BLACK_OXIDES, (40, 80, 150), (214, 178, 92)))
    h = rng.uniform(0.26, 0.34)
    body = canvas.box(0, 0, 0.7, 2 * h, 0.01)
    canvas.add(body, scaled(metal, 0.45), height=0.05, bevel=0.01, gloss=0.3)
    n = int(rng.integers(7, 11))
    for y in np.linspace(-h + 0.02, h - 0.02, n):
        fin = canvas.box(0, y, 0.7, 0.9 * h / n)
        canvas.add(fin, metal, lift=0.05, height=0.15, bevel=0.012, gloss=0.55)
    for x in (-0.12, 0.12):
        canvas.engrave(canvas.box(x, 0, 0.025, 2 * h), 0.1, 0.55)


def ribbon_plug(canvas: Canvas, rng: np.random.Generator) -> None:
    """A plug with a stub of flat, striped cable, cut off."""
    plug, n = pick(rng, ((40, 40, 44), (236, 236, 230), (120, 124, 130))), int(rng.integers(6, 10))
    h = rng.uniform(0.2, 0.26)
    colours = [pick(rng, (*PLASTICS[:4], *PLASTICS[6:10])) for _ in range(n)]
    if rng.random() < 0.5:
        colours = [(170, 172, 176)] * (n - 1) + [colours[0]]
    for i, colour in enumerate(colours):
        y = (i - (n - 1) / 2) * 1.8 * h / n
        core: Points = np.stack(
            [np.linspace(-0.46, 0.2, 9), y + 0.01 * np.sin(np.arange(9))], axis=1
        )
        wire = canvas.stroke(core, 1.8 * h / n)
        canvas.add(wire, colour, height=0.03, bevel=0.9 * h / n, gloss=0.3)
    canvas.add(canvas.box(0.3, 0, 0.3, 2.1 * h, 0.015), plug, height=0.12, bevel=0.02, gloss=0.25)
    canvas.engrave(canvas.box(0.3, 0, 0.06, 1.9 * h), 0.03, 0.35)
    pins = canvas.box(0.42, 0, 0.05, 1.7 * h)
    canvas.paint(pins, (60, 60, 64), 0.8)
    stripes(canvas, pins, _GOLD, np.pi / 2, n / (1.8 * h) / 1.0)


def coin_cell(canvas: Canvas, rng: np.random.Generator) -> None:
    """A button battery, its plus side up: brushed steel, a groove, stamped words."""
    metal = pick(rng, STEELS[:3])
    canvas.add(canvas.disc(0, 0, 0.49), metal, height=0.1, bevel=0.03, gloss=0.75)
    canvas.streak(rng, 0.05)
    canvas.engrave(canvas.ring(0, 0, 0.44, 0.42), 0.03, 0.45)
    words = ("CR2032", "LR44", "CR2025", "SR626")[int(rng.integers(4))]
    canvas.engrave(canvas.text("+", 0, -0.24, 0.2), 0.02, 0.6)
    canvas.engrave(canvas.text(words, 0, 0.04, 0.11), 0.02, 0.6)
    canvas.engrave(canvas.text("3V", 0, 0.24, 0.1), 0.02, 0.5)
    sheen = np.concatenate([[(0, 0)], arc(0, 0, 0.41, 0.41, 20, 50, 8)])
    canvas.paint(canvas.polygon(sheen), (250, 250, 250), 0.25)


GADGETS = (
    Kind("jack_plug", jack_plug, (100, 150)),
    Kind("circuit_board", circuit_board, (95, 155)),
    Kind("terminal_block", terminal_block, (75, 130)),
    Kind("potentiometer", potentiometer, (75, 115)),
    Kind("toggle_switch", toggle_switch, (85, 130)),
    Kind("heat_sink", heat_sink, (75, 120)),
    Kind("ribbon_plug", ribbon_plug, (95, 145)),
    Kind("coin_cell", coin_cell, (62, 95)),
)
