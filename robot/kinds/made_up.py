"""Kinds of things that nobody makes: drawn by chance, thousands of them, to learn likeness from.

A number determines a kind's design: outline, colours, covering, fittings, gloss, and how much of
each differs from one thing of the kind to the next. There are five families of designs, since
what makes things one kind to the eye is now their shape, now their stuff, now their pattern.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robot.kinds.canvas import Canvas, Kind, Mask, Rgb, regular
from robot.kinds.made_up_outlines import N_NUMBERS, OUTLINES, Numbers
from robot.kinds.made_up_surfaces import SURFACES, Coat, words
from robot.kinds.materials import METALS, PLASTICS, WOODS, jittered
from sorter.errors import InvalidInputError

PREFIX = "made-up-"
"""The names of made-up kinds are this and a number."""

FAMILIES: tuple[str, ...] = ("thing", "natural", "stuff", "board", "card")
"""What the designs are alike in; see :class:`Design`."""

SORTS: tuple[str, ...] = ("natural", "board", "card")
"""Families that are a sort of things to the eye, whatever the kind."""

_SHARES = (0.5, 0.18, 0.07, 0.12, 0.13)
_NATURALS: tuple[Rgb, ...] = (
    (116, 70, 40),
    (84, 50, 32),
    (150, 102, 62),
    (188, 140, 88),
    (206, 172, 122),
    (66, 44, 38),
    (142, 60, 44),
    (96, 104, 52),
    (176, 150, 60),
    (70, 62, 56),
    (120, 112, 100),
    (196, 96, 40),
)
_LACQUERS: tuple[Rgb, ...] = (
    (26, 92, 52),
    (20, 70, 120),
    (24, 26, 30),
    (150, 28, 34),
    (70, 40, 100),
    (222, 222, 216),
    (30, 120, 70),
    (24, 54, 84),
    (36, 40, 46),
)
_PAPERS: tuple[Rgb, ...] = ((240, 238, 232), (246, 246, 246), (232, 226, 208), (222, 226, 232))
_COATINGS = ("plain", "stripes", "checks", "dots", "grain", "mottle", "fade", "ribs", "rings")
_FORMS = tuple(OUTLINES)


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """A part on the body: a boss, a hole, a printed spot, a groove, a word.

    Attributes:
        how: ``add``, ``paint``, ``engrave`` or ``cut``.
        form: ``disc``, ``box``, ``polygon``, ``bar`` or ``word``.
        repeats: How many there are, evenly around the centre or along the thing.
    """

    how: str
    form: str
    xy: tuple[float, float]
    size: tuple[float, float]
    repeats: int
    is_around: bool
    colour: int
    word: str


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What all things of one made-up kind share.

    Attributes:
        family: ``thing``: form and colours hold. ``natural``: grown, so that each is another
            shape in one skin. ``stuff``: any shape of one material. ``board``: circuits.
            ``card``: print on paper.
        forms: Outlines to choose from; most designs have one.
        form_spread: Standard deviation of the outline's numbers from thing to thing.
        palette: First the body, then covering and fittings.
        is_recoloured: Whether each thing comes in colours of its own.
    """

    family: str
    forms: tuple[str, ...]
    form_numbers: Numbers
    form_spread: float
    surface: str
    surface_numbers: Numbers
    palette: tuple[Rgb, ...]
    is_recoloured: bool
    gloss: float
    relief: tuple[float, float]
    fittings: tuple[Fitting, ...]

    def draw_on(self, canvas: Canvas, rng: np.random.Generator) -> None:
        """Draw one thing of the kind."""
        spread = rng.normal(0, self.form_spread, N_NUMBERS)
        numbers = np.clip(self.form_numbers + spread, 0, 1)
        form = self.forms[int(rng.integers(len(self.forms)))]
        colours = self._colours(rng)
        body = OUTLINES[form](canvas, numbers)
        height, bevel = self.relief
        canvas.add(body, colours[0], height=height, bevel=bevel, gloss=self.gloss)
        looks = np.clip(self.surface_numbers + rng.normal(0, 0.04, N_NUMBERS), 0, 1)
        SURFACES[self.surface](Coat(canvas, body, looks, colours[1], rng))
        for fitting in self.fittings:
            _lay_fitting(canvas, body, fitting, colours, rng)

    def _colours(self, rng: np.random.Generator) -> tuple[Rgb, ...]:
        if not self.is_recoloured:
            return tuple(jittered(rng, colour, 12) for colour in self.palette)
        turned = int(rng.integers(len(PLASTICS)))
        fresh = (PLASTICS[turned], *self.palette[1:])
        return tuple(jittered(rng, colour, 16) for colour in fresh)


