"""The furnished window over the core's fakes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.bench import Bench


class PatientBot(QtBot):
    """Waits as long as a busy machine may need; a test that fails is no sooner right."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 60_000) -> None:  # noqa: N802 - pytest-qt's name
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, *args: Any, timeout: int = 60_000, **options: Any) -> Any:  # noqa: N802 - pytest-qt's name
        return super().waitSignal(*args, timeout=timeout, **options)

    def waitActive(self, widget: QWidget, *, timeout: int = 60_000) -> Any:  # noqa: N802 - pytest-qt's name
        return super().waitActive(widget, timeout=timeout)

    def waitExposed(self, widget: QWidget, *, timeout: int = 60_000) -> Any:  # noqa: N802 - pytest-qt's name
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's bot, with more patience."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Collect a test's windows on their own thread, at its end.

    Any thread may collect cycles. A window that another one takes apart ends the process.
    """
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Leave nothing on the clipboard: a QMimeData there at the very end is freed twice."""
    yield
    qapp.clipboard().clear()


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    """A shown window with two chats in its list."""
    bench = Bench(qtbot)
    yield bench
    bench.close()


@pytest.fixture
def show_alone(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Shows a widget in a bare window.

    The window has no layout: the offscreen platform warns of windows that change their hints.
    """
    host = QWidget()
    host.resize(700, 500)
    qtbot.addWidget(host)

    def show(widget: QWidget) -> None:
        widget.setParent(host)
        widget.resize(host.size())
        widget.show()
        with qtbot.waitActive(host):
            host.show()

    return show
