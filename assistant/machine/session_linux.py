"""What a Linux desktop says of screen lock and sleep, over D-Bus.

On the session bus the screen savers say ``ActiveChanged(true)``: KDE and others under the
freedesktop name, GNOME, Cinnamon, MATE and Xfce under their own. On the system bus logind says
``Lock`` to a session (``loginctl lock-session``, a lid) and ``PrepareForSleep(true)`` to all; the
latter waits for those that hold an inhibitor, so that Hush can lock first. See the manual of
org.freedesktop.login1 and https://systemd.io/INHIBITOR_LOCKS/.

Any program of any user may send a signal to Hush on the system bus. Only what comes from the
connection that owns the well-known name counts, and the bus itself vouches for that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol

from assistant.log import log_event
from assistant.machine.bell import Bell
from assistant.machine.bus import Answer, BusLink, Signal, Stopped
from assistant.machine.session_reasons import SCREEN_LOCKED, SLEEP

_BUS: Final = "org.freedesktop.DBus"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_SAVERS: Final = {
    "org.freedesktop.ScreenSaver": ("/org/freedesktop/ScreenSaver", "/ScreenSaver"),
    "org.gnome.ScreenSaver": ("/org/gnome/ScreenSaver",),
    "org.cinnamon.ScreenSaver": ("/org/cinnamon/ScreenSaver",),
    "org.mate.ScreenSaver": ("/org/mate/ScreenSaver", "/"),
    "org.xfce.ScreenSaver": ("/org/xfce/ScreenSaver",),
}
_LOGIN: Final = "org.freedesktop.login1"
_LOGIN_PATH: Final = "/org/freedesktop/login1"
_MANAGER: Final = "org.freedesktop.login1.Manager"
_SESSION: Final = "org.freedesktop.login1.Session"

OnLock = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a bus may take to let us in, and between two tries to reach it."""

    answer: float = 10.0
    first: float = 1.0
    longest: float = 60.0


class Listener(Protocol):
    """What is listened to on one bus. One is made for each connection."""

    def begin(self) -> None:
        """Ask the bus for what is needed."""

    def hear(self, signal: Signal) -> None:
        """Take a signal of a known sender: of another name perhaps, and of any content."""

    def locked(self) -> None:
        """Hush is locked; sleep may come."""

    def close(self) -> None:
        """The connection has ended."""


class BusSource:
    """Keeps listening on one bus, whatever becomes of it.

    Args:
        name: ``session`` or ``system``, for the log.
        address: Where the bus is.
        listener: Makes what listens, of a connection.
        descriptors: Whether answers may bring file descriptors.
        pace: How patient.
    """

    def __init__(
        self,
        name: str,
        address: str,
        listener: Callable[[BusLink], Listener],
        *,
        descriptors: bool,
        pace: Pace,
    ) -> None:
        self._name = name
        self._address = address
        self._listener = listener
        self._descriptors = descriptors
        self._pace = pace
        self._bell = Bell()
        self._locked = False

    @property
    def name(self) -> str:
        """For the thread that runs it."""
        return self._name

    def run(self) -> None:
        """Listen until ``stop``. Never raises."""
        pause = self._pace.first
        try:
            while True:
                since = time.monotonic()
                try:
                    self._listen()
                except Stopped:
                    return
                except Exception as error:  # noqa: BLE001 - whatever a bus does to us, go on
                    if pause == self._pace.first:  # once per outage
                        log_event("session.bus", bus=self._name, gone=type(error).__name__)
                if time.monotonic() - since > self._pace.longest:
                    pause = self._pace.first
                if self._bell.wait(pause):
                    return
                pause = min(2 * pause, self._pace.longest)
        finally:
            self._bell.close()

    def stop(self) -> None:
        """Make ``run`` return soon, from any thread."""
        self._bell.stop()

    def locked(self) -> None:
        """Pass on that Hush is locked, from any thread."""
        self._locked = True
        self._bell.ring()

    def _listen(self) -> None:
        link = BusLink(
            self._address,
            self._bell,
            descriptors=self._descriptors,
            answer_seconds=self._pace.answer,
        )
        with closing(link), closing(self._listener(link)) as listener:
            listener.begin()
            while True:
                if self._locked:
                    self._locked = False
                    listener.locked()
                if signal := link.receive():
                    listener.hear(signal)


