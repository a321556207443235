"""``hush ask --cloud`` and ``hush cloud`` over rooms that do at once what they are asked."""

from __future__ import annotations

import io
import json
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, TextIO, cast

from assistant.app import App, Session
from assistant.chat import Run
from assistant.cloud.records import Composed
from assistant.errors import HushError
from assistant.net.approvals import Approval
from assistant.records import Exchange, MessageState
from assistant.settings import Settings
from assistant.terminal import cloud, cloud_asking
from assistant.terminal.arguments import parse
from assistant.terminal.command import exit_code
from assistant.terminal.console import Console
from assistant.terminal.conversing import chat, question
from assistant.terminal.waiting import EXIT_STOPPED, Events, Interrupted
from tests.fakes.cloud import DRAFT, FakeCloud, done
from tests.fakes.net import FakeGate
from tests.gui.fakes import FakeChat, FakeConversations, FakeGovernor, FakeRun
from tests.unit.terminals import Person, Screen

ANSWER = "Write to her that you come at ten."


class Keyboard(Console):
    """A console at which a key may be typed unseen."""

    typed = ""

    def ask(self, question: str) -> str:
        self.remark(question)
        return self.typed


class Pressed(Future[Exchange]):
    """Ctrl+C is pressed as soon as somebody waits for it."""

    def add_done_callback(self, fn: Callable[[Future[Exchange]], object]) -> None:
        super().add_done_callback(fn)
        signal.raise_signal(signal.SIGINT)


class Chat(FakeChat):
    """``at_stop`` is what a stop does."""

    at_stop: Callable[[], None] = staticmethod(lambda: None)

    def stop(self, run_id: int) -> None:
        super().stop(run_id)
        self.at_stop()


class Cloud(FakeCloud):
    """Answers at once; ``interrupt`` presses Ctrl+C in the middle, ``outcome`` ends it badly.

    ``early`` presses it before anything is on its way; then a stop does this with the run.

    ``on_threads`` composes each later version on a thread of its own.
    """

    chat: Chat
    early: Callable[[FakeRun], None] | None = None
    on_threads = False
    interrupt: Callable[[], None] | None = None
    outcome: HushError | None = None

    def __init__(self, chat: Chat) -> None:
        super().__init__(chat.sink, chat)
        self.chat = chat
        self.draft = replace(DRAFT, conversation_id=None, question_id=None)

    def _run(self, work: Callable[[], None]) -> object:
        if self.on_threads:
            threading.Thread(target=work).start()
            return None
        return super()._run(work)

    def send(self, composed: Composed, approval: Approval) -> Run:
        run = super().send(composed, approval)
        playing = self.chat.last
        if early := self.early:
            playing.run = Run(run.id, Pressed())
            self.chat.at_stop = lambda: early(playing)
            return playing.run
        playing.save()
        playing.begin()
        playing.say(ANSWER)
        if self.interrupt:
            self.interrupt()
            playing.end(MessageState.STOPPED)
        else:
            playing.end(
                MessageState.FAILED if self.outcome else MessageState.COMPLETE, self.outcome
            )
        return run


class Hush:
    """The command line over all of them."""

    def __init__(self) -> None:
        self.events: Events = queue.SimpleQueue()
        self.conversations = FakeConversations()
        self.chat = Chat(self.conversations, self.events.put)
        self.cloud = Cloud(self.chat)
        self.gate = FakeGate()
        self.governor = FakeGovernor(self.events.put)
        self.settings = Settings(cloud=True)
        self.has_vault = True
        self.key = ""
        self.out = ""
        self.err = ""

    def run(
        self, *words: str, piped: str = "", person: Person | None = None, screen: bool = False
    ) -> int:
        """One command; what it printed is in ``out`` and ``err``.

        Args:
            words: The command line.
            piped: What comes through stdin.
            person: Sits at the terminal, at both ends.
            screen: Whether the output is a terminal.
        """
        out = Screen() if screen else io.StringIO()
        err = person.reads if person else io.StringIO()
        stdin: TextIO = person or io.TextIOWrapper(io.BytesIO(piped.encode()))
        console = Keyboard(stdin, out, err)
        console.typed = self.key
        arguments = parse(list(words))
        try:
            if arguments.command == "chat":
                code = chat(arguments, self.app, self.session, self.events, console)
            elif arguments.command == "ask":
                text = question(arguments, console)
                code = cloud_asking.ask(
                    text, arguments, self.app, self.session, self.events, console
                )
            else:
                code = cloud.cloud(arguments, self.app, lambda: self.session, console)
        except HushError as error:
            console.problem(error, as_json=arguments.json)
            code = exit_code(error)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    @property
    def session(self) -> Session:
        """An open one."""
        return cast(
            "Session",
            SimpleNamespace(
                conversations=self.conversations,
                chat=self.chat,
                network=self.gate if self.has_vault else None,
                cloud=self.cloud if self.has_vault else None,
            ),
        )

    @property
    def app(self) -> App:
        """Settings that are kept, and how hard the machine may work."""
        return cast(
            "App",
            SimpleNamespace(
                governor=self.governor,
                settings=self.settings,
                save_settings=self._save,
                warm_engine=lambda: None,
            ),
        )

    def rows(self) -> list[dict[str, Any]]:
        """What was printed as JSON, a line each."""
        return [json.loads(line) for line in self.out.splitlines()]

    def interrupt(self) -> None:
        """Ctrl+C."""
        self.events.put(Interrupted())

    def _save(self, settings: Settings) -> Future[Settings]:
        self.settings = settings
        return done(settings)


def typing(*answers: str) -> Person:
    """A person who types these, one after the other, and then nothing more."""
    left = list(answers)
    return Person(lambda _: left.pop(0) if left else None)


__all__ = ["ANSWER", "EXIT_STOPPED", "Cloud", "Hush", "typing"]