def made_up_kind(seed: int) -> Kind:
    """Return the made-up kind of that number: the same each time, unlike the next one."""
    if seed < 0:
        raise InvalidInputError("the number of a made-up kind is 0 or more")
    rng = np.random.default_rng((7001, seed))
    design = made_up_design(seed)
    shortest = float(rng.uniform(58, 125))
    return Kind(f"{PREFIX}{seed}", design.draw_on, (shortest, shortest * rng.uniform(1.1, 1.5)))


@lru_cache(maxsize=4096)
def made_up_design(seed: int) -> Design:
    """Draw the design of a made-up kind."""
    rng = np.random.default_rng((7000, seed))
    family = str(rng.choice(FAMILIES, p=_SHARES))
    forms = _forms(rng, family)
    return Design(
        family=family,
        forms=forms,
        form_numbers=rng.uniform(0, 1, N_NUMBERS),
        form_spread=_form_spread(rng, family),
        surface=_surface(rng, family),
        surface_numbers=rng.uniform(0, 1, N_NUMBERS),
        palette=_palette(rng, family),
        is_recoloured=family == "thing" and rng.random() < 0.3,
        gloss=float(rng.uniform(0.0, 0.35) if family in {"natural", "card"} else rng.uniform(0, 1)),
        relief=_relief(rng, family),
        fittings=_fittings(rng, family),
    )


def made_up_number(name: str) -> int | None:
    """Return the number in the name of a made-up kind, ``None`` where it is no such name."""
    digits = name.removeprefix(PREFIX)
    return int(digits) if name != digits and digits.isdecimal() else None


def _forms(rng: np.random.Generator, family: str) -> tuple[str, ...]:
    choices = {
        "natural": ("blob", "ellipse", "turned", "crescent"),
        "board": ("slab",),
        "card": ("slab",),
    }.get(family, _FORMS)
    if family == "stuff":
        return tuple(str(form) for form in rng.choice(choices, 4, replace=False))
    if family == "natural" and rng.random() < 0.4:
        return ("ellipse", "blob")
    return (str(rng.choice(choices)),)


def _form_spread(rng: np.random.Generator, family: str) -> float:
    if family == "stuff":
        return 0.4
    low, high = {"natural": (0.06, 0.2), "board": (0.02, 0.25), "card": (0.0, 0.12)}.get(
        family, (0.01, 0.07)
    )
    return float(rng.uniform(low, high))


def _surface(rng: np.random.Generator, family: str) -> str:
    if family == "natural":
        return str(rng.choice(("wrinkles", "mottle", "grain", "fade"), p=(0.5, 0.25, 0.15, 0.1)))
    if family == "board":
        return "circuit"
    if family == "card":
        return str(rng.choice(("pictures", "print"), p=(0.7, 0.3)))
    shares = np.array([3, 1.3, 0.8, 1, 1.2, 1.2, 0.8, 1.2, 0.8])
    return str(rng.choice(_COATINGS, p=shares / shares.sum()))


def _palette(rng: np.random.Generator, family: str) -> tuple[Rgb, ...]:
    sources: dict[str, Sequence[Rgb]] = {
        "natural": _NATURALS,
        "board": _LACQUERS,
        "card": _PAPERS,
    }
    pools: tuple[Sequence[Rgb], ...] = (METALS, PLASTICS, WOODS, _NATURALS)
    first = sources.get(family) or pools[int(rng.choice(4, p=(0.36, 0.4, 0.12, 0.12)))]
    second = _NATURALS if family == "natural" else PLASTICS + METALS
    body = jittered(rng, first[int(rng.integers(len(first)))], 8 if family == "card" else 25)
    if family in {"thing", "stuff"} and rng.random() < 0.35:
        body = _any_colour(rng)
    others = [
        _any_colour(rng) if rng.random() < 0.3 else second[int(rng.integers(len(second)))]
        for _ in range(2)
    ]
    return (body, others[0], others[1])


