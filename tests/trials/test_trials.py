"""Each trial at its quick count, and shown to see what it looks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.paths import Profile
from assistant.records import MessageState
from assistant.store.vault import Vault
from tests.trials import canaries, failing, flips, keyrings, kill, operations, slots, steps, wal
from tests.trials.catalogue import TRIALS
from tests.trials.disks import PAGE, small_disk
from tests.trials.keyring_child import TITLE
from tests.trials.outcome import Unable
from tests.trials.vaults import CANARY, KEY, traces

SEED = 1  # always the same here; the benchmark draws another one each time


@pytest.mark.parametrize("name", TRIALS)
def test_nothing_is_lost(name: str, tmp_path: Path) -> None:
    """What it lists as faults must never happen; the seed and the line lead back to each."""
    trial = TRIALS[name]
    try:
        outcome = trial.run(trial.quick, SEED, tmp_path)
    except Unable as reason:
        pytest.skip(str(reason))
    assert outcome.rounds > 0
    assert outcome.faults == (), "\n".join((f"{name}, seed {SEED}:", *outcome.faults))


def test_what_is_planted_is_found(tmp_path: Path) -> None:
    """In the clear, in UTF-16, deep in a folder; and the key, in either form."""
    (tmp_path / "journal").write_bytes(b"..." + CANARY.encode() + b"...")
    (tmp_path / "log").write_text(KEY.hex())
    (tmp_path / "raw").write_bytes(b"x" + KEY)
    (tmp_path / "fine").write_bytes(b"nothing")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "swap").write_bytes(CANARY.encode("utf-16-le"))
    assert traces(tmp_path) == ["deep/swap", "journal", "log", "raw"]


def test_a_kill_that_costs_something_is_seen() -> None:
    """A message gone, torn, changed, half finished, made up; a step more than said is none."""
    told = kill.Told(
        texts={1: "a", 2: "bc", 3: "d", 4: "e"}, ended={2, 4}, at=3, following="<next>"
    )
    done, going = MessageState.COMPLETE.value, MessageState.STREAMING.value
    kept = {1: ("a", done), 2: ("bc", done), 3: ("d<next>", going), 4: ("e", done)}
    assert list(kill.differences(kept | {5: ("<next>", done), 6: ("", going)}, told)) == []
    for harm in (
        {1: ("", done)},
        {2: ("b", done)},
        {3: ("dx", going)},
        {4: ("e", going)},
        {7: ("x", done)},
    ):
        assert len(list(kill.differences(kept | harm, told))) == 1
    del kept[1]
    assert list(kill.differences(kept, told)) == ["message 1 is gone"]


def test_another_prefix_than_the_right_one_is_seen(tmp_path: Path) -> None:
    """A commit too few counts as one too many does."""
    log = wal.written(tmp_path / "log-0", 1, reused=False)
    wal.lay_out(log, tmp_path / "cut", at=log.bytes)
    last = len(log.states) - 1
    assert list(wal.faults(tmp_path / "cut", log, last)) == []
    assert "shows" in next(wal.faults(tmp_path / "cut", log, last - 1))


def test_a_database_without_page_checks_reads_wrongly(tmp_path: Path) -> None:
    """The same flips, the same rows, the same questions: plain SQLite is what they find wrong."""
    numbers = flips.run(40, SEED, tmp_path).numbers
    assert numbers["plain SQLite read wrongly"] > 0
    assert numbers["plain SQLite not noticed"] > 0


@pytest.mark.parametrize(
    "answer",
    [
        {"dek": "ff", "seconds": 0.1, "mb": 30.0},
        {"dek": "aa", "seconds": 2.5, "mb": 30.0},
        {"error": "VaultDamaged", "words": "It is damaged.", "seconds": 0.1, "mb": 400.0},
        {"error": "VaultDamaged", "words": "", "seconds": 0.1, "mb": 30.0},
        {"error": "VaultDamaged", "words": f"At {KEY.hex()}.", "seconds": 0.1, "mb": 30.0},
        {"error": "Bug", "words": "Something went wrong.", "seconds": 0.1, "mb": 30.0},
        {"escaped": "RecursionError at decoder.py:353", "seconds": 0.1, "mb": 30.0},
        {"escaped": "it hung"},
    ],
)
def test_a_key_file_that_does_harm_is_seen(answer: dict[str, object]) -> None:
    """Another key, too long, too much, no words, too many words, and no error of ours."""
    assert len(slots.judged(answer, {"aa"})[1]) == 1


def test_a_key_file_that_does_none_is_not() -> None:
    """The same key as ever, or an error in words."""
    assert slots.judged({"dek": "aa", "seconds": 0.1, "mb": 30.0}, {"aa"})[1] == []
    clean = {"error": "VaultDamaged", "words": "It is damaged.", "seconds": 0.1, "mb": 30.0}
    assert slots.judged(clean, {"aa"})[1] == []


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({}, 0),
        ({"untouched": False}, 1),
        ({"ways": ["passphrase"]}, 1),
        ({"others": [{"error": "VaultDamaged"}]}, 1),
        ({"keyring": {"error": ""}}, 1),
        ({"keyring": {"error": "KeyringChanged", "message": "No.", "advice": "Wait."}}, 1),
        (
            {
                "keyring": {
                    "error": "KeyringChanged",
                    "message": "No.",
                    "advice": "Use a passphrase, or delete the vault and start over.",
                }
            },
            1,
        ),
    ],
)
def test_a_keyring_that_costs_something_is_seen(change: dict[str, object], seen: int) -> None:
    """A changed file, a way in that is lost, words that help nobody or propose a loss."""
    report = {
        "keyring": {"error": "KeyringChanged", "message": "No.", "advice": "Use a passphrase."},
        "untouched": True,
        "ways": ["keyring", "passphrase", "recovery"],
        "others": [{"error": "", "titles": [TITLE]}],
    }
    assert len(list(keyrings.wrong(report | change))) == seen


@pytest.mark.parametrize("error", ["NotFound", "Bug", "killed", "TypeError"])
def test_an_operation_that_fails_undisturbed_fails_the_trial(error: str) -> None:
    """It is no reason to skip it: that would be silence about everything."""
    with pytest.raises(AssertionError, match=f"restore, undisturbed: {error}"):
        steps.require_undisturbed("restore", {"error": error})


def test_a_machine_that_may_not_trace_is_no_fault() -> None:
    """Then nothing was begun; where all went well, it goes on."""
    with pytest.raises(Unable):
        steps.require_undisturbed("restore", {"error": "silence (1)"})
    steps.require_undisturbed("restore", {"error": "", "words": ""})


def test_a_scrub_that_does_nothing_is_seen(tmp_path: Path) -> None:
    """Deleted words stay on pages of the vault then."""
    faults = canaries.run(20, SEED, tmp_path, careless=True).faults
    assert any("on a page of the vault" in fault for fault in faults)


class Untidy(operations.MakeBackup):
    """Leaves something behind where it fails, and takes it away when it works."""

    def act(self, profile: Profile, fail_from_here: Callable[[], None]) -> None:
        """See ``Operation.act``."""
        left = profile.root / ".trial-0"
        left.touch()
        super().act(profile, fail_from_here)
        left.unlink()


def test_what_a_failure_leaves_behind_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once: a second try that works might tidy it away."""
    monkeypatch.setattr(failing, "OPERATIONS", {"untidy": Untidy})
    try:
        outcome = failing.run(1, SEED, tmp_path)
    except Unable as reason:
        pytest.skip(str(reason))
    assert any(".trial-0 was left behind" in fault for fault in outcome.faults)


def test_a_small_disk_is_full_when_it_says_so(tmp_path: Path) -> None:
    """To the page; and writes nothing while it is read-only."""
    try:
        with small_disk(tmp_path / "disk", 1) as disk:
            disk.leave_free(2)
            with (disk.root / "file").open("wb", buffering=0) as file:
                assert file.write(bytes(3 * PAGE)) == 2 * PAGE
            disk.empty()
            disk.set_writable(False)
            with pytest.raises(OSError, match="Read-only"):
                (disk.root / "other").touch()
            disk.set_writable(True)
            with Vault.open(disk.root / "vault.db", KEY):
                assert (disk.root / "vault.db").exists()
    except Unable as reason:
        pytest.skip(str(reason))
