"""Downloads that are killed, cut and lied to: each is resumed or refused, and never a wrong file.

Every round has a folder, a server with TLS and a net child for each connection. After each run the
shelf holds the right file or none; what is on the disk is not asked for again; and however badly it
went, an honest server brings the file in the end.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from assistant.clock import SystemClock
from assistant.errors import HushError
from assistant.net.ledger import NetworkLedger
from assistant.net.starting import DirectStarter
from assistant.shelf.fetched import FetchedModels
from assistant.shelf.part import Part
from assistant.shelf.preflight import preflight
from assistant.store.vault import Vault
from models.catalogue import Entry
from models.file import digest
from tests.certificates import Authority, Certificate
from tests.gguf_files import Plan, write_model
from tests.lying_server import Asked, LyingServer, Manner
from tests.nginx import Nginx, nginx
from tests.served import SECONDS, Served, served, trusting
from tests.trials.children import Child
from tests.trials.download_child import library_of
from tests.trials.download_lies import LIES, Lie, cutting
from tests.trials.outcome import Outcome, Unable
from tests.trials.vaults import KEY
from tests.unit.fetching import entry_of

SHAPE: Final = Plan(embedding=128, layers=4, feed_forward=384)  # some 1.9 MB
WORKERS: Final = 2  # rounds at once: most of one is waiting for processes to start
KINDS: Final = ("kill", "cut", "kill", "lie", "kill", "cut", "nginx", "lie")
LONGEST_SECONDS: Final = 1.2  # that a run lives after it began: a whole download takes less
LIES_EVERY: Final = 4  # of these turns one is a lie
MODEL: Final = "model.gguf"
LIMIT_RATE: Final = "limit_rate 3m;"


@dataclass(slots=True)
class Counted:
    """What a round counted.

    Attributes:
        runs: How often it was begun.
        before, within, whole, after: What was there at a kill: nothing, a part, all of it, the
            model on the shelf.
        twice: Bytes that a server sent and nobody kept: they were under way at a connection's end.
    """

    runs: int = 0
    before: int = 0
    within: int = 0
    whole: int = 0
    after: int = 0
    connections: int = 0
    resumed: int = 0
    refused: int = 0
    twice: int = 0
    most_twice: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """What all rounds share."""

    folder: Path
    certificate: Certificate
    body: bytes = field(repr=False)
    nginx: Nginx | None


@dataclass(frozen=True, slots=True)
class Round:
    """One folder's story.

    Attributes:
        turn: Its number.
        place: Its folder.
    """

    world: World
    turn: int
    place: Path
    dice: random.Random
    counted: Counted


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Do ``count`` rounds."""
    authority = Authority(folder)
    model = folder / MODEL
    write_model(model, SHAPE)
    with ExitStack() as stack:
        certificate = authority.sign()
        try:
            other: Nginx | None = stack.enter_context(
                nginx(folder / "nginx", certificate, LIMIT_RATE)
            )
        except Unable:
            other = None
        world = World(folder, certificate, model.read_bytes(), other)
        with ThreadPoolExecutor(WORKERS) as pool:
            found = list(pool.map(lambda turn: _round(world, seed, turn), range(count)))
    faults = tuple(fault for faults, _ in found for fault in faults)
    return Outcome(count, seed, faults, _numbers([counted for _, counted in found]))


def _round(world: World, seed: int, turn: int) -> tuple[list[str], Counted]:
    """One folder's story."""
    dice = random.Random(f"{seed}/{turn}")  # noqa: S311 - seeded
    now = Round(world, turn, world.folder / f"round-{turn}", dice, Counted())
    now.place.mkdir()
    kind = KINDS[turn % len(KINDS)]
    if kind == "nginx" and world.nginx is None:
        kind = "kill"
    try:
        faults = list(_ROUNDS[kind](now))
    except Exception as error:  # noqa: BLE001 - it is the trial's result that it broke
        faults = [f"the round broke: {type(error).__name__}: {error}"]
    return [f"download {turn} ({kind}): {fault}" for fault in faults], now.counted


# Killed -------------------------------------------------------------------------------------


def _killed(now: Round) -> Iterator[str]:
    """Kill -9 at random bytes and at random moments; then it is left alone."""
    with LyingServer(now.world.body, [], now.world.certificate) as server:
        entry = entry_of(now.world.body, server.url())
        for _ in range(now.dice.randint(1, 3)):
            here, before = _here(now.place, entry), len(server.asked)
            rest = entry.size - here
            if rest and now.dice.random() < 0.5:
                server.manners = [Manner(stall_at=now.dice.randrange(rest))]
                _run_and_kill(now, entry, now.dice.uniform(0, 0.05), server)
            else:
                server.manners = [Manner(trickle=0.003)]
                _run_and_kill(now, entry, now.dice.uniform(0, LONGEST_SECONDS))
            yield from run_faults(now.place, entry, here, server.asked[before:], now.counted)
        here, before = _here(now.place, entry), len(server.asked)
        server.manners = []
        yield from _left_alone(now, entry)
        yield from run_faults(now.place, entry, here, server.asked[before:], now.counted)
        yield from _end_faults(now.place, entry, len(server.asked))


