"""How a process stands to the internet: parted from it, with one way out that is not its own."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.net.starting import NetStarter, NoStarter, begin_network
from assistant.sealing.choose import install, report
from assistant.sealing.protocol import SealReport

_NOTHING_TO_FETCH = "This command fetches nothing."


@dataclass(frozen=True, slots=True)
class Outside:
    """What lies beyond this process.

    Attributes:
        net: The way out, which a person's approval opens.
        seal: What keeps this process from any other.
    """

    net: NetStarter
    seal: SealReport


def part_from_internet(descriptor: int | None = None, *, fetches: bool = True) -> Outside:
    """Seal this process for good, its way out being ready. To be called before the first thread.

    Args:
        descriptor: Leads to the way out that the process before this one had.
        fetches: Whether there shall be one at all.
    """
    # In this order: what begins behind the seal is sealed.
    net = begin_network(descriptor) if fetches else NoStarter(_NOTHING_TO_FETCH)
    return Outside(net, install())


def as_it_is() -> Outside:
    """What stands around this process already, with no way out: for tests and benchmarks."""
    return Outside(NoStarter(_NOTHING_TO_FETCH), report())
