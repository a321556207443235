"""What a text is called: by its own heading, by the model, or by its first words. Pure.

The words were chosen by trying with the starter model on notes about programs, the minutes of a
meeting and a letter. Asked for a title under the schema it gave one word of the text, its author,
or none that exists ("Titille"). With two examples before it, it gave the second one's own title for
8 of 14 texts; with four of different kinds, a title of its own for 6 of 6. Hence the last look,
too: a title whose words are not the text's is refused, and the first words stay.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from assistant.context.fitting import quoted
from assistant.engine.protocol import GenerationRequest, Sampling, Turn
from assistant.notes.markdown_facts import plain, prose, title_of
from assistant.notes.names import folded
from assistant.text import title_from

MAX_TITLE_WORDS: Final = 8
MAX_TITLE_LETTERS: Final = 60
"""As long as a chat's title can be, and some eight words."""

READ_CHARACTERS: Final = 1_200
"""Of a text that the model reads for a title: what it is about is said at its beginning."""

_ANSWER_CHARACTERS: Final = 300
_HEADING: Final = re.compile(r" {0,3}#{1,6}[ \t]+\S")
_UNDERLINE: Final = re.compile(r" {0,3}(?:={2,}|-{2,})[ \t]*$")
_PREFIX: Final = re.compile(r"^(?:title|titel|titre|título|titolo|note|subject)\s*[:：]\s*", re.I)
_MARKS: Final = "*_#`~>|=-–— \t"
_QUOTES: Final = "\"'“”„‟«»‹›‘’「」『』"
_WORD: Final = re.compile(r"[^\W\d_]+")
_STEM: Final = 4  # letters of a word that count: "paint" and "painted" are one
_LINKING: Final = 4  # letters of a word that no title should be cut behind
_LEAST_LETTERS: Final = 3  # shorter words say nothing of what a text is about
_LEAST_SHARED: Final = 0.5
"""Share of a title's words that the text must have: it keeps examples, and other languages, out."""

_EAST: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})

SCHEMA: Final = json.dumps(
    {
        "type": "object",
        "properties": {"title": {"type": "string", "minLength": 3, "maxLength": MAX_TITLE_LETTERS}},
    }
)

_SYSTEM: Final = "You give texts short titles, in the language of the text."
_TASK: Final = "Give this text a title of at most eight words, as JSON."
_ON_BUSES: Final = (
    "The bus to the station goes at 7:40 from the corner by the bakery. On Sundays there is none, "
    "so we have to call a taxi the evening before. Their number is on the fridge."
)
_ON_BREAD: Final = (
    "Mix 300 g of flour with a spoon of salt and the yeast. Add the water, knead for ten minutes, "
    "and let it rest under a cloth until it has doubled."
)
_ON_FILES: Final = (
    "The `-S` flag sorts what `ls` shows by size, the largest first. Add `-r` to turn that around:"
    "\n\n```bash\n$ ls -lSr\n```"
)
_A_LETTER: Final = (
    "Dear Ms Lang, thank you for the offer. Before we sign, could you tell us whether the delivery "
    "is included in the price, and until when it holds?"
)
_EXAMPLES: Final = (
    (_A_LETTER, '{"title": "Question about the delivery"}'),
    (_ON_BREAD, '{"title": "Bread with yeast"}'),
    (_ON_FILES, '{"title": "Sort files by size with ls"}'),
    (_ON_BUSES, '{"title": "Bus to the station"}'),
)
_REPLY_TOKENS: Final = 48


def heading_of(text: str) -> str:
    """The heading that a text begins with; may be empty."""
    lines = [line for line in prose(text[: READ_CHARACTERS * 4]).split("\n") if line.strip()][:2]
    if lines and _HEADING.match(lines[0]):
        return title_from(plain(lines[0]), MAX_TITLE_LETTERS)
    if len(lines) > 1 and _UNDERLINE.match(lines[1]):
        return title_from(plain(lines[0]), MAX_TITLE_LETTERS)
    return ""


def is_wanting(title: str) -> bool:
    """Whether a title is only the beginning of a sentence, or nothing."""
    words = title.split()
    return not title or title.endswith("…") or len(words) > MAX_TITLE_WORDS or "://" in title


def first_words(text: str) -> str:
    """The first words of a text as its title; empty where it has none."""
    words = title_of(text).rstrip("…").split()
    if not any(character.isalnum() for word in words for character in word):
        return ""
    more = "…" if len(words) > MAX_TITLE_WORDS else ""
    return title_from(" ".join(words[:MAX_TITLE_WORDS]), MAX_TITLE_LETTERS - 1) + more


def request(text: str, answer: str = "") -> GenerationRequest:
    """Ask for a title: the text is quoted in the person's turn, whoever wrote it.

    Args:
        text: A note's, or the first question of a chat.
        answer: The answer to that question; empty for a note.
    """
    given = text[:READ_CHARACTERS]
    if answer:
        given = f"{given}\n\n{answer[:_ANSWER_CHARACTERS]}"
    turns = [Turn("system", _SYSTEM)]
    for example, title in _EXAMPLES:
        turns += [Turn("user", _asked(example)), Turn("assistant", title)]
    return GenerationRequest(
        turns=(*turns, Turn("user", _asked(given))),
        max_tokens=_REPLY_TOKENS,
        sampling=Sampling(temperature=0),
        schema=SCHEMA,
    )


def accepted(reply: str, text: str) -> str:
    """The title in a reply under the schema; empty where it cannot be this text's title."""
    try:
        read = json.loads(reply)
    except ValueError:
        return ""
    title = read.get("title") if isinstance(read, dict) else None
    if not isinstance(title, str):
        return ""
    title = _tidy(title)
    letters = any(character.isalpha() for character in title)
    return title if letters and _is_of(title, text) else ""


def _asked(text: str) -> str:
    return f"{quoted(text)}\n\n{_TASK}"


def _tidy(title: str) -> str:
    """One line of at most so many words, without marks, quotation marks and "Title:"."""
    title = plain(title_from(title, MAX_TITLE_LETTERS))
    title = _PREFIX.sub("", title.strip(_MARKS + _QUOTES))
    words = title.strip(_MARKS + _QUOTES).split()
    if len(words) > MAX_TITLE_WORDS or title.endswith("…"):
        words = words[:MAX_TITLE_WORDS]
        while len(words) > 1 and len(words[-1]) <= _LINKING:  # "… to create a"
            words.pop()
    return " ".join(words).rstrip(".,;:!…" + _MARKS + _QUOTES).strip()


def _is_of(title: str, text: str) -> bool:
    """Whether a title is in the text's script, and has enough of its words."""
    if not _scripts(title) <= _scripts(text):
        return False
    words = _WORD.findall(folded(title))
    telling = [word for word in words if len(word) >= _LEAST_LETTERS] or words
    if _scripts(title) & {"EAST"}:  # no blanks between words: single letters tell enough
        telling = [letter for word in words for letter in word]
        there: Sequence[str] | set[str] = set(folded(text))
        return sum(one in there for one in telling) >= _LEAST_SHARED * len(telling)
    stems = {word[:_STEM] for word in _WORD.findall(folded(text))}
    return sum(word[:_STEM] in stems for word in telling) >= _LEAST_SHARED * len(telling)


def _scripts(text: str) -> set[str]:
    """The scripts of a text's letters, by their Unicode names."""
    names = {
        unicodedata.name(letter, "").partition(" ")[0] for letter in set(text) if letter.isalpha()
    }
    return {"EAST" if name in _EAST else name for name in names if name}
