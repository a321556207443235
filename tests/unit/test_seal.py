"""The seal in real processes: every way to a socket that is known is tried from behind it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.engine.sealed import child_seal
from assistant.sealing.protocol import MEMORY_OPEN, Level
from assistant.sealing.seccomp import (
    FILTER_ALONE,
    FILTER_OVER_SCOPE,
    MACHINES,
    Machine,
    machine_of,
    program,
)
from tests.fakes.seal import verdict

ROOT = Path(__file__).parent.parent.parent
HOSTILE_ARCHITECTURES = {"i386": 0x40000003, "arm": 0x40000028, "nothing": 0, "x32": 0xC000003E}

linux = pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
intel = pytest.mark.skipif(os.uname().machine != "x86_64", reason="a call of this processor's")


# The filter's program, run by hand ---------------------------------------------------------


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> Machine:
    """Both that are known."""
    return MACHINES[request.param]


def refused(machine: Machine, number: int, first: int = 0) -> int:
    """What the filter answers to a call of the machine's own."""
    return verdict(program(machine), number, machine.audit, first)


@pytest.mark.parametrize("name", ["socket", "socketpair"])
def test_only_local_sockets(machine: Machine, name: str) -> None:
    """AF_UNIX is 1; no other family of Linux's passes, nor any that is made up."""
    number = getattr(machine, name)
    answers = {family: refused(machine, number, family) for family in [*range(64), 2**31]}
    assert answers.pop(1) == 0
    assert set(answers.values()) == {errno.EACCES}


def test_the_family_is_a_c_int(machine: Machine) -> None:
    """The kernel drops the upper half of the register, so it decides nothing here."""
    assert refused(machine, machine.socket, (7 << 32) | 1) == 0
    assert refused(machine, machine.socket, (1 << 32) | 2) == errno.EACCES


@pytest.mark.parametrize("number", [425, 426, 427])
def test_no_ring(machine: Machine, number: int) -> None:
    """io_uring makes sockets past any filter; without it, libraries do as they did before."""
    assert refused(machine, number) == errno.ENOSYS


def test_nothing_is_taken_from_another_process(machine: Machine) -> None:
    """Neither its descriptors, nor by becoming its debugger."""
    for number in (438, machine.ptrace, machine.process_vm_writev):
        assert refused(machine, number) == errno.EPERM


@pytest.mark.parametrize("name", HOSTILE_ARCHITECTURES)
def test_no_other_architecture(machine: Machine, name: str) -> None:
    """There, numbers mean something else: 102 is ``socketcall`` on i386, and 359 is ``socket``."""
    for number in (0, 1, 102, 198, 359, machine.socket):
        if name == "x32":
            if machine.has_x32:
                assert refused(machine, 0x40000000 | number) == errno.EACCES
        else:
            answer = verdict(program(machine), number, HOSTILE_ARCHITECTURES[name], 1)
            assert answer == errno.EACCES


def test_everything_else_goes_on(machine: Machine) -> None:
    """Below the ring's numbers, and after."""
    special = {machine.socket, machine.socketpair, machine.ptrace, machine.process_vm_writev}
    for number in {*range(470)} - {425, 426, 427, 438} - special:
        assert refused(machine, number) == 0, number


def test_it_says_that_it_stands(machine: Machine) -> None:
    """By an error that no kernel has, so nobody else's filter is taken for it."""
    assert FILTER_ALONE not in errno.errorcode
    assert verdict(program(machine), 0x485553, machine.audit) == FILTER_ALONE
    over = program(machine, FILTER_OVER_SCOPE)
    assert verdict(over, 0x485553, machine.audit) == FILTER_OVER_SCOPE == FILTER_ALONE + 2


def test_a_program_of_32_bits() -> None:
    """The filter would refuse it every call: it gets none."""
    assert machine_of("x86_64", is_64_bit=False) is None


# The real kernel ---------------------------------------------------------------------------

BEGIN = """
import ctypes, errno, json, os, socket, subprocess, sys, threading
from assistant.sealing.choose import install, report
def tried(family, kind=socket.SOCK_STREAM):
    try:
        socket.socket(family, kind).close()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "made"
def call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return "made" if result >= 0 else errno.errorcode[ctypes.get_errno()]
def all_ways():
    return {
        "inet": tried(socket.AF_INET), "inet6": tried(socket.AF_INET6),
        "datagram": tried(socket.AF_INET, socket.SOCK_DGRAM),
        "raw": tried(socket.AF_INET, socket.SOCK_RAW),
        "packet": tried(socket.AF_PACKET, socket.SOCK_RAW),
        "netlink": tried(socket.AF_NETLINK, socket.SOCK_RAW), "vsock": tried(socket.AF_VSOCK),
        "ctypes": call({"x86_64": 41, "aarch64": 198}[os.uname().machine], 2, 1, 0),
        "ring": call(425, 0, 0), "descriptor": call(438, 0, 0, 0),
    }
def shut():
    return set(all_ways().values()) <= {"EACCES", "EPERM", "ENOSYS"}
"""


