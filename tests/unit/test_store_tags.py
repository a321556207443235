"""What tags are learned from, the queue of what to learn, and tagging many notes, in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from assistant.errors import InputRefused, NotFound
from assistant.store import (
    note_rows,
    note_trash_rows,
    tag_label_rows,
    tag_manager_rows,
    tag_rows,
    tag_suggestion_rows,
)
from assistant.store.sqlcipher import Connection
from assistant.store.tag_label_rows import Decision, Labels
from assistant.store.tag_suggestion_rows import Offer, Run
from assistant.store.vault import Vault
from assistant.tags.records import OFFERED, SURE, Level, Suggestion

T = TypeVar("T")


class Rows:
    """A vault in memory, and what the tests do with it again and again."""

    def __init__(self) -> None:
        self.vault = Vault.in_memory()

    def do(self, work: Callable[[Connection], T]) -> T:
        """One write."""
        return self.vault.write(work).result(10)

    def note(self, text: str = "x", *tags: str) -> int:
        """A note, by its id."""
        return self.do(lambda c: note_rows.create(c, text, "", tags, 1)).id

    def tag(self, name: str) -> int:
        """A tag that stays, by its id."""
        self.do(lambda c: tag_manager_rows.create(c, name, ""))
        return self.id(name)

    def id(self, name: str) -> int:
        """Of a tag that is there."""
        found = self.do(lambda c: tag_rows.known(c, name))
        assert found is not None
        return found

    def tags(self, note_id: int) -> tuple[str, ...]:
        """All that a note has."""
        return self.do(lambda c: tag_rows.of_note(c, note_id))

    def decide(self, note_id: int, tag_id: int, at: int = 1, *, accepted: bool) -> None:
        """Said of a suggestion."""
        said = Decision(note_id, tag_id, accepted, 0.8, 1.5, at)
        self.do(lambda c: tag_label_rows.decide(c, said))

    def queued(self) -> list[int]:
        """What is to be learned; taken out."""
        return [one.note_id for one in self.do(lambda c: tag_label_rows.drain(c, 1_000))]

    def labels(self, note_id: int) -> Labels:
        """Of one note."""
        return self.do(lambda c: tag_label_rows.labels(c, note_id))

    def run(self, apply_above: float | None = None, ids: tuple[int, ...] | None = None) -> Run:
        """A run that has begun."""
        return self.do(lambda c: tag_suggestion_rows.begin_run(c, ids, apply_above, 5))

    def put(self, run: Run, note_id: int, **offers: float) -> tuple[int, int]:
        """Suggest tags with these probabilities."""
        wanted = [Offer(name, probability, 2.0) for name, probability in offers.items()]
        return self.do(lambda c: tag_suggestion_rows.put(c, run, note_id, wanted, 7))

    def waiting(self, tag: str = "") -> list[tuple[int, str]]:
        """What is to be reviewed, in its order."""
        found = self.do(lambda c: tag_suggestion_rows.waiting(c, tag))
        return [(one.note_id, one.tag) for one in found]


@pytest.fixture
def rows() -> Iterator[Rows]:
    """Empty."""
    made = Rows()
    yield made
    made.vault.close()


# --- Labels ------------------------------------------------------------------------------------


def test_what_a_note_teaches(rows: Rows) -> None:
    """What it has for any reason, what was not wanted, what was proposed; each tag once."""
    note = rows.note("about #text", "given")
    no, weak = rows.tag("no"), rows.tag("weak")
    rows.decide(note, no, accepted=False)
    rows.decide(note, rows.id("given"), accepted=False)  # and then given all the same
    rows.do(lambda c: tag_label_rows.propose(c, note, ["Weak", "NO", "text", "unheard of"], 2))
    has = tuple(sorted((rows.id("text"), rows.id("given"))))
    assert rows.labels(note) == Labels(note, has, (no,), (weak,))
    assert rows.do(tag_label_rows.all_labels) == [rows.labels(note)]
    known = {tag.name: tag.notes for tag in rows.do(tag_label_rows.tags)}
    assert known == {"given": 1, "no": 0, "text": 1, "weak": 0}


def test_of_contradicting_decisions_the_later_counts(rows: Rows) -> None:
    """On one note and one tag there is one answer."""
    note, tag = rows.note(), rows.tag("a")
    rows.decide(note, tag, 1, accepted=True)
    rows.decide(note, tag, 2, accepted=False)
    (said,) = rows.do(tag_label_rows.decisions)
    assert said == Decision(note, tag, False, 0.8, 1.5, 2)
    assert rows.do(lambda c: tag_label_rows.take_back(c, note, tag)) == said
    assert rows.do(lambda c: tag_label_rows.take_back(c, note, tag)) is None
    assert rows.labels(note) == Labels(note)


def test_the_trash_teaches_nothing(rows: Rows) -> None:
    """Until the note is restored; one that is gone is no note."""
    note = rows.note("#a")
    rows.decide(note, rows.tag("b"), accepted=False)
    rows.do(lambda c: note_trash_rows.throw_away(c, [note], 5))
    assert rows.labels(note) == Labels(note, is_live=False)
    assert rows.do(tag_label_rows.all_labels) == []
    assert rows.do(tag_label_rows.decisions) == []
    rows.do(lambda c: note_trash_rows.restore(c, [note]))
    assert rows.labels(note).positive == (rows.id("a"),)
    assert rows.labels(999) == Labels(999, is_live=False)


def test_whatever_changes_what_a_note_teaches_puts_it_into_the_queue(rows: Rows) -> None:
    """Once, however often it changes; taken out, it teaches what it does at that moment."""
    note = rows.note("#a")
    other = rows.note("x")
    tag = rows.tag("b")
    assert rows.queued() == [note, other]
    changes: list[Callable[[Connection], object]] = [
        lambda c: note_rows.save(c, note, "#a, and more", 1, None, 2),
        lambda c: note_rows.choose_tags(c, note, ["c"]),
        lambda c: note_rows.choose_tags(c, note, []),
        lambda c: tag_label_rows.decide(c, Decision(note, tag, True, 0.1, 0.1, 1)),
        lambda c: tag_label_rows.decide(c, Decision(note, tag, False, 0.1, 0.1, 2)),
        lambda c: tag_label_rows.take_back(c, note, tag),
        lambda c: tag_label_rows.propose(c, note, ["b"], 1),
        lambda c: tag_label_rows.reject_new(c, note, "b", 2),
        lambda c: tag_label_rows.want_new_again(c, note, "b"),
        lambda c: note_trash_rows.throw_away(c, [note], 5),
        lambda c: note_trash_rows.restore(c, [note]),
    ]
    for change in changes:
        rows.do(change)
        assert rows.queued() == [note]
    for change in changes:  # while it waits already: upserts, too
        rows.do(change)
    assert rows.do(tag_label_rows.count_queued) == 1
    rows.do(lambda c: note_rows.pin(c, other, pinned=True))
    assert rows.queued() == [note]


def test_the_queue_is_taken_out_in_parts_or_whole(rows: Rows) -> None:
    """In parts for learning in between; whole where a model begins anew."""
    notes = [rows.note("x", "a") for _ in range(5)]
    first = rows.do(lambda c: tag_label_rows.drain(c, 2))
    assert [one.note_id for one in first] == notes[:2]
    assert first[0].positive == (rows.id("a"),)
    assert [one.note_id for one in rows.do(tag_label_rows.begin_anew)] == notes
    assert rows.queued() == []


def test_a_tag_that_goes_puts_its_notes_into_the_queue(rows: Rows) -> None:
    """They have one less; renaming alone changes nothing that was learned."""
    note = rows.note("x", "a")
    rows.queued()
    rows.do(lambda c: tag_manager_rows.move(c, tag_manager_rows.Move("a", "b", True, False)))
    assert rows.queued() == []
    rows.do(lambda c: tag_manager_rows.delete(c, "b"))
    assert rows.queued() == [note]


def test_a_note_that_is_deleted_leaves_nothing_behind(rows: Rows) -> None:
    """Not in the queue either, though its rows go after it."""
    note, tag = rows.note("#a"), rows.tag("kept")
    rows.decide(note, tag, accepted=True)
    rows.do(lambda c: tag_label_rows.propose(c, note, ["b"], 1))
    rows.put(rows.run(), note, kept=0.9)
    rows.do(lambda c: note_trash_rows.throw_away(c, [note], 5))
    rows.do(lambda c: note_trash_rows.begin_purge(c, 2**62))
    rows.do(lambda c: note_trash_rows.purge_some(c, 10))
    assert rows.queued() == []
    assert rows.do(tag_label_rows.decisions) == []
    assert rows.do(lambda c: tag_label_rows.proposals(c, note)) == []


def test_proposals_replace_each_other_but_what_was_not_wanted_stays(rows: Rows) -> None:
    """What is no tag is left out; a model that proposes thousands is cut off."""
    note = rows.note()
    rows.do(lambda c: tag_label_rows.propose(c, note, ["one", "two"], 1))
    rows.do(lambda c: tag_label_rows.reject_new(c, note, "Two", 2))
    rows.do(lambda c: tag_label_rows.propose(c, note, ["two", "#three", "", "x" * 500], 3))
    found = rows.do(lambda c: tag_label_rows.proposals(c, note))
    assert [(one.name, one.rejected) for one in found] == [("three", False), ("two", True)]
    assert rows.do(lambda c: tag_label_rows.want_new_again(c, note, "two"))
    assert not rows.do(lambda c: tag_label_rows.want_new_again(c, note, "two"))
    rows.do(lambda c: tag_label_rows.propose(c, note, map(str, range(5_000)), 4))
    found = rows.do(lambda c: tag_label_rows.proposals(c, note))
    assert len(found) == tag_label_rows.MOST_PROPOSED


def test_forgetting_leaves_the_tags_on_the_notes(rows: Rows) -> None:
    """All else that was learned is gone."""
    note = rows.note("x", "a")
    rows.decide(note, rows.tag("b"), accepted=False)
    rows.do(lambda c: tag_label_rows.propose(c, note, ["c"], 1))
    rows.do(lambda c: tag_label_rows.keep_state(c, "calibration", b"1"))
    rows.do(lambda c: tag_label_rows.keep_state(c, "calibration", b"2"))
    rows.put(rows.run(), rows.note("y"), b=0.9)
    assert rows.do(lambda c: tag_label_rows.state(c, "calibration")) == b"2"
    rows.do(tag_label_rows.forget)
    assert rows.labels(note) == Labels(note, (rows.id("a"),))
    assert rows.do(lambda c: tag_label_rows.state(c, "calibration")) is None
    assert rows.do(tag_label_rows.decisions) == []
    assert rows.waiting() == []
    assert rows.do(tag_suggestion_rows.unfinished) == []


# --- Giving and taking -------------------------------------------------------------------------


def test_a_tag_is_given_beside_the_others_and_taken(rows: Rows) -> None:
    """Where the text or the file has it, it stays on the note."""
    note = rows.note("#text", "old")
    new = rows.do(lambda c: tag_rows.give(c, note, "New"))
    assert rows.do(lambda c: tag_rows.give(c, note, "new")) == new
    assert rows.tags(note) == ("New", "old", "text")
    assert not rows.do(lambda c: tag_rows.take(c, note, new))
    assert rows.do(lambda c: tag_rows.take(c, note, rows_id(c, "text")))
    assert rows.tags(note) == ("old", "text")


def rows_id(connection: Connection, name: str) -> int:
    """Of a tag that is there."""
    found = tag_rows.known(connection, name)
    assert found is not None
    return found


def test_a_full_note_takes_no_more(rows: Rows) -> None:
    """Told for one; in a run or a review such a note waits, and the others go on."""
    full = rows.note("x", *(f"tag{number}" for number in range(10_000)))
    other = rows.note("y")
    rows.tag("more")
    with pytest.raises(InputRefused):
        rows.do(lambda c: tag_rows.give(c, full, "more"))
    rows.do(lambda c: tag_rows.give(c, full, "tag7"))
    run = rows.run(apply_above=0.9)
    assert rows.put(run, full, more=0.99) == (1, 0)
    assert rows.put(run, other, more=0.8) == (1, 0)
    pairs = [(full, "more"), (other, "more")]
    assert rows.do(lambda c: tag_suggestion_rows.accept(c, pairs, 9)) == 1
    assert rows.do(lambda c: tag_suggestion_rows.accept_above(c, 0.5, "", 9)) == (0, None)
    assert rows.waiting() == [(full, "more")]
    assert rows.tags(other) == ("more",)


# --- Many notes --------------------------------------------------------------------------------


def test_a_run_goes_on_where_it_was(rows: Rows) -> None:
    """By id; what was thrown away meanwhile is not done, and what came is."""
    notes = [rows.note() for _ in range(4)]
    run = rows.run(apply_above=0.95)
    assert (run.total, run.done, run.apply_above) == (4, 0, 0.95)
    assert rows.do(lambda c: tag_suggestion_rows.next_notes(c, run, 2)) == notes[:2]
    rows.do(lambda c: tag_suggestion_rows.advance(c, run.id, notes[1], 2))
    rows.do(lambda c: note_trash_rows.throw_away(c, [notes[2]], 5))
    (left,) = rows.do(tag_suggestion_rows.unfinished)
    assert (left.run_id, left.done, left.total) == (run.id, 2, 4)
    again = rows.do(lambda c: tag_suggestion_rows.run(c, run.id))
    assert rows.do(lambda c: tag_suggestion_rows.next_notes(c, again, 9)) == notes[3:]
    rows.do(lambda c: tag_suggestion_rows.end_run(c, run.id, 9))
    assert rows.do(tag_suggestion_rows.unfinished) == []
    with pytest.raises(NotFound):
        rows.do(lambda c: tag_suggestion_rows.run(c, 99))


def test_a_run_over_some_notes_keeps_which(rows: Rows) -> None:
    """Also where it is gone on with by another Hush."""
    notes = [rows.note() for _ in range(4)]
    run = rows.run(ids=(notes[3], notes[1], 999, notes[1]))
    assert run.total == 2
    again = rows.do(lambda c: tag_suggestion_rows.run(c, run.id))
    assert rows.do(lambda c: tag_suggestion_rows.next_notes(c, again, 9)) == [notes[1], notes[3]]
    late = replace(rows.run(ids=(*range(-2_000, 0), *notes)), after_note=-1_999)
    found = []
    while some := rows.do(partial(tag_suggestion_rows.next_notes, of=late, most=3)):
        found += some
        late = replace(late, after_note=some[-1])
    assert found == notes
    nothing = rows.run(ids=())
    assert nothing.total == 0
    assert rows.do(lambda c: tag_suggestion_rows.next_notes(c, nothing, 9)) == []


def test_what_has_an_answer_is_not_suggested(rows: Rows) -> None:
    """A tag that the note has, one that was decided on, one that is gone; a note that is gone."""
    note = rows.note("#has")
    for name in ("yes", "no", "open"):
        rows.tag(name)
    rows.decide(note, rows.id("no"), accepted=False)
    run = rows.run()
    offers = {"has": 0.9, "no": 0.9, "gone": 0.9, "open": 0.8, "yes": 0.9}
    assert rows.put(run, note, **offers) == (2, 0)
    assert rows.waiting() == [(note, "yes"), (note, "open")]
    assert rows.put(run, note, open=0.7) == (1, 0)  # instead of what waited before
    assert rows.waiting() == [(note, "open")]
    assert rows.put(run, 999, yes=0.9) == (0, 0)
    rows.do(lambda c: note_trash_rows.throw_away(c, [note], 5))
    assert rows.waiting() == []
    assert rows.put(run, note, yes=0.9) == (0, 0)


def test_reviewing(rows: Rows) -> None:
    """Accepted ones are given, both are decisions with the figures that they had."""
    first, second = rows.note("first"), rows.note("second")
    a = rows.tag("a")
    rows.tag("b")
    run = rows.run()
    rows.put(run, first, a=0.9, b=0.7)
    rows.put(run, second, a=0.8)
    assert rows.waiting() == [(first, "a"), (second, "a"), (first, "b")]
    assert rows.waiting("A") == [(first, "a"), (second, "a")]
    assert rows.do(tag_suggestion_rows.waiting_tags) == [("a", 2), ("b", 1)]
    pairs = [(first, "a"), (first, "A"), (first, "zzz"), (999, "a")]
    assert rows.do(lambda c: tag_suggestion_rows.accept(c, pairs, 9)) == 1
    assert rows.do(lambda c: tag_suggestion_rows.reject(c, [(second, "a")], 9)) == 1
    assert rows.waiting() == [(first, "b")]
    assert (rows.tags(first), rows.tags(second)) == (("a",), ())
    said = rows.do(tag_label_rows.decisions)
    assert said == [
        Decision(first, a, True, 0.9, 2.0, 9),
        Decision(second, a, False, 0.8, 2.0, 9),
    ]
    rows.do(lambda c: tag_rows.give(c, first, "b"))  # by hand: it is answered
    assert rows.waiting() == []


def test_accepting_all_above_in_parts(rows: Rows) -> None:
    """Of one tag or of all; until none is left."""
    rows.tag("a")
    rows.tag("b")
    run = rows.run()
    notes = [rows.note() for _ in range(5)]
    for note in notes:
        rows.put(run, note, a=0.9, b=0.8)
    assert rows.do(lambda c: tag_suggestion_rows.accept_above(c, 0.85, "b", 9)) == (0, None)
    assert rows.do(lambda c: tag_suggestion_rows.accept_above(c, 0.75, "b", 9)) == (5, None)
    after: tag_suggestion_rows.Place | None = tag_suggestion_rows.BEFORE_ALL
    parts = []
    while after:
        accept = partial(tag_suggestion_rows.accept_above, after=after, most=2)
        count, after = rows.do(partial(accept, probability=0.9, tag="", now=9))
        parts.append(count)
    assert parts == [2, 2, 1]
    assert all(rows.tags(note) == ("a", "b") for note in notes)
    assert rows.do(lambda c: tag_suggestion_rows.forget_waiting(c)) == 0


def test_accepting_all_above_looks_at_nothing_twice(rows: Rows) -> None:
    """Each part begins where the one before ended: of many thousand, none is sorted or counted."""
    rows.tag("a")
    run = rows.run()
    notes = [rows.note() for _ in range(4)]
    for note in notes:
        rows.put(run, note, a=0.9)
    place = (notes[1], rows.id("a"))
    assert rows.do(lambda c: tag_suggestion_rows.accept_above(c, 0.5, "", 9, place)) == (2, None)
    assert rows.waiting() == [(notes[0], "a"), (notes[1], "a")]
    names = ("note", "one", "probability", "tag", "most", "limit")
    query = f"EXPLAIN QUERY PLAN {tag_suggestion_rows._ABOVE}"
    plan = rows.do(lambda c: c.execute(query, dict.fromkeys(names, 1)).fetchall())
    words = [row[3] for row in plan]
    assert words[0].startswith("SEARCH s USING PRIMARY KEY")
    assert not any("TEMP B-TREE" in word for word in words)


def test_what_is_in_the_trash_is_not_answered(rows: Rows) -> None:
    """Neither accepted, nor rejected, nor taken off: nobody sees it there."""
    given, waits = rows.note(), rows.note()
    rows.tag("a")
    rows.put(rows.run(apply_above=SURE), given, a=0.99)
    rows.put(rows.run(), waits, a=0.8)
    rows.do(lambda c: note_trash_rows.throw_away(c, [given, waits], 9))
    pairs = [(given, "a"), (waits, "a")]
    for answer in (
        tag_suggestion_rows.accept,
        tag_suggestion_rows.reject,
        tag_suggestion_rows.undo,
    ):
        assert rows.do(partial(answer, pairs=pairs, now=9)) == 0
    rows.do(lambda c: note_trash_rows.restore(c, [given, waits]))
    assert (rows.tags(given), rows.tags(waits)) == (("a",), ())
    assert rows.waiting() == [(waits, "a")]


def test_what_was_applied_is_in_the_log_and_can_be_undone(rows: Rows) -> None:
    """One taken off is a decision against it, a whole run not; what the text has stays."""
    first, second, third = rows.note("one"), rows.note("two"), rows.note("three")
    rows.tag("a")
    rows.tag("b")
    run = rows.run(apply_above=SURE)
    assert rows.put(run, first, a=0.96, b=0.94) == (1, 1)
    assert rows.put(run, second, a=0.97, b=0.99) == (0, 2)
    assert rows.put(run, third, a=0.98) == (0, 1)
    assert rows.tags(second) == ("a", "b")
    assert rows.do(tag_label_rows.decisions) == []  # nobody has said anything yet
    log = rows.do(tag_suggestion_rows.log)
    found = [(line.note_id, line.tag, line.probability, line.run_id) for line in log]
    assert found[0] == (first, "a", 0.96, run.id)
    assert len(found) == 4
    rows.do(lambda c: note_rows.save(c, third, "three #a", 1, None, 3))
    assert rows.do(lambda c: tag_suggestion_rows.undo(c, [(second, "a"), (second, "c")], 9)) == 1
    assert rows.tags(second) == ("b",)
    assert rows.labels(second).negative == (rows.id("a"),)
    assert rows.do(lambda c: tag_suggestion_rows.undo_run(c, run.id, most=2)) == 2
    assert rows.do(lambda c: tag_suggestion_rows.undo_run(c, run.id)) == 1
    assert (rows.tags(first), rows.tags(second), rows.tags(third)) == ((), (), ("a",))
    assert rows.do(tag_suggestion_rows.log) == []
    assert rows.put(run, second, a=0.99) == (0, 0)  # it was not wanted
    assert rows.labels(first).negative == ()  # a run that is taken back says nothing of each tag


def test_what_was_taken_off_by_hand_is_not_given_again(rows: Rows) -> None:
    """It is gone from the log, and counts against the tag."""
    note = rows.note()
    rows.tag("a")
    run = rows.run(apply_above=SURE)
    rows.put(run, note, a=0.99)
    rows.do(lambda c: note_rows.choose_tags(c, note, []))
    assert rows.do(tag_suggestion_rows.log) == []
    assert rows.labels(note).negative == (rows.id("a"),)
    assert rows.put(run, note, a=0.99) == (0, 0)
    assert rows.tags(note) == ()


def test_what_was_given_again_by_hand_is_not_undone(rows: Rows) -> None:
    """It is the person's from then on, and taught; taken off again, it is still not wanted."""
    note = rows.note()
    tag = rows.tag("a")
    run = rows.run(apply_above=SURE)
    rows.put(run, note, a=0.99)
    rows.do(lambda c: note_rows.choose_tags(c, note, []))
    rows.do(lambda c: note_rows.choose_tags(c, note, ["a"]))
    assert rows.do(tag_suggestion_rows.log) == []
    assert rows.labels(note) == Labels(note, positive=(tag,))
    assert rows.do(lambda c: tag_suggestion_rows.undo(c, [(note, "a")], 9)) == 0
    assert rows.do(lambda c: tag_suggestion_rows.undo_run(c, run.id)) == 0
    assert rows.tags(note) == ("a",)
    rows.do(lambda c: note_rows.choose_tags(c, note, []))
    assert rows.labels(note).negative == (tag,)


