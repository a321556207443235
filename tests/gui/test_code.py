"""Code blocks: coloured by a worker, copied as they were written, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.conversations import (
    WIDTH,
    answer,
    thread_pool,
    tools,
    view_of,
)
from ui.chat.code import MAX_LINE_CHARACTERS, MAX_LINES, CodeView
from ui.chat.colourist import Colourist
from ui.chat.message import MessageView
from ui.theme.tokens import LIGHT


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    """Where the messages of a test stand."""
    widget = QWidget()
    widget.resize(WIDTH + 100, 800)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def shown(view: MessageView) -> list[str]:
    """The text of each segment as it stands on the screen."""
    segments = view.body.segments
    return [(s.body if isinstance(s, CodeView) else s).toPlainText() for s in segments]


def code(view: MessageView, place: int = 0) -> CodeView:
    """One segment of code."""
    return [segment for segment in view.body.segments if isinstance(segment, CodeView)][place]


def test_code_is_coloured(qtbot: QtBot, page: QWidget, pool: Executor) -> None:
    """The colours come from a worker, a moment later."""
    view = view_of(answer(1, "```python\n# why\nx = 1\n```"), tools(pool), page)
    line = code(view).body.document().firstBlock().layout()
    assert line.formats() == []
    qtbot.waitUntil(lambda: bool(line.formats()))
    (comment,) = line.formats()
    assert comment.format.foreground().color().name() == LIGHT.quiet


@pytest.mark.parametrize("language", ["", "klingon"])
def test_unknown_code_is_plain(page: QWidget, pool: Executor, language: str) -> None:
    """No language is guessed, and no worker is troubled."""
    view = view_of(answer(1, f"```{language}\nx = 1\n```"), tools(pool), page)
    assert code(view).findChild(Colourist) is None


def test_code_that_goes_while_it_is_read(qtbot: QtBot, page: QWidget, pool: Executor) -> None:
    """A result that comes too late is dropped."""
    view = view_of(answer(1, "```python\n" + "x = 1\n" * 2_000 + "```"), tools(pool), page)
    with qtbot.waitSignal(view.destroyed):
        view.deleteLater()
    pool.shutdown()
    QApplication.processEvents()


def test_code_while_hush_closes(page: QWidget, pool: Executor) -> None:
    """The pool may be gone before the window is: the code stays plain."""
    pool.shutdown()
    view = view_of(answer(1, "```python\nx = 1\n```"), tools(pool), page)
    assert shown(view) == ["x = 1"]


def test_code_is_copied_as_it_was_written(page: QWidget, pool: Executor) -> None:
    """The button takes the source: long lines whole, invisible characters as they were."""
    source = "a\u200b\n" + "x" * (MAX_LINE_CHARACTERS + 5)
    view = view_of(answer(1, f"```\n{source}\n```"), tools(pool), page)
    assert shown(view)[0].splitlines() == ["a⟨U+200B⟩", "x" * MAX_LINE_CHARACTERS, "x" * 5]
    code(view).copy_button.click()
    assert QApplication.clipboard().text() == source
    assert code(view).copy_button.text() == "Copied"


def test_endless_code_is_drawn_in_part(page: QWidget, pool: Executor) -> None:
    """2,000 lines are shown; a line says so, and a copy has all of them."""
    source = "\n".join(map(str, range(MAX_LINES + 500)))
    view = view_of(answer(1, f"```\n{source}\n```"), tools(pool), page)
    assert len(shown(view)[0].splitlines()) == MAX_LINES
    labels = [label.text() for label in code(view).findChildren(QLabel) if not label.isHidden()]
    assert "Only the first 2,000 lines are shown. Copy takes all." in labels
    assert code(view).source == source
