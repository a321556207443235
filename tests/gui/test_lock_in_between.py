"""A lock that is wanted while Hush opens, starts anew or works on the vault."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from assistant.access.entrance import VaultStatus
from assistant.app import App, Session
from assistant.errors import KeyringUnavailable, VaultDamaged
from assistant.events import EventSink
from assistant.paths import Profile
from assistant.store.keyslot_format import SlotType
from tests.fakes.clock import FakeClock
from tests.gui.bench import Bench
from tests.gui.fakes import FakeApp
from tests.gui.test_desktop import CONTROL, Start, texts, words_of
from tests.gui.test_locking import FakeSystem, Idle
from tests.gui.vault_bench import AtVault
from tests.gui.vault_fakes import NOON
from ui.door.trouble import TroublePage
from ui.door.unlock import UnlockPage
from ui.door.welcome import WelcomePage
from ui.holding import hold
from ui.lock.cover import CoverPage
from ui.lock.locking import IdleWatch, LockTriggers
from ui.lock.resumption import LockReason, News, Resumption

KEY_CHANGED = "The vault's key was changed. Your new recovery code counts"
KEY_KEPT = "The vault's key was not changed. Your earlier recovery code still counts"


class SlowStart(Start):
    """A start whose vault opens when the test lets it."""

    def __init__(
        self,
        qtbot: QtBot,
        profile: Profile,
        resumption: Resumption | None = None,
        passphrase: str | None = None,
    ) -> None:
        super().__init__(qtbot, profile, resumption, passphrase)
        self.profile = profile
        self.ways = ("keyring", "passphrase")
        self.opening: Future[Session] | None = None  # what the first opening ends with
        self.may_build = threading.Event()
        self.locked = False  # as another process left it
        self.exists = True

    def _build(self, profile: Profile, sink: EventSink) -> App:
        assert self.may_build.wait(60)
        app = super()._build(profile, sink)
        assert self.app
        self.app.held = self.opening
        self.app.status = VaultStatus(self.exists, self.ways, "Test Keyring", "", self.locked)
        return app

    def begin(self) -> None:
        """Start, with the core not built yet."""
        self.desktop.start(hold(self.profile, self.holds))

    def build(self) -> FakeApp:
        """Let the core be built and the vault be asked for."""
        self.may_build.set()
        self.qtbot.waitUntil(lambda: bool(self.app and self.app.opened))
        assert self.app
        return self.app

    def until_page(self, kind: type) -> None:
        """Wait for a page."""
        self.qtbot.waitUntil(lambda: isinstance(self.window.full_page, kind))

    def open(self) -> None:
        """Let the vault be open now."""
        assert self.app
        assert self.opening
        self.opening.set_result(self.app.session)

    def lock_key(self) -> None:
        """Press it."""
        self.qtbot.keyClick(self.window, Qt.Key.Key_L, CONTROL)


@pytest.fixture
def slow(qtbot: QtBot, profile: Profile) -> Iterator[SlowStart]:
    """Opened by the keyring, which takes its time."""
    start = SlowStart(qtbot, profile)
    start.opening = Future()
    qtbot.waitUntil(start.window.isActiveWindow)
    yield start
    start.may_build.set()
    start.close()


# While it opens ---------------------------------------------------------------------------


def test_the_key_in_the_first_moment(slow: SlowStart) -> None:
    """Before the core is there: locked as soon as it is open, for good."""
    slow.begin()
    slow.lock_key()
    app = slow.build()
    slow.open()
    assert words_of(slow)[2] == "--after=by-hand"
    assert app.closed_locked
    assert app.warmed == 1
    assert isinstance(slow.window.full_page, CoverPage)


@pytest.mark.parametrize("reason", [LockReason.SCREEN, LockReason.SLEEP])
def test_the_screen_locks_while_the_keyring_asks(slow: SlowStart, reason: LockReason) -> None:
    """It is heard before the vault is open, and kept until it is."""
    slow.begin()
    slow.build()
    slow.system.on_lock(reason.value)
    QApplication.processEvents()
    assert slow.replaced == []
    slow.open()
    assert words_of(slow)[2] == f"--after={reason.value}"


def test_sleep_does_not_wait_for_a_page(slow: SlowStart) -> None:
    """Nothing is open: the computer need not stay awake for it."""
    slow.locked = True
    slow.begin()
    slow.may_build.set()
    slow.until_page(UnlockPage)
    assert slow.system.waits
    slow.system.on_lock("sleep")
    QApplication.processEvents()
    assert not slow.system.waits
    assert slow.replaced == []


def test_a_typed_unlock_afterwards_opens(slow: SlowStart) -> None:
    """What wanted it locked came before the person: the keyring refused, so it was locked."""
    slow.begin()
    app = slow.build()
    slow.lock_key()
    assert slow.opening
    slow.opening.set_exception(KeyringUnavailable("Gone."))
    slow.until_page(UnlockPage)
    slow.lock_key()  # here there is nothing to lock
    page = slow.window.full_page
    assert isinstance(page, UnlockPage)
    page.secret_given.emit("correct horse")
    slow.qtbot.waitUntil(lambda: slow.page is not None)
    QApplication.processEvents()
    assert slow.replaced == []
    assert app.closed_locked is None


def test_sleep_while_a_typed_passphrase_opens(slow: SlowStart) -> None:
    """An older vault may take minutes: it is locked at the end of them."""
    slow.locked = True
    opening, slow.opening = slow.opening, None
    slow.begin()
    slow.may_build.set()
    slow.until_page(UnlockPage)
    assert slow.app
    slow.app.held = slow.opening = opening
    page = slow.window.full_page
    assert isinstance(page, UnlockPage)
    page.secret_given.emit("correct horse")
    slow.system.on_lock("sleep")
    QApplication.processEvents()
    slow.open()
    assert words_of(slow)[2] == "--after=sleep"


def test_a_lock_is_forgotten_where_nothing_can_be_opened(slow: SlowStart) -> None:
    """The page of trouble shows nothing; another try, hours later, opens as ever."""
    slow.problem = VaultDamaged("It cannot be built.")
    slow.begin()
    slow.lock_key()
    slow.may_build.set()
    slow.until_page(TroublePage)
    slow.lock_key()
    slow.problem, slow.opening = None, None
    trouble = slow.window.full_page
    assert isinstance(trouble, TroublePage)
    slow.holds.close()
    trouble.retry_wanted.emit()
    slow.qtbot.waitUntil(lambda: slow.page is not None)
    QApplication.processEvents()
    assert slow.replaced == []


def test_a_slow_keyring_is_no_idleness(qtbot: QtBot) -> None:
    """The time counts from the moment the person is in, and not before."""
    clock = FakeClock()
    minutes = 0
    triggers = LockTriggers(lambda: minutes, lambda: False, FakeSystem().watch, clock.elapsed)
    heard: list[LockReason] = []
    triggers.wanted.connect(heard.append)
    clock.advance(3600)
    minutes = 10
    triggers.begin()
    clock.advance(599)
    field = QWidget()
    qtbot.addWidget(field)
    qtbot.keyClick(field, Qt.Key.Key_A)
    assert heard == []
    triggers.end()


# While it starts anew ---------------------------------------------------------------------


@pytest.fixture
def at_work(slow: SlowStart) -> SlowStart:
    """An open vault, whose closing the test lets end."""
    slow.begin()
    slow.build()
    slow.open()
    slow.qtbot.waitUntil(lambda: slow.page is not None)
    return slow


@pytest.mark.parametrize("is_by_key", [True, False])
def test_a_lock_while_it_starts_anew(at_work: SlowStart, *, is_by_key: bool) -> None:
    """The new process is a locked one, also if it were killed first."""
    assert at_work.app
    app, may_close = at_work.app, threading.Event()
    hows: list[bool | None] = []

    def close() -> None:
        hows.append(app.closed_locked)
        assert may_close.wait(60)

    app.on_close = close
    at_work.desktop.restart(News.RESTORED)
    if is_by_key:
        at_work.lock_key()
    else:
        at_work.system.on_lock("screen-locked")
        QApplication.processEvents()
    page = at_work.window.full_page
    assert isinstance(page, CoverPage)
    assert "Your chats are locked" in texts(page)
    at_work.desktop.lock(LockReason.SLEEP)
    may_close.set()
    reason = "by-hand" if is_by_key else "screen-locked"
    assert words_of(at_work)[2] == f"--after={reason},restored"
    assert hows == [False, True]
    assert len(at_work.replaced) == 1


# While the vault's key is changed ---------------------------------------------------------


def test_idleness_waits_for_work_on_the_vault(idle: Idle, bench: Bench) -> None:
    """A key that is being changed, a backup being made: the idle lock comes after it."""
    bench.app.backups.hold()
    idle.watch.close()
    idle.watch = IdleWatch(lambda: 10, lambda: bench.workplace.is_busy, idle.clock.elapsed)
    assert not bench.workplace.is_busy
    AtVault(bench).press("Back up now")
    assert not idle.wait_minutes(30)
    bench.app.backups.release()
    bench.settle()
    assert idle.wait_minutes(0)


@pytest.fixture
def idle(qtbot: QtBot) -> Iterator[Idle]:
    """Ten minutes."""
    idle = Idle(qtbot)
    yield idle
    idle.watch.close()


@pytest.mark.parametrize(
    ("made", "words"),
    [(NOON, KEY_KEPT), (NOON + 1, KEY_CHANGED), (NOON - 1, KEY_CHANGED)],
)
def test_a_lock_while_the_key_was_changed(
    qtbot: QtBot, profile: Profile, made: int, words: str
) -> None:
    """After the unlock it is said which code counts: a new key has new ways in, by any clock."""
    before = Resumption(LockReason.SLEEP, news=News.ROTATING, since=NOON)
    start = SlowStart(qtbot, profile, before)
    start.may_build.set()
    start.begin()
    start.until_page(UnlockPage)
    assert start.app
    start.app.keys.types = {SlotType.PASSPHRASE: made, SlotType.RECOVERY: made}
    page = start.window.full_page
    assert isinstance(page, UnlockPage)
    page.secret_given.emit("correct horse")
    start.qtbot.waitUntil(lambda: bool(start.page and words in start.page.notice.text))
    start.close()


# What is said afterwards ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (News.RESTORED, "Your chats are restored from the backup."),
        (News.KEY_CHANGED, "The vault's key was changed."),
    ],
)
def test_what_was_done_is_said(qtbot: QtBot, profile: Profile, news: News, words: str) -> None:
    """Once, calmly, when the new process has its window."""
    start = SlowStart(qtbot, profile, Resumption(LockReason.RESTART, news=news))
    start.may_build.set()
    start.begin()
    start.qtbot.waitUntil(lambda: bool(start.page and words in start.page.notice.text))
    start.close()


def test_an_erased_vault_is_said_on_the_welcome_page(qtbot: QtBot, profile: Profile) -> None:
    """A quiet line: there is nothing else left."""
    start = SlowStart(qtbot, profile, Resumption(LockReason.RESTART, news=News.ERASED))
    start.exists = False
    start.may_build.set()
    start.begin()
    start.until_page(WelcomePage)
    assert start.window.full_page
    assert News.ERASED.words in texts(start.window.full_page)
    start.close()


# Killed after a lock ----------------------------------------------------------------------


def test_locked_by_a_process_that_was_killed(qtbot: QtBot, profile: Profile) -> None:
    """The passphrase is asked for at once, the keyring not offered, the model not loaded."""
    start = SlowStart(qtbot, profile)
    start.locked = True
    start.may_build.set()
    start.begin()
    start.until_page(UnlockPage)
    assert start.app
    assert start.app.opened == []
    assert start.app.warmed == 0
    page = start.window.full_page
    assert isinstance(page, UnlockPage)
    names = [button.accessibleName() for button in page.findChildren(type(page.main))]
    assert "Ask the keyring again" not in names
    page.secret_given.emit("correct horse")
    start.qtbot.waitUntil(lambda: start.page is not None)
    assert start.app.warmed == 1
    start.close()
