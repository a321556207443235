"""``hush notes tag``: tags suggested for many notes, given, reviewed, and taken off again.

With ``--json`` each line is an event, beside those of ``hush ask`` that are of no answer::

    suggestion  id, title, tag, probability, score, new: nobody has the tag yet
    decided     id, tag, accepted
    ended       run, notes, suggested, applied, silent, skipped, cancelled
    applied     id, title, tag, probability, at, run     (with --log)
    undone      run, tags: how many were taken off       (with --undo)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from assistant.app import App, Session
from assistant.errors import InputRefused, NotFound, VaultLocked
from assistant.events import BulkProgress, Event
from assistant.notes.records import Note
from assistant.notes.service import NoteService
from assistant.tags.records import AppliedLine, BulkReport, Explanation
from assistant.tags.session import Tags
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.conversing import Printer
from assistant.terminal.reading import local_time
from assistant.terminal.searching import bring_up_to_date
from assistant.terminal.waiting import EXIT_STOPPED, Counter, Events, Waiter, signals_as_events
from assistant.text import percent

_MOST_LOGGED: Final = 100_000  # as many as --undo may be wanted for
_UNTITLED: Final = "Untitled"
_KEYS: Final = "y yes · n no · Enter later · w why · q quit: "
_GOES_ON: Final = "Stopped. What was found stays; “hush notes tag --resume” goes on."
_STOPPED: Final = "Stopped before the first note."
_NOTHING: Final = (
    "Nothing is suggested. Hush learns from the tags that you give, and from what you say a tag is "
    "for: hush notes tags describe TAG “…”."
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One tag that a note may want."""

    note_id: int
    title: str = field(repr=False)
    tag: str = field(repr=False)
    probability: float
    score: float
    is_new: bool = False


def tag(arguments: Arguments, app: App, session: Session, events: Events, console: Console) -> int:
    """Suggest tags for ``arguments.ids``, or for all notes; or do what an option says instead.

    Returns:
        The exit code.

    Raises:
        InputRefused: it cannot be done so, or there are no notes in this session.
        NotFound: there is no such note or run.
    """
    tags, notes = _services(session)
    if arguments.ids and (arguments.resume or arguments.log or arguments.undo):
        raise InputRefused("Only a new run is of certain notes.", "Leave their numbers out.")
    if arguments.log:
        return _log(tags, console, as_json=arguments.json)
    if arguments.undo:
        return _undo(arguments, tags, console)
    if arguments.review and not console.interactive:
        raise InputRefused(
            "There is nobody here to ask.", "Without --review the suggestions are printed."
        )
    chosen = [notes.get(note_id).result() for note_id in arguments.ids]
    if session.search:
        bring_up_to_date(session.search, console)
    report = _run(arguments, app, tags, events, console)
    offers = list(_offers(tags, chosen))
    code = EXIT_STOPPED if report.cancelled else 0
    if arguments.review and offers and not report.cancelled:
        code = _Review(tags, console, as_json=arguments.json).of(offers)
    else:
        for offer in offers:
            _print(offer, console, as_json=arguments.json)
    if arguments.json:
        console.data({"event": "ended", **_described(report)})
    else:
        _tell(report, offers, console)
    if report.cancelled:
        left = {one.run_id for one in tags.bulk.unfinished().result()}
        console.remark(_GOES_ON if report.run_id in left else _STOPPED)
    return code


def _services(session: Session) -> tuple[Tags, NoteService]:
    if session.tags is None or session.notes is None:
        raise InputRefused("Notes need a vault that is kept.", "Open yours first.")
    return session.tags, session.notes


def _run(
    arguments: Arguments, app: App, tags: Tags, events: Events, console: Console
) -> BulkReport:
    """Look at the notes, and say how far that is; Ctrl+C ends it and keeps what was found."""
    bulk = tags.bulk
    counter = Counter(console)
    printer = Printer(
        console,
        app.governor,
        slowly=arguments.slowly,
        as_json=arguments.json,
        what="The run",
        counter=counter,
    )

    def tell(event: Event) -> None:
        if isinstance(event, BulkProgress):
            counter.show(f"{event.done:,} of {event.total:,} notes")
        else:
            printer.take(event)

    with signals_as_events(events):
        if arguments.resume:
            run = bulk.resume(_unfinished(tags))
        else:
            run = bulk.start(arguments.ids or None, apply_above=arguments.apply_above)
        printer.begin()
        try:
            return Waiter(events, tell).wait(run.done, lambda: bulk.cancel(run.id))
        finally:
            counter.clear()


def _unfinished(tags: Tags) -> int:
    """The run that was stopped last.

    Raises:
        NotFound: there is none.
    """
    found = tags.bulk.unfinished().result()
    if not found:
        raise NotFound("There is no run to go on with.", "Begin one: hush notes tag.")
    return found[0].run_id


def _offers(tags: Tags, chosen: Sequence[Note]) -> Iterator[Offer]:
    """What waits to be reviewed; of certain notes also tags that nobody has yet."""
    wanted = {note.id for note in chosen}
    for one in tags.bulk.waiting().result():
        if not chosen or one.note_id in wanted:
            yield Offer(one.note_id, one.title, one.tag, one.probability, one.score)
    for note in chosen:
        for new in tags.suggest.suggestions(note.id).result().new:
            yield Offer(note.id, note.title, new.tag, new.probability, new.score, is_new=True)


