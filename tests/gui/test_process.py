"""The window's process reports its crashes to this machine, and to nobody else."""

from __future__ import annotations

import queue
import sys

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.courtesy import Courtesy
from assistant.paths import Profile
from ui.process import be_let_first, problems_logged, put_window_first

CANARY = "canary-4711"


@pytest.mark.logs_problems
def test_failing_slot_leaves_a_report(qtbot: QtBot, profile: Profile) -> None:
    """The person is told where it lies and that nothing was sent; it says nothing of theirs."""
    told: queue.Queue[str] = queue.Queue()

    def fail() -> None:
        raise ValueError(CANARY)

    with problems_logged(told.put, profile.crashes):
        QTimer.singleShot(0, fail)
        qtbot.waitUntil(lambda: not told.empty())
    words = told.get()
    (report,) = profile.crashes.iterdir()
    assert str(report) in words
    assert "Nothing was sent" in words
    text = report.read_text()
    assert "place window.bug\nthread MainThread\n  ValueError at test_process:" in text
    assert CANARY not in text


@pytest.mark.logs_problems
def test_end_waits_for_the_report(profile: Profile) -> None:
    """What was raised last, just before the window closes, is written all the same."""
    told: list[str] = []
    with problems_logged(told.append, profile.crashes):
        sys.excepthook(ValueError, ValueError(CANARY), None)
    assert len(told) == 1
    assert len(list(profile.crashes.iterdir())) == 1


def test_signal_of_the_last_run_is_told(profile: Profile) -> None:
    """Its raw trace becomes a report, and is gone."""
    profile.crashes.mkdir()
    (profile.crashes / ".fatal-x").write_text(
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n"
        f'  File "/home/{CANARY}/page.py", line 7 in paint\n'
    )
    told: list[str] = []
    with problems_logged(told.append, profile.crashes):
        pass
    (report,) = profile.crashes.iterdir()
    assert "  SIGSEGV at page:7" in report.read_text()
    assert CANARY not in report.read_text()
    assert told[0].startswith("Hush ended unexpectedly the last time")
    assert str(report) in told[0]


def test_interrupt_is_no_crash(qapp: QApplication, profile: Profile) -> None:
    """Ctrl+C in a slot ends the window; there is nothing to report."""
    told: list[str] = []
    with problems_logged(told.append, profile.crashes):
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert told == []
    assert list(profile.crashes.glob("*")) == []


def test_the_window_has_the_interpreter_back_soon() -> None:
    """No thread that computes keeps it for a third of a frame, as Python's default lets it."""
    before = sys.getswitchinterval()
    try:
        put_window_first()
        assert sys.getswitchinterval() <= 0.001
    finally:
        sys.setswitchinterval(before)


def test_threads_go_on_once_the_window_is_at_rest(qapp: QApplication) -> None:
    """It is at work with its first event, and at rest before the loop waits for another."""
    courtesy = Courtesy()
    stirred = be_let_first(courtesy)
    stirred()
    assert not courtesy.is_at_rest
    loop = QEventLoop()
    QTimer.singleShot(1, loop.quit)
    loop.exec()
    assert courtesy.is_at_rest
