"""What a process of Hush asks of the operating system for itself, before it holds anything.

Nothing here keeps out an administrator, or malware that runs as the person and was there first;
and memory that the system swaps out or hibernates with is the disk's to encrypt.

Only Linux's part was ever run. The others follow their makers' manuals and KeePassXC
(``src/core/Bootstrap.cpp``), and wait for such a machine.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h
_PT_DENY_ATTACH: Final = 31  # sys/ptrace.h of macOS


def harden_process() -> None:
    """Keep this process's files and memory to its owner. To be called before any secret is read.

    Files it makes are readable by their owner only. A crash leaves no core dump, which would hold
    the conversation in clear, and no other process of the same user may trace it or read its
    memory. Children inherit the file mode and the core limit; the rest each asks for itself, and
    so does a program that replaces this one.
    """
    os.umask(0o077)
    if sys.platform == "win32":
        _harden_windows()
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Where /proc/sys/kernel/core_pattern names a program, as systemd-coredump does, the kernel
        # passes over the limit of 0; it never dumps what is not dumpable (core(5), prctl(2)).
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if sys.platform == "darwin":
        with suppress(OSError, AttributeError):  # ptrace(2) of macOS
            ctypes.CDLL(None).ptrace(_PT_DENY_ATTACH, 0, None, 0)


if sys.platform == "win32":
    _SEM_FAILCRITICALERRORS: Final = 0x0001
    _SEM_NOGPFAULTERRORBOX: Final = 0x0002
    _WER_FAULT_REPORTING_FLAG_NOHEAP: Final = 1
    _PROCESS_IMAGE_LOAD_POLICY: Final = 10
    _NO_REMOTE_IMAGES: Final = 0x1
    _PREFER_SYSTEM32: Final = 0x4
    _DACL_SECURITY_INFORMATION: Final = 0x4
    _SDDL_REVISION: Final = 1
    _FEW_RIGHTS: Final = "D:P(A;;0x101001;;;OW)(A;;0x101001;;;SY)"
    """SYNCHRONIZE, PROCESS_QUERY_LIMITED_INFORMATION and PROCESS_TERMINATE, for the owner and the
    system; so not PROCESS_VM_READ. Naming the owner (OW) takes the right to change this list."""

    def _harden_windows() -> None:
        """Each step by itself: an older Windows may lack one."""
        for step in (_no_error_reports, _no_foreign_libraries, _no_reading):
            with suppress(OSError, AttributeError):
                step()

    def _no_error_reports() -> None:
        """No dialogue that offers to send a report; no heap in one (SetErrorMode, WerSetFlags)."""
        kernel = ctypes.WinDLL("kernel32")
        kernel.SetErrorMode(_SEM_FAILCRITICALERRORS | _SEM_NOGPFAULTERRORBOX)
        kernel.WerSetFlags(_WER_FAULT_REPORTING_FLAG_NOHEAP)

    def _no_foreign_libraries() -> None:
        """Load no library over the network (SetProcessMitigationPolicy).

        Hooks of other programs stay allowed: screen readers and input methods need them.
        """
        flags = ctypes.c_uint32(_NO_REMOTE_IMAGES | _PREFER_SYSTEM32)
        ctypes.WinDLL("kernel32").SetProcessMitigationPolicy(
            _PROCESS_IMAGE_LOAD_POLICY, ctypes.byref(flags), ctypes.sizeof(flags)
        )

    def _no_reading() -> None:
        """Deny other processes of this user our memory, as KeePassXC's createWindowsDACL does."""
        advapi, kernel = ctypes.WinDLL("advapi32"), ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.LocalFree.argtypes = [ctypes.c_void_p]
        advapi.SetKernelObjectSecurity.argtypes = [
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
        ]
        descriptor = ctypes.c_void_p()
        if advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
            ctypes.c_wchar_p(_FEW_RIGHTS), _SDDL_REVISION, ctypes.byref(descriptor), None
        ):
            advapi.SetKernelObjectSecurity(
                kernel.GetCurrentProcess(), _DACL_SECURITY_INFORMATION, descriptor
            )
            kernel.LocalFree(descriptor)
