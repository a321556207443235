"""``hush notes``: words, pipes and an editor; what cannot be kept is not lost."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from assistant.errors import InputRefused
from assistant.notes.private_file import PrivateFile, left
from assistant.terminal import noting, parse
from assistant.terminal.command import run_command
from assistant.terminal.console import Console
from tests.fakes.door import PASSPHRASE
from tests.unit.small_disks import small_disk_or_skip
from tests.unit.terminals import Person, Terminal, readable


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over an empty profile."""
    return Terminal(tmp_path / "profile")


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's editor: a script whose body a test writes; ``file`` is what it is to edit."""
    script = tmp_path / "editor.py"
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.delenv("VISUAL", raising=False)
    return script


def edits(editor: Path, body: str) -> None:
    """Have the editor do this."""
    editor.write_text(f"import sys\nfrom pathlib import Path\nfile = Path(sys.argv[1])\n{body}\n")


def at_the_keyboard(terminal: Terminal, *words: str) -> int:
    """Run a command with a person at both ends, who types nothing."""
    return terminal.run(*words, person=Person(lambda _: None))


def test_new_list_show(terminal: Terminal) -> None:
    """From words, kept, listed and shown."""
    assert terminal.run("notes", "new", "Buy", "tea", "#shop", "--tag", "To do") == 0
    assert terminal.out == "     1  Buy tea #shop\n"
    assert terminal.run("notes", "new", "--title", "Plans", piped="First\nsecond\n") == 0
    assert terminal.run("notes", "list") == 0
    lines = terminal.out.splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["Plans", "#To do"]
    assert "Buy tea #shop  #shop  #To do" in lines[1]
    assert terminal.run("notes", "list", "sec") == 0
    assert terminal.out.count("\n") == 1
    assert terminal.run("notes", "list", "--tag", "TO DO") == 0
    assert "Buy tea" in terminal.out
    assert terminal.run("notes", "list", "nothing", "like", "it") == 0
    assert terminal.out == ""
    assert terminal.run("notes", "show", "2") == 0
    assert terminal.out == "First\nsecond\n"
    assert "“Plans”" in terminal.err


def test_json(terminal: Terminal) -> None:
    """One object, or one a line; all of a note is in it."""
    terminal.run("notes", "new", "--json", piped="# Plan\n[[Seeds]] ![[a.png]] #x")
    made = json.loads(terminal.out)
    assert (made["id"], made["title"], made["tags"], made["revision"]) == (1, "Plan", ["x"], 1)
    assert "text" not in made
    terminal.run("notes", "new", "--title", "Seeds", "Parsley")
    terminal.run("notes", "list", "--json")
    assert [json.loads(line)["title"] for line in terminal.out.splitlines()] == ["Seeds", "Plan"]
    terminal.run("notes", "show", "1", "--json")
    shown = json.loads(terminal.out)
    assert shown["text"] == "# Plan\n[[Seeds]] ![[a.png]] #x"
    assert (shown["links"], shown["attachments"]) == ({"Seeds": 2}, ["a.png"])
    terminal.run("notes", "show", "2", "--json")
    assert json.loads(terminal.out)["backlinks"] == [1]


def test_a_pipe_replaces_a_text(terminal: Terminal) -> None:
    """Exactly; the same text is no change."""
    terminal.run("notes", "new", "first")
    assert terminal.run("notes", "edit", "1", "--json", piped="# Second\n") == 0
    assert json.loads(terminal.out)["revision"] == 2
    terminal.run("notes", "show", "1")
    assert terminal.out == "# Second\n"
    assert terminal.run("notes", "edit", "1", "--json", piped="# Second\n") == 0
    assert json.loads(terminal.out)["revision"] == 2


@pytest.mark.parametrize("argv", [["show", "9"], ["edit", "9"]])
def test_a_note_that_is_not_there(terminal: Terminal, argv: list[str]) -> None:
    """Exit code 4; with an empty profile, too."""
    assert terminal.run("notes", *argv, piped="x") == 4
    terminal.run("notes", "new", "x")
    assert terminal.run("notes", *argv, piped="x") == 4
    assert "does not exist" in terminal.err


@pytest.mark.parametrize(
    "argv", [["notes"], ["notes", "show"], ["notes", "show", "x"], ["notes", "edit", "0"]]
)
def test_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Argparse's own words, exit code 2."""
    with pytest.raises(SystemExit) as end:
        parse(argv)
    assert end.value.code == 2
    assert "usage" in capsys.readouterr().err


