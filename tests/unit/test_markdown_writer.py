"""What Markdown becomes in a text document: structure, and nothing that Qt could open."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)
from PySide6.QtWidgets import QApplication

from ui.markdown.blocks import BlockSplitter, CodeStart, CodeText, Prose
from ui.markdown.look import Look
from ui.markdown.writer import DocumentWriter
from ui.theme.tokens import LIGHT, Type

pytestmark = pytest.mark.usefixtures("qapp")

LINE = "\u2028"


def write(*blocks: str | Prose) -> tuple[QTextDocument, list[str]]:
    """A document with these blocks, and its links."""
    writer = DocumentWriter(Look(LIGHT))
    document = QTextDocument()
    writer.prepare(document)
    links: list[str] = []
    for block in blocks:
        cursor = QTextCursor(document)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        writer.write(cursor, block if isinstance(block, Prose) else Prose(block), links)
    return document, links


def blocks_of(document: QTextDocument) -> list[QTextBlock]:
    """All blocks, in order."""
    blocks = []
    block = document.begin()
    while block.isValid():
        blocks.append(block)
        block = block.next()
    return blocks


def runs(document: QTextDocument) -> list[tuple[str, QTextCharFormat]]:
    """All pieces of text with one format each."""
    found = []
    for block in blocks_of(document):
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            found.append((fragment.text(), fragment.charFormat()))
            fragments += 1
    return found


def form_of(document: QTextDocument, text: str) -> QTextCharFormat:
    """The format of the piece that is this text."""
    return next(form for piece, form in runs(document) if piece == text)


def table_of(document: QTextDocument) -> QTextTable:
    """The document's only table."""
    (table,) = (
        frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextTable)
    )
    return table


def test_emphasis() -> None:
    """Strong, emphasised and struck text, also inside each other."""
    document, _ = write("a **b** *c* ~~d~~ ***e***")
    assert document.toPlainText() == "a b c d e"
    assert form_of(document, "b").fontWeight() == Type.EMPHASIS
    assert form_of(document, "c").fontItalic()
    assert form_of(document, "d").fontStrikeOut()
    assert form_of(document, "e").fontItalic()
    assert form_of(document, "e").fontWeight() == Type.EMPHASIS


def test_headings_are_modest() -> None:
    """17, 16 and 15 pixels, and a level for screen readers."""
    document, _ = write("# One", "## Two", "### Three", "Text")
    sizes = [form.font().pixelSize() for _, form in runs(document)[:3]]
    levels = [block.blockFormat().headingLevel() for block in blocks_of(document)]
    assert sizes == [17, 16, 15]
    assert levels == [1, 2, 3, 0]


def test_inline_code_is_shown_exactly() -> None:
    """Monospace on the code ground; an invisible character is shown."""
    document, _ = write("a `x\u200by` b")
    form = form_of(document, "x⟨U+200B⟩y")
    assert form.background().color() == QColor(LIGHT.code)
    assert form.font().family() == Look(LIGHT).code_font().family()


def test_lists_are_nested() -> None:
    """Items carry their depth; a second paragraph of an item has no marker."""
    document, _ = write("- a\n\n  more\n  - b\n- c")
    found = [
        (block.text(), block.textList().format().indent() if block.textList() else None)
        for block in blocks_of(document)
    ]
    assert found == [("a", 1), ("more", None), ("b", 2), ("c", 1)]
    assert blocks_of(document)[1].blockFormat().indent() == 1


def test_ordered_lists_carry_the_count_on() -> None:
    """The splitter's number wins over the text's."""
    document, _ = write("7) a", Prose("1) b", 8))
    assert [block.textList().itemText(block) for block in blocks_of(document)] == ["7)", "8)"]


def test_lists_may_begin_with_zero() -> None:
    """The first number is the text's own, inside another list too."""
    document, _ = write("- a\n\n  0. b\n  0. c")
    first, *inner = blocks_of(document)
    assert first.text() == "a"
    assert [block.textList().itemText(block) for block in inner] == ["0.", "1."]


