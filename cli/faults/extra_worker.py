"""One worker more than a site has, for as long as a scenario wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from cli.faults.site import READY_WITHIN_S, Site
from cli.programs import Programs
from cli.services.process import Child, Leash, Program, await_ready
from cli.stack import ALIVE_WITHIN_S
from workers.settings import GPU_QUEUE


@contextmanager
def extra_worker(site: Site, queue: str, app: str = "workers.app") -> Iterator[Child]:
    """Run a worker beside the site's own, from its first heartbeat to the end of the block.

    Args:
        queue: ``gpu`` or ``sort``.
        app: The module of its Celery app.

    Raises:
        SorterBotError: It did not start.
    """
    earlier = {worker.worker_id for worker in site.store.load_workers(ALIVE_WITHIN_S)}

    def has_joined() -> bool:
        alive = site.store.load_workers(ALIVE_WITHIN_S)
        return any(one.queue == queue and one.worker_id not in earlier for one in alive)

    with Leash() as leash:
        child = Child(_program(site, queue, app), leash)
        try:
            await_ready(child, has_joined, READY_WITHIN_S)
            yield child
        finally:
            child.stop()


def _program(site: Site, queue: str, app: str) -> Program:
    programs = Programs(site.folder, site.stack.environment, n_gpu_workers=1)
    own = programs.gpu_worker(1) if queue == GPU_QUEUE else programs.sort_worker()
    name = f"extra-{queue}-worker"
    others = {
        "--app=workers.app": f"--app={app}",
        f"--hostname={own.name}@%h": f"--hostname={name}@%h",
    }
    return replace(
        own,
        name=name,
        argv=tuple(others.get(word, word) for word in own.argv),
        log=site.stack.logs / f"{name}.log",
    )
