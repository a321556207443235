"""How far two answers to a question are apart: 1 - cosine of their vectors.

Each passage is encoded behind the question. Without it, an answer in a few words and the same one
in many are often further apart than two that contradict each other: the area under ROC for another
explanation (23 pairs) against a paraphrase (68) is 0.72 without the question, and 0.92 with it
(``benchmarks/cloud_divergence.py``).

What no such distance sees: "1912" against "1921", "yes" against "no", one name in the place of
another. Such answers are about the same, in nearly the same words, and nearer to each other than
two good answers in different words. So a small distance does not say that two answers agree; the
two side by side, with what differs marked, show it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from assistant.search.passages import plain_spans, split

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which a start must not wait for
    from assistant.embed.protocol import Vectors

Encode = Callable[[Sequence[str]], "Vectors | None"]
"""Texts to vectors of unit length, a row each; None where no embedding model works."""

_PASSAGE_TOKENS: Final = 180
_QUESTION_CHARACTERS: Final = 280
"""With a passage of so many tokens, of four letters each, that is what the embedding model that
comes with Hush reads at once: 254 tokens of its own, which are longer."""

_MOST_CHARACTERS: Final = 40_000
"""Of an answer that are compared: some 55 passages, and half a second."""


def distance(local: str, cloud: str, encode: Encode, question: str = "") -> float | None:
    """How far two answers are apart, 0 (about the same) to 2.

    Each is the mean of its passages' vectors, so that a long answer counts as a whole.

    Args:
        local: An answer.
        cloud: Another one.
        encode: The embedding model.
        question: What both answer.

    Returns:
        None where there is no model, or one of them has no words.
    """
    asked = " ".join(question.split())[:_QUESTION_CHARACTERS]
    first, second = (_passages(text, asked) for text in (local, cloud))
    if not first or not second:
        return None
    vectors = encode([*first, *second])
    if vectors is None:
        return None
    a, b = vectors[: len(first)].mean(0), vectors[len(first) :].mean(0)
    length = float((a @ a) ** 0.5 * (b @ b) ** 0.5)
    if not length > 0:  # opposite passages may cancel each other out; NaN is not above 0 either
        return None
    return min(2.0, max(0.0, 1.0 - float(a @ b) / length))


def _passages(text: str, asked: str) -> list[str]:
    found = split(text[:_MOST_CHARACTERS], plain_spans, _PASSAGE_TOKENS)
    return [f"{asked} {one.text}".strip() for one in found]
