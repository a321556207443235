"""What search and the index say. All pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from assistant.search.records import Filters, IndexState, IndexStatus, SearchResult
from ui.markdown.safe_text import harmless

_QUERY: Final = 60  # characters of a query that are repeated to the person
_WORDS_STILL: Final = "Everything is found by its words."
_WORDS_ONLY: Final = "Search finds words, not meaning."


def quoted(text: str) -> str:
    """A person's own words, repeated: on one line, harmless, not too long."""
    line = " ".join(harmless(text).split())
    return f"“{line[:_QUERY].rstrip()}…”" if len(line) > _QUERY else f"“{line}”"


# Results ----------------------------------------------------------------------------------


def count_words(count: int, limit: int) -> str:
    """How many were found: "1 result", "12 results", or "The best 30" where there may be more."""
    if count >= limit:
        return f"The best {count:,}"
    return f"{count:,} result{'' if count == 1 else 's'}"


def understood_words(result: SearchResult) -> str:
    """What was searched for instead of a query with a typing mistake; empty where there is none."""
    return f"Showing results for {quoted(result.understood)}." if result.understood else ""


def remark(result: SearchResult, status: IndexStatus | None) -> str:
    """Why something may be missing from a result; empty where nothing is."""
    if status is None or status.state is IndexState.READY:
        return "" if result.by_meaning else "Found by words only."
    if status.state is IndexState.PREPARING:
        return "By words only: search by meaning is being prepared."
    if status.state is IndexState.WORDS_ONLY:
        return f"By words only. {status.reason}".strip()
    if status.encoded < status.passages:
        return f"{_share(status)} can be found by meaning so far."
    return ""


def no_result(query: str, filters: Filters) -> tuple[str, str]:
    """A title and what to do where nothing was found."""
    title = f"Nothing found for {quoted(query)}"
    if is_narrow(filters):
        return title, "Not where you looked. It may be somewhere else."
    return title, "Try fewer words, or say it in another way."


def is_narrow(filters: Filters) -> bool:
    """Whether anything is left out."""
    return filters != Filters()


# The index --------------------------------------------------------------------------------


def index_words(status: IndexStatus) -> tuple[str, str]:
    """What the status line says of the index, in full and short; empty where all is well."""
    match status.state:
        case IndexState.WORKING if status.building:
            return f"new index {_per_cent(status.built)}", "new index…"
        case IndexState.WORKING:
            return f"indexing {_of(status)}", "indexing…"
        case IndexState.PAUSED:
            return f"indexing paused · {_of(status)}", "indexing paused"
        case IndexState.PREPARING:
            return "preparing search by meaning", "preparing search…"
        case IndexState.WORDS_ONLY:
            return "search by words only", "words only"
        case _:
            return "", ""


def index_facts(status: IndexStatus) -> str:
    """How far the index is, why it is no further, and what that means, in sentences."""
    match status.state:
        case IndexState.READY if not status.passages:
            return "There is nothing to search yet."
        case IndexState.READY if status.unreadable:
            model = harmless(status.encoder) or "the embedding model"
            found = f"{_share(status)} can be found by meaning; {model} cannot read the rest."
            return _joined(found, _WORDS_STILL)
        case IndexState.READY:
            by = f", with {harmless(status.encoder)}" if status.encoder else ""
            return f"All {_passages(status.passages)} can be found by meaning{by}."
        case IndexState.PREPARING:
            return (
                "Hush prepares the embedding model for this machine, once. Until then "
                "search finds words, not meaning."
            )
        case IndexState.WORDS_ONLY:
            return _joined(status.reason, _WORDS_ONLY)
        case IndexState.PAUSED:
            return _joined(status.reason, _progress(status), "It goes on by itself.")
        case _:
            return _joined(_progress(status), _beside(status))


def import_words(done: int, total: int) -> tuple[str, str]:
    """What the status line says of an import under way, in full and short."""
    return (f"importing {done:,} of {total:,}" if total else "importing…"), "importing…"


def _progress(status: IndexStatus) -> str:
    if status.building:
        return (
            f"An index with {harmless(status.building)} is {_per_cent(status.built)} done. "
            "The one there is serves until then."
        )
    return f"{_share(status)} can be found by meaning. {_WORDS_STILL}"


def _beside(status: IndexStatus) -> str:
    return "" if status.building else "What you do comes first."


def _share(status: IndexStatus) -> str:
    return f"{status.encoded:,} of {_passages(status.passages)}"


def _of(status: IndexStatus) -> str:
    return f"{status.encoded:,} of {status.passages:,}"


def _passages(count: int) -> str:
    return f"{count:,} passage{'' if count == 1 else 's'}"


def _per_cent(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0) * 100:.0f} %"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, (sentence.strip() for sentence in sentences)))


def marked(text: str, marks: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """A snippet made harmless, and where its marks stand in it then.

    Args:
        text: On one line, of any origin.
        marks: (start, length) in ``text``; what lies outside of it is left out.

    Returns:
        The text to draw, and the marks in it, in order and without overlaps, counted in UTF-16
        units as Qt counts.
    """
    apart = list(_apart(marks, len(text)))
    drawn = _on_a_line(text)
    if drawn == text and units(text) == len(text):  # nearly always: nothing has moved
        return text, [(begin, end - begin) for begin, end in apart]
    pieces: list[str] = []
    moved: list[tuple[int, int]] = []
    at = done = 0
    for begin, end in apart:
        for piece, is_mark in ((text[done:begin], False), (text[begin:end], True)):
            drawn = _on_a_line(piece)
            if is_mark:
                moved.append((at, units(drawn)))
            pieces.append(drawn)
            at += units(drawn)
        done = end
    pieces.append(_on_a_line(text[done:]))
    return "".join(pieces), moved


def _apart(marks: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """Where marks begin and end in a text of this length, in order, none over another."""
    done = 0
    for start, count in sorted(marks):
        begin, end = max(start, done), min(start + count, length)
        if begin < end:
            yield begin, end
            done = end


def _on_a_line(text: str) -> str:
    return harmless(text).replace("\n", " ")


def units(text: str) -> int:
    """How long Qt takes a text to be: in UTF-16 units, two for each emoji."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
