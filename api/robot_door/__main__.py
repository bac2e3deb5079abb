"""``python -m api.robot_door``: the door for robots of the original SorterBot."""

from __future__ import annotations

import sys

from api.robot_door.bootstrap import run_from_environment

sys.exit(run_from_environment())
