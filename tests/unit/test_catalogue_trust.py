"""A catalogue is believed only where enough of the right keys signed it, and never an older one."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.catalogue import MAX_ENTRIES, Catalogue, read_entry, read_payload
from models.signing import (
    MAX_DOCUMENT_BYTES,
    CatalogueFault,
    Envelope,
    Reason,
    Role,
    Root,
    first_root,
    next_root,
    read_envelope,
)
from models.trust import Seen, Trust, read_catalogue, read_offer, seen
from tests.unit.catalogue_signers import Key, Publisher, as_file, entry, payload, sign

PUBLISHER = Publisher()
ROOT = PUBLISHER.root


def refused(data: bytes, root: Root = ROOT, newest: Seen | None = None, app: str = "") -> Reason:
    """Why a catalogue is not believed."""
    with pytest.raises(CatalogueFault) as fault:
        read_catalogue(data, root, newest, app)
    return fault.value.reason


def test_two_keys_of_three_are_enough() -> None:
    """Whichever two."""
    first, second, third = PUBLISHER.catalogue_keys
    for keys in ([first, second], [third, first], [first, second, third]):
        found = read_catalogue(as_file(sign(payload(), Role.CATALOGUE, keys)), ROOT, None)
        assert found.entries[0].id == "small-1b"


def test_one_key_of_two_is_not() -> None:
    """A stolen key alone publishes nothing."""
    alone = sign(payload(), Role.CATALOGUE, PUBLISHER.catalogue_keys[:1])
    assert refused(as_file(alone)) is Reason.SIGNATURES


def test_the_same_key_twice_counts_once() -> None:
    """Nor does it help to sign again."""
    first = PUBLISHER.catalogue_keys[0]
    assert refused(as_file(sign(payload(), Role.CATALOGUE, [first, first]))) is Reason.SIGNATURES


def test_one_key_cannot_have_two_names() -> None:
    """A root that names a key twice would let one signer stand for two."""
    first = PUBLISHER.root_keys[0]
    content = json.loads(PUBLISHER.root_payload())
    content["keys"]["0123456789abcdef"] = first.public_key().public_bytes_raw().hex()
    data = sign(json.dumps(content).encode(), Role.ROOT, PUBLISHER.root_keys)
    with pytest.raises(CatalogueFault) as fault:
        first_root(as_file(data))
    assert fault.value.reason is Reason.FORMAT


def test_keys_of_another_role_or_of_nobody_do_not_count() -> None:
    """The root's keys sign roots only."""
    for keys in (PUBLISHER.root_keys, [Key.generate(), Key.generate()]):
        assert refused(as_file(sign(payload(), Role.CATALOGUE, keys))) is Reason.SIGNATURES


def test_an_unknown_key_beside_two_known_ones_does_no_harm() -> None:
    """A publisher may sign with a key that only newer apps know."""
    keys = [Key.generate(), *PUBLISHER.catalogue_keys[:2]]
    assert read_catalogue(as_file(sign(payload(), Role.CATALOGUE, keys)), ROOT, None).version == 1


def test_a_signature_for_one_role_is_none_for_the_other() -> None:
    """What is signed begins with what it is."""
    as_root = sign(payload(), Role.ROOT, PUBLISHER.catalogue_keys[:2])
    assert refused(as_file(as_root)) is Reason.SIGNATURES


def test_one_changed_byte_is_found() -> None:
    """In the payload, and in a signature."""
    whole = PUBLISHER.catalogue()
    changed = replace(whole, payload=whole.payload.replace(b"700000000", b"700000001"))
    assert refused(as_file(changed)) is Reason.SIGNATURES
    key, signature = whole.signatures[0]
    bent = bytes([signature[0] ^ 1]) + signature[1:]
    broken = Envelope(whole.payload, ((key, bent), whole.signatures[1]))
    assert refused(as_file(broken)) is Reason.SIGNATURES


def test_an_older_one_is_refused_and_the_same_is_not() -> None:
    """Whoever holds the address could else bring back a model with a known fault."""
    newest = PUBLISHER.catalogue(5)
    known = seen(newest, read_catalogue(as_file(newest), ROOT, None))
    assert refused(as_file(PUBLISHER.catalogue(4)), newest=known) is Reason.OLDER
    assert read_catalogue(as_file(newest), ROOT, known).version == 5
    assert read_catalogue(as_file(PUBLISHER.catalogue(6)), ROOT, known).version == 6


def test_another_of_the_same_number_is_refused() -> None:
    """Two documents with one number: one of them is a replay, or a mistake."""
    newest = PUBLISHER.catalogue(5)
    known = seen(newest, read_catalogue(as_file(newest), ROOT, None))
    other = PUBLISHER.catalogue(5, made="2026-11-02")
    assert refused(as_file(other), newest=known) is Reason.REPLAYED


