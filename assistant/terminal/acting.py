"""``hush notes act``: the model does something with a note's text; it is written where you say so.

With ``--json`` each line is an event, beside those of ``hush ask`` that are of no answer::

    progress    part, parts
    text        text: a piece of what is being written, which may be tidied up in the end
    ended       id, action, text, placement (replaces, follows, beside), changes (kind, text),
                parts, remark, note (what has it now; null: nothing was written), revision
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from assistant.actions.records import Action, ActionResult, Description, Kind, Placement, Span
from assistant.actions.service import ActionService
from assistant.app import App, Session
from assistant.errors import InputRefused
from assistant.events import ActionEnded, ActionProgress, ActionText
from assistant.notes.records import Note, Saved
from assistant.notes.service import NoteService
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.conversing import Printer
from assistant.terminal.waiting import (
    EXIT_STOPPED,
    Counter,
    Events,
    Interrupted,
    Settled,
    signals_as_events,
)

_MARKS: Final = {Kind.KEPT: ("", ""), Kind.REMOVED: ("[-", "-]"), Kind.ADDED: ("{+", "+}")}
_NOT_WRITTEN: Final = "The note is as it was. With --apply this is written to it."
_BOTH_KEPT: Final = "The note changed meanwhile: both versions are kept."


def act(arguments: Arguments, app: App, session: Session, events: Events, console: Console) -> int:
    """Carry out ``arguments.task`` on the text of one note, and print what comes of it.

    A terminal shows it as it is written. A pipe gets the result alone, at the end.

    Returns:
        The exit code.

    Raises:
        NotFound: there is no such note.
        InputRefused: it cannot be done with this text. Nothing was changed.
        EngineError: the model failed. Nothing was changed.
    """
    if session.actions is None or session.notes is None:
        raise InputRefused("Notes need a vault that is kept.", "Open yours first.")
    actions, action = session.actions, Action(arguments.task)
    offered = next(one for one in actions.offered if one.action is action)
    if offered.needs_language and not arguments.language.strip():
        raise InputRefused("No language is named.", "Say which one: --language French.")
    note = session.notes.get(arguments.id).result()
    run = _Run(arguments, app, events, console)
    ended = run.of(actions, offered, note)
    if ended.error:
        raise ended.error
    if ended.result is None:
        console.remark("Stopped. Nothing was changed.")
        return EXIT_STOPPED
    run.show(ended.result)
    written = _write(note, ended.result, session.notes) if arguments.apply else None
    if arguments.json:
        console.data({"event": "ended", "id": note.id, **_described(ended.result, written)})
    else:
        _tell(ended.result, written, console)
    return 0


class _Run:
    """One action, from its start to what is printed of it.

    Args:
        arguments: What was asked for.
        app: Holds the model.
        events: Where its events come.
        console: Where they are printed.
    """

    def __init__(self, arguments: Arguments, app: App, events: Events, console: Console) -> None:
        self._arguments = arguments
        self._app = app
        self._events = events
        self._console = console
        self._as_json = arguments.json
        # Of a difference, and in a pipe, only what it comes to is of use.
        self._streams = not (arguments.json or arguments.diff) and console.stdout.isatty()
        self._counter = Counter(console)
        self._streamed = ""

    def of(self, actions: ActionService, offered: Description, note: Note) -> ActionEnded:
        """Carry it out; Ctrl+C stops it.

        Raises:
            InputRefused: nothing was begun.
        """
        printer = Printer(
            self._console,
            self._app.governor,
            slowly=self._arguments.slowly,
            as_json=self._as_json,
            what="The model",
            counter=self._counter,
        )
        with signals_as_events(self._events):
            run = actions.start(offered.action, note.text, language=self._arguments.language)
            if offered.caution:
                self._console.remark(offered.caution)
            printer.begin()
            while True:
                match self._events.get():
                    case Interrupted():
                        actions.cancel(run.id)
                    case ActionProgress(run_id=run.id) as event:
                        self._progress(event)
                    case ActionText(run_id=run.id) as event:
                        self._text(event.text)
                    case ActionEnded(run_id=run.id) as event:
                        self._end_line()
                        return event
                    case Settled():
                        pass
                    case event:
                        printer.take(event)

    def show(self, result: ActionResult) -> None:
        """Print what came of it, where it does not stand there already."""
        if self._as_json or not result.text:
            return
        if self._arguments.diff and result.changes:
            self._console.write(_ended(marked(result.changes)))
        elif self._streamed.strip() != result.text.strip():
            if self._streamed:
                self._console.remark("Tidied up, it is:")
            self._console.write(_ended(result.text))

    def _progress(self, event: ActionProgress) -> None:
        if self._as_json:
            self._console.data({"event": "progress", "part": event.part, "parts": event.parts})
        elif event.parts > 1 and not self._streamed:
            self._counter.show(f"part {event.part:,} of {event.parts:,}")

    def _text(self, text: str) -> None:
        if self._as_json:
            self._console.data({"event": "text", "text": text})
        elif self._streams:
            self._counter.clear()
            self._console.write(text)
            self._streamed += text

    def _end_line(self) -> None:
        self._counter.clear()
        if self._streamed and not self._streamed.endswith("\n"):
            self._console.line()


def marked(changes: Iterable[Span]) -> str:
    """A difference as text: what is gone as ``[-gone-]``, what is new as ``{+new+}``."""
    return "".join(f"{_MARKS[one.kind][0]}{one.text}{_MARKS[one.kind][1]}" for one in changes)


def _write(note: Note, result: ActionResult, notes: NoteService) -> Saved | None:
    """Write a result to its note: in place of the text, or behind it.

    Raises:
        InputRefused: the note would be too long. Nothing was changed.
    """
    if not result.text:
        return None
    match result.placement:
        case Placement.REPLACES:
            text = result.text
        case Placement.FOLLOWS:
            text = note.text + result.text
        case Placement.BESIDE:
            text = f"{note.text.rstrip()}\n\n{result.text.strip()}\n"
    return notes.save(note.id, text, note.revision).result()


def _described(result: ActionResult, written: Saved | None) -> dict[str, Any]:
    has_it = (written.other or written.note) if written else None
    return {
        "action": result.action.value,
        "text": result.text,
        "placement": result.placement.value,
        "changes": [asdict(one) for one in result.changes],
        "parts": result.parts,
        "remark": result.remark,
        "note": has_it.id if has_it else None,
        "revision": has_it.revision if has_it else None,
    }


def _tell(result: ActionResult, written: Saved | None, console: Console) -> None:
    if result.remark:
        console.remark(result.remark)
    if written is None:
        console.remark(_NOT_WRITTEN if result.text else "Nothing was changed.")
    elif written.other:
        console.remark(_BOTH_KEPT)
    else:
        console.remark(f"Written to note {written.note.id}.")


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"
