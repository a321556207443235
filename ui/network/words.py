"""What the network's page and the status line say: what left, what keeps it here. All pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from ui.days import local
from ui.vault.words import begin, date, moment, number, size

if TYPE_CHECKING:
    from assistant.net.metered import Metered
    from assistant.net.records import ChainVerdict, LedgerRow, NetworkSummary
    from assistant.sealing.protocol import SealReport

NOTHING_SENT: Final = "nothing sent"
ZERO: Final = "0 bytes sent"
_UNKNOWN: Final = "sent: not known"
_LOCAL: Final = "Everything is done on this machine."
_LEVELS: Final = {
    "whole": "Sealed",
    "partial": "Sealed in part",
    "none": "Not sealed",
}
_METERED: Final = {
    "yes": "It is paid for by volume. This may cost you something.",
    "no": "It is not paid for by volume.",
    "unknown": "Your system does not say whether it is paid for by volume.",
}
_PURPOSES: Final = {
    "model": "A model",
    "catalogue": "The list of models",
    "cloud": "A question to a cloud service",
}
_APPROVED: Final = {
    "person": "approved by you",
    "setting": "allowed in the settings",
    "trust": "pressed by you, to a box that you trust",
}
_SHOWN: Final = 8  # characters of a number that is compared by eye
_RESULTS: Final = {
    "": "under way",
    "ok": "done",
    "refused": "it could not be reached",
    "not-begun": "never begun: nothing left",
    "stopped": "stopped by Hush",
    "interrupted": "interrupted: Hush was closed",
    "no-name": "no such server",
    "tls": "the server could not prove who it is",
    "timeout": "no answer in time",
    "stalled": "nothing came any more",
    "cut": "cut off",
    "redirect": "led elsewhere: refused",
    "too-large": "more than was announced: refused",
    "status": "the server refused it",
    "proxy": "the proxy refused it",
    "not-http": "that was no web server",
    "child": "it broke down",
    "cancelled": "stopped by you",
    "local-only": "stopped: nothing may leave",
}


def level(seal: SealReport) -> str:
    """How far this window is sealed, in a word or three."""
    return _LEVELS[seal.level.value]


def metered(kind: Metered) -> str:
    """Whether the connection costs by the byte, as a sentence."""
    return _METERED[kind.value]


def layer_words(*, installed: bool, sentence: str) -> str:
    """How one layer of the seal stands."""
    return f"{'In place.' if installed else 'Not in place.'} {sentence}".strip()


def proof(seal: SealReport) -> str:
    """What was tried, and whom the seal covers."""
    tried = (
        "Hush tried to open an internet connection after sealing itself, and was refused."
        if seal.proven
        else "It could not be shown by trying."
    )
    whom = "It holds for the model's process, too." if seal.covers_children else ""
    return f"{tried} {whom}".strip()


def sent(summary: NetworkSummary) -> str:
    """What ever left, as large as it is: "0 bytes sent" or "12 kB sent"."""
    if summary.bytes_out:
        return f"{size(summary.bytes_out)} sent"
    return _UNKNOWN if summary.unknown else ZERO


def received(summary: NetworkSummary) -> str:
    """What stands below it."""
    if not summary.transfers:
        return "Nothing has left this laptop through Hush since it was set up."
    since = date(local(summary.since))
    count = number(summary.transfers, "transfer")
    words = f"{begin(count)} since {since}, {size(summary.bytes_in)} received."
    if summary.under_way:
        words += f" {number(summary.under_way, 'transfer')} under way."
    if summary.unknown:
        words += f" {number(summary.unknown, 'transfer')} broke off uncounted."
    return words


def status(
    summary: NetworkSummary | None, seal: SealReport | None, asking: str = ""
) -> tuple[str, str, str]:
    """What the status line says of the network: the words, fewer of them, and the sentences.

    Args:
        summary: What ever left; None: it is not known yet.
        seal: What keeps this window in.
        asking: The host, or hosts, being asked a question now; empty: none is.
    """
    said = NOTHING_SENT
    if summary and (summary.bytes_out or summary.unknown):
        said = sent(summary)
    if asking:
        said = f"asking {asking}…"
    elif summary and summary.under_way:  # what goes out with it is counted at its end
        said = "receiving" if said == NOTHING_SENT else f"receiving · {said}"
    if summary and not summary.intact:
        said = "network record damaged"
    sealed = bool(seal and seal.level.value == "whole")
    full = said if seal is None else f"{'sealed' if sealed else level(seal).lower()} · {said}"
    facts = [received(summary) if summary else _LOCAL]
    if seal:
        facts.append(seal.sentence)
    return full, said, " ".join(facts)


def purpose(row: LedgerRow) -> str:
    """What a transfer was for."""
    what = _PURPOSES[row.purpose.value]
    return f"{what}: {row.what}" if row.what else what


def when(row: LedgerRow, now: datetime) -> str:
    """When it began."""
    return begin(moment(local(row.began), now))


def row_words(row: LedgerRow) -> str:
    """Where to and whom it came to there, how much, who approved, and how it ended."""
    where = f"{row.host} → {row.reached}" if row.reached else row.host
    out = "not known" if row.bytes_out is None else size(row.bytes_out)
    back = "not known" if row.bytes_in is None else size(row.bytes_in)
    ended = _RESULTS.get(row.result, row.result)
    counted = "" if row.ended is None else f"{out} out, {back} in · "
    return f"{where} · {counted}{_APPROVED[row.by.value]} · {ended}"


def proof_words(row: LedgerRow, *, whole: bool = False) -> str:
    """Which yes let it go, and what exactly it was to: as far as one compares them, or all."""
    approval, payload = row.approval_id, row.payload_sha256
    if not whole:
        approval, payload = f"{approval[:_SHOWN]}…", f"{payload[:_SHOWN]}…"
    return f"Approval {approval} · SHA-256 {payload}"


def verdict(found: ChainVerdict) -> str:
    """Whether the record is as it was written."""
    if found.intact:
        if not found.rows:
            return "The record is empty, and as Hush wrote it."
        return f"All {number(found.rows, 'row')} are as Hush wrote them."
    return (
        f"Row {found.first_bad} is not as Hush wrote it. What stands before it can be trusted; "
        "what comes after may have been changed."
    )
