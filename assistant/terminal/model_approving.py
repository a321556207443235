"""A yes to one request of ``hush models``: typed by who sits there, or given by its digest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from assistant.errors import ApprovalRefused, InputRefused, NetworkRefused
from assistant.net.metered import Metered
from assistant.net.request import NetRequest
from assistant.terminal.model_desk import Desk

if TYPE_CHECKING:
    from assistant.net.approvals import Approval

NOTHING_SENT: Final = "Nothing was sent."
_METERED: Final = "This connection is paid for by volume."


def approved(
    desk: Desk, request: NetRequest, explain: Callable[[], object], question: str
) -> tuple[Approval, bool]:
    """The yes, and whether it is one to a connection that is paid for by volume.

    Args:
        desk: Where somebody may sit.
        request: What would be sent.
        explain: Says what a person says yes or no to.
        question: Asked after that.

    Raises:
        NetworkRefused: nothing can be sent now; told before anybody is asked.
        ApprovalRefused: what was approved is not what would be sent.
        InputRefused: nobody is there to ask, or they said no.
    """
    given, metered_ok = desk.arguments.approve, desk.arguments.metered
    network = desk.service.gate.summary().result()
    if not network.can_send:
        raise NetworkRefused(network.why_not, NOTHING_SENT)
    if given and given != request.payload_sha256:
        raise ApprovalRefused(
            f"What you approved is not what would be sent. {NOTHING_SENT}",
            "Look at it again with --dry-run.",
        )
    if not given:
        if not desk.console.interactive:
            raise InputRefused(
                f"There is nobody here to ask. {NOTHING_SENT}",
                "See what would be sent with --dry-run, then say yes to that with "
                "--approve SHA256.",
            )
        metered = desk.service.gate.read_metered()  # once: a yes is to what was said
        explain()
        if metered is Metered.YES:
            desk.console.remark(_METERED)
        if not desk.agrees(question):
            raise InputRefused(f"Not fetched. {NOTHING_SENT}")
        metered_ok = metered_ok or metered is Metered.YES  # they were told
    return desk.service.gate.approve(request), metered_ok
