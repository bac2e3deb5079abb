"""The pictures of docs/performance.md, made of what the benchmarks measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

Document = Mapping[str, Any]

INK, MUTED, ACCENT, OTHER = "#1f2933", "#9aa5b1", "#0b6e99", "#c2601d"
INCHES = (7.0, 3.4)
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "svg.hashsalt": "sorterbot",
}


def draw_scale(document: Document) -> Figure:
    """Draw throughput by number of workers against the ideal, and who takes the cores."""
    figure = Figure(figsize=INCHES, layout="constrained")
    left, right = figure.subplots(1, 2)
    workers = [int(n) for n in document["scaling"]]
    rows = list(document["scaling"].values())
    left.plot(workers, [n / document["sleep_s"] for n in workers], "--", color=MUTED, label="ideal")
    left.plot(
        workers, [row["pictures_per_s"] for row in rows], "o-", color=ACCENT, label="measured"
    )
    left.set(xlabel="workers", ylabel="pictures a second", xticks=workers, ylim=(0, None))
    left.legend(frameon=False)
    below = [0.0] * len(rows)
    shades = (ACCENT, OTHER, "#5b8c5a", "#8a6fb0", MUTED)
    for name, shade in zip(
        ("gateway", "gpu-worker", "postgres", "redis", "robots"), shades, strict=True
    ):
        cores = [
            row["cores_of_robots"] if name == "robots" else row["cores_by_process"][name]
            for row in rows
        ]
        right.bar(range(len(rows)), cores, bottom=below, color=shade, label=name)
        below = [one + more for one, more in zip(below, cores, strict=True)]
    right.set(xlabel="workers", ylabel="cores taken")
    right.set_xticks(range(len(rows)), [str(n) for n in workers])
    right.legend(frameon=False, fontsize=7)
    return figure


def draw_sort(document: Document) -> Figure:
    """Draw each stage's time by number of sightings, both on logarithmic axes."""
    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    rows = list(document["sort_ms"].values())
    sightings = [row["sightings"] for row in rows]
    for stage, told, shade in (
        ("merge", "merge", ACCENT),
        ("kmeans", "K-Means", OTHER),
        ("assignment", "assignment", "#5b8c5a"),
        ("ordering", "ordering", "#8a6fb0"),
        ("total", "all", INK),
    ):
        axes.plot(sightings, [row[stage] for row in rows], "o-", color=shade, label=told)
    axes.axhline(300, color=MUTED, linestyle="--", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="sightings of a session", ylabel="milliseconds")
    axes.legend(frameon=False)
    return figure


def draw_peers(document: Document) -> Figure:
    """Draw throughput and latency under the equal load, system by system."""
    figure = Figure(figsize=INCHES, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    names = list(document["peers"])[::-1]
    rows = [document["peers"][name] for name in names]
    shades = [ACCENT if name == "SorterBot" else MUTED for name in names]
    left.barh(names, [row["pictures_per_s"] for row in rows], color=shades)
    left.set(xlabel="pictures a second")
    right.barh(names, [row["loaded"]["p95_ms"] for row in rows], color=MUTED, height=0.5)
    right.barh(names, [row["loaded"]["p50_ms"] for row in rows], color=ACCENT, height=0.5)
    right.set(xlabel="loaded, ms: median, 95 of 100 within")
    return figure


def draw_no_model(document: Document) -> Figure:
    """Draw the overhead by load, with Redis near and farther away."""
    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    for which, told, shade in (
        ("near", "Redis beside it", ACCENT),
        ("far", "Redis farther away", OTHER),
    ):
        spreads = {"idle": document[which]["idle"], **document[which]["open"]}
        for name, style in (("p50_ms", "o-"), ("p95_ms", "o--")):
            values = [spread[name] for spread in spreads.values()]
            label = f"{told}, {'median' if name == 'p50_ms' else '95 of 100 within'}"
            axes.plot(range(len(values)), values, style, color=shade, label=label)
        axes.set_xticks(
            range(len(spreads)),
            ["idle" if one == "idle" else f"{float(one):.0%} of capacity" for one in spreads],
        )
    axes.set(ylabel="overhead, ms", yscale="log")
    axes.legend(frameon=False)
    return figure


CHARTS: dict[str, tuple[Callable[[Document], Figure], str]] = {
    "speed-no-model.svg": (draw_no_model, "no_model"),
    "speed-scale.svg": (draw_scale, "scale"),
    "speed-sort.svg": (draw_sort, "sort"),
    "speed-peers.svg": (draw_peers, "peers"),
}
"""By its file: what draws a picture, and of which benchmark's document."""


def save_charts(documents: Mapping[str, Document], folder: Path) -> list[Path]:
    """Draw every picture of which there is a document, the same bytes for the same figures."""
    saved = []
    with mpl.rc_context(STYLE):
        for name, (draw, source) in CHARTS.items():
            if source in documents:
                saved.append(folder / name)
                draw(documents[source]).savefig(saved[-1], metadata={"Date": None})
    return saved
