"""Laying a table by chance: where things lie, how they look, and in what light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robot.kinds import kind_named
from robot.kinds.canvas import Rgb
from robot.kinds.materials import BRASSES, PLASTICS, STEELS, WOODS, pick
from robot.surfaces import SURFACES
from robot.table import (
    ContainerShape,
    Light,
    Optics,
    Scene,
    Stuff,
    Surface,
    TableContainer,
    TableItem,
    Xy,
)
from sorter.errors import InvalidInputError
from sorter.geometry import table_from_servo
from sorter.types import ArmGeometry, ImageSize, PositionArray

CAMERA = ImageSize(1640, 1232)
"""The pictures of the arm's camera. Source: docs/interfaces/sorterbot.md."""

ITEM_SERVO0_PW = (950.0, 1850.0)
ITEM_SERVO1_PW = (1180.0, 1920.0)
CONTAINER_SERVO0_PW = (900.0, 1900.0)

GAP_PX = 10.0
"""Between any two things on the table."""

WALL_PX = 20.0
"""Between what lies in a container and the container's outline: its wall is that thick at most."""

_LEAN = 0.985  # cosine of the most that a container stands aside in the best of its views
_TRIES = 60
_LAYOUTS = 25
_STUFF_COLOURS: dict[Stuff, tuple[Rgb, ...]] = {
    Stuff.PLASTIC: PLASTICS,
    Stuff.METAL: STEELS + BRASSES[:1],
    Stuff.WOOD: WOODS,
    Stuff.CARDBOARD: ((186, 148, 104), (172, 134, 92), (200, 164, 120)),
    Stuff.CERAMIC: ((238, 236, 230), (210, 220, 226), (70, 100, 130), (150, 70, 50), (60, 62, 66)),
}


def make_scene(
    rng: np.random.Generator,
    *,
    n_items: int,
    kinds: Sequence[str],
    n_containers: int,
    n_contained: int = 0,
    geometry: ArmGeometry | None = None,
) -> Scene:
    """Lay a table.

    Free items lie in the arm's reach, clear of each other and of every container's bounding
    square as seen from any position; containers do not overlap, and each is whole in a view.

    Args:
        n_items: Of all items, those in containers included.
        kinds: The names to choose from; each comes up as evenly as the number allows.
        n_contained: How many of the items lie in containers already.

    Raises:
        InvalidInputError: The numbers contradict each other, or so much has no room.
    """
    if n_contained > n_items or (n_contained and not n_containers) or (n_items and not kinds):
        raise InvalidInputError("items in containers need items, containers and kinds")
    geometry = geometry or ArmGeometry()
    for _ in range(_LAYOUTS):
        containers = _lay_containers(rng, n_containers, geometry)
        if containers is None:
            continue
        items = _lay_items(rng, n_items, kinds, containers, n_contained, geometry)
        if items is not None:
            return Scene(
                items, containers, make_surface(rng), make_light(rng), make_optics(rng), _seed(rng)
            )
    raise InvalidInputError(
        f"{n_items} items and {n_containers} containers find no room on the table"
    )


def make_surface(rng: np.random.Generator, tile_px: float = 1536.0) -> Surface:
    """Choose what the table is made of."""
    names = tuple(SURFACES)
    return Surface(names[int(rng.integers(len(names)))], _seed(rng), tile_px)


def make_light(rng: np.random.Generator) -> Light:
    """Choose a lamp."""
    warmth = float(rng.normal(0, 0.035))
    return Light(
        azimuth_rad=float(rng.uniform(0, 2 * np.pi)),
        elevation_rad=float(np.radians(rng.uniform(38, 68))),
        ambient=float(rng.uniform(0.38, 0.62)),
        shadow=float(rng.uniform(0.3, 0.68)),
        softness_px=float(rng.uniform(2.5, 9)),
        falloff=float(rng.uniform(0.05, 0.32)),
        tint=(1 + warmth, 1.0, 1 - warmth),
    )


def make_optics(rng: np.random.Generator) -> Optics:
    """Choose a camera."""
    return Optics(
        vignette=float(rng.uniform(0.05, 0.32)),
        blur_px=float(rng.uniform(0.45, 1.15)),
        noise=float(rng.uniform(4, 16)),
        exposure=float(rng.uniform(0.86, 1.12)),
        jpeg_quality=int(rng.integers(82, 96)),
    )


def make_item(rng: np.random.Generator, kind: str, xy_px: Xy) -> TableItem:
    """Choose one thing of a kind, lying free."""
    length = float(rng.uniform(*kind_named(kind).length_px))
    return TableItem(kind, xy_px, float(rng.uniform(0, 2 * np.pi)), length, _seed(rng))


