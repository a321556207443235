"""A row of buttons that wraps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ui.controls import TextButton
from ui.flow import FlowLayout


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    """Three buttons in a row."""
    host = QWidget()
    qtbot.addWidget(host)
    flow = FlowLayout(host)
    for name in ("Restore this backup", "Try again", "Quit"):
        flow.addWidget(TextButton(name, "outlined"))
    return host


def buttons(row: QWidget, width: int) -> list[QRect]:
    """Where the buttons stand at a width."""
    flow = row.layout()
    assert flow
    flow.setGeometry(QRect(0, 0, width, flow.heightForWidth(width)))
    return [button.geometry() for button in row.findChildren(TextButton)]


def test_one_line_where_it_fits(row: QWidget) -> None:
    """Side by side, in the middle of the line."""
    flow = row.layout()
    assert flow
    places = buttons(row, flow.sizeHint().width())
    assert len({place.center().y() for place in places}) == 1
    assert flow.heightForWidth(flow.sizeHint().width()) == flow.sizeHint().height()


def test_more_lines_where_it_does_not(row: QWidget) -> None:
    """Nothing overlaps, nothing stands outside, and the height that was told is enough."""
    flow = row.layout()
    assert flow
    for width in range(flow.minimumSize().width(), flow.sizeHint().width()):
        places = buttons(row, width)
        area = QRect(0, 0, width, flow.heightForWidth(width))
        assert all(area.contains(place) for place in places)
        for place, following in pairwise(places):
            assert not place.intersects(following)
    assert buttons(row, flow.minimumSize().width())[1].y() > 0


def test_hidden_buttons_take_no_room(row: QWidget) -> None:
    """As if they were not there."""
    flow = row.layout()
    assert flow
    before = flow.sizeHint().width()
    row.findChildren(TextButton)[1].hide()
    assert flow.sizeHint().width() < before
    for button in row.findChildren(TextButton):
        button.hide()
    assert flow.heightForWidth(100) == 0


def test_buttons_can_be_taken_out(row: QWidget) -> None:
    """As Qt does when it takes a layout down."""
    flow = row.layout()
    assert flow
    while flow.count():
        assert flow.takeAt(0)
    assert flow.takeAt(0) is None
    assert flow.itemAt(0) is None


def test_a_row_follows_its_buttons(row: QWidget) -> None:
    """One that is hidden, shown again, or gone changes the height; so do other words."""
    flow = row.layout()
    assert flow
    width = flow.minimumSize().width()
    whole = flow.heightForWidth(width)
    first = row.findChildren(TextButton)[0]
    first.hide()
    assert flow.heightForWidth(width) < whole
    first.show()
    assert flow.heightForWidth(width) == whole
    flow.removeWidget(first)
    assert flow.heightForWidth(width) < whole
    flow.addWidget(first)
    assert flow.heightForWidth(width) == whole
    before = flow.sizeHint().width()
    first.set_words("Quit, and come back tomorrow")
    assert flow.sizeHint().width() > before