def _killed_over_nginx(now: Round) -> Iterator[str]:
    """The same, from a server that never lies."""
    assert now.world.nginx
    name = f"{now.place.name}.gguf"
    (now.world.nginx.files / name).hardlink_to(now.world.folder / MODEL)
    entry = entry_of(now.world.body, now.world.nginx.url(name))
    for _ in range(now.dice.randint(1, 3)):
        _run_and_kill(now, entry, now.dice.uniform(0, LONGEST_SECONDS))
        now.counted.runs += 1
        yield from _shelf_faults(now.place, entry)
    now.counted.runs += 1
    here = _here(now.place, entry)
    yield from _left_alone(now, entry)
    yield from _end_faults(now.place, entry, 0)
    if 0 < here < entry.size and f'"bytes={here}-"' not in now.world.nginx.log.read_text():
        yield f"{here} bytes were there, and were not gone on with"


def _run_and_kill(
    now: Round, entry: Entry, seconds: float, stalls: LyingServer | None = None
) -> None:
    """Start a download, wait for a moment, kill its whole process.

    Args:
        now: The round.
        entry: What to fetch.
        seconds: The moment; counted from its beginning.
        stalls: Or from when this server stops in the middle.
    """
    with _child(now, entry) as child:
        assert child.hear() == "ready", "the child did not start"
        assert child.hear() == "begun", "the child did not begin"
        if stalls and not _is_on_shelf(now.place, entry):
            stalls.stalled.acquire(timeout=SECONDS)
        child.code(seconds)  # a random moment is what this is about
        child.kill()
    here = _here(now.place, entry)
    if _is_on_shelf(now.place, entry):
        now.counted.after += 1
    elif here == entry.size:
        now.counted.whole += 1
    elif here:
        now.counted.within += 1
    else:
        now.counted.before += 1


def _left_alone(now: Round, entry: Entry) -> Iterator[str]:
    """Nobody disturbs it, so it has to come to its end."""
    with _child(now, entry) as child:
        told = [child.hear() for _ in range(3)]
        if told != ["ready", "begun", "done"]:
            yield f"left alone it ended with {told[-1]}"


def _child(now: Round, entry: Entry) -> Child:
    stored = now.place / "entry.json"
    stored.write_text(json.dumps(asdict(entry)))
    authority = now.world.certificate.authority
    return Child("tests.trials.download_child", [str(now.place), str(stored), str(authority)])


# Cut and lied to ----------------------------------------------------------------------------


def _cut(now: Round) -> Iterator[str]:
    """One to four connections that end in the middle, in every way."""
    body = now.world.body
    manners = [cutting(now.dice, len(body)) for _ in range(now.dice.randint(1, 4))]
    with LyingServer(body, manners, now.world.certificate) as server, _at_home(now) as home:
        entry = entry_of(body, server.url())
        if (told := _ended(home, entry)) != "done":
            yield f"it was cut {len(manners)} times, and ended with {told}"
        yield from run_faults(now.place, entry, 0, server.asked, now.counted)
    yield from _end_faults(now.place, entry, len(server.asked))


