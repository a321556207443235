"""``hush ask`` and ``hush chat``: a question goes in, the answer comes word by word."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from assistant.app import App, Session
from assistant.asking.attaching import attach_file
from assistant.asking.records import Attachment, Scope
from assistant.asking.shown import answer_text, listed_sources, source_name, sources_heading
from assistant.chat import Run
from assistant.errors import EmptyMessage, HushError, InputRefused
from assistant.events import (
    EngineChanged,
    EngineCondition,
    Event,
    Notice,
    PowerChanged,
    PromptRead,
    ReplyBegan,
    ReplyEnded,
    ReplyText,
)
from assistant.power.governor import Governor
from assistant.records import NEW_PRIVATE_ID, Message, MessageState, is_private
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.scopes import named, scope_given, scope_typed
from assistant.terminal.values import conversation_id
from assistant.terminal.waiting import (
    EXIT_STOPPED,
    Counter,
    Events,
    Interrupted,
    PowerTeller,
    Settled,
    signals_as_events,
)
from assistant.text import storable

_HELP: Final = (
    "/new  a new chat   /private  a new private chat   /list  your chats   /open ID   "
    "/notes [tag:NAME | note:ID | chat:ID | off]  answers from your notes   /quit   "
    "Ctrl+C stops an answer"
)
_INDEX_SECONDS: Final = 5.0
"""How long a question waits for notes that are not indexed yet. The rest is not found this time."""

_STAYS: Final = "Your words stay on this machine."
_MAY_GO: Final = "Your words stay on this machine unless you send them yourself."
_BACK: Final = "Each says which passages it rests on. /notes off ends that."
_PRIVATE: Final = "A private chat. Hush writes it nowhere, and it is gone when you leave."


def question(arguments: Arguments, console: Console) -> str:
    """What ``hush ask`` was asked: the words, and what comes through a pipe, to its end.

    Raises:
        EmptyMessage: neither words nor a pipe.
        MessageTooLong, InputRefused: what comes through the pipe cannot be used.
    """
    parts = (" ".join(arguments.text), console.piped())
    text = "\n\n".join(part for part in parts if part.strip())
    if not text:
        raise EmptyMessage("There is nothing to ask.", "Example: hush ask “What is a monad?”")
    return text


def ask(
    text: str, arguments: Arguments, app: App, session: Session, events: Events, console: Console
) -> int:
    """``hush ask``: one question, one answer.

    Raises:
        HushError: where the answer failed; what came before it was printed.
    """
    scope, attachments = given(arguments, app, session, console)
    app.warm_engine()
    run = session.chat.send(arguments.conversation, text, scope=scope, attachments=attachments)
    printer = Printer(
        console,
        app.governor,
        slowly=arguments.slowly,
        as_json=arguments.json,
        cites=scope is not None,
    )
    return follow(run, session, events, printer)


def given(
    arguments: Arguments, app: App, session: Session, console: Console
) -> tuple[Scope | None, list[Attachment]]:
    """What a question is asked of, and what goes with it.

    Raises:
        NotFound, InputRefused: something of it is not there, or cannot be read.
    """
    scope = scope_given(arguments)
    if scope:
        scope = named(scope, session)
        _bring_up_to_date(app, session, console)
    attachments = [attach_file(Path(name)) for name in arguments.attach]
    for remark in filter(None, (one.remark for one in attachments)):
        console.remark(remark)
    return scope, attachments


def _bring_up_to_date(app: App, session: Session, console: Console) -> None:
    """Have what was written last found, too, and say where only words are searched."""
    app.keep_index()
    if session.search:
        session.search.settled(_INDEX_SECONDS)
        if reason := session.search.status().reason:
            console.remark(reason)


def chat(arguments: Arguments, app: App, session: Session, events: Events, console: Console) -> int:
    """``hush chat``: until Ctrl+D or /quit."""
    app.warm_engine()
    console.remark(f"{_MAY_GO if app.settings.cloud else _STAYS} {_HELP}")
    talk = _Talk(app, session, console)
    if arguments.conversation is not None:
        talk.open(arguments.conversation)
    talk.ask_of(scope_given(arguments))
    printer = Printer(console, app.governor, slowly=arguments.slowly)
    while True:
        try:
            text = console.prompt(f"\n{talk.you}: ").strip()
        except (EOFError, KeyboardInterrupt):
            console.line()
            return 0
        try:
            if text == "/quit":
                return 0
            if text.startswith("/"):
                talk.command(text)
            elif text:
                run = talk.send(text)
                console.write("\nHush: ")
                printer.cites = talk.scope is not None
                follow(run, session, events, printer)
        except HushError as error:
            console.problem(error)


class _Talk:
    """Where the next question goes, and of what it is asked.

    Args:
        app: Keeps the index up to date where notes are asked.
        session: Open.
        console: Tells what a command came to.
    """

    def __init__(self, app: App, session: Session, console: Console) -> None:
        self._app = app
        self._session = session
        self._console = console
        self._conversation: int | None = None
        self.scope: Scope | None = None

    @property
    def you(self) -> str:
        """What stands before the person's words."""
        of = f", of {self.scope.words}" if self.scope else ""
        private = ", in private" if is_private(self._conversation) else ""
        return f"You{private}{of}"

    def open(self, conversation: int) -> None:
        """Go on with a conversation."""
        thread = self._session.conversations.thread(conversation).result()
        self._conversation = conversation
        count = len(thread.messages)
        self._console.remark(f"“{thread.conversation.title}”, {count} messages.")

    def ask_of(self, scope: Scope | None) -> None:
        """Ask something else from now on; None: nothing but the model."""
        if scope:
            scope = named(scope, self._session)
            _bring_up_to_date(self._app, self._session, self._console)
            self._console.remark(f"Answers come from {scope.words} now. {_BACK}")
        elif self.scope:
            self._console.remark("Answers come from the model alone now.")
        self.scope = scope

    def send(self, text: str) -> Run:
        """Ask, in a chat that may not have begun."""
        chat = self._session.chat
        if self._conversation == NEW_PRIVATE_ID:
            run = chat.send(None, text, private=True, scope=self.scope)
        else:
            run = chat.send(self._conversation, text, scope=self.scope)
        self._conversation = run.saved.result().conversation.id
        return run

    def command(self, text: str) -> None:
        """Do a slash command."""
        word, _, rest = text.partition(" ")
        match word:
            case "/new":
                self._conversation = None
                self._console.remark("A new chat.")
            case "/private":
                self._conversation = NEW_PRIVATE_ID
                self._console.remark(_PRIVATE)
            case "/notes":
                self.ask_of(scope_typed(rest))
            case "/list":
                for found in self._session.conversations.list(storable(rest)).result():
                    mark = "private  " if found.private else ""
                    self._console.line(f"{found.id:>6}  {mark}{found.title}")
            case "/open":
                chosen = conversation_id(rest.strip())
                if chosen is None:
                    raise InputRefused("Which chat?", "Type its number, like /open 3; see /list.")
                self.open(chosen)
            case "/help":
                self._console.remark(_HELP)
            case _:
                raise InputRefused(f"There is no command {word}.", _HELP)


