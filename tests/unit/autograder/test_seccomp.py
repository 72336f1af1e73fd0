"""`autograder.seccomp`: the program says no to what it names, and yes to everything else."""

import errno
import socket
import struct

import pytest

from autograder import seccomp


def answer(
    machine: str,
    number: int,
    *arguments: int,
    architecture: int | None = None,
    alone: bool = False,
) -> int:
    """What the filter answers to one system call: the program, interpreted."""
    code = seccomp.program(machine, alone=alone)
    lines = [struct.unpack_from("=HBBI", code, i) for i in range(0, len(code), 8)]
    place = seccomp.ARCHITECTURES[machine] if architecture is None else architecture
    data = struct.pack("=IIQ6Q", number, place, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    loaded, at = 0, 0
    while True:
        operation, if_true, if_false, k = lines[at]
        at += 1
        if operation == seccomp.LOAD:
            (loaded,) = struct.unpack_from("=I", data, k)
        elif operation == seccomp.AND:
            loaded &= k
        elif operation == seccomp.RETURN:
            return int(k)
        else:
            holds = {
                seccomp.JUMP_IF_EQUAL: loaded == k,
                seccomp.JUMP_IF_SET: bool(loaded & k),
                seccomp.JUMP_IF_AT_LEAST: loaded >= k,
            }[operation]
            at += if_true if holds else if_false


EPERM = seccomp.REFUSE | errno.EPERM
MACHINES = sorted(seccomp.ARCHITECTURES)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_list_is_refused(machine: str) -> None:
    """memfd_create, ptrace, mount and the rest end with EPERM."""
    for name, number in seccomp.REFUSED[machine].items():
        assert answer(machine, number) == EPERM, name


@pytest.mark.parametrize("machine", MACHINES)
def test_ordinary_calls_are_allowed(machine: str) -> None:
    """Every call that is not named goes through."""
    named = {*seccomp.REFUSED[machine].values(), seccomp.CLONE3}
    for number in set(range(470)) - named - {seccomp.SOCKET[machine]}:
        assert answer(machine, number) == seccomp.ALLOW, number


@pytest.mark.parametrize("machine", MACHINES)
def test_only_unix_sockets_are_allowed(machine: str) -> None:
    """A socket of the internet, or of any other family, is refused."""
    number = seccomp.SOCKET[machine]
    assert answer(machine, number, socket.AF_UNIX) == seccomp.ALLOW
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, 40):
        assert answer(machine, number, family) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_a_fork_is_allowed_and_a_new_namespace_is_not(machine: str) -> None:
    """clone with SIGCHLD alone passes; with CLONE_NEWUSER it does not; clone3 is not there."""
    number = seccomp.CLONE[machine]
    assert answer(machine, number, 17) == seccomp.ALLOW
    assert answer(machine, number, 17 | 0x10000000) == EPERM
    assert answer(machine, seccomp.CLONE3) == seccomp.REFUSE | errno.ENOSYS


def test_another_architecture_is_killed() -> None:
    """32-bit calls on a 64-bit machine end the process; x32 calls are refused."""
    assert answer("x86_64", 39, architecture=0x40000003) == seccomp.KILL
    assert answer("x86_64", 39 | seccomp.X32) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_more_is_refused_where_no_namespaces_stand_behind(machine: str) -> None:
    """Sockets to others, queues with names, watching: EPERM, and allowed in bubblewrap."""
    more = seccomp.ALONE[machine]
    assert {"connect", "bind", "listen", "mq_open", "sched_setaffinity"} <= set(more)
    for name, number in {**seccomp.REFUSED[machine], **more}.items():
        assert answer(machine, number, alone=True) == EPERM, name
        assert name in seccomp.REFUSED[machine] or answer(machine, number) == seccomp.ALLOW
    assert answer(machine, seccomp.SOCKET[machine], socket.AF_UNIX, alone=True) == EPERM
    assert answer(machine, seccomp.CLONE[machine], 17, alone=True) == seccomp.ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_rights_of_files_seem_to_change(machine: str) -> None:
    """chmod, chown and utime are answered with success and not done, in the fallback alone."""
    for name, number in seccomp.FEIGNED[machine].items():
        assert answer(machine, number, alone=True) == seccomp.REFUSE, name
        assert answer(machine, number) == seccomp.ALLOW, name


@pytest.mark.parametrize("machine", MACHINES)
def test_a_pair_of_streams_is_all_that_is_left_of_sockets(machine: str) -> None:
    """Datagrams could be addressed to anybody; flags do not matter."""
    number, flags = seccomp.SOCKETPAIR[machine], socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        assert answer(machine, number, socket.AF_UNIX, kind | flags, alone=True) == seccomp.ALLOW
        assert answer(machine, number, socket.AF_INET, kind, alone=True) == EPERM
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        assert answer(machine, number, socket.AF_UNIX, kind | flags, alone=True) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_limits_of_others_and_leases_are_refused(machine: str) -> None:
    """prlimit for itself only; fcntl but for leases and notices."""
    limit, control = seccomp.PRLIMIT[machine], seccomp.FCNTL[machine]
    assert answer(machine, limit, 0, alone=True) == seccomp.ALLOW
    assert answer(machine, limit, 4711, alone=True) == EPERM
    assert answer(machine, control, 3, 2, alone=True) == seccomp.ALLOW
    assert answer(machine, control, 3, seccomp.SET_LEASE, alone=True) == EPERM
    assert answer(machine, control, 3, seccomp.NOTIFY, alone=True) == EPERM
