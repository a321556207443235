"""Edits that race a press: what the person saw is what the server gets, to the byte, or nothing is.

Each race is the real way: a preview of a stored question, the gate with its ledger, a net child
for each request, openai's client in it, TLS through a tunnel. Three threads edit, leave out, put
back, swap and choose while a fourth looks at a version, settles it, approves and sends. After it
a fifth presses once more. A settling that was refused is looked at again, as a person would.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from assistant.clock import SystemClock
from assistant.cloud.drafting import Drafting
from assistant.cloud.evidence import Evidence
from assistant.cloud.hidden import HiddenWords
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor
from assistant.cloud.providers import ProviderShelf
from assistant.cloud.records import Composed, Provider
from assistant.cloud.service import CloudService, Rooms
from assistant.cloud.waiting import WaitingList
from assistant.cloud.watching import Watching
from assistant.errors import ApprovalRefused, HushError, InputRefused
from assistant.events import Event, ReplyEnded
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.records import Exchange
from assistant.runs import Runs
from assistant.scrubber import Scrubber
from assistant.settings import Settings
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.certificates import Authority, Certificate
from tests.cloud_server import HOSTED, CloudServer, hosted
from tests.fakes.key_safe import FakeKeySafe
from tests.fakes.net import FakeMetered
from tests.fakes.online import FakeOnline
from tests.trials.outcome import Outcome

WORKERS: Final = 2  # races at once: most of one is waiting for a child
EDITORS: Final = 3
MOST_EDITS: Final = 8  # of one editor in one race
MOST_LOOKS: Final = 200  # before the person gives up

# Seconds, so that some edits fall before a look, some between look and press, some after it.
LONGEST_LOOK: Final = 0.04
LONGEST_PRESS: Final = 0.01
LONGEST_EDIT: Final = 0.01

KEY: Final = "sk-races-1"
SECONDS: Final = 60.0  # that anything may take

_WORDS: Final = ("anna@example.org", "bob@example.org", "+44 20 7946 0958", "harbour", "é", "\n")


@dataclass(slots=True)
class World:
    """A house and its server, for one worker."""

    server: CloudServer
    cloud: CloudService
    gate: GateKeeper
    ledger: NetworkLedger
    runs: Runs
    vaults: Vaults
    providers: tuple[Provider, ...]
    events: SimpleQueue[Event]
    faults: list[str] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Do the races, two at a time.

    Args:
        count: How many.
        seed: What the threads do.
        folder: Empty.
    """
    certificate = Authority(folder).sign(host=HOSTED)
    shares = [range(worker, count, WORKERS) for worker in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        worlds = list(
            pool.map(
                lambda worker: _worker(folder / f"{worker}.db", certificate, seed, shares[worker]),
                range(WORKERS),
            )
        )
    faults = tuple(fault for world in worlds for fault in world.faults)
    numbers: Counter[str] = Counter()
    for world in worlds:
        numbers += world.numbers
    return Outcome(count, seed, faults, dict(sorted(numbers.items())))


def _worker(path: Path, certificate: Certificate, seed: int, races: range) -> World:
    with world_at(path, certificate) as world:
        for number in races:
            _race(world, number, random.Random(f"{seed}/{number}"))  # noqa: S311 - seeded
        if not world.ledger.check().result(SECONDS).intact:
            world.faults.append("the ledger is not intact")
        return world


@contextmanager
def world_at(path: Path, certificate: Certificate) -> Iterator[World]:
    """A house over a vault of its own, with two hosted providers that one server plays."""
    clock, keys, settings = SystemClock(), FakeKeySafe(), Settings(cloud=True)
    events: SimpleQueue[Event] = SimpleQueue()
    vaults = Vaults(Vault.open(path, bytes(32)))
    kept = vaults.kept
    shelf = ProviderShelf(kept, keys, clock)
    waiting = WaitingList(kept, clock)
    watching = Watching(FakeOnline(), waiting, events.put, clock, lambda: False)
    with hosted(certificate) as (server, starter):
        ledger = NetworkLedger(kept, bytes(range(32)), clock)
        gate = GateKeeper(
            starter, ledger, FakeMetered(), lambda: settings, clock, trusted=shelf.trusts
        )
        for name, address in (
            ("First", server.hosted),
            ("Second", server.hosted.replace("/v1", "/v2")),
        ):
            new = Provider("", name, address, f"model-{name}", own_network=False)
            shelf.save(new, KEY).result(SECONDS)
        rooms = Rooms(
            shelf,
            keys,
            waiting,
            watching,
            Evidence(vaults, Scrubber(kept, clock)),
            HiddenWords(kept),
            Drafting(vaults, lambda: settings, None),
        )
        runs = Runs()
        cloud = CloudService(vaults, gate, runs, rooms, lambda: settings, events.put, clock)
        try:
            yield World(server, cloud, gate, ledger, runs, vaults, shelf.known, events)
        finally:
            watching.close()
            gate.close()
            vaults.close()


def _race(world: World, number: int, dice: random.Random) -> None:
    ask = AskFor(question_id=_question(world, number, dice))
    preview = world.cloud.preview(ask, lambda: None).result(SECONDS)
    start, over = threading.Barrier(EDITORS + 1), threading.Event()
    editors = [
        threading.Thread(target=_edit, args=(world, preview, seed, start, over))
        for seed in (dice.random() for _ in range(EDITORS))
    ]
    for editor in editors:
        editor.start()
    start.wait(SECONDS)
    seen, settled = _press(world, preview, dice)
    if seen and settled:
        _sent(world, number, preview, seen, settled)
    over.set()
    for editor in editors:
        editor.join(SECONDS)
    if settled and preview.composed is not settled:
        world.faults.append(f"race {number}: it changed after it was settled")
    world.cloud.leave(preview)


def _question(world: World, number: int, dice: random.Random) -> int:
    """A chat with something before its question, and personal data in all of it."""

    def work(connection: Connection) -> int:
        texts = [f"race {number} {' '.join(dice.choices(_WORDS, k=6))}" for _ in range(3)]
        chat = conversation_rows.create(connection, "", number).id
        first = message_rows.add_question(connection, chat, None, texts[0], number)
        answer = message_rows.add_answer(connection, chat, first.id, number)
        message_rows.append_chunk(connection, answer.id, 0, texts[1])
        asked = message_rows.add_question(connection, chat, answer.id, texts[2], number)
        conversation_rows.set_head(connection, chat, asked.id)
        return asked.id

    return world.vaults.kept.write(work).result(SECONDS)


def _edit(
    world: World, preview: Preview, seed: float, start: threading.Barrier, over: threading.Event
) -> None:
    """Change what may be changed, until it is settled."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    parts = [part.id for part in preview.draft.parts]
    start.wait(SECONDS)
    for _ in range(dice.randint(1, MOST_EDITS)):
        try:
            match dice.randrange(6):
                case 0 | 1:
                    preview.edit(dice.choice(parts), " ".join(dice.choices(_WORDS, k=3)) + "?")
                case 2:
                    preview.take_out(dice.choice(parts[:-1]))
                case 3:
                    preview.put_back(dice.choice(parts[:-1]))
                case 4:
                    preview.redact(on=dice.random() < 0.5)
                case _:
                    preview.choose(dice.choice(world.providers))
        except InputRefused:
            world.numbers["edits that came too late"] += 1
            return
        world.numbers["edits"] += 1
        over.wait(dice.random() * LONGEST_EDIT)


def _press(
    world: World, preview: Preview, dice: random.Random
) -> tuple[Composed | None, Composed | None]:
    """Look, and press a moment later: what was seen, and what was settled."""
    moment = threading.Event()
    moment.wait(dice.random() * LONGEST_LOOK)
    for _ in range(MOST_LOOKS):
        seen = preview.composed
        moment.wait(dice.random() * LONGEST_PRESS)
        if seen is None:
            continue  # it was being composed: the button is off
        try:
            return seen, preview.settle(seen.version)
        except ApprovalRefused:
            world.numbers["presses that came too late"] += 1
    world.numbers["races in which nothing was sent"] += 1
    return None, None


def _sent(world: World, number: int, preview: Preview, seen: Composed, settled: Composed) -> None:
    """Approve and send what was settled, and see what became of it."""
    before = len(world.server.asked)
    # As they were when they were seen: nothing that happens now can change these.
    body, url, version = bytes(seen.request.body), seen.request.url, seen.version
    try:
        preview.settle(version)
        world.faults.append(f"race {number}: it was settled twice")
    except ApprovalRefused:
        pass
    approval = world.gate.approve(settled.request)
    sending = world.cloud.send(settled, approval)
    try:
        exchange = sending.saved.result(SECONDS)
        ended = ended_of(world, sending.id)
    except HushError as error:
        world.faults.append(f"race {number}: it was not sent ({error.code})")
        return
    if ended.error:
        world.faults.append(f"race {number}: it failed ({ended.error.code})")
    came = world.server.asked[before:]
    if len(came) != 1:
        world.faults.append(f"race {number}: {len(came)} requests came")
        return
    world.numbers["sent"] += 1
    wrong = {
        "version": settled.version != version,
        "body": came[0].body != body,
        "address": came[0].url != url,
        "key": came[0].headers.get("authorization") != f"Bearer {KEY}",
        "payload at the server": world.server.payloads()[before] != approval.payload_sha256,
        "payload that was seen": replace(seen.request, body=body).payload_sha256
        != approval.payload_sha256,
        **_kept(world, exchange, body, approval.payload_sha256, approval.id),
    }
    if found := [what for what, is_wrong in wrong.items() if is_wrong]:
        world.numbers["mismatches"] += 1
        world.faults.append(f"race {number}: not what was seen: {', '.join(found)}")


def _kept(
    world: World, exchange: Exchange, body: bytes, payload: str, approval_id: str
) -> dict[str, bool]:
    """What is wrong with what is kept of it: in the ledger, and beside the answer."""
    row = world.ledger.rows(1).result(SECONDS)[0]
    sent = world.cloud.sent(exchange.answer.id).result(SECONDS)
    return {
        "ledger": (row.payload_sha256, row.approval_id, row.result) != (payload, approval_id, "ok"),
        "evidence": (sent.body, sent.payload_sha256, sent.approval_id)
        != (body, payload, approval_id),
    }


def ended_of(world: World, run_id: int) -> ReplyEnded:
    """Wait for a run's end."""
    while True:
        event = world.events.get(timeout=SECONDS)
        if isinstance(event, ReplyEnded) and event.run_id == run_id:
            return event
