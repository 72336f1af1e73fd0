"""The examiner's side of the candidate: call it, and never trust it.

`Candidate` is one notebook of a submission. A value that is no data arrives as a `Handle`, which
can be called and read but never judged.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn

from autograder.agent import FORK, HERE, KILL, PASSABLE
from autograder.course import Limits
from autograder.crossing import Channel, Decoder, Encoder, Uncrossable
from autograder.errors import CandidateLost
from autograder.sandbox import Usage
from autograder.verdict import shorten

RAISABLE = frozenset(
    """ArithmeticError AssertionError AttributeError EOFError FileNotFoundError ImportError
    IndexError KeyError LookupError MemoryError ModuleNotFoundError NameError NotImplementedError
    OSError OverflowError PermissionError RecursionError RuntimeError StopIteration SyntaxError
    TypeError UnboundLocalError UnicodeError ValueError ZeroDivisionError""".split()
)
LOOK_S = 0.5  # the most that one look at the clock counts
BUSY_FACTOR = 3.0  # how much longer what computes may take than what only waits
LOST = {
    "crashed": "The process died while your code ran ({detail}).",
    "timed_out": "It did not end within {detail}.",
    "out_of_memory": "It used more than {detail} of memory.",
    "protocol": "What your code gave back cannot be read: {detail}.",
}


class HandleMisuse(TypeError):
    """A test asked for the value of something that is no value."""


class Patience:
    """Wall time as the backstop behind the limit of processor time.

    On a busy machine an honest process waits for its turn, so wall time counts while nothing is
    computed; only a multiple of it ends what computes a little all the time.

    Args:
        idle_s: How long it may wait without computing, in seconds of wall time; 5 at least.
        cpu_s: Processor seconds that it had used before.
    """

    def __init__(self, idle_s: float, cpu_s: float) -> None:
        self.idle_limit_s = max(idle_s, 5.0)
        self.idle_s = 0.0
        self.cpu_s = cpu_s
        self.start = self.looked = time.monotonic()

    def ends_after(self, cpu_s: float) -> float:
        """Look at the clock; the wall time after which it ends, 0 while it may go on.

        Args:
            cpu_s: Processor seconds used so far. Called several times a second.
        """
        now = time.monotonic()
        if cpu_s <= self.cpu_s:
            self.idle_s += min(now - self.looked, LOOK_S)  # a longer pause was not its own
        self.cpu_s, self.looked = cpu_s, now
        if self.idle_s > self.idle_limit_s:
            return self.idle_limit_s
        longest_s = BUSY_FACTOR * self.idle_limit_s
        return longest_s if now - self.start > longest_s else 0.0


class Session:
    """What one test does with the candidate, remembered out of the test's reach.

    Attributes:
        lost: Why the candidate was lost; None while it lives. Sticky.
        misuse: What a test did with a handle that a handle cannot do. Sticky.
        raised: The last exception of the student's code, with its place. Not sticky.
        last_call: The last call and what it gave, in words.
    """

    def __init__(self) -> None:
        self.lost: CandidateLost | None = None
        self.misuse: str = ""
        self.raised: Mapping[str, Any] | None = None
        self.last_call: str = ""


class Candidate:
    """One notebook of a submission, alive in the sandbox.

    Args:
        limits: What the submission may use.
        usage: What the submission has used so far.
        control: Carries orders between cells and tests.
        checkpoints: Whether each turn begins with a fork, so that a loss costs that turn alone.
            Without, turns cost less, and a loss is the end.
    """

    def __init__(
        self,
        limits: Limits,
        usage: Callable[[], Usage],
        control: socket.socket,
        checkpoints: bool = True,
    ) -> None:
        self.usage = usage
        self.control = control
        self.limits = limits
        self.channel: Channel | None = None
        self.session = Session()
        self.callbacks: list[Callable[..., Any]] = []
        self.checkpoints = checkpoints
        self.dead = False
        self._cpu_start = 0.0
        self._patience = Patience(0.0, 0.0)
        self._budget_s = 0.0

    # One cell or test.

    @contextlib.contextmanager
    def turn(self, cpu_s: float) -> Iterator[Session]:
        """Let the candidate work for one cell or test, from a state that can be restored.

        Args:
            cpu_s: Processor time allowed, for the whole tree; wall time is the backstop.

        Yields:
            The session. After the block `session.lost` says whether the candidate was lost; its
            state is then the one from before, or, without checkpoints, it is dead.
        """
        self.session = Session()
        self.callbacks = []
        with contextlib.suppress(CandidateLost):  # remembered: every request will raise it again
            self._begin(cpu_s)
        try:
            yield self.session
        except CandidateLost:
            pass
        finally:
            self._end()

    def _begin(self, cpu_s: float) -> None:
        if self.dead:
            self._lose("crashed", "it had died before")
        ours, theirs = socket.socketpair()
        self._budget_s = cpu_s
        self._cpu_start = self.usage().cpu_s
        self._patience = Patience(cpu_s * self.limits.wall_factor, self._cpu_start)
        try:
            order = FORK if self.checkpoints else HERE
            socket.send_fds(self.control, [order], [theirs.fileno()])
        except OSError:
            self.dead = True
        theirs.close()
        self.channel = Channel(ours, self._watch)
        if self.dead:
            ours.close()
            self._lose("crashed", "it had died before")

    def _end(self) -> None:
        channel, self.channel = self.channel, None
        if channel is None:
            return
        if self.session.lost is None:
            try:
                channel.send({"op": "end"})
                channel.receive()
            except (OSError, Uncrossable):
                with contextlib.suppress(CandidateLost):
                    self._lose("crashed", "it ended itself")
            except CandidateLost:
                pass
        channel.sock.close()
        if self.session.lost is not None and not self.dead:
            self._restore()

    def _restore(self) -> None:
        """Have the copy that failed killed; the one that stood by takes over."""
        if not self.checkpoints:
            self.dead = True
            return
        try:
            self.control.settimeout(10.0)
            self.control.send(KILL)
            status = self.control.recv(2)
            self.control.settimeout(None)
        except OSError:
            status = b""
        if len(status) != 2:
            self.dead = True
            return
        code = int.from_bytes(status, "big", signed=True)
        lost = self.session.lost
        if lost is not None and lost.reason == "crashed":
            lost.what = LOST["crashed"].format(detail=_death(code))

    def forgive(self, wall_s: float) -> None:
        """Leave wall time out of this turn's account: it went by while others worked."""
        self._patience.start += wall_s

    def _watch(self) -> None:
        """Stop a turn that goes over a limit. Called while we wait."""
        usage = self.usage()
        if usage.processes > self.limits.processes:
            self._lose("crashed", f"it started more than {self.limits.processes} processes")
        if usage.memory_mb > self.limits.memory_mb:
            self._lose("out_of_memory", f"{self.limits.memory_mb} MB")
        if usage.cpu_s - self._cpu_start > self._budget_s:
            self._lose("timed_out", f"{self._budget_s:g} s of processor time")
        if waited_s := self._patience.ends_after(usage.cpu_s):
            self._lose("timed_out", f"{waited_s:g} s")

    def _lose(self, reason: str, detail: str) -> NoReturn:
        if self.session.lost is None:
            self.session.lost = CandidateLost(LOST[reason].format(detail=detail), reason)
        raise self.session.lost

    # Requests.

    def request(self, head: dict[str, Any], arguments: Any = None) -> Any:
        """Ask the candidate for one thing, and give its result as data and handles.

        Raises:
            CandidateLost: It died, hung, or sent what cannot be read.
            Exception: What the student's code raised, as the builtin type of that name.
        """
        if self.session.lost is not None:
            raise self.session.lost
        if self.channel is None:
            raise RuntimeError("an object of the student was used after its notebook had ended")
        encoder = Encoder(self._refer)
        if arguments is not None:
            head = {**head, "args": encoder.encode(arguments)}
        try:
            self.channel.send(head, encoder.buffers)
            return self._reply()
        except Uncrossable as error:
            self._lose("protocol", str(error))
        except OSError as error:
            if getattr(error, "__candidate__", False):  # raised by the student's code, say open()
                raise
            self._lose("crashed", "it ended itself")

    def _reply(self) -> Any:
        assert self.channel is not None
        while True:
            head, buffers = self.channel.receive()
            if head.get("op") == "callback":
                self._call_back(head, buffers)
            elif "error" in head:
                self._raise(head["error"])
            else:
                return Decoder(buffers, self._resolve).decode(head.get("ok"))

    def _call_back(self, head: dict[str, Any], buffers: list[bytes]) -> None:
        """Run one of the test's functions that the student's code was given."""
        assert self.channel is not None
        number = head.get("id")
        if type(number) is not int or not 0 <= number < len(self.callbacks):
            raise Uncrossable("a function that was never given was called")
        decoded = Decoder(buffers, self._resolve).decode(head.get("args"))
        if type(decoded) is not list or len(decoded) != 2 or type(decoded[1]) is not dict:
            raise Uncrossable("a function was called in an impossible way")
        args, kwargs = decoded
        encoder = Encoder(self._refer)
        try:
            reply = {"ok": encoder.encode(self.callbacks[number](*args, **kwargs))}
        except (CandidateLost, Uncrossable):
            raise
        except Exception as error:  # noqa: BLE001  (the test's function may raise; its caller gets it)
            encoder.buffers = []
            name = type(error).__name__
            reply = {
                "error": {
                    "name": name if name in RAISABLE else "RuntimeError",
                    "message": str(error),
                }
            }
        self.channel.send(reply, encoder.buffers)

    def _raise(self, error: Any) -> NoReturn:
        """Raise what the student's code raised, as a builtin type."""
        if type(error) is not dict or type(error.get("types")) is not list:
            raise Uncrossable("an error came back in no readable form")
        message, name = str(error.get("message", ""))[:2000], str(error.get("name", ""))[:100]
        known = [k for k in error["types"] if type(k) is str and k in RAISABLE]
        place = error.get("place")
        place = place if type(place) is dict and _is_line(place.get("line")) else {}
        self.session.raised = {"name": name, "message": message, "place": place}
        kind = getattr(__import__("builtins"), known[0]) if known else RuntimeError
        text = message if known and known[0] == name else f"{name}: {message}"
        raised: Any = kind(text)
        raised.__candidate__ = True
        raise raised

    # What crosses.

    def _refer(self, value: Any) -> dict[str, Any]:
        kind = type(value)
        if kind is Handle:
            candidate, key = object.__getattribute__(value, "_place")
            if candidate is not self:
                raise Uncrossable("an object of another notebook was used")
            return {"t": "ref", "id": key}
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if (
            isinstance(module, str)
            and isinstance(name, str)
            and module.partition(".")[0] in PASSABLE
        ):
            found: Any = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part, None)
            if found is value:
                return {"t": "global", "module": module, "name": name}
        if inspect.isroutine(value) or kind in (functools.partial, Probe):
            self.callbacks.append(value)
            return {"t": "callback", "id": len(self.callbacks) - 1}
        raise Uncrossable(
            f"an object of type {kind.__name__} cannot be given to the student's code; use a probe"
        )

    def _resolve(self, node: dict[str, Any]) -> Any:
        if node.get("t") == "handle" and type(node.get("id")) is str:
            return Handle(self, node["id"], str(node.get("kind"))[:100])
        raise Uncrossable("a value of unknown kind came back")

    # What the examiner does.

    def run(self, cell_id: str, source: str) -> dict[str, Any]:
        """Run one cell; see `Desk._op_run` for what comes back. Everything in it is hostile."""
        if self.session.lost is not None:
            raise self.session.lost
        assert self.channel is not None
        try:
            self.channel.send({"op": "run", "cell": cell_id, "source": source})
            head, _ = self.channel.receive()
        except Uncrossable as error:
            self._lose("protocol", str(error))
        except OSError:
            self._lose("crashed", "it ended itself")
        result = head.get("ok")
        return result if type(result) is dict else {}

    def values(self, names: Sequence[str]) -> dict[str, Any]:
        """The values of those names that exist."""
        found = self.request({"op": "names", "names": list(names)})
        return found if type(found) is dict else {}

    def printed(self) -> str:
        """What the student's code printed during this turn; empty where it cannot say."""
        try:
            assert self.channel is not None
            self.channel.send({"op": "printed"})
            head, _ = self.channel.receive()
        except (OSError, Uncrossable, CandidateLost, AssertionError):
            return ""
        return str(head.get("ok") or "")

    def seed(self, generator: str, value: Any) -> None:
        """Seed one of the candidate's generators: random, numpy or torch."""
        encoder = Encoder(self._refer)
        self.request({"op": "seed", "of": generator, "value": encoder.encode(value)})

    def close(self) -> None:
        """End the notebook."""
        self.control.close()