def test_an_expired_one_is_read_and_says_so() -> None:
    """It warns and never blocks."""
    found = read_catalogue(as_file(PUBLISHER.catalogue(1, expires="2026-11-02")), ROOT, None)
    assert found.expired(date(2026, 11, 3))
    assert not found.expired(date(2026, 11, 2))


def test_a_newer_hush_may_be_asked_for() -> None:
    """Told apart from nonsense, even where the rest cannot be read."""
    data = as_file(PUBLISHER.catalogue(1, minimum_app="2.1", entries=["something new"]))
    assert refused(data, app="2.0.9") is Reason.MINIMUM_APP
    assert refused(data, app="2.1") is Reason.NONSENSE
    enough = as_file(PUBLISHER.catalogue(1, minimum_app="2.1"))
    assert read_catalogue(enough, ROOT, None, "2.1.0").version == 1
    assert read_catalogue(enough, ROOT, None, "10.0").version == 1


class TestRoots:
    """The keys themselves change only with the consent of those before."""

    def test_the_next_one_is_followed(self) -> None:
        """Signed by the old and by the new."""
        after = PUBLISHER.successor()
        root = next_root(as_file(after.root_envelope(*PUBLISHER.root_keys[:2])), ROOT)
        assert root.version == 2
        assert read_catalogue(as_file(after.catalogue()), root, None).version == 1

    def test_not_without_the_old_ones(self) -> None:
        """Else anybody could begin anew."""
        with pytest.raises(CatalogueFault) as fault:
            next_root(as_file(PUBLISHER.successor().root_envelope()), ROOT)
        assert fault.value.reason is Reason.SIGNATURES

    def test_not_without_the_new_ones(self) -> None:
        """Else the old could name keys that nobody holds."""
        after = PUBLISHER.successor()
        envelope = sign(after.root_payload(), Role.ROOT, PUBLISHER.root_keys[:2])
        with pytest.raises(CatalogueFault) as fault:
            next_root(as_file(envelope), ROOT)
        assert fault.value.reason is Reason.SIGNATURES

    def test_none_may_be_skipped(self) -> None:
        """Root 3 does not follow root 1, whoever signed it."""
        second = PUBLISHER.successor()
        third = second.successor()
        signers = [*PUBLISHER.root_keys[:2], *second.root_keys[:2]]
        with pytest.raises(CatalogueFault) as fault:
            Trust(ROOT).follow([third.root_envelope(*signers)])
        assert fault.value.reason is Reason.UNKNOWN_ROOT

    def test_a_chain_is_followed_and_known_ones_are_passed_over(self) -> None:
        """A mirror sends all of them each time."""
        second = PUBLISHER.successor()
        third = second.successor()
        chain = [
            PUBLISHER.root_envelope(),
            second.root_envelope(*PUBLISHER.root_keys[:2]),
            third.root_envelope(*second.root_keys[:2]),
        ]
        trust = Trust(ROOT).follow(chain)
        assert trust.root.version == 3
        assert trust.follow(chain) == trust

    def test_new_keys_for_catalogues_forget_what_the_old_ones_signed(self) -> None:
        """A thief may have used up the numbers; with the same keys nothing is forgotten."""
        known = Seen(2_000_000_000, "ab" * 32)
        same, other = PUBLISHER.successor(), PUBLISHER.successor(new_catalogue_keys=True)
        signers = PUBLISHER.root_keys[:2]
        assert Trust(ROOT, known).follow([same.root_envelope(*signers)]).newest == known
        trust = Trust(ROOT, known).follow([other.root_envelope(*signers)])
        assert trust.newest is None
        fresh, catalogue = trust.accept(other.catalogue(7))
        assert catalogue.version == 7
        assert fresh.newest is not None
        assert fresh.newest.version == 7
        with pytest.raises(CatalogueFault):
            fresh.accept(PUBLISHER.catalogue(8))  # by the old keys

    @pytest.mark.parametrize(
        "changes",
        [
            {"type": "catalogue"},
            {"version": 0},
            {"version": True},
            {"version": 2**31},
            {"expires": "2030-02-30"},
            {"keys": {}},
            {"keys": []},
            {"roles": {}},
            {"roles": {"root": {"keys": ["ab" * 8], "threshold": 1}, "catalogue": {}}},
        ],
    )
    def test_nonsense_is_refused(self, changes: dict[str, Any]) -> None:
        """However well it is signed."""
        data = PUBLISHER.root_payload(**changes)
        with pytest.raises(CatalogueFault) as fault:
            first_root(as_file(sign(data, Role.ROOT, PUBLISHER.root_keys)))
        assert fault.value.reason is Reason.FORMAT

    @pytest.mark.parametrize("threshold", [0, -1, 4, True, "2", 1.5])
    def test_a_threshold_is_a_number_that_can_be_reached(self, threshold: object) -> None:
        """None would let nobody's signature pass, four of three nobody at all."""
        content = json.loads(PUBLISHER.root_payload())
        content["roles"]["catalogue"]["threshold"] = threshold
        envelope = sign(json.dumps(content).encode(), Role.ROOT, PUBLISHER.root_keys)
        with pytest.raises(CatalogueFault) as fault:
            first_root(as_file(envelope))
        assert fault.value.reason is Reason.FORMAT


