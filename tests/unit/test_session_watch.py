"""What the system says of its lock is heard; what anybody else says, or a broken bus, is not."""

from __future__ import annotations

import logging
import os
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.machine.session_watch import (
    SCREEN_LOCKED,
    SLEEP,
    Reporter,
    Source,
    Watch,
    watch_session,
)
from tests.fakes.desktop import (
    LOGIN,
    LOGIN_PATH,
    OUR_SESSION,
    FakeLogin,
    Service,
    is_held,
    private_bus,
)
from tests.gnome_keyring import BUS, DEADLINE

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="D-Bus is Linux's"),
    pytest.mark.skipif(not BUS, reason="dbus-daemon is not installed"),
]

SAVERS = {
    "org.freedesktop.ScreenSaver": "/ScreenSaver",
    "org.gnome.ScreenSaver": "/org/gnome/ScreenSaver",
    "org.cinnamon.ScreenSaver": "/org/cinnamon/ScreenSaver",
    "org.mate.ScreenSaver": "/org/mate/ScreenSaver",
    "org.xfce.ScreenSaver": "/org/xfce/ScreenSaver",
}
GNOME = "org.gnome.ScreenSaver"
GNOME_PATH = SAVERS[GNOME]


class Desk:
    """A watch on private buses, and the services that the test starts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heard: queue.Queue[str] = queue.Queue()
        self.logged: queue.Queue[str] = queue.Queue()
        self.watches: list[Watch] = []
        self.services: list[Service] = []
        self.environment = {"XDG_SESSION_ID": "2"}

    def watch(self) -> Watch:
        """Begin to listen, with every report counted and no long waits."""
        from assistant.machine.session_linux import Pace, bus_sources

        pace = Pace(answer=DEADLINE, first=0.01, longest=0.05)
        self.watches.append(Watch(bus_sources(self.heard.put, self.environment, pace)))
        return self.watches[-1]

    def saver(self, name: str = GNOME) -> Service:
        """Start a screen saver, and wait until the watch knows it."""
        self.services.append(Service(self.environment["DBUS_SESSION_BUS_ADDRESS"], name))
        self.wait_for_log(f"session.owner of={name} there=True")
        return self.services[-1]

    def login(self, **how: bool) -> FakeLogin:
        """Start logind."""
        login = FakeLogin(self.environment["DBUS_SYSTEM_BUS_ADDRESS"], **how)
        self.services.append(login)
        return login

    def impostor(self, bus: str = "DBUS_SYSTEM_BUS_ADDRESS") -> Service:
        """Join a bus with no name."""
        self.services.append(Service(self.environment[bus]))
        return self.services[-1]

    def wait_for_log(self, line: str) -> None:
        """Wait until this is logged."""
        while self.logged.get(timeout=DEADLINE) != line:
            pass

    def next(self) -> str:
        """The next report."""
        return self.heard.get(timeout=DEADLINE)

    def close(self) -> None:
        """End what was started."""
        for watch in self.watches:
            watch.close()
        for service in self.services:
            service.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Desk]:
    """A desk with no buses."""
    desk = Desk(tmp_path)
    desk.environment["XDG_RUNTIME_DIR"] = str(tmp_path)
    desk.environment["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={tmp_path}/nothing"
    handler = logging.Handler()
    handler.emit = lambda record: desk.logged.put(record.getMessage())  # type: ignore[method-assign] # a handler in one line
    logger = logging.getLogger("hush")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield desk
    finally:
        desk.close()
        logger.removeHandler(handler)
        logger.setLevel(before)


@pytest.fixture
def desk(bare: Desk) -> Iterator[Desk]:
    """A desk with both buses; session and system must not be mixed up."""
    for name in ("session", "system"):
        (bare.folder / name).mkdir()
    with (
        private_bus(bare.folder / "session") as (session, _),
        private_bus(bare.folder / "system") as (system, _),
    ):
        bare.environment["DBUS_SESSION_BUS_ADDRESS"] = session
        bare.environment["DBUS_SYSTEM_BUS_ADDRESS"] = system
        yield bare
        bare.close()


# What is heard ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAVERS)
def test_every_desktops_screen_saver_is_heard(desk: Desk, name: str) -> None:
    """It locks when it becomes active, and does nothing when it ends."""
    desk.watch()
    saver = desk.saver(name)
    for active in (True, False, True):
        saver.emit(SAVERS[name], name, "ActiveChanged", "b", (active,))
    assert [desk.next(), desk.next()] == [SCREEN_LOCKED, SCREEN_LOCKED]
    saver.settle()
    assert desk.heard.empty()


@pytest.mark.parametrize("by_pid", [True, False])
def test_our_sessions_lock_is_heard_and_no_other(desk: Desk, by_pid: bool) -> None:
    """Also where logind finds no session for the process, as for what systemd started."""
    login = desk.login(session_of_pid=by_pid)
    desk.watch()
    login.inhibitor()
    login.lock("/org/freedesktop/login1/session/_33")
    login.lock()
    login.prepare_for_sleep(True)
    assert [desk.next(), desk.next()] == [SCREEN_LOCKED, SLEEP]


def test_sleep_waits_for_the_lock(desk: Desk) -> None:
    """An inhibitor is held until Hush is locked, and taken again after waking."""
    login = desk.login()
    watch = desk.watch()
    first = login.inhibitor()
    assert ("Inhibit", "sleep", "Hush", "Locks your chats first", "delay") in login.asked
    watch.locked()  # nothing sleeps yet: this gives nothing back
    login.prepare_for_sleep(True)
    assert desk.next() == SLEEP
    assert is_held(first)
    watch.locked()
    assert not is_held(first, DEADLINE)
    login.prepare_for_sleep(False)
    second = login.inhibitor(1)
    assert is_held(second)
    watch.close()
    assert not is_held(second, DEADLINE)


def test_inhibitor_not_given_back_is_renewed_after_waking(desk: Desk) -> None:
    """The system went to sleep all the same; the next time counts."""
    login = desk.login()
    desk.watch()
    first = login.inhibitor()
    for going in (True, False):
        login.prepare_for_sleep(going)
    second = login.inhibitor(1)
    assert not is_held(first, DEADLINE)
    assert is_held(second)


def test_inhibitor_does_not_outlive_a_replaced_process(desk: Desk) -> None:
    """Locking replaces the process with ``exec``: the descriptor is marked to be closed by it."""
    login = desk.login()
    desk.watch()
    inode = os.fstat(login.inhibitor()).st_ino
    desk.wait_for_log("session.inhibitor held=True")
    numbers = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    ends = [number for number in numbers if _inode(number) == inode]
    assert ends
    assert not any(os.get_inheritable(number) for number in ends)


# Who is not believed ------------------------------------------------------------------------


def test_strangers_are_not_believed(desk: Desk) -> None:
    """Signals sent straight to us by a connection that owns no name."""
    login = desk.login()
    desk.watch()
    saver = desk.saver()
    login.inhibitor()
    session = desk.impostor("DBUS_SESSION_BUS_ADDRESS")
    system = desk.impostor()
    forge_savers(session)
    for victim in system.others():
        forge_login(system, victim)
    session.settle()
    system.settle()
    saver.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,))
    assert desk.next() == SCREEN_LOCKED
    login.prepare_for_sleep(True)
    assert desk.next() == SLEEP  # and nothing in between


def forge_savers(impostor: Service) -> None:
    """Say what a screen saver would, and who owns its name, to all and to each."""
    for to in (None, *impostor.others()):
        impostor.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,), to)
        own = impostor.connection.unique_name
        change = (GNOME, "", own)
        # The bus's own interface may not be used by others on some versions: that is fine.
        impostor.emit(
            "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "sss", change, to
        )
        impostor.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,), to)


def forge_login(impostor: Service, to: str) -> None:
    """Say what logind would, and send what is too large or comes with descriptors."""
    impostor.emit(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "b", (True,), to)
    impostor.emit(OUR_SESSION, f"{LOGIN}.Session", "Lock", to=to)
    impostor.emit(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "s", ("x" * 100_000,), to)


def test_right_sender_wrong_form_is_not_believed(desk: Desk) -> None:
    """Wrong path, interface, member or type, even of the services themselves."""
    login = desk.login()
    desk.watch()
    saver = desk.saver()
    login.inhibitor()
    saver.emit("/org/gnome/Other", GNOME, "ActiveChanged", "b", (True,))
    for victim in saver.others():  # known, but not by this name
        mate = "org.mate.ScreenSaver"
        saver.emit("/org/mate/ScreenSaver", mate, "ActiveChanged", "b", (True,), victim)
    saver.emit(GNOME_PATH, GNOME, "WakeUpScreen", "b", (True,))
    saver.emit(GNOME_PATH, GNOME, "ActiveChanged", "u", (1,))
    saver.emit(GNOME_PATH, GNOME, "ActiveChanged", "bb", (True, True))
    saver.emit(GNOME_PATH, GNOME, "ActiveChanged")
    saver.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,))
    assert desk.next() == SCREEN_LOCKED
    login.emit("/somewhere", f"{LOGIN}.Manager", "PrepareForSleep", "b", (True,))
    login.emit(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "s", ("true",))
    login.emit(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForShutdown", "b", (True,))
    login.emit(OUR_SESSION, f"{LOGIN}.Session", "Unlock")
    login.prepare_for_sleep(True)
    assert desk.next() == SLEEP
    saver.settle()
    assert desk.heard.empty()


def test_descriptors_of_strangers_are_closed(desk: Desk) -> None:
    """Else anybody on the system bus could fill our table of files."""
    login = desk.login()
    desk.watch()
    login.inhibitor()
    impostor = desk.impostor()
    ours, theirs = os.pipe()
    for victim in set(impostor.others()) - {login.connection.unique_name}:
        impostor.emit(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "h", (theirs,), victim)
    os.close(theirs)
    try:
        assert not is_held(ours, DEADLINE)
    finally:
        os.close(ours)
    login.prepare_for_sleep(True)
    assert desk.next() == SLEEP


def test_flood_is_borne(desk: Desk) -> None:
    """Thousands of messages of a stranger, and the lock behind them is heard."""
    login = desk.login()
    desk.watch()
    login.inhibitor()
    impostor = desk.impostor()
    victims = impostor.others()
    for _ in range(2_000):
        for victim in victims:
            impostor.emit(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "b", (True,), victim)
    impostor.settle()
    login.lock()
    assert desk.next() == SCREEN_LOCKED
    assert desk.heard.empty()


def test_the_same_reason_is_reported_once_a_second() -> None:
    """One lock is often told by several; and a callback that fails is called again."""
    now, told = [100.0], list[str]()
    report = Reporter(told.append, lambda: now[0])
    for later in (0.0, 0.5, 0.0, 0.6):
        now[0] += later
        report(SCREEN_LOCKED)
    report(SLEEP)
    assert told == [SCREEN_LOCKED, SCREEN_LOCKED, SLEEP]


@pytest.mark.logs_problems
def test_failing_callback_does_not_end_the_watch(desk: Desk) -> None:
    """It is logged by place."""
    calls: queue.Queue[str] = queue.Queue()

    def fail(reason: str) -> None:
        calls.put(reason)
        raise ValueError("canary")

    from assistant.machine.session_linux import Pace, bus_sources

    now = iter(range(0, 1000, 10))
    sources = bus_sources(Reporter(fail, lambda: next(now)), desk.environment, Pace())
    desk.watches.append(Watch(sources))
    saver = desk.saver()
    for _ in range(2):
        saver.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,))
        assert calls.get(timeout=DEADLINE) == SCREEN_LOCKED


# Buses and services that come, go and hang ---------------------------------------------------


def test_restarted_services_are_heard_again(desk: Desk) -> None:
    """And what owned the name before is believed no more."""
    login = desk.login()
    desk.watch()
    login.inhibitor()
    login.close()
    again = desk.login()
    held = again.inhibitor()
    assert is_held(held)
    again.prepare_for_sleep(True)
    assert desk.next() == SLEEP
    old = desk.saver()
    desk.saver("org.mate.ScreenSaver")
    release(old)
    desk.wait_for_log(f"session.owner of={GNOME} there=False")
    new = desk.saver()
    for victim in old.others():
        old.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,), victim)
    old.settle()
    again.lock()
    new.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,))
    assert [desk.next(), desk.next()] == [SCREEN_LOCKED, SCREEN_LOCKED]
    new.settle()
    assert desk.heard.empty()


def release(service: Service) -> None:
    """Give up GNOME's name, but stay."""
    from jeepney import message_bus

    service.connection.send_and_get_reply(message_bus.ReleaseName(GNOME), timeout=DEADLINE)


