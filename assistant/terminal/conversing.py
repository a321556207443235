"""``hush ask`` and ``hush chat``: a question goes in, the answer comes word by word."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final

from assistant.app import App, Session
from assistant.chat import Run
from assistant.errors import EmptyMessage, HushError, InputRefused
from assistant.events import (
    EngineChanged,
    EngineCondition,
    Event,
    Notice,
    PromptRead,
    ReplyBegan,
    ReplyEnded,
    ReplyText,
)
from assistant.records import MessageState
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console

EXIT_STOPPED: Final = 130

_HELP: Final = "/new  a new chat   /list  your chats   /open ID   /quit   Ctrl+C stops an answer"

Events = queue.SimpleQueue[Event]


def ask(arguments: Arguments, app: App, session: Session, events: Events, console: Console) -> int:
    """``hush ask``: one question, one answer.

    Raises:
        EmptyMessage: neither words nor a pipe.
        HushError: where the answer failed; what came before it was printed.
    """
    text = "\n\n".join(part for part in (" ".join(arguments.text), console.piped()) if part.strip())
    if not text:
        raise EmptyMessage("There is nothing to ask.", "Example: hush ask “What is a monad?”")
    app.warm_engine()
    run = session.chat.send(arguments.conversation, text)
    return follow(run, session, events, console, as_json=arguments.json)


def chat(arguments: Arguments, app: App, session: Session, events: Events, console: Console) -> int:
    """``hush chat``: until Ctrl+D or /quit."""
    app.warm_engine()
    console.remark(f"Your words stay on this machine. {_HELP}")
    conversation = arguments.conversation
    if conversation is not None:
        _recall(session, conversation, console)
    while True:
        try:
            text = input("\nYou: ").strip()
        except (EOFError, KeyboardInterrupt):
            console.line()
            return 0
        try:
            if text == "/quit":
                return 0
            if text.startswith("/"):
                conversation = _command(text, session, conversation, console)
            elif text:
                run = session.chat.send(conversation, text)
                conversation = run.saved.result().conversation.id
                console.write("\nHush: ")
                follow(run, session, events, console, as_json=False)
        except HushError as error:
            console.problem(error)


def follow(run: Run, session: Session, events: Events, console: Console, *, as_json: bool) -> int:
    """Print a run's events until it ends; Ctrl+C stops the answer and keeps it.

    Raises:
        HushError: the exchange could not be saved, or the answer failed.
    """
    run.saved.result()
    with _interrupt(lambda: session.chat.stop(run.id)) as interrupted:
        while True:
            event = events.get()
            if as_json:
                if described := _described(event):
                    console.data(described)
            else:
                _print(event, console)
            if isinstance(event, ReplyEnded) and event.run_id == run.id:
                if event.error:
                    raise event.error
                return EXIT_STOPPED if interrupted.is_set() else 0


@contextmanager
def _interrupt(stop: Callable[[], None]) -> Iterator[threading.Event]:
    """Within the context Ctrl+C calls ``stop`` instead of raising somewhere in the middle."""
    interrupted = threading.Event()

    def handle(_signal: int, _frame: object) -> None:
        interrupted.set()
        stop()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _print(event: Event, console: Console) -> None:
    match event:
        case ReplyText():
            console.write(event.text)
        case ReplyBegan() if event.left_out:
            console.remark(event.left_out)
        case ReplyEnded():
            console.line()
            if event.message.state is MessageState.STOPPED:
                console.remark("Stopped. What was written is kept.")
        case Notice():
            console.remark(event.text)
        case EngineChanged() if event.condition is EngineCondition.LOADING:
            if console.interactive:
                console.remark(f"Loading {event.model} …")
        case _:
            pass


def _described(event: Event) -> dict[str, Any]:
    """An event as a line of JSON: its name and fields; empty for what is not for programs."""
    match event:
        case ReplyBegan():
            return {"event": "began", **asdict(event)}
        case PromptRead():
            return {"event": "prompt-read", **asdict(event)}
        case ReplyText():
            return {"event": "text", "text": event.text}
        case ReplyEnded():
            return {"event": "ended", "message": asdict(event.message)}
        case _:
            return {}


def _command(text: str, session: Session, conversation: int | None, console: Console) -> int | None:
    """Do a slash command; returns the conversation to go on with."""
    word, _, rest = text.partition(" ")
    match word:
        case "/new":
            console.remark("A new chat.")
            return None
        case "/list":
            for found in session.conversations.list(rest).result():
                console.line(f"{found.id:>6}  {found.title}")
        case "/open" if rest.strip().isdigit():
            _recall(session, int(rest), console)
            return int(rest)
        case "/help":
            console.remark(_HELP)
        case _:
            raise InputRefused(f"There is no command {word}.", _HELP)
    return conversation


def _recall(session: Session, conversation: int, console: Console) -> None:
    thread = session.conversations.thread(conversation).result()
    console.remark(f"“{thread.conversation.title}”, {len(thread.messages)} messages.")