class Owners:
    """Who owns some well-known names at the moment, as the bus says.

    Args:
        link: To the bus.
        names: The names.
        on_change: Called with a name when its owner changed.
    """

    def __init__(
        self, link: BusLink, names: tuple[str, ...], on_change: Callable[[str], None]
    ) -> None:
        self._link = link
        self._names = names
        self._on_change = on_change
        self._owners: dict[str, str] = {}

    def begin(self) -> None:
        """Ask the bus. Changes are asked for first, so that none is missed."""
        for name in self._names:
            self._link.match(sender=_BUS, interface=_BUS, member="NameOwnerChanged", arg0=name)
            self._ask(name)

    def owner(self, name: str) -> str:
        """The unique name of the owner; empty where there is none."""
        return self._owners.get(name, "")

    def hear(self, signal: Signal) -> None:
        """Take the bus's own signals."""
        wanted = (_BUS, _BUS, "NameOwnerChanged", "sss")
        if (signal.sender, signal.interface, signal.member, signal.signature) == wanted:
            name, _, new = signal.body
            if name in self._names:
                self._set(name, new)

    def _ask(self, name: str) -> None:
        def answered(answer: Answer) -> None:
            if answer.signature == "s":
                self._set(name, answer.body[0])

        self._link.call(_BUS, _BUS_PATH, f"{_BUS}.GetNameOwner", answered, "s", (name,))

    def _set(self, name: str, owner: str) -> None:
        before = self.owner(name)
        if owner == before:
            return
        self._owners[name] = owner
        if before and before not in self._owners.values():  # it may own another of the names
            self._link.forget(before)
        if owner:
            self._link.know(owner)
        log_event("session.owner", of=name, there=bool(owner))
        self._on_change(name)


class ScreenSavers:
    """The session bus: a screen saver of any desktop that has become active."""

    def __init__(self, link: BusLink, on_lock: OnLock) -> None:
        self._link = link
        self._on_lock = on_lock
        self._owners = Owners(link, tuple(_SAVERS), lambda _: None)

    def begin(self) -> None:
        """See ``Listener.begin``."""
        for name in _SAVERS:
            self._link.match(sender=name, interface=name, member="ActiveChanged")
        self._owners.begin()

    def hear(self, signal: Signal) -> None:
        """See ``Listener.hear``."""
        self._owners.hear(signal)
        if (
            signal.path in _SAVERS.get(signal.interface, ())
            and signal.sender == self._owners.owner(signal.interface)
            and signal.member == "ActiveChanged"
            and _is_true(signal)
        ):
            self._on_lock(SCREEN_LOCKED)

    def locked(self) -> None:
        """See ``Listener.locked``: a screen saver waits for nobody."""

    def close(self) -> None:
        """See ``Listener.close``."""


