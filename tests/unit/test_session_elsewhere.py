"""The logic of macOS's and Windows's watches; their system calls were not run here."""

from __future__ import annotations

import queue
import time

from assistant.machine.session_macos import ScreenPoll, seconds_asleep
from assistant.machine.session_watch import SCREEN_LOCKED, SLEEP, Watch
from assistant.machine.session_windows import SessionWindow, reason_of
from tests.gnome_keyring import DEADLINE


def test_screen_is_polled_for_changes() -> None:
    """A screen that was locked at the start, or stays so, is no news; a gap in time is sleep."""
    screens = iter([True, True, False, True, True, False])
    asleep = iter([0.0, 0.0, 0.0, 0.5, 3600.0, 3600.0])
    heard: queue.Queue[str] = queue.Queue()
    poll = ScreenPoll(
        heard.put,
        lambda: lambda: next(screens, False),
        lambda: next(asleep, 3600.0),
        seconds=0.001,
    )
    with Watch([poll]) as watch:
        watch.locked()
        assert [heard.get(timeout=DEADLINE) for _ in range(2)] == [SCREEN_LOCKED, SLEEP]
    assert heard.empty()


def test_missing_frameworks_end_the_watch_quietly() -> None:
    """As here, where there is no macOS."""
    ScreenPoll(lambda _: None).run()
    assert seconds_asleep() < time.monotonic()


def test_windows_messages() -> None:
    """Lock and suspend count; unlock, resume and everything else do not."""
    assert reason_of(0x02B1, 0x7) == SCREEN_LOCKED
    assert reason_of(0x0218, 0x4) == SLEEP
    assert [reason_of(*other) for other in ((0x02B1, 0x8), (0x0218, 0x12), (0x0010, 0x7))] == [
        ""
    ] * 3


def test_window_source_does_nothing_elsewhere() -> None:
    """It ends by itself where there is no Windows."""
    with Watch([SessionWindow(lambda _: None)]) as watch:
        watch.locked()