class Printer:
    """Prints events, for a person or as JSON, and says why an answer waits or comes slower.

    Args:
        console: Where to.
        governor: Told to go on where it pauses.
        slowly: Whether the person wants that.
        as_json: One event a line, for a program.
        cites: The answers are printed at their end, with their citations in them.
        what: What waits where it pauses, as it begins a sentence.
        counter: Cleared before anything is printed.
    """

    def __init__(
        self,
        console: Console,
        governor: Governor,
        *,
        slowly: bool,
        as_json: bool = False,
        cites: bool = False,
        what: str = "The answer",
        counter: Counter | None = None,
    ) -> None:
        self._console = console
        self._as_json = as_json
        self._power = PowerTeller(console, governor, what, slowly=slowly, as_json=as_json)
        self._counter = counter
        self.cites = cites

    def begin(self) -> None:
        """Say how it stands before anything happens."""
        self._power.begin()

    def take(self, event: Event) -> None:
        """Print an event, if it says anything."""
        if self._counter:
            self._counter.clear()
        if isinstance(event, PowerChanged):
            self._power.tell(event.plan)
        elif self._as_json:
            tell_program(event, self._console)
        elif self.cites and isinstance(event, ReplyText):
            pass  # which sentence rests on what is known at the end
        else:
            if self.cites and isinstance(event, ReplyEnded):
                self._console.write(answer_text(event.message))
            tell_person(event, self._console)


def follow(run: Run, session: Session, events: Events, printer: Printer) -> int:
    """Print a run's events until it ends; Ctrl+C stops the answer and keeps it.

    Raises:
        HushError: the exchange could not be saved, or the answer failed.
    """
    interrupted = False
    with signals_as_events(events):
        run.saved.result()
        printer.begin()
        while True:
            event = events.get()
            if isinstance(event, Interrupted):
                interrupted = True
                session.chat.stop(run.id)
                continue
            if isinstance(event, Settled):
                continue
            printer.take(event)
            if isinstance(event, ReplyEnded) and event.run_id == run.id:
                if event.error:
                    raise event.error
                return EXIT_STOPPED if interrupted else 0


def tell_person(event: Event, console: Console) -> None:
    """Print what an event means to a person, if anything."""
    match event:
        case ReplyText():
            console.write(event.text)
        case ReplyBegan() if event.left_out:
            console.remark(event.left_out)
        case ReplyEnded():
            console.line()
            _list_sources(event.message, console)
            if event.message.state is MessageState.STOPPED:
                kept = "" if is_private(event.message.id) else " What was written is kept."
                console.remark(f"Stopped.{kept}")
        case Notice():
            console.remark(event.text)
        case EngineChanged() if event.condition is EngineCondition.LOADING:
            if console.interactive:
                console.remark(f"Loading {event.model} …")
        case _:
            pass


def _list_sources(message: Message, console: Console) -> None:
    """Print what an answer from notes rests on, and where that is."""
    if heading := sources_heading(message):
        console.line(f"\n{heading}")
    for one in listed_sources(message):
        where = f"note {one.note_id}" if one.note_id is not None else f"chat {one.conversation_id}"
        console.line(f"  [{one.number}] {source_name(one)} ({where})")


def tell_program(event: Event, console: Console) -> None:
    """Print an event as a line of JSON, if it is one for programs."""
    if described := _described(event):
        console.data(described)


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
            cited = {"cited_text": answer_text(event.message)} if event.message.scope else {}
            return {"event": "ended", "message": asdict(event.message), **cited}
        case Notice():
            return {"event": "notice", "text": event.text}
        case _:
            return {}
