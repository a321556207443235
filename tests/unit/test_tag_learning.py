"""The tag model in step with the rows: what is said while it is built, fails, or has to rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from assistant.cancel import Cancel
from assistant.errors import EncoderError
from assistant.power.plan import Mode, Plan, Reason
from assistant.store import tag_manager_rows, tag_suggestion_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_learning_rows import TagRow
from assistant.tags.building import FEW
from assistant.tags.bulk_job import BulkJob
from assistant.tags.idle_teaching import IdleTeaching
from assistant.tags.learning import Learner
from assistant.tags.name_vectors import NameVectors
from assistant.tags.records import BulkReport
from tests.fakes.encoder import FakeEncoder
from tests.fakes.engine import FakeEngine
from tests.unit.indexed import RESTING
from tests.unit.tag_bench import SECONDS, TagBench
from tests.unit.test_tag_service import AtOnce

if TYPE_CHECKING:
    from assistant.embed.protocol import Vectors

PAUSED = Plan(Mode.PAUSED, Reason.CRITICAL_HEAT, "Resting: too hot.", background_allowed=False)
OUTGROWN = 30
"""Notes more than there were: with so many the model is built anew."""


@pytest.fixture
def bench() -> Iterator[TagBench]:
    """Empty."""
    with TagBench() as made:
        yield made


class Names:
    """Understands the names of tags, unless it is ``broken``."""

    def __init__(self) -> None:
        self.broken = False
        self.encoder = FakeEncoder()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        if self.broken:
            raise EncoderError("It cannot.")
        return self.encoder.encode(texts)


def learner_of(bench: TagBench, names: Names | None = None) -> Learner:
    """A learner on the test's own thread: it does a slice when it is told to."""
    status = bench.indexed.search.status
    return Learner(bench.vault, names or Names(), lambda: status().state, lambda: False)


def outgrow(bench: TagBench, learner: Learner) -> list[int]:
    """Write so many notes that the model is to be built anew; returns them."""
    notes = [bench.note(f"Note {number}.") for number in range(OUTGROWN)]
    bench.index()
    learner.keep_up()
    return notes


def rebuild(learner: Learner) -> int:
    """Build it anew to the end, where that is due; in how many slices."""
    return sum(1 for _ in iter(learner.rebuild_some, False))


def learn_all(learner: Learner) -> int:
    """Hear and learn all there is; how many notes teach then."""
    model = learner.ensure()
    learner.keep_up()
    while learner.teach_some():
        pass
    return model.taught


def named(bench: TagBench) -> int:
    """How many vectors of names are kept."""
    query = "SELECT count(*) FROM tag_state WHERE key LIKE 'name/%'"
    ((found,),) = bench.do(lambda c: c.execute(query).fetchall())
    return int(found)


def make_tags(bench: TagBench, count: int) -> None:
    """Tags that no note has."""

    def make(connection: Connection) -> None:
        for number in range(count):
            tag_manager_rows.create(connection, f"thing {number}", "")

    bench.do(make)


# --- Built anew --------------------------------------------------------------------------------


def test_what_is_said_while_it_is_built_anew_is_learned(bench: TagBench) -> None:
    """Between any two slices: the old model hears it, and the new one must not miss it."""
    bench.filled()
    learner = learner_of(bench)
    learner.ensure()
    said = []
    for note in outgrow(bench, learner):
        if not learner.rebuild_some():
            break
        bench.notes.tag(note, ["git"]).result(SECONDS)
        learn_all(learner)
        said.append(note)
    assert len(said) > 4
    assert learn_all(learner) == 6 + len(said)
    assert all(learner.is_decided(note) for note in said)


def test_a_note_deleted_for_good_while_it_is_built_anew_teaches_no_more(bench: TagBench) -> None:
    """No row tells of it any more, neither in the queue."""
    git, sql = bench.filled(tagged=6)
    learner = learner_of(bench)
    learner.ensure()
    outgrow(bench, learner)
    learner.has_news = False
    left = [*git, *sql]
    while learner.rebuild_some() and not learner.has_news:
        gone = [left.pop()]
        bench.notes.trash(gone).result(SECONDS)
        bench.notes.empty_trash(gone).result(SECONDS)
    assert 0 < len(left) < 10
    assert learn_all(learner) == len(left)


def test_building_anew_that_fails_is_tried_again(bench: TagBench) -> None:
    """The model before serves on; and nothing of what was said meanwhile is forgotten."""
    git, _ = bench.filled()
    names = Names()
    learner = learner_of(bench, names)
    learner.ensure()
    note = outgrow(bench, learner)[0]
    bench.notes.tag(note, ["later"]).result(SECONDS)
    learner.keep_up()
    names.broken = True
    with pytest.raises(EncoderError):
        rebuild(learner)
    assert learner.look_at(git[4])
    names.broken = False
    assert rebuild(learner)
    assert learn_all(learner) == 7


