"""What the model is asked for each action, and what a person should know of it.

The words were chosen by trying with the starter model (SmolLM2, 135 million parameters): notes on
git, Unix and Postgres, the minutes of a meeting, and a hasty letter.

- Summaries: the text quoted line by line did as well as one in quotation marks or a bare one, and
  nothing in it can end the quotation. A beginning ("The text …") made the model write about the
  text in place of telling it (4 of 4).
- Rewriting: mostly it told of its "revised version" and of its changes. With the beginning of the
  answer given, and an end at the first blank line, it did so in none of 9. "Plain, clear sentences"
  got numbered lists (3 of 3). For a formal tone an opening quotation mark helps (3 of 3 rewritten,
  1 of 3 without it). What a text says is often changed all the same.
- Tasks: under a schema it found none in the minutes in 3 wordings of 3, or copied the letter; with
  an example of each it finds two of the minutes' four. With the examples the other way round, or a
  line before the text, it says theirs again; choosing among the text's own sentences it takes any.
- Continuing: behind the person's own words, as if it had written them, it stays with them (4 of 4);
  asked to "continue this text" it mostly wrote about the text.
- Translating: into French and German nothing came that could be used, in 24 of 24 replies.

Hence the cautions. A larger model can do better with the same words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from assistant.actions.records import Action, Description, Placement, Tier
from assistant.context.fitting import quoted
from assistant.engine.protocol import Sampling, Turn

MAX_ITEMS: Final = 12
"""Tasks of one portion: more of them is a model that lists the text."""

MAX_ITEM_CHARACTERS: Final = 120

_GREEDY: Final = Sampling(temperature=0)
_LIVELY: Final = Sampling(temperature=0.6)

_POOR: Final = "A small model often changes what a text says. Read it before you accept it."


class Reading(Enum):
    """How a long text is taken in."""

    REDUCED = auto()  # each portion, and then what was written of them
    EACH = auto()  # each portion, the results one behind the other
    PARAGRAPHS = auto()  # each paragraph of prose; the rest stays as it is
    ITEMS = auto()  # each portion, the items together
    END = auto()  # only the end is read


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an action is asked for.

    Attributes:
        description: What a person sees of it.
        reading: How a long text is taken in.
        system: The system text.
        task: What stands behind the quoted text; ``{language}`` is filled in.
        begin: How the answer begins; it is no part of the result.
        portion_tokens: The most that is read at once.
        reply_tokens: The most that is written of one portion.
        sentence_from: From so many tokens on a reply ends with the next sentence; 0: never.
        stop: Ends a reply.
        sampling: How tokens are chosen.
        schema: What a reply has to obey; empty for free text.
        examples: What a person and the model said before: a quoted text and what was made of it.
        opening: What stands before a quoted text.
    """

    description: Description
    reading: Reading
    system: str
    task: str
    begin: str = ""
    portion_tokens: int = 1_000
    reply_tokens: int = 160
    sentence_from: int = 0
    stop: tuple[str, ...] = ()
    sampling: Sampling = _GREEDY
    schema: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    opening: str = "Here is a text:\n"

    def turns(self, text: str, language: str = "") -> tuple[Turn, ...]:
        """What the model sees: the text is quoted in the person's turn, whoever wrote it.

        Without a text: what there is beside it.
        """
        turns = [Turn("system", self.system)]
        for given, made in self.examples:
            turns += [Turn("user", self._asked(given, language)), Turn("assistant", made)]
        return (*turns, Turn("user", self._asked(text, language)))

    def _asked(self, text: str, language: str) -> str:
        task = self.task.format(language=language)
        return f"{self.opening}{quoted(text)}\n\n{task}" if text else task


def _rewriting(action: Action, name: str, task: str, begin: str) -> Recipe:
    return Recipe(
        Description(action, name, Tier.LOCAL, Placement.REPLACES, caution=_POOR),
        Reading.PARAGRAPHS,
        "You edit texts.",
        task,
        begin,
        portion_tokens=220,
        reply_tokens=330,
        stop=("\n\n",),
    )