def test_wide_numbers_have_room() -> None:
    """A long number's item is indented further: the number would stick out of the column."""
    document, _ = write("1. a", "123456. b")
    first, second = (block.blockFormat().leftMargin() for block in blocks_of(document))
    assert second > first


def test_item_without_text_keeps_its_marker() -> None:
    """An empty item is an item."""
    document, _ = write("-", "text")
    assert [bool(block.textList()) for block in blocks_of(document)] == [True, False]


def test_quotes_are_quiet_and_indented() -> None:
    """Two levels of quotation stand two steps in."""
    document, _ = write("> a\n>\n> > b")
    first, second = blocks_of(document)
    assert form_of(document, "a").foreground().color() == QColor(LIGHT.quiet)
    assert second.blockFormat().leftMargin() == 2 * first.blockFormat().leftMargin() > 0


def test_rule_is_a_hairline() -> None:
    """A rule is a block of its own that later text does not take."""
    document, _ = write("---", "text")
    rule, text = blocks_of(document)
    ruler = QTextFormat.Property.BlockTrailingHorizontalRulerWidth
    assert rule.blockFormat().hasProperty(ruler)
    assert not text.blockFormat().hasProperty(ruler)


def test_table() -> None:
    """Heading, cells with inline marks, alignment; text goes on below it without a gap."""
    document, links = write("| a | b |\n|---|--:|\n| **x** | [y](https://example.org) |", "below")
    table = table_of(document)
    cells = [
        table.cellAt(row, column).firstCursorPosition().block().text()
        for row in range(table.rows())
        for column in range(table.columns())
    ]
    assert cells == ["a", "b", "x", "y"]
    right = table.cellAt(1, 1).firstCursorPosition().blockFormat()
    assert right.alignment() & Qt.AlignmentFlag.AlignRight
    assert form_of(document, "a").fontWeight() == Type.EMPHASIS
    assert links == ["https://example.org"]
    assert blocks_of(document)[-1].text() == "below"


def test_code_inside_a_quote_is_text() -> None:
    """Where code cannot be a widget of its own its lines still stand."""
    document, _ = write("> ```\n> a\n>   b\n> ```")
    assert document.toPlainText().splitlines() == ["a", "  b"]


def test_line_ends_stay() -> None:
    """The model's own line ends stay: what was read while it was written does not move."""
    document, _ = write("a\nb  \nc")
    assert blocks_of(document)[0].text() == f"a{LINE}b{LINE}c"


def test_links_are_numbers() -> None:
    """A link carries its place in the list; the address never reaches the document."""
    document, links = write("[a](https://example.org/x?y=z) <mailto:b@example.org>")
    hrefs = [form.anchorHref() for _, form in runs(document) if form.isAnchor()]
    assert hrefs == ["0", "1"]
    assert links == ["https://example.org/x?y=z", "mailto:b@example.org"]
    assert "example.org/x" not in document.toHtml()


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[a](javascript:alert(1))", "a (javascript:alert(1))"),
        ("[a](file:///etc/passwd)", "a (file:///etc/passwd)"),
        ("[a](//host/share)", "a (//host/share)"),
        ("[a](data:text/html,x)", "a (data:text/html,x)"),
        ("[a](relative)", "a (relative)"),
        ("<ftp://example.org>", "ftp://example.org"),
        ("[a]()", "a"),
        ("[a][b]\n\n[b]: https://example.org", "[a][b]\n[b]: https://example.org"),
        ("https://example.org", "https://example.org"),
    ],
)
def test_what_is_no_link_is_text(markdown: str, shown: str) -> None:
    """Any other address is shown, not linked; so is a reference, which has no definition."""
    document, links = write(*markdown.split("\n\n"))
    assert document.toPlainText() == shown
    assert not links
    assert not any(form.isAnchor() for _, form in runs(document))


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("![a *b*](file:///tmp/x.png)", "[image: a *b*]"),
        ("![](//host/s.png)", "[image]"),
        ("![x](data:image/png;base64,AAAA)", "[image: x]"),
        ("[![x](https://example.org/i.png)](https://example.org)", "[image: x]"),
        ("<img src='file:///tmp/x.png'>", "<img src='file:///tmp/x.png'>"),
        ("<a href='file:///x'>y</a>", "<a href='file:///x'>y</a>"),
        ("<!-- hidden -->", "<!-- hidden -->"),
        ("&lt;b&gt; &amp; &#x202e;", "<b> & ⟨U+202E⟩"),
    ],
)
def test_images_and_html_are_words(markdown: str, shown: str) -> None:
    """No image, no HTML, no hidden direction mark: words."""
    document, _ = write(markdown)
    assert document.toPlainText() == shown