# --- Names -------------------------------------------------------------------------------------


def test_nothing_is_kept_of_tags_that_are_gone(bench: TagBench) -> None:
    """Also where they were deleted before their names were looked for; the others are kept."""
    names = Names()
    rows = [TagRow(number, f"tag {number}", "") for number in range(3)]
    first = NameVectors(bench.vault, names)
    first.of(rows, "one")
    assert first.encode_some()
    assert named(bench) == 3
    later = NameVectors(bench.vault, names)
    assert later.of(rows[:2], "one").keys() == {0, 1}
    assert named(bench) == 2


def test_many_names_wait_until_the_machine_may(bench: TagBench) -> None:
    """A few are understood on battery, too; too hot, none is but by who asks."""
    bench.filled()
    make_tags(bench, 3 * FEW)
    learner = learner_of(bench)
    learner.ensure()
    assert named(bench) == FEW
    assert [learner.may_name(plan) for plan in (RESTING, PAUSED, Plan())] == [False, False, True]
    while learner.name_some():
        pass
    assert named(bench) == 3 * FEW + 2
    assert not learner.may_name(Plan())
    bench.manager.create("one more").result(SECONDS)
    learner.keep_up()
    assert [learner.may_name(plan) for plan in (RESTING, PAUSED, Plan())] == [True, False, True]


def test_names_are_understood_once_the_machine_may(bench: TagBench) -> None:
    """By the thread itself, when it hears of another plan."""
    bench.plan = RESTING
    git, _ = bench.filled()
    make_tags(bench, 3 * FEW)
    bench.found(git[4])
    bench.until_news()
    assert named(bench) == FEW
    bench.plan = Plan()
    bench.tags.model.wake()
    while named(bench) < 3 * FEW + 2:
        bench.until_news()


# --- Resting -----------------------------------------------------------------------------------


def test_a_pause_holds_a_run_before_its_first_note(bench: TagBench) -> None:
    """While the model is being built nothing is done either."""
    bench.filled()
    make_tags(bench, FEW)
    learner = learner_of(bench)
    bench.plan = PAUSED
    done: Future[BulkReport] = Future()
    job = BulkJob(
        bench.vault,
        bench.clock,
        bench.events.put,
        lambda: bench.plan,
        1,
        lambda c: tag_suggestion_rows.begin_run(c, None, None, 1, 1),
        Cancel(),
        done,
    )
    slices = job.slices(learner)
    assert all(next(slices) > 0 for _ in range(20))
    assert (learner.is_built, named(bench)) == (False, 0)
    bench.plan = Plan()
    next(slices)
    before = named(bench)
    bench.plan = PAUSED
    assert all(next(slices) > 0 for _ in range(20))
    assert (learner.is_built, named(bench)) == (False, before)
    bench.plan = Plan()
    assert list(slices)
    assert done.result(0).notes == 12


class ToldWaits(Cancel):
    """Tells that somebody waits who can be stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Event()

    def listen(self, listener: Callable[[], None] | None) -> None:
        super().listen(listener)
        self.waits.set()


def teaching_of(bench: TagBench) -> IdleTeaching:
    """What has the language model asked."""
    assert bench.tags.teaching
    return bench.tags.teaching


def test_whoever_needs_the_language_model_does_not_wait_for_the_tag_model() -> None:
    """The worker looks for a note to ask about, and the tag model is busy."""
    with TagBench(worker=AtOnce(FakeEngine()), teaches=True) as bench:
        bench.filled()
        free = threading.Event()
        bench.tags.model.ask(lambda _: free.wait(SECONDS))
        cancel = ToldWaits()
        with ThreadPoolExecutor(1) as worker:
            found = worker.submit(teaching_of(bench).following, cancel)
            try:
                assert cancel.waits.wait(SECONDS)
                cancel.ask()
                assert found.result(SECONDS / 2) is None
                assert not free.is_set()
            finally:
                free.set()
        again = teaching_of(bench).following(Cancel())
        assert again is None or again[1]


def test_it_looks_at_so_many_notes_and_goes_on_another_time() -> None:
    """Behind those that it passed over."""
    with TagBench(worker=AtOnce(FakeEngine()), teaches=True) as bench:
        bench.note("Bread rises in a warm place.", "bread")
        for _ in range(150):
            bench.note("")
        odd = bench.note("A train to the mountains, and snow.")
        bench.index()
        teaching = teaching_of(bench)
        assert teaching.following(Cancel()) is None
        found = teaching.following(Cancel())
        assert found
        assert found[0] == odd
        stopped = Cancel()
        stopped.ask()
        assert teaching.following(stopped) is None
