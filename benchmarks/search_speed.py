"""How fast search is, what it takes in memory and how long it takes to open, in large libraries."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from assistant.search.lanes import Lane
from assistant.search.records import Filters, Kind, SearchResult
from benchmarks.report import Row, percentile
from benchmarks.search_data import library, queries
from benchmarks.search_library import Library, chosen_encoder, opened
from ui.process import put_window_first

BARS: Final = {100_000: (12.0, 45.0), 500_000: (30.0, 60.0)}
"""For each size: milliseconds that 19 of 20 queries may take, and MB in memory."""

MOST_OPENING_MS: Final = 500.0

_MOST_SECONDS: Final = 60.0
_WARM: Final = 30  # queries that are not counted
_MB: Final = 1e6
_TOP: Final = 20
_SEEN: Final = 10  # hits that a window shows at once


def speed_rows(sizes: Sequence[int], count: int) -> list[Row]:
    """For each size: query, memory, opening, and how many of the nearest are found.

    Threads take turns as they do in the window's process.
    """
    put_window_first()
    source = chosen_encoder()
    encoder = source.open()
    rows: list[Row] = []
    for size in sizes:
        path = library(size, encoder)
        with opened(path, source):
            pass  # the disk's cache is as warm as on any later start
        began = time.perf_counter()
        with opened(path, source) as found:
            seconds = time.perf_counter() - began
            assert found.indexer.settled(_MOST_SECONDS)
            rows += _rows(size, found, seconds, count)
    encoder.close()
    return rows


def _rows(size: int, found: Library, seconds: float, count: int) -> list[Row]:
    lane, words = found.indexer.serving, found.indexer.vocabulary
    assert lane is not None
    assert words is not None
    assert lane.vectors is not None
    most_ms, most_mb = BARS.get(size, (None, None))
    asked = queries(count + _WARM)
    spent = _timed(asked, lambda query: _seen(found.search.search(query).result()))
    tagged = Filters(kind=Kind.NOTE)
    narrow = _timed(asked, lambda query: _seen(found.search.search(query, tagged).result()))
    memory = (lane.nbytes + words.nbytes) / _MB
    name = f"{size:,} passages"
    how = f"{count} queries of 2-6 words, hybrid, embedded, ten snippets looked at; median"
    return [
        Row(
            f"{name}: query, p95",
            percentile(spent, 0.95),
            "ms",
            f"{how} {statistics.median(spent):.1f}",
            most_ms,
        ),
        Row(f"{name}: query in notes only, p95", percentile(narrow, 0.95), "ms", how),
        Row(
            f"{name}: index in memory",
            memory,
            "MB",
            f"vectors {lane.vectors.nbytes / _MB:.1f}, lengths {lane.lengths.nbytes / _MB:.1f}, "
            f"{len(words):,} words {words.nbytes / _MB:.1f}",
            most_mb,
        ),
        Row(
            f"{name}: opening",
            1000 * seconds,
            "ms",
            "vault, words, lengths, vectors; on the indexer's thread",
            MOST_OPENING_MS if size in BARS and size == min(BARS) else None,
        ),
        *_peer_rows(name, lane, found, asked),
    ]


def _seen(found: SearchResult) -> list[str]:
    return [hit.snippet.text for hit in found.hits[:_SEEN]]


def _timed(asked: Sequence[str], run: Callable[[str], object]) -> list[float]:
    for query in asked[:_WARM]:
        run(query)
    spent = []
    for query in asked[_WARM:]:
        began = time.perf_counter()
        run(query)
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def _peer_rows(name: str, lane: Lane, found: Library, asked: Sequence[str]) -> list[Row]:
    """The nearest vectors alone: ours beside exact search in 32-bit floats over the same."""
    assert lane.vectors is not None
    assert lane.encoder is not None
    encoder = lane.encoder.get()
    assert encoder is not None
    rows = found.vaults.kept.read(
        lambda c: c.execute(
            "SELECT p.id, v.code FROM passage p JOIN vector v ON v.id = p.vector_id"
        ).fetchall()
    ).result()
    ids = np.array([row[0] for row in rows])
    exact = np.frombuffer(b"".join(row[1] for row in rows), np.int8).astype(np.float32)
    exact = exact.reshape(len(rows), -1)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    del rows
    ours, theirs, shared = [], [], []
    for query in asked[: 100 + _WARM]:
        vector = encoder.encode([query], query=True)[0]
        began = time.perf_counter()
        near = lane.vectors.search(vector, _TOP)
        between = time.perf_counter()
        scores = exact @ vector
        best = ids[np.argpartition(-scores, _TOP)[:_TOP]]
        ended = time.perf_counter()
        ours.append(1000 * (between - began))
        theirs.append(1000 * (ended - between))
        shared.append(len(set(near.ids.tolist()) & set(best.tolist())) / _TOP)
    how = f"exact float32 {statistics.median(theirs):.1f} ms, {exact.nbytes / _MB:.0f} MB"
    return [
        Row(f"{name}: {_TOP} nearest vectors, median", statistics.median(ours), "ms", how),
        Row(f"{name}: of the exact {_TOP} nearest", statistics.mean(shared), "", "found"),
    ]
