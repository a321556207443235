"""Tags through the services, over a real vault: one note, one decision, and 1,871 notes at once."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.clock import SystemClock
from assistant.power.plan import Plan
from assistant.search.indexer import Indexer
from assistant.search.service import SearchService
from assistant.store import migrations, tag_manager_rows, tag_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.tags.names import TagName
from assistant.tags.session import Tags, open_tags
from assistant.vaults import Vaults
from benchmarks.cache import cache_folder
from benchmarks.report import Row, percentile
from benchmarks.search_data import KEY, Text
from benchmarks.search_library import chosen_encoder, opened
from benchmarks.tags_data import vault as tagged_notes

T = TypeVar("T")
Places = NDArray[np.int64]

BULK_SECONDS: Final = 30.0
SUGGEST_MS: Final = 50.0
DECIDE_MS: Final = 20.0
STORE_MS: Final = 10.0

_DEADLINE: Final = 1800.0
_ASKED: Final = 200  # notes that are opened
_KNOWN: Final = 0.8
_SEED: Final = 0


class WatchedVault(Vault):
    """A vault that notes how long each piece of work kept the store from everybody else."""

    held: list[float]

    def read(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """See ``Vault``."""
        return super().read(self._watched(work), patient=patient)

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """See ``Vault``."""
        return super().write(self._watched(work), patient=patient)

    def _watched(self, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
        def watched(connection: Connection) -> T:
            began = time.thread_time()
            try:
                return work(connection)
            finally:
                self.held.append((time.thread_time() - began) * 1000)

        return watched


@dataclass(frozen=True, slots=True)
class Bench:
    """A vault with indexed notes, of which some have their tag."""

    vault: WatchedVault
    tags: Tags
    ids: list[int]
    right: dict[int, str]
    unknown: list[int]


def bulk_rows() -> list[Row]:
    """All of it, with four fifths of the notes tagged; and a run with five a tag."""
    rows: list[Row] = []
    with _opened(_four_fifths) as bench:
        rows += _one_note(bench)
        rows += [_run(bench, "1,871 notes tagged in bulk, 80 % known")]
        rows += [_store(bench)]
    with _opened(_five_each) as bench:
        rows += [_run(bench, "1,871 notes tagged in bulk, the first time, 5 notes a tag known")]
    return rows


def _one_note(bench: Bench) -> list[Row]:
    """Open a note, see what is suggested, accept or reject the first, as a person does."""
    suggest = bench.tags.suggest
    began = time.perf_counter()
    suggest.suggestions(bench.ids[0]).result(_DEADLINE)
    built = time.perf_counter() - began
    shown: list[float] = []
    kept: list[float] = []
    learned: list[float] = []
    for note_id in bench.unknown[:_ASKED]:
        began = time.perf_counter()
        found = suggest.suggestions(note_id).result(_DEADLINE)
        shown.append((time.perf_counter() - began) * 1000)
        if not found.known:
            continue
        tag = found.known[0].tag
        began = time.perf_counter()
        suggest.decide(note_id, tag, accepted=tag == bench.right[note_id]).result(_DEADLINE)
        kept.append((time.perf_counter() - began) * 1000)
        bench.tags.model.ask(lambda _: None).result(_DEADLINE)  # behind what is learned of it
        learned.append((time.perf_counter() - began) * 1000)
    how = f"{len(shown)} notes; the model's first use took {built:.1f} s, on its own thread"
    return [
        Row("suggestions for an open note, p95", percentile(shown, 0.95), "ms", how, SUGGEST_MS),
        Row("a decision kept, p95", percentile(kept, 0.95), "ms", "in the vault", DECIDE_MS),
        Row(
            "a decision kept and learned, p95",
            percentile(learned, 0.95),
            "ms",
            f"p50 {percentile(learned, 0.5):.1f} ms",
            DECIDE_MS,
        ),
    ]


def _run(bench: Bench, name: str) -> Row:
    began = time.perf_counter()
    report = bench.tags.bulk.start().done.result(_DEADLINE)
    seconds = time.perf_counter() - began
    waiting = bench.tags.bulk.waiting().result(_DEADLINE)
    right = sum(bench.right[one.note_id] == one.tag for one in waiting)
    sure = [bench.right[one.note_id] == one.tag for one in waiting if one.probability >= 0.95]
    share = sum(sure) / max(1, len(sure))
    how = (
        f"{report.notes:,} notes, {report.suggested:,} suggestions of which {right:,} are right; "
        f"{len(sure):,} ticked, {share:.1%} of them right; {report.silent:,} silent"
    )
    return Row(name, seconds, "s", how, BULK_SECONDS)


def _store(bench: Bench) -> Row:
    held = sorted(bench.vault.held)
    how = f"{len(held):,} pieces of work, p99 {percentile(held, 0.99):.1f} ms, CPU time"
    return Row("the store kept from others at a time, at most", held[-1], "ms", how, STORE_MS)


@contextmanager
def _opened(known: Callable[[Places], Places]) -> Iterator[Bench]:
    """A copy of the indexed vault with these notes tagged."""
    data = tagged_notes()
    which = known(data.right)
    names = [tag.name for tag in data.tags]
    right = {note.id: names[data.right[place]] for place, note in enumerate(data.notes)}
    ids = [note.id for note in data.notes]
    tagged = {ids[place] for place in which}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vault.db"
        shutil.copyfile(_indexed([Text(n.id, n.title, n.text) for n in data.notes]), path)
        WatchedVault.held = []
        vault = WatchedVault.open(path, KEY)
        vault.write(lambda c: _tag(c, data.tags, {one: right[one] for one in tagged})).result()
        vaults = Vaults(vault)
        indexer = Indexer(vaults, chosen_encoder(), Plan, lambda _: None)
        search = SearchService(vaults, indexer)
        indexer.start()
        assert indexer.settled(_DEADLINE)
        vault.held.clear()
        tags = open_tags(vaults, SystemClock(), lambda _: None, search, Plan)
        try:
            unknown = [one for one in ids if one not in tagged]
            yield Bench(vault, tags, ids, right, unknown)
        finally:
            tags.close()
            search.close()
            indexer.stop()
            vaults.close()


def _tag(connection: Connection, tags: Sequence[TagName], given: dict[int, str]) -> None:
    for tag in tags:
        tag_manager_rows.create(connection, tag.name, tag.description)
    for note_id, name in given.items():
        tag_rows.give(connection, note_id, name)


def _four_fifths(right: Places) -> Places:
    """Four of five notes, by chance."""
    order = np.random.default_rng(_SEED).permutation(len(right))
    return order[: int(_KNOWN * len(order))]


def _five_each(right: Places) -> Places:
    """Five notes of each tag, by chance."""
    chosen = np.random.default_rng(_SEED)
    each = [chosen.permutation(np.flatnonzero(right == tag))[:5] for tag in range(right.max() + 1)]
    return np.concatenate(each)


def _indexed(texts: Sequence[Text]) -> Path:
    """A vault with these notes, split and encoded; made once, in some minutes, and kept."""
    encoder = chosen_encoder().tokenizer()
    told = repr([(one.id, one.title, one.text) for one in texts])
    made_of = f"{encoder.key}/{migrations.LATEST}/{told}".encode()
    path = cache_folder() / "tags" / f"{blake2b(made_of, digest_size=8).hexdigest()}.db"
    if not path.exists():
        print(f"Indexing {len(texts):,} notes, once: {path}", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with Vault.open(fresh, KEY) as vault:
            vault.write(lambda c: _put(c, texts)).result()
        with opened(fresh) as library:
            assert library.indexer.settled(_DEADLINE)
        fresh.rename(path)
    return path


def _put(connection: Connection, texts: Sequence[Text]) -> None:
    connection.executemany(
        "INSERT INTO note (id, title, title_by, text, revision, created_at, updated_at)"
        " VALUES (?, ?, 'person', ?, 1, 1, 1)",
        [(one.id, one.title, one.text) for one in texts],
    )
