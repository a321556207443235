"""An export of the embedding model that there was no room for is tried again; another is not."""

from __future__ import annotations

import pytest

from assistant.errors import (
    EncoderDamaged,
    EncoderError,
    EncoderMissing,
    EncoderNoRoom,
    EncoderRefused,
    HushError,
    StorageFull,
)
from assistant.search.records import IndexState
from tests.fakes.encoder import FakeEncoderSource
from tests.unit.indexed import Indexed

NO_ROOM = EncoderNoRoom("There is too little memory.", "Hush tries again in some minutes.")


def bench(error: HushError) -> tuple[FakeEncoderSource, Indexed]:
    """A note to be indexed, and a model that cannot be exported now."""
    source = FakeEncoderSource(prepared=False, prepare_error=error)
    hush = Indexed(source)
    hush.note("Bread.", "Bread")
    return source, hush


@pytest.mark.parametrize("error", [NO_ROOM, StorageFull("The disk is full.")])
def test_no_room_passes(error: HushError) -> None:
    """Words are found and the reason is told meanwhile; then meaning is searched, too."""
    source, hush = bench(error)
    with hush:
        hush.run()
        assert hush.indexer.status.state is IndexState.WORDS_ONLY
        assert hush.indexer.status.reason == error.sentence
        assert hush.titles("bread") == ["Bread"]
        source.prepare_error = None
        hush.elapsed = 119.0
        hush.run()
        assert hush.indexer.status.state is IndexState.WORDS_ONLY
        hush.elapsed = 120.0
        hush.run()
        assert hush.indexer.status.state is IndexState.READY
        assert hush.find("bread").by_meaning


def test_it_is_looked_ever_more_rarely() -> None:
    """After 2, 4, 8 and 16 minutes, then every half an hour."""
    source, hush = bench(NO_ROOM)
    with hush:
        hush.run()
        for pause in (120, 240, 480, 960, 1800, 1800):
            hush.elapsed += pause - 1
            before = source.prepares
            hush.run()
            assert source.prepares == before
            hush.elapsed += 1
            hush.run()
            assert source.prepares == before + 1


@pytest.mark.parametrize("kind", [EncoderDamaged, EncoderMissing, EncoderRefused])
def test_what_does_not_pass_is_not_tried_again(kind: type[EncoderError]) -> None:
    """Nobody puts another file there by waiting."""
    source, hush = bench(kind("It does not export."))
    with hush:
        hush.run()
        hush.elapsed = 10_000.0
        hush.run()
        assert source.prepares == 1


def test_an_export_that_dies_is_tried_three_times() -> None:
    """Memory may have been short; but each costs half a minute of two cores."""
    source, hush = bench(EncoderError("It stopped unexpectedly."))
    with hush:
        for _ in range(6):
            hush.run()
            hush.elapsed += 10_000.0
        assert source.prepares == 3
        assert hush.indexer.status.state is IndexState.WORDS_ONLY


def test_another_model_begins_afresh() -> None:
    """What kept the one from being exported says nothing of the other."""
    _, hush = bench(NO_ROOM)
    with hush:
        hush.run()
        hush.indexer.choose(FakeEncoderSource())
        hush.run()
        assert hush.indexer.status.state is IndexState.READY
        hush.elapsed = 10_000.0
        hush.run()
        assert hush.indexer.status.state is IndexState.READY