def test_bus_that_dies_and_comes_back_is_heard_again(bare: Desk) -> None:
    """Tried again and again, ever more rarely."""
    (bare.folder / "system").mkdir()
    for _ in range(2):
        with private_bus(bare.folder / "system") as (address, bus):
            bare.environment["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={bare.folder}/system/bus"
            assert address
            login = bare.login()
            if not bare.watches:
                bare.watch()
            held = login.inhibitor()
            login.lock()
            assert bare.next() == SCREEN_LOCKED
            bus.kill()
            assert not is_held(held, DEADLINE)  # let go with the connection


def test_logind_that_never_answers_holds_nothing_up(desk: Desk) -> None:
    """No inhibitor, but sleep is heard, and the end comes."""
    login = desk.login(keeps_silent=True)
    watch = desk.watch()
    desk.wait_for_log(f"session.owner of={LOGIN} there=True")
    login.prepare_for_sleep(True)
    assert desk.next() == SLEEP
    watch.close()
    assert_ended()


@pytest.mark.parametrize("words", [b"", b"OK 1234deadbeef\r\n", b"REJECTED\r\n", b"\xff" * 9000])
def test_close_while_a_bus_lets_nobody_in(bare: Desk, words: bytes) -> None:
    """A socket that accepts and says nothing, or half of it, or nonsense."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(bare.folder / "bus"))
        server.listen()
        watch = bare.watch()
        server.settimeout(DEADLINE)
        client, _ = server.accept()
        with client:
            client.sendall(words)
            assert client.recv(1) == b"\0"
            watch.close()
            assert_ended()


def test_no_bus_at_all(bare: Desk) -> None:
    """Nothing is raised; the log says so once."""
    watch = bare.watch()
    bare.wait_for_log("session.bus bus=session gone=BusGone")
    watch.close()
    assert_ended()


def test_system_sources_start_and_end() -> None:
    """What this very system has, whatever that is."""
    with watch_session(lambda _: None) as watch:
        watch.locked()
    assert_ended()


def test_close_inside_the_callback(desk: Desk) -> None:
    """As a lock does that ends everything."""
    closed = threading.Event()
    watches: list[Watch] = []

    def end(_: str) -> None:
        watches[0].close()
        closed.set()

    from assistant.machine.session_linux import bus_sources

    sources: tuple[Source, ...] = bus_sources(end, desk.environment)
    watches.append(Watch(sources))
    saver = desk.saver()
    saver.emit(GNOME_PATH, GNOME, "ActiveChanged", "b", (True,))
    assert closed.wait(DEADLINE)
    assert_ended()


def assert_ended() -> None:
    """No thread of the watch is left, soon."""
    for thread in threading.enumerate():
        if thread.name in {"session-session", "session-system"}:
            thread.join(DEADLINE)
            assert not thread.is_alive()


def _inode(descriptor: int) -> int:
    try:
        return os.fstat(descriptor).st_ino
    except OSError:
        return -1  # it was the folder's own, closed since
