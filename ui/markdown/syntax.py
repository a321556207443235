"""Colours for code: which parts of a text are what, and in which colour each kind is shown.

Pure functions without Qt. ``highlight`` runs on a worker thread.
"""

from __future__ import annotations

import colorsys
import time
from collections.abc import Callable, Iterator
from enum import Enum, auto

from ui.theme.tokens import Palette

# Beyond this, code is plain: some 100 ms of a worker's time (measured on 2 cores).
MAX_HIGHLIGHTED_CHARACTERS = 20_000

# Languages whose lexers answer within milliseconds on hostile text too: each was run on 33
# kinds of 20,000 characters. (Pygments' lexer for Matlab took six seconds on empty lines, in one
# regular expression, which stops every thread of the process.)
_LANGUAGES = frozenset({
    "bash", "bat", "c", "c#", "c++", "cmake", "console", "cpp", "cs", "csharp", "css", "dart",
    "diff", "docker", "dockerfile", "elixir", "erlang", "go", "golang", "graphql", "haskell", "hs",
    "html", "http", "ini", "java", "javascript", "js", "json", "jsx", "julia", "kotlin", "latex",
    "lua", "make", "makefile", "markdown", "md", "nginx", "objective-c", "perl", "php",
    "powershell", "ps1", "protobuf", "py", "py3", "python", "python3", "r", "rb", "rs", "ruby",
    "rust", "scala", "scss", "sh", "shell", "sql", "swift", "tex", "toml", "ts", "tsx",
    "typescript", "vim", "xml", "yaml", "yml", "zig", "zsh",
})  # fmt: skip

_SECONDS = 1.0  # what one text may take; the rest of it stays plain
_SLICE_SECONDS = 0.0005  # how long the interpreter's lock is held in one go
_REST_SECONDS = 0.001

# WCAG 2.2, 1.4.3
_CONTRAST = 4.5


class Kind(Enum):
    """What a piece of code is, as far as its colour goes."""

    KEYWORD = auto()
    STRING = auto()
    NUMBER = auto()
    NAME = auto()
    COMMENT = auto()


Span = tuple[int, int, Kind]  # start and length in a line, in UTF-16 units as Qt counts

_KINDS = {
    "Token.Comment": Kind.COMMENT,
    "Token.Keyword": Kind.KEYWORD,
    "Token.Operator.Word": Kind.KEYWORD,
    "Token.Literal.String": Kind.STRING,
    "Token.Literal.Number": Kind.NUMBER,
    "Token.Name.Function": Kind.NAME,
    "Token.Name.Class": Kind.NAME,
    "Token.Name.Decorator": Kind.NAME,
    "Token.Name.Tag": Kind.KEYWORD,
    "Token.Name.Attribute": Kind.NAME,
    "Token.Generic.Deleted": Kind.NUMBER,
    "Token.Generic.Inserted": Kind.STRING,
}

# Hues in degrees for what has no token of its own; far apart, and none of them the red of
# failure. Keywords are the accent and comments are quiet.
_HUES = {Kind.STRING: 95, Kind.NUMBER: 32, Kind.NAME: 215}
_SATURATION = 0.45


def is_known(language: str) -> bool:
    """Whether a fence's language gets colours. Languages are never guessed."""
    return language.lower() in _LANGUAGES


def _rest() -> None:
    """Let other threads have the interpreter's lock for a moment."""
    time.sleep(_REST_SECONDS)


def highlight(
    code: str,
    language: str,
    clock: Callable[[], float] = time.perf_counter,
    rest: Callable[[], None] = _rest,
) -> list[list[Span]]:
    """Find the spans of each line of a text.

    A lexer is pure Python: left alone it would hold the interpreter's lock for 5 ms at a time
    and make the window stutter. So it rests after each half millisecond.

    Args:
        code: Lines joined by line feeds.
        language: A name for which ``is_known`` holds.
        clock: Seconds, for the limits.
        rest: Called between two slices of work.

    Returns:
        One list for each line that was reached; fewer than there are lines where time ran out
        or the text is longer than ``MAX_HIGHLIGHTED_CHARACTERS``.
    """
    lines: list[list[Span]] = [[]]
    column = 0
    began = slice_began = clock()
    for kind, text in _tokens(code[:MAX_HIGHLIGHTED_CHARACTERS], language.lower()):
        for number, piece in enumerate(text.split("\n")):
            if number:
                lines.append([])
                column = 0
            length = _utf16_length(piece)
            if kind and length:
                lines[-1].append((column, length, kind))
            column += length
        now = clock()
        if now - began > _SECONDS:
            break
        if now - slice_began > _SLICE_SECONDS:
            rest()
            slice_began = clock()
    return lines


def _tokens(code: str, language: str) -> Iterator[tuple[Kind | None, str]]:
    from pygments.lexers import get_lexer_by_name  # 20 ms: only where there is code to colour

    lexer = get_lexer_by_name(language)
    for _, token, text in lexer.get_tokens_unprocessed(code):
        yield _kind(str(token)), text


def _kind(token: str) -> Kind | None:
    """The kind of a token or of the nearest of its parents."""
    while token:
        if token in _KINDS:
            return _KINDS[token]
        token = token.rpartition(".")[0]
    return None


def _utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def colours(palette: Palette) -> dict[Kind, str]:
    """A colour for each kind, at 4.5:1 or more on the palette's code background."""
    derived = {kind: _readable(hue, palette.code) for kind, hue in _HUES.items()}
    return {Kind.KEYWORD: palette.accent, Kind.COMMENT: palette.quiet, **derived}


def _readable(hue: int, background: str) -> str:
    """The colour of this hue nearest to the background's side that is readable on it."""
    ground = luminance(background)
    steps = range(50, 0, -1) if ground > 0.5 else range(50, 100)
    for lightness in steps:
        red, green, blue = colorsys.hls_to_rgb(hue / 360, lightness / 100, _SATURATION)
        colour = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
        if contrast(colour, background) >= _CONTRAST:
            return colour
    return "#000000" if ground > 0.5 else "#ffffff"


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, from 0 to 1 (WCAG 2.2, definitions)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2, definitions)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
