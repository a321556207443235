"""Where a model goes, decided before it is loaded: does it fit, and which layers a GPU takes.

Used in the engine's child process only: it reads the header of a file that may be hostile.

llama.cpp looks at its abort callback on the CPU and on Metal only. On other GPUs a cancel takes
effect between two batches, which is one more reason to keep those short (``kv_cache``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from assistant.engine.devices import (
    Device,
    DeviceKind,
    best_gpu,
    device_words,
    usable_devices,
)
from assistant.engine.fit import check_fit, layers_for
from assistant.engine.protocol import EngineOptions
from assistant.errors import ModelRefused
from models.gguf import GgufFault, read_shape


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a model goes.

    Attributes:
        gpu_layers: As llama.cpp counts them: one more than the model has takes what follows the
            last one, too.
        gpu: Which GPU, among those of its kind.
        device: What to call where the model computes.
    """

    gpu_layers: int = 0
    gpu: int = 0
    device: str = "CPU"


def available_memory() -> int:
    """Bytes that could be taken without swapping, as the system estimates it."""
    return int(psutil.virtual_memory().available)


def place(
    path: Path,
    options: EngineOptions,
    batch_tokens: int,
    available: Callable[[], int] = available_memory,
    devices: Callable[[], list[Device]] = usable_devices,
) -> Placement:
    """Decide where a model goes.

    Args:
        path: The model file.
        options: How it will be loaded.
        batch_tokens: Tokens computed at once.
        available: Bytes of memory that are free.
        devices: What llama.cpp can compute on.

    Raises:
        ModelRefused: the header makes no sense, or there is not enough memory.
    """
    try:
        shape = read_shape(path)
    except (GgufFault, OSError) as error:
        raise ModelRefused(
            "This model file's header cannot be read.",
            "It may be damaged or made for another version. Choose another model.",
        ) from error
    found = devices()
    device = best_gpu(found)
    layers = layers_for(shape, options, batch_tokens, device.free_bytes) if device else 0
    apart = layers if device and device.kind is DeviceKind.GPU else 0
    check_fit(shape, options, batch_tokens, available(), apart)
    return Placement(
        gpu_layers=layers + 1 if layers >= shape.layers else layers,
        gpu=[it for it in found if it.kind is device.kind].index(device) if device else 0,
        device=device_words(device, layers, shape.layers),
    )
