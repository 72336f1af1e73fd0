"""System calls that student code has no use for, refused by the kernel.

A classic BPF program, written by hand: check the architecture, look the call up, answer EPERM.
Refused are calls that open a way around the other limits: memory that no scratch folder bounds
(`memfd_create`), tracing and reading other processes, new namespaces and mounts, io_uring, keys,
bpf, and sockets of any family but Unix. Without namespaces of its own (`alone`) student code shares
the machine's processes, names and files with everybody, so more is refused: see `ALONE`.

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
AND = 0x54
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24  # in struct seccomp_data
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
        "personality": 135, "chroot": 161, "syslog": 103,
    },
    "aarch64": {
        "ptrace": 117, "mount": 40, "umount2": 39, "pivot_root": 41, "add_key": 217,
        "request_key": 218, "keyctl": 219, "unshare": 97, "perf_event_open": 241, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "memfd_create": 279, "bpf": 280,
        "userfaultfd": 282, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsmount": 432, "pidfd_getfd": 438,
        "memfd_secret": 447, "kexec_load": 104, "open_by_handle_at": 265, "shmget": 194,
        "personality": 92, "chroot": 51, "syslog": 116,
    },
}  # fmt: skip
# Refused as well where there are no namespaces: sockets to others, memory and queues with names
# (System V, POSIX), watching files, and setting how other processes of the same user run.
ALONE: dict[str, dict[str, int]] = {
    "x86_64": {
        "connect": 42, "bind": 49, "listen": 50, "shmat": 30, "shmctl": 31, "semget": 64,
        "semop": 65, "semctl": 66, "semtimedop": 220, "msgget": 68, "msgsnd": 69, "msgrcv": 70,
        "msgctl": 71, "mq_open": 240, "mq_unlink": 241, "inotify_init": 253, "inotify_init1": 294,
        "inotify_add_watch": 254, "fanotify_init": 300, "setpriority": 141, "sched_setparam": 142,
        "sched_setscheduler": 144, "sched_setaffinity": 203, "sched_setattr": 314,
        "ioprio_set": 251, "migrate_pages": 256, "move_pages": 279, "truncate": 76,
        "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197,
        "lremovexattr": 198, "fremovexattr": 199, "setxattrat": 463, "removexattrat": 466,
        "file_setattr": 469,
    },
    "aarch64": {
        "connect": 203, "bind": 200, "listen": 201, "shmat": 196, "shmctl": 195, "semget": 190,
        "semop": 193, "semctl": 191, "semtimedop": 192, "msgget": 186, "msgsnd": 189, "msgrcv": 188,
        "msgctl": 187, "mq_open": 180, "mq_unlink": 181, "inotify_init1": 26,
        "inotify_add_watch": 27, "fanotify_init": 262, "setpriority": 140, "sched_setparam": 118,
        "sched_setscheduler": 119, "sched_setaffinity": 122, "sched_setattr": 274,
        "ioprio_set": 30, "migrate_pages": 238, "move_pages": 239, "truncate": 45,
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14,
        "lremovexattr": 15, "fremovexattr": 16, "setxattrat": 463, "removexattrat": 466,
        "file_setattr": 469,
    },
}  # fmt: skip
# Landlock does not keep a user from changing rights and times of his own files, wherever they lie.
# Answered as done, and not done: copying a file ends with these calls, and nothing depends on them.
FEIGNED: dict[str, dict[str, int]] = {
    "x86_64": {
        "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "chown": 92, "fchown": 93,
        "lchown": 94, "fchownat": 260, "utime": 132, "utimes": 235, "futimesat": 261,
        "utimensat": 280,
    },
    "aarch64": {
        "fchmod": 52, "fchmodat": 53, "fchmodat2": 452, "fchown": 55, "fchownat": 54,
        "utimensat": 88,
    },
}  # fmt: skip
SOCKET = {"x86_64": 41, "aarch64": 198}
SOCKETPAIR = {"x86_64": 53, "aarch64": 199}
PRLIMIT = {"x86_64": 302, "aarch64": 261}
FCNTL = {"x86_64": 72, "aarch64": 25}
SET_LEASE, NOTIFY = 1024, 1026  # fcntl: hold up who opens a file; watch a folder
SOCKET_TYPE = 0xF  # the other bits are flags
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435  # its flags lie in memory: answered "not there", so that libraries fall back to clone


def supported() -> bool:
    """Whether this machine's processor is one that the filter knows."""
    return platform.machine() in ARCHITECTURES


