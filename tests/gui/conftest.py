"""The furnished window over the core's fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.gui.bench import Bench


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
        host.show()
        qtbot.waitActive(host)

    return show