def bytes_piped(terminal: Terminal, data: bytes, *words: str) -> tuple[int, str, str]:
    """Run a command with these very bytes in its pipe; its code, output and remarks."""
    out, err = io.StringIO(), io.StringIO()
    descriptor = str(readable(f"{PASSPHRASE}\n"))
    argv = ["--profile", str(terminal.root), "--passphrase-fd", descriptor, "notes", *words]
    console = Console(io.TextIOWrapper(io.BytesIO(data)), out, err)
    code = run_command(parse(argv), console, terminal.parts(), patience=0.0)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfcaf\xc3\xa9\r\nx", "café\nx"),
        ("café".encode("utf-16"), "café"),
        ("café".encode("utf-32"), "café"),
        (b"a" * 40 + b"\x00b", "a" * 40 + "\ufffdb"),
        (b"one line " * 1_200_000, "one line " * 1_200_000),
        (("#t" + " #t".join(str(n) + "x" for n in range(10_000))).encode(), None),
    ],
    ids=["utf-8 with a mark", "utf-16", "utf-32", "nul", "10 MB in a line", "10,000 tags"],
)
def test_what_a_pipe_may_hold(terminal: Terminal, data: bytes, text: str | None) -> None:
    """Text in every encoding that says which it is."""
    code, out, _ = bytes_piped(terminal, data, "new", "--json")
    assert code == 0
    if text is None:
        assert len(json.loads(out)["tags"]) == 10_000
        return
    terminal.run("notes", "show", "1", "--json")
    assert json.loads(terminal.out)["text"] == text


@pytest.mark.parametrize(
    "data",
    [
        b"caf\xe9",
        b"\xff\xfea",
        b"\xc3\xa9 caf\xe9 \xc3\xa9",
        "caf\u00e9".encode("utf-16-le"),
        b"",
        b" \n",
    ],
    ids=["latin-1", "half a character", "mixed", "utf-16 with no mark", "nothing", "blanks"],
)
def test_what_a_pipe_may_not_hold(terminal: Terminal, data: bytes) -> None:
    """No text, or in an encoding that can only be guessed: refused, and nothing is changed."""
    terminal.run("notes", "new", "stays")
    for action in (["new"], ["edit", "1"]):
        code, out, err = bytes_piped(terminal, data, *action)
        assert (code, out) == (2, "")
        assert "not kept" in err or "nothing to write" in err
    terminal.run("notes", "list")
    assert terminal.out.count("\n") == 1
    terminal.run("notes", "show", "1")
    assert terminal.out == "stays\n"


def test_more_than_a_note_holds(terminal: Terminal) -> None:
    """Refused with the limit, before and after it is decoded."""
    for data in (b"x" * 80_000_001, b"x" * 20_000_001):
        code, _, err = bytes_piped(terminal, data, "new")
        assert code == 2
        assert "20,000,000" in err


