"""llama.cpp's own programs, to be measured against: ``llama-bench`` and ``llama-server``.

They are built once from the source inside llama-cpp-python's sdist, in the version that Hush
uses, by that sdist's own CMake file, and run with the very libraries that Hush runs: what differs
is only what stands around them.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.cache import cache_folder

PACKAGE: Final = "llama-cpp-python"
TOOLS: Final = ("llama-bench", "llama-server")

# As the wheel: Release, for this machine's processor, shared libraries, no curl (its CMake file
# sees to the last two). What is added are the programs, without TLS and without their web page.
_FLAGS: Final = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DLLAVA_BUILD=OFF",
    "-DLLAMA_BUILD_TOOLS=ON",
    "-DLLAMA_BUILD_SERVER=ON",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",  # nothing is fetched while building
)
_LIBRARY_PATH: Final = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"


class Unbuildable(Exception):
    """llama.cpp's programs cannot be made here, in a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The built programs, and the environment to start them in."""

    bench: Path
    server: Path
    environment: Mapping[str, str]


def llama_cpp() -> Programs:
    """The programs, built where they are not there yet. That takes minutes and says so.

    Raises:
        Unbuildable: a tool is missing, the source cannot be had, or the build failed.
    """
    version = importlib.metadata.version(PACKAGE)
    folder = cache_folder() / f"llama.cpp-{version}"
    binaries, mark = folder / "build" / "bin", folder / "built"
    if not mark.exists():
        _need_tools()
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if not mark.exists():  # another run may have built them meanwhile
                print(f"Building llama.cpp's own programs in {folder}, once: some minutes")
                _build(_source(folder, version), folder / "build", folder / "build.log")
                mark.touch()
    return Programs(binaries / TOOLS[0], binaries / TOOLS[1], _environment())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two builds in one folder would write over each other: wait for the other one."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def missing_tools(find: Callable[[str], str | None] = shutil.which) -> list[str]:
    """What the build needs and this machine has not.

    Args:
        find: Where a program of this name lies, None where there is none.
    """
    compilers = (os.environ.get("CXX", ""), "c++", "g++", "clang++")
    compiler = any(name and find(name) for name in compilers)
    return [*(["CMake"] * (not find("cmake"))), *(["a C++ compiler"] * (not compiler))]


def _need_tools() -> None:
    if missing := missing_tools():
        verb = "are" if len(missing) > 1 else "is"
        raise Unbuildable(
            f"{' and '.join(missing)} {verb} needed to build llama-bench and llama-server. "
            "On Debian and Ubuntu: apt install cmake build-essential"
        )


def _source(folder: Path, version: str) -> Path:
    """The unpacked sdist, fetched by pip where it is not there."""
    source = folder / "source"
    if source.exists():
        return source
    archive = folder / f"{PACKAGE.replace('-', '_')}-{version}.tar.gz"
    if not archive.exists():
        wanted = ("--no-deps", f"--no-binary={PACKAGE}", f"{PACKAGE}=={version}")
        fetch = (sys.executable, "-m", "pip", "download", "--dest", str(folder), *wanted)
        _run(fetch, folder / "download.log", "The source of llama-cpp-python cannot be fetched.")
    partial = folder / "source.partial"
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(partial, filter="data")
    (partial / archive.name.removesuffix(".tar.gz")).rename(source)
    partial.rmdir()
    return source


def _build(source: Path, build: Path, log: Path) -> None:
    generator = ("-G", "Ninja") if shutil.which("ninja") else ()
    asked = shlex.split(os.environ.get("CMAKE_ARGS", ""))  # those of the wheel's build, if any
    failed = "llama.cpp's programs cannot be built."
    configure = ("cmake", "-S", str(source), "-B", str(build), *generator, *asked, *_FLAGS)
    _run(configure, log, failed)
    jobs = str(os.cpu_count() or 1)
    _run(("cmake", "--build", str(build), "--parallel", jobs, "--target", *TOOLS), log, failed)


def _run(command: Sequence[str], log: Path, failed: str) -> None:
    with log.open("wb") as written:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        raise Unbuildable(f"{failed} The output is in {log}.")


def _environment() -> dict[str, str]:
    """Hush's own llama.cpp libraries come first; so does nothing else of its settings."""
    spec = find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        raise Unbuildable("llama-cpp-python is not installed here.")
    return dict(os.environ) | {_LIBRARY_PATH: str(Path(spec.origin).parent / "lib")}
