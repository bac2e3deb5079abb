"""What lies flat on work tables and is nothing to sort: labels, tape, stains, shavings, marks."""

from __future__ import annotations

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Mask, Points, Rgb, arc
from robot.kinds.materials import PLASTICS, WOODS, jittered, pick, scaled
from robot.kinds.outlines import Outline, blob, both, polar, without
from robot.kinds.textures import speckle, stripes, wood_grain

_PAPERS: tuple[Rgb, ...] = ((242, 240, 234), (236, 230, 214), (226, 230, 234))
_INKS: tuple[Rgb, ...] = ((36, 44, 110), (34, 34, 38), (170, 40, 44), (40, 110, 70))


def _lie(canvas: Canvas, mask: Mask, colour: Rgb) -> None:
    """Lay something as flat as paper."""
    canvas.add(mask, colour, height=0.006, bevel=0.006, gloss=0.03)


def _mark(canvas: Canvas, mask: Mask, colour: Rgb, clear: float) -> None:
    """Stain the table itself: no height, no gloss, and that much of it shows through."""
    canvas.add(mask, colour, height=0.0, bevel=0.012, gloss=0.0, clear=clear)


def _scribble(rng: np.random.Generator, start: float, end: float, y: float, tall: float) -> Outline:
    """Return a line of handwriting."""
    n = max(6, int((end - start) * 70))
    turn = np.arange(n) * 1.7 + rng.normal(0, 0.4, n).cumsum()
    x = np.linspace(start, end, n) + 0.4 * tall * np.cos(turn)
    size = tall * np.where(rng.random(n) < 0.2, 1.5, rng.uniform(0.2, 0.7, n))
    return np.stack([x, y + size * np.sin(turn)], axis=1)


def paper_label(canvas: Canvas, rng: np.random.Generator) -> None:
    """A printed label: a coloured head, lines of small print."""
    h = rng.uniform(0.18, 0.3)
    label = canvas.box(0, 0, 0.9, 2 * h, 0.02)
    _lie(canvas, label, pick(rng, _PAPERS))
    canvas.paint(canvas.box(0, -h * 0.72, 0.9, h * 0.5), pick(rng, PLASTICS))
    for y in np.arange(-h * 0.25, h * 0.85, 0.06):
        ends = np.array([-0.4, rng.uniform(-0.1, 0.4)])
        canvas.paint(canvas.lines([np.stack([ends, [y, y]], axis=1)], 0.018), (70, 70, 74), 0.75)


def barcode_sticker(canvas: Canvas, rng: np.random.Generator) -> None:
    """A sticker with a bar code and its number, a corner torn off now and then."""
    h = rng.uniform(0.16, 0.24)
    part = canvas.box(0, 0, 0.9, 2 * h, 0.01)
    if rng.random() < 0.4:
        part = without(part, canvas.polygon(((0.28, -0.5), (0.5, -0.5), (0.5, h * 0.2))))
    _lie(canvas, part, pick(rng, _PAPERS[:1]))
    at = -0.38
    while at < 0.36:
        width = float(rng.choice((0.008, 0.014, 0.022)))
        canvas.paint(both(part, canvas.box(at, -h * 0.2, width, 1.1 * h)), (24, 24, 26), 0.95)
        at += width + float(rng.choice((0.012, 0.02, 0.03)))
    digits = str(rng.integers(10**9, 10**10))
    canvas.paint(canvas.text(digits, 0, h * 0.66, 0.06), (30, 30, 32), 0.9)


def sticky_note(canvas: Canvas, rng: np.random.Generator) -> None:
    """A note on bright paper, written on."""
    brights: tuple[Rgb, ...] = ((250, 232, 110), (250, 170, 190), (160, 220, 150), (150, 210, 240))
    half = 0.345
    curl: Points = (
        (-half, -half),
        (half, -half),
        (half, half - 0.1),
        (half - 0.1, half),
        (-half, half),
    )
    _lie(canvas, canvas.polygon(curl), pick(rng, brights))
    ink = pick(rng, _INKS)
    for y in np.linspace(-0.2, 0.18, int(rng.integers(2, 5))):
        words = _scribble(rng, -0.26, float(rng.uniform(0.0, 0.26)), float(y), 0.03)
        canvas.paint(canvas.stroke(words, 0.014), ink, 0.85)


