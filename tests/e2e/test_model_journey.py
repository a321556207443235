"""From the model that comes with Hush to another one: recommended, approved, fetched, in use."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.access.entrance import Entrance
from assistant.app import App, FirstKeys, Parts, Session
from assistant.cancel import Cancel
from assistant.errors import NetworkRefused
from assistant.events import EngineChanged, EngineCondition, Event, ReplyEnded
from assistant.net.records import Purpose
from assistant.net.starting import DirectStarter
from assistant.outside import Outside, as_it_is
from assistant.paths import Profile
from assistant.settings import Settings
from assistant.shelf.catalogue import Bundle
from assistant.shelf.protocols import unheard
from assistant.shelf.service import ModelService
from tests.certificates import Authority
from tests.fakes.door import CHEAP, PASSPHRASE
from tests.gguf_files import Plan, write_model
from tests.nginx import nginx
from tests.served import trusting
from tests.trials.outcome import Unable
from tests.unit.catalogue_signers import Publisher, as_file, entry

SECONDS = 60.0
NAME = "Better 1M"


@dataclass
class Journey:
    """An app over one profile, and a server that has one model."""

    profile: Profile
    parts: Parts
    size: int
    events: queue.SimpleQueue[Event]

    @contextmanager
    def open(self, settings: Settings | None = None) -> Iterator[tuple[Session, ModelService]]:
        """Start, and open the vault."""
        with App(self.profile, self.events.put, self.parts) as app:
            if settings:
                app.save_settings(settings).result(SECONDS)
            session = app.open_vault(secret=PASSPHRASE).result(SECONDS)
            assert session.models
            yield session, session.models

    def until(self, kind: type[Event]) -> Event:
        """The next event of a kind."""
        while not isinstance(event := self.events.get(timeout=SECONDS), kind):
            pass
        return event


@pytest.fixture
def journey(profile: Profile, tmp_path: Path) -> Iterator[Journey]:
    """With a vault; the catalogue names the server's model and nothing else."""
    authority, publisher = Authority(tmp_path), Publisher()
    certificate = authority.sign()
    try:
        with nginx(tmp_path / "nginx", certificate) as server:
            sha256 = write_model(server.files / "model.gguf", Plan(name=NAME))
            size = (server.files / "model.gguf").stat().st_size
            offered = entry(
                id="better",
                name=NAME,
                family="better",
                parameters=1_000_000,
                quantisation="F16",
                size=size,
                sha256=sha256,
                url=server.url("model.gguf"),
                hosts=[],
                memory=200_000_000,
                context=2048,
                shape=[],
            )
            bundle = Bundle(
                as_file(publisher.root_envelope()),
                as_file(publisher.catalogue(1, entries=[offered])),
            )
            parts = Parts(
                entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
                outside=Outside(DirectStarter(environment=trusting(certificate)), as_it_is().seal),
                bundle=lambda: bundle,
            )
            with App(profile, lambda _: None, parts) as app:
                app.create_vault(FirstKeys(keyring=False, passphrase=PASSPHRASE)).result(SECONDS)
            yield Journey(profile, parts, size, queue.SimpleQueue())
    except Unable as reason:
        pytest.skip(str(reason))


def test_to_a_model_from_the_catalogue(journey: Journey) -> None:
    """One yes, one transfer in the ledger; then it answers, also after a restart."""
    with journey.open() as (session, models):
        assert session.ledger
        (offered,) = models.catalogue.current().entries
        request = models.downloads.request_for(offered)
        approval = models.gate.approve(request)
        assert not models.gate.summary().result(SECONDS).bytes_in
        download = models.downloads.start(offered, approval)
        installed = download.future.result(SECONDS)
        assert installed.state == "ready"
        again = models.downloads.start(offered, approval)  # it is here: nothing is fetched
        assert again.future.result(SECONDS).sha256 == installed.sha256
        (row,) = session.ledger.rows().result(SECONDS)
        assert (row.purpose, row.host, row.result) == (Purpose.MODEL, "127.0.0.1", "ok")
        assert row.bytes_in is not None
        assert row.bytes_in >= journey.size
        assert session.ledger.check().result(SECONDS).intact
        models.activation.activate(installed.sha256, unheard, Cancel()).result(SECONDS)
        assert [one.name for one in models.library.all().result(SECONDS) if one.active] == [NAME]
    with journey.open() as (session, _):
        session.chat.send(None, "hello")
        warm = journey.until(EngineChanged)
        while isinstance(warm, EngineChanged) and warm.condition is not EngineCondition.WARM:
            warm = journey.until(EngineChanged)
        assert isinstance(warm, EngineChanged)
        assert warm.model == NAME
        ended = journey.until(ReplyEnded)
        assert isinstance(ended, ReplyEnded)
        assert ended.error is None


def test_staying_here_lets_nothing_out(journey: Journey) -> None:
    """The switch wins over every yes; nothing is begun, and the ledger stays empty."""
    with journey.open(Settings(local_only=True)) as (session, models):
        assert session.ledger
        (offered,) = models.catalogue.current().entries
        approval = models.gate.approve(models.downloads.request_for(offered))
        with pytest.raises(NetworkRefused):
            models.downloads.start(offered, approval).future.result(SECONDS)
        assert session.ledger.rows().result(SECONDS) == []
        assert not models.gate.summary().result(SECONDS).can_send
