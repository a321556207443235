"""Lines of a plain text editor further apart than its font has them: Qt's layout knows no leading.

Each line is moved down after it was laid out, when its block's place is first asked for.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTextBlock, QTextDocument
from PySide6.QtWidgets import QPlainTextDocumentLayout


class SpacedLayout(QPlainTextDocumentLayout):
    """Qt's layout for plain text, with leading.

    Args:
        document: It becomes this document's layout.
        leading: What each line has above and below its letters together, in pixels.
    """

    def __init__(self, document: QTextDocument, leading: float) -> None:
        super().__init__(document)
        self.leading = leading
        document.setDocumentLayout(self)

    def blockBoundingRect(self, block: QTextBlock) -> QRectF:
        """Where a block's lines stand; lays them out where they are not."""
        # Qt asks this of every line hundreds of times for a page: so it is kept short.
        area = super().blockBoundingRect(block)
        half = self.leading / 2
        height = area.height()
        if not half or not height:  # no such line, or one that is hidden
            return area
        layout = block.layout()
        if layout.lineAt(0).y() < half / 2:  # laid out since they were last moved
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                down = half + number * self.leading
                line.setPosition(QPointF(line.x(), line.y() + down))
            area = super().blockBoundingRect(block)
            height = area.height()
        area.setHeight(height + half)
        return area

    def snapped(self, block: QTextBlock, y: float) -> float:
        """The height in a block that is within the letters of the line nearest to ``y``."""
        layout = block.layout()
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            if y < line.y() + line.height() + self.leading / 2:
                return min(max(y, line.y() + 1), line.y() + line.height() - 1)
        return y