def tape_strip(canvas: Canvas, rng: np.random.Generator) -> None:
    """A strip of tape, torn at both ends: creased paper, brown, or clear."""
    tapes: tuple[tuple[Rgb, float], ...] = (
        ((226, 206, 150), 0.1),
        ((176, 130, 80), 0.15),
        ((236, 236, 226), 0.72),
        ((60, 60, 64), 0.0),
        ((60, 110, 180), 0.05),
    )
    colour, clear = tapes[int(rng.integers(len(tapes)))]
    h = rng.uniform(0.06, 0.1)
    y = np.linspace(-h, h, 9)
    left = np.stack([-0.47 + rng.uniform(0, 0.03, 9), y], axis=1)
    right = np.stack([0.47 - rng.uniform(0, 0.03, 9), y], axis=1)[::-1]
    strip = canvas.polygon(np.concatenate([left, right]))
    canvas.add(strip, jittered(rng, colour), height=0.006, bevel=0.006, gloss=0.25, clear=clear)
    creases: list[Points] = [
        ((x, -h), (x + rng.normal(0, 0.01), h)) for x in rng.uniform(-0.4, 0.4, 6)
    ]
    folds = both(strip, canvas.lines(creases, 0.008))
    canvas.modulate(folds, np.full_like(canvas.alpha, 1.12))


def coffee_ring(canvas: Canvas, rng: np.random.Generator) -> None:
    """The ring that a cup left, darker at its edge, broken."""
    brown = jittered(rng, (206, 176, 138))
    start, wide = rng.uniform(0, 360), rng.uniform(200, 350)
    rim = arc(0, 0, 0.45, 0.45, start, start + wide, 60)
    _mark(canvas, canvas.stroke(rim, float(rng.uniform(0.02, 0.06))), brown, 0.95)
    _mark(canvas, canvas.stroke(rim[5:40] * 1.02, 0.012), scaled(brown, 0.8), 0.9)
    for x, y in rng.uniform(-0.4, 0.4, (3, 2)):
        _mark(canvas, canvas.disc(x, y, float(rng.uniform(0.01, 0.03))), brown, 0.9)


def stain(canvas: Canvas, rng: np.random.Generator) -> None:
    """A dried spill of oil, paint or rust, with splashes around it."""
    spills: tuple[Rgb, ...] = ((186, 168, 140), (150, 146, 140), (200, 150, 116), (190, 198, 208))
    colour, clear = jittered(rng, spills[int(rng.integers(4))]), float(rng.uniform(0.75, 0.97))
    pool = canvas.polygon(blob(rng, 0.28) * 0.85)
    _mark(canvas, pool, colour, clear)
    speckle(canvas, rng, pool, 9, 0.1)
    for x, y in rng.normal(0, 0.28, (7, 2)).clip(-0.46, 0.46):
        _mark(canvas, canvas.disc(x, y, float(rng.uniform(0.008, 0.03))), colour, clear)


def pen_mark(canvas: Canvas, rng: np.random.Generator) -> None:
    """Words, a cross, or an arrow written on the table itself."""
    ink = pick(rng, _INKS)
    style, width = int(rng.integers(3)), float(rng.uniform(0.014, 0.026))
    if style == 0:
        lines: list[Points] = [_scribble(rng, -0.45, 0.45, y, 0.05) for y in (-0.08, 0.1)]
    elif style == 1:
        lines = [((-0.3, -0.3), (0.3, 0.3)), ((-0.28, 0.3), (0.3, -0.28))]
    else:
        lines = [((-0.47, 0.02), (0.47, 0.0)), ((0.3, -0.1), (0.47, 0.0), (0.32, 0.12))]
    _mark(canvas, canvas.lines(lines, width), ink, 0.25)