def inside(body: str, *prefix: str, environment: dict[str, str] | None = None) -> Any:
    """Run code in a process of its own, which prints one JSON value last."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", BEGIN + body],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@linux
def test_before_it_all_ways_lead_out() -> None:
    """Else what follows proves nothing; packets and raw sockets are root's, vsock not always."""
    ways = inside("print(json.dumps(all_ways()))")
    always = ("inet", "datagram", "netlink", "ctypes")
    assert {ways[name] for name in always} == {"made"}
    assert ways["ring"] in {"EFAULT", "EPERM", "ENOSYS"}


@linux
def test_behind_it_none_does() -> None:
    """And what is local stays."""
    ways, local = inside(
        "install()\n"
        "a, b = socket.socketpair()\n"
        "print(json.dumps([all_ways(), [tried(socket.AF_UNIX), b.recv(1) if a.close() else 'ok']]))"
    )
    assert ways.pop("ring") == "ENOSYS"
    assert ways.pop("descriptor") == "EPERM"
    assert set(ways.values()) == {"EACCES"}
    assert local == ["made", "ok"]


@linux
def test_a_thread_that_ran_before() -> None:
    """Is covered from the next call on."""
    assert inside("""
go, done, found = threading.Event(), threading.Event(), []
def work():
    found.append(tried(socket.AF_INET))
    done.set()
    go.wait()
    found.append(tried(socket.AF_INET))
thread = threading.Thread(target=work)
thread.start()
done.wait()
install()
go.set()
thread.join()
print(json.dumps(found))
""") == ["made", "EACCES"]


@linux
def test_qt_from_a_running_thread() -> None:
    """``QTcpSocket`` and a C library's sockets pass by Python's audit; not by the kernel."""
    assert inside("""
from PySide6.QtCore import QCoreApplication, QThread
from PySide6.QtNetwork import QTcpServer, QTcpSocket, QUdpSocket, QHostAddress
application = QCoreApplication([])
go, done, found = threading.Event(), threading.Event(), []
def look():
    server, one, other = QTcpServer(), QTcpSocket(), QUdpSocket()
    heard = server.listen(QHostAddress(QHostAddress.SpecialAddress.LocalHost), 0)
    bound = other.bind(QHostAddress(QHostAddress.SpecialAddress.LocalHost), 0)
    one.connectToHost("127.0.0.1", server.serverPort() or 9)
    return [heard, bound, one.waitForConnected(2000)]
class Work(QThread):
    def run(self):
        found.append(look())
        done.set()
        go.wait()
        found.append(look())
thread = Work()
thread.start()
done.wait()
install()
go.set()
thread.wait()
print(json.dumps(found))
""") == [[True, True, True], [False, False, False]]


@linux
def test_children_and_what_takes_its_place() -> None:
    """``exec`` keeps it, and so does everybody who is started."""
    code = BEGIN + "print(json.dumps([shut(), report().level, os.getpid()]))"
    child, level, again = inside(f"""
install()
code = {code!r}
child = json.loads(subprocess.check_output([sys.executable, "-c", code]))
code = code.replace("os.getpid()", f"{{child!r}}, {{os.getpid()}} == os.getpid()")
os.execv(sys.executable, [sys.executable, "-c", code])
""")[:3]
    assert child is True
    assert level == "whole"
    assert again[:2] == [True, "whole"]


@linux
def test_without_any_right() -> None:
    """A person is not root; the filter is put up all the same."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() or not setpriv:
        pytest.skip("it is nobody's privilege here already")
    rights = ("--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all")
    body = "print(json.dumps([install().level, shut()]))"
    assert inside(body, setpriv, *rights, "--") == ["whole", True]


@linux
@intel
def test_calls_of_other_architectures() -> None:
    """The x32 number of ``socket``, and i386's by ``int 0x80``, from a page of code."""
    assert inside("""
import mmap
def i386(number, *arguments):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code = b"\\x53\\xb8" + number.to_bytes(4, "little")  # push rbx; mov eax, number
    for op, value in zip((b"\\xbb", b"\\xb9", b"\\xba"), arguments):  # mov ebx, ecx, edx
        code += op + value.to_bytes(4, "little")
    page.write(code + b"\\xcd\\x80\\x5b\\xc3")  # int 0x80; pop rbx; ret
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(place)()
    return "made" if result >= 0 else errno.errorcode[-result]
before = i386(359, 2, 1, 0)
install()
print(json.dumps([before in ("made", "ENOSYS"), i386(359, 2, 1, 0), i386(20, 0, 0, 0),
    call(0x40000000 | 41, 2, 1, 0)]))
""") == [True, "EACCES", "EACCES", "EACCES"]