def _lied(now: Round) -> Iterator[str]:
    """One lie, each kind in turn; then the truth, which has to be enough."""
    name = list(LIES)[now.turn // LIES_EVERY % len(LIES)]
    lie, body = LIES[name], now.world.body
    manners = lie.manners(body, now.dice)
    with LyingServer(body, manners, now.world.certificate) as server, _at_home(now) as home:
        entry = entry_of(body, server.url())
        if (told := _ended(home, entry)) != lie.ends:
            yield f"{name}: it ended with {told}, not {lie.ends}"
        yield from _shelf_faults(now.place, entry)
        now.counted.runs += 1
        now.counted.connections += len(server.asked)
        if lie.ends != "done":
            yield from _then_the_truth(now, home, server, lie, entry)
    yield from (f"{name}: {what}" for what in _end_faults(now.place, entry, len(server.asked)))


def _then_the_truth(
    now: Round, home: Served, server: LyingServer, lie: Lie, entry: Entry
) -> Iterator[str]:
    """A lie was refused: what it left, and what an honest server makes of that."""
    now.counted.refused += 1
    here, before = _here(now.place, entry), len(server.asked)
    if _is_on_shelf(now.place, entry):
        yield "a lie was refused, and is on the shelf"
    if here and not lie.keeps:
        yield f"{here} bytes of a lie were kept"
    server.manners = []
    if (told := _ended(home, entry)) != "done":
        yield f"told the truth, it ended with {told}"
    yield from run_faults(now.place, entry, here, server.asked[before:], now.counted)


@contextmanager
def _at_home(now: Round) -> Iterator[Served]:
    """A service in this process; its net children are processes of their own all the same."""
    shelf = FetchedModels(library_of(now.place), preflight, lambda _: None)
    with served(
        now.place, DirectStarter(environment=trusting(now.world.certificate)), shelf
    ) as home:
        yield home


def _ended(home: Served, entry: Entry) -> str:
    """How a download ends."""
    try:
        home.fetch(entry)
    except HushError as error:
        return type(error).__name__
    return "done"


# What must hold -----------------------------------------------------------------------------


def run_faults(
    place: Path, entry: Entry, here: int, asked: list[Asked], counted: Counted
) -> Iterator[str]:
    """What is wrong after a run against a server that sent the right bytes.

    Args:
        place: The folder.
        entry: What was fetched.
        here: Bytes that were there before.
        asked: What the server was asked in it.
        counted: Added to.
    """
    yield from _shelf_faults(place, entry)
    counted.runs += 1
    counted.connections += len(asked)
    counted.resumed += sum(one.offset > 0 for one in asked)
    if here == entry.size and asked:
        yield "all of it was there, and it was asked for"
    if asked and asked[0].offset != here:
        yield f"{here} bytes were there, and it was asked for from {asked[0].offset} on"
    for one, following in itertools.pairwise(asked):
        if not one.offset <= following.offset <= one.offset + one.sent:
            yield f"after {one.sent} bytes from {one.offset} on, {following.offset} was asked for"
        _count_twice(counted, one.offset + one.sent - following.offset)
    if asked:
        end = entry.size if _is_on_shelf(place, entry) else _here(place, entry)
        _count_twice(counted, asked[-1].offset + asked[-1].sent - end)


def _count_twice(counted: Counted, size: int) -> None:
    counted.twice += size
    counted.most_twice = max(counted.most_twice, size)


def _shelf_faults(place: Path, entry: Entry) -> Iterator[str]:
    """The shelf holds the right file or none; the part is no longer than the file."""
    models = place / "models"
    for path in models.glob("sha256-*/*.gguf"):
        if path.parent.name != f"sha256-{entry.sha256}" or digest(path) != entry.sha256:
            yield f"a wrong file is on the shelf: {path.parent.name}"
    if (models / "active.json").exists():
        yield "something was activated"
    part = Part(place / "downloads", entry.sha256)
    if _here(place, entry) and part.record() is None:
        yield "the part has no record"


def _end_faults(place: Path, entry: Entry, connections: int) -> Iterator[str]:
    """The file is on the shelf, nothing else is left, and the ledger knows each connection."""
    if not _is_on_shelf(place, entry):
        yield "it is not on the shelf"
    if left := sorted(path.name for path in (place / "downloads").iterdir()):
        yield f"left behind: {left}"
    with Vault.open(place / "vault.db", KEY) as vault:
        ledger = NetworkLedger(vault, KEY, SystemClock())
        verdict = ledger.check().result(SECONDS)
        known = len(ledger.rows().result(SECONDS))
    if not verdict.intact or known < connections:
        yield f"the ledger has {known} of {connections} connections, intact: {verdict.intact}"


def _is_on_shelf(place: Path, entry: Entry) -> bool:
    return (place / "models" / f"sha256-{entry.sha256}" / "model.gguf").exists()


def _here(place: Path, entry: Entry) -> int:
    """Bytes of the part."""
    try:
        return Part(place / "downloads", entry.sha256).path.stat().st_size
    except FileNotFoundError:
        return 0


def _numbers(counted: list[Counted]) -> dict[str, float]:
    return {
        "runs": sum(one.runs for one in counted),
        "killed before the first byte": sum(one.before for one in counted),
        "killed with a part": sum(one.within for one in counted),
        "killed with all bytes": sum(one.whole for one in counted),
        "killed with the model put away": sum(one.after for one in counted),
        "connections": sum(one.connections for one in counted),
        "connections that went on": sum(one.resumed for one in counted),
        "refused, then fetched": sum(one.refused for one in counted),
        "sent and not kept_mb": sum(one.twice for one in counted) / 1e6,
        "most of it in one connection_mb": max(one.most_twice for one in counted) / 1e6,
    }


_ROUNDS: Final = {"kill": _killed, "nginx": _killed_over_nginx, "cut": _cut, "lie": _lied}
