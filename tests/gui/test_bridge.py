"""The crossing from core threads to the GUI thread."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.errors import Bug, HushError, NotFound
from assistant.events import Event, Notice, ReplyText
from ui.bridge import BUDGET_SECONDS, Bridge


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def collected(bridge: Bridge) -> list[Event]:
    """Everything the bridge hands over from now on."""
    events: list[Event] = []
    bridge.received.connect(events.append)
    return events


def text(run: int, words: str) -> ReplyText:
    """A bit of a reply."""
    return ReplyText(run, 1, 10 + run, words, 1)


def test_events_cross_in_order(qtbot: QtBot) -> None:
    """What a core thread publishes arrives on the GUI thread, in its order."""
    bridge = Bridge()
    events = collected(bridge)
    threads: list[QThread] = []
    bridge.received.connect(lambda _: threads.append(QThread.currentThread()))

    def publish() -> None:
        for number in range(500):
            bridge.sink(Notice(str(number)))

    thread = threading.Thread(target=publish)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(events) == 500)
    assert [event.text for event in events if isinstance(event, Notice)] == [
        str(number) for number in range(500)
    ]
    assert set(threads) == {QApplication.instance().thread()}


def test_sink_returns_before_delivery(qtbot: QtBot) -> None:
    """Publishing on the GUI thread itself does not call anybody back from inside."""
    bridge = Bridge()
    events = collected(bridge)
    bridge.sink(Notice("later"))
    assert events == []
    qtbot.waitUntil(lambda: len(events) == 1)


def test_text_of_one_reply_is_joined(qtbot: QtBot) -> None:
    """Bits that lie next to each other are drawn in one go; nothing changes its order."""
    bridge = Bridge()
    events = collected(bridge)
    published = [text(1, "a"), text(1, "b"), text(2, "c"), Notice("n"), text(2, "d"), text(2, "e")]
    for event in published:
        bridge.sink(event)
    qtbot.waitUntil(lambda: not bridge.is_busy)
    assert events == [
        ReplyText(1, 1, 11, "ab", 2),
        text(2, "c"),
        Notice("n"),
        ReplyText(2, 1, 12, "de", 2),
    ]


def test_a_batch_ends_with_its_budget(qtbot: QtBot) -> None:
    """Slow receivers spread over several batches; the event loop turns between them."""
    clock = Clock()
    bridge = Bridge(clock)
    events = collected(bridge)
    bridge.received.connect(lambda _: setattr(clock, "seconds", clock() + BUDGET_SECONDS / 2))
    sizes: list[int] = []
    for number in range(5):
        bridge.sink(Notice(str(number)))
    timer = bridge.findChild(QTimer)
    timer.timeout.connect(lambda: sizes.append(len(events)))
    QApplication.processEvents()
    assert len(events) == 2
    qtbot.waitUntil(lambda: len(events) == 5)
    assert sizes[:2] == [4, 5]


def test_nothing_runs_while_nothing_arrives(qtbot: QtBot) -> None:
    """The timer stops after a burst, and the next event starts it again."""
    bridge = Bridge()
    events = collected(bridge)
    timer = bridge.findChild(QTimer)
    assert not timer.isActive()
    for number in (1, 2):
        bridge.sink(Notice("hello"))
        qtbot.waitUntil(lambda number=number: len(events) == number)
        qtbot.waitUntil(lambda: not timer.isActive())


def test_outcomes_keep_their_place_among_events(qtbot: QtBot) -> None:
    """A future that is done between two events is delivered between them."""
    bridge = Bridge()
    order: list[str] = []
    bridge.received.connect(lambda event: order.append(event.text))
    future: Future[str] = Future()
    bridge.then(future, order.append, lambda _: order.append("error"))
    bridge.sink(Notice("before"))
    future.set_result("result")
    bridge.sink(Notice("after"))
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == ["before", "result", "after"]


def test_an_error_reaches_its_handler(qtbot: QtBot) -> None:
    """A ``HushError`` is handed over as it is."""
    bridge = Bridge()
    errors: list[HushError] = []
    error = NotFound("There is none.")
    future: Future[str] = Future()
    bridge.then(future, lambda _: errors.clear(), errors.append)
    future.set_exception(error)
    qtbot.waitUntil(lambda: errors == [error])


@pytest.mark.logs_problems
def test_another_exception_is_logged_without_its_words(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug becomes a ``Bug``; what the exception says is nowhere."""
    bridge = Bridge()
    errors: list[HushError] = []
    future: Future[str] = Future()
    bridge.then(future, lambda _: errors.clear(), errors.append)
    future.set_exception(ValueError("a secret"))
    qtbot.waitUntil(lambda: len(errors) == 1)
    assert isinstance(errors[0], Bug)
    assert "secret" not in errors[0].sentence
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_a_cancelled_future_is_silent(qtbot: QtBot) -> None:
    """Neither handler is called: nobody waits any more."""
    bridge = Bridge()
    calls: list[object] = []
    future: Future[str] = Future()
    bridge.then(future, calls.append, calls.append)
    future.cancel()
    bridge.received.connect(calls.append)
    bridge.sink(Notice("last"))
    qtbot.waitUntil(lambda: len(calls) == 1)
    assert calls == [Notice("last")]


def test_one_bad_receiver_does_not_stop_the_rest(qtbot: QtBot) -> None:
    """An exception in a delivery costs that delivery alone."""
    bridge = Bridge()
    events = collected(bridge)
    future: Future[str] = Future()
    bridge.then(future, lambda _: [][1], lambda _: None)
    with qtbot.capture_exceptions() as exceptions:
        future.set_result("x")
        bridge.sink(Notice("still here"))
        qtbot.waitUntil(lambda: len(events) == 1)
    assert len(exceptions) == 1
