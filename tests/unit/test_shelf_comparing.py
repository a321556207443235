"""Two models, blind: no name before the decision, fair sides, and a tally that adds up."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.engine.protocol import EngineOptions, GenerationRequest
from assistant.errors import InputRefused, NotFound, VaultLocked
from assistant.events import Event, ModelTask
from assistant.shelf.comparing import MAX_CHARACTERS, MAX_PROMPTS, Comparing
from assistant.shelf.records import Pair, Tally
from assistant.shelf.side import SideRoom
from assistant.store.vault import Vault
from models.file import ModelFile
from tests.fakes.clock import FakeClock
from tests.unit.side_engines import TimedEngine, Worker, side_room, small_model

QUESTIONS = ["Why is it so?", "What is a bridge?", "Name a river."]


class Named(TimedEngine):
    """Answers with the name of the model that it loaded, which no real one does."""

    def answer(self, request: GenerationRequest) -> str:
        """See ``Script``."""
        return f"{self.loaded[-1]} on {request.turns[-1].text}"


@dataclass
class Room:
    """A comparison over fakes."""

    first: ModelFile
    second: ModelFile
    vault: Vault
    coin: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - the same sides each time
    events: list[Event] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    engines: list[Named] = field(default_factory=list)
    context: int = 2048
    on_finish: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.comparing = Comparing(
            self.find,
            lambda: EngineOptions(self.context),
            side_room(self.engine, clock=self.clock),
            Background("models"),
            self.vault,
            self.clock,
            self.events.append,
            self.coin,
        )

    def engine(self) -> Named:
        """A new one; no other may be loaded."""
        assert not any(engine.alive for engine in self.engines)
        engine = Named(self.clock)
        engine.script = engine.answer
        engine.on_finish = self.on_finish
        self.engines.append(engine)
        return engine

    def find(self, sha256: str) -> ModelFile:
        """One of the two."""
        try:
            return {"aa": self.first, "bb": self.second}[sha256]
        except KeyError:
            raise NotFound("There is no such model.") from None

    def begin(
        self, questions: list[str], a: str = "aa", b: str = "bb", cancel: Cancel | None = None
    ) -> int:
        """Have both answer."""
        begun = self.comparing.begin(a, b, questions, self.pairs.append, cancel or Cancel())
        return begun.result(30)

    def first_side(self, pair: Pair) -> Literal["left", "right"]:
        """Where the first model's answer stands; the fake says it."""
        return "left" if pair.left.startswith("First") else "right"


@pytest.fixture
def vault() -> Iterator[Vault]:
    """In memory."""
    found = Vault.in_memory()
    yield found
    found.close()


@pytest.fixture
def room(tmp_path: Path, vault: Vault) -> Room:
    """Two models."""
    return Room(small_model(tmp_path, "First"), small_model(tmp_path, "Second"), vault)


def test_both_answer_every_question(room: Room) -> None:
    """A pair for each, in order, with one answer of each."""
    assert room.begin(QUESTIONS) == 3
    assert [pair.prompt for pair in room.pairs] == QUESTIONS
    for pair in room.pairs:
        answers = {f"First on {pair.prompt}", f"Second on {pair.prompt}"}
        assert {pair.left, pair.right} == answers


def test_one_model_is_loaded_at_a_time_and_both_are_asked_alike(room: Room) -> None:
    """Same seeds and same lengths; afterwards none is loaded."""
    room.begin(QUESTIONS)
    first, second = room.engines
    assert first.loaded == ["First"]
    assert second.loaded == ["Second"]
    assert first.seeds == second.seeds == [0, 1, 2]
    assert first.requests == second.requests
    assert not first.alive
    assert not second.alive


def test_nothing_tells_whose_an_answer_is_before_the_decision(room: Room) -> None:
    """Neither the pair nor the service nor an event."""
    room.begin(QUESTIONS)
    for pair in room.pairs:
        assert repr(pair) == f"Pair(id={pair.id})"
        with pytest.raises(InputRefused, match="Decide first"):
            room.comparing.sides(pair.id)
    tasks = [event for event in room.events if isinstance(event, ModelTask)]
    assert tasks
    assert {task.sha256 for task in tasks} == {"aa"}  # whichever is at work
    assert not any("First" in task.words or "Second" in task.words for task in tasks)


def test_sides_are_dealt_by_chance(room: Room) -> None:
    """Of 200 pairs neither model has a side to itself, and no rhythm gives it away."""
    for _ in range(10):
        room.begin([f"Question {number}?" for number in range(MAX_PROMPTS)])
    sides = [room.first_side(pair) for pair in room.pairs]
    assert 70 < Counter(sides)["left"] < 130
    assert len({tuple(sides[at : at + 6]) for at in range(190)}) > 40


def test_the_decision_tells_who_was_who(room: Room) -> None:
    """And only then."""
    room.begin(QUESTIONS[:1])
    (pair,) = room.pairs
    room.comparing.decide(pair.id, "left").result(10)
    expected = ("aa", "bb") if room.first_side(pair) == "left" else ("bb", "aa")
    assert room.comparing.sides(pair.id) == expected


