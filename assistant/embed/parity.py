"""Whether an exported model means the same as the original: both encode these texts."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.embed.record import Parity

NEIGHBOURS: Final = 10

Vectors = NDArray[np.float32]

_TOPICS: Final = (
    (
        "Water the tomatoes early in the morning.",
        "Slugs eat young lettuce overnight, so put a ring of copper around each bed.",
        "When should the roses be pruned?",
        "Compost needs air, moisture, and about two parts of brown matter to one of green.",
    ),
    (
        "The meeting moved to Thursday at 14:30.",
        "Action items: Priya sends the draft, Tom calls the supplier, nobody books a room yet.",
        "Who was responsible for the budget of the third quarter?",
        "We agreed that a decision without a date is not a decision, and put one on each.",
    ),
    (
        "def area(width: float, height: float) -> float:\n    return width * height",
        "The tests fail because the clock is read twice; hand the time in as an argument.",
        "How do I undo the last commit without losing my changes?",
        "A deadlock needs four things at once, and taking locks in one order removes a circle.",
    ),
    (
        "Take 200 mg of ibuprofen with food, at most three times a day.",
        "Blood pressure was 128/82 in the morning and 135/88 in the evening.",
        "What did the doctor say about the knee?",
        "Sleep better: no screen in the last hour, a cool room, and the same time every night.",
    ),
    (
        "Flight LH 1132 leaves Frankfurt at 09:45 from gate B42.",
        "The hostel by the harbour has no lift, but its roof looks over the whole old town.",
        "Which visa is needed for a stay of more than ninety days?",
        "Pack light: two shirts, one jumper, the good shoes, and a bag that folds into its pocket.",
    ),
    (
        "Knead the dough for ten minutes and let it rise until it has doubled.",
        "Grandmother's soup: leeks, potatoes, a bay leaf, cream at the end, never before.",
        "Can butter be replaced by oil in a cake?",
        "Salt the aubergines, wait half an hour, dry them well, and only then fry them in hot oil.",
    ),
    (
        "Rent is due on the first, electricity on the fifteenth.",
        "The savings account pays 2.1 % until June and 1.4 % afterwards.",
        "How much did the new windows cost altogether?",
        "An index fund owns a little of everything, so its price moves with the whole market.",
    ),
    (
        "Light takes eight minutes from the Sun to the Earth.",
        "A cell copies its DNA before it divides, and repairs most of what was copied wrongly.",
        "Why is the sky blue at noon and red in the evening?",
        "Entropy counts the ways in which small parts can be arranged without a change at large.",
    ),
    (
        "The Treaty of Westphalia ended the Thirty Years' War in 1648.",
        "Printed pamphlets spread faster than the censors could read them.",
        "What led to the fall of the western Roman Empire?",
        "Most people in a medieval town were buried within a day's walk of where they were born.",
    ),
    (
        "She practised the second movement until the metronome was no longer needed.",
        "The record was cut in one night, with a borrowed guitar and two microphones.",
        "Which key is the song in?",
        "A fugue begins with one voice alone, and every other voice answers what it said.",
    ),
    (
        "Forward the router's port 51820 to the machine in the cellar.",
        "The disk makes a clicking sound; copy everything from it before it is asked to do more.",
        "Where is the recovery code for the laptop kept?",
        "A backup that was never restored is a hope, so try one on another machine every month.",
    ),
    (
        "Anna was born on the third of May, in the middle of a thunderstorm.",
        "Call your sister about the weekend, and ask whether the children eat fish.",
        "What did Father tell about his first year abroad?",
        "The house by the lake was sold in spring; the boat is still ours, and leaks as it did.",
    ),
    (
        "The lease ends three months after written notice by either party.",
        "§ 5: Liability is limited to the value of the order, except where the law says otherwise.",
        "May the landlord enter without asking first?",
        "A contract needs an offer, an acceptance, and two people who mean the same by both.",
    ),
    (
        "The subway was empty except for a man with a cello.",
        "He had rehearsed the apology so often that, when the door opened, he forgot to make it.",
        "How does the novel end?",
        "A story is what remains when somebody wanted something and the world did not agree.",
    ),
    (
        "Die Rechnung liegt im zweiten Ordner, hinter dem Mietvertrag.",
        "Le train de nuit part à 22 h 10 et arrive à Vienne au petit matin.",
        "¿Dónde guardé el pasaporte?",
        "東京の天気は明日から雨です。",
    ),
    (
        "https://example.org/a?b=c&d=42#part",
        "| name | size | done |\n|---|---|---|\n| wall | 4.2 m | yes |\n| roof | 31 m² | no |",
        "???",
        "- [ ] milk\n- [x] bread\n- [ ] light bulbs (E14, warm)\n- [ ] stamps",
    ),
)


def parity_texts() -> list[str]:
    """Short texts, pairs of them, paragraphs and pages: 160 in all, the longest of 1,000 words."""
    singles = [sentence for topic in _TOPICS for sentence in topic]
    pairs = [
        f"{one} {other}" for one, other in zip(singles, singles[5:] + singles[:5], strict=True)
    ]
    return [*singles, *pairs, *long_texts()]


def long_texts() -> list[str]:
    """The paragraphs and pages among them: what sizes of numbers a model makes shows in these."""
    paragraphs = [" ".join(topic) for topic in _TOPICS]
    starts = range(0, len(_TOPICS), 4)
    pages = ["\n\n".join(paragraphs[first:] + paragraphs[:first]) for first in starts]
    return [*paragraphs, *pages]


def parity(original: Vectors, exported: Vectors) -> Parity:
    """Compare two models' vectors of the same texts.

    Args:
        original: ``[n, dimensions]``, of unit length.
        exported: Likewise.
    """
    cosines = (original * exported).sum(axis=1)
    ours, theirs = _neighbours(exported), _neighbours(original)
    shared = [len(set(one) & set(other)) for one, other in zip(ours, theirs, strict=True)]
    return Parity(
        cosine=round(float(cosines.mean()), 5),
        lowest=round(float(cosines.min()), 5),
        overlap=round(float(np.mean(shared)) / NEIGHBOURS, 5),
        texts=len(original),
    )


def _neighbours(vectors: Vectors) -> list[list[int]]:
    """Of each row the nearest others."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argpartition(-cosines, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    rows: list[list[int]] = nearest.tolist()
    return rows