def test_a_folder_for_input(terminal: Terminal, tmp_path: Path) -> None:
    """``hush notes new < .`` says that it cannot be read."""

    class Folder(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise IsADirectoryError

    argv = ["--profile", str(terminal.root), "notes", "new"]
    console = Console(io.TextIOWrapper(Folder()), io.StringIO(), io.StringIO())
    assert run_command(parse(argv), console, terminal.parts(), patience=0.0) == 2


def test_nothing_drives_the_terminal(terminal: Terminal) -> None:
    """What is shown on a screen is made safe; in a pipe it is exactly what is stored."""
    terminal.run("notes", "new", piped="\x1b[31mred\x1b]0;title\x07\u202e")
    for argv in (["list"], ["show", "1"]):
        terminal.run("notes", *argv, screen=True)
        assert "\x1b" not in terminal.out + terminal.err
    terminal.run("notes", "show", "1")
    assert "\x1b[31m" in terminal.out


def test_written_in_an_editor(terminal: Terminal, editor: Path) -> None:
    """A new note, and one that is changed; the file is private, and gone afterwards."""
    edits(
        editor,
        "assert file.stat().st_mode & 0o77 == 0\n"
        "assert not file.read_text()\nfile.write_text('# Plan')",
    )
    assert at_the_keyboard(terminal, "notes", "new", "--tag", "x") == 0
    assert terminal.out == "     1  Plan\n"
    assert "unencrypted" in terminal.err
    edits(
        editor,
        "assert file.parent.stat().st_mode & 0o77 == 0\nassert file.read_text() == '# Plan\\n'\n"
        "(file.parent / '.note.md.swp').write_text('a copy')\nfile.write_text('# Plan\\nPeas\\n')",
    )
    assert at_the_keyboard(terminal, "notes", "edit", "1") == 0
    terminal.run("notes", "show", "1", "--json")
    shown = json.loads(terminal.out)
    assert (shown["text"], shown["tags"]) == ("# Plan\nPeas", ["x"])
    assert left(terminal.root) == []


@pytest.mark.parametrize(
    "body",
    ["pass", "file.write_text('')", "file.write_text(' \\n')", "file.write_text('first\\n')"],
)
def test_an_editor_that_changes_nothing(terminal: Terminal, editor: Path, body: str) -> None:
    """Or leaves nothing: the note stays as it was, and that is said."""
    terminal.run("notes", "new", "first")
    edits(editor, body)
    assert at_the_keyboard(terminal, "notes", "edit", "1") == 0
    assert (terminal.out, "Nothing was changed" in terminal.err) == ("", True)
    terminal.run("notes", "show", "1", "--json")
    assert json.loads(terminal.out)["revision"] == 1
    edits(editor, "pass")
    assert at_the_keyboard(terminal, "notes", "new") == 0
    assert terminal.out == ""
    assert left(terminal.root) == []


def test_no_editor(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named wrongly, or none on this machine: said, with what to do; no file stays."""
    terminal.run("notes", "new", "first")
    for name in ("/no/such/editor", "'unclosed"):
        monkeypatch.setenv("EDITOR", name)
        assert at_the_keyboard(terminal, "notes", "edit", "1") == 2
        assert "Set EDITOR" in terminal.err
        assert left(terminal.root) == []
    monkeypatch.setattr(noting, "_EDITORS", ("no-such-editor",))
    file = PrivateFile.write(terminal.root, 1, "x")
    with pytest.raises(InputRefused, match="No editor"):
        noting.own_editor(file, {})
    file.forget()


def test_visual_comes_first(tmp_path: Path) -> None:
    """As everywhere."""
    file = PrivateFile.write(tmp_path, None, "x")
    assert noting.own_editor(file, {"VISUAL": "true", "EDITOR": "false"})
    assert not noting.own_editor(file, {"EDITOR": "false"})


def test_an_editor_that_fails(terminal: Terminal, editor: Path) -> None:
    """What it left is kept beside the note by the next command; with nothing written, nothing."""
    terminal.run("notes", "new", "first")
    edits(editor, "sys.exit(1)")
    assert at_the_keyboard(terminal, "notes", "edit", "1") == 2
    assert left(terminal.root) == []
    edits(editor, "file.write_text('half a thought'); sys.exit(1)")
    assert at_the_keyboard(terminal, "notes", "edit", "1") == 2
    assert "What you wrote lies in" in terminal.err
    assert len(left(terminal.root)) == 1
    assert terminal.run("notes", "new", "next") == 0
    assert "kept as note 2" in terminal.err
    assert left(terminal.root) == []
    terminal.run("notes", "list", "--json")
    texts = {json.loads(line)["title"] for line in terminal.out.splitlines()}
    assert texts == {"first", "half a thought (other version)", "next"}


@pytest.mark.parametrize("data", [b"caf\xe9", b"\x00" * 100])
def test_an_editor_that_leaves_no_text(terminal: Terminal, editor: Path, data: bytes) -> None:
    """Nothing is thrown away that may matter: it is said where it lies, each time."""
    terminal.run("notes", "new", "first")
    edits(editor, f"file.write_bytes({data!r})")
    assert at_the_keyboard(terminal, "notes", "edit", "1") == 2
    assert terminal.run("notes", "new", "next") == 0
    assert "from an earlier edit" in terminal.err
    (file,) = left(terminal.root)
    assert file.path.read_bytes() == data


def test_killed_while_an_editor_was_open(terminal: Terminal) -> None:
    """The next command takes in what is there, once; what the note has already is no news."""
    terminal.run("notes", "new", "first")
    for note_id, text in ((1, "first"), (1, "first, on"), (99, "of a gone one"), (None, "new")):
        PrivateFile.write(terminal.root, note_id, text)
    (terminal.root / "editing-x").mkdir()
    (terminal.root / "editing-7-link").symlink_to(terminal.root)
    assert terminal.run("notes", "new", "next") == 0
    assert terminal.err.count("is kept as note") == 3
    terminal.run("notes", "list", "--json")
    titles = {json.loads(line)["title"] for line in terminal.out.splitlines()}
    assert titles == {"first", "first, on (other version)", "of a gone one", "new", "next"}
    assert left(terminal.root) == []


def test_no_room_for_what_was_edited(terminal: Terminal, editor: Path, tmp_path: Path) -> None:
    """The text stays in its file, whose place is told; once there is room it is taken in."""
    with small_disk_or_skip(tmp_path / "disk", 6) as disk:
        terminal.root = disk.root / "profile"
        terminal.run("notes", "new", "first")
        ballast = disk.root / "ballast"
        edits(
            editor,
            "import os\nfile.write_text('thought ' * 40_000)\n"
            f"descriptor = os.open({str(ballast)!r}, os.O_WRONLY | os.O_CREAT)\n"
            "free = os.statvfs(file).f_bavail * os.statvfs(file).f_bsize\n"
            "os.posix_fallocate(descriptor, 0, free - 8192)",
        )
        assert at_the_keyboard(terminal, "notes", "edit", "1") == 7
        assert "disk is full" in terminal.err
        assert "What you wrote lies in" in terminal.err
        disk.empty()
        assert terminal.run("notes", "new", "next") == 0
        terminal.run("notes", "list", "--json")
        assert len(terminal.out.splitlines()) == 3


def test_what_an_editor_made_is_overwritten(tmp_path: Path) -> None:
    """Before it is removed; what is no plain file is removed alone."""
    file = PrivateFile.write(tmp_path, 3, "secret")
    seen = os.open(file.path, os.O_RDONLY)
    target = tmp_path / "elsewhere"
    target.write_text("stays")
    (file.path.parent / "link").symlink_to(target)
    file.forget()
    assert os.read(seen, 100) == bytes(len("secret\n"))
    os.close(seen)
    assert target.read_text() == "stays"
    assert not file.path.parent.exists()
