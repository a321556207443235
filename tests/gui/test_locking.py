"""When Hush locks, and what is on the screen from that moment on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from assistant.errors import SettingRefused
from assistant.settings import Settings
from assistant.terminal import parse
from tests.fakes.clock import FakeClock
from tests.gui.bench import Bench
from ui.lock.cover import CoverPage, cover
from ui.lock.locking import IdleWatch, LockTriggers, clock_that_counts_sleep
from ui.lock.resumption import LockReason, Manner, News, Resumption
from ui.shortcuts import KeysPanel
from ui.window import SETTINGS


class Idle:
    """An idle watch over a field, and how often it told."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.clock = FakeClock()
        self.minutes = 10
        self.busy = False
        self.told = 0
        self.field = QLineEdit()
        qtbot.addWidget(self.field)
        self.watch = IdleWatch(lambda: self.minutes, lambda: self.busy, self.clock.elapsed)
        self.watch.idle.connect(self._tell)

    def _tell(self) -> None:
        self.told += 1

    def wait_minutes(self, minutes: float) -> bool:
        """Let time pass and the watch look; whether it told."""
        self.clock.advance(minutes * 60)
        return self.watch.look()


@pytest.fixture
def idle(qtbot: QtBot) -> Iterator[Idle]:
    """Ten minutes."""
    idle = Idle(qtbot)
    yield idle
    idle.watch.close()


def test_a_while_without_a_key(idle: Idle) -> None:
    """Then it tells, once."""
    assert not idle.wait_minutes(9.9)
    assert idle.wait_minutes(0.1)
    assert idle.told == 1


@pytest.mark.parametrize(
    "touch",
    [
        lambda idle: idle.qtbot.keyClick(idle.field, Qt.Key.Key_A),
        lambda idle: idle.qtbot.mouseClick(idle.field, Qt.MouseButton.LeftButton),
        lambda idle: QApplication.sendEvent(idle.field, QInputMethodEvent("字", [])),
    ],
    ids=["key", "mouse", "input method"],
)
def test_a_touch_begins_anew(idle: Idle, touch: Callable[[Idle], object]) -> None:
    """Whatever it is, also words that an input method composes."""
    assert not idle.wait_minutes(9)
    touch(idle)
    assert not idle.wait_minutes(9)
    assert idle.wait_minutes(1)


def test_painting_is_no_touch(idle: Idle, qtbot: QtBot) -> None:
    """What Hush does by itself is no sign of a person."""
    idle.clock.advance(599)
    with qtbot.waitExposed(idle.field):
        idle.field.show()
    idle.field.setText("written by the model")
    idle.field.repaint()
    assert idle.wait_minutes(0.1)


def test_the_first_touch_after_a_night(idle: Idle) -> None:
    """It locks instead of reaching what is behind: no timer ran while the machine slept."""
    idle.clock.advance(8 * 3600)
    idle.qtbot.keyClick(idle.field, Qt.Key.Key_A)
    assert idle.told == 1
    assert idle.field.text() == ""


def test_an_answer_is_waited_for(idle: Idle) -> None:
    """It tells when the answer has ended, and not before."""
    idle.busy = True
    assert not idle.wait_minutes(30)
    idle.busy = False
    assert idle.wait_minutes(0)


def test_an_answer_that_hangs(idle: Idle) -> None:
    """Puts the lock off for as long as a large model may take to come, not for ever."""
    idle.busy = True
    assert not idle.wait_minutes(249)
    assert idle.wait_minutes(1)


def test_it_looks_by_itself(qtbot: QtBot, idle: Idle) -> None:
    """Nobody has to ask."""
    idle.busy = True
    idle.wait_minutes(30)
    idle.busy = False
    qtbot.waitUntil(lambda: idle.told == 1)


def test_never(idle: Idle) -> None:
    """0 minutes are for ever, until that is changed."""
    idle.minutes = 0
    assert not idle.wait_minutes(1e6)
    idle.minutes = 5
    assert idle.wait_minutes(0)


def test_the_real_clock_goes_on() -> None:
    """It counts seconds."""
    assert 0 < clock_that_counts_sleep() <= clock_that_counts_sleep()


class FakeSystem:
    """A session that locks when the test says so."""

    def __init__(self) -> None:
        self.on_lock: Callable[[str], None] = lambda _: None
        self.closed = False
        self.waits = True  # with sleep, for Hush

    def watch(self, on_lock: Callable[[str], None]) -> FakeSystem:
        """Take the place of ``watch_session``."""
        self.on_lock = on_lock
        return self

    def locked(self) -> None:
        """Hear that there is nothing left to lock."""
        self.waits = False

    def close(self) -> None:
        """Listen no longer."""
        self.closed = True


