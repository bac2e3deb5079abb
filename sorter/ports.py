"""What the decisions need from outside: somebody who turns crops into numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sorter.types import Crop, FloatArray


class CropEmbedder(Protocol):
    """Looks at parts of pictures."""

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        """Return one feature vector a crop, in the order given.

        Returns:
            ``(n, d)`` float32, finite, not yet normalised; ``(0, d)`` for no crops.

        Raises:
            TransientError: The pictures cannot be read now, but may be later.
        """
        ...
