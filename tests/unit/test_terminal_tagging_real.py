"""``hush notes tag`` over the real index, the real tag model and the real rows."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

import pytest

from assistant.events import BulkProgress, Event
from assistant.notes.service import NoteService
from assistant.power.plan import Mode, Plan, Reason
from assistant.tags.session import open_tags
from assistant.terminal.arguments import parse
from assistant.terminal.console import Console
from assistant.terminal.tagging import tag
from assistant.terminal.waiting import Interrupted
from tests.fakes.clock import FakeClock
from tests.unit.indexed import Indexed
from tests.unit.terminal_notes import typing
from tests.unit.terminals import Person

WORDS: Final = {
    "git": "rebase commit branch merge remote stash cherry pick",
    "bread": "flour water salt oven knead dough crust yeast",
    "sql": "index query table join select vacuum planner row",
}
TAGGED: Final = 36
ALL: Final = 48


class Kitchen:
    """Notes on three matters, of which the last dozen have no tag yet."""

    def __init__(self) -> None:
        self.hush = Indexed()
        self.clock = FakeClock()
        self.notes = NoteService(self.hush.vaults, self.clock, self.hush.indexer.wake)
        self.plan = Plan()
        self.stops = False  # Ctrl+C as soon as a run has begun
        self.tags = open_tags(
            self.hush.vaults, self.clock, self._publish, self.hush.search, lambda: self.plan
        )
        chance = random.Random(7)  # noqa: S311 - notes, the same ones each time
        self.meant: list[str] = []
        for number in range(ALL):
            name = list(WORDS)[number % len(WORDS)]
            text = " ".join(chance.choices(WORDS[name].split(), k=12))
            given = [name] if number < TAGGED else []
            note = self.notes.create(text, title=f"Note {number}", tags=given).result(10)
            assert note.id == len(self.meant) + 1
            self.meant.append(name)

    def run(self, *words: str, person: Person | None = None, ends: int = 0) -> str:
        """Run the command over all of it; what it printed, remarks last."""
        out, err = io.StringIO(), person.reads if person else io.StringIO()
        session: Any = SimpleNamespace(notes=self.notes, search=self.hush.search, tags=self.tags)
        app: Any = SimpleNamespace(governor=SimpleNamespace(plan=Plan()))
        events: Any = self.hush.events
        console = Console(person or io.StringIO(), out, err)
        assert tag(parse(["notes", "tag", *words]), app, session, events, console) == ends
        return out.getvalue() + err.getvalue()

    def _publish(self, event: Event) -> None:
        self.hush.events.put(event)
        if self.stops and isinstance(event, BulkProgress):
            self.interrupt()

    def interrupt(self) -> None:
        """Ctrl+C."""
        events: Any = self.hush.events
        events.put(Interrupted())

    def untagged(self) -> list[int]:
        """Notes that have no tag."""
        return [one.id for one in self.notes.list().result(10) if not one.tags]

    def wrong(self) -> list[int]:
        """Notes that have another tag than what they are about."""
        lines = self.notes.list().result(10)
        return [one.id for one in lines if one.tags and one.tags != (self.meant[one.id - 1],)]


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    """Closed after the test."""
    kitchen = Kitchen()
    yield kitchen
    kitchen.tags.close()
    kitchen.hush.close()


def test_the_rest_falls_into_place(kitchen: Kitchen) -> None:
    """Suggested, given at once, logged and taken off again."""
    said = kitchen.run()
    assert len(kitchen.untagged()) == ALL - TAGGED  # nothing is given unasked
    assert said.count(" %  #") >= (ALL - TAGGED) // 2
    assert f"{ALL} notes looked at." in said
    said = kitchen.run("--apply-above", "0.9")
    given = ALL - TAGGED - len(kitchen.untagged())
    assert given >= (ALL - TAGGED) // 2
    assert kitchen.wrong() == []
    (run_id,) = {line.run_id for line in kitchen.tags.bulk.log().result(10)}
    assert f"{given} tags added. “hush notes tag --undo {run_id}”" in said
    assert kitchen.run("--log").count(f"run {run_id}") == given
    assert kitchen.run("--undo", str(run_id)) == f"{given} tags taken off again.\n"
    assert len(kitchen.untagged()) == ALL - TAGGED
    kitchen.run("--apply-above", "0.9")
    assert len(kitchen.untagged()) == ALL - TAGGED - given  # nothing was learned from that


def test_a_review_teaches(kitchen: Kitchen) -> None:
    """Yes gives the tag, no has it never suggested again; why names notes."""
    said = kitchen.run("--review", person=typing("w", "y", "n", "q"))
    assert "because of note " in said
    assert "1 tag added, 1 turned down" in said
    assert len(kitchen.untagged()) == ALL - TAGGED - 1
    assert kitchen.wrong() == []
    again = kitchen.run("--json")
    assert again.count('"suggestion"') == len(kitchen.tags.bulk.waiting().result(10))


def test_stopped_and_gone_on_with(kitchen: Kitchen) -> None:
    """Ctrl+C while the machine is too hot; later ``--resume`` does it all."""
    kitchen.plan = Plan(Mode.PAUSED, Reason.CRITICAL_HEAT, "Too hot.")
    kitchen.stops = True
    assert "--resume” goes on." in kitchen.run("--apply-above", "0.9", ends=130)
    kitchen.plan, kitchen.stops = Plan(), False
    (left,) = kitchen.tags.bulk.unfinished().result(10)
    said = kitchen.run("--resume")
    assert f"“hush notes tag --undo {left.run_id}”" in said
    assert kitchen.wrong() == []
    assert kitchen.tags.bulk.unfinished().result(10) == []


def test_stopped_before_it_begins(kitchen: Kitchen) -> None:
    """There is nothing to go on with then, or there is: what is said holds."""
    kitchen.interrupt()
    said = kitchen.run(ends=130)
    assert "Stopped" in said
    assert ("--resume" in said) == bool(kitchen.tags.bulk.unfinished().result(10))


def test_one_note(kitchen: Kitchen) -> None:
    """Only that one is looked at and told of."""
    said = kitchen.run(str(ALL))
    assert f"{ALL:>6}  " in said
    assert said.count("#") == 1
    assert "1 note looked at." in said
