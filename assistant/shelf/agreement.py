"""How often a copy chooses the same next word as the model that it was made of.

Used in the quantiser's process only. The two are loaded one after the other, so that a copy can be
made of whatever fits into memory once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelRefused
from assistant.tuning.trials import Answers, Manner, Runner


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a model answers, to hold a copy of it against.

    Both see the model's own answers up to each place, so that one other word does not count for
    all that follow it, and no meaning has to be judged (``trials.Answers``).
    """

    answers: Answers
    manner: Manner

    @classmethod
    def asked_of(cls, source: Path, manner: Manner, prompts: Sequence[str]) -> Agreement:
        """Have a model answer.

        Args:
            source: Its file.
            manner: How it is run, and its copy.
            prompts: What it is asked; of each, 40 tokens of an answer count.

        Raises:
            ModelRefused: llama.cpp does not run it.
        """
        with closing(Runner(source, manner)) as runner:
            return cls(Answers(runner, prompts), manner)

    def of(self, copy: Path) -> float:
        """Share of places where the copy's likeliest next token is the same, 0 to 1.

        Raises:
            ModelRefused: llama.cpp does not run the copy.
        """
        try:
            with closing(Runner(copy, self.manner)) as runner:
                return self.answers.agreement(runner)
        except ModelRefused as error:
            raise ModelRefused(
                "The copy that was made does not run.", "The model itself works as it is."
            ) from error
