"""ONNX graphs that can be run: by ONNX Runtime on CPUs and CUDA, or by OpenVINO."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from vision.package import GRAPH_FILE, ONNX_FILE, ModelPackage, Runtime
from vision.ports import OutOfMemoryError

INPUT = "rgb"
"""The name of a graph's one input: ``(n, height, width, 3)`` uint8, RGB."""

OPENVINO = "openvino"
CUDA = "cuda"

_CUDA_PROVIDER, _CPU_PROVIDER = "CUDAExecutionProvider", "CPUExecutionProvider"
_NO_MEMORY = ("allocate memory", "bad allocation", "std::bad_alloc")


class Graph(Protocol):
    """A network that takes pictures, and answers with arrays."""

    @property
    def input_shape(self) -> Sequence[int | None]:
        """Four sides of the input; None where the graph does not fix one."""
        ...

    def run(self, images_rgb: NDArray[np.uint8]) -> list[NDArray[Any]]:
        """Return the graph's outputs for ``(n, height, width, 3)`` pictures.

        Raises:
            OutOfMemoryError: The device's memory did not suffice.
        """
        ...


def open_graph(package: ModelPackage, device: str = "auto", n_threads: int = 0) -> Graph:
    """Make a package's graph ready to run.

    Args:
        package: Exported, or of torch with a graph beside its weights.
        device: ``cpu``, ``cuda`` or ``cuda:1`` for ONNX Runtime, ``openvino`` or
            ``openvino:GPU`` for OpenVINO; ``auto`` takes CUDA where ONNX Runtime has it.
        n_threads: Of a CPU; 0 for as many as the library thinks right.

    Raises:
        InvalidInputError: The graph cannot be run, or the device or its library is not there.
    """
    name, _, number = device.partition(":")
    if name == OPENVINO:
        return OpenVinoGraph(package, number or "CPU", n_threads)
    return OnnxRuntimeGraph(package, name, int(number or 0), n_threads)


class OnnxRuntimeGraph:
    """A graph in ONNX Runtime."""

    def __init__(
        self, package: ModelPackage, device: str, device_number: int, n_threads: int
    ) -> None:
        library = _library("onnxruntime", "onnx")
        provider = _provider(device, device_number, library.get_available_providers())
        options = library.SessionOptions()
        options.intra_op_num_threads = n_threads
        # Threads that wait by spinning took a third more of the processor for the same pictures,
        # which workers beside this one need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._errors = library.capi.onnxruntime_pybind11_state
        taken = _weights_of_graph(package)
        values = [library.OrtValue.ortvalue_from_numpy(weight) for weight in taken.values()]
        options.add_external_initializers(list(taken), values)
        try:
            self._session = library.InferenceSession(package.graph, options, providers=[provider])
        except self._loading_errors() as error:
            raise InvalidInputError(f"{_file_of(package)}: cannot be run: {error}") from error

    @property
    def input_shape(self) -> Sequence[int | None]:
        """As :class:`Graph` says."""
        sides = self._session.get_inputs()[0].shape
        return [side if isinstance(side, int) else None for side in sides]

    def run(self, images_rgb: NDArray[np.uint8]) -> list[NDArray[Any]]:
        """As :class:`Graph` says."""
        try:
            answers: list[NDArray[Any]] = self._session.run(None, {INPUT: images_rgb})
        except (self._errors.RuntimeException, self._errors.Fail) as error:
            if any(words in str(error) for words in _NO_MEMORY):
                raise OutOfMemoryError(str(error).partition("\n")[0]) from error
            raise
        return answers

    def _loading_errors(self) -> tuple[type[Exception], ...]:
        names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
        return tuple(getattr(self._errors, name) for name in (*names, "RuntimeException"))


class OpenVinoGraph:
    """An exported graph in OpenVINO, computing in float32 on every device."""

    def __init__(self, package: ModelPackage, device: str, n_threads: int) -> None:
        if package.card.runtime is not Runtime.ONNX:
            raise InvalidInputError(
                f"{package.card.full_name}: OpenVINO runs exported packages only; make one with "
                "`sorterbot export`"
            )
        library = _library("openvino", "openvino")
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",  # else bfloat16 where a processor has it
        }
        if n_threads:
            settings["INFERENCE_NUM_THREADS"] = n_threads
        try:
            model = library.Core().read_model(package.graph)
            self._compiled = library.compile_model(model, device, settings)
        except RuntimeError as error:
            raise InvalidInputError(f"{_file_of(package)}: cannot be run: {error}") from error
        self._input_shape = [
            side.get_length() if side.is_static else None for side in model.input(0).partial_shape
        ]
        self._lock = Lock()  # one request answers one caller at a time

    @property
    def input_shape(self) -> Sequence[int | None]:
        """As :class:`Graph` says."""
        return self._input_shape

    def run(self, images_rgb: NDArray[np.uint8]) -> list[NDArray[Any]]:
        """As :class:`Graph` says."""
        with self._lock:
            answers = self._compiled([images_rgb])
            return [np.array(answers[output]) for output in self._compiled.outputs]


def _library(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InvalidInputError(
            f"running this model needs {name}: pip install 'sorterbot[{extra}]'"
        ) from error


def _provider(device: str, number: int, available: Sequence[str]) -> Any:
    if device == CUDA or (device == "auto" and _CUDA_PROVIDER in available):
        if _CUDA_PROVIDER not in available:
            raise InvalidInputError("this onnxruntime has no CUDA: install onnxruntime-gpu")
        return _CUDA_PROVIDER, {"device_id": number}
    if device in ("auto", "cpu"):
        return _CPU_PROVIDER
    raise InvalidInputError(f"no such device: {device}")


def _weights_of_graph(package: ModelPackage) -> dict[str, NDArray[Any]]:
    """Return the weights that a graph without its own takes: all that is learnt, no counts."""
    return {
        name: np.ascontiguousarray(weight)
        for name, weight in package.weights.items()
        if np.issubdtype(weight.dtype, np.floating)
    }


def _file_of(package: ModelPackage) -> str:
    return ONNX_FILE if package.card.runtime is Runtime.ONNX else GRAPH_FILE
