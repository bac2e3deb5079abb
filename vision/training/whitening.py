"""The last step of an embedder's training: what scatters within a kind is made to count less.

Directions in which crops of one kind differ, as by the light or by how a thing lies, say little
of what kind it is, also of kinds that were never learnt.

Source: linear discriminant analysis (R. A. Fisher, 1936); learned whitening of descriptors
(F. Radenovic, G. Tolias, O. Chum, Fine-tuning CNN image retrieval with no human annotation, 2018).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from sorter.types import FloatArray, LabelArray
from vision.embedder import WHITENED, ResNet18Embedder
from vision.networks import WHITENING_BIAS, WHITENING_WEIGHT
from vision.package import ModelPackage, Weights
from vision.ports import CropDataset
from vision.purity import sorting_purity

SHRINKAGES = (0.1, 0.3, 1.0, 3.0)
"""How much of the mean variance is added to the variance in each direction, to choose among."""

_CROPS_A_KIND = 7  # 900 kinds make some 6000 crops, a minute or two on one core
_AT_ONCE = 64
_N_SCENES = 300

Report = Callable[[int], None]
"""Is told how many crops are embedded."""


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """Turns values ``x`` of length 1 into ``matrix @ x + bias``.

    Attributes:
        matrix: ``(d, d)`` symmetric.
        bias: ``(d,)``; the mean of all values goes to 0.
    """

    matrix: FloatArray
    bias: FloatArray

    def apply(self, values: FloatArray) -> FloatArray:
        """Return ``(n, d)`` whitened values of ``(n, d)`` values of length 1."""
        whitened: FloatArray = values @ self.matrix.T + self.bias
        return whitened


@dataclass(frozen=True, slots=True)
class WhiteningCrops:
    """Which crops a whitening is estimated from, and which ones judge it.

    Attributes:
        crops: What the net was trained on; a few crops of each kind are used.
        judges: Crops of other kinds, by which the shrinkage is chosen.
    """

    crops: CropDataset
    judges: CropDataset

    def n_embedded(self) -> int:
        """How many crops have to be embedded."""
        return len(few_of_each(self.crops, _CROPS_A_KIND)) + len(self.judges)


def whitened_package(
    package: ModelPackage, using: WhiteningCrops, device: torch.device, report: Report
) -> ModelPackage:
    """Return the embedder with the whitening that parts the judging crops best.

    A package that is whitened already is whitened anew from its net.
    """
    card = replace(package.card, architecture={})
    plain = ModelPackage(card, without_whitening(package.weights))
    embedder = ResNet18Embedder.from_package(plain, device)
    chosen = few_of_each(using.crops, _CROPS_A_KIND)
    values, kinds = _embedded(embedder, using.crops, chosen, report)
    judged, judged_kinds = _embedded(
        embedder, using.judges, list(range(len(using.judges))), lambda n: report(len(chosen) + n)
    )
    ways = {shrinkage: estimate(values, kinds, shrinkage) for shrinkage in SHRINKAGES}
    purities = {s: _purity(way.apply(judged), judged_kinds) for s, way in ways.items()}
    best = max(purities, key=lambda shrinkage: purities[shrinkage])
    told = {"crops": len(chosen), "kinds": len(np.unique(kinds)), "shrinkage": best}
    scores = {"purity": purities[best], "purity_unwhitened": _purity(judged, judged_kinds)}
    return ModelPackage(
        replace(
            card,
            architecture={WHITENED: True},
            training={**card.training, "whitening": told},
            scores={**card.scores, "whitening": scores},
        ),
        {**plain.weights, WHITENING_WEIGHT: ways[best].matrix, WHITENING_BIAS: ways[best].bias},
    )


def estimate(values: FloatArray, kinds: LabelArray, shrinkage: float) -> Whitening:
    """Return the whitening under which kinds scatter alike in every direction.

    Variances are taken in units of their mean, so that the matrix stays near 1 in size whatever
    the net. Kinds of a single crop count in the mean alone.

    Args:
        values: ``(n, d)``, each of length 1.
        kinds: ``(n,)`` the kind of each.
        shrinkage: Share of the mean variance that is added in every direction; above 0.
    """
    found, numbers = np.unique(kinds, return_inverse=True)
    x = values.astype(np.float64)
    sums = np.zeros((len(found), x.shape[1]))
    np.add.at(sums, numbers, x)
    scatter = x - (sums / np.bincount(numbers)[:, None])[numbers]
    covariance = scatter.T @ scatter / max(1, len(x) - len(found))
    mean_variance = max(float(np.trace(covariance)) / x.shape[1], np.finfo(np.float32).tiny)
    variances, directions = np.linalg.eigh(covariance / mean_variance)
    factors = (np.maximum(variances, 0) + shrinkage) ** -0.5
    matrix = (directions * factors) @ directions.T
    return Whitening(matrix.astype(np.float32), -(matrix @ x.mean(axis=0)).astype(np.float32))


def few_of_each(crops: CropDataset, n: int) -> list[int]:
    """Return the numbers of the first ``n`` crops of every kind, in their order."""
    counts: Counter[int] = Counter()
    few = []
    for index in range(len(crops)):
        kind = crops[index][1]
        counts[kind] += 1
        if counts[kind] <= n:
            few.append(index)
    return few


def without_whitening(weights: Weights) -> Weights:
    """Return the weights of the net alone, whether whitened or not."""
    last = (WHITENING_WEIGHT, WHITENING_BIAS)
    return {name: weight for name, weight in weights.items() if name not in last}


def _embedded(
    embedder: ResNet18Embedder, crops: CropDataset, chosen: list[int], report: Report
) -> tuple[FloatArray, LabelArray]:
    """Return ``(n, d)`` values of length 1 of the chosen crops, and ``(n,)`` their kinds."""
    rows: list[FloatArray] = []
    kinds: list[int] = []
    for start in range(0, len(chosen), _AT_ONCE):
        batch = [crops[index] for index in chosen[start : start + _AT_ONCE]]
        rows.append(embedder.embed([crop for crop, _ in batch]))
        kinds.extend(kind for _, kind in batch)
        report(len(kinds))
    values = np.concatenate(rows)
    lengths = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return values / lengths, np.array(kinds, np.int64)


def _purity(values: FloatArray, kinds: LabelArray) -> float:
    return sorting_purity(values, kinds, np.random.default_rng(0), n_scenes=_N_SCENES)