@pytest.mark.parametrize("reason", [LockReason.SCREEN, LockReason.SLEEP])
def test_the_system_locks(qtbot: QtBot, reason: LockReason) -> None:
    """It calls from a thread of its own; the window hears of it on its own."""
    system = FakeSystem()
    triggers = LockTriggers(lambda: 10, lambda: False, system.watch)
    heard: list[tuple[LockReason, bool]] = []
    gui = threading.current_thread()
    triggers.wanted.connect(lambda r: heard.append((r, threading.current_thread() is gui)))
    for said in (reason.value, "something else", LockReason.RESTART.value):
        caller = threading.Thread(target=system.on_lock, args=(said,))
        caller.start()
        caller.join(60)
    qtbot.waitUntil(lambda: bool(heard))
    QApplication.processEvents()
    assert heard == [(reason, True)]
    triggers.end()
    assert system.closed


def test_idleness_locks(qtbot: QtBot) -> None:
    """With its own reason."""
    clock = FakeClock()
    triggers = LockTriggers(lambda: 1, lambda: False, FakeSystem().watch, clock.elapsed)
    clock.advance(61)
    with qtbot.waitSignal(triggers.wanted) as heard:
        qtbot.keyClick(QWidget(), Qt.Key.Key_Shift)
    assert heard.args == [LockReason.IDLE]
    triggers.end()


def test_its_key_is_heard_in_any_window(qtbot: QtBot) -> None:
    """It reaches nothing else there; other keys do, and after closing it does, too."""
    triggers = LockTriggers(lambda: 10, lambda: False, FakeSystem().watch)
    heard: list[LockReason] = []
    triggers.wanted.connect(heard.append)
    field = QLineEdit()
    qtbot.addWidget(field)
    qtbot.keyClick(field, Qt.Key.Key_L)
    assert (heard, field.text()) == ([], "l")
    qtbot.keyClick(field, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert heard == [LockReason.BY_HAND]
    triggers.end()
    qtbot.keyClick(field, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert heard == [LockReason.BY_HAND]


@pytest.mark.parametrize(
    ("reason", "minutes", "words"),
    [
        (LockReason.IDLE, 10, "Locked after 10 minutes without a key."),
        (LockReason.IDLE, 1, "Locked after a minute without a key."),
        (LockReason.IDLE, 0, "Locked after a while without a key."),
        (LockReason.BY_HAND, 10, ""),
        (LockReason.RESTART, 10, ""),
    ],
)
def test_why(reason: LockReason, minutes: int, words: str) -> None:
    """Said quietly, where the person did not do it."""
    assert reason.words(minutes) == words


@pytest.mark.parametrize(
    "resumption",
    [
        Resumption(LockReason.IDLE),
        Resumption(LockReason.SLEEP, QRect(-40, 12, 900, 600), frozenset(Manner), 7),
        Resumption(LockReason.BY_HAND, QRect(0, 0, 640, 420), frozenset({Manner.MAXIMISED}), 2**40),
        Resumption(LockReason.RESTART, news=News.ERASED),
        Resumption(LockReason.SLEEP, news=News.ROTATING, since=1_750_000_000_000),
    ],
)
def test_what_is_handed_over(resumption: Resumption) -> None:
    """Comes out of the command line as it went in."""
    found = parse(["--profile", "/p", *resumption.arguments])
    assert Resumption.read(found.after, found.geometry, found.open) == resumption


@pytest.mark.parametrize(
    "geometry", ["", "1,2,3", "a,b,c,d", "1,2,0,5", "1,2,-3,5", "9" * 5000, ",,,", "maximised"]
)
def test_a_geometry_that_is_none(geometry: str) -> None:
    """The window opens at its usual place."""
    found = Resumption.read("idle", geometry, None)
    assert found
    assert found.area is None


@pytest.mark.parametrize("word", ["", "whim", "9" * 5000, "-", "restored whim"])
def test_news_that_are_none(word: str) -> None:
    """Nothing is said, and Hush starts."""
    found = Resumption.read(f"restart,{word}", "", None)
    assert found == Resumption(LockReason.RESTART)


def test_no_reason_is_no_resumption() -> None:
    """An ordinary start, or a word that nobody knows."""
    assert Resumption.read("", "1,2,3,4", 5) is None
    assert Resumption.read("whim", "1,2,3,4", 5) is None


def test_none_of_it_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """The help does not speak of it."""
    with pytest.raises(SystemExit):
        parse(["--help"])
    words = capsys.readouterr().out
    assert "--profile" in words
    assert not [option for option in ("--after", "--geometry", "--open") if option in words]


def test_the_window_stands_where_it_stood(qtbot: QtBot) -> None:
    """At the same place in the same size."""
    first, second = QWidget(), QWidget()
    for widget in (first, second):
        qtbot.addWidget(widget)
    first.setGeometry(30, 40, 500, 300)
    first.show()
    Resumption.from_window(first, LockReason.IDLE).place(second)
    assert (second.pos(), second.size()) == (first.pos(), first.size())


def test_another_programs_keyboard_stays_there(qtbot: QtBot) -> None:
    """Who writes elsewhere while Hush locks must not go on in the field for the passphrase."""
    behind, after = QWidget(), QWidget()
    for widget in (behind, after):
        qtbot.addWidget(widget)
    qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is None)
    resumption = Resumption.from_window(behind, LockReason.IDLE)
    assert resumption.manners == {Manner.BEHIND}
    resumption.place(after)
    assert after.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)


