"""Training from end to end: rendered pictures, made small, handed to the lessons of ``vision``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from sorter.errors import ConflictError
from vision.training.checkpoint import has_checkpoint
from vision.training.loop import Lesson, LoopSettings, Scores, train
from vision.training.prepared import PreparedViews, Readable, prepare

VALIDATION_SEED = 1_000_000_000
"""Added to the seed of training pictures for validation, so that the two never meet."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line.

    Attributes:
        n: Training pictures.
        n_judges: Validation pictures.
        workers: Processes that render, beside this one.
        is_resumed: Whether to go on with the run in ``out``.
        patience: Evaluations without a better score that end training; 0 for none.
        precision: Of products, where it is not the one that suits the device.
        evaluate_every: Steps between evaluations, where they are not the usual ones.
    """

    n: int
    n_judges: int
    seed: int
    out: Path
    steps: int
    batch: int
    device: str
    workers: int
    is_resumed: bool
    version: str
    patience: int = 0
    precision: str = ""
    evaluate_every: int | None = None

    @property
    def package(self) -> Path:
        """The folder of the best net so far."""
        return self.out / "package"


def how_trained(order: Order, how: str, settings: LoopSettings) -> dict[str, object]:
    """Return what a model card tells of its training."""
    return {
        "how": f"{how}, sorterbot train",
        "seed": order.seed,
        "pictures": order.n,
        "steps": settings.steps,
        "batch": settings.batch,
        "learning_rate": settings.learning_rate,
        "precision": settings.precision,
    }


def adjusted(settings: LoopSettings, order: Order) -> LoopSettings:
    """Return the usual settings with what was asked for in their place."""
    return replace(
        settings,
        patience=order.patience,
        precision=order.precision or settings.precision,
        evaluate_every=order.evaluate_every or settings.evaluate_every,
    )


def check_folder(order: Order) -> None:
    """Refuse a folder that holds a run, unless going on with it was asked for."""
    if has_checkpoint(order.out) and not order.is_resumed:
        raise ConflictError(
            f"{order.out} already holds a training run; go on with it by --resume, "
            "or name another folder with --out"
        )


def prepared(
    order: Order, what: str, small: Callable[[int, int], Readable]
) -> tuple[PreparedViews, PreparedViews]:
    """Return the training and the validation pictures, rendered where that is still to be done."""
    asked = (("judges", order.n_judges, order.seed + VALIDATION_SEED), (what, order.n, order.seed))
    prepared = []
    for name, n, seed in asked:
        with progress_bar(f"Rendering {name}", n) as advance:
            pictures = small(n, seed)
            folder = order.out / name
            prepared.append(
                prepare(pictures, f"rendered-{what}-seed-{seed}", folder, order.workers, advance)
            )
    return prepared[1], prepared[0]


def run(lesson: Lesson, settings: LoopSettings, order: Order) -> dict[str, float]:
    """Train under a bar, and return the scores of the best evaluation."""
    with progress_bar("Training", settings.steps) as advance:

        def report(step: int, losses: Scores) -> None:
            advance(step, f"loss {losses['loss']:.3f}")

        progress = train(lesson, settings, order.out, report)
    if progress.step < settings.steps:
        typer.echo(
            f"Stopped after step {progress.step} of {settings.steps}: "
            f"evaluations without a better {lesson.judged_by}: {settings.patience}"
        )
    return _best(progress.history, lesson.judged_by)


def _best(history: Sequence[Scores], judged_by: str) -> dict[str, float]:
    best = max(history, key=lambda row: row[judged_by])
    return {name: value for name, value in best.items() if not name.startswith("loss")}


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[..., None]]:
    """Show a bar; the function that it gives takes how many are done, and words to show."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns) as progress:
        task = progress.add_task(what, total=total, words="")

        def advance(done: int, words: str = "") -> None:
            progress.update(task, completed=done, words=words)

        yield advance
