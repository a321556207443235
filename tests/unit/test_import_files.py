"""Looking at a folder that anybody may have filled, and opening what lies in it."""

from __future__ import annotations

import io
import os
import socket
import sys
from pathlib import Path

import pytest

from assistant.errors import FileRefused, InputRefused, NotFound
from assistant.importing import folder as looking
from assistant.importing.files import (
    CHANGING,
    FORBIDDEN,
    GONE,
    LINK,
    SPECIAL,
    digest,
    open_beneath,
    open_plain,
    read_whole,
)
from assistant.importing.folder import scan
from assistant.importing.records import ImportPlan, Kind

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX has them")


def refusal(folder: Path, relative: str) -> str:
    """Why a file is not opened."""
    with pytest.raises(FileRefused) as refused:
        open_beneath(folder, relative)
    return refused.value.message


@pytest.mark.parametrize("name", ["../out.md", "a/../../out.md", "/out.md", "a//b", "./a", ""])
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is opened."""
    (tmp_path / "out.md").write_text("secret")
    (tmp_path / "in").mkdir()
    assert "points outside" in refusal(tmp_path / "in", name)


@posix
def test_no_part_of_a_path_may_be_a_link(tmp_path: Path) -> None:
    """Neither the file nor a folder above it; also where it became one after the look."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "key.md").write_text("secret")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "link.md").symlink_to(tmp_path / "out" / "key.md")
    (inside / "folder").symlink_to(tmp_path / "out")
    assert refusal(inside, "link.md") == LINK
    assert refusal(inside, "folder/key.md") == LINK


@posix
def test_a_chosen_folder_may_be_reached_through_a_link(tmp_path: Path) -> None:
    """The person chose it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.md").write_text("a")
    (tmp_path / "chosen").symlink_to(tmp_path / "real")
    with open_beneath(tmp_path / "chosen", "a.md") as file:
        assert file.read() == b"a"
    assert [entry.path for entry in scan(tmp_path / "chosen").entries] == ["a.md"]


@posix
def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    """Reading a pipe would wait for a writer for ever."""
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    assert refusal(tmp_path, "pipe.md") == SPECIAL
    assert refusal(tmp_path, "folder.md") == SPECIAL
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.md"))
        assert refusal(tmp_path, "s.md") == SPECIAL


def test_a_file_that_went_away_is_named_so(tmp_path: Path) -> None:
    """And one in a folder that did."""
    assert refusal(tmp_path, "gone.md") == GONE
    assert refusal(tmp_path, "gone/a.md") == GONE


@posix
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named_so(tmp_path: Path) -> None:
    """Its mode forbids it."""
    (tmp_path / "a.md").write_text("a")
    (tmp_path / "a.md").chmod(0)
    assert refusal(tmp_path, "a.md") == FORBIDDEN


class Growing(io.FileIO):
    """A file that another program writes to whenever somebody has read it."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read; then it grows."""
        data = super().read(-1 if size is None else size) or b""
        with Path(os.fsdecode(self.name)).open("ab") as other:  # type: ignore[arg-type] # opened by its path
            other.write(b"more")
        return data


def test_a_file_that_never_rests_is_refused(tmp_path: Path) -> None:
    """Half of one state and half of another is no text that anybody wrote."""
    path = tmp_path / "log.md"
    path.write_text("begun")
    with pytest.raises(FileRefused, match=CHANGING):
        read_whole(lambda: Growing(path), 1000)  # type: ignore[arg-type,return-value] # as good as a BinaryIO


def test_a_file_that_changed_once_is_read_again(tmp_path: Path) -> None:
    """Somebody saved it at that moment."""
    path = tmp_path / "a.md"
    path.write_text("begun")
    openers = iter([lambda: Growing(path), lambda: open_plain(path)])
    whole = read_whole(lambda: next(openers)(), 1000)  # type: ignore[no-any-return,operator] # see above
    assert whole.data == b"begunmore"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """Its size is looked at first, and told."""
    (tmp_path / "a.md").write_bytes(b"x" * 2_000_001)
    with pytest.raises(FileRefused, match="It has 2 MB, and Hush reads at most 1 MB"):
        read_whole(lambda: open_plain(tmp_path / "a.md"), 1_000_000)