class _Review:
    """Asks of one suggestion after the other whether it is wanted.

    Args:
        tags: Told the answers.
        console: With a person at both ends.
        as_json: Prints the answers for a program, too.
    """

    def __init__(self, tags: Tags, console: Console, *, as_json: bool) -> None:
        self._tags = tags
        self._console = console
        self._as_json = as_json
        self._counts = {True: 0, False: 0}

    def of(self, offers: Sequence[Offer]) -> int:
        """Go through them until there is none, or the person quits; the exit code."""
        code = 0
        try:
            for number, offer in enumerate(offers, 1):
                self._console.remark(f"{number} of {len(offers)}  {_line(offer)}")
                if not self._settle(offer):
                    break
        except KeyboardInterrupt:
            self._console.remark("")
            code = EXIT_STOPPED
        accepted, rejected = self._counts[True], self._counts[False]
        later = len(offers) - accepted - rejected
        self._console.remark(
            f"{_tags(accepted)} added, {rejected:,} turned down, {later:,} left for later."
        )
        return code

    def _settle(self, offer: Offer) -> bool:
        """Ask of one; False where the person quits."""
        while True:
            match self._answer():
                case "y" | "yes":
                    self._decide(offer, accepted=True)
                case "n" | "no":
                    self._decide(offer, accepted=False)
                case "w" | "why":
                    self._explain(offer)
                    continue
                case "q" | "quit":
                    return False
                case "":
                    pass
                case _:
                    continue
            return True

    def _answer(self) -> str:
        try:
            return self._console.reply(_KEYS).strip().casefold()
        except VaultLocked:  # Ctrl+D: nobody answers any more
            return "q"

    def _decide(self, offer: Offer, *, accepted: bool) -> None:
        pair = (offer.note_id, offer.tag)
        try:
            if offer.is_new:
                self._tags.suggest.decide(*pair, accepted=accepted).result()
                done = 1
            else:
                bulk = self._tags.bulk
                done = (bulk.accept([pair]) if accepted else bulk.reject([pair])).result()
        except InputRefused as error:
            self._console.remark(error.sentence)
            return
        if not done:
            self._console.remark("That is not suggested any more. Nothing was changed.")
            return
        self._counts[accepted] += 1
        if self._as_json:
            said = {"id": offer.note_id, "tag": offer.tag, "accepted": accepted}
            self._console.data({"event": "decided", **said})

    def _explain(self, offer: Offer) -> None:
        if offer.is_new:
            self._console.remark("  These words are frequent in this note, and rare elsewhere.")
            return
        try:
            found = self._tags.suggest.explain(offer.note_id, offer.tag).result()
        except InputRefused as error:
            self._console.remark(error.sentence)
            return
        for line in _reasons(found):
            self._console.remark(f"  {line}")


def _reasons(found: Explanation) -> Iterator[str]:
    for one in found.notes:
        yield f"because of note {one.note_id}  {one.title or _UNTITLED}"
    if found.words:
        yield f"because of these words: {', '.join(found.words)}"
    if found.from_description:
        yield "because of the tag's name and description"


def _log(tags: Tags, console: Console, *, as_json: bool) -> int:
    """Print what was given without asking, the newest first."""
    found: list[AppliedLine] = tags.bulk.log(_MOST_LOGGED).result()
    for one in found:
        if as_json:
            described = {"id": one.note_id, "title": one.title, "tag": one.tag}
            figures = {"probability": one.probability, "at": one.at, "run": one.run_id}
            console.data({"event": "applied", **described, **figures})
        else:
            line = _columns(one.note_id, percent(one.probability), one.tag, one.title)
            console.line(f"run {one.run_id:>3}  {local_time(one.at)}  {line}")
    if not found:
        console.remark("No tag was ever added without asking, or all of them were taken off.")
    return 0


def _undo(arguments: Arguments, tags: Tags, console: Console) -> int:
    count = tags.bulk.undo(arguments.undo).result()
    if arguments.json:
        console.data({"event": "undone", "run": arguments.undo, "tags": count})
    else:
        console.line(f"{_tags(count)} taken off again.")
    return 0


def _print(offer: Offer, console: Console, *, as_json: bool) -> None:
    if as_json:
        described = {"id": offer.note_id, "title": offer.title, "tag": offer.tag}
        figures = {"probability": offer.probability, "score": offer.score, "new": offer.is_new}
        console.data({"event": "suggestion", **described, **figures})
    else:
        console.line(_line(offer))


def _line(offer: Offer) -> str:
    how_sure = "new" if offer.is_new else percent(offer.probability)  # nobody decided on one yet
    return _columns(offer.note_id, how_sure, offer.tag, offer.title)


def _columns(note_id: int, how_sure: str, tag: str, title: str) -> str:
    return f"{note_id:>6}  {how_sure:>5}  #{tag}  {title or _UNTITLED}"


def _described(report: BulkReport) -> dict[str, Any]:
    return {
        "run": report.run_id,
        "notes": report.notes,
        "suggested": report.suggested,
        "applied": report.applied,
        "silent": report.silent,
        "skipped": report.skipped,
        "cancelled": report.cancelled,
    }


def _tell(report: BulkReport, offers: Sequence[Offer], console: Console) -> None:
    """Say what a run came to, beside the suggestions."""
    notes = "1 note" if report.notes == 1 else f"{report.notes:,} notes"
    silent = f" Of {report.silent:,} there is nothing to suggest." if report.silent else ""
    console.remark(f"{notes} looked at.{silent}")
    if report.skipped:
        console.remark(f"{report.skipped:,} skipped: empty, or not indexed yet.")
    if report.applied:
        how = f"“hush notes tag --undo {report.run_id}” takes them off again."
        console.remark(f"{_tags(report.applied)} added. {how}")
    if not (report.cancelled or report.applied or offers):
        console.remark(_NOTHING)


def _tags(count: int) -> str:
    return "1 tag" if count == 1 else f"{count:,} tags"
