"""What can go wrong between an arm and its table without the arm knowing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import MAX_DISTORTION, MAX_ROLL_DEG, MIN_DISTORTION, ArmGeometry

DEFAULT_LIGHT = 0.5
DEFAULT_LAMP = 3
"""What ``lamp`` means without ``light``, and ``light`` without ``lamp``."""


@dataclass(frozen=True, slots=True)
class Disturbances:
    """How a session is disturbed; nothing is, unless told.

    Attributes:
        radius: How far the true radius lies off the registered one, as a share of the latter.
        servo: Standard deviation, in pulse width, of where a servo truly stops: at each
            photograph, pick and drop.
        roll: How far the camera is truly turned about its line of sight, in degrees.
        distortion: The lens's true first radial coefficient, as in
            :class:`sorter.types.ArmGeometry`.
        light: The share of its light that the table keeps once lamps went off.
        lamp: The number, from 1, of the arm's first picture with that little light; 0 for none.
        missing: Pictures of each session that never come.
        unreadable: Pictures of each session that arrive with broken bytes.
        bumped: Items that are pushed aside between two pictures of the first session.
    """

    radius: float = 0.0
    servo: float = 0.0
    roll: float = 0.0
    distortion: float = 0.0
    light: float = 1.0
    lamp: int = 0
    missing: int = 0
    unreadable: int = 0
    bumped: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise InvalidInputError(f"{name} goes from {least:g} to {most:g}, not {value:g}")

    @property
    def told(self) -> dict[str, float]:
        """Return what differs from an undisturbed session, by name."""
        pairs = ((one.name, getattr(self, one.name), one.default) for one in fields(self))
        return {name: value for name, value, default in pairs if value != default}

    def true_geometry(self, rng: np.random.Generator) -> ArmGeometry:
        """Return the table's truth, which is that of an undisturbed arm but for roll and lens.

        The roll's sign is drawn from ``rng``.
        """
        return ArmGeometry(roll_deg=self.roll * _sign(rng), distortion=self.distortion)

    def registered_geometry(self, rng: np.random.Generator) -> ArmGeometry:
        """Return what the arm believes: neither roll nor lens, and a radius that is wrong.

        The sign of the radius' error is drawn from ``rng``.
        """
        plain = ArmGeometry()
        return replace(plain, radius_px=plain.radius_px / (1 + self.radius * _sign(rng)))


LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "radius": (-0.2, 0.2),
        "servo": (0.0, 100.0),
        "roll": (-MAX_ROLL_DEG, MAX_ROLL_DEG),
        "distortion": (MIN_DISTORTION, MAX_DISTORTION),
        "light": (0.02, 1.0),
        "lamp": (0, 100),
        "missing": (0, 5),
        "unreadable": (0, 5),
        "bumped": (0, 20),
    }
)
"""From where to where each may go; beyond it there would be nothing left to sort."""


def disturbances_from_text(text: str) -> Disturbances:
    """Read ``NAME=VALUE,...``; an empty text disturbs nothing.

    Raises:
        InvalidInputError: A name is unknown or given twice, or a value is no number or too much.
    """
    values: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = (word.strip() for word in part.partition("="))
        if name not in LIMITS:
            raise InvalidInputError(
                f"no disturbance is called {name!r}; there are {', '.join(LIMITS)}"
            )
        if name in values:
            raise InvalidInputError(f"the disturbance {name} is given twice")
        values[name] = _value_from_text(name, number)
    if "light" in values:
        values.setdefault("lamp", DEFAULT_LAMP)
    elif "lamp" in values:
        values["light"] = DEFAULT_LIGHT
    return Disturbances(**values)  # type: ignore[arg-type]  # counts are read as whole numbers


def _value_from_text(name: str, text: str) -> float:
    is_count = isinstance(getattr(Disturbances(), name), int)
    try:
        return int(text) if is_count else float(text)
    except ValueError as error:
        wanted = "a whole number" if is_count else "a number"
        raise InvalidInputError(f"{name} takes {wanted}, not {text!r}") from error


def break_bytes(jpeg: bytes) -> bytes:
    """Return a JPEG whose structure is whole and whose pixels nobody can decode.

    Its first Huffman table claims more codes than there are. Source: ITU-T T.81, B.2.4.2.
    """
    counts = jpeg.index(b"\xff\xc4") + 5
    return jpeg[:counts] + b"\xff" * 16 + jpeg[counts + 16 :]


def _sign(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.5 else -1.0
