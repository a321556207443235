"""The catalogue that is shown is the newest one that is to be trusted, whatever a mirror sends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import CatalogueRefused, NetworkError
from assistant.net.metered import Metered
from assistant.net.records import Answered, Data, Done, Failure, Purpose
from assistant.settings import Settings
from assistant.shelf.catalogue import Bundle, CatalogueKeeper, Updated
from models.signing import MAX_DOCUMENT_BYTES, Role
from tests.fakes.clock import FakeClock
from tests.fakes.net import FakePermit, failed, whole
from tests.unit.catalogue_signers import Publisher, as_file, entry, payload, sign

ADDRESS = "https://mirror.test/hush/models.json"
ASKING = Settings(check_catalogue=True, catalogue_address=ADDRESS)
DAY = 24 * 3600
PUBLISHER = Publisher()

Keep = Callable[..., CatalogueKeeper]


@pytest.fixture
def clock() -> FakeClock:
    """The 22nd of November 2026."""
    return FakeClock(round(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000))


@pytest.fixture
def keep(tmp_path: Path, clock: FakeClock) -> Keep:
    """Makes a keeper over one folder, as each start of the app does."""

    def start(
        settings: Settings = ASKING,
        version: int = 1,
        app: str = "1.0",
        metered: Metered = Metered.NO,
        publisher: Publisher = PUBLISHER,
    ) -> CatalogueKeeper:
        bundle = Bundle(as_file(publisher.root_envelope()), as_file(publisher.catalogue(version)))
        return CatalogueKeeper(
            tmp_path / "catalogue", lambda: settings, lambda: bundle, clock, lambda: metered, app
        )

    return start


def look(keeper: CatalogueKeeper, data: bytes) -> Updated:
    """Have it fetch what a mirror sends."""
    request = keeper.request()
    assert request is not None
    return keeper.update(FakePermit([whole(data)], request), request, Cancel())


def refusal(keeper: CatalogueKeeper, data: bytes) -> str:
    """What the person reads where it is refused; nothing has changed then."""
    before = keeper.current()
    with pytest.raises(CatalogueRefused) as error:
        look(keeper, data)
    assert keeper.current() == before
    return error.value.sentence


def test_the_bundled_one_serves_from_the_start() -> None:
    """With no network, no address and no folder."""
    keeper = CatalogueKeeper(Path("/nowhere/at/all"), Settings)
    assert len(keeper.current().entries) >= 10
    assert keeper.request() is None


def test_a_newer_one_takes_its_place_and_stays(keep: Keep) -> None:
    """Also after a restart."""
    keeper = keep()
    told = look(keeper, PUBLISHER.offer(PUBLISHER.catalogue(2, made="2026-11-20")))
    assert told == Updated(True, 2, "The list of models is now that of 2026-11-20.")
    assert keeper.current().version == 2
    assert keep().current().version == 2


def test_the_same_one_changes_nothing(keep: Keep) -> None:
    """And says so."""
    assert not look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(1))).changed


def test_what_is_asked_is_one_small_file(keep: Keep) -> None:
    """Of the address in the settings and of nobody else."""
    request = keep().request()
    assert request is not None
    assert (request.url, request.purpose, request.hosts) == (ADDRESS, Purpose.CATALOGUE, ())
    assert request.max_bytes == MAX_DOCUMENT_BYTES
    assert request.is_sound


class TestRefused:
    """The one before stays, and the person reads why."""

    def test_signed_by_one_key_of_two(self, keep: Keep) -> None:
        """A stolen key publishes nothing."""
        alone = sign(payload(2), Role.CATALOGUE, PUBLISHER.catalogue_keys[:1])
        assert "not signed by enough" in refusal(keep(), PUBLISHER.offer(alone))

    def test_older_and_replayed(self, keep: Keep) -> None:
        """Also after a restart, and where the newer file was thrown away."""
        keeper = keep()
        look(keeper, PUBLISHER.offer(PUBLISHER.catalogue(5)))
        old = PUBLISHER.offer(PUBLISHER.catalogue(4))
        again = PUBLISHER.offer(PUBLISHER.catalogue(5, made="2026-11-02"))
        for reader in (keeper, keep()):
            assert "older than the one you have" in refusal(reader, old)
            assert "the number of another one" in refusal(reader, again)

    def test_older_than_one_whose_file_is_gone(self, keep: Keep, tmp_path: Path) -> None:
        """What was seen is remembered; and the same one is taken again."""
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(5)))
        (tmp_path / "catalogue" / "catalogue.json").unlink()
        keeper = keep()
        assert keeper.current().version == 1
        assert "older" in refusal(keeper, PUBLISHER.offer(PUBLISHER.catalogue(3)))
        assert look(keeper, PUBLISHER.offer(PUBLISHER.catalogue(5))).changed
        assert keeper.current().version == 5

    def test_a_root_that_was_skipped(self, keep: Keep) -> None:
        """Nobody vouches for the third without the second."""
        second = PUBLISHER.successor()
        third = second.successor()
        roots = [third.root_envelope(*second.root_keys[:2], *PUBLISHER.root_keys[:2])]
        assert "Nobody vouches" in refusal(keep(), third.offer(third.catalogue(2), *roots))

    def test_for_a_newer_hush(self, keep: Keep) -> None:
        """With what to do."""
        offer = PUBLISHER.offer(PUBLISHER.catalogue(2, minimum_app="1.1"))
        assert refusal(keep(), offer).endswith("Update Hush to use it.")

    @pytest.mark.parametrize("data", [b"", b"<html>Sign in</html>", b"{}", b"[]", b"null"])
    def test_something_else_altogether(self, keep: Keep, data: bytes) -> None:
        """A hotel's page for signing in, for one."""
        assert "is no list of models" in refusal(keep(), data)

    def test_a_duplicate_and_a_plain_address(self, keep: Keep) -> None:
        """However well signed."""
        for entries in ([entry(), entry()], [entry(url="http://models.test/m.gguf")]):
            offer = PUBLISHER.offer(PUBLISHER.catalogue(2, entries=entries))
            assert "makes no sense" in refusal(keep(), offer)

    def test_a_huge_one_is_stopped(self, keep: Keep) -> None:
        """At a megabyte, whatever the net child lets through."""
        keeper = keep()
        request = keeper.request()
        assert request is not None
        pieces = [Data(bytes(256 * 1024))] * 50
        permit = FakePermit([[Answered(200, {}, ADDRESS), *pieces, Done(1, 1)]], request)
        with pytest.raises(CatalogueRefused, match="far too large"):
            keeper.update(permit, request, Cancel())
        assert keeper.current().version == 1

    def test_a_part_instead_of_the_whole(self, keep: Keep) -> None:
        """206 was not asked for."""
        keeper = keep()
        request = keeper.request()
        assert request is not None
        permit = FakePermit([[Answered(206, {}, ADDRESS), Done(1, 1)]], request)
        with pytest.raises(CatalogueRefused):
            keeper.update(permit, request, Cancel())

    def test_a_transfer_that_failed(self, keep: Keep) -> None:
        """The network's own words reach the person."""
        keeper = keep()
        request = keeper.request()
        assert request is not None
        with pytest.raises(NetworkError):
            keeper.update(FakePermit([[failed(Failure.CUT)]], request), request, Cancel())
        assert keeper.current().version == 1


