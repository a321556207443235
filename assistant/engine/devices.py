"""What llama.cpp can compute on: the CPU and, where it was built for them, GPUs.

Used in the engine's child process only. Only a build for the CPU was ever run here; what a GPU
says follows ``ggml-backend.h``.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import llama_cpp
from llama_cpp import _ctypes_extensions as extensions
from llama_cpp import llama_cpp as low

_MAX_DEVICES: Final = 64
_MAX_WORDS: Final = 80  # of a description, which a driver writes


class DeviceKind(StrEnum):
    """What a device is; the values are for the log."""

    CPU = "cpu"
    GPU = "gpu"
    SHARED_GPU = "shared-gpu"  # computes in the machine's own memory
    OTHER = "other"


# enum ggml_backend_dev_type in ggml-backend.h.
_KINDS: Final = {0: DeviceKind.CPU, 1: DeviceKind.GPU, 2: DeviceKind.SHARED_GPU}


@dataclass(frozen=True, slots=True)
class Device:
    """One device. ``free_bytes`` is what its driver says; 0 where it does not know."""

    name: str
    description: str
    kind: DeviceKind
    free_bytes: int
    total_bytes: int


def usable_devices() -> list[Device]:
    """Every device that llama.cpp found and was built to compute on, in its order."""
    devices = list_devices()
    if low.llama_supports_gpu_offload():
        return devices
    return [device for device in devices if device.kind is DeviceKind.CPU]


def list_devices() -> list[Device]:
    """Every device that llama.cpp found, in its order; empty where it cannot say."""
    try:
        return _Backend().devices()
    except (OSError, AttributeError):  # another build of the library, without these functions
        return []


def best_gpu(devices: list[Device]) -> Device | None:
    """The GPU with most free memory, one with its own before a shared one; None without any."""
    gpus = [it for it in devices if it.kind in {DeviceKind.GPU, DeviceKind.SHARED_GPU}]
    return max(gpus, key=lambda it: (it.kind is DeviceKind.GPU, it.free_bytes), default=None)


def device_words(device: Device | None, gpu_layers: int, layers: int) -> str:
    """Say where a model computes, like “CPU” or “NVIDIA RTX 4060 (24 of 30 layers)”."""
    if device is None or gpu_layers <= 0:
        return "CPU"
    name = (device.description or device.name or "GPU")[:_MAX_WORDS]
    return name if gpu_layers >= layers else f"{name} ({gpu_layers} of {layers} layers)"


class _Backend:
    """The ``ggml_backend_dev_*`` functions, which llama-cpp-python does not wrap."""

    def __init__(self) -> None:
        folder = Path(llama_cpp.__file__).parent / "lib"
        # Two libraries: the list of devices is in one, what a device is like in the other.
        listing: Any = extensions.load_shared_library("ggml", folder)
        base: Any = extensions.load_shared_library("ggml-base", folder)
        size = ctypes.POINTER(ctypes.c_size_t)
        self._count = _function(listing, "count", ctypes.c_size_t)
        self._get = _function(listing, "get", ctypes.c_void_p, ctypes.c_size_t)
        self._name = _function(base, "name", ctypes.c_char_p, ctypes.c_void_p)
        self._description = _function(base, "description", ctypes.c_char_p, ctypes.c_void_p)
        self._kind = _function(base, "type", ctypes.c_int, ctypes.c_void_p)
        self._memory = _function(base, "memory", None, ctypes.c_void_p, size, size)

    def devices(self) -> list[Device]:
        handles = (self._get(index) for index in range(min(self._count(), _MAX_DEVICES)))
        return [self._device(handle) for handle in handles if handle]

    def _device(self, handle: int) -> Device:
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self._memory(handle, ctypes.byref(free), ctypes.byref(total))
        return Device(
            name=_text(self._name(handle)),
            description=_text(self._description(handle)),
            kind=_KINDS.get(self._kind(handle), DeviceKind.OTHER),
            free_bytes=free.value,
            total_bytes=total.value,
        )


def _function(library: Any, name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(library, f"ggml_backend_dev_{name}")
    function.restype = result
    function.argtypes = arguments
    return function


def _text(words: bytes | None) -> str:
    return " ".join((words or b"").decode("utf-8", "replace").split())