def make_container(rng: np.random.Generator, xy_px: Xy) -> TableContainer:
    """Choose a container."""
    shape = tuple(ContainerShape)[int(rng.integers(len(ContainerShape)))]
    stuff = tuple(Stuff)[int(rng.choice(len(Stuff), p=(0.4, 0.15, 0.15, 0.12, 0.18)))]
    across = float(rng.uniform(340, 455))
    if shape in {ContainerShape.BOX, ContainerShape.ROUNDED}:
        across = float(rng.uniform(320, 400))
    depth = across
    if shape is ContainerShape.OVAL:
        depth = across * float(rng.uniform(0.72, 0.85))
    elif shape in {ContainerShape.BOX, ContainerShape.ROUNDED} and rng.random() < 0.4:
        depth = across * float(rng.uniform(0.82, 0.95))
    angle = float(rng.uniform(0, 2 * np.pi))
    colour = pick(rng, _STUFF_COLOURS[stuff])
    return TableContainer(shape, xy_px, (across, depth), angle, stuff, colour, _seed(rng))


def _lay_containers(
    rng: np.random.Generator, n_containers: int, geometry: ArmGeometry
) -> tuple[TableContainer, ...] | None:
    laid: list[TableContainer] = []
    for _ in range(n_containers):
        one = next(
            (
                c
                for c in (_loose_container(rng, geometry) for _ in range(_TRIES))
                if _is_clear(c, laid)
            ),
            None,
        )
        if one is None:
            return None
        laid.append(one)
    return tuple(laid)


def _loose_container(rng: np.random.Generator, geometry: ArmGeometry) -> TableContainer:
    near_px = geometry.radius_px - CAMERA.height_px / 2
    far_px = geometry.radius_px + CAMERA.height_px / 2
    one = make_container(rng, (0.0, 0.0))
    r = one.radius_px + 4
    distance = rng.uniform((near_px + r) / _LEAN, far_px - r)
    servo0 = rng.uniform(*CONTAINER_SERVO0_PW)
    ahead = table_from_servo([(servo0, geometry.dist_min_pw)], CAMERA, geometry)[0]
    x, y = ahead * (distance / np.hypot(*ahead))
    return replace(one, centre_xy_px=(float(x), float(y)))


def _is_clear(one: TableContainer, laid: Sequence[TableContainer]) -> bool:
    return all(
        _distance_px(one.centre_xy_px, other.centre_xy_px)
        > one.radius_px + other.radius_px + GAP_PX
        for other in laid
    )


def _lay_items(
    rng: np.random.Generator,
    n_items: int,
    kinds: Sequence[str],
    containers: Sequence[TableContainer],
    n_contained: int,
    geometry: ArmGeometry,
) -> tuple[TableItem, ...] | None:
    names = np.resize(rng.permutation(list(kinds)), n_items) if n_items else np.empty(0, str)
    names = rng.permutation(names)
    ground = _FreeGround(_places_in_reach(rng, 60 + 60 * n_items, geometry), containers)
    items: list[TableItem] = []
    for i, name in enumerate(names):
        item = make_item(rng, str(name), (0.0, 0.0))
        is_contained = i < n_contained
        laid = _lay_inside(rng, item, containers, items) if is_contained else ground.lay(item)
        if laid is None:
            return None
        items.append(laid)
    order = rng.permutation(len(items))
    return tuple(items[int(k)] for k in order)


def _places_in_reach(rng: np.random.Generator, n: int, geometry: ArmGeometry) -> PositionArray:
    servo = np.stack([rng.uniform(*ITEM_SERVO0_PW, n), rng.uniform(*ITEM_SERVO1_PW, n)], axis=1)
    return table_from_servo(servo, CAMERA, geometry)


class _FreeGround:
    """Places in the arm's reach, and how much room there is around each."""

    def __init__(self, places: PositionArray, containers: Sequence[TableContainer]) -> None:
        self._places = places
        self._room_px = np.full(len(places), np.inf)
        for container in containers:
            self._keep_off(container.centre_xy_px, container.clearance_px)

    def lay(self, item: TableItem) -> TableItem | None:
        """Return the item at the first place that has room for it, ``None`` where none has."""
        has_room = self._room_px > item.radius_px + GAP_PX
        if not has_room.any():
            return None
        x, y = self._places[int(np.argmax(has_room))]
        self._keep_off((float(x), float(y)), item.radius_px)
        return replace(item, centre_xy_px=(float(x), float(y)))

    def _keep_off(self, xy_px: Xy, radius_px: float) -> None:
        apart = np.hypot(*(self._places - xy_px).T)
        np.minimum(self._room_px, apart - radius_px, out=self._room_px)


def _lay_inside(
    rng: np.random.Generator,
    item: TableItem,
    containers: Sequence[TableContainer],
    items: Sequence[TableItem],
) -> TableItem | None:
    for _ in range(_TRIES):
        number = int(rng.integers(len(containers)))
        container = containers[number]
        dx, dy = rng.uniform(-0.5, 0.5, 2) * max(container.size_px)
        place = (float(container.centre_xy_px[0] + dx), float(container.centre_xy_px[1] + dy))
        is_clear = all(
            _distance_px(place, other.centre_xy_px) > item.radius_px + other.radius_px
            for other in items
        )
        if is_clear and container.depth_px(place) > item.length_px / 2 + WALL_PX:
            return replace(item, centre_xy_px=place, contained_in=number)
    return None


def _distance_px(a: Xy, b: Xy) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
