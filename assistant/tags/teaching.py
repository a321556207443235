"""The language model as a teacher: it proposes tags for a note, and nobody has to take them.

It chooses among tags there are, under a JSON schema, and may make up two. What stands in the note
is data: the worst that a note can say for itself is a proposal, and nothing is ever given or taken
by one. What comes of it are weak labels for the tag model, and suggestions.

Tried with the starter model on fourteen notes, with eight tags to choose among in any order and in
four wordings: it named the right tag first for one note at most, where chance would for two. It
mostly says the first tags that it is shown. So it is no teacher, and is not made one
(``can_teach``); a person may ask it all the same, and gets the nearest tags first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from assistant.cancel import Cancel
from assistant.context.fitting import Counter, cut, quoted
from assistant.engine.json_schema import MAX_BYTES
from assistant.engine.protocol import (
    Engine,
    Finished,
    GenerationRequest,
    ModelInfo,
    Piece,
    Sampling,
    Turn,
)
from assistant.errors import EngineDied, HushError
from assistant.events import Activity
from assistant.log import log_event
from assistant.notes.names import folded, tag_name
from assistant.records import FinishReason
from assistant.text import storable

MAX_KNOWN: Final = 60
"""Tags that the model chooses among: they are read with every note, and the nearest come first."""

MAX_CHOSEN: Final = 5
MAX_NEW: Final = 2
MAX_NEW_CHARACTERS: Final = 30
"""Of a new tag: two or three words. What is longer is a sentence."""

_KNOWN_CHARACTERS: Final = 40  # of a known tag's name; one that is longer is not asked about
_NOTE_TOKENS: Final = 400  # what a note is about it says at its beginning
_LEAST_NOTE: Final = 32
_SPARE: Final = 24  # tokens: line ends and marks between texts that were counted apart
_WORD: Final = re.compile(r"[^\W\d_]+")
_STEM: Final = 4  # letters of a word that count: "rose" and "roses" are one
_SCHEMA_SHARE: Final = 0.75  # of what a schema may hold, before escapes

_TEACHES: Final = 1_000_000_000
"""Parameters from which a model's proposals may count as labels. A judgement: the one that was
tried has 135 million and is no teacher, and no larger one was there to try."""

_SYSTEM: Final = "You choose tags for notes."
_EXAMPLE: Final = (
    "Mix 300 g of flour with a spoon of salt and the yeast, knead for ten minutes, and let it rest "
    "under a cloth."
)
_EXAMPLE_TAGS: Final = ("travel", "baking", "money", "garden")
_EXAMPLE_REPLY: Final = '{"tags": ["baking"], "new": ["bread"]}'
_REPLY_TOKENS: Final = 160  # that are kept free: five names and two
_MOST_REPLY: Final = 400
"""Tokens after which a reply is given up. The form ends it long before, in any script."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the model proposes for one note. Nobody has accepted any of it.

    Attributes:
        tags: Known tags, as they are written there, the most fitting first.
        new: Tags that nobody has yet, clean, at most two.
    """

    tags: tuple[str, ...] = field(default=(), repr=False)
    new: tuple[str, ...] = field(default=(), repr=False)


def propose(
    engine: Engine,
    info: ModelInfo,
    count: Counter,
    text: str,
    known: Sequence[str],
    cancel: Cancel,
) -> Proposal | None:
    """Have the model propose tags for a text.

    Args:
        engine: Loaded.
        info: What is loaded.
        count: Tokens of each text.
        text: The note's; cut to fit. One without words gets no proposal.
        known: The tags there are, the nearest first. More than ``MAX_KNOWN`` are left out.
        cancel: Ends it.

    Returns:
        The proposal, which may be empty; None where it was cancelled.

    Raises:
        EngineError: the engine cannot.
    """
    if not text.strip():
        return Proposal()
    names = choices(known)
    turns = _turns(_fitted(text, names, info, count), names)
    reply: list[str] = []
    request = GenerationRequest(
        turns, _MOST_REPLY, Sampling(temperature=0), schema=schema_for(names)
    )
    for event in engine.generate(request, cancel):
        match event:
            case Piece():
                reply.append(event.text)
            case Finished(reason=FinishReason.CANCELLED):
                return None
    proposal = read("".join(reply), names, known, text)
    log_event("tags.proposed", known=len(proposal.tags), new=len(proposal.new))
    return proposal


def can_teach(info: ModelInfo) -> bool:
    """Whether a model's proposals are worth learning from without a person's word."""
    return info.parameters >= _TEACHES


def choices(known: Sequence[str]) -> list[str]:
    """The tags that the model is asked about: once each, short enough, not too many."""
    found: dict[str, str] = {}
    size = 0
    for name in map(storable, known):
        size += len(json.dumps(name)) + 2
        if len(found) == MAX_KNOWN or size > MAX_BYTES * _SCHEMA_SHARE:
            break
        if name and len(name) <= _KNOWN_CHARACTERS:
            found.setdefault(folded(name), name)
    return list(found.values())


def schema_for(names: Sequence[str]) -> str:
    """The form of a proposal: some of these tags, and at most two others."""
    new = {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_NEW_CHARACTERS},
        "maxItems": MAX_NEW,
    }
    chosen = {"type": "array", "items": {"enum": list(names)}, "maxItems": MAX_CHOSEN}
    properties = {"tags": chosen, "new": new} if names else {"new": new}
    return json.dumps({"type": "object", "properties": properties})


def read(reply: str, names: Sequence[str], known: Sequence[str], text: str) -> Proposal:
    """Read a reply under the schema; what does not obey it is left out.

    A new tag that is a known one in other letters is that one. Any other needs words of the note:
    else it is an example's, or made up.

    Args:
        reply: What the model wrote.
        names: What it could choose among.
        known: All tags there are.
        text: The note's.
    """
    try:
        said = json.loads(reply)
    except ValueError:  # it was cut short, or is no engine's that knows schemas
        return Proposal()
    if not isinstance(said, dict):
        return Proposal()
    there = {folded(name): name for name in (*known, *names)}
    allowed = set(names)
    words = folded(text)
    chosen = [name for name in _texts(said.get("tags"), MAX_CHOSEN) if name in allowed]
    new: dict[str, str] = {}
    for name in map(tag_name, _texts(said.get("new"), MAX_NEW)):
        if folded(name) in there:
            chosen.append(there[folded(name)])
        elif _is_name(name) and _is_of(name, words):
            new.setdefault(folded(name), name)
    return Proposal(tuple(dict.fromkeys(chosen))[:MAX_CHOSEN], tuple(new.values()))


class ProposeTags:
    """Proposes tags for one note that somebody looks at.

    Args:
        text: The note's.
        known: As for ``propose``.
        cancel: Asked when the person stops it.
        answer: Gets the proposal.
    """

    def __init__(
        self, text: str, known: Sequence[str], cancel: Cancel, answer: Future[Proposal]
    ) -> None:
        self._text = text
        self._known = known
        self.cancel = cancel
        self._answer = answer

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""

        def count(texts: Sequence[str]) -> list[int]:
            return engine.count(texts, self.cancel)

        made = propose(engine, info, count, self._text, self._known, self.cancel)
        if made is None:
            self.fail(EngineDied("Stopped before there was a proposal."))
        else:
            self._answer.set_result(made)

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``."""
        self._answer.set_exception(error)