class TestLimits:
    """What comes from outside is looked at before it is believed, and before it costs much."""

    def test_a_huge_file_is_not_parsed(self) -> None:
        """Not one byte more than a megabyte."""
        assert refused(b" " * (MAX_DOCUMENT_BYTES + 1)) is Reason.TOO_LARGE

    def test_a_payload_that_unfolds_is_none(self) -> None:
        """Deep nesting ends in words, not in a crash."""
        deep = b"[" * 100_000 + b"]" * 100_000
        assert refused(deep) is Reason.NOT_JSON
        nested = sign(deep, Role.CATALOGUE, PUBLISHER.catalogue_keys)
        assert refused(as_file(nested)) is Reason.NOT_JSON

    @pytest.mark.parametrize(
        "data",
        [b"", b"\xff\xfe", b"{", b'{"payload": 1, "payload": 2}', b'{"payload": NaN}'],
    )
    def test_what_is_no_json(self, data: bytes) -> None:
        """A name twice and NaN are none, either."""
        assert refused(data) is Reason.NOT_JSON

    @pytest.mark.parametrize(
        "stored",
        [
            [],
            {},
            {"payload": "", "signatures": 3},
            {"payload": 3, "signatures": []},
            {"payload": "!!!", "signatures": []},
            {"payload": "", "signatures": [{"key": "a"}]},
            {"payload": "", "signatures": [{"key": "a", "sig": None}]},
            {"payload": "", "signatures": [{"key": "a", "sig": ""}] * 17},
        ],
    )
    def test_what_is_no_envelope(self, stored: object) -> None:
        """Nothing in it is believed before all of it is there."""
        assert refused(json.dumps(stored).encode()) is Reason.FORMAT

    def test_too_many_entries(self) -> None:
        """A list that nobody could read."""
        many = [entry(id=f"m-{number}", sha256=f"{number:064x}") for number in range(MAX_ENTRIES)]
        assert len(read_payload(payload(entries=many)).entries) == MAX_ENTRIES
        with pytest.raises(CatalogueFault) as fault:
            read_payload(payload(entries=[*many, entry()]))
        assert fault.value.reason is Reason.TOO_LARGE

    @pytest.mark.parametrize(
        "pair",
        [
            [entry(), entry(sha256="cd" * 32)],
            [entry(), entry(id="other")],
        ],
    )
    def test_no_model_is_there_twice(self, pair: list[dict[str, Any]]) -> None:
        """Neither its name nor its file."""
        with pytest.raises(CatalogueFault) as fault:
            read_payload(payload(entries=pair))
        assert fault.value.reason is Reason.NONSENSE

    @pytest.mark.parametrize(
        "changes",
        [
            {"url": "http://models.test/model.gguf"},
            {"url": "https://someone@models.test/model.gguf"},
            {"url": "file:///etc/passwd"},
            {"url": "https://models.test"},
            {"url": "https://models.test/a b"},
            {"url": ""},
            {"hosts": ["*"]},
            {"hosts": ["*.com"]},
            {"hosts": ["evil.test/"]},
            {"hosts": "models.test"},
            {"hosts": [3]},
            {"id": "../up"},
            {"id": ""},
            {"family": "Two words"},
            {"kind": "image"},
            {"sha256": "AB" * 32},
            {"sha256": "ab" * 31},
            {"size": 0},
            {"size": -1},
            {"size": 1.5},
            {"size": True},
            {"size": 2**41},
            {"name": "two\nlines"},
            {"name": "right\u202eto left"},
            {"name": ""},
            {"good_at": "x" * 301},
            {"licence": None},
            {"licence_url": "javascript:alert(1)"},
            {"languages": ["English"]},
            {"languages": ["en"] * 65},
            {"memory": -1},
            {"shape": [1, 2, 3]},
            {"shape": [0, 1, 1, 1, 1, 1, 1]},
            {"shape": [513, 1, 1, 1, 1, 1, 1]},
            {"shape": [1, 1, 1, 1, 1, 1, 1.0]},
            {"minimum_app": "soon"},
            {"template_sha256": "short"},
            {"pinned": "yes"},
        ],
    )
    def test_an_entry_that_is_not_what_it_may_be(self, changes: dict[str, Any]) -> None:
        """One of them spoils the whole catalogue: half of it would be somebody's choice."""
        with pytest.raises(CatalogueFault) as fault:
            read_payload(payload(entries=[entry(**changes)]))
        assert fault.value.reason is Reason.NONSENSE

    def test_something_missing(self) -> None:
        """A model without a digest is none."""
        less = entry()
        del less["sha256"]
        with pytest.raises(CatalogueFault):
            read_entry(less)
        with pytest.raises(CatalogueFault):
            read_entry("small-1b")

    def test_something_more_is_passed_over(self) -> None:
        """A newer catalogue may say more of a model."""
        assert read_entry(entry(colour="blue")).id == "small-1b"

    def test_an_entry_survives_its_own_record(self) -> None:
        """What is written down of a download is read again as the same."""
        one = read_entry(entry())
        assert read_entry(json.loads(json.dumps(asdict(one)))) == one

    @pytest.mark.parametrize(
        "stored",
        [
            {},
            {"offer": 2, "roots": [], "catalogue": {}},
            {"offer": 1, "roots": 3, "catalogue": {}},
            {"offer": 1, "roots": [{}] * 33, "catalogue": {}},
            {"offer": 1, "roots": [], "catalogue": None},
            [],
        ],
    )
    def test_what_is_no_offer(self, stored: object) -> None:
        """A mirror may send anything."""
        with pytest.raises(CatalogueFault) as fault:
            read_offer(json.dumps(stored).encode())
        assert fault.value.reason is Reason.FORMAT

    def test_an_offered_root_without_a_number(self) -> None:
        """It cannot even be passed over."""
        with pytest.raises(CatalogueFault) as fault:
            Trust(ROOT).follow([Envelope(b"{}", ())])
        assert fault.value.reason is Reason.FORMAT


