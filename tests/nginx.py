"""nginx on a free port of loopback, with TLS and a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.certificates import Certificate
from tests.trials.outcome import Unable

_PROGRAM: Final = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""
_SECONDS: Final = 10.0
_PLACES: Final = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")

# Where root runs it, its worker would else become somebody who may not read the test's folder.
_USER: Final = "user root;" if os.geteuid() == 0 else ""

_SETTINGS: Final = """
daemon off; worker_processes 1; {user} pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 64; }}
http {{
  {places}
  log_format short '$uri $status "$http_range" $body_bytes_sent';
  access_log {folder}/asked short;
  server {{
    listen 127.0.0.1:{port} ssl;
    server_name _;
    ssl_certificate {chain}; ssl_certificate_key {key};
    root {files};
    {more}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """A server that runs.

    Attributes:
        port: Where it listens.
        files: Folder that it serves.
        log: What was asked of it, a line each: path, status, range in quotes, bytes of the body.
    """

    port: int
    files: Path
    log: Path

    def url(self, name: str) -> str:
        """Where a file is."""
        return f"https://127.0.0.1:{self.port}/{name}"


@contextmanager
def nginx(folder: Path, certificate: Certificate, more: str = "") -> Iterator[Nginx]:
    """Serve ``folder``/files.

    Args:
        folder: For its settings, logs and files; made here.
        certificate: Its own.
        more: Settings of the server, like ``limit_rate 1m;``.

    Raises:
        Unable: there is no nginx.
    """
    if not _PROGRAM:
        raise Unable("needs nginx (Debian: nginx-light)")
    files = folder / "files"
    files.mkdir(parents=True)
    # The socket listens before nginx is started, which takes it over: nobody waits for a port, and
    # nobody else can get it in between. See "NGINX" in its core documentation.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, descriptor = listening.getsockname()[1], listening.fileno()
        settings = folder / "nginx.conf"
        places = " ".join(f"{place}_temp_path {folder}/{place};" for place in _PLACES)
        settings.write_text(
            _SETTINGS.format(
                user=_USER,
                folder=folder,
                places=places,
                port=port,
                chain=certificate.chain,
                key=certificate.key,
                files=files,
                more=more,
            )
        )
        server = subprocess.Popen(
            [_PROGRAM, "-p", str(folder), "-c", str(settings), "-e", str(folder / "errors")],
            env={**os.environ, "NGINX": f"{descriptor};"},
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        yield Nginx(port, files, folder / "asked")
    finally:
        server.send_signal(signal.SIGQUIT)  # answers to the end, and writes its log
        try:
            server.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