Line = tuple[int, int, int, int]
REFUSE_IT: Line = (RETURN, 0, 0, REFUSE | errno.EPERM)
FEIGN_IT: Line = (RETURN, 0, 0, REFUSE)  # error number 0: nothing is done, and all seems well
ALLOW_IT: Line = (RETURN, 0, 0, ALLOW)


def program(machine: str, *, alone: bool = False) -> bytes:
    """The filter for a processor, as the kernel loads it.

    Args:
        machine: `x86_64` or `aarch64`.
        alone: Whether no namespaces stand behind the filter.
    """
    lines: list[Line] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        lines += [(JUMP_IF_AT_LEAST, 0, 1, X32), REFUSE_IT]
    for number in REFUSED[machine].values():
        lines += _on(number, REFUSE_IT)
    lines += _on(CLONE3, (RETURN, 0, 0, REFUSE | errno.ENOSYS))
    lines += _alone(machine) if alone else _on(SOCKET[machine], *_only(socket.AF_UNIX))
    no_namespace = [(LOAD, 0, 0, FIRST_ARGUMENT), (JUMP_IF_SET, 0, 1, NEW_NAMESPACES)]
    lines += _on(CLONE[machine], *no_namespace, REFUSE_IT, ALLOW_IT)
    return _packed([*lines, ALLOW_IT])


def _alone(machine: str) -> list[Line]:
    """What is refused on top where no namespaces stand behind the filter."""
    lines = [line for n in ALONE[machine].values() for line in _on(n, REFUSE_IT)]
    lines += [line for n in FEIGNED[machine].values() for line in _on(n, FEIGN_IT)]
    lines += _on(SOCKET[machine], REFUSE_IT)
    # A pair of streams reaches nobody else; a datagram can be addressed to any socket.
    lines += _on(
        SOCKETPAIR[machine],
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 1, 0, socket.AF_UNIX),
        REFUSE_IT,
        (LOAD, 0, 0, SECOND_ARGUMENT),
        (AND, 0, 0, SOCKET_TYPE),
        (JUMP_IF_EQUAL, 2, 0, socket.SOCK_STREAM),
        (JUMP_IF_EQUAL, 1, 0, socket.SOCK_SEQPACKET),
        REFUSE_IT,
        ALLOW_IT,
    )
    lines += _on(PRLIMIT[machine], *_only(0))  # its own limits, nobody else's
    lines += _on(
        FCNTL[machine],
        (LOAD, 0, 0, SECOND_ARGUMENT),
        (JUMP_IF_EQUAL, 2, 0, SET_LEASE),
        (JUMP_IF_EQUAL, 1, 0, NOTIFY),
        ALLOW_IT,
        REFUSE_IT,
    )
    return lines


def _on(number: int, *then: Line) -> list[Line]:
    """What to do at one call; the last of these lines returns."""
    return [(JUMP_IF_EQUAL, 0, len(then), number), *then]


def _only(first: int) -> list[Line]:
    """Allow a call with this first argument, refuse it with any other."""
    return [(LOAD, 0, 0, FIRST_ARGUMENT), (JUMP_IF_EQUAL, 0, 1, first), ALLOW_IT, REFUSE_IT]


def _packed(lines: Sequence[Line]) -> bytes:
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def here(*, alone: bool = False) -> bytes:
    """The filter for this machine's processor; empty where the processor is unknown."""
    return program(platform.machine(), alone=alone) if supported() else b""


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