class TestBundle:
    """What comes with the app, as everybody gets it."""

    FOLDER = Path(__file__).parents[2] / "models" / "catalogue"

    def read(self) -> Catalogue:
        """Both files, believed."""
        root = first_root((self.FOLDER / "root.json").read_bytes())
        return read_catalogue((self.FOLDER / "catalogue.json").read_bytes(), root, None)

    def test_it_is_whole(self) -> None:
        """A dozen models to talk to, of which each says what it is and where from."""
        found = self.read()
        chat = [one for one in found.entries if one.kind == "chat"]
        assert 10 <= len(chat) <= 14
        assert all(one.usable and one.memory > one.size and one.languages for one in chat)
        assert {one.licence for one in found.entries} <= {"Apache-2.0", "MIT"}
        assert not any(one.usable for one in found.entries if one.kind == "embedding")

    def test_it_says_what_its_draft_says(self) -> None:
        """The readable draft is what was signed."""
        draft = Path(__file__).parents[2] / "packaging" / "catalogue.json"
        signed = read_envelope((self.FOLDER / "catalogue.json").read_bytes()).payload
        assert json.loads(signed) == json.loads(draft.read_text(encoding="utf-8"))

    def test_its_shapes_are_those_of_its_files(self) -> None:
        """As many weights as a shape stands for fill a file of about that size."""
        for one in self.read().entries:
            if one.kind != "chat":
                continue
            layers, wide, _, keys, _, forward, words = one.shape
            table = words * wide * (1 if one.shared_embedding else 2)
            least = layers * (2 * wide * wide + 3 * wide * forward) + 2 * wide * keys + table
            assert 4.3 < one.size * 8 / least < 9.0, one.id
            assert abs(least / one.parameters - 1) < 0.2, one.id

    def test_two_keys_sign_for_each_role(self) -> None:
        """And the two roles share none."""
        root = first_root((self.FOLDER / "root.json").read_bytes())
        signers = list(root.roles.values())
        assert [one.threshold for one in signers] == [2, 2]
        assert not signers[0].keys & signers[1].keys

    def test_no_private_key_lies_in_the_tree(self) -> None:
        """Nowhere beside what they signed."""
        for folder in (self.FOLDER, self.FOLDER.parents[1] / "packaging"):
            for path in folder.iterdir():
                if path.is_file():
                    assert b"PRIVATE KEY-----" not in path.read_bytes()


def test_base64_is_read_strictly() -> None:
    """Two texts for the same bytes would be two names for one document."""
    content = PUBLISHER.catalogue().to_json()
    text = content["payload"]
    content["payload"] = text[:8] + "\n" + text[8:]
    assert base64.b64decode(content["payload"]) == base64.b64decode(text)
    assert refused(json.dumps(content).encode()) is Reason.FORMAT
