"""Whatever a message says, nothing is opened, nothing hangs, nothing deceives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from assistant.records import MessageState
from tests.gui.conversations import (
    answer,
    exchange,
    question,
    settle,
    shown_timeline,
    thread,
    thread_pool,
)
from ui.chat.body import MAX_DRAWN_CHARACTERS
from ui.chat.code import CodeView
from ui.chat.message import MessageView
from ui.chat.prose import ProseView
from ui.chat.timeline import Timeline

# Renders a conversation and does what a person might do with it, under strace. With "planted" it
# gives the same text to a bare QTextBrowser: the leak that the detector must catch.
JOURNEY = """
import sys
from concurrent.futures import ThreadPoolExecutor
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTextBrowser
from tests.gui.conversations import answer, question, thread
from ui.chat.prose import ProseView
from ui.chat.timeline import Timeline
from ui.theme.tokens import DARK, LIGHT

text = open(sys.argv[1], encoding="utf-8").read()
application = QApplication([])
if sys.argv[2] == "planted":
    browser = QTextBrowser()
    browser.setMarkdown(text)
    browser.show()
    browser.grab()
    sys.exit()
with ThreadPoolExecutor(1) as pool:
    timeline = Timeline(LIGHT, pool, opener=lambda address: True)
    timeline.resize(700, 900)
    timeline.show()
    timeline.show_thread(thread(question(1, text), answer(2, text)))
    while not timeline.is_settled:
        application.processEvents()
    for view in timeline.findChildren(ProseView):
        for y in range(0, view.height(), 8):
            for x in (5, 30, 60, 120):
                QTest.mouseMove(view.viewport(), QPoint(x, y))
        view.selectAll()
        view.copy()
        view.grab()
    timeline.apply(DARK)
    while not timeline.is_settled:
        application.processEvents()
    timeline.grab()
    timeline.close()
print("journey over")
"""


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def timeline(qtbot: QtBot, pool: Executor) -> Timeline:
    """An empty conversation whose links open nothing."""
    return shown_timeline(qtbot, pool)


def drawn(timeline: Timeline) -> str:
    """All that stands on the page."""
    return "\n".join(
        text.toPlainText()
        for kind in (ProseView, QPlainTextEdit)
        for text in timeline.findChildren(kind)
        if not text.isHidden()
    )


# Nothing is opened ------------------------------------------------------------------------


def canaries(path: Path) -> str:
    """Every way in which Markdown can name a file, a share or a script."""
    return f"""
