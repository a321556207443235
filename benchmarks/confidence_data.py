"""What confidence is measured on: questions with their answers, and what the model made of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

QUESTIONS: Final = Path(__file__).parent / "data" / "short_questions.tsv"


@dataclass(frozen=True, slots=True)
class Question:
    """A short question, and the answers that count."""

    text: str
    answers: tuple[str, ...]

    def is_answered_by(self, reply: str) -> bool:
        """Whether any of the answers stands in the reply, as words of its own.

        A word's beginning is enough for words of four letters or more ("butterfl"). Symbols of one
        or two letters have to be in the same case.
        """
        return any(_stands_in(answer, reply) for answer in self.answers)


def questions() -> list[Question]:
    """All of them, in the file's order."""
    found = []
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            text, _, answers = line.partition("\t")
            found.append(Question(text, tuple(answers.split("|"))))
    return found


def folds(count: int, parts: int) -> list[list[int]]:
    """Places of so many examples, dealt to so many parts in turn."""
    return [list(range(part, count, parts)) for part in range(parts)]


def _stands_in(answer: str, reply: str) -> bool:
    short = len(answer) <= 2 and answer.isalpha()
    end = "" if len(answer) >= 4 and answer[-1:].isalpha() else r"(?![\w])(?![.,]\d)"
    pattern = rf"(?<![\w])(?<!\d[.,]){re.escape(_plain(answer, keeps_case=short))}{end}"
    return re.search(pattern, _plain(reply, keeps_case=short)) is not None


def _plain(text: str, *, keeps_case: bool) -> str:
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return bare if keeps_case else bare.casefold()


def mean(values: Sequence[float]) -> float:
    """Their mean; 0 of none."""
    return sum(values) / len(values) if values else 0.0
