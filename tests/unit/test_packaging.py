"""The set-up, its pins, and what the desktop is told about Hush."""

from __future__ import annotations

import configparser
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
APP_ID = "app.hush.Hush"


def script(name: str) -> ModuleType:
    """Load one of packaging's scripts, which belong to no package."""
    spec = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


bootstrap = script("bootstrap")
display_libraries = script("display_libraries")


def pins() -> dict[str, str]:
    """Read constraints.txt: canonical name to version."""
    lines = (PACKAGING / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def declared() -> list[Requirement]:
    """Read what pyproject.toml asks for: to run, to develop, to build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    wanted += project["project"]["optional-dependencies"]["export"]
    return [Requirement(line) for line in wanted + project["build-system"]["requires"]]


def brought_along(requirement: Requirement) -> Iterator[Requirement]:
    """List what an installed package asks for on this machine, without its extras."""
    for line in importlib.metadata.requires(requirement.name) or ():
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            yield wanted


class TestPins:
    """``packaging/constraints.txt``."""

    def test_every_line_is_one_exact_version(self) -> None:
        """A range would let two machines differ; an odd spelling would hide a line."""
        for name, version in pins().items():
            assert name == canonicalize_name(name)
            assert re.fullmatch(r"[0-9][0-9a-z.]*", version), name

    @pytest.mark.parametrize("requirement", declared(), ids=lambda requirement: requirement.name)
    def test_declared_packages_are_pinned_within_their_range(
        self, requirement: Requirement
    ) -> None:
        """A pin outside pyproject's range would make pip refuse the whole set-up."""
        name = canonicalize_name(requirement.name)
        assert name in pins(), f"{name} has no line in constraints.txt"
        assert requirement.specifier.contains(pins()[name])

    def test_everything_brought_along_is_pinned(self) -> None:
        """What a package asks for in its turn is pinned too, at the version that is installed."""
        build = {"setuptools"}  # lives in pip's build environment only
        todo = [wanted for wanted in declared() if canonicalize_name(wanted.name) not in build]
        seen: set[str] = set()
        while todo:
            requirement = todo.pop()
            name = canonicalize_name(requirement.name)
            if name not in seen:
                seen.add(name)
                todo.extend(brought_along(requirement))
        # Behind a plus stands how torch was built; a pin takes any.
        installed = {
            name: importlib.metadata.version(name).partition("+")[0] for name in sorted(seen)
        }
        assert installed == {name: pins().get(name, "not pinned") for name in sorted(seen)}

    def test_the_set_up_finds_its_pins(self) -> None:
        """The packages that the set-up names itself are in the file that it reads."""
        for package in (bootstrap.COMPILED, bootstrap.STARTER_MODEL, bootstrap.STARTER_ENCODER):
            assert bootstrap.pinned(package, PACKAGING / "constraints.txt") == pins()[package]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the set-up reads, and an environment whose Python is this one."""
    (tmp_path / "packaging").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "packaging" / "constraints.txt").write_text("pip==1\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    # A link would leave the environment that this Python has its pip from.
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path


class TestMarks:
    """How the set-up knows what there is to do."""

    def test_a_finished_environment_serves(self, checkout: Path) -> None:
        """The second run finds everything done."""
        environment = bootstrap.Environment(checkout)
        wanted = environment.wanted(dev=False)
        with environment.unfinished(wanted):
            assert environment.mark() is None
        assert environment.mark().serves(wanted)
        assert environment.usable(wanted)

    def test_the_program_is_not_enough_for_the_tests(self, checkout: Path) -> None:
        """`make test` after `make run` still installs the tools; not the other way round."""
        environment = bootstrap.Environment(checkout)
        program, tools = environment.wanted(dev=False), environment.wanted(dev=True)
        assert tools.serves(program)
        assert not program.serves(tools)

    @pytest.mark.parametrize("edited", ["pyproject.toml", "packaging/constraints.txt"])
    def test_an_edited_pin_installs_into_the_same_environment(
        self, checkout: Path, edited: str
    ) -> None:
        """Neither file may change unseen, and neither change costs a new environment."""
        environment = bootstrap.Environment(checkout)
        with environment.unfinished(environment.wanted(dev=False)):
            pass
        (checkout / edited).write_text("# edited\n")
        wanted = environment.wanted(dev=False)
        assert not environment.mark().serves(wanted)
        assert environment.usable(wanted)

    def test_a_set_up_that_was_cut_off_is_begun_again(self, checkout: Path) -> None:
        """What a killed pip left behind is not built upon."""
        environment = bootstrap.Environment(checkout)
        wanted = environment.wanted(dev=False)
        with pytest.raises(KeyboardInterrupt), environment.unfinished(wanted):
            raise KeyboardInterrupt
        assert environment.mark() is None
        assert not environment.usable(wanted)

    @pytest.mark.parametrize(
        ("problem", "kept"), [("NothingChanged", True), ("SetupProblem", False)]
    )
    def test_a_failure_keeps_what_it_did_not_touch(
        self, checkout: Path, problem: str, kept: bool
    ) -> None:
        """With the network gone, an update must not cost what works; a full disk may well have."""
        environment = bootstrap.Environment(checkout)
        wanted = environment.wanted(dev=False)
        kind = getattr(bootstrap, problem)
        with pytest.raises(kind), environment.unfinished(wanted):
            raise kind("in words")
        assert environment.mark() is None
        assert environment.usable(wanted) is kept

    def test_another_python_or_place_needs_another_environment(self, checkout: Path) -> None:
        """Scripts in an environment name its folder, and its packages fit one Python."""
        environment = bootstrap.Environment(checkout)
        with environment.unfinished(environment.wanted(dev=False)):
            pass
        moved = bootstrap.Mark(home="3.99 /elsewhere", inputs="", dev=False)
        assert not environment.usable(moved)

    def test_an_environment_whose_python_went_is_not_used(self, checkout: Path) -> None:
        """The system's Python was upgraded away from under the environment."""
        environment = bootstrap.Environment(checkout)
        wanted = environment.wanted(dev=False)
        with environment.unfinished(wanted):
            pass
        environment.python.unlink()
        environment.python.symlink_to(checkout / "gone")
        assert environment.mark() is None
        assert not environment.usable(wanted)


class TestPip:
    """What the set-up makes of pip's end; pip is a script that prints and fails."""

    @pytest.mark.parametrize(
        ("printed", "problem"),
        [
            ("Collecting things", "NothingChanged"),
            ("Installing collected packages: things", "SetupProblem"),
        ],
    )
    def test_a_failure_says_whether_the_environment_was_touched(
        self, checkout: Path, printed: str, problem: str
    ) -> None:
        """Only before "Installing collected packages" is everything as it was."""
        environment = bootstrap.Environment(checkout)
        environment.python.write_text(f"#!/bin/sh\necho '{printed}'\nexit 1\n")
        with bootstrap.alone(checkout) as lock:
            pip = bootstrap.Pip(environment, lock)
            with pytest.raises(bootstrap.SetupProblem, match="pip failed") as raised:
                pip.install("things")
        assert raised.type is getattr(bootstrap, problem)
        assert printed in environment.log.read_text()

    def test_a_machine_without_torch_gets_the_rest(
        self, checkout: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where nobody builds torch Hush is set up all the same, and says what it lacks."""
        environment = bootstrap.Environment(checkout)
        calls = checkout / "calls"
        environment.python.write_text(
            "#!/bin/sh\n"
            f'echo "$*" >> {calls}\n'
            'case "$*" in *"[export]"*) echo "ERROR: No matching distribution found for torch==1"; '
            "exit 1;; esac\n"
        )
        with bootstrap.alone(checkout) as lock:
            bootstrap.install(environment, lock, dev=False)
        assert "words, not meaning" in capsys.readouterr().out
        asked = [line.partition("constraints.txt ")[2] for line in calls.read_text().splitlines()]
        assert any(line.endswith("--editable .") for line in asked)
        assert asked[-1] == f"--no-deps {bootstrap.STARTER_MODEL} {bootstrap.STARTER_ENCODER}"

    def test_a_network_that_went_is_not_taken_for_that(self, checkout: Path) -> None:
        """Otherwise a set-up without its search would count as ready for ever."""
        environment = bootstrap.Environment(checkout)
        environment.python.write_text(
            '#!/bin/sh\ncase "$*" in *"[export]"*) echo "NameResolutionError()"; exit 1;; esac\n'
        )
        with bootstrap.alone(checkout) as lock, pytest.raises(bootstrap.NothingChanged):
            bootstrap.install(environment, lock, dev=False)


class TestWords:
    """What the person reads when the machine lacks something."""

    @pytest.mark.parametrize(
        ("output", "words"),
        [
            ("No CMAKE_CXX_COMPILER could be found.", "apt install build-essential"),
            ("NameResolutionError(...)", "Check the network"),
            ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ],
    )
    def test_known_failures_are_one_line(self, output: str, words: str) -> None:
        """A page of pip's output is no answer to a missing compiler."""
        said = bootstrap.diagnose(["Collecting things\n", f"{output}\n"], Path("setup.log"))
        assert words in said
        assert "\n" not in said

    def test_unknown_failures_show_the_end_of_the_log(self) -> None:
        """Twenty lines and the log's place: enough for a report."""
        lines = [f"line {number}\n" for number in range(100)]
        said = bootstrap.diagnose(lines, Path("setup.log"))
        assert "setup.log" in said
        assert said.splitlines()[1:] == [f"line {number}" for number in range(80, 100)]

    def test_missing_libraries_are_named_by_package(self) -> None:
        """One line, one package each, and a library without a known package under its own name."""
        listing = (
            "\tlibEGL.so.1 => not found\n"
            "\tlibc.so.6 => /lib/libc.so.6 (0x00007f)\n"
            "\tlibglib-2.0.so.0 => not found\n"
            "\tlibgthread-2.0.so.0 => not found\n"
            "\tlibEGL.so.1 => not found\n"
            "\tlibnew.so.9 => not found\n"
        )
        missing = display_libraries.not_found(listing)
        assert missing == ["libEGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0", "libnew.so.9"]
        line = display_libraries.install_line(missing)
        assert line.endswith("apt install libegl1 libglib2.0-0 (libnew.so.9)")

    @pytest.mark.parametrize(
        ("environment", "plugin"),
        [
            ({}, None),
            ({"DISPLAY": ":0"}, "xcb"),
            ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "wayland"),
        ],
    )
    def test_only_this_session_s_libraries_are_asked_for(
        self, environment: dict[str, str], plugin: str | None
    ) -> None:
        """A machine without a display is not told to install a desktop's libraries."""
        assert display_libraries.session_plugin(environment) == plugin


class TestDesktopFiles:
    """The menu entry and the AppStream metadata."""

    def entry(self) -> configparser.SectionProxy:
        """Read the desktop entry."""
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign] # keys are case-sensitive
        parser.read(PACKAGING / f"{APP_ID}.desktop")
        return parser["Desktop Entry"]

    def component(self) -> ET.Element:
        """Read the metadata; our own file, so the plain parser will do."""
        return ET.parse(PACKAGING / f"{APP_ID}.metainfo.xml").getroot()  # noqa: S314 - our own file

    def test_both_are_about_the_same_program(self) -> None:
        """One id in both files, and the command that pyproject.toml installs."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        entry, component = self.entry(), self.component()
        assert component.findtext("id") == entry["Icon"] == APP_ID
        assert component.findtext("launchable") == f"{APP_ID}.desktop"
        assert component.findtext("name") == entry["Name"] == "Hush"
        assert [entry["Exec"]] == [component.findtext("provides/binary")] == [*project["scripts"]]
        assert component.findtext("project_license") == project["license"]

    def test_the_rating_is_stated(self) -> None:
        """Software centres hide a program that has no content rating."""
        rating = self.component().find("content_rating")
        assert rating is not None
        assert rating.get("type") == "oars-1.1"

    @pytest.mark.parametrize(
        "command",
        [
            ["desktop-file-validate", f"{APP_ID}.desktop"],
            ["appstreamcli", "validate", "--no-net", f"{APP_ID}.metainfo.xml"],
        ],
        ids=lambda command: command[0],
    )
    def test_the_validators_agree(self, command: list[str]) -> None:
        """The desktop's own tools find no fault."""
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        run = subprocess.run(command, cwd=PACKAGING, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


class TestMakefile:
    """``make help``."""

    def test_help_lists_every_command_that_has_words(self) -> None:
        """The list is made from the Makefile, so it can neither lack a command nor invent one."""
        make = shutil.which("make")
        if make is None:
            pytest.skip("make is not installed")
        documented = re.findall(r"^([a-z-]+):.*## (.+)$", (ROOT / "Makefile").read_text(), re.M)
        outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}  # of the make that runs these tests
        run = subprocess.run(
            [make, "--no-print-directory"],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in outer},
            capture_output=True,
            text=True,
            check=True,
        )
        listed = [tuple(line.split(maxsplit=2)[1:]) for line in run.stdout.splitlines()]
        assert listed == documented
        assert {"setup", "run", "test", "check", "bench", "help"} == {name for name, _ in listed}