![image](file://{path}) ![image]({path}) ![image](//{path}) ![](<file://{path}> "title")

![reference][canary] [reference][canary]

[canary]: file://{path}

<img src="file://{path}"> <img src={path}> <a href="file://{path}">a</a>
<link rel=stylesheet href="file://{path}"><style>@import url("file://{path}");</style>
<object data="file://{path}"></object><iframe src="file://{path}"></iframe>

[link](file://{path}) [link]({path}) <file://{path}> [script](javascript:open('{path}'))
[![image](file://{path})](file://{path})
![data](data:image/svg+xml,%3Csvg%3E%3Cimage%20href='file://{path}'/%3E%3C/svg%3E)
![host](//canary.invalid/s.png) ![host](http://canary.invalid/s.png) ![q](qrc:{path})

| ![image](file://{path}) | b |
|---|---|
| <img src="file://{path}"> | [x](file://{path}) |

- ![image](file://{path})
> ![image](file://{path})

```html
<img src="file://{path}">
```
"""


def trace(tmp_path: Path, text: str, mode: str) -> str:
    """Run the journey under strace; return every path and address that was touched."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: nothing here can see which files Qt opens")
    message = tmp_path / "message.md"
    message.write_text(text, encoding="utf-8")
    log = tmp_path / f"{mode}.log"
    calls = "trace=openat,open,stat,newfstatat,statx,lstat,access,faccessat,faccessat2,readlink"
    command = [strace, "-f", "-s", "4096", "-o", str(log), "-e", f"{calls},connect,sendto"]
    journey = [sys.executable, "-c", JOURNEY, str(message), mode]
    done = subprocess.run(
        [*command, *journey], capture_output=True, text=True, timeout=90, check=False
    )
    if "ptrace" in done.stderr:
        pytest.skip("this machine does not let strace trace")
    assert done.returncode == 0, done.stderr[-2_000:]
    assert mode == "planted" or "journey over" in done.stdout
    return log.read_text(encoding="utf-8", errors="replace")


def test_no_named_file_is_touched(tmp_path: Path) -> None:
    """Neither opened nor looked at: no file, no share, no name is looked up."""
    canary = tmp_path / "canary.png"
    QImage(4, 4, QImage.Format.Format_ARGB32).save(str(canary))
    touched = trace(tmp_path, canaries(canary), "timeline")
    assert "message.md" in touched  # the trace sees what the journey opens
    assert "canary" not in touched
    assert "AF_INET" not in touched


def test_detector_sees_a_leak(tmp_path: Path) -> None:
    """Qt's own Markdown reader does open the file: the test above can fail."""
    canary = tmp_path / "canary.png"
    QImage(4, 4, QImage.Format.Format_ARGB32).save(str(canary))
    assert "canary.png" in trace(tmp_path, canaries(canary), "planted")


@pytest.mark.parametrize("name", ["file:///etc/passwd", "//host/x.png", "relative.png", ""])
def test_resources_are_one_pixel(timeline: Timeline, qtbot: QtBot, name: str) -> None:
    """Should an image ever reach a document, it gets a pixel, not a file."""
    timeline.show_thread(thread(answer(1, "text")))
    settle(qtbot, timeline)
    view = timeline.findChild(ProseView)
    image = view.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name))
    assert isinstance(image, QImage)
    assert (image.width(), image.height()) == (1, 1)


def test_nothing_is_dropped_or_pasted(timeline: Timeline, qtbot: QtBot) -> None:
    """A message takes nothing in: no file dragged onto it, no HTML from the clipboard."""
    timeline.show_thread(thread(answer(1, "text\n\n```\ncode\n```")))
    settle(qtbot, timeline)
    for view in (timeline.findChild(ProseView), timeline.findChild(QPlainTextEdit)):
        assert view.isReadOnly()
        assert not view.acceptDrops()


# Nothing hangs ----------------------------------------------------------------------------

HUGE = 10_000_000

HOSTILE = {
    "10 MB in one line": "x" * HUGE,
    "10 MB of words": "word " * (HUGE // 5),
    "10 MB of code": "```python\n" + "x" * HUGE,
    "10,000 lists in one line": "- " * 10_000 + "x",
    "10,000 numbered lists": "1. " * 10_000 + "x",
    "lists nested by indentation": "".join("  " * depth + "- x\n" for depth in range(500)),
    "10,000 quotes": "> " * 10_000 + "x",
    "10,000 list items": "- item\n" * 10_000,
    "10,000 fences": "```\nx\n```\n" * 10_000,
    "empty fences": "```\n```\n" * 10_000,
    "a million line ends": "\n" * 1_000_000 + "x",
    "code of empty lines": "```python\n" + "\n" * 100_000 + "x",
    "brackets": "[" * 50_000,
    "images": "![" * 50_000,
    "emphasis": "*a _b " * 20_000,
    "backticks": "".join("`" * n + " " for n in range(1, 600)),
    "wide table": "|a" * 5_000 + "|\n" + "|-" * 5_000 + "|\n",
    "long table": "|a|b|\n|-|-|\n" + "|x|y|\n" * 4_000,
    "headings": "# x\n" * 5_000,
    "rules": "---\n\n" * 5_000,
    "links": "[a](https://example.org) " * 5_000,
    "emoji": "👩\u200d👩\u200d👧\u200d👦" * 10_000,
    "combining marks": "a" + "\u0301" * 50_000,
    "directions": "\u202e\u2066\u202a" * 20_000,
    "NUL and controls": "\x00\x01\x1b\x7f\x85" * 10_000,
    "halves of pairs": "\ud800\udfff" * 10_000,
    "Qt's own marks": "\ufdd0\ufdd1\ufffc\u2028\u2029" * 5_000,
    "entities": "&#0;&#xD800;&amp;&lt;" * 5_000,
}


@pytest.mark.timeout(60)  # seconds; quadratic work on these would take many minutes
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_answer_is_drawn(qtbot: QtBot, timeline: Timeline, text: str) -> None:
    """Opened and then written once more as it streams: bounded, and without a warning of Qt's."""
    timeline.show_thread(thread(question(1, text), answer(2, text)))
    timeline.begin(exchange(question(3, "More?"), answer(4, "", MessageState.STREAMING)))
    timeline.append_text(4, text[:1_000])
    timeline.append_text(4, text[1_000:])
    timeline.finish(answer(4, text))
    settle(qtbot, timeline)
    timeline.grab()
    shown = drawn(timeline)
    shown.encode("utf-8")
    assert 0 < len(shown) <= 6 * MAX_DRAWN_CHARACTERS + 100_000
    for view in timeline.findChildren(MessageView):
        assert len(view.body.segments) <= 110


def test_huge_answer_says_that_it_is_cut(qtbot: QtBot, timeline: Timeline) -> None:
    """What is not drawn is said, and copied all the same."""
    timeline.show_thread(thread(answer(1, "word " * 100_000)))
    settle(qtbot, timeline)
    (view,) = timeline.findChildren(MessageView)
    assert any("Copy takes all of it." in label.text() for label in view.findChildren(QLabel))
    assert len(view.entry.text) == 500_000


# Nothing deceives -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("access\u202egranted", "access⟨U+202E⟩granted"),
        ("a\u2066b\u2069c", "a⟨U+2066⟩b⟨U+2069⟩c"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("&#x202E;x", "⟨U+202E⟩x"),
        ("`rm\u200b -rf`", "rm⟨U+200B⟩ -rf"),
        ("```\nif x:\u202e pass\n```", "if x:⟨U+202E⟩ pass"),
        ("[pay\u200bpal](https://example.org)", "pay⟨U+200B⟩pal"),
    ],
)
def test_hidden_characters_are_seen(
    qtbot: QtBot, timeline: Timeline, text: str, shown: str
) -> None:
    """Direction controls are shown, and in code and links every invisible character."""
    timeline.show_thread(thread(answer(1, text)))
    settle(qtbot, timeline)
    assert drawn(timeline) == shown


def test_language_of_a_fence_is_plain_text(qtbot: QtBot, timeline: Timeline) -> None:
    """A label would read HTML: this one does not, and its name does not grow."""
    timeline.show_thread(thread(answer(1, "```<b>bold</b>\u202e" + "x" * 500 + "\ntext\n```")))
    settle(qtbot, timeline)
    code = timeline.findChild(CodeView)
    label = code.findChild(QLabel)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text().startswith("<b>bold</b>⟨U+202E⟩")
    assert len(label.text()) < 60


def test_failure_and_note_are_plain_text(qtbot: QtBot, timeline: Timeline) -> None:
    """No caption reads HTML."""
    timeline.show_thread(thread(answer(1, "text", MessageState.STREAMING)))
    settle(qtbot, timeline)
    timeline.set_note(1, "<img src='file:///etc/passwd'>")
    timeline.finish(answer(1, "text", MessageState.FAILED), "<b>failed</b>")
    (view,) = timeline.findChildren(MessageView)
    labels = [label for label in view.findChildren(QLabel) if "<" in label.text()]
    assert len(labels) == 2
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_quiet_labels_have_no_tooltip(qtbot: QtBot, timeline: Timeline) -> None:
    """A tooltip is rich text by itself: no message has one."""
    timeline.show_thread(thread(answer(1, "[<b>a</b>](https://example.org 'title')")))
    settle(qtbot, timeline)
    (view,) = timeline.findChildren(MessageView)
    assert not any(child.toolTip() for child in view.findChildren(QLabel))
    assert not any(child.toolTip() for child in view.findChildren(ProseView))