def test_the_tally_counts_models_not_sides(room: Room) -> None:
    """The first model wins always, on whichever side it stood; then both, then neither."""
    room.begin([f"Question {number}?" for number in range(8)])
    for number, pair in enumerate(room.pairs[:6], 1):
        side = room.first_side(pair)
        tally = room.comparing.decide(pair.id, side).result(10)
        assert tally == Tally(number, 0, 0, 0)
    assert {room.first_side(pair) for pair in room.pairs[:6]} == {"left", "right"}
    room.comparing.decide(room.pairs[6].id, "both").result(10)
    assert room.comparing.decide(room.pairs[7].id, "neither").result(10) == Tally(6, 0, 1, 1)
    assert room.comparing.tally("bb", "aa").result(10) == Tally(0, 6, 1, 1)
    assert room.comparing.tally("aa", "cc").result(10) == Tally(0, 0, 0, 0)


def test_a_later_comparison_the_other_way_round_adds_up(room: Room) -> None:
    """The tally is of the two models, whichever was named first."""
    room.begin(QUESTIONS[:1])
    room.begin(QUESTIONS[:1], "bb", "aa")
    one, other = room.pairs
    room.comparing.decide(one.id, "both").result(10)
    side = room.first_side(other)
    assert room.comparing.decide(other.id, side).result(10) == Tally(0, 1, 1, 0)  # bb is first here
    assert room.comparing.tally("aa", "bb").result(10) == Tally(1, 0, 1, 0)


def test_a_pair_is_decided_once(room: Room) -> None:
    """And only one that there is."""
    room.begin(QUESTIONS[:1])
    (pair,) = room.pairs
    room.comparing.decide(pair.id, "both").result(10)
    with pytest.raises(InputRefused, match="already"):
        room.comparing.decide(pair.id, "left")
    with pytest.raises(NotFound):
        room.comparing.decide(99, "left")
    with pytest.raises(NotFound):
        room.comparing.sides(99)
    assert room.comparing.tally("aa", "bb").result(10) == Tally(0, 0, 1, 0)


def test_what_could_not_be_kept_can_be_decided_again(room: Room) -> None:
    """The vault refused: nobody is told whose it was."""
    room.begin(QUESTIONS[:1])
    (pair,) = room.pairs
    room.vault.close()
    with pytest.raises(VaultLocked):
        room.comparing.decide(pair.id, "left").result(10)
    with pytest.raises(InputRefused, match="Decide first"):
        room.comparing.sides(pair.id)


def test_no_word_is_kept(room: Room) -> None:
    """Digests, a time, who won."""
    room.begin(["Where is the canary?"])
    room.comparing.decide(room.pairs[0].id, "left").result(10)
    rows = room.vault.read(lambda c: c.execute("SELECT * FROM comparison").fetchall()).result(10)
    assert len(rows) == 1
    assert set(rows[0][2:4]) == {"aa", "bb"}
    assert "canary" not in repr(rows)


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ([], "nothing to ask"),
        (["", "  \n"], "nothing to ask"),
        (["x"] * (MAX_PROMPTS + 1), "At most"),
        (["x" * (MAX_CHARACTERS + 1)], "At most"),
    ],
)
def test_questions_that_are_none_or_too_many_are_refused(
    room: Room, questions: list[str], words: str
) -> None:
    """At once, and nothing is loaded."""
    with pytest.raises(InputRefused, match=words):
        room.begin(questions)
    assert room.engines == []


def test_a_lone_surrogate_is_asked_all_the_same(room: Room) -> None:
    """As a clipboard may hold it."""
    assert room.begin(["What is \ud800?"]) == 1
    assert room.pairs[0].prompt == "What is \ufffd?"


def test_a_model_beside_itself_is_refused(room: Room) -> None:
    """There is nothing to compare."""
    with pytest.raises(InputRefused, match="same model"):
        room.begin(QUESTIONS, "aa", "aa")


def test_both_must_be_there_before_one_works(room: Room) -> None:
    """The second is missing: the first is not loaded for nothing."""
    with pytest.raises(NotFound):
        room.begin(QUESTIONS, "aa", "cc")
    assert room.engines == []


def test_what_is_too_long_for_a_context_is_left_out(room: Room) -> None:
    """The others are compared; where none is left, that is said."""
    room.context = 40
    assert room.begin(["Short?", "long " * 100]) == 1
    assert room.pairs[0].prompt == "Short?"
    with pytest.raises(InputRefused, match="too long"):
        room.begin(["long " * 100])


def test_stopped_in_the_middle(room: Room) -> None:
    """Nothing more is loaded, no pair is shown, and the engine is gone."""
    cancel = Cancel()
    room.on_finish = cancel.ask
    with pytest.raises(InputRefused, match="Stopped"):
        room.begin(QUESTIONS, cancel=cancel)
    assert room.pairs == []
    assert len(room.engines) == 1
    assert not room.engines[0].alive


def test_two_real_models_are_compared(tmp_path: Path, vault: Vault) -> None:
    """Children with llama.cpp write nonsense, each its own, and it is shown."""
    first, second = small_model(tmp_path, "First"), small_model(tmp_path, "Second")
    pairs: list[Pair] = []
    comparing = Comparing(
        lambda sha256: first if sha256 == "aa" else second,
        lambda: EngineOptions(1024),
        SideRoom(Worker()),
        Background("models"),
        vault,
        FakeClock(),
        lambda _: None,
    )
    assert comparing.begin("aa", "bb", ["a"], pairs.append, Cancel()).result(60) == 1
    assert pairs[0].left == pairs[0].right  # the same weights, the same seed: the same words
    assert comparing.decide(pairs[0].id, "both").result(10) == Tally(0, 0, 1, 0)
