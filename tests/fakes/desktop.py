"""A desktop's services on a bus of the test's own: screen savers, logind, and an impostor."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.gnome_keyring import BUS, BUS_CONFIG, DEADLINE

LOGIN = "org.freedesktop.login1"
LOGIN_PATH = "/org/freedesktop/login1"
OUR_SESSION = "/org/freedesktop/login1/session/_32"


@contextlib.contextmanager
def private_bus(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a bus; its address and its process."""
    config = folder / "bus.conf"
    config.write_text(BUS_CONFIG.replace("tmpdir=/tmp", f"path={folder}/bus"))
    command = [BUS, f"--config-file={config}", "--nofork", "--print-address=1"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, text=True
    ) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        try:
            yield address, process
        finally:
            process.kill()


class Service:
    """A connection to a bus that owns a name perhaps, and sends signals."""

    def __init__(self, address: str, name: str = "") -> None:
        from jeepney import message_bus
        from jeepney.io.blocking import open_dbus_connection

        self.connection = open_dbus_connection(address, enable_fds=True)
        if name:
            self.connection.send_and_get_reply(message_bus.RequestName(name), timeout=DEADLINE)

    def emit(
        self,
        path: str,
        interface: str,
        member: str,
        signature: str | None = None,
        body: tuple[object, ...] = (),
        to: str | None = None,
    ) -> None:
        """Send a signal: to all who asked for it, or ``to`` one connection."""
        from jeepney import DBusAddress, HeaderFields, new_signal

        message = new_signal(DBusAddress(path, interface=interface), member, signature, body)
        if to:
            message.header.fields[HeaderFields.destination] = to
        self.connection.send(message)

    def settle(self) -> None:
        """Return when the bus has passed on what was sent. Not for a service that answers."""
        from jeepney import message_bus

        self.connection.send_and_get_reply(message_bus.GetId(), timeout=DEADLINE)

    def others(self) -> list[str]:
        """The unique names of everybody else on the bus."""
        from jeepney import message_bus

        answer = self.connection.send_and_get_reply(message_bus.ListNames(), timeout=DEADLINE)
        own = self.connection.unique_name
        return [name for name in answer.body[0] if name.startswith(":") and name != own]

    def close(self) -> None:
        """Leave the bus."""
        self.connection.close()


class FakeLogin(Service):
    """What Hush asks of logind, answered on a thread.

    Args:
        address: The bus.
        session_of_pid: Whether it knows the caller's session by its process.
        keeps_silent: Whether it never answers.
    """

    def __init__(
        self, address: str, *, session_of_pid: bool = True, keeps_silent: bool = False
    ) -> None:
        super().__init__(address, LOGIN)
        self._session_of_pid = session_of_pid
        self._keeps_silent = keeps_silent
        self._inhibitors: list[int] = []
        self._news = threading.Condition()
        self.asked: list[tuple[object, ...]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def inhibitor(self, number: int = 0) -> int:
        """Wait for an inhibitor; the end of its pipe that shows whether it is held."""
        with self._news:
            assert self._news.wait_for(lambda: len(self._inhibitors) > number, DEADLINE)
            return self._inhibitors[number]

    def prepare_for_sleep(self, going: bool) -> None:
        """Say that the machine goes to sleep, or woke up."""
        self.emit(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "b", (going,))

    def lock(self, session: str = OUR_SESSION) -> None:
        """Lock a session."""
        self.emit(session, f"{LOGIN}.Session", "Lock")

    def close(self) -> None:
        """Leave the bus and drop the inhibitors, as a restart does."""
        import socket

        with contextlib.suppress(OSError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)
        for descriptor in self._inhibitors:
            os.close(descriptor)
        self._inhibitors.clear()

    def _serve(self) -> None:
        from jeepney import HeaderFields, MessageType

        with contextlib.suppress(OSError), contextlib.closing(self.connection):
            while True:
                message = self.connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._answer(message, message.header.fields[HeaderFields.member])

    def _answer(self, message: Any, member: str) -> None:
        from jeepney import new_error, new_method_return

        self.asked.append((member, *message.body))
        if self._keeps_silent:
            return
        answers: dict[str, Callable[[], Any]] = {
            "GetSession": lambda: new_method_return(message, "o", (OUR_SESSION,)),
            "Get": lambda: new_method_return(message, "v", (("(so)", ("2", OUR_SESSION)),)),
        }
        if self._session_of_pid:
            answers["GetSessionByPID"] = answers["GetSession"]
        if member == "Inhibit":
            self._inhibit(message)
        elif member in answers:
            self.connection.send(answers[member]())
        else:
            self.connection.send(new_error(message, f"{LOGIN}.NoSuchSession"))

    def _inhibit(self, message: Any) -> None:
        from jeepney import new_method_return

        ours, theirs = os.pipe()
        self.connection.send(new_method_return(message, "h", (theirs,)))
        os.close(theirs)
        with self._news:
            self._inhibitors.append(ours)
            self._news.notify_all()


def is_held(inhibitor: int, seconds: float = 0.0) -> bool:
    """Whether somebody holds the other end of the pipe; waits for its end at most so long."""
    poll = select.poll()
    poll.register(inhibitor, select.POLLIN)
    return not poll.poll(seconds * 1000)
