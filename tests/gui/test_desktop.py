"""The window's start and end, with the core's fake behind it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from PySide6.QtCore import Qt, qWarning
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from assistant.access.entrance import VaultStatus
from assistant.app import App
from assistant.errors import HushError, ProfileInUse, ProfileUnusable, WrongPassphrase
from assistant.events import EngineChanged, EngineCondition, EventSink, Notice, RaiseRequested
from assistant.instance import Instance
from assistant.paths import Profile
from assistant.records import FIRST_PRIVATE_ID
from assistant.settings import Settings
from tests.gui.fakes import FakeApp, conversation
from tests.gui.test_locking import FakeSystem
from ui.chat.page import ChatPage
from ui.desktop import Desktop
from ui.door.trouble import TroublePage
from ui.door.unlock import UnlockPage
from ui.holding import hold
from ui.lock.cover import CoverPage
from ui.lock.resumption import LockReason, Resumption
from ui.process import problems_logged, quit_on_signals
from ui.shortcuts import KeysPanel
from ui.theme.style import Theme, system_theme
from ui.theme.tokens import LIGHT
from ui.window import Window
from ui.workplace import Workplace

PASSPHRASE = "correct horse"
CONTROL = Qt.KeyboardModifier.ControlModifier


class Start:
    """A window that is being started, and what its core thread did."""

    def __init__(
        self,
        qtbot: QtBot,
        profile: Profile,
        resumption: Resumption | None = None,
        passphrase: str | None = PASSPHRASE,
    ) -> None:
        self.qtbot = qtbot
        self.app: FakeApp | None = None
        self.built = threading.Event()
        self.built_on: list[str] = []
        self.problem: HushError | None = None
        self.settings = Settings()
        self.ways: tuple[str, ...] = ("passphrase",)
        self.open_problems: list[HushError] = []
        self.holds = ExitStack()
        self.window = Window(Theme(LIGHT))
        qtbot.addWidget(self.window)
        self.system = FakeSystem()
        self.replaced: list[Sequence[str]] = []
        self.desktop = Desktop(
            self.window,
            profile,
            self.holds,
            passphrase,
            self._build,
            resumption=resumption,
            watch=self.system.watch,
            become=self.replaced.append,
        )
        self.window.show()

    def _build(self, _: Profile, sink: EventSink) -> App:
        self.built_on.append(threading.current_thread().name)
        if self.problem:
            raise self.problem
        self.app = FakeApp(sink)
        self.app.settings = self.settings
        self.app.status = VaultStatus(True, self.ways, "", "")
        self.app.open_problems = self.open_problems
        sink(Notice("Said before there was a window."))
        self.built.set()
        return self.app.as_app

    def close(self) -> None:
        """End it."""
        self.desktop.close()
        self.holds.close()

    @property
    def workplace(self) -> Workplace:
        """The furnished window's inner side."""
        workplace = self.desktop.workplace
        assert workplace
        return workplace

    @property
    def page(self) -> ChatPage | None:
        """The chat page, once it is there."""
        return self.window.findChild(ChatPage)


@pytest.fixture
def start(qtbot: QtBot, profile: Profile) -> Iterator[Start]:
    """A window over an empty profile."""
    start = Start(qtbot, profile)
    yield start
    start.close()


def test_from_paint_to_chat(start: Start, profile: Profile) -> None:
    """The core is built on a thread, the vault opened, the places put in, the model loaded."""
    start.desktop.start(hold(profile, start.holds))
    assert start.page is None
    start.qtbot.waitUntil(lambda: start.page is not None)
    assert start.built_on == ["window_0"]
    assert start.app
    assert start.app.opened == [("correct horse", False)]
    assert start.app.warmed == 1
    assert start.app.indexed == 1
    start.qtbot.waitUntil(lambda: "Loading" in start.window.status.text)


def test_what_came_early_is_not_lost(start: Start, profile: Profile) -> None:
    """A notice from before the window was furnished is shown in it."""
    start.desktop.start(hold(profile, start.holds))
    start.qtbot.waitUntil(lambda: start.page is not None)
    assert start.page
    assert start.page.notice.text == "Said before there was a window."


def test_the_model_is_told_of_before_the_vault_is_open(start: Start, profile: Profile) -> None:
    """The status line speaks while a passphrase is still being asked for."""
    start.open_problems = [WrongPassphrase("This passphrase opens nothing.")]
    start.desktop.start(hold(profile, start.holds))
    start.qtbot.waitUntil(lambda: isinstance(start.window.full_page, UnlockPage))
    assert start.app
    start.app.sink(EngineChanged(EngineCondition.WARM, "SmolLM2 135M"))
    start.qtbot.waitUntil(lambda: "Warm" in start.window.status.text)


