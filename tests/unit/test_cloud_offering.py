"""When asking elsewhere is offered, in which words, and when it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.actions.catalogue import CATALOGUE, DESCRIPTIONS
from assistant.actions.records import MAX_LANGUAGE_CHARACTERS, Action, Tier
from assistant.asking.answering import NO_ROOM
from assistant.asking.records import Scope
from assistant.cloud.offering import BEYOND, LONG, UNSURE, Situation, offer_for
from assistant.cloud.records import Offer, Provider, Reason
from assistant.cloud.tasks import as_setting, cloud_only, instruction_of, tier_of
from assistant.confidence.records import SENTENCES, Doubt
from assistant.errors import InputRefused, PromptTooLong
from assistant.power.plan import Mode, Plan
from assistant.power.plan import Reason as Why
from assistant.records import (
    CloudMark,
    FinishReason,
    Message,
    MessageState,
    ReplyFigures,
    Role,
)
from assistant.settings import Settings

ON = Settings(cloud=True)
MISTRAL = Provider("0" * 16, "Mistral", "https://api.mistral.ai/v1", "small", own_network=False)
FULL = Plan()
PAUSED = Plan(Mode.PAUSED, Why.CRITICAL_HEAT, "Paused: the machine is too hot.")
FIGURES = ReplyFigures("m", 10, 0, 10, 1.0, 1.0, 2048, 0, 0, FinishReason.STOP)
ANSWER = Message(
    2, 1, 1, Role.ASSISTANT, MessageState.COMPLETE, "It is.", 0, FIGURES, confidence=0.9
)
UNSURE_ANSWER = replace(ANSWER, confidence=0.3, doubt=Doubt.PASSAGES.value)
CUT = replace(ANSWER, figures=replace(FIGURES, omitted_tokens=100))


def offered(
    message: Message | None = ANSWER,
    plan: Plan = FULL,
    settings: Settings = ON,
    provider: Provider | None = MISTRAL,
    **more: Any,
) -> Offer | None:
    """What is offered there."""
    return offer_for(Situation(plan, message, **more), settings, provider)


def test_a_good_answer_is_left_alone() -> None:
    """Nothing speaks against it."""
    assert offered() is None


def test_an_unsure_one_is_offered_with_its_doubt() -> None:
    """In the doubt's own words, and with the name of who would be asked."""
    found = offered(UNSURE_ANSWER)
    assert found == Offer(Reason.UNSURE, SENTENCES[Doubt.PASSAGES], "Ask Mistral…")


@pytest.mark.parametrize("doubt", ["", "of a newer Hush"])
def test_a_doubt_without_words(doubt: str) -> None:
    """It is unsure all the same."""
    found = offered(replace(UNSURE_ANSWER, doubt=doubt))
    assert found is not None
    assert found.sentence == UNSURE


def test_the_threshold_is_the_persons() -> None:
    """At it nothing is offered, below it something is; of no confidence nothing is known."""
    message = replace(ANSWER, confidence=0.5)
    assert offered(message, settings=replace(ON, offer_below=0.5)) is None
    assert offered(message, settings=replace(ON, offer_below=0.51)) is not None
    assert offered(replace(ANSWER, confidence=None)) is None


@pytest.mark.parametrize(
    "message",
    [
        CUT,
        replace(ANSWER, figures=replace(FIGURES, omitted_messages=1)),
        replace(ANSWER, state=MessageState.FAILED, failure=PromptTooLong.code, figures=None),
        replace(ANSWER, text=NO_ROOM, figures=None, confidence=None, scope=Scope()),
    ],
)
def test_what_did_not_fit(message: Message) -> None:
    """Into the model, that is: cut, left out, refused, or no room for a passage."""
    found = offered(message)
    assert found is not None
    assert (found.reason, found.sentence) == (Reason.LONG, LONG)


def test_the_words_for_no_room_may_be_an_answers_own() -> None:
    """Of a question that was asked of no notes they say nothing."""
    assert offered(replace(ANSWER, text=NO_ROOM)) is None


@pytest.mark.parametrize("state", [one for one in MessageState if one is not MessageState.COMPLETE])
def test_a_machine_that_rests(state: MessageState) -> None:
    """Before there is a whole answer, with the governor's own reason."""
    for message in (None, replace(ANSWER, state=state)):
        found = offered(message, PAUSED)
        assert found is not None
        assert (found.reason, found.sentence) == (Reason.PAUSED, PAUSED.words)


