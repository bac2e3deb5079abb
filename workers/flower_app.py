"""The app that ``celery --app=workers.flower_app flower`` finds."""

from __future__ import annotations

import os
import sys

from sorter.errors import InvalidInputError
from workers.watching import app_from_environment

try:
    app = app_from_environment(os.environ)
except InvalidInputError as error:
    sys.exit(f"Flower does not start: {error}")
