"""What the turns of a detector's measurement come to: medians, as a document and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of everything, in pictures a second.

    Attributes:
        raw: By batch size.
        worker: Fed through the queue.
        one_by_one: In the original's way.
        mean_batch: Pictures a call of the worker's network.
    """

    raw: Mapping[int, float]
    worker: float
    one_by_one: float
    mean_batch: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What several rounds come to.

    Attributes:
        best_batch: The batch size that is fastest, by the median of its rounds.
        raw: Medians, pictures a second; so ``worker`` and ``one_by_one``.
        worker_of_raw: The median, over the rounds, of worker by raw in the same round.
        worker_of_one_by_one: So is this.
    """

    best_batch: int
    raw: float
    worker: float
    one_by_one: float
    mean_batch: float
    worker_of_raw: float
    worker_of_one_by_one: float


def summarise(rounds: Sequence[Round]) -> Summary:
    """Return the medians of at least one round."""
    by_batch = {size: median(each.raw[size] for each in rounds) for size in rounds[0].raw}
    best = max(by_batch, key=lambda size: by_batch[size])
    return Summary(
        best_batch=best,
        raw=by_batch[best],
        worker=median(each.worker for each in rounds),
        one_by_one=median(each.one_by_one for each in rounds),
        mean_batch=median(each.mean_batch for each in rounds),
        worker_of_raw=median(each.worker / each.raw[best] for each in rounds),
        worker_of_one_by_one=median(each.worker / each.one_by_one for each in rounds),
    )


def document_of(rounds: Sequence[Round], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary as a JSON object, with what is told of the run and every round."""
    summary = summarise(rounds)
    return {
        "device": told["device"],
        "raw_pictures_per_s": summary.raw,
        "worker_pictures_per_s": summary.worker,
        "one_by_one_pictures_per_s": summary.one_by_one,
        "mean_batch": summary.mean_batch,
        "raw_batch": summary.best_batch,
        "worker_of_raw": summary.worker_of_raw,
        "worker_of_one_by_one": summary.worker_of_one_by_one,
        **told,
        "rounds": [
            {
                "raw_pictures_per_s": {str(size): rate for size, rate in each.raw.items()},
                "worker_pictures_per_s": each.worker,
                "one_by_one_pictures_per_s": each.one_by_one,
                "mean_batch": each.mean_batch,
            }
            for each in rounds
        ],
    }


def table_of(document: Mapping[str, Any]) -> Table:
    """Return the medians as a table for a terminal."""
    table = Table("way", "pictures a second", "of raw", title=f"{document['detector']}")
    raw = document["raw_pictures_per_s"]
    rows = {
        f"raw, {document['raw_batch']} a call": raw,
        f"worker, {document['mean_batch']:.1f} a call": document["worker_pictures_per_s"],
        f"one by one: {document['one_by_one']}": document["one_by_one_pictures_per_s"],
    }
    for name, rate in rows.items():
        table.add_row(name, f"{rate:.1f}", f"{rate / raw:.0%}")
    return table
