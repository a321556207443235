"""Everything in one JSON file: whole or not at all, and never hidden."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import InputRefused, StorageFull
from assistant.importing.json_export import export_all
from assistant.importing.records import ExportReport
from assistant.notes.names import tags_given
from assistant.store import note_rows
from tests.unit.import_bench import PATIENCE, ImportBench, bench, chat, chats_file
from tests.unit.small_disks import small_disk_or_skip


@pytest.fixture
def work() -> Iterator[ImportBench]:
    """The service over an empty vault."""
    with bench() as made:
        yield made


def add(work: ImportBench, text: str, title: str = "", tags: tuple[str, ...] = ()) -> int:
    """Write a note in Hush."""
    given = tags_given(tags)
    now = work.clock.now()
    return work.vault.write(lambda c: note_rows.create(c, text, title, given, now).id).result()


class TestJson:
    """All in one file."""

    def test_everything_is_in_it(self, work: ImportBench, tmp_path: Path) -> None:
        """Notes and chats with every variant; private, and no trash."""
        add(work, "# Mine\n\nä 🎉", tags=("a",))
        gone = add(work, "# Gone")
        work.vault.write(
            lambda c: c.execute("UPDATE note SET deleted_at = 1 WHERE id = ?", (gone,)).rowcount
        ).result()
        (tmp_path / "conversations.json").write_bytes(
            chats_file(chat("Ships", ("user", "q"), ("assistant", "a")))
        )
        work.take(tmp_path / "conversations.json")
        path = tmp_path / "all.json"
        assert work.service.export_json(path).done.result(PATIENCE) == ExportReport(written=2)
        found = json.loads(path.read_text())
        assert (found["format"], found["version"]) == ("hush-export", 1)
        assert found["exported_at"] == work.clock.now()
        (note,) = found["notes"]
        assert (note["title"], note["text"], note["tags"]) == ("Mine", "# Mine\n\nä 🎉", ["a"])
        (ships,) = found["conversations"]
        assert [message["text"] for message in ships["messages"]] == ["q", "a"]
        assert ships["head_id"] == ships["messages"][-1]["id"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_an_empty_vault(self, work: ImportBench, tmp_path: Path) -> None:
        """It is JSON all the same; an earlier file is replaced."""
        (tmp_path / "all.json").write_text("earlier")
        work.service.export_json(tmp_path / "all.json").done.result(PATIENCE)
        assert json.loads((tmp_path / "all.json").read_text())["notes"] == []

    @pytest.mark.parametrize("name", ["", "folder", "link", "nowhere/all.json"])
    def test_what_is_no_file(self, work: ImportBench, tmp_path: Path, name: str) -> None:
        """Refused; nothing is written through a link."""
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "target")
        with pytest.raises(InputRefused):
            work.service.export_json(tmp_path / name).done.result(PATIENCE)
        assert not (tmp_path / "target").exists()

    def test_a_killed_one_is_to_be_seen_and_goes_away(
        self, work: ImportBench, tmp_path: Path
    ) -> None:
        """All of it may be in that file, and nobody looks for hidden ones."""
        add(work, "# Mine")
        path = tmp_path / "all.json"
        seen: list[list[str]] = []

        def look() -> bool:
            seen.append([path.name for path in tmp_path.iterdir()])
            return False

        export_all(work.vault, path, 1, look)
        assert seen == [["all.json.unfinished"]]
        for left in (b"", b'{"for', path.read_bytes()):
            (tmp_path / "all.json.unfinished").write_bytes(left)
            export_all(work.vault, path, 1, lambda: False)
            assert list(tmp_path.iterdir()) == [path]

    def test_somebody_elses_file_of_that_name(self, work: ImportBench, tmp_path: Path) -> None:
        """It is left alone, and it is said."""
        mine = tmp_path / "all.json.unfinished"
        mine.write_text("my list")
        with pytest.raises(InputRefused, match="Hush did not write it"):
            export_all(work.vault, tmp_path / "all.json", 1, lambda: False)
        assert mine.read_text() == "my list"
        mine.unlink()
        mine.symlink_to(tmp_path / "target")
        with pytest.raises(InputRefused, match="Hush did not write it"):
            export_all(work.vault, tmp_path / "all.json", 1, lambda: False)
        assert not (tmp_path / "target").exists()

    def test_a_full_disk_leaves_the_earlier_file(self, work: ImportBench, tmp_path: Path) -> None:
        """Whole or not at all."""
        add(work, "words " * 100_000)
        with small_disk_or_skip(tmp_path / "disk", 1) as disk:
            path = disk.root / "all.json"
            path.write_text("earlier")
            disk.leave_free(20)
            with pytest.raises(StorageFull, match=r"all\.json could not be written"):
                work.service.export_json(path).done.result(PATIENCE)
            assert path.read_text() == "earlier"
            assert sorted(p.name for p in disk.root.iterdir()) == ["all.json", "ballast"]