@pytest.mark.qt_log_ignore("This plugin does not support")  # raising, on the offscreen platform
def test_a_second_start_raises_the_window(start: Start, profile: Profile) -> None:
    """The event brings the window forward, whatever had become of it."""
    start.desktop.start(hold(profile, start.holds))
    start.qtbot.waitUntil(lambda: start.app is not None)
    start.window.showMinimized()
    assert start.app
    start.app.sink(RaiseRequested())
    start.qtbot.waitUntil(lambda: not start.window.isMinimized())


def test_a_profile_in_use(start: Start, profile: Profile) -> None:
    """A page says so; when the other one has ended, trying again goes on."""
    other = Instance(profile)
    start.desktop.start(ProfileInUse("Hush is already open with this profile."))
    assert isinstance(start.window.full_page, TroublePage)
    first = start.window.full_page
    first.retry_wanted.emit()
    start.qtbot.waitUntil(lambda: start.window.full_page is not first)
    assert isinstance(start.window.full_page, TroublePage)
    other.release()
    start.window.full_page.retry_wanted.emit()
    start.qtbot.waitUntil(lambda: start.page is not None)
    with pytest.raises(ProfileInUse):
        Instance(profile)


def test_a_core_that_cannot_be_built(start: Start, profile: Profile) -> None:
    """A page says why."""
    start.problem = ProfileUnusable("Hush cannot write there.")
    start.desktop.start(hold(profile, start.holds))
    start.qtbot.waitUntil(lambda: isinstance(start.window.full_page, TroublePage))


def test_it_starts_once(start: Start, profile: Profile) -> None:
    """The first paint and the wait for it may both come."""
    held = hold(profile, start.holds)
    start.desktop.start(held)
    start.desktop.start(held)
    start.qtbot.waitUntil(lambda: start.page is not None)
    assert start.built_on == ["window_0"]


def test_closing_closes_the_core(qtbot: QtBot, profile: Profile) -> None:
    """And lets the profile go."""
    start = Start(qtbot, profile)
    start.desktop.start(hold(profile, start.holds))
    qtbot.waitUntil(lambda: start.page is not None)
    start.close()
    assert start.app
    assert start.app.closed
    Instance(profile).release()


def test_closing_before_the_core_was_heard_of(qtbot: QtBot, profile: Profile) -> None:
    """A window closed in its first moment leaves nothing running either."""
    start = Start(qtbot, profile)
    start.desktop.start(hold(profile, start.holds))
    assert start.built.wait(5)
    start.close()
    assert start.app
    assert start.app.closed
    assert start.page is None


def test_the_keys_are_shown_from_the_first_moment(start: Start) -> None:
    """F1 and quitting need no vault."""
    start.qtbot.waitUntil(start.window.isActiveWindow)
    start.qtbot.keyClick(start.window, Qt.Key.Key_F1)
    assert start.window.findChild(KeysPanel).isVisible()


def test_the_systems_theme_is_followed(start: Start, profile: Profile) -> None:
    """With the person's own reading size."""
    start.desktop.start(hold(profile, start.holds))
    start.qtbot.waitUntil(lambda: start.page is not None)
    assert start.app
    start.app.settings = Settings(reading_size=20)
    start.desktop.follow_system()
    assert start.window.theme == system_theme(20)


def test_the_reading_size_holds_from_the_start(start: Start, profile: Profile) -> None:
    """It is a setting: the window opens with it."""
    start.settings = Settings(reading_size=30)
    start.desktop.start(hold(profile, start.holds))
    start.qtbot.waitUntil(lambda: start.page is not None)
    assert start.page
    assert start.page.composer.field.font().pixelSize() == 30


# Locking ----------------------------------------------------------------------------------


@pytest.fixture
def at_work(start: Start, profile: Profile) -> Start:
    """An open vault with one chat on the page, and something half-written below it."""
    start.desktop.start(hold(profile, start.holds))
    start.qtbot.waitUntil(lambda: start.page is not None)
    assert start.app
    assert start.page
    start.app.conversations.add(conversation(7, "Packing list"))
    start.workplace.chat.open(7)
    start.qtbot.waitUntil(lambda: start.workplace.chat.conversation_id == 7)
    start.page.composer.set_text("half a thought")
    start.app.drafts.saved.clear()
    return start


