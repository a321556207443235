"""Tags for many notes: reviewed, given, undone; cut off at any moment and gone on with."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.errors import InputRefused, NotFound
from assistant.events import BulkProgress, Event
from assistant.power.plan import Mode, Plan, Reason
from assistant.store import tag_label_rows, tag_suggestion_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.tags.records import OFFERED, BulkReport
from tests.fakes.encoder import FakeEncoder, FakeEncoderSource
from tests.trials.vaults import KEY
from tests.unit.indexed import RESTING
from tests.unit.tag_bench import GIT, SECONDS, SQL, TagBench

PAUSED = Plan(Mode.PAUSED, Reason.CRITICAL_HEAT, "Resting: too hot.", background_allowed=False)
MANY = 40


@pytest.fixture
def bench() -> Iterator[TagBench]:
    """Empty."""
    with TagBench() as made:
        yield made


def text_of(number: int) -> str:
    """One of many notes about one of two things."""
    return (GIT, SQL)[number % 2][number // 2 % 6] + f" Case {number}."


def fill(bench: TagBench, tagged: int = MANY, rest: int = MANY) -> list[int]:
    """Many notes, of which the first have their tag; returns the others."""
    for number in range(tagged):
        bench.note(text_of(number), right(number))
    notes = [bench.note(text_of(number)) for number in range(tagged, tagged + rest)]
    bench.index()
    return notes


def right(number: int) -> str:
    """The tag of a note."""
    return ("git", "sql")[number % 2]


def run(bench: TagBench, above: float | None = None, ids: list[int] | None = None) -> BulkReport:
    """A run, to its end."""
    return bench.bulk.start(ids, apply_above=above).done.result(SECONDS)


def waiting(bench: TagBench, tag: str = "") -> dict[int, str]:
    """What is to be reviewed."""
    return {one.note_id: one.tag for one in bench.bulk.waiting(tag).result(SECONDS)}


def when_done(bench: TagBench, notes: int, act: Callable[[], object]) -> None:
    """Do something once, between two slices of a run, when so many notes are done."""
    left = [act]

    def hear(event: Event) -> None:
        if isinstance(event, BulkProgress) and event.done >= notes and left:
            left.pop()()

    bench.hear = hear


# --- Reviewing ---------------------------------------------------------------------------------


def test_the_rest_falls_into_place(bench: TagBench) -> None:
    """What is suggested waits; nothing is given before it is accepted."""
    notes = fill(bench)
    report = run(bench)
    expected = {note: right(MANY + place) for place, note in enumerate(notes)}
    assert waiting(bench) == expected
    assert report == BulkReport(report.run_id, 2 * MANY, MANY, 0, MANY, 0, False)
    assert all(bench.all_tags()[note] == () for note in notes)
    found = bench.bulk.waiting().result(SECONDS)
    assert [one.probability for one in found] == sorted(
        (one.probability for one in found), reverse=True
    )
    assert all(one.probability >= OFFERED and one.title for one in found)
    assert set(waiting(bench, "GIT").values()) == {"git"}
    assert dict(bench.bulk.waiting_tags().result(SECONDS)) == {"git": 20, "sql": 20}
    assert bench.bulk.accept(list(expected.items())).result(SECONDS) == MANY
    assert {note: tags[0] for note, tags in bench.all_tags().items() if note in notes} == expected
    assert waiting(bench) == {}
    assert len(bench.decisions()) == MANY
    assert bench.taught() == 2 * MANY


def test_progress_is_told(bench: TagBench) -> None:
    """From none to all."""
    fill(bench)
    report = run(bench)
    told = []
    while not bench.events.empty():
        event = bench.events.get()
        if isinstance(event, BulkProgress):
            assert (event.run_id, event.total) == (report.run_id, 2 * MANY)
            told.append(event.done)
    assert told[0] == 0
    assert told[-1] == 2 * MANY
    assert told == sorted(told)


def test_rejecting_and_taking_back(bench: TagBench) -> None:
    """What was turned down does not come again; what is taken back waits as before."""
    notes = fill(bench)
    run(bench)
    before = bench.bulk.waiting().result(SECONDS)
    pairs = [(one.note_id, one.tag) for one in before]
    assert bench.bulk.reject(pairs[:5]).result(SECONDS) == 5
    assert bench.bulk.accept(pairs[5:10]).result(SECONDS) == 5
    assert bench.bulk.accept(pairs[:10]).result(SECONDS) == 0
    for pair in pairs[:10]:
        bench.suggest.take_back(*pair).result(SECONDS)
    assert bench.bulk.waiting().result(SECONDS) == before
    assert bench.decisions() == []
    assert all(bench.all_tags()[note] == () for note in notes)
    bench.bulk.reject(pairs[:5]).result(SECONDS)
    run(bench)
    assert not waiting(bench).keys() & {note for note, _ in pairs[:5]}


def test_accepting_what_is_probable_enough(bench: TagBench) -> None:
    """All above a probability, of one tag or of all."""
    fill(bench)
    run(bench)
    found = bench.bulk.waiting().result(SECONDS)
    middle = found[20].probability
    git = sum(one.probability >= middle and one.tag == "git" for one in found)
    every = sum(one.probability >= middle for one in found)
    assert bench.bulk.accept_above(middle, "git").result(SECONDS) == git
    assert bench.bulk.accept_above(middle).result(SECONDS) == every - git
    assert bench.bulk.accept_above(middle).result(SECONDS) == 0
    assert len(waiting(bench)) == MANY - every


def test_what_is_decided_on_the_note_waits_no_more(bench: TagBench) -> None:
    """Wherever the person says it; and what was said of it then is what waited."""
    notes = fill(bench)
    run(bench)
    (one, *_) = bench.bulk.waiting("git").result(SECONDS)
    bench.suggest.decide(one.note_id, "git", accepted=True).result(SECONDS)
    bench.notes.tag(notes[1], ["sql"]).result(SECONDS)
    assert not {one.note_id, notes[1]} & waiting(bench).keys()
    (said,) = bench.decisions()
    assert (said.probability, said.score) == (one.probability, one.score)


def test_many_thousand_wait(bench: TagBench) -> None:
    """They are read in pages, and no one comes twice."""
    note_ids = [bench.note(f"Note {number}") for number in range(30)]
    names = [f"tag {number}" for number in range(40)]

    def put(connection: Connection) -> None:
        connection.executemany(
            "INSERT INTO tag (name, folded, kept) VALUES (?, ?, 1)", [(n, n) for n in names]
        )
        connection.execute(
            "INSERT INTO tag_suggestion SELECT n.id, t.id, 0.7 + (t.id % 7) * 0.04, 1, 1,"
            " 'waiting', 1 FROM note n, tag t"
        )

    bench.do(put)
    found = bench.bulk.waiting().result(SECONDS)
    assert len({(one.note_id, one.tag) for one in found}) == len(found) == 1200
    assert {one.note_id for one in found} == set(note_ids)
    probabilities = [one.probability for one in found]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(bench.bulk.waiting("tag 3").result(SECONDS)) == 30


# --- Giving tags without asking ----------------------------------------------------------------


def test_what_is_sure_enough_is_given_logged_and_undone(bench: TagBench) -> None:
    """Only where that was asked for; the others wait."""
    notes = fill(bench)
    found = {note: bench.of(note, right(MANY + n)).probability for n, note in enumerate(notes)}
    above = sorted(found.values())[MANY // 2]
    report = run(bench, above)
    assert report.applied > 0
    assert report.applied + report.suggested == MANY
    log = bench.bulk.log().result(SECONDS)
    assert len(log) == report.applied
    assert all(one.run_id == report.run_id and one.probability >= above for one in log)
    assert {one.note_id for one in log} == {n for n in notes if bench.all_tags()[n]}
    assert bench.bulk.undo([(log[0].note_id, log[0].tag)]).result(SECONDS) == 1
    assert bench.tags_of(log[0].note_id) == ()
    assert bench.bulk.undo(report.run_id).result(SECONDS) == report.applied - 1
    assert bench.bulk.undo(report.run_id).result(SECONDS) == 0
    assert bench.bulk.log().result(SECONDS) == []
    assert all(bench.all_tags()[note] == () for note in notes)
    assert [one.accepted for one in bench.decisions()] == [False]  # the one that was named
    assert run(bench, above).applied > 0
    again = {one.note_id for one in bench.bulk.log().result(SECONDS)}
    assert again
    assert log[0].note_id not in again


def test_the_model_does_not_learn_from_itself(bench: TagBench) -> None:
    """What it gave by itself teaches nothing until a person confirms it."""
    notes = fill(bench)
    bench.found(notes[0])
    before = bench.taught()
    report = run(bench, 0.5)
    assert report.applied == MANY
    assert bench.taught() == before
    text = bench.notes.get(notes[0]).result(SECONDS)
    bench.notes.save(notes[0], text.text + " #git", text.revision).result(SECONDS)
    bench.index()
    assert bench.taught() == before + 1
    bench.notes.tag(notes[1], []).result(SECONDS)  # taken off by hand: it was wrong
    assert bench.taught() == before + 2
    assert "sql" not in {one.tag for one in bench.found(notes[3]).known}


@pytest.mark.parametrize("above", [0.0, -1.0, 1.01, float("nan"), float("inf")])
def test_what_is_no_probability(bench: TagBench, above: float) -> None:
    """It is said, and nothing is begun."""
    fill(bench, 2, 2)
    with pytest.raises(InputRefused, match="probability"):
        run(bench, above)
    assert bench.bulk.unfinished().result(SECONDS) == []


# --- What happens meanwhile --------------------------------------------------------------------


def test_only_these_notes(bench: TagBench) -> None:
    """Twice named is once; those that are gone, empty or in the trash are no harm."""
    notes = fill(bench)
    empty = bench.note("")
    bench.index()
    bench.notes.trash([notes[3]]).result(SECONDS)
    report = run(bench, ids=[notes[0], notes[0], notes[2], notes[3], empty, 999_999])
    assert waiting(bench) == {notes[0]: "git", notes[2]: "git"}
    assert (report.notes, report.suggested, report.skipped) == (3, 2, 1)
    nothing = run(bench, ids=[])
    assert (nothing.notes, nothing.cancelled) == (0, False)
    assert waiting(bench) == {notes[0]: "git", notes[2]: "git"}


def test_notes_are_deleted_on_the_way(bench: TagBench) -> None:
    """Nothing is said of them, and the report tells."""
    notes = fill(bench)

    def delete() -> None:
        bench.notes.trash(notes[-10:]).result(SECONDS)
        bench.notes.empty_trash(notes[-5:]).result(SECONDS)

    when_done(bench, 8, delete)
    report = run(bench)
    assert set(waiting(bench)) == set(notes[:-10])
    assert (report.skipped, report.suggested) == (10, MANY - 10)


def test_a_tag_is_renamed_on_the_way(bench: TagBench) -> None:
    """From then on it is suggested by its new name, and what was suggested has it, too."""
    fill(bench)
    when_done(bench, MANY + 8, lambda: bench.manager.rename("git", "versions").result(SECONDS))
    run(bench)
    assert set(waiting(bench).values()) == {"versions", "sql"}
    assert len(waiting(bench)) == MANY


def test_tags_are_merged_and_deleted_on_the_way(bench: TagBench) -> None:
    """What is gone waits nowhere."""
    notes = fill(bench)
    when_done(bench, MANY + 8, lambda: bench.manager.merge(["git"], "sql").result(SECONDS))
    run(bench)
    assert set(waiting(bench).values()) == {"sql"}
    bench.bulk.reject(list(waiting(bench).items())).result(SECONDS)
    other = bench.note(GIT[0], "more")
    bench.index()
    when_done(bench, 8, lambda: bench.manager.delete("sql").result(SECONDS))
    run(bench)
    assert "sql" not in waiting(bench).values()
    assert bench.tags_of(other) == ("more",)
    assert bench.tags_of(notes[0]) == ()


def test_everything_is_forgotten_on_the_way(bench: TagBench) -> None:
    """The run ends with it."""
    fill(bench)
    when_done(bench, 8, lambda: bench.do(tag_label_rows.forget))
    report = run(bench)
    assert report.cancelled
    assert bench.bulk.unfinished().result(SECONDS) == []
    assert waiting(bench) == {}


def test_a_person_comes_first(bench: TagBench) -> None:
    """Whoever opens a note during a run does not wait for its end."""
    notes = fill(bench)
    bench.found(notes[0])
    asked = []
    when_done(bench, 8, lambda: asked.append(bench.suggest.suggestions(notes[-1])))
    order: list[str] = []
    started = bench.bulk.start()
    started.done.add_done_callback(lambda _: order.append("run"))
    started.done.result(SECONDS)
    asked[0].add_done_callback(lambda _: order.append("person"))
    assert asked[0].done()
    assert asked[0].result(0).known


# --- Stopping ----------------------------------------------------------------------------------


def cancel_at(bench: TagBench, notes: int) -> Callable[[Event], object]:
    """Call a run off when so many notes are done, on the thread that does it."""

    def hear(event: Event) -> None:
        if isinstance(event, BulkProgress) and event.done >= notes:
            bench.bulk.cancel(event.run_id)

    return hear


def test_cancelling_and_going_on(bench: TagBench) -> None:
    """What is suggested stays; the rest follows, and the report is of all of it."""
    notes = fill(bench)
    bench.hear = cancel_at(bench, MANY + 8)
    started = bench.bulk.start()
    report = started.done.result(SECONDS)
    assert report.cancelled
    assert MANY + 8 <= report.notes < 2 * MANY
    (left,) = bench.bulk.unfinished().result(SECONDS)
    assert (left.run_id, left.done, left.total) == (started.id, report.notes, 2 * MANY)
    assert len(waiting(bench)) == report.suggested
    bench.hear = lambda _: None
    whole = bench.bulk.resume(started.id).done.result(SECONDS)
    assert whole == BulkReport(started.id, 2 * MANY, MANY, 0, MANY, 0, False)
    assert set(waiting(bench)) == set(notes)
    assert bench.bulk.unfinished().result(SECONDS) == []


def test_cancelling_before_the_first_note() -> None:
    """While the model is still being built, whoever stops it does not wait for that."""
    encoder = FakeEncoder()
    with TagBench(FakeEncoderSource(encoder)) as bench:
        notes = fill(bench, 4, 4)
        encoder.gate.clear()
        first, second = bench.bulk.start(), bench.bulk.start()
        for run in (first, second):
            bench.bulk.cancel(run.id)
            report = run.done.result(SECONDS)
            assert (report.cancelled, report.notes) == (True, 0)
        encoder.gate.set()
        third = bench.bulk.start()
        assert third.done.result(SECONDS).notes == 8
        assert len(waiting(bench)) <= len(notes)
        bench.bulk.cancel(third.id)


def test_two_runs_are_done_one_after_the_other(bench: TagBench) -> None:
    """And one that runs is not begun again."""
    notes = fill(bench)
    first = bench.bulk.start(notes[:10])
    second = bench.bulk.start(notes[10:])
    assert bench.bulk.resume(second.id) is second
    assert first.id != second.id
    assert first.done.result(SECONDS).suggested == 10
    assert second.done.result(SECONDS).suggested == MANY - 10


def test_a_run_that_there_is_not(bench: TagBench) -> None:
    """It is said; calling it off is no harm."""
    fill(bench, 2, 2)
    bench.bulk.cancel(77)
    with pytest.raises(NotFound, match="run"):
        bench.bulk.resume(77).done.result(SECONDS)


def test_a_pause_holds_it_and_no_less_does(bench: TagBench) -> None:
    """On battery it goes on: a person waits for it. Too hot, it waits until that is over."""
    fill(bench)
    bench.plan = RESTING
    run(bench)
    held = threading.Event()

    def pause() -> None:
        bench.plan = PAUSED
        held.set()

    when_done(bench, 16, pause)
    started = bench.bulk.start()
    assert held.wait(SECONDS)
    done = bench.suggest.suggestions(1).result(SECONDS)  # who asks is answered all the same
    assert done.note_id == 1
    (left,) = bench.do(tag_suggestion_rows.unfinished)
    assert (left.done, started.done.done()) == (16, False)
    bench.plan = Plan()
    bench.tags.model.wake()
    assert started.done.result(SECONDS).notes == 2 * MANY


def test_a_run_that_is_paused_can_be_called_off(bench: TagBench) -> None:
    """Within moments."""
    fill(bench, 4, 4)
    bench.plan = PAUSED
    started = bench.bulk.start()
    bench.suggest.suggestions(1).result(SECONDS)
    bench.bulk.cancel(started.id)
    assert started.done.result(SECONDS).cancelled


@pytest.mark.parametrize("after", [0, 8, MANY + 16])
@pytest.mark.parametrize("above", [None, 0.5])
def test_killed(tmp_path: Path, after: int, above: float | None) -> None:
    """Nothing is done twice, nothing is left out, and what was given stands in the log."""
    path = tmp_path / "vault.db"
    with TagBench(vault=Vault.open(path, KEY)) as bench:
        notes = fill(bench)
    child = [sys.executable, "-m", "tests.unit.tag_child", str(path), str(after)]
    ended = subprocess.run(
        [*child, *([] if above is None else [str(above)])], input=KEY.hex().encode(), check=False
    )
    assert ended.returncode == -9
    with TagBench(vault=Vault.open(path, KEY)) as bench:
        bench.index()
        (left,) = bench.bulk.unfinished().result(SECONDS)
        assert (left.apply_above, left.total) == (above, 2 * MANY)
        assert after - 8 <= left.done <= after
        report = bench.bulk.resume(left.run_id).done.result(SECONDS)
        found = (report.notes, report.suggested + report.applied, report.silent, report.skipped)
        assert found == (2 * MANY, MANY, MANY, 0)
        log = {one.note_id: one.tag for one in bench.bulk.log().result(SECONDS)}
        expected = {note: right(MANY + place) for place, note in enumerate(notes)}
        assert (waiting(bench), log) == ((expected, {}) if above is None else ({}, expected))
        assert bench.bulk.unfinished().result(SECONDS) == []


def test_closing_on_the_way(tmp_path: Path) -> None:
    """It ends at once, and is gone on with at the next start."""
    path = tmp_path / "vault.db"
    reached = threading.Event()
    with TagBench(vault=Vault.open(path, KEY)) as bench:
        fill(bench)
        when_done(bench, 8, reached.set)
        first, second = bench.bulk.start(), bench.bulk.start()
        assert reached.wait(SECONDS)
    for run in (first, second):
        assert run.done.result(SECONDS).cancelled
    with TagBench(vault=Vault.open(path, KEY)) as bench:
        bench.index()
        (left,) = bench.bulk.unfinished().result(SECONDS)
        assert left.run_id == first.id
        assert bench.bulk.resume(first.id).done.result(SECONDS).notes == 2 * MANY


def test_a_run_that_is_not_gone_on_with(bench: TagBench) -> None:
    """What it suggested stays."""
    fill(bench)
    bench.hear = cancel_at(bench, MANY + 8)
    started = bench.bulk.start()
    report = started.done.result(SECONDS)
    bench.bulk.forget(started.id).result(SECONDS)
    assert bench.bulk.unfinished().result(SECONDS) == []
    assert len(waiting(bench)) == report.suggested
