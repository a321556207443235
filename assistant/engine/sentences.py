"""Where a reply that is long enough can end: after a whole sentence, line of a list or paragraph.

Pure. Made for text that is still being written: an end counts once what follows shows that it is
one, for "3." may become "3.14" and a full stop may have a quotation mark coming.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

_END: Final = re.compile(
    r"""
      (?<![.!?…؟۔।॥]) [.!?…؟۔।॥]++         # marks, all of a run so that a long one is quick,
      [\"'”’»)\]*_]*+ (?=\s)                # what closes around them, white space
    | (?<![。！？｡]) [。！？｡]++           # Chinese and Japanese put no space between sentences
      [”’」』）】]*+ (?=.|\n)
    | \n
    """,
    re.VERBOSE,
)
_FENCE: Final = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)
_LIST_LINE: Final = re.compile(r"\s*([-*+•]|\d{1,3}[.)])\s+\S")
_HEADING: Final = re.compile(r"#{1,6}\s")
_LAST_WORD: Final = re.compile(r"[^\s(\[\"'“‘«*_]*$")

_ABBREVIATIONS: Final = frozenset(
    re.split(
        " ",
        "e.g i.e etc cf vs ca al mr mrs ms dr prof st sr jr nr vol fig sec eq approx dept est inc "
        "ltd co jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m u.s u.k z.b d.h bzw usw "
        "ggf vgl bspw evtl p.ex",
    )
)
"""Words before a full stop that ends no sentence. The usual ones: English, some German and French.

An abbreviation that does end a sentence only lets the reply go on to the next one.
"""


def sentence_end(text: str, start: int) -> int | None:
    """Find where the first sentence that ends after ``start`` is over.

    Inside of a code block only lines end.

    Args:
        text: What was written until now.
        start: Index into ``text``; ends before it do not count.

    Returns:
        The length of ``text`` to keep, None where no sentence has ended for certain.
    """
    fences = [match.start() for match in _FENCE.finditer(text)]
    for match in _END.finditer(text, start):
        at = match.start()
        if bisect_left(fences, at) % 2:
            if match.group() == "\n" and not _FENCE.match(_line_before(text, at)):
                return at
        elif match.group() == "\n":
            if _ends_line(text, at):
                return at
        elif not _is_abbreviation(text, match):
            return match.end()
    return None


def _line_before(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 : at]


def _ends_line(text: str, at: int) -> bool:
    """Whether a list's line, a code block or a paragraph that says something ends at ``at``."""
    line = _line_before(text, at).rstrip()
    if _FENCE.match(line):
        return True  # the end of a code block
    if not line or line.endswith(":") or _HEADING.match(line):
        return False
    return bool(_LIST_LINE.match(line)) or text.startswith("\n", at + 1)


def _is_abbreviation(text: str, match: re.Match[str]) -> bool:
    """Whether the match is a single full stop after an abbreviation, an initial or a number."""
    if match.group() != ".":
        return False
    at = match.start()
    line = _line_before(text, at)
    if line.strip().isdigit():
        return True  # "1." begins a line of a list
    found = _LAST_WORD.search(line)
    word = found.group().lower() if found else ""
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i")
