"""The Celery app of a worker of the next release, as far as it understands messages.

Found by ``celery -A cli.faults.next_release``; like :mod:`workers.app` it reads the environment.
"""

from __future__ import annotations

from workers.app import app as app
from workers.settings import MESSAGE_VERSION
from workers.versions import VersionedTask

VersionedTask.known_version = MESSAGE_VERSION + 1