def _is_line(number: object) -> bool:
    return type(number) is int and 0 < number < 10**7


def _death(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        words = {"SIGSEGV": "a memory access that is not allowed", "SIGABRT": "it aborted"}
        return f"{name}: {words[name]}" if name in words else name
    return f"it ended itself with exit status {code}"


class Handle:
    """Something of the student's that is no data: a function, a class, a module, an iterator.

    It can be called, read, indexed, iterated and given back as an argument. It never judges: any
    question for its value raises, and is remembered as misuse.
    """

    __slots__ = ("_kind", "_place")

    def __init__(self, candidate: Candidate, key: str, kind: str) -> None:
        object.__setattr__(self, "_place", (candidate, key))
        object.__setattr__(self, "_kind", kind)

    def _do(self, how: str, *args: Any, **kwargs: Any) -> Any:
        candidate, key = object.__getattribute__(self, "_place")
        try:
            return candidate.request({"op": "do", "on": key, "how": how}, [list(args), kwargs])
        except StopIteration as error:
            if how == "next":
                raise
            # Around a call it would end the test's `map` or `zip` early, and nothing be checked.
            ended: Any = RuntimeError(f"StopIteration: {error}")
            ended.__candidate__ = True
            raise ended from error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it in the candidate; the result is data or a handle."""
        candidate, _ = object.__getattribute__(self, "_place")
        result = self._do("call", *args, **kwargs)
        candidate.session.last_call = shorten(describe(result))
        return result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__doc__", "__name__"):
            raise AttributeError(name)
        return self._do("getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._do("setattr", name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._do("getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._do("setitem", key, value)

    def __len__(self) -> int:
        size = self._do("len")
        return size if type(size) is int and size >= 0 else 0

    def __iter__(self) -> Iterator[Any]:
        iterator = self._do("iter")
        while True:
            try:
                item = iterator._do("next")
            except StopIteration:
                return
            yield item

    def __next__(self) -> Any:
        return self._do("next")

    def __enter__(self) -> Any:
        return self._do("enter")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._do("exit", None, None, None)

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_kind')} of the answer>"

    def _misuse(self, what: str) -> NoReturn:
        candidate, _ = object.__getattribute__(self, "_place")
        kind = object.__getattribute__(self, "_kind")
        text = (
            f"{what} needs a value, but the answer gave an object of type {kind}; "
            "data was expected (a number, text, a list, an array or a tensor)"
        )
        candidate.session.misuse = candidate.session.misuse or text
        raise HandleMisuse(text)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        self._misuse("isinstance()")

    def __hash__(self) -> int:
        return id(self)


def _never(what: str) -> Callable[..., NoReturn]:
    def method(self: Handle, *_: Any) -> NoReturn:
        self._misuse(what)

    return method


for _name, _what in {
    "__eq__": "==", "__ne__": "!=", "__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">=",
    "__bool__": "a condition", "__contains__": "in", "__float__": "float()", "__int__": "int()",
    "__index__": "an index", "__complex__": "complex()", "__array__": "an array", "__add__": "+",
    "__radd__": "+", "__sub__": "-", "__rsub__": "-", "__mul__": "*", "__rmul__": "*",
    "__truediv__": "/", "__rtruediv__": "/", "__matmul__": "@", "__rmatmul__": "@", "__neg__": "-",
    "__abs__": "abs()", "__pow__": "**", "__rpow__": "**", "__round__": "round()",
}.items():  # fmt: skip
    setattr(Handle, _name, _never(_what))


class Probe:
    """An instructor's function whose source runs beside the student's objects.

    Args:
        candidate: Where it runs.
        name: Name of the function.
        source: Its source text.
    """

    def __init__(self, candidate: Candidate, name: str, source: str) -> None:
        self.candidate = candidate
        self.name = name
        self.source = source

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Ship the source, run it there, and give its result as data or handles."""
        head = {"op": "probe", "name": self.name, "source": self.source}
        return self.candidate.request(head, [list(args), kwargs])


def describe(value: Any) -> str:
    """A student's value in words: numbers as they are, arrays by shape and dtype."""
    kind = type(value)
    if kind is Handle:
        return repr(value)
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        if value.shape == ():
            return str(value.item())
        dtype = str(value.dtype).removeprefix("torch.")
        name = {"ndarray": "array", "Tensor": "tensor"}.get(kind.__name__, kind.__name__)
        return f"{dtype} {name} of shape {tuple(value.shape)}"
    if kind in (tuple, list) and len(value) <= 6:
        inner = ", ".join(describe(v) for v in value)
        return f"({inner})" if kind is tuple else f"[{inner}]"
    if kind in (tuple, list, dict, set):
        return f"{kind.__name__} of {len(value)} items"
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
