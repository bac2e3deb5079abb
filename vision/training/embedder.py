"""Teaching the embedder from labelled crops."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from vision.embedder import crop_tensor, squared_rgb
from vision.networks import EMBEDDING_VALUES, build_embedder
from vision.package import ModelCard, ModelKind, ModelPackage, save_package
from vision.purity import sorting_purity
from vision.training.augment import varied_crop
from vision.training.loop import Scores
from vision.training.prepared import PreparedCrops
from vision.weights import weights_of

_SCALE = 16.0  # sharpness of the softmax over cosines
_MARGIN = 0.2  # by how much the right kind's cosine must lead
_JUDGE_BATCH = 64


class KindHead(nn.Module):
    """An embedder with one direction a kind: cosines between a crop's values and each of them."""

    def __init__(self, n_kinds: int) -> None:
        super().__init__()
        self.embedder = build_embedder()
        self.directions = nn.Parameter(torch.empty(n_kinds, EMBEDDING_VALUES))
        nn.init.normal_(self.directions)

    def forward(self, crops: Tensor) -> Tensor:
        """Return ``(n, kinds)`` cosines of ``(n, 3, side, side)`` normalised crops."""
        values = functional.normalize(self.embedder(crops).float())
        return values @ functional.normalize(self.directions).T


@dataclass(slots=True)
class EmbedderLesson:
    """What the training loop needs to teach an embedder; the best one is kept as a package.

    The net learns to tell kinds apart by the angle of its values, with a margin: K-Means on
    the normalised values then finds the kinds as separate bunches.

    Attributes:
        card: What the package will say of itself; scores are filled in.
        crops: Training crops.
        judges: Validation crops, none of them among ``crops``.
        folder: Where the best package goes.
    """

    card: ModelCard
    crops: PreparedCrops
    judges: PreparedCrops
    folder: Path
    device: torch.device
    judged_by: str = "purity"
    network: KindHead = field(init=False)

    def __post_init__(self) -> None:
        self.network = KindHead(len(self.card.labels)).to(self.device)

    @property
    def n_examples(self) -> int:
        """How many crops one epoch has."""
        return len(self.crops)

    def loss(self, indices: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
        """As :class:`vision.training.loop.Lesson` says."""
        drawn = [self.crops[int(index)] for index in indices]
        crops = [self._tensor(varied_crop(crop, rng)) for crop, _ in drawn]
        kinds = torch.tensor([kind for _, kind in drawn], device=self.device)
        cosines = self.network(torch.stack(crops).to(self.device))
        margins = _MARGIN * functional.one_hot(kinds, cosines.shape[1])
        return {"loss_kind": functional.cross_entropy(_SCALE * (cosines - margins), kinds)}

    def evaluate(self) -> dict[str, float]:
        """As :class:`vision.training.loop.Lesson` says."""
        self.network.eval()
        drawn = [self.judges[index] for index in range(len(self.judges))]
        kinds = np.array([kind for _, kind in drawn], np.int64)
        rows = []
        with torch.inference_mode():
            for start in range(0, len(drawn), _JUDGE_BATCH):
                crops = [self._tensor(crop) for crop, _ in drawn[start : start + _JUDGE_BATCH]]
                rows.append(self.network.embedder(torch.stack(crops).to(self.device)).float())
            values = functional.normalize(torch.cat(rows))
            cosines = values @ functional.normalize(self.network.directions).T
        right = cosines.argmax(dim=1).cpu().numpy() == kinds
        purity = sorting_purity(values.cpu().numpy(), kinds, np.random.default_rng(0))
        return {"purity": purity, "accuracy": float(right.mean())}

    def save_best(self, scores: Scores, step: int) -> None:
        """As :class:`vision.training.loop.Lesson` says."""
        card = replace(
            self.card,
            training={**self.card.training, "best_step": step},
            scores={"validation": dict(scores)},
        )
        save_package(ModelPackage(card, weights_of(self.network.embedder)), self.folder)

    def _tensor(self, crop_rgb: NDArray[np.uint8]) -> Tensor:
        return crop_tensor(squared_rgb(crop_rgb, min(self.card.input_size_px)))


def embedder_card(
    version: str, kinds: tuple[str, ...], side_px: int, training: dict[str, Any]
) -> ModelCard:
    """Return the card of an embedder about to be trained on those kinds."""
    return ModelCard(
        name="sorterbot-embedder",
        version=version,
        kind=ModelKind.EMBEDDER,
        labels=kinds,
        input_size_px=(side_px, side_px),
        training=training,
    )