def test_a_machine_that_rests_says_nothing_against_an_answer() -> None:
    """It is there already; nor does a slower machine."""
    assert offered(ANSWER, PAUSED) is None
    assert offered(None, Plan(Mode.THROTTLED, Why.HOT, "Slower.")) is None


def test_a_task_of_tier_three() -> None:
    """Whether or not there is an answer."""
    for message in (None, ANSWER):
        found = offered(message, tier=Tier.CLOUD_ONLY)
        assert found is not None
        assert (found.reason, found.sentence) == (Reason.BEYOND, BEYOND)


def test_a_task_that_escalates_needs_a_doubt() -> None:
    """Alone it is no reason; with one its words are told."""
    assert offered(tier=Tier.ESCALATES) is None
    found = offered(UNSURE_ANSWER, tier=Tier.ESCALATES)
    assert found is not None
    assert (found.reason, found.sentence) == (Reason.BEYOND, SENTENCES[Doubt.PASSAGES])


def test_the_weightiest_reason_is_told() -> None:
    """Beyond, long, paused, unsure: each where those before it are switched off."""
    message = replace(
        UNSURE_ANSWER,
        state=MessageState.STOPPED,
        figures=replace(FIGURES, omitted_messages=3),
    )
    settings, off = ON, dict[str, Any]()
    for reason in (Reason.BEYOND, Reason.LONG, Reason.PAUSED, Reason.UNSURE):
        found = offered(message, PAUSED, settings, tier=Tier.CLOUD_ONLY)
        assert found is not None
        assert found.reason is reason
        off[f"offer_{reason.value}"] = False
        settings = replace(ON, **off)
    assert offered(message, PAUSED, settings, tier=Tier.CLOUD_ONLY) is None


@pytest.mark.parametrize(
    "hidden",
    [
        {"settings": Settings()},
        {"settings": replace(ON, local_only=True)},
        {"provider": None},
        {"was_asked": True},
        {"message": replace(CUT, cloud=CloudMark("M", "h", "m", 0, is_kept=True))},
        {"message": replace(CUT, role=Role.USER)},
    ],
)
def test_nothing_is_offered(hidden: dict[str, Any]) -> None:
    """Off by default; local only stands above it; nobody to ask; asked already; not ours."""
    assert offered(CUT) is not None
    assert offered(**{"message": CUT, **hidden}) is None


# -- tasks -----------------------------------------------------------------------------------------


def test_tiers_are_the_catalogues_but_for_the_persons() -> None:
    """Translating is beyond the model that comes with Hush, as it was measured."""
    for one in DESCRIPTIONS:
        expected = Tier.CLOUD_ONLY if one.action is Action.TRANSLATE else one.tier
        assert tier_of(one.action, ON) is expected
    none = replace(ON, cloud_only_tasks="")
    assert tier_of(Action.TRANSLATE, none) is Tier.ESCALATES


def test_tasks_as_a_setting() -> None:
    """There and back; what this Hush does not know is passed over."""
    chosen = {Action.EXPLAIN, Action.SUMMARISE}
    settings = replace(ON, cloud_only_tasks=as_setting(chosen))
    assert cloud_only(settings) == chosen
    odd = replace(ON, cloud_only_tasks=" explain ,, nonsense,Explain")
    assert cloud_only(odd) == {Action.EXPLAIN}
    assert cloud_only(replace(ON, cloud_only_tasks="")) == frozenset()


@pytest.mark.parametrize("action", Action)
def test_every_task_has_an_instruction(action: Action) -> None:
    """About the attached text; nothing is left to be filled in."""
    needs = CATALOGUE[action].description.needs_language
    said = instruction_of(action, "French" if needs else "")
    assert "attached text" in said
    assert "{" not in said
    assert ("French" in said) is needs


def test_a_language_is_the_persons_words() -> None:
    """One line, no place to be filled in; none, or a whole text, is refused."""
    said = instruction_of(Action.TRANSLATE, " plain\n{language}  English ")
    assert "into plain {language} English." in said
    for language in ("", "  ", "x" * (MAX_LANGUAGE_CHARACTERS + 1)):
        with pytest.raises(InputRefused):
            instruction_of(Action.TRANSLATE, language)
