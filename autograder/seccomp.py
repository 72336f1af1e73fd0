"""System calls that student code has no use for, refused by the kernel.

A classic BPF program, written by hand: check the architecture, look the call up, answer EPERM.
Refused are calls that open a way around the other limits: memory that no scratch folder bounds
(`memfd_create`), tracing and reading other processes, new namespaces and mounts, io_uring, keys,
bpf, and sockets of any family but Unix.

Reference:
    linux/filter.h, linux/seccomp.h; Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import errno
import os
import platform
import socket
import struct
from collections.abc import Sequence

LOAD, JUMP_IF_EQUAL, JUMP_IF_SET, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
X32 = 0x40000000  # calls of the x32 interface have this bit
NEW_NAMESPACES = (
    0x7E020080  # CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
)

# Numbers from the kernel's tables (arch/x86/entry/syscalls, include/uapi/asm-generic/unistd.h).
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED: dict[str, dict[str, int]] = {
    "x86_64": {
        "ptrace": 101, "mount": 165, "umount2": 166, "pivot_root": 155, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "memfd_create": 319, "bpf": 321,
        "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsmount": 432, "pidfd_getfd": 438,
        "memfd_secret": 447, "kexec_load": 246, "open_by_handle_at": 304, "shmget": 29,
    },
    "aarch64": {
        "ptrace": 117, "mount": 40, "umount2": 39, "pivot_root": 41, "add_key": 217,
        "request_key": 218, "keyctl": 219, "unshare": 97, "perf_event_open": 241, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "memfd_create": 279, "bpf": 280,
        "userfaultfd": 282, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsmount": 432, "pidfd_getfd": 438,
        "memfd_secret": 447, "kexec_load": 104, "open_by_handle_at": 265, "shmget": 194,
    },
}  # fmt: skip
SOCKET = {"x86_64": 41, "aarch64": 198}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435  # its flags lie in memory: answered "not there", so that libraries fall back to clone


def supported() -> bool:
    """Whether this machine's processor is one that the filter knows."""
    return platform.machine() in ARCHITECTURES


def program(machine: str) -> bytes:
    """The filter for a processor, as the kernel loads it.

    Args:
        machine: `x86_64` or `aarch64`.
    """
    refuse = (RETURN, 0, 0, REFUSE | errno.EPERM)
    allow = (RETURN, 0, 0, ALLOW)
    lines: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        lines += [(JUMP_IF_AT_LEAST, 0, 1, X32), refuse]
    for number in REFUSED[machine].values():
        lines += [(JUMP_IF_EQUAL, 0, 1, number), refuse]
    lines += [(JUMP_IF_EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, REFUSE | errno.ENOSYS)]
    lines += [
        (JUMP_IF_EQUAL, 0, 4, SOCKET[machine]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 0, 1, socket.AF_UNIX),
        allow,
        refuse,
    ]
    lines += [
        (JUMP_IF_EQUAL, 0, 3, CLONE[machine]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_SET, 0, 1, NEW_NAMESPACES),
        refuse,
        allow,
    ]
    return _packed(lines)


def _packed(lines: Sequence[tuple[int, int, int, int]]) -> bytes:
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def here() -> bytes:
    """The filter for this machine's processor; empty where the processor is unknown."""
    return program(platform.machine()) if supported() else b""


def open_program() -> int | None:
    """A descriptor from which bubblewrap reads the filter; None on an unknown processor.

    The caller closes it.
    """
    if not supported():
        return None
    reader, writer = os.pipe()
    os.write(writer, program(platform.machine()))
    os.close(writer)
    os.set_inheritable(reader, True)
    return reader
