"""``hush search`` and ``hush index``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from assistant.app import Session
from assistant.errors import EnvironmentProblem, InputRefused
from assistant.search.records import Filters, Hit, IndexState, IndexStatus, Kind
from assistant.search.service import SearchService
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console

READING: Final = frozenset({"status"})
"""Actions of ``hush index`` that change nothing."""

_LOOK_SECONDS: Final = 0.5  # between two lines of progress
_STATES: Final = {
    IndexState.READY: "Ready: words and meaning are searched.",
    IndexState.WORKING: "At work.",
    IndexState.PAUSED: "Paused.",
    IndexState.PREPARING: "The embedding model is being prepared; words are searched.",
    IndexState.WORDS_ONLY: "Only words are searched.",
}


def search(arguments: Arguments, session: Session, console: Console) -> int:
    """Print what is found, the best first.

    Raises:
        InputRefused: there is nothing to search for.
        EnvironmentProblem: nothing is searched in this session.
    """
    query = " ".join(arguments.text).strip()
    if not query:
        raise InputRefused("There is nothing to search for.", "Say what: hush search “…”.")
    service = _service(session)
    filters = Filters(kind=Kind(arguments.kind) if arguments.kind else None, tag=arguments.of_tag)
    # With a blank behind it: what is given to a command is no word that is still being typed.
    found = service.search(f"{query} ", filters, arguments.limit).result()
    if arguments.json:
        for hit in found.hits:
            console.data(as_data(hit))
        return 0
    if found.understood:
        console.remark(f"Showing results for “{found.understood}”.")
    for hit in found.hits:
        _print(hit, console)
    if not found.hits:
        console.remark("Nothing was found.")
    status = service.status()
    words_only = "" if found.by_meaning else _STATES[IndexState.WORDS_ONLY]
    for remark in filter(None, (status.missing, status.reason or words_only)):
        console.remark(remark)
    return 0


def index(arguments: Arguments, session: Session, console: Console) -> int:
    """Tell how far the index is, bring it up to date, or build it anew.

    Raises:
        EnvironmentProblem: there is no index in this session.
    """
    service = _service(session)
    if arguments.action == "status":
        service.loaded()
    else:
        if arguments.action == "rebuild":
            service.rebuild()
        bring_up_to_date(service, console)
    status = service.status()
    if arguments.json:
        console.data(status_as_data(status))
        return 0
    for line in status_as_lines(status):
        console.line(line)
    return 0


def bring_up_to_date(service: SearchService, console: Console) -> None:
    """Wait until it is, or is as far as this machine allows now; say how far it is."""
    told = ""
    while not service.settled(_LOOK_SECONDS):
        status = service.status()
        if status.state is IndexState.PAUSED:
            break
        if status.building:
            line = f"{status.built:.0%} built"
        elif status.notes_left:
            line = status.missing
        elif status.passages:
            line = f"{status.encoded:,} of {status.passages:,} passages"
        else:
            line = told  # it is still being loaded
        if line != told:
            console.remark(line)
            told = line


def as_data(hit: Hit) -> dict[str, Any]:
    """A hit as plain data; times are milliseconds since 1970, UTC, places count characters."""
    return {
        "kind": hit.kind.value,
        "id": hit.owner_id,
        "conversation": hit.conversation_id,
        "title": hit.title,
        "context": hit.context,
        "start": hit.start,
        "length": hit.length,
        "text": hit.text,
        "snippet": hit.snippet.text,
        "marks": [list(mark) for mark in hit.snippet.marks],
        "at": hit.at,
        "score": hit.score,
        "similarity": hit.similarity,
    }


def status_as_data(status: IndexStatus) -> dict[str, Any]:
    """How far the index is, as plain data."""
    return {
        "state": status.state.value,
        "passages": status.passages,
        "encoded": status.encoded,
        "encoder": status.encoder,
        "reason": status.reason,
        "building": status.building,
        "built": status.built,
        "unreadable": status.unreadable,
        "notes": status.notes,
        "notes_left": status.notes_left,
    }


def status_as_lines(status: IndexStatus) -> list[str]:
    """How far the index is, for people."""
    lines = [_STATES[status.state], f"{status.passages:,} passages, {status.encoded:,} by meaning"]
    if status.encoder:
        lines.append(f"Embedding model: {status.encoder}")
    if status.building:
        lines.append(f"Being built beside it: {status.building}, {status.built:.0%}")
    if status.unreadable:
        passages = f"{status.unreadable:,} passage{'' if status.unreadable == 1 else 's'}"
        lines.append(f"{passages} the embedding model cannot read: found by words alone.")
    lines += filter(None, (status.missing if status.notes_left else "", status.reason))
    return lines


def _service(session: Session) -> SearchService:
    if session.search is None:
        raise EnvironmentProblem("There is no index in this session.")
    return session.search


def _print(hit: Hit, console: Console) -> None:
    where = f"{hit.title} › {hit.context}" if hit.context else hit.title
    number = hit.owner_id if hit.kind is Kind.NOTE else hit.conversation_id
    kind = "note" if hit.kind is Kind.NOTE else "chat"
    console.line(f"{kind} {number:>5}  {_day(hit.at)}  {where}")
    console.line(f"            {hit.snippet.text}")


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d")
