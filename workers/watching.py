"""The app that Flower watches the queues with, and how Flower is to be.

The app knows broker and results alone: no task, no database, no network's library. What variables
``FLOWER_...`` tell Flower counts, save that it serves nobody without a password.
"""

from __future__ import annotations

from collections.abc import MutableMapping

from celery import Celery

from sorter.errors import InvalidInputError
from workers.celery_app import make_celery

DEFAULTS = {
    "FLOWER_ENABLE_EVENTS": "False",  # each worker was told by itself whether to send them
    "FLOWER_READ_ONLY": "True",  # a picture that somebody revokes fails its session's chord
    "FLOWER_TASKS_COLUMNS": "name,args,state,received,started,runtime,worker",
    "FLOWER_MAX_TASKS": "20000",
    "FLOWER_PURGE_OFFLINE_WORKERS": "3600",
}
"""Read by Flower itself, once the app is there."""


def app_from_environment(variables: MutableMapping[str, str]) -> Celery:
    """Return the app, having said how Flower is to be where nobody else has.

    Raises:
        InvalidInputError: A variable is missing, or Flower would ask nobody for a password.
    """
    for name in ("SORTERBOT_BROKER_URL", "SORTERBOT_RESULTS_URL"):
        if not variables.get(name):
            raise InvalidInputError(f"the environment variable {name} is not set")
    if not variables.get("FLOWER_BASIC_AUTH") and not variables.get("FLOWER_AUTH_PROVIDER"):
        raise InvalidInputError(
            "FLOWER_BASIC_AUTH=name:password is not set, and Flower would let everybody in"
        )
    for name, value in DEFAULTS.items():
        variables.setdefault(name, value)
    return make_celery(
        variables["SORTERBOT_BROKER_URL"], variables["SORTERBOT_RESULTS_URL"], is_gateway=False
    )