class TeachTags:
    """Proposes tags for notes, one after the other, when nobody waits for anything.

    With a model that is no teacher it does nothing.

    Args:
        following: The next note's id, text and known tags; None where there is none left. Asked on
            the worker's thread; it may block on the store, until its ``cancel`` is asked.
        take: Gets each note's proposal, an empty one, too.
    """

    activity = Activity.TAGGING
    gives_way = True
    key: Hashable = "teach tags"

    def __init__(
        self,
        following: Callable[[Cancel], tuple[int, str, Sequence[str]] | None],
        take: Callable[[int, Proposal], None],
    ) -> None:
        self._following = following
        self._take = take
        self.cancel = Cancel()

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""

        def count(texts: Sequence[str]) -> list[int]:
            return engine.count(texts, self.cancel)

        while can_teach(info) and not self.cancel.asked:
            found = self._following(self.cancel)
            if found is None:
                return
            note_id, text, known = found
            made = propose(engine, info, count, text, known, self.cancel)
            if made is not None:
                self._take(note_id, made)

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``. Nothing was promised, so nothing is said."""
        log_event("tags.not_proposed", code=error.code)


def _fitted(text: str, names: Sequence[str], info: ModelInfo, count: Counter) -> str:
    """The text, without its middle where it is too long."""
    turns = _turns("", names)
    frame = info.template_fixed_tokens + len(turns) * info.template_turn_tokens
    beside = frame + sum(count([turn.text for turn in turns])) + _REPLY_TOKENS + _SPARE
    limit = max(_LEAST_NOTE, min(_NOTE_TOKENS, info.context_tokens - beside))

    def counted(texts: Sequence[str]) -> list[int]:
        return count([quoted(one) for one in texts])

    # Characters first: a token has a few of them, and the rest of a long note is not read anyway.
    return cut(Turn("user", text[: limit * 16]), counted, 0, limit).turn.text


def _turns(text: str, names: Sequence[str]) -> tuple[Turn, ...]:
    """The note is quoted in the person's turn, whoever wrote it; so are the tags' names."""
    example = Turn("user", _asked(_EXAMPLE, _EXAMPLE_TAGS))
    reply = Turn("assistant", _EXAMPLE_REPLY)
    return Turn("system", _SYSTEM), example, reply, Turn("user", _asked(text, names))


def _asked(text: str, names: Sequence[str]) -> str:
    if not names:
        return f"{quoted(text)}\n\nWhich tags fit this note? Answer as JSON."
    tags = quoted(", ".join(names))
    return f"{quoted(text)}\n\nTags:\n{tags}\nWhich of these tags fit this note? Answer as JSON."


def _texts(value: object, most: int) -> list[str]:
    if not isinstance(value, list):
        return []
    return [one for one in value[:most] if isinstance(one, str)]


def _is_of(name: str, words: str) -> bool:
    """Whether half of a name's words stand in a text, but for their endings."""
    parts = _WORD.findall(folded(name))
    return sum(part[:_STEM] in words for part in parts) * 2 >= len(parts) > 0


def _is_name(name: str) -> bool:
    """Whether something can be a tag: more than one letter of an alphabet, and not a sentence."""
    one = len(name) == 1 and name.lower() != name.upper()
    fits = 0 < len(name) <= MAX_NEW_CHARACTERS and not one
    return fits and any(letter.isalpha() for letter in name)