def words_of(start: Start) -> list[str]:
    """The new process's arguments."""
    start.qtbot.waitUntil(lambda: bool(start.replaced))
    command = list(start.replaced[0])
    return command[command.index("--profile") :]


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        (lambda start: start.qtbot.keyClick(start.window, Qt.Key.Key_L, CONTROL), "by-hand"),
        (lambda start: start.window.rail.lock_button.click(), "by-hand"),
        (lambda start: start.system.on_lock("sleep"), "sleep"),
        (lambda start: start.system.on_lock("screen-locked"), "screen-locked"),
    ],
    ids=["key", "mouse", "sleep", "screen"],
)
def test_locking(
    at_work: Start, profile: Profile, lock: Callable[[Start], object], reason: str
) -> None:
    """Cover, draft, core closed, a new process at the same place: nothing of the old one stays."""
    at_work.qtbot.waitUntil(at_work.window.isActiveWindow)
    lock(at_work)
    assert at_work.app
    assert isinstance(at_work.window.full_page, CoverPage)
    assert at_work.window.full_page.isVisible()
    assert at_work.app.drafts.saved == [(7, "half a thought")]
    assert words_of(at_work)[:3] == ["--profile", str(profile.root), f"--after={reason}"]
    assert words_of(at_work)[-1] == "--open=7"
    assert at_work.app.closed
    at_work.qtbot.waitUntil(lambda: at_work.page is None)  # deleted, with all it held


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
@pytest.mark.parametrize("kind", ["dialog", "panel", "menu"])
def test_the_key_holds_everywhere(at_work: Start, kind: str) -> None:
    """Also where the window's other keys do not."""
    in_front: QWidget | None
    if kind == "dialog":
        in_front = dialog = QDialog(at_work.window)
        dialog.open()
    elif kind == "panel":
        KeysPanel(at_work.window).open_centred()
        in_front = at_work.window.focusWidget()
    else:
        in_front = menu = QMenu(at_work.window)
        menu.addAction("Rename")
        menu.popup(at_work.window.pos())
    at_work.qtbot.keyClick(in_front, Qt.Key.Key_L, CONTROL)
    assert isinstance(at_work.window.full_page, CoverPage)
    assert words_of(at_work)[2] == "--after=by-hand"


def test_what_comes_after_locking_goes_nowhere(at_work: Start) -> None:
    """The core still answers while it closes; whom it answers is gone, and nothing breaks."""
    assert at_work.app
    at_work.app.conversations.hold()
    at_work.workplace.chat.open(7)
    at_work.desktop.lock()
    at_work.qtbot.waitUntil(lambda: at_work.page is None)
    status = at_work.window.status.text
    at_work.app.conversations.release()
    at_work.app.sink(EngineChanged(EngineCondition.WARM, "SmolLM2 135M"))
    QApplication.processEvents()
    assert at_work.window.status.text == status
    at_work.desktop.follow_system()


def test_it_locks_once(at_work: Start) -> None:
    """However many reasons come together."""
    at_work.desktop.lock()
    at_work.desktop.lock(LockReason.SLEEP)
    at_work.desktop.restart()
    assert words_of(at_work)[2] == "--after=by-hand"
    assert len(at_work.replaced) == 1


def test_no_argument_is_a_secret(at_work: Start) -> None:
    """Neither passphrase nor text stands where every process can read it."""
    at_work.desktop.lock()
    words_of(at_work)
    line = " ".join(at_work.replaced[0])
    assert "correct horse" not in line
    assert "half" not in line
    assert "Packing" not in line


def test_a_private_chat_ends_with_the_lock(at_work: Start) -> None:
    """It is not asked for again: it will be gone."""
    assert at_work.app
    assert at_work.page
    at_work.app.conversations.add(conversation(FIRST_PRIVATE_ID + 3))
    at_work.workplace.chat.open(FIRST_PRIVATE_ID + 3)
    at_work.qtbot.waitUntil(lambda: at_work.workplace.chat.conversation_id != 7)
    at_work.app.drafts.saved.clear()
    at_work.page.composer.set_text("a secret")
    at_work.desktop.lock()
    assert not [word for word in words_of(at_work) if word.startswith("--open")]
    assert at_work.app.drafts.saved == []


def test_nothing_to_lock(qtbot: QtBot, profile: Profile) -> None:
    """Where no vault is open the page stays as it is."""
    start = Start(qtbot, profile, passphrase=None)
    start.desktop.start(hold(profile, start.holds))
    qtbot.waitUntil(lambda: isinstance(start.window.full_page, UnlockPage))
    qtbot.waitUntil(start.window.isActiveWindow)
    qtbot.keyClick(start.window, Qt.Key.Key_L, CONTROL)
    assert isinstance(start.window.full_page, UnlockPage)
    start.close()
    assert start.replaced == []


def test_starting_anew(at_work: Start) -> None:
    """After keys or files were replaced: nothing is locked, and nothing opened again."""
    at_work.desktop.restart()
    assert words_of(at_work)[2] == "--after=restart"
    assert not [word for word in words_of(at_work) if word.startswith("--open")]


