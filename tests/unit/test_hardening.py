"""Another process of the same user can neither read Hush's memory nor attach to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.gnome_keyring import DEADLINE

ROOT = Path(__file__).parent.parent.parent
DENIED = {"EACCES", "EPERM"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl and /proc are Linux's")

# Tries what a debugger, a thief or malware would; says per way what came of it.
ATTACKER = """
import ctypes, errno, json, os, sys
pid, libc = int(sys.argv[1]), ctypes.CDLL(None, use_errno=True)
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
def outcome(result):
    return "ok" if result >= 0 else errno.errorcode[ctypes.get_errno()]
def read_file(name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read() and "ok"
    except OSError as error:
        return errno.errorcode[error.errno]
def open_memory():
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY))
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]
def read_memory():
    with open("/proc/self/maps") as maps:  # with no address known, that of our own stack's page
        address = int(next(row for row in maps if "[stack]" in row).split("-")[0], 16)
    here = ctypes.create_string_buffer(8)
    ours, theirs = Part(ctypes.addressof(here), 8), Part(address, 8)
    read = libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
    found = outcome(read)
    return "ok" if found == "EFAULT" else found  # allowed, but nothing lies there
def attach():
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    done = outcome(libc.ptrace(16, pid, None, None))  # PTRACE_ATTACH
    if done == "ok":
        os.waitpid(pid, 0x40000000)  # __WALL
        libc.ptrace(17, pid, None, None)  # PTRACE_DETACH
    return done
print(json.dumps({"mem": open_memory(), "environ": read_file("environ"),
                  "process_vm_readv": read_memory(), "ptrace": attach()}))
"""


def same_user() -> list[str]:
    """Run what follows as this user, with no right over other processes.

    Root may trace everything through its capabilities; without them it is a user like any other.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if not setpriv:
        pytest.skip("setpriv is not installed, and root may read all memory")
    return [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--"]


@contextmanager
def running(*command: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of the same user, with its input open, until the test is done."""
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    with subprocess.Popen(
        [*same_user(), *command],
        stdin=pipe,
        stdout=pipe,
        stderr=quiet,
        env=environment | variables,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def attack(process: subprocess.Popen[bytes]) -> dict[str, str]:
    """Attack once; what came of each way."""
    command = [*same_user(), sys.executable, "-I", "-c", ATTACKER, str(process.pid)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def assert_barred(process: subprocess.Popen[bytes]) -> None:
    """Every way is shut, soon after the start and for good; and it leaves no core dump."""
    end = time.monotonic() + 3 * DEADLINE
    while not set((found := attack(process)).values()) <= DENIED:
        assert time.monotonic() < end, found
        assert process.poll() is None
    assert process.poll() is None
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert "Umask:\t0077" in status
    limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
    core = next(row for row in limits if row.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


@pytest.fixture
def unlocked_system() -> None:
    """Where the system forbids all tracing by itself, as Yama may, there is nothing to prove."""
    with running(sys.executable, "-I", "-c", "print(1, flush=True); input()") as process:
        assert process.stdout
        process.stdout.readline()
        found = attack(process)
    if set(found.values()) != {"ok"}:
        pytest.skip(f"this system forbids it to all: {found}")


@pytest.mark.usefixtures("unlocked_system")
def test_harden_process_bars_the_same_user() -> None:
    """The function itself, in a process that holds something."""
    code = "from assistant.machine.hardening import harden_process; harden_process(); input()"
    with running(sys.executable, "-c", code) as process:
        assert_barred(process)


@pytest.mark.usefixtures("unlocked_system")
@pytest.mark.parametrize("module", ["assistant.engine.child", "assistant.access.proving"])
def test_child_processes_are_barred(module: str) -> None:
    """Each asks for itself: what the parent asked for ends at exec."""
    with running(sys.executable, "-I", "-m", module) as process:
        assert_barred(process)


@pytest.mark.usefixtures("unlocked_system")
def test_terminal_is_barred(tmp_path: Path) -> None:
    """While it still waits for what is piped in."""
    profile = str(tmp_path / "profile")
    with running(sys.executable, "-m", "assistant", "--profile", profile, "ask") as process:
        assert_barred(process)


@pytest.mark.usefixtures("unlocked_system")
def test_window_is_barred(tmp_path: Path) -> None:
    """The whole program, on a screen that nobody sees."""
    hush = str(Path(sys.executable).with_name("hush"))
    home = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    with running(hush, "--profile", str(tmp_path / "profile"), **home) as process:
        assert_barred(process)