class TestStored:
    """What lies on the disk is believed no more than what comes over the network."""

    def test_a_damaged_file(self, keep: Keep, tmp_path: Path) -> None:
        """The bundled one serves."""
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(2)))
        stored = tmp_path / "catalogue" / "catalogue.json"
        for content in (b"", stored.read_bytes()[:-20], b"[" * 50_000):
            stored.write_bytes(content)
            assert keep().current().version == 1

    def test_one_that_somebody_else_signed(self, keep: Keep, tmp_path: Path) -> None:
        """Whoever can write to the profile signs nothing by that."""
        stranger = Publisher()
        folder = tmp_path / "catalogue"
        folder.mkdir()
        (folder / "catalogue.json").write_bytes(stranger.offer(stranger.catalogue(9)))
        assert keep().current().version == 1

    @pytest.mark.parametrize("state", [b"", b"[]", b'{"format": 9}', b'{"format": 1}', b"\xff"])
    def test_a_damaged_state(self, keep: Keep, tmp_path: Path, state: bytes) -> None:
        """Is as none: what the stored catalogue says of itself still counts."""
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(5)))
        (tmp_path / "catalogue" / "state.json").write_bytes(state)
        keeper = keep()
        assert keeper.current().version == 5
        assert "older" in refusal(keeper, PUBLISHER.offer(PUBLISHER.catalogue(4)))

    def test_a_newer_app_brings_a_newer_one(self, keep: Keep) -> None:
        """Then the stored one is out of date."""
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(2)))
        keeper = keep(version=3)
        assert keeper.current().version == 3
        assert "older" in refusal(keeper, PUBLISHER.offer(PUBLISHER.catalogue(2)))

    def test_changed_keys_hold_after_a_restart(self, keep: Keep) -> None:
        """The roots on the way are kept, and followed again from the app's own."""
        second = PUBLISHER.successor(new_catalogue_keys=True)
        third = second.successor()
        to_second = second.root_envelope(*PUBLISHER.root_keys[:2])
        to_third = third.root_envelope(*second.root_keys[:2])
        keeper = keep()
        look(keeper, second.offer(second.catalogue(2), to_second))
        assert keep().current().version == 2
        # A mirror that sends only what is new serves those who are up to date.
        look(keep(), third.offer(third.catalogue(3), to_third))
        assert keep().current().version == 3
        old_keys = PUBLISHER.offer(PUBLISHER.catalogue(4))
        assert "not signed by enough" in refusal(keep(), old_keys)

    def test_an_older_one_that_is_put_back(self, keep: Keep, tmp_path: Path) -> None:
        """Signed as it is, it was replaced: the state beside it says so."""
        stored = tmp_path / "catalogue" / "catalogue.json"
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(3)))
        older = stored.read_bytes()
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(5)))
        stored.write_bytes(older)
        keeper = keep()
        assert keeper.current().version == 1
        assert "older" in refusal(keeper, PUBLISHER.offer(PUBLISHER.catalogue(4)))
        assert look(keeper, PUBLISHER.offer(PUBLISHER.catalogue(5))).changed

    def test_new_keys_that_come_with_the_app(self, keep: Keep) -> None:
        """What the old ones signed shuts nothing out, however high its number."""
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(900)))
        second = PUBLISHER.successor(new_catalogue_keys=True)
        keeper = keep(version=3, publisher=second)
        assert keeper.current().version == 3
        assert look(keeper, second.offer(second.catalogue(4))).changed
        assert keep(version=3, publisher=second).current().version == 4
        assert "older" in refusal(keeper, second.offer(second.catalogue(3)))

    def test_the_same_keys_that_come_with_the_app(self, keep: Keep, tmp_path: Path) -> None:
        """A new root that leaves the catalogue's keys as they were forgets nothing."""
        look(keep(), PUBLISHER.offer(PUBLISHER.catalogue(5)))
        (tmp_path / "catalogue" / "catalogue.json").unlink()
        second = PUBLISHER.successor()
        keeper = keep(publisher=second)
        assert "older" in refusal(keeper, second.offer(second.catalogue(4)))

    def test_what_new_keys_signed_is_remembered_without_its_file(
        self, keep: Keep, tmp_path: Path
    ) -> None:
        """Also where the roots on the way have to be fetched once more."""
        second = PUBLISHER.successor(new_catalogue_keys=True)
        to_second = second.root_envelope(*PUBLISHER.root_keys[:2])
        look(keep(), second.offer(second.catalogue(5), to_second))
        (tmp_path / "catalogue" / "catalogue.json").unlink()
        keeper = keep()
        assert keeper.current().version == 1
        assert "older" in refusal(keeper, second.offer(second.catalogue(4), to_second))
        assert look(keeper, second.offer(second.catalogue(5), to_second)).changed


