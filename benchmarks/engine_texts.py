"""Texts to ask with: questions, and passages of plain English of any length."""

from __future__ import annotations

import random
from typing import Final

_PEOPLE: Final = (
    "The keeper", "A neighbour", "My sister", "The baker", "Our teacher", "The captain",
    "An old friend", "The gardener", "The doctor", "A traveller",
)  # fmt: skip
_DEEDS: Final = (
    "walked to the harbour", "counted the lamps", "painted the front door", "wrote a long letter",
    "looked for the lost keys", "repaired the small boat", "bought bread and apples",
    "listened to the radio", "closed all the windows", "planted beans along the wall",
)  # fmt: skip
_TIMES: Final = (
    "before the rain began", "while the others slept", "as every year in autumn",
    "without telling anybody", "because the storm was near", "although it was getting dark",
    "until the ferry came back", "and thought of the summer", "with a basket on one arm",
    "after the clock had struck seven",
)  # fmt: skip

TOKENS_PER_SENTENCE: Final = 12
"""About, for the starter model's vocabulary; what a prompt really takes is always measured."""


def passage(seed: int, tokens: int) -> str:
    """A text of about so many tokens that begins like no other seed's."""
    dice = random.Random(seed)
    sentences = (
        f"{dice.choice(_PEOPLE)} {dice.choice(_DEEDS)} {dice.choice(_TIMES)}."
        for _ in range(max(1, tokens // TOKENS_PER_SENTENCE))
    )
    return f"{seed}. {' '.join(sentences)}"


STORY: Final = "Tell me a long story about a lighthouse keeper and the sea."

QUESTIONS: Final = (
    "What is the capital of France?",
    "How many days are there in a leap year?",
    "Why is the sky blue?",
    "What does a beekeeper do?",
    "Name three fruits that grow on trees.",
    "How do I boil an egg?",
    "What is the opposite of generous?",
    "Who wrote Romeo and Juliet?",
    "What is photosynthesis?",
    "Give me a synonym for happy.",
    "How can I fall asleep more easily?",
    "What is the largest ocean?",
    "Explain what a mortgage is.",
    "Write a sentence with the word umbrella.",
    "What is 12 plus 30?",
    "How does a bicycle stay upright?",
    "What should I pack for a weekend by the sea?",
    "Suggest a name for a black cat.",
    "What is the difference between a frog and a toad?",
    "How long does it take to bake a potato?",
    "Why do leaves change colour in autumn?",
    "What is a budget good for?",
    "Name two languages spoken in Canada.",
    "What is gravity?",
    "How do I write a polite reminder?",
    "What do cows eat?",
    "Give me a tip for learning new words.",
    "What is the freezing point of water?",
    "Who painted the Mona Lisa?",
    "How do vaccines work?",
    "What is a haiku?",
    "List three kinds of weather.",
    "What is the purpose of a compass?",
    "How do I remove a coffee stain?",
    "What is a noun?",
    "Why do we have seasons?",
    "What is the tallest mountain on Earth?",
    "Suggest a simple breakfast.",
    "What does a librarian do?",
    "How can I save electricity at home?",
    "What is the meaning of the word brave?",
    "How many legs does a spider have?",
    "What is an island?",
    "Tell me one fact about the moon.",
    "What is the main ingredient of bread?",
    "How do I greet somebody in Spanish?",
    "What is a computer program?",
    "Why should I drink water?",
    "What is the colour of an emerald?",
    "How do birds find their way south?",
    "What is a good gift for a gardener?",
    "Describe a desert in one sentence.",
    "What is recycling?",
    "How many continents are there?",
    "What is the job of the heart?",
    "Give me a rhyme for light.",
    "What is a recipe?",
    "How do I stay calm before an exam?",
    "What makes a rainbow?",
    "What is an encyclopedia?",
)
"""Sixty short questions of many kinds, for answers that can be compared."""
