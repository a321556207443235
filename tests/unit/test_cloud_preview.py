"""What a person looks at: versions, edits, and that only what was shown can be settled."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from assistant.cloud.composing import compose
from assistant.cloud.preview import Preview
from assistant.cloud.records import Composed, Draft
from assistant.errors import ApprovalRefused, InputRefused
from assistant.redaction.records import Table
from tests.fakes.clock import FakeClock
from tests.unit.test_cloud_composing import DRAFT, HOSTED, PASSAGE, QUESTION, Mails, with_part

OTHER = replace(HOSTED, id="b2" * 8, name="Other", address="https://api.other.test/v1")
MAILS = with_part(
    replace(QUESTION, text="Is bob@y.org in?"),
    with_part(replace(PASSAGE, text="Write to anna@x.org.\nhttps://x.org/?to=anna@x.org")),
)


def made(draft: Draft, known: Table, version: int) -> Composed:
    """With what finds e-mail addresses."""
    return compose(draft, Mails(), known, version)


class Later:
    """Composes when it is told to: as a thread that has something else to do."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def work(self) -> None:
        """Do all that waits."""
        while self.waiting:
            self.waiting.pop(0)()


class Bench:
    """A preview, and what was told of it."""

    def __init__(
        self,
        draft: Draft = DRAFT,
        run: Callable[[Callable[[], None]], object] = lambda work: work(),
        compose: Callable[[Draft, Table, int], Composed] = made,
        known: Table = Table(),  # noqa: B008 - frozen
    ) -> None:
        self.clock = FakeClock()
        self.told = 0
        self.preview = Preview(draft, compose, run, self._note, self.clock, known)

    def _note(self) -> None:
        self.told += 1

    @property
    def now(self) -> Composed:
        """The newest version, which there is."""
        composed = self.preview.composed
        assert composed is not None
        return composed

    def shown(self, part_id: str) -> str:
        """A part's text as a person sees it."""
        return next(one.text for one in self.now.shown if one.part.id == part_id)


def test_the_first_version_stands_at_once() -> None:
    """Of it nobody needs to be told."""
    bench = Bench()
    assert bench.now.version == 1
    assert bench.now.request == made(DRAFT, Table(), 1).request
    assert (bench.preview.problem, bench.told) == ("", 0)


def test_each_change_makes_a_version() -> None:
    """And is told; what changes nothing makes none."""
    bench = Bench()
    bench.preview.take_out("m1")
    assert (bench.now.version, bench.told) == (2, 1)
    assert "What is a slot?" not in bench.now.body
    bench.preview.take_out("m1")
    assert (bench.now.version, bench.told) == (2, 1)
    bench.preview.put_back("m1")
    assert bench.now.version == 3
    assert bench.now.request == made(DRAFT, Table(), 1).request


def test_another_provider_is_another_request() -> None:
    """Host and model are those of the one that was chosen."""
    bench = Bench()
    bench.preview.choose(OTHER)
    assert bench.now.request.host == "api.other.test"
    assert bench.preview.draft.provider == OTHER


def test_an_edit_keeps_what_placeholders_stand_for() -> None:
    """Those that the person left in are values again, within an address, too; then swapped."""
    bench = Bench(MAILS)
    assert bench.shown("p1") == "Write to [EMAIL_1].\nhttps://x.org/?to=[EMAIL_1]"
    bench.preview.edit("p1", bench.shown("p1").replace("Write", "Do write"))
    part = next(one for one in bench.preview.draft.parts if one.id == "p1")
    assert part.text == "Do write to anna@x.org.\nhttps://x.org/?to=anna@x.org"
    assert part.edited
    assert bench.shown("p1") == "Do write to [EMAIL_1].\nhttps://x.org/?to=[EMAIL_1]"
    assert "anna@" not in bench.now.body


def test_numbers_do_not_jump_while_one_edits() -> None:
    """A part that is taken out and put back has the placeholders that it had."""
    bench = Bench(MAILS)
    before = bench.now
    bench.preview.take_out("p1")
    assert [swap.placeholder for swap in bench.now.table.swaps] == ["[EMAIL_2]"]
    bench.preview.redact(on=False)
    assert "bob@y.org" in bench.now.body
    bench.preview.redact(on=True)
    bench.preview.put_back("p1")
    assert bench.now.request == before.request
    assert bench.now.table == before.table


def test_what_is_undone_in_an_editor_is_still_known() -> None:
    """A placeholder that comes back by "Undo" stands for what it stood for."""
    bench = Bench(MAILS)
    shown = bench.shown("p1")
    bench.preview.edit("p1", "Nobody.")
    bench.preview.edit("p1", shown)
    assert bench.preview.draft.parts == tuple(
        replace(one, edited=True) if one.id == "p1" else one for one in MAILS.parts
    )


