"""The tables of docs/performance.md, made of what the benchmarks measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sorter.errors import InvalidInputError

Document = Mapping[str, Any]


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown: numbers to two or three figures, the first column as it is."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def replace_between(text: str, name: str, content: str) -> str:
    """Return a page with what stands between ``name``'s two marks replaced.

    Raises:
        InvalidInputError: The page lacks the marks.
    """
    begin, end = f"<!-- {name}: made by make bench -->", f"<!-- {name}: end -->"
    head, found_begin, rest = text.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not (found_begin and found_end):
        raise InvalidInputError(f"the page has no place for {name!r}")
    return f"{head}{begin}\n{content}\n{end}{tail}"


def no_model_table(document: Document) -> str:
    """Return overhead and capacity, with Redis near and farther away."""
    columns = [document["near"], document["far"]]
    rows: list[list[object]] = [
        ["round trip to Redis, ms", *(one["redis_ping_ms"] for one in columns)],
        ["capacity, pictures/s", *(one["pictures_per_s"] for one in columns)],
        ["processor time a picture, ms", *(one["cpu_ms_per_picture"] for one in columns)],
        ["overhead on an idle machine, ms", *(_spread(one["idle"]) for one in columns)],
    ]
    for share in document["near"]["open"]:
        told = f"due to detected, at {float(share):.0%} of its capacity, ms"
        rows.append([told, *(_spread(one["open"][share]) for one in columns)])
    return markdown(["", "Redis beside it", "Redis farther away"], rows)


def processes_table(document: Document) -> str:
    """Return where the processor time of a picture goes."""
    near, far = document["near"], document["far"]
    rows: list[list[object]] = [
        [name, near["cpu_ms_by_process"][name], far["cpu_ms_by_process"][name]]
        for name in near["cpu_ms_by_process"]
    ]
    told = "the robots that post (not counted)"
    rows.append([told, near["robots_cpu_ms_per_picture"], far["robots_cpu_ms_per_picture"]])
    return markdown(["ms of a core a picture", "Redis beside it", "Redis farther away"], rows)


def pipeline_table(document: Document) -> str:
    """Return the whole path beside the raw network, and plans beside their floor."""
    rows = [
        ["whole path, pictures/s", document["pictures_per_s"]],
        ["raw network, pictures/s", document["raw_pictures_per_s"]],
        ["whole path of raw", f"{document['fraction_of_raw']:.0%}"],
        ["floor of a plan: a detection and a batch of embeddings, ms", document["floor_ms"]],
        ["last detections to plan, median, ms", document["detections_to_plan_ms"]],
        ["last picture to plan beyond the floor, median, ms", document["plan_after_floor_p50_ms"]],
        ["the same, 95 of 100 within, ms", document["plan_after_floor_p95_ms"]],
        ["sessions", document["sessions"]],
    ]
    return markdown(["", "measured"], rows)


def scale_table(document: Document) -> str:
    """Return throughput by number of workers, and the cores that each kind of process takes."""
    rows = []
    for n_workers, row in document["scaling"].items():
        cores = row["cores_by_process"]
        rows.append(
            [
                n_workers,
                row["pictures_per_s"],
                f"{row['fraction_of_ideal']:.0%}",
                *(cores[name] for name in ("gateway", "gpu-worker", "postgres", "redis")),
                row["cores_of_robots"],
                f"{row['cores_busy']:.0%}",
            ]
        )
    head = ["workers", "pictures/s", "of ideal", "gateway", "workers, cores", "postgres", "redis"]
    return markdown([*head, "robots", "of all cores"], rows)


def sort_table(document: Document) -> str:
    """Return each stage's time by number of sightings, and its growth."""
    stages = ("merge", "kmeans", "assignment", "ordering", "total")
    rows: list[list[object]] = [
        [n, *(row[stage] for stage in stages)] for n, row in document["sort_ms"].items()
    ]
    if document["growth"]:
        rows.append(["growth exponent", *(document["growth"][stage] for stage in stages)])
    return markdown(["sightings", "merge", "K-Means", "assignment", "ordering", "all, ms"], rows)


def peers_table(document: Document) -> str:
    """Return all systems side by side."""
    rows = [
        [
            name,
            row["pictures_per_s"],
            _spread(row["alone"]),
            _spread(row["loaded"]),
            row["lost_unkilled"],
            row["resident_mib"],
            f"{row['lost_of_killed']} of {row['in_flight']}",
            "yes" if row["serves_again"] else "no",
        ]
        for name, row in document["peers"].items()
    ]
    rows += [[name, "did not run", *[""] * 6] for name in document["failed"]]
    head = ["", "pictures/s", "alone, ms", "loaded, ms", "unanswered", "memory, MiB"]
    return markdown([*head, "lost", "serves again"], rows)


def memory_table(document: Document) -> str:
    """Return what each process holds, by occasion."""
    tables = []
    for networks, told in (("stand_ins", "with stand-in networks"), ("networks", "shipped ones")):
        occasions = document["resident_mib"][networks]
        processes = next(iter(occasions.values()))
        rows: list[list[object]] = [
            [name, *(one.get(name, 0.0) for one in occasions.values())] for name in processes
        ]
        rows.append(["all", *(round(sum(one.values()), 1) for one in occasions.values())])
        tables.append(markdown([f"MiB, {told}", *occasions], rows))
    return "\n\n".join(tables)


TABLES = {
    "no-model": (no_model_table, "no_model"),
    "processes": (processes_table, "no_model"),
    "pipeline": (pipeline_table, "pipeline"),
    "scale": (scale_table, "scale"),
    "sort": (sort_table, "sort"),
    "peers": (peers_table, "peers"),
    "memory": (memory_table, "memory"),
}
"""By its mark in the page: what makes a table, and of which benchmark's document."""


def with_tables(page: str, documents: Mapping[str, Document]) -> str:
    """Return the page with every table made anew of which there is a document."""
    for name, (make, source) in TABLES.items():
        if source in documents:
            content = f"\n{make(documents[source])}\n\n{_machine(documents[source])}\n"
            page = replace_between(page, name, content)
    return page


def _machine(document: Document) -> str:
    machine = document["machine"]
    return f"*{machine['cores']} cores of {machine['processor']}.*"


def _spread(spread: Document) -> str:
    return " / ".join(_cell(spread[name]) for name in ("p50_ms", "p95_ms", "p99_ms"))


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
