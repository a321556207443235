"""llama.cpp's own programs at work: what ``llama-bench`` finds, and a server with slots."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assistant.engine.protocol import Turn
from benchmarks.llama_cpp import Programs

UBATCH: Final = "512"
"""llama.cpp's default micro-batch; Hush takes smaller ones (``kv_cache.BATCH_TOKENS``)."""

_START_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Bench:
    """``llama-bench`` on one model. It warms up by itself before it measures."""

    programs: Programs
    model: Path
    threads: int

    def reading(self, tokens: int, after: int = 0) -> float:
        """Tokens/s of a prompt of so many tokens, with so many before it in the KV cache."""
        return self._run("-p", str(tokens), "-n", "0", "-d", str(after))

    def writing(self, tokens: int, after: int = 0) -> float:
        """Tokens/s of so many single tokens, with so many before them in the KV cache."""
        return self._run("-p", "0", "-n", str(tokens), "-d", str(after))

    def _run(self, *test: str) -> float:
        what = ("-m", str(self.model), "-t", str(self.threads), "-b", UBATCH, "-ub", UBATCH)
        done = subprocess.run(
            (str(self.programs.bench), *what, *test, "-r", "1", "-o", "json"),
            env=dict(self.programs.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        (found,) = json.loads(done.stdout)
        return float(found["avg_ts"])


@dataclass(frozen=True, slots=True)
class Served:
    """An answer of a server: what it said, and seconds from the request to its first text."""

    text: str
    first_seconds: float
    read_tokens: int


class Server:
    """A running ``llama-server``, reached over a socket in a folder.

    A Unix socket, because TCP would hold back the first words for an acknowledgement (Nagle).
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def healthy(self) -> bool:
        """Whether it has loaded its model."""
        try:
            connection = self._connect()
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False

    def ask(self, slot: int, turns: Sequence[Turn], reply_tokens: int) -> Served:
        """Have the next answer written in a slot, which keeps its KV cache."""
        body = {
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
            "id_slot": slot,
            "cache_prompt": True,
            "max_tokens": reply_tokens,
            "temperature": 0,
            "stream": True,
        }
        connection = self._connect()
        began = time.perf_counter()
        connection.request(
            "POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise RuntimeError(f"llama-server answered {response.status}")
        first, said, read = 0.0, [], 0
        for part in _parts(response):
            read = part.get("timings", {}).get("prompt_n", read)
            for choice in part.get("choices", ()):
                if words := choice["delta"].get("content"):
                    first = first or time.perf_counter() - began
                    said.append(words)
        if not said:
            raise RuntimeError("llama-server said nothing")
        return Served("".join(said), first, read)

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("localhost", timeout=_ANSWER_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(_ANSWER_SECONDS)
        connection.sock.connect(str(self._path))
        return connection


@contextmanager
def server(
    programs: Programs, model: Path, *, threads: int, slots: int, context: int
) -> Iterator[Server]:
    """Run ``llama-server`` with so many slots of so many tokens each, until the context ends.

    Raises:
        RuntimeError: it did not come up.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.sock"
        command = [str(programs.server), "-m", str(model), "--host", str(path), "--offline"]
        command += ["-t", str(threads), "-np", str(slots), "-c", str(slots * context)]
        with (
            (Path(folder) / "log").open("wb") as log,
            subprocess.Popen(
                command,
                env=dict(programs.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                running = Server(path)
                _wait(running, process)
                yield running
            finally:
                process.kill()


def _wait(running: Server, process: subprocess.Popen[bytes]) -> None:
    end = time.perf_counter() + _START_SECONDS
    while not running.healthy():
        if process.poll() is not None or time.perf_counter() > end:
            raise RuntimeError("llama-server did not come up")
        time.sleep(0.05)


def _parts(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    """The JSON of a stream of server-sent events."""
    for line in response:
        data = line.strip().removeprefix(b"data: ")
        if data.startswith(b"{"):
            yield json.loads(data)