def test_a_placeholder_typed_where_nothing_is_swapped_stays_one() -> None:
    """Somebody who hides a value by hand does not get it sent."""
    bench = Bench(MAILS)
    bench.preview.redact(on=False)
    bench.preview.edit("question", "Is [EMAIL_2] in?")
    assert "bob@y.org" not in bench.now.body
    assert "[EMAIL_2]" in bench.now.body


def test_what_only_looks_like_a_placeholder_stays_as_it_is() -> None:
    """The person asks what one means: an edit beside it puts nobody's address there."""
    known = made(with_part(replace(QUESTION, text="anna@x.org?")), Table(), 1).table
    bench = Bench(with_part(replace(QUESTION, text="Waht is [EMAIL_1]?"), MAILS), known=known)
    assert bench.shown("question") == "Waht is [EMAIL_1]?"
    assert bench.shown("p1").startswith("Write to [EMAIL_2].")
    bench.preview.edit("question", "What is [EMAIL_1]?")
    assert bench.shown("question") == "What is [EMAIL_1]?"
    assert bench.preview.draft.parts[-1].text == "What is [EMAIL_1]?"
    bench.preview.edit("question", "What is [EMAIL_1], and [EMAIL_2]?")
    assert bench.preview.draft.parts[-1].text == "What is [EMAIL_1], and anna@x.org?"


class Searched(str):  # noqa: SLOT000 - it keeps a figure
    """A text that counts how often something is looked for in it."""

    looks = 0

    def __contains__(self, part: object) -> bool:
        self.looks += 1
        return str.__contains__(self, str(part))


def test_an_edit_takes_no_longer_where_much_is_swapped() -> None:
    """The window waits for it: the part is not searched for each placeholder that there is."""
    names = map("".join, product("abcdefghij", repeat=2))
    text = Searched(" ".join(f"{name}@x.org" for name in names))
    bench = Bench(with_part(replace(PASSAGE, text=text)))
    shown = bench.shown("p1")
    assert len(bench.now.table.swaps) == 100
    text.looks = 0
    bench.preview.edit("p1", f"{shown} Yes.")
    assert text.looks < 10
    part = next(one for one in bench.preview.draft.parts if one.id == "p1")
    assert part.text == f"{text} Yes."


def test_one_value_can_be_sent_as_it_is() -> None:
    """And swapped again."""
    bench = Bench(MAILS)
    bench.preview.keep("bob@y.org", kept=True)
    assert bench.shown("question") == "Is bob@y.org in?"
    bench.preview.keep("bob@y.org", kept=False)
    assert bench.shown("question") == "Is [EMAIL_2] in?"


def test_placeholders_of_the_conversation_stay() -> None:
    """What was swapped in an earlier turn is swapped the same way."""
    known = made(with_part(replace(QUESTION, text="x@y.z then bob@y.org")), Table(), 1).table
    bench = Bench(MAILS, known=known)
    assert bench.shown("question") == "Is [EMAIL_2] in?"
    assert bench.shown("p1").startswith("Write to [EMAIL_3].")


def test_the_question_cannot_be_left_out() -> None:
    """Its words can be changed."""
    bench = Bench()
    with pytest.raises(InputRefused):
        bench.preview.take_out("question")
    assert bench.now.version == 1


def test_a_part_that_is_none_is_refused() -> None:
    """Nothing changes by it."""
    bench = Bench()
    with pytest.raises(InputRefused):
        bench.preview.edit("m99", "x")
    assert bench.now.version == 1


def test_what_cannot_be_composed_cannot_be_settled() -> None:
    """It says why, until it can."""
    bench = Bench()
    bench.preview.edit("question", " ")
    assert bench.preview.composed is None
    assert bench.preview.problem.startswith("There is nothing to send yet.")
    assert bench.told == 1
    for version in (1, 2):
        with pytest.raises(ApprovalRefused):
            bench.preview.settle(version)
    bench.preview.edit("question", "Well?")
    assert bench.preview.problem == ""
    assert bench.preview.settle(3).version == 3


@pytest.mark.logs_problems
def test_a_bug_in_composing_sends_nothing() -> None:
    """It is told in words, and what was there before cannot be settled."""

    def broken(draft: Draft, known: Table, version: int) -> Composed:
        if version > 1:
            raise ZeroDivisionError
        return made(draft, known, version)

    bench = Bench(compose=broken)
    bench.preview.take_out("m1")
    assert "Nothing was sent" in bench.preview.problem
    with pytest.raises(ApprovalRefused):
        bench.preview.settle(1)


def test_while_it_is_composed_nothing_can_be_settled() -> None:
    """Neither what was shown before nor what comes: nobody has seen that."""
    later = Later()
    bench = Bench(run=later)
    bench.preview.take_out("m1")
    assert bench.preview.composed is None
    for version in (1, 2):
        with pytest.raises(ApprovalRefused):
            bench.preview.settle(version)
    later.work()
    with pytest.raises(ApprovalRefused):
        bench.preview.settle(1)
    assert bench.preview.settle(2) is bench.preview.composed


