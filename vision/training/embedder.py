"""Teaching the embedder from labelled crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from sorter.types import LabelArray
from vision.embedder import crop_tensor, squared_rgb
from vision.networks import EMBEDDING_VALUES, build_embedder
from vision.package import ModelCard, ModelKind, ModelPackage, Weights, save_package
from vision.ports import CropDataset
from vision.purity import sorting_purity
from vision.training.augment_crops import varied_crop
from vision.training.loop import Scores
from vision.training.whitening import few_of_each, without_whitening
from vision.weights import load_weights, weights_of

_SCALE = 16.0  # sharpness of the softmax over cosines
_MARGIN = 0.2  # by how much the right kind's cosine must lead
_FAMILY_WEIGHT = 1.0  # of the loss over families, where some kinds have one
_JUDGE_BATCH = 64
_AIMING_CROPS = 8  # of each kind, to find where a net sees it

NO_FAMILY = -1
"""The family of a kind that belongs to none."""


class KindHead(nn.Module):
    """An embedder with one direction a kind and a family: cosines of a crop's values with each."""

    def __init__(self, n_kinds: int, n_families: int = 0) -> None:
        super().__init__()
        self.embedder = build_embedder()
        self.directions = nn.Parameter(torch.empty(n_kinds + n_families, EMBEDDING_VALUES))
        nn.init.normal_(self.directions, std=EMBEDDING_VALUES**-0.5)
        self._n_kinds = n_kinds

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Return cosines with kinds and families: ``(n, kinds)`` and ``(n, families)``.

        Args:
            crops: ``(n, 3, side, side)`` float32, normalised.
        """
        return self.cosines(self.embedder(crops))

    def cosines(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return what :meth:`forward` does, of embeddings ``(n, 512)``."""
        whole = functional.normalize(values.float()) @ functional.normalize(self.directions).T
        return whole[:, : self._n_kinds], whole[:, self._n_kinds :]


@dataclass(slots=True)
class EmbedderLesson:
    """What the training loop needs to teach an embedder; the best one is kept as a package.

    The net learns to tell kinds apart by the angle of its values, with a margin: K-Means on
    the normalised values then finds the kinds as separate bunches. Families do the same more
    coarsely, so that unlike kinds of one family still lie nearer to each other than to the rest.

    Attributes:
        card: What the package will say of itself; scores are filled in.
        crops: Training crops.
        judges: Validation crops, none of them among ``crops``; their kinds may be others.
        folder: Where the best package goes.
        families: ``(kinds,)`` the family of each training kind, from 0, or :data:`NO_FAMILY`.
        start: Weights to begin with; without them, chance.
    """

    card: ModelCard
    crops: CropDataset
    judges: CropDataset
    folder: Path
    device: torch.device
    families: LabelArray | None = None
    start: Weights | None = None
    judged_by: str = "purity"
    network: KindHead = field(init=False)
    _families: LabelArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        none = np.full(len(self.crops.kinds), NO_FAMILY, np.int64)
        self._families = none if self.families is None else self.families
        n_families = int(self._families.max(initial=NO_FAMILY)) + 1
        self.network = KindHead(len(self.crops.kinds), n_families).to(self.device)
        if self.start is not None:
            load_weights(self.network.embedder, without_whitening(self.start))
            self._aim()

    @property
    def n_examples(self) -> int:
        """How many crops one epoch has."""
        return len(self.crops)

    def loss(self, indices: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
        """As :class:`vision.training.loop.Lesson` says."""
        drawn = [self.crops[int(index)] for index in indices]
        crops = [self._tensor(varied_crop(crop, rng)) for crop, _ in drawn]
        kinds = np.array([kind for _, kind in drawn], np.int64)
        by_kind, by_family = self.network(torch.stack(crops).to(self.device))
        losses = {"loss_kind": _margin_loss(by_kind, torch.from_numpy(kinds).to(self.device))}
        families = torch.from_numpy(self._families[kinds]).to(self.device)
        is_of_one = families != NO_FAMILY
        if is_of_one.any():
            loss = _margin_loss(by_family[is_of_one], families[is_of_one])
            losses["loss_family"] = _FAMILY_WEIGHT * loss
        return losses

    def evaluate(self) -> dict[str, float]:
        """As :class:`vision.training.loop.Lesson` says."""
        self.network.eval()
        drawn = [self.judges[index] for index in range(len(self.judges))]
        kinds = np.array([kind for _, kind in drawn], np.int64)
        values = self._embedded([crop for crop, _ in drawn]).cpu().numpy()
        return {"purity": sorting_purity(values, kinds, np.random.default_rng(0))}

    def save_best(self, scores: Scores, step: int) -> None:
        """As :class:`vision.training.loop.Lesson` says."""
        card = replace(
            self.card,
            training={**self.card.training, "best_step": step},
            scores={"validation": dict(scores)},
        )
        save_package(ModelPackage(card, weights_of(self.network.embedder)), self.folder)

    def _aim(self) -> None:
        """Point each direction to where the net sees its kind or family now.

        From there on both learn together; aimed by chance, the directions would pull apart what
        the net knows already.
        """
        self.network.eval()
        seen = [self.crops[index] for index in few_of_each(self.crops, _AIMING_CROPS)]
        kinds = np.array([kind for _, kind in seen], np.int64)
        values = functional.normalize(self._embedded([crop for crop, _ in seen]))
        values = values - values.mean(dim=0)
        groups = [kinds == kind for kind in range(len(self.crops.kinds))]
        n_families = len(self.network.directions) - len(groups)
        groups += [self._families[kinds] == family for family in range(n_families)]
        with torch.no_grad():
            for direction, group in zip(self.network.directions, groups, strict=True):
                if group.any():
                    direction.copy_(functional.normalize(values[group].mean(dim=0), dim=0))

    def _embedded(self, crops: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Return ``(n, 512)`` float32 embeddings of crops as they are."""
        rows = []
        with torch.inference_mode():
            for start in range(0, len(crops), _JUDGE_BATCH):
                batch = [self._tensor(crop) for crop in crops[start : start + _JUDGE_BATCH]]
                rows.append(self.network.embedder(torch.stack(batch).to(self.device)).float())
        return torch.cat(rows).clone()

    def _tensor(self, crop_rgb: NDArray[np.uint8]) -> Tensor:
        return crop_tensor(squared_rgb(crop_rgb, min(self.card.input_size_px)))


def _margin_loss(cosines: Tensor, wanted: Tensor) -> Tensor:
    margins = _MARGIN * functional.one_hot(wanted, cosines.shape[1])
    return functional.cross_entropy(_SCALE * (cosines - margins), wanted)


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