@pytest.mark.parametrize(
    ("manner", "is_so"),
    [(Manner.MAXIMISED, QWidget.isMaximized), (Manner.MINIMISED, QWidget.isMinimized)],
)
def test_the_window_comes_as_it_was(
    qtbot: QtBot, manner: Manner, is_so: Callable[[QWidget], bool]
) -> None:
    """A minimised one does not jump up, and one that filled the screen fills it again."""
    first, second = QWidget(), QWidget()
    for widget in (first, second):
        qtbot.addWidget(widget)
    Resumption(LockReason.IDLE, QRect(9, 9, 500, 300), frozenset({manner})).place(first)
    resumption = Resumption.from_window(first, LockReason.IDLE)
    assert manner in resumption.manners
    resumption.place(second)
    assert is_so(second)


def test_a_screen_that_is_gone(qtbot: QtBot) -> None:
    """The size is kept, the place is not: nobody would see the window there."""
    widget = QWidget()
    qtbot.addWidget(widget)
    before = widget.pos()
    Resumption(LockReason.IDLE, QRect(90_000, 90_000, 500, 300)).place(widget)
    assert widget.pos() == before
    assert widget.width() == 500


# The setting ------------------------------------------------------------------------------


def test_after_how_many_minutes(bench: Bench) -> None:
    """Is chosen on the settings page, and holds at once."""
    assert bench.app.settings.lock_minutes == 10
    bench.window.go_to(SETTINGS)
    bench.settings_page.focus_on("lock_minutes")
    bench.type("0")
    bench.press("Return")
    assert bench.app.settings.lock_minutes == 0


@pytest.mark.parametrize("minutes", [-1, 1441, 1.5, True, None, "10"])
def test_minutes_that_are_refused(minutes: object) -> None:
    """With a sentence."""
    with pytest.raises(SettingRefused):
        Settings(lock_minutes=minutes)  # type: ignore[arg-type] # as a settings file may have it


# The cover --------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
def test_the_cover_stands_at_once(bench: Bench) -> None:
    """No turn of the event loop passes: menus, dialogs, panels and tooltips are closed by then."""
    bench.open(1)
    dialog = QDialog(bench.window)
    dialog.open()
    KeysPanel(bench.window).open_centred()
    menu = QMenu(bench.window)
    menu.addAction("Rename")
    menu.popup(bench.window.mapToGlobal(bench.window.rect().center()))
    QToolTip.showText(bench.window.pos(), "Packing list", bench.window)
    cover(bench.window, CoverPage(bench.window.theme, locked=True))
    assert not menu.isVisible()
    assert not dialog.isVisible()
    assert QApplication.activePopupWidget() is None
    assert not any(panel.isVisible() for panel in bench.window.findChildren(KeysPanel))
    assert isinstance(bench.window.full_page, CoverPage)
    assert bench.window.full_page.isVisible()
    assert bench.messages == []
    assert not bench.page.isVisible()


def test_the_cover_says_nothing_of_what_was_written(bench: Bench) -> None:
    """Neither text nor title, to nobody, screen readers included."""
    bench.open(1)
    page = CoverPage(bench.window.theme, locked=True)
    cover(bench.window, page)
    words = [bench.window.windowTitle()]
    for widget in page.findChildren(QWidget):
        words += [widget.accessibleName(), str(widget.property("text") or "")]
    assert not [text for text in words if "Packing" in text or "pack" in text]


def test_whoever_gives_way_hears_of_each_event(qtbot: QtBot) -> None:
    """One filter looks at all events: it tells that there are any, whatever they are."""
    heard: list[bool] = []
    clock = FakeClock()
    watch = IdleWatch(lambda: 10, lambda: False, clock.elapsed, stirred=lambda: heard.append(True))
    field = QLineEdit()
    qtbot.addWidget(field)
    field.setText("a")
    heard.clear()
    QApplication.sendEvent(field, QEvent(QEvent.Type.UpdateRequest))
    assert heard
    watch.close()
    heard.clear()
    QApplication.sendEvent(field, QEvent(QEvent.Type.UpdateRequest))
    assert not heard
