"""A real window that is watched for stalls: ``python -m benchmarks.stall FOLDER`` prints JSON.

Everything is the product but the engine, which writes a scripted answer at a set speed: several
times the starter model's, so that the window is what is measured.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from assistant.access.entrance import Entrance, FirstKeys
from assistant.app import App, Parts
from assistant.cancel import Cancel
from assistant.engine.protocol import GenerationEvent, GenerationRequest, Piece
from assistant.events import Event, EventSink, ReplyEnded
from assistant.paths import Profile
from assistant.records import MessageState
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from benchmarks.desktop import open_window
from benchmarks.harness import CHEAP, PASSPHRASE
from benchmarks.report import percentile
from tests.fakes.engine import FakeEngine
from ui.window import Window

MESSAGES: Final = 300
CHARACTERS: Final = 20_000
TOKENS_PER_SECOND: Final = 1000.0

PARAGRAPH: Final = (
    "The keeper climbed the stairs again, counting each of them, and looked at the *grey* water "
    "that lay **quite still** between the island and the [mainland](https://example.org), where "
    "the first lamps were being lit.\n\n"
)
BLOCKS: Final = (
    PARAGRAPH,
    "- one lamp\n- two lamps with a longer line that wraps at the end of the column\n- three\n\n",
    "```python\ndef light(lamp: str) -> bool:\n    return lamp in LAMPS  # the usual way\n```\n\n",
    "| hour | light |\n|---|---|\n| 18:00 | on |\n| 06:00 | off |\n\n",
    PARAGRAPH.strip() + " " + PARAGRAPH,
)


class PacedEngine(FakeEngine):
    """Writes its script word by word, at ``TOKENS_PER_SECOND``."""

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        """See ``Engine.generate``."""
        began, said = time.perf_counter(), 0
        for event in super().generate(request, cancel):
            if isinstance(event, Piece):
                said += 1
                time.sleep(max(0.0, began + said / TOKENS_PER_SECOND - time.perf_counter()))
            yield event


class Heart(QObject):
    """Beats every millisecond on the GUI thread; a gap between two beats is a stall."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to count, forgetting what was."""
        self.gaps.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000)
        self._last = now


def answer(characters: int = CHARACTERS) -> str:
    """Markdown of every kind, of this length."""
    text = ""
    while len(text) < characters:
        text += BLOCKS[len(text) % len(BLOCKS)]
    return text[:characters]


def fill(connection: Connection) -> None:
    """Write one conversation of ``MESSAGES`` messages."""
    conversation = conversation_rows.create(connection, "A long conversation", 0).id
    parent = None
    for number in range(MESSAGES // 2):
        question = message_rows.add_question(
            connection, conversation, parent, f"Question {number}", number
        )
        reply = message_rows.add_answer(connection, conversation, question.id, number)
        message_rows.append_chunk(connection, reply.id, 0, BLOCKS[number % len(BLOCKS)])
        message_rows.finish(connection, reply.id, MessageState.COMPLETE)
        parent = reply.id
    assert parent is not None
    conversation_rows.set_head(connection, conversation, parent)


def wait_for(condition: Callable[[], object]) -> None:
    """Let the window live until a condition holds."""
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("the window did not get there")
        QTest.qWait(5)


def main() -> None:
    """Open the window, stream the answer, print the gaps."""
    profile = Profile(Path(sys.argv[1]) / "profile")
    profile.prepare()
    vault = (
        Entrance(profile, Parts().clock, cost=CHEAP)
        .create(FirstKeys(keyring=False, passphrase=PASSPHRASE))
        .vault
    )
    vault.write(fill).result()
    vault.close()
    text = answer()
    ended = threading.Event()

    def build(_: Profile, sink: EventSink) -> App:
        def listen(event: Event) -> None:
            sink(event)
            if isinstance(event, ReplyEnded):
                ended.set()

        parts = Parts(
            engine=lambda: PacedEngine(lambda _: text),
            entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
        )
        app = App(profile, listen, parts)
        app.save_settings(app.settings.__class__(context_tokens=32_768, reply_tokens=8192)).result()
        return app

    with open_window(profile, build) as window:
        print(json.dumps(_watch(window, text, ended)))


def _watch(window: Window, text: str, ended: threading.Event) -> dict[str, float]:
    from ui.chat.composer import Composer
    from ui.conversation_list import ConversationList

    heart = Heart()
    wait_for(lambda: window.findChild(Composer))
    listing, composer = window.findChild(ConversationList), window.findChild(Composer)
    assert listing
    assert composer
    QTest.qWait(1500)  # start-up is another row's
    heart.start()
    listing.opened.emit(1)
    QTest.qWait(1500)
    opening = list(heart.gaps)
    composer.set_text("Tell me about the keeper.")
    field = composer.findChild(QPlainTextEdit)
    assert field
    heart.start()
    QTest.keyClick(field, Qt.Key.Key_Return)
    wait_for(ended.is_set)
    QTest.qWait(500)  # what is left in the bridge, and the last block
    return {
        "characters": len(text),
        "messages": MESSAGES,
        "tokens_per_second": TOKENS_PER_SECOND,
        "beats": len(heart.gaps),
        "p99_ms": percentile(heart.gaps, 0.99),
        "max_ms": max(heart.gaps),
        "open_max_ms": max(opening),
    }


if __name__ == "__main__":
    main()
