"""Colours of the stuff that things are made of, a little different each time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robot.kinds.canvas import Rgb

STEELS: tuple[Rgb, ...] = ((178, 182, 188), (200, 203, 206), (150, 153, 158), (112, 114, 120))
BRASSES: tuple[Rgb, ...] = ((214, 178, 92), (196, 150, 70), (226, 196, 120))
COPPERS: tuple[Rgb, ...] = ((196, 118, 80), (172, 98, 62))
BLACK_OXIDES: tuple[Rgb, ...] = ((62, 62, 68), (48, 49, 54))
METALS: tuple[Rgb, ...] = STEELS + STEELS + BRASSES + COPPERS[:1] + BLACK_OXIDES
PLASTICS: tuple[Rgb, ...] = (
    (200, 38, 40),
    (28, 92, 178),
    (246, 196, 32),
    (30, 140, 70),
    (240, 240, 236),
    (36, 36, 40),
    (236, 120, 30),
    (120, 60, 150),
    (90, 180, 210),
    (235, 130, 165),
    (150, 190, 60),
    (130, 135, 140),
)
WOODS: tuple[Rgb, ...] = ((214, 176, 124), (196, 150, 98), (226, 196, 150), (168, 118, 70))


def jittered(rng: np.random.Generator, colour: Rgb, spread: float = 10.0) -> Rgb:
    """Return the colour, a little lighter or darker and a little off."""
    values = np.asarray(colour) * rng.uniform(0.88, 1.08) * rng.normal(1, spread / 300, 3)
    red, green, blue = np.clip(values, 8, 250)
    return float(red), float(green), float(blue)


def pick(rng: np.random.Generator, colours: Sequence[Rgb], spread: float = 10.0) -> Rgb:
    """Return one of the colours, jittered."""
    return jittered(rng, colours[int(rng.integers(len(colours)))], spread)


def scaled(colour: Rgb, factor: float) -> Rgb:
    """Return the colour, lighter (above 1) or darker (below 1)."""
    red, green, blue = (min(255.0, value * factor) for value in colour)
    return red, green, blue
