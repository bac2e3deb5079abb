"""From a session's detections to its commands. Read this first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from sorter.agreement import repeatability_of
from sorter.commands import (
    home_of,
    is_reachable,
    order_commands,
    position_array,
    total_travel_pw,
)
from sorter.containment import NOWHERE, find_containers
from sorter.crops import crop_of
from sorter.deduplication import deduplicate
from sorter.destinations import Destination, Target, Thing, Views, choose_destinations
from sorter.detection import SURE_SCORE
from sorter.embedding import normalise_embeddings
from sorter.flags import find_flags
from sorter.joints import without_joint_boxes, without_joint_groups
from sorter.merging import merge_groups
from sorter.ports import CropEmbedder
from sorter.sightings import Sightings, locate
from sorter.support import find_unconfirmed
from sorter.types import (
    Arm,
    ArmLimits,
    Clustering,
    Command,
    Container,
    Item,
    Label,
    Photograph,
    Plan,
    ServoPosition,
    SetAside,
    SetAsideReason,
)


@dataclass(frozen=True, slots=True)
class Table:
    """What lies on the table; item i lies in container ``lies_in[i]``, ``NOWHERE`` for none.

    It is compared by ``views[i]``, its own crop the first. Of the ``unconfirmed`` items, by
    number, it is doubtful whether there is anything.
    """

    items: tuple[Item, ...] = ()
    views: tuple[Views, ...] = ()
    containers: tuple[Container, ...] = ()
    lies_in: tuple[int, ...] = ()
    unconfirmed: frozenset[int] = frozenset()


def sort_session(
    arm: Arm,
    photographs: Sequence[Photograph],
    embedder: CropEmbedder,
    *,
    seed: int = 0,
    home: ServoPosition | None = None,
    clustering: Clustering = Clustering.KMEANS,
    at: datetime | None = None,
    n_missing: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Plan what to pick and where to drop it.

    The same photographs give the same plan, in whatever order they come.

    Args:
        arm: That took the photographs and will carry out the commands.
        photographs: Of one session, all of one size; none gives a plan without commands.
        embedder: Looks at sightings that compete, then at items, each time all together.
        seed: Of the clustering.
        home: Where the arm starts; :func:`~sorter.commands.home_of` unless told.
        clustering: How items are put into at most as many clusters as there are containers.
        at: When the session was, aware: tells whether the arm's calibration is too old.
        n_missing: Pictures that were announced or came, and could not be looked at.
        tell: Hears the name of each stage when it is over: ``merge``, ``cluster``, ``plan``.

    Raises:
        InvalidInputError: Photographs share an id or differ in size, or embeddings are unfit.
        TransientError: The embedder cannot read the pictures now.
    """
    home = home or home_of(arm)
    table = find_things(arm, photographs, embedder)
    tell("merge")
    aside = find_set_aside(table, arm.limits)
    commands = make_commands(table, aside, arm.limits, embedder, seed, clustering)
    tell("cluster")
    aside = aside_with_faint(aside, commands, len(table.items))
    if arm.leaves_unsure:
        aside = aside_with_unsure(aside, commands)
        commands = [command for command in commands if not command.is_unsure]
    ordered = order_commands(commands, home, arm.limits)
    tell("plan")
    return Plan(
        arm_id=arm.arm_id,
        calibration_id=arm.calibration_id,
        commands=ordered,
        items=table.items,
        containers=table.containers,
        set_aside=aside,
        travel_pw=total_travel_pw(ordered, home),
        flags=find_flags(arm, photographs, at=at, n_missing=n_missing),
    )


def find_things(arm: Arm, photographs: Sequence[Photograph], embedder: CropEmbedder) -> Table:
    """Locate every detection, merge those of one thing, and see what lies in which container."""
    if not photographs:
        return Table()
    sightings = locate(photographs, arm.geometry)
    item_boxes = sightings.of(Label.ITEM)
    of_items = without_joint_boxes(item_boxes)
    of_containers = sightings.of(Label.CONTAINER)

    def look(numbers: NDArray[np.intp]) -> NDArray[np.float64]:
        return _look_at(of_items.take(numbers), embedder)

    repeatability_px = repeatability_of(arm)
    item_groups = deduplicate(of_items, repeatability_px, look)
    item_groups = without_joint_groups(of_items, item_groups)
    container_groups = deduplicate(of_containers, repeatability_px)
    items = merge_groups(of_items, item_groups, Item)
    containers = merge_groups(of_containers, container_groups, Container)
    places_pw = position_array(one.thing.position for one in items)
    lies_in = find_containers(places_pw, of_containers, [one.group for one in containers])
    item_groups = [one.group for one in items]
    return Table(
        tuple(one.thing for one in items),
        tuple(one.views for one in items),
        tuple(one.thing for one in containers),
        tuple(lies_in.tolist()),
        find_unconfirmed(item_groups, of_items, item_boxes, photographs, repeatability_px),
    )


