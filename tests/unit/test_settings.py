"""Settings: valid or refused, and a broken file loses nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import SettingRefused, StorageFull
from assistant.settings import Settings, SettingsFile


def test_saved_settings_come_back(tmp_path: Path) -> None:
    """Every field survives the file."""
    chosen = Settings(context_tokens=4096, seed=0, system_prompt="Sei nett. 🙂", list_visible=False)
    file = SettingsFile(tmp_path / "settings.json")
    file.save(chosen)
    assert file.load() == (chosen, "")


def test_no_file_means_defaults(tmp_path: Path) -> None:
    """The first start is no problem to report."""
    assert SettingsFile(tmp_path / "settings.json").load() == (Settings(), "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("context_tokens", 10),
        ("context_tokens", 2048.5),
        ("context_tokens", True),
        ("temperature", math.nan),
        ("temperature", "hot"),
        ("temperature", -0.1),
        ("seed", -1),
        ("seed", 2**32),
        ("system_prompt", None),
        ("list_visible", 1),
    ],
)
def test_bad_values_are_refused(name: str, value: object) -> None:
    """With a sentence that names the range, never silently."""
    with pytest.raises(SettingRefused):
        Settings(**{name: value})  # type: ignore[arg-type] # the point of the test


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": NaN']
)
def test_damaged_file_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    """The defaults are used, the person is told, the damaged bytes still exist."""
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings, problem = SettingsFile(path, now=lambda: 42).load()
    assert settings == Settings()
    kept = tmp_path / "settings.damaged-42.json"
    assert kept.read_bytes() == content
    assert kept.name in problem


def test_one_bad_value_does_not_cost_the_others(tmp_path: Path) -> None:
    """Unknown names are ignored: a newer Hush may have written them."""
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"context_tokens": 4, "reply_tokens": 99, "from_the_future": {}}))
    settings, problem = SettingsFile(path).load()
    assert settings == Settings(reply_tokens=99)
    assert problem


@given(st.dictionaries(st.sampled_from([*Settings.__slots__, "else"]), st.from_type(object)))
def test_any_json_object_loads(stored: dict[str, object]) -> None:
    """Adopting never raises, whatever stands in the file."""
    from assistant.settings import _adopt

    assert isinstance(_adopt(stored)[0], Settings)


def test_unwritable_folder(tmp_path: Path) -> None:
    """Saving says so."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFull):
        SettingsFile(tmp_path / "file" / "settings.json").save(Settings())
