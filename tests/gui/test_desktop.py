"""The window's start and end, with the core's fake behind it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from PySide6.QtCore import Qt, qWarning
from pytestqt.qtbot import QtBot

from assistant.app import App
from assistant.entrance import VaultStatus
from assistant.errors import HushError, ProfileInUse, ProfileUnusable, WrongPassphrase
from assistant.events import EngineChanged, EngineCondition, EventSink, Notice, RaiseRequested
from assistant.instance import Instance
from assistant.paths import Profile
from assistant.settings import Settings
from tests.gui.fakes import FakeApp
from ui.chat.page import ChatPage
from ui.desktop import Desktop, hold
from ui.process import problems_logged, quit_on_signals
from ui.shortcuts import KeysPanel
from ui.theme.style import Theme, system_theme
from ui.theme.tokens import LIGHT
from ui.trouble import TroublePage
from ui.unlock import UnlockPage
from ui.window import Window


class Start:
    """A window that is being started, and what its core thread did."""

    def __init__(self, qtbot: QtBot, profile: Profile) -> None:
        self.qtbot = qtbot
        self.app: FakeApp | None = None
        self.built = threading.Event()
        self.built_on: list[str] = []
        self.problem: HushError | None = None
        self.settings = Settings()
        self.open_problems: list[HushError] = []
        self.holds = ExitStack()
        self.window = Window(Theme(LIGHT))
        qtbot.addWidget(self.window)
        self.desktop = Desktop(self.window, profile, self.holds, "correct horse", self._build)
        self.window.show()

    def _build(self, _: Profile, sink: EventSink) -> App:
        self.built_on.append(threading.current_thread().name)
        if self.problem:
            raise self.problem
        self.app = FakeApp(sink)
        self.app.settings = self.settings
        self.app.status = VaultStatus(True, ("passphrase",), "", "")
        self.app.open_problems = self.open_problems
        sink(Notice("Said before there was a window."))
        self.built.set()
        return self.app.as_app

    def close(self) -> None:
        """End it."""
        self.desktop.close()
        self.holds.close()

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
    start.qtbot.waitActive(start.window)
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
