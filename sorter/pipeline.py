"""From a session's detections to its commands. Read this first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sorter.agreement import repeatability_of
from sorter.assignment import assign_clusters
from sorter.clustering import cluster_items
from sorter.commands import (
    home_of,
    is_reachable,
    order_commands,
    position_array,
    total_travel_pw,
)
from sorter.containment import lie_in_any_container
from sorter.deduplication import deduplicate
from sorter.embedding import normalise_embeddings
from sorter.merging import merge_groups
from sorter.ports import CropEmbedder
from sorter.sightings import locate
from sorter.types import (
    Arm,
    ArmLimits,
    Command,
    Container,
    Item,
    Label,
    LabelArray,
    Photograph,
    Plan,
    ServoPosition,
    SetAside,
    SetAsideReason,
)


@dataclass(frozen=True, slots=True)
class Table:
    """What lies on the table; ``is_inside[i]`` tells whether item i lies in a container."""

    items: tuple[Item, ...] = ()
    containers: tuple[Container, ...] = ()
    is_inside: tuple[bool, ...] = ()


def sort_session(
    arm: Arm,
    photographs: Sequence[Photograph],
    embedder: CropEmbedder,
    *,
    seed: int = 0,
    home: ServoPosition | None = None,
) -> Plan:
    """Plan what to pick and where to drop it.

    The same photographs give the same plan, in whatever order they come.

    Args:
        arm: That took the photographs and will carry out the commands.
        photographs: Of one session, all of one size; none gives a plan without commands.
        embedder: Looks at the items' crops, all together.
        seed: Of the clustering.
        home: Where the arm starts; :func:`~sorter.commands.home_of` unless told.

    Raises:
        InvalidInputError: Photographs share an id or differ in size, or embeddings are unfit.
        TransientError: The embedder cannot read the pictures now.
    """
    home = home or home_of(arm)
    table = find_things(arm, photographs)
    set_aside = find_set_aside(table, arm.limits)
    commands = make_commands(table, set_aside, arm.limits, embedder, seed)
    ordered = order_commands(commands, home, arm.limits)
    return Plan(
        arm_id=arm.arm_id,
        calibration_id=arm.calibration_id,
        commands=ordered,
        items=table.items,
        containers=table.containers,
        set_aside=set_aside,
        travel_pw=total_travel_pw(ordered, home),
    )


def find_things(arm: Arm, photographs: Sequence[Photograph]) -> Table:
    """Locate every detection, merge those of one thing, and see which items lie in containers."""
    if not photographs:
        return Table()
    sightings = locate(photographs, arm.geometry)
    of_items, of_containers = sightings.of(Label.ITEM), sightings.of(Label.CONTAINER)
    item_groups = deduplicate(of_items, repeatability_of(arm))
    container_groups = deduplicate(of_containers, repeatability_of(arm))
    items = merge_groups(of_items, item_groups, Item)
    places_pw = position_array(item.position for item in items)
    return Table(
        items=tuple(items),
        containers=tuple(merge_groups(of_containers, container_groups, Container)),
        is_inside=tuple(lie_in_any_container(places_pw, of_containers, container_groups).tolist()),
    )


def find_set_aside(table: Table, limits: ArmLimits) -> tuple[SetAside, ...]:
    """Return the items that get no command, each with the first reason that holds."""
    no_target = _why_no_target(table.containers, limits)
    aside = []
    for number, (item, is_inside) in enumerate(zip(table.items, table.is_inside, strict=True)):
        if is_inside:
            aside.append(SetAside(number, SetAsideReason.IN_CONTAINER))
        elif not is_reachable(item.position, limits):
            aside.append(SetAside(number, SetAsideReason.OUT_OF_REACH))
        elif no_target is not None:
            aside.append(SetAside(number, no_target))
    return tuple(aside)


def make_commands(
    table: Table,
    set_aside: Sequence[SetAside],
    limits: ArmLimits,
    embedder: CropEmbedder,
    seed: int,
) -> list[Command]:
    """Return a command for every other item: its cluster's container, in reach of the arm."""
    aside = {one.item for one in set_aside}
    picked = [number for number in range(len(table.items)) if number not in aside]
    if not picked:
        return []
    items = [table.items[number] for number in picked]
    usable = _usable_containers(table.containers, limits)
    clusters = cluster_alike(items, len(usable), embedder, seed)
    targets = assign_clusters(
        clusters,
        position_array(item.position for item in items),
        position_array(table.containers[number].position for number in usable),
    )
    return [
        _command(table, number, usable[int(targets[cluster])], cluster)
        for number, cluster in zip(picked, clusters.tolist(), strict=True)
    ]


def cluster_alike(
    items: Sequence[Item], n_containers: int, embedder: CropEmbedder, seed: int
) -> LabelArray:
    """Return each item's cluster, of at most one for each container, by how its crop looks."""
    embeddings = embedder.embed_crops([item.crop for item in items])
    k = min(n_containers, len(items))
    return cluster_items(normalise_embeddings(embeddings, len(items)), k, seed)


def _command(table: Table, item: int, container: int, cluster: int) -> Command:
    return Command(
        item=item,
        container=container,
        cluster=cluster,
        pick=table.items[item].position,
        drop=table.containers[container].position,
        confidence=table.items[item].score,
    )


def _usable_containers(containers: Sequence[Container], limits: ArmLimits) -> list[int]:
    return [
        number
        for number, container in enumerate(containers)
        if is_reachable(container.position, limits)
    ]


def _why_no_target(containers: Sequence[Container], limits: ArmLimits) -> SetAsideReason | None:
    if not containers:
        return SetAsideReason.NO_CONTAINER
    if not _usable_containers(containers, limits):
        return SetAsideReason.CONTAINER_OUT_OF_REACH
    return None
