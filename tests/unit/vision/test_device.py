from __future__ import annotations

import gc
import weakref

import pytest
import torch

from vision.device import run_on_device
from vision.ports import DeviceLostError, OutOfMemoryError


def raises(error: Exception) -> None:
    raise error


def test_an_answer_is_passed_on() -> None:
    assert run_on_device(lambda: 3) == 3


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (torch.OutOfMemoryError("CUDA out of memory.\nmore"), OutOfMemoryError),
        (RuntimeError("[x] DefaultCPUAllocator: can't allocate memory: 8 bytes"), OutOfMemoryError),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), OutOfMemoryError),
        (torch.AcceleratorError("CUDA error: an illegal memory access"), DeviceLostError),
        (RuntimeError("CUDA error: device-side assert triggered"), DeviceLostError),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"), DeviceLostError),
    ],
)
def test_the_devices_failures_are_told_apart_in_one_line(
    error: Exception, named: type[Exception]
) -> None:
    with pytest.raises(named) as caught:
        run_on_device(lambda: raises(error))
    assert type(caught.value) is named
    assert str(caught.value) == str(error).partition("\n")[0]


def test_other_errors_are_nobodys_device() -> None:
    with pytest.raises(RuntimeError, match="sizes do not match"):
        run_on_device(lambda: raises(RuntimeError("sizes do not match")))


def test_what_a_failed_call_held_is_free_before_anyone_tries_again() -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def run() -> None:
        tensor = torch.zeros(3)
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("no room")

    gc.disable()
    try:
        run_on_device(run)
    except OutOfMemoryError:
        assert held[0]() is None
    finally:
        gc.enable()