class Login:
    """The system bus: logind's word of our session and of sleep, and the right to delay it."""

    def __init__(self, link: BusLink, on_lock: OnLock, environment: Mapping[str, str]) -> None:
        self._link = link
        self._on_lock = on_lock
        self._named = environment.get("XDG_SESSION_ID", "")
        self._owners = Owners(link, (_LOGIN,), self._changed)
        self._sessions: dict[int, str] = {}  # by how sure we are that it is ours: 0 is surest
        self._inhibitor = -1
        self._sleeping = False

    def begin(self) -> None:
        """See ``Listener.begin``."""
        self._link.match(sender=_LOGIN, interface=_MANAGER, member="PrepareForSleep")
        self._link.match(sender=_LOGIN, interface=_SESSION, member="Lock")
        self._owners.begin()

    def hear(self, signal: Signal) -> None:
        """See ``Listener.hear``."""
        self._owners.hear(signal)
        if signal.sender != self._owners.owner(_LOGIN):
            return
        what = (signal.interface, signal.member)
        if what == (_SESSION, "Lock") and signal.path == self._own_session():
            self._on_lock(SCREEN_LOCKED)
        elif what == (_MANAGER, "PrepareForSleep") and signal.path == _LOGIN_PATH:
            if _is_true(signal):
                self._sleeping = True  # first: locking may be over before the call below is
                self._on_lock(SLEEP)
            elif signal.signature == "b":
                self._woken()

    def locked(self) -> None:
        """See ``Listener.locked``: whoever waits for us need not any more."""
        if self._sleeping:
            self._release()

    def close(self) -> None:
        """See ``Listener.close``."""
        self._release()

    def _woken(self) -> None:
        self._sleeping = False
        self._release()
        self._inhibit()

    def _changed(self, _: str) -> None:
        self._sessions.clear()
        self._sleeping = False
        self._release()
        if self._owners.owner(_LOGIN):
            self._find_session()
            self._inhibit()

    def _find_session(self) -> None:
        """Ask in three ways: a program that systemd's user part started is in no session."""
        self._ask(0, f"{_MANAGER}.GetSessionByPID", "u", (os.getpid(),))
        if self._named:
            self._ask(1, f"{_MANAGER}.GetSession", "s", (self._named,))
        self._ask(
            2,
            "org.freedesktop.DBus.Properties.Get",
            "ss",
            ("org.freedesktop.login1.User", "Display"),
            f"{_LOGIN_PATH}/user/self",
        )

    def _ask(
        self,
        rank: int,
        method: str,
        signature: str,
        body: tuple[object, ...],
        path: str = _LOGIN_PATH,
    ) -> None:
        def answered(answer: Answer) -> None:
            if answer.signature == "o":
                self._sessions[rank] = answer.body[0]
            elif answer.signature == "v" and answer.body[0][0] == "(so)":
                self._sessions[rank] = answer.body[0][1][1]

        self._link.call(self._owners.owner(_LOGIN), path, method, answered, signature, body)

    def _own_session(self) -> str:
        return self._sessions[min(self._sessions)] if self._sessions else ""

    def _inhibit(self) -> None:
        what = ("sleep", "Hush", "Locks your chats first", "delay")
        self._link.call(
            self._owners.owner(_LOGIN), _LOGIN_PATH, f"{_MANAGER}.Inhibit", self._held, "ssss", what
        )

    def _held(self, answer: Answer) -> None:
        """Keep the descriptor. None comes while the machine is about to sleep."""
        if answer.signature == "h" and answer.body[0] in answer.descriptors:
            self._release()
            answer.descriptors.remove(answer.body[0])
            self._inhibitor = answer.body[0]
            log_event("session.inhibitor", held=True)
        else:
            log_event("session.inhibitor", held=False)

    def _release(self) -> None:
        if self._inhibitor >= 0:
            os.close(self._inhibitor)
            self._inhibitor = -1
            log_event("session.inhibitor", held=False)


def bus_sources(
    report: OnLock, environment: Mapping[str, str], pace: Pace | None = None
) -> tuple[BusSource, BusSource]:
    """Both buses of the environment. None is connected to before its source runs.

    Args:
        report: Gets the reasons.
        environment: The process's environment: where the buses are, which session is ours.
        pace: How patient.
    """
    pace = pace or Pace()
    return (
        BusSource(
            "session",
            session_bus(environment),
            lambda link: ScreenSavers(link, report),
            descriptors=False,
            pace=pace,
        ),
        BusSource(
            "system",
            system_bus(environment),
            lambda link: Login(link, report, environment),
            descriptors=True,
            pace=pace,
        ),
    )


def session_bus(environment: Mapping[str, str]) -> str:
    """The session bus's address: as the environment says, else where systemd puts it."""
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    return environment.get("DBUS_SESSION_BUS_ADDRESS") or f"unix:path={runtime}/bus"


def system_bus(environment: Mapping[str, str]) -> str:
    """The system bus's address: as the environment says, else the usual place."""
    usual = "unix:path=/run/dbus/system_bus_socket"
    return environment.get("DBUS_SYSTEM_BUS_ADDRESS") or usual


def _is_true(signal: Signal) -> bool:
    return signal.signature == "b" and signal.body == (True,)
