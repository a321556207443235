"""What this computer has for a model: cores, memory, instruction sets, a GPU, free disk."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import psutil

from assistant.cancel import Cancel
from assistant.children.frames import Frame
from assistant.children.task import ChildTask
from assistant.engine import wire
from assistant.engine.process import physical_cores
from assistant.errors import EngineError, HushError
from assistant.log import log_event
from assistant.machine.processor import CPU_FILE, cpu_lines
from assistant.shelf.records import MachineProfile

COMMAND: Final = (sys.executable, "-I", "-m", "assistant.shelf.machine_child")
"""``-I``: neither the working folder nor ``PYTHON*`` variables choose the code that runs."""

_SECONDS: Final = 20.0
"""A driver that takes longer to name its GPU is none to wait for."""

_CPU_LINES: Final = ("flags", "Features")
_TELLING: Final = (
    "amx_int8", "avx512_vnni", "avx512f", "avx_vnni", "avx2", "fma", "f16c", "avx", "sse4_2",
    "sve", "i8mm", "asimddp", "asimdhp", "asimd",
)  # fmt: skip
"""Sets that ggml has kernels for (ggml-cpu, folders ``arch``), by Linux's names, the best first."""

_MAX_NAME: Final = 80
_MOST_BYTES: Final = 1 << 48


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU that llama.cpp was built to compute on. No name: there is none."""

    name: str = ""
    memory: int = 0


class Machine:
    """Looks at this computer. ``read`` on one thread; the first call takes a second.

    Args:
        folder: On the disk where models are kept; it need not exist.
        gpu: Finds the GPU.
        cpu_file: What Linux tells of the processor; need not exist.
    """

    def __init__(
        self, folder: Path, gpu: Callable[[], Gpu] | None = None, cpu_file: Path = CPU_FILE
    ) -> None:
        self._folder = folder
        self._find_gpu = gpu or find_gpu
        self._cpu_file = cpu_file

    def read(self) -> MachineProfile:
        """What there is now. Memory and disk are looked at each time."""
        memory = psutil.virtual_memory()
        return MachineProfile(
            cores=physical_cores(),
            memory=int(memory.total),
            available=int(memory.available),
            instructions=self._instructions,
            gpu=self._gpu.name,
            gpu_memory=self._gpu.memory,
            free_disk=_free(self._folder),
        )

    @cached_property
    def _gpu(self) -> Gpu:
        return self._find_gpu()

    @cached_property
    def _instructions(self) -> tuple[str, ...]:
        lines = cpu_lines(_CPU_LINES, self._cpu_file)
        flags = {flag for line in lines for flag in line.split()}
        return tuple(name for name in _TELLING if name in flags) or (platform.machine(),)


def find_gpu(command: Sequence[str] = COMMAND, seconds: float = _SECONDS) -> Gpu:
    """Ask a child of ours: a driver that crashes or hangs must not take the window with it."""
    task = ChildTask(
        command,
        seconds,
        Cancel(),
        lambda _share: None,
        crash="machine.crash",
        refusal=wire.read_refusal,
        died=_died,
    )
    with suppress(HushError, OSError, KeyError, TypeError, ValueError):
        answer = task.ask({"op": "devices"}, done="devices")
        return _gpu(answer) if answer else Gpu()
    log_event("machine.gpu_unknown")
    return Gpu()


def _gpu(answer: Frame) -> Gpu:
    """What a driver says of itself, cut to size."""
    name = "".join(letter for letter in str(answer["name"])[:_MAX_NAME] if letter.isprintable())
    return Gpu(name, max(0, min(int(answer["memory"]), _MOST_BYTES))) if name else Gpu()


def _free(folder: Path) -> int:
    """Free bytes on a folder's disk; 0 where nobody can tell."""
    for place in (folder, *folder.parents):
        with suppress(OSError):
            return shutil.disk_usage(place).free
    return 0


def _died() -> EngineError:
    return EngineError("This computer's GPU could not be looked at.")
