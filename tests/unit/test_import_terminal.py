"""``hush notes import`` and ``hush notes export``, over the real services."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.import_bench import archive, write_notes
from tests.unit.terminals import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A profile of its own."""
    return Terminal(tmp_path / "profile")


def test_there_and_back(terminal: Terminal, tmp_path: Path) -> None:
    """A folder in, a folder out, and what was skipped, by name."""
    write_notes(tmp_path / "in", 3)
    (tmp_path / "in" / "bad.md").write_bytes(b"\xff\xff")
    assert terminal.run("notes", "import", str(tmp_path / "in")) == 0
    assert terminal.out == "3 new.\n"
    assert "skipped: bad.md: It is not valid text" in terminal.err
    assert terminal.run("notes", "export", str(tmp_path / "out")) == 0
    assert terminal.out == "3 written.\n"
    assert "not encrypted there" in terminal.err
    assert (tmp_path / "out" / "0001.md").read_bytes() == (tmp_path / "in" / "0001.md").read_bytes()
    assert terminal.run("notes", "import", str(tmp_path / "out")) == 0
    assert terminal.out == "3 unchanged.\n"


def test_as_json(terminal: Terminal, tmp_path: Path) -> None:
    """One object, for programs."""
    write_notes(tmp_path / "in", 2)
    (tmp_path / "in" / "bad.md").write_bytes(b"\xff\xff")
    terminal.run("notes", "import", str(tmp_path / "in"), "--json")
    report = json.loads(terminal.out)
    assert (report["new"], report["cancelled"]) == (2, False)
    assert report["skipped"][0]["name"] == "bad.md"
    terminal.run("notes", "export", str(tmp_path / "all.json"), "--format", "json", "--json")
    assert json.loads(terminal.out)["written"] == 2
    assert len(json.loads((tmp_path / "all.json").read_text())["notes"]) == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("import", "nowhere"), 4),
        (("import", "a.exe"), 2),
        (("export", "nowhere/below"), 2),
        (("import",), 2),
    ],
)
def test_what_cannot_be_done(
    terminal: Terminal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
) -> None:
    """In words, with the documented exit code."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.exe").write_text("x")
    if len(words) == 1:
        with pytest.raises(SystemExit) as ended:
            terminal.run("notes", *words)
        assert ended.value.code == code
    else:
        assert terminal.run("notes", *words) == code


def test_a_screen_is_safe_from_names(terminal: Terminal, tmp_path: Path) -> None:
    """A file's name may hold escape sequences."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a\x1b[2Jb.md").write_bytes(b"\xff\xff")
    terminal.run("notes", "import", str(tmp_path / "in"), screen=True)
    assert "\x1b" not in terminal.out + terminal.err


def test_folders_as_tags(terminal: Terminal, tmp_path: Path) -> None:
    """Wanted, kept without another word, and no longer wanted; of a .zip as of a folder."""
    path = tmp_path / "Vault.zip"
    path.write_bytes(archive({"travel/japan/x.md": b"# Kyoto"}))
    terminal.run("notes", "import", str(path))
    terminal.run("notes", "list", "--tag", "travel")
    assert "Kyoto" not in terminal.out
    terminal.run("notes", "import", str(path), "--folder-tags")
    assert terminal.out == "1 changed.\n"
    terminal.run("notes", "import", str(path))
    assert terminal.out == "1 unchanged.\n"
    terminal.run("notes", "list", "--tag", "travel")
    assert "Kyoto" in terminal.out
    terminal.run("notes", "import", str(path), "--no-folder-tags")
    terminal.run("notes", "list", "--tag", "travel")
    assert "Kyoto" not in terminal.out


def test_the_report_is_there_later(terminal: Terminal, tmp_path: Path) -> None:
    """With every name, also where the import showed some alone."""
    assert terminal.run("notes", "report") == 0
    assert "no report" in terminal.err
    write_notes(tmp_path / "in", 2)
    for n in range(25):
        (tmp_path / "in" / f"bad{n:02}.md").write_bytes(b"\xff\xff")
    terminal.run("notes", "import", str(tmp_path / "in"))
    assert terminal.err.count("skipped: bad") == 20
    assert "5 more; “hush notes report” names them" in terminal.err
    terminal.run("notes", "report")
    assert str(tmp_path / "in") in terminal.out
    assert "2 new." in terminal.out
    assert terminal.err.count("skipped: bad") == 25
    terminal.run("notes", "report", "--json")
    told = json.loads(terminal.out)
    assert (told["new"], len(told["skipped"])) == (2, 25)


def test_an_export_sends_nobody_to_a_report(terminal: Terminal, tmp_path: Path) -> None:
    """Of exports none is kept."""
    write_notes(tmp_path / "in", 25)
    terminal.run("notes", "import", str(tmp_path / "in"))
    (tmp_path / "out").mkdir()
    for n in range(25):
        (tmp_path / "out" / f"{n:04}.md").write_text("theirs")
    terminal.run("notes", "export", str(tmp_path / "out"))
    assert terminal.err.count("Another file stands under its own name") == 20
    assert "to know: 5 more." in terminal.err
    assert "hush notes report" not in terminal.err
