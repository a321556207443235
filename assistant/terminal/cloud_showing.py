"""What would be sent, for a person to read and for a program to approve by its digest."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from assistant.cloud.composing import head_of
from assistant.cloud.records import Composed, Cost, Provider
from assistant.net.metered import Metered
from assistant.redaction.records import Sort, Table
from assistant.terminal.console import Console

_OWN: Final = "A box on your own network. It leaves this computer all the same."
_PLAIN: Final = "Not encrypted: who shares this network can read it."
_NOT_SWAPPED: Final = "Nothing is swapped: it goes as it is."
_NOTHING_FOUND: Final = "Nothing was found. Names are found only in part: read it."
_IN_PART: Final = "Names are found only in part: read it."
_METERED: Final = "This connection is paid for by volume."
_KB: Final = 1000

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Zl", "Zp"})
"""Controls, format characters (joiners, directions, tags), line separators, no characters."""

_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that are drawn as nothing."""

_SORTS: Final = {
    Sort.NAME: "a name",
    Sort.EMAIL: "an e-mail address",
    Sort.PHONE: "a phone number",
    Sort.ADDRESS: "an address",
    Sort.CARD: "a card's number",
    Sort.ACCOUNT: "an account's number",
    Sort.KEY: "a key or password",
    Sort.HIDDEN: "a word of yours",
}


def explain(composed: Composed, console: Console, metered: Metered = Metered.UNKNOWN) -> None:
    """Print what a person says yes or no to: the bytes first, so that the facts stand below them.

    Escapes and other controls of the text are shown as such: JSON keeps all of it on one line,
    and nothing in it can look like a question of ours.
    """
    (method, path), *headers = head_of(composed.request)
    console.remark("\n".join([f"{method} {path}", *(f"{name}: {it}" for name, it in headers)]))
    console.remark(f"\n{revealed(composed.body)}\n")
    _tell(composed, console)
    if metered is Metered.YES:
        _row("Connection", _METERED, console)
    console.remark("")


def show(composed: Composed, console: Console, *, as_json: bool) -> None:
    """Print what would be sent, to be approved by its digest.

    The body goes out byte for byte; on a screen, with what nobody sees made visible.
    """
    if as_json:
        console.data(_as_data(composed))
        return
    _tell(composed, console)
    console.write(revealed(composed.body) if console.stdout.isatty() else composed.body)
    console.line(f"\npayload_sha256  {composed.request.payload_sha256}")


def revealed(text: str) -> str:
    """A text in which each character can be seen.

    ``⟨U+200B⟩`` stands for one that is drawn as nothing, or that turns what stands around it.
    """
    if text.isascii():
        return text
    return "".join(f"⟨U+{ord(one):04X}⟩" if _is_unseen(one) else one for one in text)


def _is_unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNSEEN
        or character in _BLANK
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _tell(composed: Composed, console: Console) -> None:
    """Print the facts beside the output, a row each."""
    provider, sent = composed.draft.provider, [one for one in composed.shown if one.part.included]
    words = sum(len(one.text.split()) for one in sent)
    _row("To", _whom(provider), console)
    _row("Size", f"{_size(composed.size)}, about {words:,} words", console)
    _row("Cost", _cost(composed.cost), console)
    _row("Hidden", _hidden(composed), console)
    for one in composed.shown:
        kept = "" if one.part.included else "  (left out)"
        _row("Part", f"{one.part.id}  {one.part.label}{kept}", console)


def _row(name: str, value: str, console: Console) -> None:
    console.remark(f"{name:<11} {value}")


def _whom(provider: Provider) -> str:
    where = f"{provider.name}, model {provider.model}, at {provider.host}"
    if not provider.own_network:
        return f"{where}, over an encrypted connection"
    return f"{where}. {_OWN}{f' {_PLAIN}' if provider.is_plain else ''}"


def _size(count: int) -> str:
    return f"{count / _KB:.1f} kB" if count >= _KB else f"{count} bytes"


def _cost(cost: Cost) -> str:
    if cost.is_open:
        return "Not known: nothing limits the answer"
    if cost.most is None:
        return "Not known: no price is set"
    return f"At most {cost.most:.4f} {cost.currency}"


def _hidden(composed: Composed) -> str:
    """What was swapped: placeholders and sorts, never the values."""
    if not composed.draft.redact:
        return _NOT_SWAPPED
    swaps = composed.table.swaps
    if not swaps:
        return _NOTHING_FOUND
    found = ", ".join(f"{swap.placeholder} ({_SORTS[swap.sort]})" for swap in swaps)
    return f"{len(swaps)} found and swapped: {found}. {_IN_PART}"


def _as_data(composed: Composed) -> dict[str, Any]:
    provider, request, cost = composed.draft.provider, composed.request, composed.cost
    return {
        "provider": provider.name,
        "host": request.host,
        "model": provider.model,
        "own_network": provider.own_network,
        "encrypted": not provider.is_plain,
        "method": request.method,
        "url": request.url,
        "head": [list(pair) for pair in head_of(request)],
        "bytes": composed.size,
        "tokens_in": cost.tokens_in,
        "tokens_out": cost.tokens_out,
        "cost": cost.most,
        "currency": cost.currency,
        "redacted": composed.draft.redact,
        "swapped": _swapped(composed.table),
        "parts": [
            {"id": one.part.id, "kind": one.part.kind.value, "included": one.part.included}
            for one in composed.shown
        ],
        "body": composed.body,
        "payload_sha256": request.payload_sha256,
    }


def _swapped(table: Table) -> list[dict[str, Any]]:
    return [
        {"placeholder": one.placeholder, "sort": one.sort.value, "count": one.count}
        for one in table.swaps
    ]