class TestWhen:
    """It looks by itself at most daily, only where that was allowed and is free."""

    def test_once_a_day(self, keep: Keep, clock: FakeClock) -> None:
        """Also where the last look failed."""
        keeper = keep()
        assert keeper.due(clock.now())
        request = keeper.request()
        assert request is not None
        with pytest.raises(NetworkError):
            keeper.update(FakePermit([[failed(Failure.CUT)]], request), request, Cancel())
        assert not keep().due(clock.now())
        clock.advance(DAY - 1)
        assert not keeper.due(clock.now())
        clock.advance(1)
        assert keeper.due(clock.now())

    def test_a_clock_that_was_set_back_does_not_stop_it(self, keep: Keep, clock: FakeClock) -> None:
        """A look in the future was none."""
        keeper = keep()
        look(keeper, PUBLISHER.offer(PUBLISHER.catalogue(1)))
        assert keeper.due(clock.now() - 30 * DAY * 1000)

    @pytest.mark.parametrize(
        "settings",
        [
            Settings(catalogue_address=ADDRESS),
            Settings(check_catalogue=True),
            Settings(check_catalogue=True, catalogue_address="  "),
            Settings(check_catalogue=True, catalogue_address=ADDRESS, local_only=True),
        ],
    )
    def test_not_unless_allowed(self, keep: Keep, clock: FakeClock, settings: Settings) -> None:
        """Nothing leaves that nobody wanted."""
        assert not keep(settings).due(clock.now())

    @pytest.mark.parametrize("metered", [Metered.YES, Metered.UNKNOWN])
    def test_not_where_it_may_cost(self, keep: Keep, clock: FakeClock, metered: Metered) -> None:
        """Not even where nobody knows."""
        assert not keep(metered=metered).due(clock.now())


def test_an_expired_one_warns_and_serves(keep: Keep, clock: FakeClock) -> None:
    """Offline use is never blocked."""
    keeper = keep()
    assert keeper.words() == ""
    look(keeper, PUBLISHER.offer(PUBLISHER.catalogue(2, expires="2026-11-22")))
    assert keeper.words() == ""
    clock.advance(DAY)
    assert "should have been renewed by 2026-11-22" in keeper.words()
    assert keeper.current().entries


def test_a_model_for_a_newer_hush_is_shown_and_not_usable(keep: Keep) -> None:
    """So that the person knows that it is there."""
    entries = [entry(minimum_app="1.5"), entry(id="b", sha256="cd" * 32, minimum_app="1.0")]
    keeper = keep()
    look(keeper, PUBLISHER.offer(PUBLISHER.catalogue(2, entries=entries)))
    assert [one.usable for one in keeper.current().entries] == [False, True]
