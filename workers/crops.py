"""Looks at parts of stored pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sorter.types import Crop, FloatArray
from vision.crop import crop_rgb
from vision.decode import DEFAULT_MAX_PIXELS, decode_rgb
from vision.ports import Embedder, RgbImage


class StoredCropEmbedder:
    """Embeds parts of stored pictures, all in one batch, with one picture in memory at a time."""

    def __init__(
        self,
        keys: Mapping[str, str],
        load_image: Callable[[str], bytes],
        embedder: Embedder,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> None:
        """Take the key of each picture by its id, and what returns a key's bytes."""
        self._keys = keys
        self._load_image = load_image
        self._embedder = embedder
        self._max_pixels = max_pixels

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        pieces: dict[Crop, RgbImage] = {}
        for image_id in sorted({crop.image_id for crop in crops}):
            rgb = decode_rgb(self._load_image(self._keys[image_id]), self._max_pixels)
            here = {crop for crop in crops if crop.image_id == image_id}
            pieces |= {crop: crop_rgb(rgb, crop.xyxy_px) for crop in here}
        return self._embedder.embed([pieces[crop] for crop in crops])