def scratch_mark(canvas: Canvas, rng: np.random.Generator) -> None:
    """Scratches and cuts that go one way, pale or dark."""
    tone: Rgb = (90, 84, 78) if rng.random() < 0.5 else (226, 222, 214)
    for _ in range(int(rng.integers(2, 7))):
        y, reach = rng.normal(0, 0.06), rng.uniform(0.15, 0.47)
        x = np.linspace(-reach, reach, 12) + rng.normal(0, 0.03)
        path = np.stack([x.clip(-0.48, 0.48), y + rng.normal(0, 0.004, 12).cumsum()], axis=1)
        _mark(canvas, canvas.stroke(path, 0.008), tone, float(rng.uniform(0.2, 0.6)))


def pencil_shaving(canvas: Canvas, rng: np.random.Generator) -> None:
    """Curls of a sharpened pencil: thin wood, pleated, with a lacquered edge."""
    lacquer = pick(rng, PLASTICS)
    for centre in rng.uniform(-0.22, 0.22, (int(rng.integers(2, 5)), 2)):
        start, outer = rng.uniform(0, 360), rng.uniform(0.14, 0.22)
        end = start + rng.uniform(90, 200)
        rim = arc(float(centre[0]), float(centre[1]), outer, outer, start, end, 24)
        rim = centre + (rim - centre) * (1 + 0.04 * (np.arange(24) % 2))[:, None]
        inner = arc(float(centre[0]), float(centre[1]), outer * 0.45, outer * 0.45, start, end, 24)[
            ::-1
        ]
        curl = canvas.polygon(np.concatenate([rim, inner]))
        canvas.add(curl, pick(rng, WOODS[:3]), height=0.03, bevel=0.03, gloss=0.03)
        wood_grain(canvas, rng, curl, 0.15)
        canvas.paint(canvas.stroke(rim, 0.02), lacquer, 0.9)


def sawdust(canvas: Canvas, rng: np.random.Generator) -> None:
    """A scatter of dust and splinters of wood, metal or rubber."""
    dusts: tuple[Rgb, ...] = ((206, 170, 120), (176, 140, 96), (150, 152, 156), (60, 58, 58))
    colour = pick(rng, dusts)
    n = int(rng.integers(60, 150))
    at = (rng.normal(0, 0.17, (n, 2)) * (1.2, 0.8)).clip(-0.47, 0.47)
    lean = rng.normal(0, 0.007, (n, 2))
    flakes: list[Points] = list(np.stack([at - lean, at + lean], axis=1))
    third = n // 3
    for some, width, share in ((flakes[:third], 0.011, 0.8), (flakes[third:], 0.006, 1.1)):
        _lie(canvas, canvas.lines(some, width), scaled(colour, share))


def cable_piece(canvas: Canvas, rng: np.random.Generator) -> None:
    """A long thin wire that lies in curves, its ends bare."""
    x = np.linspace(-0.48, 0.48, 40)
    y = sum(rng.normal(0, 0.11 / k) * np.sin(k * 3.3 * x + rng.uniform(0, 6)) for k in (1, 2, 3))
    path = np.stack([x, np.clip(y, -0.3, 0.3)], axis=1)
    thick = float(rng.uniform(0.012, 0.02))
    canvas.add(canvas.stroke(path, thick * 0.6), (200, 140, 90), height=0.01, gloss=0.7)
    coat = canvas.stroke(path[2:-2], thick)
    canvas.add(coat, pick(rng, PLASTICS), height=thick, bevel=thick / 2, gloss=0.3)