def test_invisible_characters_of_a_link_are_shown() -> None:
    """Inside a link's text even a joiner is shown."""
    document, _ = write("[pay\u200dpal](https://example.org)")
    assert document.toPlainText() == "pay⟨U+200D⟩pal"


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("> " * 900 + "deep", id="900 quotes"),
        pytest.param("1. " * 600 + "deep", id="600 lists"),
        pytest.param("[" * 1_900 + "deep", id="brackets"),
        pytest.param("|deep" * 13 + "|\n" + "|-" * 13 + "|", id="13 columns"),
        pytest.param("|deep|b|\n|-|-|\n" + "|x|y|\n" * 150, id="151 rows"),
    ],
)
def test_tangled_blocks_are_plain_text(markdown: str) -> None:
    """What would be dropped, or would hold a frame up, is shown as it was written."""
    document, _ = write(markdown)
    assert document.blockCount() == 1
    assert document.toPlainText() == markdown


def test_every_paragraph_has_its_own_direction() -> None:
    """Arabic stands to the right, English to the left, in one message."""
    document, _ = write("مرحبا", "hello")
    first, second = blocks_of(document)
    assert first.textDirection() is Qt.LayoutDirection.RightToLeft
    assert second.textDirection() is Qt.LayoutDirection.LeftToRight


def test_reading_text_has_its_line_height() -> None:
    """15 pixels and one and a half lines, in whole pixels."""
    document, _ = write("text")
    form = blocks_of(document)[0].blockFormat()
    assert form.leftMargin() == 0
    assert document.defaultFont().pixelSize() == 15
    assert form.lineHeight() == 23
    assert form.lineHeightType() == QTextBlockFormat.LineHeightTypes.MinimumHeight.value


def test_plain_lines_are_never_interpreted(qapp: QApplication) -> None:
    """The person's own text stands as it was typed."""
    writer = DocumentWriter(Look(LIGHT))
    document = QTextDocument()
    writer.prepare(document)
    writer.write_lines(QTextCursor(document), "# a\n\n**b** <i>\n![](file:///x)")
    assert [block.text() for block in blocks_of(document)] == [
        "# a",
        "",
        "**b** <i>",
        "![](file:///x)",
    ]


FRAGMENTS = st.sampled_from([
    "word", " ", "\n", "- ", "1. ", "> ", "# ", "**", "`", "~~word~~ ", "---", "<b>", "![](", "](",
    "| a | b |\n|---|---|\n| ", "[word](https://example.org)", "[word](file:///x)",
    "![word](file:///x.png)", "\\", "&amp;", "\u202e", "\x00", "\ud800", "\ufdd0", "\ufffc",
])  # fmt: skip


@settings(max_examples=200)
@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@example("```word")
def test_any_markdown_is_words_and_numbers(markdown: str) -> None:
    """No word is lost, no image is made, and every link is a number into the list."""
    splitter = BlockSplitter()
    parts = [*splitter.feed(markdown), *splitter.finish()]
    document, links = write(*(part for part in parts if isinstance(part, Prose)))
    # Three backticks in a row may begin code, which is no prose: what it is called counts, too.
    code = [one.language for one in parts if isinstance(one, CodeStart)]
    code += [one.text for one in parts if isinstance(one, CodeText)]
    words = "\n".join([document.toPlainText(), *code])
    assert words.count("word") >= markdown.count("word")
    for _, form in runs(document):
        assert not form.isImageFormat()
        assert not form.isAnchor() or 0 <= int(form.anchorHref()) < len(links)
