"""One thread for tiny nets: waking more costs more than they compute."""

from __future__ import annotations

import torch

torch.set_num_threads(1)