def test_a_tag_that_is_renamed_while_suggestions_are_computed_is_left_out(rows: Rows) -> None:
    """They are by name: the old one is nobody's, and may be another's soon."""
    note = rows.note()
    rows.tag("old")
    run = rows.run(apply_above=0.5)
    rows.put(rows.run(), note, old=0.8)
    rows.do(lambda c: tag_manager_rows.move(c, tag_manager_rows.Move("old", "new", True, True)))
    assert rows.waiting() == [(note, "new")]  # what was written down goes along
    assert rows.put(run, note, old=0.99) == (0, 0)
    assert rows.tags(note) == ()


def test_a_merged_tag_brings_its_suggestions_along(rows: Rows) -> None:
    """But none that the note has an answer to."""
    one, other = rows.note(), rows.note("x", "into")
    rows.tag("old")
    run = rows.run()
    rows.put(run, one, old=0.8)
    rows.put(run, other, old=0.8)
    rows.do(lambda c: tag_manager_rows.move(c, tag_manager_rows.Move("old", "into", False, True)))
    assert rows.waiting() == [(one, "into")]


@pytest.mark.parametrize(("mine", "its"), [("into", "old"), ("old", "into")])
def test_a_merge_takes_nothing_that_was_given_for_hushs(rows: Rows, mine: str, its: str) -> None:
    """Undoing a run takes off what it gave, not the tag that the person gave and it became."""
    rows.tag("old")
    rows.tag("into")
    both, its_alone = rows.note("x", mine), rows.note()
    run = rows.run(apply_above=SURE)
    rows.put(run, both, **{its: 0.99})
    rows.put(run, its_alone, **{its: 0.99})
    rows.do(lambda c: tag_manager_rows.move(c, tag_manager_rows.Move("old", "into", False, True)))
    assert [line.note_id for line in rows.do(tag_suggestion_rows.log)] == [its_alone]
    assert rows.do(lambda c: tag_suggestion_rows.undo_run(c, run.id)) == 1
    assert (rows.tags(both), rows.tags(its_alone)) == (("into",), ())


