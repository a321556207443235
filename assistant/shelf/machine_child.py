"""A child that names the GPU which llama.cpp can compute on, and ends."""

from __future__ import annotations

from llama_cpp import llama_cpp as low

from assistant.children.frames import Frame
from assistant.children.serving import Tell, serve_once
from assistant.engine.devices import best_gpu, usable_devices
from assistant.engine.llama import silence


def _look(_frame: Frame, _tell: Tell) -> Frame:
    low.llama_backend_init()
    gpu = best_gpu(usable_devices())
    if gpu is None:
        return {"op": "devices", "name": "", "memory": 0}
    return {"op": "devices", "name": gpu.description or gpu.name, "memory": gpu.free_bytes}


def main() -> None:
    """Serve one request on this process's stdin and stdout."""
    serve_once(_look, silence)


if __name__ == "__main__":
    main()