def test_a_digest_leaves_the_file_at_its_beginning(tmp_path: Path) -> None:
    """Whoever reads it next begins there."""
    (tmp_path / "a.md").write_bytes(b"abc")
    with open_plain(tmp_path / "a.md") as file:
        assert digest(file).hex().startswith("ba7816bf")
        assert file.read() == b"abc"


class TestScan:
    """What there is to import."""

    def test_every_kind_in_its_place(self, tmp_path: Path) -> None:
        """Notes, documents and chats are counted; other files stay; hidden ones are nobody's."""
        for name in (
            "a.md", "B.MD", "c.markdown", "d.txt", "e.pdf", "f.docx", "conversations.json",
            "picture.png", "data.json", ".hidden.md", "~$f.docx",
        ):  # fmt: skip
            (tmp_path / name).write_text("x")
        for name in (".obsidian/app.md", ".git/a.md", "sub/deep/g.md", "sub/h.canvas"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("x")
        found = scan(tmp_path)
        assert found.plan() == ImportPlan(
            notes=5,
            documents=2,
            chats=1,
            bytes=8,
            attachments=("data.json", "picture.png", "sub/h.canvas"),
            folders=("sub/deep",),
        )
        assert found.plan().files == 8
        assert [entry.path for entry in found.entries] == sorted(
            entry.path for entry in found.entries
        )

    @posix
    def test_links_and_special_files_are_skipped_by_name(self, tmp_path: Path) -> None:
        """A link that leads round in a circle, too."""
        (tmp_path / "a.md").write_text("a")
        (tmp_path / "link.md").symlink_to("a.md")
        (tmp_path / "round").symlink_to(tmp_path)
        (tmp_path / "broken").symlink_to("nowhere")
        os.mkfifo(tmp_path / "pipe")
        found = scan(tmp_path)
        assert [entry.path for entry in found.entries] == ["a.md"]
        assert dict(found.skipped) == {
            "link.md": LINK, "round": LINK, "broken": LINK, "pipe": SPECIAL,
        }  # fmt: skip

    @pytest.mark.skipif(sys.platform != "linux", reason="Linux alone takes any bytes for a name")
    def test_a_name_that_is_no_text_is_skipped(self, tmp_path: Path) -> None:
        """Its bytes have no place in the vault; it is shown as far as it can be."""
        (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("x")
        assert dict(scan(tmp_path).skipped) == {"caf\ufffd.md": "Its name is not valid text."}

    def test_a_folder_too_deep_is_skipped(self, tmp_path: Path) -> None:
        """What lies above it is taken."""
        deep = tmp_path.joinpath(*["d"] * (looking.MAX_DEPTH + 1))
        deep.mkdir(parents=True)
        (deep / "a.md").write_text("x")
        found = scan(tmp_path)
        assert not found.entries
        assert "folders deep" in found.skipped[0].why

    def test_there_is_nothing_there(self, tmp_path: Path) -> None:
        """In words, without the path."""
        with pytest.raises(NotFound, match="no such file or folder"):
            scan(tmp_path / "nowhere")
        with pytest.raises(InputRefused):
            scan(Path("a\0b"))

    def test_one_file_of_a_kind_that_cannot_be_read(self, tmp_path: Path) -> None:
        """It was meant to be imported, so it is said."""
        (tmp_path / "song.mp3").write_text("x")
        with pytest.raises(InputRefused, match="cannot read this kind"):
            scan(tmp_path / "song.mp3")

    @posix
    def test_one_file_that_is_a_link(self, tmp_path: Path) -> None:
        """The person is told where to look."""
        (tmp_path / "a.md").write_text("x")
        (tmp_path / "link.md").symlink_to("a.md")
        with pytest.raises(InputRefused, match="is a link"):
            scan(tmp_path / "link.md")

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("a.md", Kind.MARKDOWN),
            ("export.zip", Kind.CHATS_ARCHIVE),
            ("conversations-001.json", Kind.CHATS),
            ("my chats.json", Kind.CHATS),
        ],
    )
    def test_one_file(self, tmp_path: Path, name: str, kind: Kind) -> None:
        """Its folder is the folder."""
        (tmp_path / name).write_text("x")
        found = scan(tmp_path / name)
        assert [(entry.path, entry.kind) for entry in found.entries] == [(name, kind)]
        assert found.folder == tmp_path.resolve()