def crumpled_paper(canvas: Canvas, rng: np.random.Generator) -> None:
    """A sheet that was crumpled and smoothed out again: facets, creases, a ragged edge."""
    w, h, n = rng.uniform(0.3, 0.36), rng.uniform(0.28, 0.36), 48
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    square = 1 / np.maximum(np.abs(np.cos(angle)) / w, np.abs(np.sin(angle)) / h)
    sheet = canvas.polygon(polar(square * (1 + rng.normal(0, 0.02, n))))
    canvas.add(sheet, pick(rng, _PAPERS), height=0.012, bevel=0.01, gloss=0.02)
    x, y = canvas.places()
    tone = np.zeros((canvas.n, canvas.n), np.float32)
    for _ in range(16):
        lean, along, step = rng.uniform(0, np.pi), rng.uniform(-0.3, 0.3), rng.normal(0, 0.05)
        side = x * np.float32(np.cos(lean)) + y * np.float32(np.sin(lean)) - np.float32(along)
        tone += np.float32(step) * np.clip(side * np.float32(canvas.unit_px / 3), -1, 1)
    canvas.modulate(sheet, np.asarray(1 + np.clip(tone - 0.08, -0.3, 0.08), np.float32))
    if rng.random() < 0.5:
        for at in np.linspace(-0.2, 0.2, 4):
            words = _scribble(rng, -0.2, float(rng.uniform(0, 0.22)), float(at), 0.02)
            canvas.paint(both(sheet, canvas.stroke(words, 0.008)), _INKS[0], 0.7)


def ruler_edge(canvas: Canvas, rng: np.random.Generator) -> None:
    """A scale printed along a strip: ticks, longer ones at every fifth, numbers."""
    strips: tuple[Rgb, ...] = ((236, 200, 70), (238, 238, 232), (206, 208, 210), (214, 176, 124))
    h = rng.uniform(0.045, 0.06)
    _lie(canvas, canvas.box(0, 0, 0.98, 2 * h), pick(rng, strips))
    n = int(rng.integers(30, 50))
    for i, x in enumerate(np.linspace(-0.46, 0.46, n)):
        tall = h * (1.0 if i % 5 == 0 else 0.55)
        tick = canvas.box(float(x), -h + tall / 2, 0.005, tall)
        canvas.paint(tick, (30, 30, 32), 0.9)
        if i % 10 == 5:
            canvas.paint(canvas.text(str(i // 5), float(x), h * 0.5, h * 0.6), (30, 30, 32), 0.9)


def hazard_tape(canvas: Canvas, rng: np.random.Generator) -> None:
    """A strip of marking tape, striped black and yellow or red and white."""
    pairs: tuple[tuple[Rgb, Rgb], ...] = (
        ((240, 200, 40), (34, 34, 36)),
        ((240, 238, 232), (196, 40, 40)),
        ((240, 238, 232), (40, 120, 70)),
    )
    ground, band = pairs[int(rng.integers(3))]
    strip = canvas.box(0, 0, 0.97, float(rng.uniform(0.1, 0.17)))
    _lie(canvas, strip, jittered(rng, ground))
    stripes(canvas, strip, jittered(rng, band), 0.8, float(rng.uniform(5, 8)))
    speckle(canvas, rng, strip, 50, 0.07)


CLUTTER_KINDS = (
    Kind("paper_label", paper_label, (100, 220)),
    Kind("barcode_sticker", barcode_sticker, (90, 180)),
    Kind("sticky_note", sticky_note, (150, 260)),
    Kind("tape_strip", tape_strip, (120, 280)),
    Kind("coffee_ring", coffee_ring, (140, 260)),
    Kind("stain", stain, (60, 240)),
    Kind("pen_mark", pen_mark, (80, 220)),
    Kind("scratch_mark", scratch_mark, (100, 280)),
    Kind("pencil_shaving", pencil_shaving, (80, 150)),
    Kind("sawdust", sawdust, (100, 260)),
    Kind("cable_piece", cable_piece, (200, 320)),
    Kind("crumpled_paper", crumpled_paper, (160, 280)),
    Kind("ruler_edge", ruler_edge, (240, 340)),
    Kind("hazard_tape", hazard_tape, (180, 320)),
)