def find_set_aside(table: Table, limits: ArmLimits) -> tuple[SetAside, ...]:
    """Return the items that get no command, each with the first reason that holds."""
    no_target = _why_no_target(table.containers, limits)
    aside = []
    for number, (item, lies_in) in enumerate(zip(table.items, table.lies_in, strict=True)):
        if lies_in != NOWHERE:
            aside.append(SetAside(number, SetAsideReason.IN_CONTAINER))
        elif number in table.unconfirmed:
            aside.append(SetAside(number, SetAsideReason.UNCONFIRMED))
        elif not is_reachable(item.position, limits):
            aside.append(SetAside(number, SetAsideReason.OUT_OF_REACH))
        elif no_target is not None:
            aside.append(SetAside(number, no_target))
    return tuple(aside)


def aside_with_faint(
    aside: Sequence[SetAside], commands: Sequence[Command], n_items: int
) -> tuple[SetAside, ...]:
    """Return what is set aside and, besides, the items that were taken for nothing."""
    settled = {one.item for one in aside} | {one.item for one in commands}
    faint = [SetAside(n, SetAsideReason.FAINT) for n in range(n_items) if n not in settled]
    return _in_order([*aside, *faint])


def aside_with_unsure(
    aside: Sequence[SetAside], commands: Sequence[Command]
) -> tuple[SetAside, ...]:
    """Return what is set aside and, besides, the items whose cluster is doubtful."""
    unsure = [SetAside(one.item, SetAsideReason.UNSURE) for one in commands if one.is_unsure]
    return _in_order([*aside, *unsure])


def make_commands(
    table: Table,
    set_aside: Sequence[SetAside],
    limits: ArmLimits,
    embedder: CropEmbedder,
    seed: int,
    clustering: Clustering,
) -> list[Command]:
    """Return a command for every other item that is one: its cluster's container, in reach."""
    aside = {one.item for one in set_aside}
    picked = [number for number in range(len(table.items)) if number not in aside]
    if not picked:
        return []
    targets = _targets(table, limits)
    destinations = choose_destinations(
        [_thing(table, number) for number in picked],
        position_array(table.items[number].position for number in picked),
        targets,
        position_array(table.containers[target.container].position for target in targets),
        embedder,
        seed,
        clustering,
    )
    return [
        _command(table, number, destination)
        for number, destination in zip(picked, destinations, strict=True)
        if destination is not None
    ]


def _look_at(sightings: Sightings, embedder: CropEmbedder) -> NDArray[np.float64]:
    crops = [crop_of(sightings, number) for number in range(len(sightings))]
    return normalise_embeddings(embedder.embed_crops(crops), len(crops))


def _targets(table: Table, limits: ArmLimits) -> list[Target]:
    """Return the containers in reach, each with what lies in it, in the order of the items."""
    inside: dict[int, list[Thing]] = {}
    for number, lies_in in enumerate(table.lies_in):
        inside.setdefault(lies_in, []).append(_thing(table, number))
    return [
        Target(number, tuple(inside.get(number, ())))
        for number in _usable_containers(table.containers, limits)
    ]


def _thing(table: Table, item: int) -> Thing:
    return Thing(table.views[item], table.items[item].score)


def _in_order(aside: Sequence[SetAside]) -> tuple[SetAside, ...]:
    return tuple(sorted(aside, key=lambda one: one.item))


def _command(table: Table, item: int, destination: Destination) -> Command:
    return Command(
        item=item,
        container=destination.container,
        cluster=destination.cluster,
        pick=table.items[item].position,
        drop=table.containers[destination.container].position,
        confidence=table.items[item].score,
        margin=destination.margin,
        is_unsure=destination.is_unsure,
    )


def _usable_containers(containers: Sequence[Container], limits: ArmLimits) -> list[int]:
    """Return what items may be dropped in: no faint containers, where any is there for sure."""
    are_sure = any(one.score >= SURE_SCORE for one in containers)
    return [
        number
        for number, container in enumerate(containers)
        if is_reachable(container.position, limits)
        and (container.score >= SURE_SCORE or not are_sure)
    ]


def _why_no_target(containers: Sequence[Container], limits: ArmLimits) -> SetAsideReason | None:
    if not containers:
        return SetAsideReason.NO_CONTAINER
    if not _usable_containers(containers, limits):
        return SetAsideReason.CONTAINER_OUT_OF_REACH
    return None