def test_edits_that_come_fast_are_composed_together() -> None:
    """The last one; it is told of once."""
    later, made_of = Later(), []

    def counted(draft: Draft, known: Table, version: int) -> Composed:
        made_of.append(version)
        return made(draft, known, version)

    bench = Bench(run=later, compose=counted)
    for word in ["a", "quick", "brown", "fox"]:
        bench.preview.edit("question", word)
    later.work()
    assert made_of == [1, 5]
    assert bench.told == 1
    assert bench.shown("question") == "fox"


def test_a_version_is_settled_once() -> None:
    """A second press sends nothing, and nothing changes any more."""
    bench = Bench()
    settled = bench.preview.settle(1)
    assert settled.request == made(DRAFT, Table(), 1).request
    with pytest.raises(ApprovalRefused):
        bench.preview.settle(1)
    changes: list[Callable[[], None]] = [
        lambda: bench.preview.edit("question", "Something else"),
        lambda: bench.preview.take_out("m1"),
        lambda: bench.preview.put_back("m1"),
        lambda: bench.preview.keep("x", kept=True),
        lambda: bench.preview.redact(on=False),
        lambda: bench.preview.choose(OTHER),
        bench.preview.look_again,
    ]
    for change in changes:
        with pytest.raises(InputRefused):
            change()
    assert bench.now is settled
    assert bench.preview.draft == DRAFT


@pytest.mark.parametrize("version", [0, 2, -1, 10**9])
def test_another_version_than_the_newest_is_refused(version: int) -> None:
    """And that refusal settles nothing."""
    bench = Bench()
    with pytest.raises(ApprovalRefused):
        bench.preview.settle(version)
    assert bench.preview.settle(1).version == 1


def test_after_five_minutes_one_looks_again() -> None:
    """Counted from the newest version; looking again makes another one of the same."""
    bench = Bench()
    bench.clock.advance(200)
    bench.preview.take_out("m1")
    bench.clock.advance(299.9)
    body = bench.now.body
    bench.clock.advance(0.1)
    with pytest.raises(ApprovalRefused, match="five minutes"):
        bench.preview.settle(2)
    bench.preview.look_again()
    with pytest.raises(ApprovalRefused):
        bench.preview.settle(2)
    assert bench.preview.settle(3).body == body


def test_a_laptop_that_slept_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that measures stood still meanwhile; the other one did not."""
    bench = Bench()
    later = bench.clock.now() + 300_000
    monkeypatch.setattr(bench.clock, "now", lambda: later)
    with pytest.raises(ApprovalRefused, match="five minutes"):
        bench.preview.settle(1)


def test_what_is_closed_cannot_be_settled_or_changed() -> None:
    """Nobody looks at it any more. Closing twice is safe."""
    later = Later()
    bench = Bench(run=later)
    bench.preview.take_out("m1")
    bench.preview.close()
    bench.preview.close()
    later.work()
    assert bench.preview.composed is None
    assert bench.told == 0
    with pytest.raises(ApprovalRefused):
        bench.preview.settle(2)
    with pytest.raises(InputRefused):
        bench.preview.put_back("m1")


def test_races_of_edits_and_a_press() -> None:
    """Whoever wins: what is settled is the version that was seen, to the byte, or nothing is."""
    sent = 0
    for seed in range(60):
        bench = Bench(MAILS, run=lambda work: threading.Thread(target=work).start())
        start = threading.Barrier(4)

        def edit(seed: int, bench: Bench = bench, start: threading.Barrier = start) -> None:
            choice = random.Random(seed)  # noqa: S311 - seeded
            start.wait(10)
            try:
                for at in range(choice.randrange(4)):
                    match choice.randrange(4):
                        case 0:
                            bench.preview.edit("question", f"{seed} {at} anna@x.org?")
                        case 1:
                            bench.preview.take_out("m1")
                        case 2:
                            bench.preview.redact(on=bool(at % 2))
                        case _:
                            bench.preview.choose(choice.choice([HOSTED, OTHER]))
            except InputRefused:
                return  # it is settled

        threads = [threading.Thread(target=edit, args=(seed * 3 + one,)) for one in range(3)]
        for thread in threads:
            thread.start()
        start.wait(10)
        settled: Composed | None = None
        seen = bench.preview.composed
        while settled is None:
            seen = bench.preview.composed or seen
            assert seen is not None
            try:
                settled = bench.preview.settle(seen.version)
            except ApprovalRefused:
                continue  # it changed under the hand: look again
        for thread in threads:
            thread.join(10)
        assert settled.version == seen.version
        assert settled.request == seen.request
        assert settled.request == compose(settled.draft, Mails(), settled.table, 1).request
        assert bench.preview.composed is settled
        sent += 1
    assert sent == 60
