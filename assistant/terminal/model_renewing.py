"""``hush models update``: a newer list of models, once somebody said yes to asking for it."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any, Final

from assistant.cancel import Cancel
from assistant.errors import InputRefused
from assistant.net.request import NetRequest
from assistant.terminal.model_approving import NOTHING_SENT, approved
from assistant.terminal.model_desk import Desk, size

_NO_ADDRESS: Final = f"No address is set for a newer list of models. {NOTHING_SENT}"
_SET_ONE: Final = "Set “Address of the list” in the settings; the list that came with Hush serves."


def update(desk: Desk) -> int:
    """Look for a newer list of models.

    Raises:
        InputRefused: no address is set, or nobody is there to ask.
        ApprovalRefused: what was approved is not what would be sent.
        NetworkError: it may not leave, or did not come.
        CatalogueRefused: it is not to be trusted.
        StorageFull: it cannot be kept.
    """
    request = desk.service.catalogue.request()
    if request is None:
        raise InputRefused(_NO_ADDRESS, _SET_ONE)
    if desk.arguments.dry_run:
        _show(desk, request)
        return 0
    explain = partial(_explain, desk, request)
    approval, metered_ok = approved(desk, request, explain, "Look for it?")
    cancel = Cancel()
    looked = desk.service.renewing.look(request, approval, cancel, metered_ok=metered_ok)
    updated = desk.wait(looked, cancel.ask)
    if desk.arguments.json:
        desk.console.data(asdict(updated))
    else:
        desk.console.line(updated.words)
    return 0


def _explain(desk: Desk, request: NetRequest) -> None:
    """What a person says yes or no to."""
    say = desk.console.remark
    say(f"A newer list of models: {size(request.max_bytes)} at most, from {request.host}.")
    say("Sent is the address of this file, and nothing of yours.")
    say("It is used only with two signatures of its makers, and where it is not older.")


def _show(desk: Desk, request: NetRequest) -> None:
    """What would be sent, to be approved by its digest."""
    shown: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "host": request.host,
        "most_bytes": request.max_bytes,
        "metered": desk.service.gate.read_metered().value,
        "payload_sha256": request.payload_sha256,
    }
    desk.console.facts(shown, as_json=desk.arguments.json)
