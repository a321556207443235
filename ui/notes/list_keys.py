"""Enter, Tab and ticking in the lists of a note, done to its editor."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QTextBlock, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from ui.notes import continuing
from ui.notes.markdown_line import PROSE

_MOST_INDENTED: Final = 1_000  # lines in one go


def go_on_with_list(editor: QPlainTextEdit) -> bool:
    """Begin the next item, or end the list; False where Enter is only Enter."""
    cursor = editor.textCursor()
    if cursor.hasSelection() or cursor.block().userState() > PROSE:
        return False
    line = cursor.block().text()
    beginning = continuing.next_beginning(line, cursor.positionInBlock())
    if beginning is None:
        return False
    if continuing.is_empty_item(line):
        _replace(cursor.block(), 0, len(line), "")
    else:
        cursor.insertText(f"\n{beginning}")
        editor.setTextCursor(cursor)
        editor.ensureCursorVisible()
    return True


def indent(editor: QPlainTextEdit, *, deeper: bool) -> bool:
    """Move items in or out; False where what is chosen is no item."""
    document, chosen = editor.document(), editor.textCursor()
    first = document.findBlock(chosen.selectionStart())
    last = document.findBlock(chosen.selectionEnd())
    if first == last and not continuing.is_item(first.text()):
        return False
    if last.blockNumber() - first.blockNumber() > _MOST_INDENTED:
        return True
    edit = QTextCursor(first)
    edit.beginEditBlock()
    block = first
    while block.isValid():
        taken = 0 if deeper else continuing.outdented(block.text())
        if deeper or taken:
            _replace(block, 0, taken, continuing.INDENT if deeper else "")
        if block == last:
            break
        block = block.next()
    edit.endEditBlock()
    return True


def tick(block: QTextBlock) -> None:
    """Tick a task off, or open it again; nothing where the line is no task."""
    line = block.text()
    box = continuing.task_box(line)
    if box is not None:
        _replace(block, box, 1, "x" if line[box] == " " else " ")


def _replace(block: QTextBlock, column: int, length: int, text: str) -> None:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + column)
    cursor.setPosition(block.position() + column + length, QTextCursor.MoveMode.KeepAnchor)
    cursor.insertText(text)
