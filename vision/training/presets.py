"""Settings that worked for the two nets, for two CPU cores as for a GPU."""

from __future__ import annotations

import torch

from vision.training.loop import LoopSettings

WARM_LEARNING_RATE = 4e-4
"""For a net that starts from another's weights: enough to change it, too little to undo it."""


def detector_settings(
    steps: int, batch: int, seed: int, device: torch.device, learning_rate: float = 1e-3
) -> LoopSettings:
    """Return the settings for a detector, from scratch unless another rate is given."""
    return LoopSettings(
        steps=steps,
        batch=batch,
        seed=seed,
        learning_rate=learning_rate,
        warm_up_steps=min(150, max(1, steps // 10)),
        weight_decay=0.02,
        evaluate_every=max(1, min(400, steps // 5)),
        precision=fast_precision(device),
    )


def embedder_settings(steps: int, batch: int, seed: int, device: torch.device) -> LoopSettings:
    """Return the settings for an embedder from scratch."""
    return LoopSettings(
        steps=steps,
        batch=batch,
        seed=seed,
        learning_rate=1e-3,
        warm_up_steps=min(100, max(1, steps // 10)),
        weight_decay=0.02,
        evaluate_every=max(1, min(300, steps // 5)),
        precision=fast_precision(device),
    )


def fast_precision(device: torch.device) -> str:
    """Name the precision that this machine multiplies matrices in fastest."""
    if device.type == "cuda":
        is_in_hardware = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if is_in_hardware else "float16"
    return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"