@linux
def test_landlock_stands_behind_it() -> None:
    """Alone, it refuses TCP, and lets names be asked for: so it is no wall by itself."""
    landlock = """
from assistant.sealing import landlock, seccomp
from assistant.sealing.kernel import LinuxKernel
from assistant.sealing.linux import LinuxSeal
kernel = LinuxKernel()
version = landlock.version(kernel)
seccomp.forgo_privileges(kernel, seccomp.machine_of(os.uname().machine))
stands = landlock.put_up(kernel) is landlock.Stands.NETWORK
def outcome(kind):
    with socket.socket(socket.AF_INET, kind) as it:
        return errno.errorcode.get(it.connect_ex(("127.0.0.1", 9)), "fine")
print(json.dumps([version, stands, outcome(socket.SOCK_STREAM), outcome(socket.SOCK_DGRAM),
    LinuxSeal().report().level]))
"""
    version, stands, stream, datagram, level = inside(landlock)
    if version < 4:
        pytest.skip("this kernel's Landlock has no rules for the network")
    assert (stands, stream, datagram, level) == (True, "EACCES", "fine", "partial")


MEMORY = """
import ctypes
from assistant.sealing import landlock, seccomp
from assistant.sealing.kernel import LinuxKernel
from assistant.sealing.linux import LinuxSeal
class Older(LinuxKernel):
    def call(self, number, *arguments):
        result = super().call(number, *arguments)
        asked = number == 444 and arguments[2] == 1
        return min(result, VERSION) if asked else result
other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
def memory():
    try:
        os.close(os.open(f"/proc/{other.pid}/mem", os.O_RDWR))
    except OSError as error:
        return errno.errorcode[error.errno]
    return "open"
# A child is not behind what its parent puts up later.
before = memory()
found = LinuxSeal(Older()).install()
ours, theirs = sys.argv[1:]
open(os.path.join(ours, "file"), "w").close()
os.rename(os.path.join(ours, "file"), os.path.join(theirs, "moved"))
print(json.dumps([before, memory(), found.level, found.layers[1].name, found.layers[1].installed,
    found.sentence]))
other.kill()
"""


@linux
@pytest.mark.parametrize(
    ("version", "level"), [(7, "whole"), (3, "whole"), (2, "whole"), (1, "partial")]
)
def test_other_programs_memory(tmp_path: Path, version: int, level: str) -> None:
    """Its file in /proc is a way past the filter, which Landlock shuts; else the report says so.

    On this kernel, asked as an older one can be. Files are still moved from folder to folder.
    """
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    folders = f"sys.argv[1:] = [{str(tmp_path / 'ours')!r}, {str(tmp_path / 'theirs')!r}]\n"
    known = inside(
        "from assistant.sealing import landlock; from assistant.sealing.kernel import LinuxKernel\n"
        "print(json.dumps(landlock.version(LinuxKernel())))"
    )
    if known < version:
        pytest.skip("this kernel's Landlock is older")
    body = folders + MEMORY.replace("VERSION", str(version))
    before, after, found, name, stands, sentence = inside(body)
    assert (tmp_path / "theirs" / "moved").exists()
    if before != "open":
        pytest.skip("another process's memory cannot be opened here anyway")
    assert found == level
    assert (after == "open") is (level == "partial")
    assert (stands, name) == (level == "whole", f"Landlock ({'TCP' if version > 3 else 'memory'})")
    assert (sentence == MEMORY_OPEN) is (level == "partial")


# What surrounds it --------------------------------------------------------------------------


@linux
def test_the_engines_process_says_of_itself() -> None:
    """It is started as the engine is, with llama.cpp in it, and tries for itself."""
    code = "from assistant.engine.sealed import child_seal; from dataclasses import asdict\n"
    told = inside(code + "install()\nprint(json.dumps(asdict(child_seal())))")
    assert (told["level"], told["proven"]) == ("whole", True)
    free = child_seal()
    assert free is not None
    assert (free.level, free.proven) == (Level.NONE, False)


WRONG_REPORT = """
import os
body = b'{"op": "sealed", "report": {"level": "very"}}'
os.write(1, len(body).to_bytes(4, "big") + body)
"""


@pytest.mark.parametrize(
    "code",
    [
        "",
        "import os; os.write(1, b'nonsense, and much of it')",
        "import os; os.write(1, (2).to_bytes(4, 'big') + b'{}')",
        WRONG_REPORT,
        "import os; os.kill(os.getpid(), 9)",
    ],
)
def test_a_child_that_says_nothing_of_use(code: str) -> None:
    """Then nothing is known of it, and nothing is claimed."""
    assert child_seal((sys.executable, "-I", "-c", code)) is None


def test_a_child_that_hangs() -> None:
    """It is ended."""
    assert child_seal((sys.executable, "-I", "-c", "import time; time.sleep(600)"), 0.3) is None


def test_it_stands_alone() -> None:
    """The seal and the broker import nothing of the house, nor of others: little can go wrong."""
    code = (
        "import sys, runpy; sys.path.insert(0, '.');"
        "import assistant.sealing.choose as choose, assistant.sealing.linux;"
        "choose.report();"
        "runpy.run_path('assistant/net/broker.py');"
        "print(sorted(name for name in sys.modules if name.startswith('assistant')"
        " and not name.startswith('assistant.sealing')))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "['assistant']\n"
