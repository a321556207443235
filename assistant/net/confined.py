"""What the net child may read of the disk: the system's files and its own program, nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_SYSTEM: Final = ("/usr", "/lib", "/lib32", "/lib64", "/etc", "/dev/null", "/dev/urandom")
_CERTIFICATES: Final = "/var/lib/ca-certificates"  # SUSE's; everybody else's are in the above
_RESOLVER: Final = "/etc/resolv.conf"
_RESOLVERS: Final = tuple(
    f"/run/{name}" for name in ("systemd/resolve", "NetworkManager", "resolvconf", "connman")
)
"""Where that is a link to, on most machines, and is made anew while Hush runs."""

_PACKAGES: Final = Path(__file__).resolve().parent.parent  # this program, where it is not installed


def readable_paths(environment: Mapping[str, str]) -> Iterator[Path]:
    """What a transfer reads: Python, the system's libraries and settings, certificates.

    Args:
        environment: The process's, which may name certificates.
    """
    yield from map(Path, _SYSTEM)
    yield from map(Path, (_CERTIFICATES, _RESOLVER, *_RESOLVERS))
    yield from (Path(sys.prefix), Path(sys.base_prefix), _PACKAGES)
    named = (environment.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    yield from (Path(path) for path in named if path)


def read_only_system(environment: Mapping[str, str] = os.environ) -> bool:
    """Leave this process nothing of the disk but to read that; whether it was done.

    Covers this thread and those it starts. Linux only, where there is Landlock.
    """
    if sys.platform != "linux":
        return False
    from assistant.sealing import landlock, seccomp
    from assistant.sealing.kernel import LinuxKernel

    kernel = LinuxKernel()
    machine = seccomp.machine_of(os.uname().machine)
    if not machine or seccomp.forgo_privileges(kernel, machine):
        return False
    return landlock.read_only(kernel, readable_paths(environment))