_ITEMS_SCHEMA: Final = json.dumps(
    {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {"type": "string", "minLength": 3, "maxLength": MAX_ITEM_CHARACTERS},
                "maxItems": MAX_ITEMS,
            }
        },
    }
)

_WITH_TASKS: Final = (
    "We met Tom on Monday. The roof is dry again. Tom will paint the door in May, and Lisa must "
    "pay the bill for the windows by Friday. It rained all day."
)
_TASKS: Final = (
    '{"items": ["Tom: paint the door in May", "Lisa: pay the bill for the windows by Friday"]}'
)
_WITHOUT_TASKS: Final = (
    "The bus to the station goes at 7:40 from the corner by the bakery. On Sundays there is none, "
    "so people call a taxi the evening before. Their number is on the fridge."
)

_RECIPES: Final = (
    Recipe(
        Description(Action.SUMMARISE, "Summarise", Tier.LOCAL, Placement.BESIDE, caution=_POOR),
        Reading.REDUCED,
        "You summarize notes.",
        "Summarize it in two or three sentences.",
        reply_tokens=120,
        sentence_from=70,
    ),
    Recipe(
        Description(
            Action.ACTION_ITEMS,
            "Find tasks",
            Tier.LOCAL,
            Placement.BESIDE,
            caution="A small model misses tasks, and lists what is none.",
        ),
        Reading.ITEMS,
        "You find tasks in notes.",
        "List what somebody has to do, as JSON.",
        portion_tokens=400,
        reply_tokens=400,
        schema=_ITEMS_SCHEMA,
        opening="",
        examples=(
            (
                _WITH_TASKS,
                _TASKS,
            ),
            (
                _WITHOUT_TASKS,
                '{"items": []}',
            ),
        ),
    ),
    _rewriting(
        Action.SHORTER, "Make shorter", "Make this text shorter.", "Here is the text, shorter:\n\n"
    ),
    _rewriting(
        Action.CLEARER,
        "Make clearer",
        "Rewrite this text so that it is clear and correct.",
        "Here is the corrected text:\n\n",
    ),
    _rewriting(
        Action.FORMAL,
        "Make formal",
        "Rewrite this text in a formal tone.",
        'Here is the text, rewritten in a formal tone:\n\n"',
    ),
    Recipe(
        Description(
            Action.TRANSLATE,
            "Translate",
            Tier.ESCALATES,
            Placement.REPLACES,
            needs_language=True,
            caution="A small model translates badly, and the one that comes with Hush hardly at "
            "all. Do not rely on it.",
        ),
        Reading.PARAGRAPHS,
        "You translate texts.",
        "Translate this text into {language}.",
        "Here is the text in {language}:\n\n",
        portion_tokens=220,
        reply_tokens=500,
        stop=("\n\n",),
    ),
    Recipe(
        Description(
            Action.EXPLAIN,
            "Explain",
            Tier.ESCALATES,
            Placement.BESIDE,
            caution="A small model knows little, and makes up what it does not know.",
        ),
        Reading.EACH,
        "You explain texts.",
        "Explain this text in simple words.",
        reply_tokens=200,
        sentence_from=120,
    ),
    Recipe(
        Description(Action.CONTINUE, "Continue", Tier.LOCAL, Placement.FOLLOWS),
        Reading.END,
        "You write texts.",
        "Write a text.",
        portion_tokens=600,
        reply_tokens=120,
        sentence_from=60,
        sampling=_LIVELY,
    ),
)

CATALOGUE: Final = MappingProxyType({one.description.action: one for one in _RECIPES})
"""Every action's recipe."""

DESCRIPTIONS: Final = tuple(one.description for one in _RECIPES)
"""Every action as it is offered, in the order of a menu."""
