"""Looks at parts of stored pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from sorter.types import Crop, FloatArray
from vision.crop import crop_rgb
from vision.decode import DEFAULT_MAX_PIXELS, decode_rgb
from vision.ports import Embedder, RgbImage

AT_A_TIME = 4
"""Whole pictures in memory. Image stores answer slowly, and decoders work side by side."""


class StoredCropEmbedder:
    """Embeds parts of stored pictures, all in one batch; few whole ones are in memory at a time."""

    def __init__(
        self,
        keys: Mapping[str, str],
        load_image: Callable[[str], bytes],
        embedder: Embedder,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        at_a_time: int = AT_A_TIME,
    ) -> None:
        """Take the key of each picture by its id, and what returns a key's bytes.

        Args:
            at_a_time: Pictures that are read side by side; 1 is by the caller's own thread.
        """
        self._keys = keys
        self._load_image = load_image
        self._embedder = embedder
        self._max_pixels = max_pixels
        self._at_a_time = at_a_time

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        by_image: defaultdict[str, set[Crop]] = defaultdict(set)
        for crop in crops:
            by_image[crop.image_id].add(crop)
        pieces: dict[Crop, RgbImage] = {}
        for cut_out in self._cut_all_out(by_image):
            pieces |= cut_out
        return self._embedder.embed([pieces[crop] for crop in crops])

    def _cut_all_out(
        self, wanted: Mapping[str, Collection[Crop]]
    ) -> Iterator[dict[Crop, RgbImage]]:
        if self._at_a_time == 1:
            yield from map(self._cut_out, wanted.keys(), wanted.values())
            return
        with ThreadPoolExecutor(self._at_a_time) as threads:
            yield from threads.map(self._cut_out, wanted.keys(), wanted.values())

    def _cut_out(self, image_id: str, crops: Collection[Crop]) -> dict[Crop, RgbImage]:
        rgb = decode_rgb(self._load_image(self._keys[image_id]), self._max_pixels)
        return {crop: crop_rgb(rgb, crop.xyxy_px) for crop in crops}
