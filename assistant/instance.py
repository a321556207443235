"""One Hush per profile: a kernel file lock, and a Unix socket to wake the one that holds it.

A kernel lock ends with its process, however that ends, so it never has to be broken. The socket
is a file in the profile or, where that path is too long for a socket, in the temporary folder;
it never leaves the machine and carries one word.
"""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from assistant.errors import ProfileInUse
from assistant.paths import Profile, profile_problem

_RAISE: Final = b"raise\n"
_SOCKET_PATH_BYTES: Final = 100  # sun_path holds 104 bytes on macOS, 108 on Linux
_ANSWER_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.05


class Instance:
    """This process's hold on a profile. Use as a context manager, or call ``release``.

    Args:
        profile: Prepared already.

    Raises:
        ProfileInUse: another process holds it.
        ProfileUnusable: the lock file cannot be made or locked.
        StorageFull: the disk is full or read-only.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._file = _locked(profile.lock)
        self._server: socket.socket | None = None

    def listen(self, on_raise: Callable[[], None]) -> None:
        """Call ``on_raise``, on a thread of its own, whenever a second start asks for the window.

        Does nothing where the system has no Unix sockets: the lock holds all the same.
        """
        address = _socket_path(self._profile)
        if not hasattr(socket, "AF_UNIX"):
            return
        with suppress(OSError):
            address.unlink(missing_ok=True)  # a killed process left it; the lock says it is ours
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.bind(str(address))
            address.chmod(0o600)
            server.listen()
            self._server = server
            threading.Thread(
                target=_serve, args=(server, on_raise), name="instance", daemon=True
            ).start()

    def release(self) -> None:
        """Give the profile back. Safe to call twice."""
        if self._server:
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            self._server = None
            with suppress(OSError):
                _socket_path(self._profile).unlink(missing_ok=True)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def wait_for(
    profile: Profile,
    *,
    patience: float,
    on_wait: Callable[[], None] = lambda: None,
    elapsed: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Instance:
    """Hold a profile as soon as a short-lived process, like ``hush ask``, lets go of it.

    A window is not waited for: it stays until the person closes it.

    Args:
        profile: Prepared already.
        patience: Longest wait in seconds.
        on_wait: Called once, where there is something to wait for.
        elapsed: A clock in seconds.
        pause: Sleeps for some seconds.

    Raises:
        ProfileInUse: a window holds it, or somebody still does after ``patience``.
        ProfileUnusable, StorageFull: as ``Instance`` does.
    """
    end, waiting = elapsed() + patience, False
    while True:
        try:
            return Instance(profile)
        except ProfileInUse:
            if elapsed() >= end or has_window(profile):
                raise
        if not waiting:
            on_wait()
            waiting = True
        pause(_LOOK_SECONDS)


def has_window(profile: Profile) -> bool:
    """Whether the process that holds the profile listens, as a window does. Disturbs nobody."""
    try:
        with _connected(profile):
            return True
    except OSError:
        return False


def raise_first(profile: Profile) -> bool:
    """Ask the process that holds the profile to show its window; False where none answers."""
    try:
        with _connected(profile) as client:
            client.sendall(_RAISE)
            return client.recv(len(_RAISE)) == _RAISE
    except OSError:
        return False


@contextmanager
def _connected(profile: Profile) -> Iterator[socket.socket]:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError(errno.EAFNOSUPPORT, "no Unix sockets here")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_ANSWER_SECONDS)
        client.connect(str(_socket_path(profile)))
        yield client


def _serve(server: socket.socket, on_raise: Callable[[], None]) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return  # released
        with client, suppress(OSError):
            client.settimeout(_ANSWER_SECONDS)
            if client.recv(len(_RAISE)) == _RAISE:
                on_raise()
                client.sendall(_RAISE)


def _socket_path(profile: Profile) -> Path:
    beside = profile.root / "raise.sock"
    if len(os.fsencode(beside)) <= _SOCKET_PATH_BYTES:
        return beside
    short = hashlib.sha256(os.fsencode(profile.root)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"hush-{short}.sock"


def _locked(path: Path) -> IO[bytes]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise profile_problem(path.parent, error) from error
    file = os.fdopen(descriptor, "r+b")
    try:
        _lock(file)
    except OSError as error:
        file.close()
        if error.errno not in _HELD:
            raise profile_problem(path.parent, error) from error
        raise ProfileInUse(
            "Hush is already open with this profile.",
            "Use that window, close it, or name another profile with --profile.",
        ) from error
    return file


if sys.platform == "win32":
    import msvcrt

    _HELD: Final = frozenset({errno.EACCES, errno.EDEADLK})  # Microsoft's manual of _locking()

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    _HELD: Final = frozenset({errno.EWOULDBLOCK, errno.EAGAIN})  # flock(2)

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
