"""What reading a conversation anew costs is learned from what was read."""

from __future__ import annotations

import pytest

from assistant.events import Notice, PromptRead
from assistant.reading_cost import ReadingCost


def test_knows_nothing_at_first() -> None:
    """No figure that was not measured."""
    cost = ReadingCost()
    cost.note(Notice("hello"))
    assert cost.seconds() == 0


def test_last_prompt_at_the_speed_last_measured() -> None:
    """A long prompt tells the speed; a short one that follows it tells only how much there is."""
    cost = ReadingCost()
    cost.note(PromptRead(1, 1, prompt_tokens=500, reused_tokens=100, seconds=2.0))
    assert cost.seconds() == pytest.approx(2.5)
    cost.note(PromptRead(2, 2, prompt_tokens=700, reused_tokens=690, seconds=1.0))
    assert cost.seconds() == pytest.approx(3.5)