def _any_colour(rng: np.random.Generator) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(
        float(rng.random()), float(rng.beta(2, 2)), float(rng.uniform(0.15, 0.97))
    )
    return red * 255, green * 255, blue * 255


def _relief(rng: np.random.Generator, family: str) -> tuple[float, float]:
    if family in {"board", "card"}:
        return (0.02, 0.008)
    if family == "natural":
        return (float(rng.uniform(0.12, 0.3)), float(rng.uniform(0.12, 0.3)))
    bevel = float(rng.uniform(0.008, 0.2) if rng.random() < 0.5 else rng.uniform(0.01, 0.05))
    return (float(rng.uniform(0.03, 0.2)), bevel)


def _fittings(rng: np.random.Generator, family: str) -> tuple[Fitting, ...]:
    most = {"natural": 1, "stuff": 0, "board": 3, "card": 1}.get(family, 4)
    n = int(rng.integers(0, most + 1)) if most else 0
    return tuple(_fitting(rng, family) for _ in range(n))


def _fitting(rng: np.random.Generator, family: str) -> Fitting:
    hows = {"natural": ("paint", "engrave"), "card": ("paint", "paint")}.get(
        family, ("add", "add", "paint", "engrave", "cut")
    )
    scale = float(rng.uniform(0.04, 0.3))
    return Fitting(
        how=str(rng.choice(hows)),
        form=str(rng.choice(("disc", "box", "polygon", "bar", "word"))),
        xy=(float(rng.choice((0.0, rng.uniform(-0.36, 0.36)))), float(rng.normal(0, 0.08))),
        size=(scale, scale * float(rng.uniform(0.3, 1.0))),
        repeats=int(rng.choice((1, 1, 1, 2, 3, 4, 6, 8))),
        is_around=bool(rng.random() < 0.4),
        colour=int(rng.integers(1, 3)),
        word=words(rng, 5),
    )


def _lay_fitting(
    canvas: Canvas,
    body: Mask,
    fitting: Fitting,
    colours: Sequence[Rgb],
    rng: np.random.Generator,
) -> None:
    """Lay a fitting where the design has it, give or take a little."""
    x, y = np.asarray(fitting.xy) + rng.normal(0, 0.012, 2)
    w, h = np.asarray(fitting.size) * rng.uniform(0.93, 1.07, 2)
    places = [(float(x), float(y))]
    if fitting.repeats > 1 and fitting.is_around:
        radius = max(0.1, abs(fitting.xy[0]))
        places = [(float(a), float(b)) for a, b in regular(fitting.repeats, radius)]
        w, h = w * 0.5, h * 0.5
    elif fitting.repeats > 1:
        places = [(float(at), float(y)) for at in np.linspace(-0.36, 0.36, fitting.repeats)]
        w, h = w * 0.5, h * 0.5
    parts = [_part(canvas, fitting, place, (float(w), float(h))) for place in places]
    mask = np.minimum(np.maximum.reduce(parts), body)
    colour = colours[fitting.colour]
    if fitting.how == "add":
        canvas.add(mask, colour, lift=0.05, height=0.06, bevel=0.025, gloss=0.5)
    elif fitting.how == "paint":
        canvas.paint(mask, colour, 0.95)
    elif fitting.how == "engrave":
        canvas.engrave(mask, 0.03, 0.4)
    else:
        canvas.cut(mask)


def _part(
    canvas: Canvas, fitting: Fitting, xy: tuple[float, float], size: tuple[float, float]
) -> Mask:
    (x, y), (w, h) = xy, size
    if fitting.form == "disc":
        return canvas.disc(x, y, w / 2)
    if fitting.form == "box":
        return canvas.box(x, y, w, h, h * 0.15)
    if fitting.form == "polygon":
        return canvas.polygon(regular(6, w / 2, 15, x, y))
    if fitting.form == "bar":
        return canvas.box(x, y, h * 0.5, w * 2)
    return canvas.text(fitting.word, x, y, max(0.05, h))