def test_closing_the_window_while_it_locks(qtbot: QtBot, profile: Profile) -> None:
    """The core is closed, and no new process comes."""
    start = Start(qtbot, profile)
    start.desktop.start(hold(profile, start.holds))
    qtbot.waitUntil(lambda: start.page is not None)
    assert start.app
    may_close = threading.Event()
    start.app.on_close = lambda: may_close.wait(60)
    start.desktop.lock()
    threading.Timer(0.05, may_close.set).start()
    start.close()
    assert start.app.closed
    assert start.replaced == []


def test_closing_keeps_the_draft(at_work: Start) -> None:
    """Without a lock, too."""
    assert at_work.app
    at_work.desktop.close()
    assert at_work.app.drafts.saved == [(7, "half a thought")]


def test_after_a_lock(qtbot: QtBot, profile: Profile) -> None:
    """Cover from the first moment, then the way in; then what was open, with its draft."""
    before = Resumption(LockReason.IDLE, conversation_id=7)
    start = Start(qtbot, profile, before, passphrase=None)
    assert isinstance(start.window.full_page, CoverPage)
    start.desktop.start(hold(profile, start.holds))
    qtbot.waitUntil(lambda: isinstance(start.window.full_page, UnlockPage))
    unlock = start.window.full_page
    assert isinstance(unlock, UnlockPage)
    assert "Locked after 10 minutes without a key." in texts(unlock)
    assert start.app
    assert start.app.warmed == 0
    start.app.conversations.add(conversation(7, "Packing list"))
    start.app.drafts.texts[7] = "half a thought"
    unlock.secret_given.emit("correct horse")
    qtbot.waitUntil(lambda: start.page is not None)
    qtbot.waitUntil(lambda: start.workplace.chat.conversation_id == 7)
    assert start.page
    assert start.page.composer.text == "half a thought"
    assert start.app.warmed == 1
    start.close()


def test_after_a_restart(qtbot: QtBot, profile: Profile) -> None:
    """It was not locked: whatever opens by itself does."""
    start = Start(qtbot, profile, Resumption(LockReason.RESTART), passphrase=None)
    start.ways = ("keyring", "passphrase")
    start.desktop.start(hold(profile, start.holds))
    qtbot.waitUntil(lambda: start.page is not None)
    assert start.app
    assert start.app.opened == [(None, False)]
    start.close()


def test_after_a_lock_a_terminal_was_quicker(qtbot: QtBot, profile: Profile) -> None:
    """A short-lived process that took the profile in between is waited for."""
    start = Start(qtbot, profile, Resumption(LockReason.IDLE), passphrase=None)
    other = Instance(profile)
    start.desktop.start(ProfileInUse("Hush is already open with this profile."))
    assert isinstance(start.window.full_page, CoverPage)
    other.release()
    qtbot.waitUntil(lambda: isinstance(start.window.full_page, UnlockPage))
    start.close()


def test_after_a_lock_a_window_was_quicker(qtbot: QtBot, profile: Profile) -> None:
    """A second start that has the profile by now shows its window, and this one ends."""
    start = Start(qtbot, profile, Resumption(LockReason.IDLE), passphrase=None)
    raised = threading.Event()
    other = Instance(profile)
    other.listen(raised.set)
    start.desktop.start(ProfileInUse("Hush is already open with this profile."))
    qtbot.waitUntil(lambda: not start.window.isVisible())
    assert raised.is_set()
    start.close()
    other.release()


def texts(page: QWidget) -> list[str]:
    """What stands on a page."""
    return [label.text() for label in page.findChildren(QLabel)]


# The process ------------------------------------------------------------------------------


def test_qts_warnings_are_logged_by_category(caplog: pytest.LogCaptureFixture) -> None:
    """What they say may name a file, so it is not written down."""
    with caplog.at_level(logging.INFO), problems_logged(lambda _: None):
        qWarning("cannot open /home/ada/secret.md")
    assert "qt.message kind=QtWarningMsg category=default" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.logs_problems
def test_bugs_are_logged_by_place_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """The person gets a sentence; the log gets the line, and nothing that was said."""
    told: list[str] = []
    with problems_logged(told.append):
        error = ValueError("what the person wrote")
        sys.excepthook(ValueError, error, None)
    assert len(told) == 1
    assert "ValueError" in caplog.text
    assert "wrote" not in caplog.text + told[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_close_the_window(qtbot: QtBot, number: signal.Signals) -> None:
    """Qt's loop hears them, and what was there before comes back."""
    before = signal.getsignal(number)
    closed: list[bool] = []
    with quit_on_signals(lambda: closed.append(True)):
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: closed == [True])
    assert signal.getsignal(number) == before
