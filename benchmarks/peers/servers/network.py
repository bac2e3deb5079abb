"""The network that every peer serves; needs numpy, Pillow and onnxruntime, and nothing of ours.

PEER_NETWORK names a folder with `graph.onnx`, `weights.npz` and `side.txt`; PEER_PID_FILE a file
that gets the number of the process which holds the network; PEER_THREADS its threads.
"""

import io
import os
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

PADDING_RGB = (124, 116, 104)


class Network:
    """ResNet18: the bytes of a JPEG in, 512 values out."""

    def __init__(self) -> None:
        folder = Path(os.environ["PEER_NETWORK"])
        weights = np.load(folder / "weights.npz")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ["PEER_THREADS"])
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The library refers to the arrays for as long as the session lives.
        self._arrays = [np.ascontiguousarray(weights[name]) for name in weights.files]
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in self._arrays]
        options.add_external_initializers(list(weights.files), values)
        self._session = onnxruntime.InferenceSession(
            str(folder / "graph.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self._side_px = int((folder / "side.txt").read_text())
        self.embed_rgb(np.zeros((64, 64, 3), np.uint8))
        Path(os.environ["PEER_PID_FILE"]).write_text(str(os.getpid()))

    def embed(self, data: bytes) -> list[float]:
        """Decode one picture, at the part of its size that is enough, and embed it."""
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", (self._side_px, self._side_px))
            return self.embed_rgb(np.asarray(picture.convert("RGB")))

    def embed_rgb(self, rgb: np.ndarray) -> list[float]:
        """Embed one picture, laid on a square."""
        scale = self._side_px / max(rgb.shape[:2])
        height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
        small = Image.fromarray(rgb).resize((width, height), Image.Resampling.BILINEAR)
        square = np.empty((self._side_px, self._side_px, 3), np.uint8)
        square[:] = PADDING_RGB
        left, top = (self._side_px - width) // 2, (self._side_px - height) // 2
        square[top : top + height, left : left + width] = np.asarray(small)
        return self._session.run(None, {self._input: square[None]})[0][0].tolist()