@pytest.mark.parametrize(("refused", "waits"), [("into", "old"), ("old", "into")])
def test_a_merge_brings_nothing_back_that_was_rejected(
    rows: Rows, refused: str, waits: str
) -> None:
    """Whichever of the two it was, and whether it was said or taken off by hand."""
    said, taken = rows.note(), rows.note()
    rows.tag("old")
    rows.tag("into")
    rows.decide(said, rows.id(refused), accepted=False)
    rows.put(rows.run(apply_above=SURE), taken, **{refused: 0.99})
    rows.do(lambda c: note_rows.choose_tags(c, taken, []))
    run = rows.run()
    for note in (said, taken):
        rows.put(run, note, **{waits: 0.97})
    assert len(rows.waiting()) == 2
    rows.do(lambda c: tag_manager_rows.move(c, tag_manager_rows.Move("old", "into", False, True)))
    assert rows.waiting() == []
    assert rows.do(lambda c: tag_suggestion_rows.accept_above(c, 0.5, "", 9)) == (0, None)
    assert rows.labels(taken).negative == rows.labels(said).negative == (rows.id("into"),)


@pytest.mark.parametrize(
    ("probability", "level"),
    [
        (SURE, Level.SURE),
        (0.9499, Level.OFFERED),
        (OFFERED, Level.OFFERED),
        (0.69, Level.SILENT),
        (float("nan"), Level.SILENT),
    ],
)
def test_what_becomes_of_a_suggestion(probability: float, level: Level) -> None:
    """By its probability; what is no number is never shown."""
    assert Suggestion("a", probability, 0.0).level is level
    assert "secret" not in repr(Suggestion("secret", probability, 0.0))
