"""``hush models download|import|adopt``: how a model comes to the shelf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from assistant.cancel import Cancel
from assistant.errors import InputRefused, NotFound
from assistant.net.request import NetRequest
from assistant.shelf.records import Fit, Found, Verdict
from assistant.terminal.model_approving import NOTHING_SENT, approved
from assistant.terminal.model_desk import Desk, as_data, as_line, one_of_your_own, size
from models.catalogue import Entry
from models.library import Installed

_TIGHT: Final = frozenset({Verdict.TIGHT, Verdict.TOO_BIG, Verdict.NO_DISK})


def download(desk: Desk) -> int:
    """Fetch a model of the catalogue, once somebody said yes to exactly that.

    Raises:
        NotFound: the catalogue has none of this id.
        InputRefused: nobody is there to ask, or this Hush has no use for the model.
        ApprovalRefused: what was approved is not what would be sent.
        NetworkError, StorageFull, ModelDamaged, ModelUnsafe: as the download failed.
    """
    entry = _entry(desk)
    request = desk.service.downloads.request_for(entry)
    if desk.arguments.dry_run:
        _show(desk, entry, request)
        return 0
    approval, metered_ok = approved(
        desk, request, lambda: _explain(desk, entry, request), "Fetch it?"
    )
    handle = desk.service.downloads.start(entry, approval, metered_ok=metered_ok)
    installed = desk.wait(
        handle.future, lambda: desk.service.downloads.pause(entry.sha256), download=entry.sha256
    )
    return received(desk, installed)


def take_in(desk: Desk) -> int:
    """Copy a file to the shelf. Raises as ``TakingInRoom.take`` does."""
    path = one_of_your_own(desk.arguments.path)
    installed = desk.work(lambda tell, cancel: desk.service.taking_in.take(path, tell, cancel))
    return received(desk, installed)


def adopt(desk: Desk) -> int:
    """List what other programs hold, or use one of these.

    Raises:
        NotFound: there is none of this name.
        InputRefused: there is more than one.
    """
    cancel = Cancel()
    found = desk.wait(desk.service.adopting.look(cancel), cancel.ask)
    if desk.arguments.name:
        chosen = _chosen(found, desk.arguments.name)
        installed = desk.work(
            lambda tell, cancel: desk.service.adopting.adopt(
                chosen, "copy" if desk.arguments.copy else "link", tell, cancel
            )
        )
        return received(desk, installed)
    for one in found:
        if desk.arguments.json:
            desk.console.data({**asdict(one), "path": str(one.path)})
        else:
            desk.console.line(f"{one.name:<40}  {size(one.size):>7}  {one.program}  {one.path}")
    if not found:
        desk.console.remark("No other program's models were found here.")
    return 0


def received(desk: Desk, installed: Installed) -> int:
    """Tell what came, and use it where that was asked for."""
    if desk.arguments.use and not desk.interrupted:
        installed = desk.work(
            lambda tell, cancel: desk.service.activation.activate(installed.sha256, tell, cancel)
        )
    if desk.arguments.json:
        event = {"event": "installed"} if desk.arguments.action == "download" else {}
        desk.console.data({**event, **as_data(installed)})
        return 0
    desk.console.line(as_line(installed))
    if not installed.active:
        desk.console.remark(f"Use it: hush models activate {installed.sha256[:12]}")
    return 0


def _entry(desk: Desk) -> Entry:
    wanted = desk.arguments.name.strip().lower()
    catalogue = desk.service.catalogue.current()
    for entry in catalogue.entries:
        if wanted in {entry.id.lower(), entry.name.lower()}:
            if not entry.usable:
                raise InputRefused(
                    f"This Hush has no use for {entry.name} yet.",
                    f"{NOTHING_SENT} Choose another one.",
                )
            return entry
    raise NotFound("The catalogue has no such model.", "See “hush models recommend”.")


def _explain(desk: Desk, entry: Entry, request: NetRequest) -> None:
    """What a person says yes or no to."""
    say = desk.console.remark
    say(f"{entry.name}, {entry.quantisation}, {entry.licence}: {size(entry.size)}")
    say(f"from {request.host}, which may pass on to {_hosts(request)}.")
    say("Sent is the address of this file, and nothing of yours.")
    fit = _fit(desk, entry)
    if fit and fit.verdict in _TIGHT:
        say(fit.words)


def _show(desk: Desk, entry: Entry, request: NetRequest) -> None:
    """What would be sent, to be approved by its digest."""
    shown: dict[str, Any] = {
        "id": entry.id,
        "name": entry.name,
        "licence": entry.licence,
        "bytes": entry.size,
        "sha256": entry.sha256,
        "method": request.method,
        "url": request.url,
        "host": request.host,
        "hosts": list(request.hosts),
        "metered": desk.service.gate.read_metered().value,
        "payload_sha256": request.payload_sha256,
    }
    desk.console.facts(shown, as_json=desk.arguments.json)


def _hosts(request: NetRequest) -> str:
    return ", ".join(request.hosts) or "no other"


def _fit(desk: Desk, entry: Entry) -> Fit | None:
    found = desk.service.fitting.fits().result()
    return next((fit for fit in found if fit.entry_id == entry.id), None)


def _chosen(found: Sequence[Found], wanted: str) -> Found:
    path = one_of_your_own(wanted)
    meant = [one for one in found if one.name.lower() == wanted.lower() or one.path == path]
    if not meant:
        raise NotFound("No other program holds a model of this name.", "See “hush models adopt”.")
    if len(meant) > 1:
        raise InputRefused("More than one is called so.", "Name its file instead.")
    return meant[0]
