"""The process that runs student code: what stands inside the sandbox.

It holds no test and no answer. The *warm* process loads the assignment's modules once and runs no
student code. For every submission it forks a process that confines itself; that one forks a *desk*
for every notebook. A desk runs the student's cells in an IPython shell and answers the examiner's
calls. Where it is to survive what it runs, it forks before every cell and test: the copy works, the
original stands by and takes over in the state from before if the copy dies.

Student code shares the process with this module and may change anything in it. It gains nothing by
that: whatever comes out of here is judged as the student's answer, outside.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import importlib
import io
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from autograder import confine, memory
from autograder.crossing import Channel, Decoder, Encoder, Uncrossable

PR_SET_CHILD_SUBREAPER = 36  # from linux/prctl.h
HAND_IN = "submission"  # folder of the hand-in's files; read-only where it is confined
FORK, HERE, KILL = b"f", b"h", b"k"  # orders: serve a turn in a fork, or here; kill the fork
DESCRIPTORS = 4096  # more than the warm process has open
ORDER_LIMIT = 1 << 16  # bytes of one order to the warm process
FORK_TRIES, FORK_PAUSE_S = 40, 0.05
FIRST_ERROR = "1 / 0"
FIRST_FIGURE = r"""
import matplotlib.pyplot as plt
for scale in ("linear", "log"):
    figure, axes = plt.subplots()
    axes.plot([1, 2], [1, 2], "--", label=r"$\sigma(x)^2$")
    axes.set(title="a", xlabel="b", ylabel=r"$\frac{1}{2}$", yscale=scale)
    axes.legend()
    axes.grid()
plt.figure()
plt.imshow([[0, 1]])
plt.show()
"""
LEFT_OUT = "some files of the hand-in could not be copied beside the notebook"
PASSABLE = frozenset(
    {"builtins", "collections", "functools", "math", "numpy", "operator", "sympy", "torch"}
)


class Stream(io.TextIOBase):
    """A text stream that keeps the first `limit` characters and says that it left out the rest."""

    def __init__(self, name: str, sink: list[dict[str, Any]], limit: int) -> None:
        self.name, self.sink, self.left = name, sink, limit

    def writable(self) -> bool:
        """A stream is for writing."""
        return True

    def write(self, text: str) -> int:
        """Keep a piece of text, joined with the piece before it."""
        kept = str(text)[: max(self.left, 0)]
        if self.left > 0 and len(text) > self.left:
            kept += "\n… (more was printed; it is left out)\n"
        self.left -= len(text)
        if kept and self.sink and self.sink[-1].get("name") == self.name:
            self.sink[-1]["text"] += kept
        elif kept:
            self.sink.append({"output_type": "stream", "name": self.name, "text": kept})
        return len(text)


class Outputs:
    """Collects what a cell or a test shows, in the form of a notebook's outputs."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.items: list[dict[str, Any]] = []
        self.shown = 0

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Collect standard output and error while the block runs."""
        self.items, self.shown = [], 0
        kept = sys.stdout, sys.stderr
        sys.stdout = Stream("stdout", self.items, self.limit)
        sys.stderr = Stream("stderr", self.items, self.limit)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = kept

    def show(self, output: dict[str, Any]) -> None:
        """Keep a result, a display or an error, as long as all of them are small."""
        try:
            self.shown += len(json.dumps(output))
        except (TypeError, ValueError):
            return
        if self.shown <= 20 * self.limit:
            self.items.append(output)

    def text(self) -> str:
        """What was printed, as one text."""
        return "".join(str(o.get("text", "")) for o in self.items)


def make_shell(outputs: Outputs) -> Any:
    """An IPython shell whose results go to `outputs`, without history, threads or a terminal."""
    from IPython.core.compilerop import CachingCompiler
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            outputs.show(
                {
                    "output_type": "execute_result",
                    "data": format_dict,
                    "metadata": md_dict or {},
                    "execution_count": self.prompt_count,
                }
            )

        def finish_displayhook(self) -> None:
            pass

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
            outputs.show(
                {
                    "output_type": "display_data",
                    "data": dict(data),
                    "metadata": dict(metadata or {}),
                }
            )

    class Compiler(CachingCompiler):
        cell_id = ""

        def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
            return f"<cell {self.cell_id}>"

    class Shell(InteractiveShell):
        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)
        compiler_class = Type(Compiler)

        def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
            outputs.show(
                {
                    "output_type": "error",
                    "ename": etype.__name__,
                    "evalue": str(evalue)[:2000],
                    "traceback": [str(line)[:2000] for line in stb][-30:],
                }
            )

        def enable_gui(self, gui: Any = None) -> None:
            """`%matplotlib inline` asks for it."""

        def system(self, cmd: str) -> None:
            note(f"`!{cmd.split()[0] if cmd.split() else ''}` does nothing while grading")

        system_piped = system_raw = system

        def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> list[str]:
            self.system(cmd)
            return []

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = Shell.instance(config=config)
    for magic in ("pip", "conda", "mamba", "uv"):
        shell.register_magic_function(
            lambda line, m=magic: note(f"%{m} does nothing while grading"), "line", magic
        )
    return shell


# --- the student's surroundings ---------------------------------------------------------

_notes: list[str] = []  # of this process: what was done differently than the student asked


def note(text: str) -> None:
    """Remember, once, something that was done differently than the student's code asked."""
    if text not in _notes and len(_notes) < 20:
        _notes.append(text)


def furnish(data_root: str) -> None:
    """Make what students use on Colab harmless: drives, downloads, GPUs, questions."""
    builtins.input = _no_input
    for name in ("google.colab", "google.colab.drive", "google.colab.files"):
        sys.modules.setdefault(name, types.ModuleType(name))
    colab, drive, files = (
        sys.modules[n] for n in ("google.colab", "google.colab.drive", "google.colab.files")
    )
    package: Any = sys.modules.setdefault("google", types.ModuleType("google"))
    package.colab = colab
    package.__path__ = getattr(package, "__path__", [])
    vars(colab).update(drive=drive, files=files, __path__=[])
    for module, functions in (
        (drive, ("mount", "flush_and_unmount")),
        (files, ("upload", "download", "view")),
    ):
        for function in functions:
            setattr(
                module,
                function,
                _does_nothing(f"google.colab {function}() does nothing while grading"),
            )
    if "torch" in sys.modules:
        _stay_on_cpu(sys.modules["torch"])
    if "torchvision" in sys.modules:
        serve_mnist(data_root)


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("input() cannot be used here: nobody is there to answer while grading")


def _does_nothing(text: str) -> Callable[..., dict[str, bytes]]:
    def nothing(*args: object, **kwargs: object) -> dict[str, bytes]:
        note(text)
        return {}

    return nothing


def _stay_on_cpu(torch: Any) -> None:
    """`.cuda()`, `.to("cuda")` and `device="cuda"` use the CPU, with a note."""
    text = "there is no GPU while grading: `cuda` was read as `cpu`"

    def is_cuda(value: Any) -> bool:
        named = type(value) in (str, torch.device) and str(value).startswith("cuda")
        if named:
            note(text)
        return named

    def on_cpu(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            cpu = torch.device("cpu")
            args = tuple(cpu if is_cuda(a) else a for a in args)
            if "device" in kwargs and is_cuda(kwargs["device"]):
                kwargs["device"] = cpu
            return function(*args, **kwargs)

        call.__name__, call.__doc__ = function.__name__, function.__doc__
        return call

    def cuda(self: Any, *args: Any, **kwargs: Any) -> Any:
        note(text)
        return self

    for kind in (torch.Tensor, torch.nn.Module):
        kind.to, kind.cuda = on_cpu(kind.to), cuda
    for name in (
        "tensor as_tensor zeros ones empty full rand randn randint arange linspace eye randperm "
        "zeros_like ones_like empty_like full_like rand_like randn_like load"
    ).split():
        setattr(torch, name, on_cpu(getattr(torch, name)))
    torch.cuda.synchronize = torch.cuda.empty_cache = torch.cuda.manual_seed = lambda *a: None
    torch.cuda.manual_seed_all = torch.cuda.manual_seed


def serve_mnist(data_root: str) -> None:
    """`torchvision.datasets.MNIST` finds the course's data, whatever root it is given."""
    from torchvision.datasets import MNIST

    original = MNIST.__init__

    def init(self: Any, root: Any = None, *args: Any, **kwargs: Any) -> None:
        if type(self).__name__ == "MNIST":
            root, kwargs = data_root, {**kwargs, "download": False}
            args = args[:3]  # train, transform, target_transform
        original(self, root, *args, **kwargs)

    MNIST.__init__ = init


def warm_up(modules: list[str]) -> None:
    """Load an assignment's modules, on one thread, and do once what is slow the first time."""
    with contextlib.suppress(ImportError):
        import torchvision_compat

        torchvision_compat.install()
    for module in modules:
        with contextlib.suppress(ImportError):  # a student who needs it gets the error in the cell
            importlib.import_module(module)
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
        parameter = torch.nn.Parameter(torch.zeros(1))
        parameter.grad = torch.zeros(1)
        torch.optim.SGD([parameter], lr=0.1).step()
    sympy: Any = sys.modules.get("sympy")
    if sympy is not None:  # the first sum loads its tensors, the first printing its printers
        x = sympy.Symbol("x")
        slope = sympy.simplify(sympy.diff(sympy.exp(x) / (x + 1), x))
        sympy.latex(slope)
        sympy.lambdify(x, slope)(1.0)


# --- one notebook -----------------------------------------------------------------------


class Desk:
    """Serves one notebook: runs its cells, and answers calls on what they defined.

    Args:
        control: Carries the orders between cells and tests.
        outputs: Collects what is shown.
        shell: The shell that shows it there, fresh.
    """

    def __init__(self, control: socket.socket, outputs: Outputs, shell: Any) -> None:
        self.control = control
        self.outputs = outputs
        self.shell = shell
        self.names: dict[str, Any] = self.shell.user_ns
        self.handles: dict[str, Any] = {}
        self.epoch = 0
        self.channel: Channel | None = None

    def serve(self) -> None:
        """Obey orders until the control socket closes."""
        while True:
            order, fds = _order_from(self.control)
            if not order:
                return
            if not fds:  # the copy that was to be killed had just finished, and is now this process
                self._tell(0)
            elif order == HERE:
                self._serve_turn(fds[0])
                self._end_turn()
            else:
                self._begin(fds[0])

    def _begin(self, sock: socket.socket) -> None:
        """Fork: the copy serves one cell or test, the original stands by."""
        spare, live = socket.socketpair()
        pid = _fork_patiently()
        if pid:
            live.close()
            sock.close()
            self._stand_by(pid, spare)
            spare.close()
            return
        spare.close()
        self.control.close()  # the original keeps it: what runs here has no order to read or forge
        os.setpgid(0, 0)
        self._serve_turn(sock)
        live.sendall(b"x")
        _, handed_over = _order_from(live)
        if not handed_over:  # the original was told to end
            os._exit(0)
        self.control = handed_over[0]
        self._end_turn()
        live.close()

    def _stand_by(self, pid: int, spare: socket.socket) -> None:
        """Leave when the copy has finished well; return, and so take over, when it was lost."""
        watch = os.pidfd_open(pid)
        sources: list[Any] = [watch, spare, self.control]
        while True:
            ready, _, _ = select.select(sources, [], [])
            if watch in ready:
                sources.remove(watch)
                _kill_group(pid)
            if spare in ready:
                said = spare.recv(1)
                if said == b"x":
                    socket.send_fds(spare, [b"y"], [self.control.fileno()])
                    os._exit(0)
                if said:  # what the copy of itself never says
                    _kill_group(pid)
                sources.remove(spare)
            if self.control in ready:
                if not self.control.recv(1):
                    os._exit(0)
                _kill_group(pid)  # as it was told
                _, status = os.waitpid(pid, 0)
                os.close(watch)
                self.epoch += 1
                self._tell(os.waitstatus_to_exitcode(status))
                return

    def _tell(self, status: int) -> None:
        """Answer the order to kill the copy: how it ended."""
        self.control.sendall(status.to_bytes(2, "big", signed=True))

    def _serve_turn(self, sock: socket.socket) -> None:
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)
        self.channel = Channel(sock)
        self._answer_until_end()

    def _end_turn(self) -> None:
        assert self.channel is not None
        self.channel.send({"ok": None})
        self.channel.sock.close()

    def _answer_until_end(self) -> None:
        assert self.channel is not None
        self.outputs.items = []
        with self.outputs.collecting():
            while True:
                head, buffers = self.channel.receive()
                if head.get("op") == "end":
                    return
                self._answer(head, buffers)

    def _answer(self, head: dict[str, Any], buffers: list[bytes]) -> None:
        """Do one thing that the examiner asks, and reply with its result or its error."""
        assert self.channel is not None
        encoder = Encoder(self._refer)
        try:
            operation = getattr(self, f"_op_{head['op']}")
            result = operation(head, Decoder(buffers, self._resolve))
            reply = {"ok": result if head["op"] in ("run", "printed") else encoder.encode(result)}
        except Uncrossable as error:
            encoder.buffers = []
            reply = {"error": {"types": ["TypeError"], "name": "TypeError", "message": str(error)}}
        except BaseException as error:  # noqa: BLE001  (student code may raise anything)
            encoder.buffers = []
            reply = {"error": self._describe(error)}
        try:
            self.channel.send(reply, encoder.buffers)
        except Uncrossable as error:  # too large
            words = {"types": ["ValueError"], "name": "ValueError", "message": str(error)}
            self.channel.send({"error": words})

    def _describe(self, error: BaseException) -> dict[str, Any]:
        kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
        try:
            message = str(error)[:2000]
        except Exception:  # noqa: BLE001  (a student's exception may fail to speak)
            message = ""
        name = type(error).__name__[:100]
        frames = [
            f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<cell ")
        ]
        place = {}
        if frames:
            last = frames[-1]
            place = {
                "cell": last.filename[6:-1],
                "line": last.lineno,
                "code": (last.line or "")[:200],
            }
        return {"types": kinds, "name": name, "message": message, "place": place}

    # What is no data is kept here under a number.

    def _refer(self, value: Any) -> dict[str, Any]:
        key = f"{self.epoch}:{len(self.handles)}"
        self.handles[key] = value
        kind = type(value).__name__ if not isinstance(value, type) else f"class {value.__name__}"
        return {"t": "handle", "id": key, "kind": kind[:100]}

    def _resolve(self, node: dict[str, Any]) -> Any:
        if node["t"] == "ref":
            if node["id"] not in self.handles:
                raise Uncrossable("an object that was lost when the process died was used again")
            return self.handles[node["id"]]
        if node["t"] == "global" and node["module"].partition(".")[0] in PASSABLE:
            found: Any = importlib.import_module(node["module"])
            for part in node["name"].split("."):
                found = getattr(found, part)
            return found
        if node["t"] == "callback":
            return self._callback(node["id"])
        raise Uncrossable(f"a value of unknown kind {node['t']!r}")

    def _callback(self, number: int) -> Callable[..., Any]:
        def callback(*args: Any, **kwargs: Any) -> Any:
            assert self.channel is not None
            encoder = Encoder(self._refer)
            node = [encoder.encode(list(args)), encoder.encode(kwargs)]
            self.channel.send({"op": "callback", "id": number, "args": node}, encoder.buffers)
            while True:
                head, buffers = self.channel.receive()
                if "op" in head:
                    self._answer(head, buffers)
                elif "error" in head:
                    raise getattr(builtins, head["error"]["name"], RuntimeError)(
                        head["error"]["message"]
                    )
                else:
                    return Decoder(buffers, self._resolve).decode(head["ok"])

        return callback

    # The operations.

    def _op_run(self, head: dict[str, Any], decoder: Decoder) -> Any:
        """Run a cell; its outputs and notes."""
        self.shell.compile.cell_id = head["cell"]
        with self.outputs.collecting():
            result = self.shell.run_cell(head["source"], store_history=True)
        error = result.error_before_exec or result.error_in_exec
        notes = list(_notes)
        _notes.clear()
        return {
            "outputs": self.outputs.items,
            "count": self.shell.execution_count - 1,
            "error": self._describe(error) if error is not None else None,
            "notes": notes,
        }

    def _op_names(self, head: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
        """The values of some names, those that exist."""
        return {n: self.names[n] for n in head["names"] if n in self.names}

    def _op_printed(self, head: dict[str, Any], decoder: Decoder) -> str:
        """What was printed since the test began."""
        return self.outputs.text()

    def _op_seed(self, head: dict[str, Any], decoder: Decoder) -> None:
        """Seed one generator as the test did."""
        value = decoder.decode(head["value"])
        if head["of"] == "random":
            random.seed(value)
        elif head["of"] == "numpy":
            importlib.import_module("numpy").random.seed(value)
        elif head["of"] == "torch":
            importlib.import_module("torch").manual_seed(value)

    def _op_probe(self, head: dict[str, Any], decoder: Decoder) -> Any:
        """Define the instructor's probe beside the student's names, and call it."""
        args, kwargs = decoder.decode(head["args"])
        scope = dict(self.names)
        exec(compile(head["source"], f"<probe {head['name']}>", "exec"), scope)
        return scope[head["name"]](*args, **kwargs)

    def _op_do(self, head: dict[str, Any], decoder: Decoder) -> Any:
        """Call, read, index or iterate an object that is kept here."""
        target = self._resolve({"t": "ref", "id": head["on"]})
        args, kwargs = decoder.decode(head["args"])
        how: dict[str, Callable[..., Any]] = {
            "call": target,
            "getattr": lambda name: getattr(target, name),
            "setattr": lambda name, value: setattr(target, name, value),
            "getitem": lambda key: target[key],
            "setitem": lambda key, value: target.__setitem__(key, value),
            "len": lambda: len(target),
            "iter": lambda: Kept(iter(target)),
            "next": lambda: next(target.value if isinstance(target, Kept) else target),
            "enter": lambda: target.__enter__(),
            "exit": lambda *a: target.__exit__(*a),
        }
        return how[head["how"]](*args, **kwargs)


def _fork_patiently() -> int:
    """Fork; where the submission has as many processes as it may, wait for one that is leaving.

    Python gives every child dice of its own; here the child goes on with those of the parent, so
    that a seed holds from cell to cell and the same work gets the same verdict.
    """
    dice = random.getstate()
    for _ in range(FORK_TRIES):
        with contextlib.suppress(BlockingIOError):
            return _with_dice(os.fork(), dice)
        time.sleep(FORK_PAUSE_S)
    return _with_dice(os.fork(), dice)


def _order_from(sock: socket.socket) -> tuple[bytes, list[socket.socket]]:
    """The next order, of one byte, and the sockets that came with it; empty at the end."""
    order, fds, _, _ = socket.recv_fds(sock, 1, 1, socket.MSG_CMSG_CLOEXEC)
    return order, [socket.socket(fileno=fd) for fd in fds]


def _with_dice(pid: int, dice: Any) -> int:
    if pid == 0:
        random.setstate(dice)
    return pid


def _kill_group(pid: int) -> None:
    """Kill a process and its group, as far as they are there."""
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


class Kept:
    """Keeps an object from crossing as data."""

    def __init__(self, value: Any) -> None:
        self.value = value


# --- one submission ---------------------------------------------------------------------


def _reap(signum: int, frame: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@dataclass(frozen=True)
class _Workshop:
    """What is made once in the warm process and inherited by every fork."""

    outputs: Outputs
    shell: Any


def _open_desk(
    control: socket.socket, order: dict[str, Any], shared: Path, workshop: _Workshop
) -> None:
    """In a fork of its own: a fresh folder with the hand-in's files, then serve the notebook."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    confine.readable_by_itself()
    folder = Path.home() / order["folder"]
    _copy_hand_in(shared, folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    sys.path.insert(0, "")
    random.seed(0)
    for name, seed in (("numpy", "random.seed"), ("torch", "manual_seed")):
        if name in sys.modules:
            found: Any = sys.modules[name]
            for part in seed.split("."):
                found = getattr(found, part)
            found(0)
    workshop.outputs.limit = order["output_limit"]
    Desk(control, workshop.outputs, workshop.shell).serve()


def _copy_hand_in(shared: Path, folder: Path) -> None:
    """Give a notebook its own copies of the hand-in's files, as far as there is room."""
    try:
        shutil.copytree(shared, folder, symlinks=True, dirs_exist_ok=True)
    except OSError:  # shutil.Error is one: too large or too many
        note(LEFT_OUT)
        if shutil.disk_usage(Path.home()).free < 2**20:  # the shell needs a little room
            shutil.rmtree(folder, ignore_errors=True)


def _unpack(channel: Channel, folder: Path) -> None:
    """Write the hand-in's files, as the examiner sends them, until it says to go on."""
    folder.mkdir(exist_ok=True)
    while "file" in (received := channel.receive())[0]:
        head, content = received
        target = folder / head["file"]
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content[0])
        except (OSError, IndexError, ValueError):  # no room, not to be had, an impossible name
            note(LEFT_OUT)


def _serve_submission(control: socket.socket, order: dict[str, Any], workshop: _Workshop) -> None:
    """The first process of a submission: confine itself, then open a desk for every notebook."""
    alone = confine.Order(**order["alone"]) if "alone" in order else None
    if alone:
        confine.go_on_guarded(alone, control.fileno())
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which nobody inside can send to the first one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setsid()  # a signal to the own group must not reach the warm process
    control.send(b"!")  # the kernel tells the examiner who said so
    channel = Channel(control)
    try:
        _leave_shared_files(control)
        if order["confine"]:
            confine.own_view(order["scratch"], order["size_mb"])
            shared = Path("/", HAND_IN)
        elif alone:
            confine.own_place(alone)
            shared = Path(alone.hand_in)
        else:
            os.environ["HOME"] = order["home"]
            shared = Path(order["home"], HAND_IN)
        _unpack(channel, shared)
        if order["confine"]:
            confine.seal(str(shared))
            refused = bytes.fromhex(order["refused"])
            confine.give_up_rights(order["user"], order["limits"], refused)
        elif alone:
            confine.shut_in(alone)
    except OSError as error:
        channel.send({"error": str(error)})
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans stay in our tree
    channel.send({"ok": "ready"})
    for desk, text in _callers(control):
        if os.fork() == 0:
            control.close()
            _open_desk(desk, json.loads(text), shared, workshop)
            os._exit(0)
        desk.close()


def _leave_shared_files(kept: socket.socket) -> None:
    """Close every file of the warm process; submissions would share its standard error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.closerange(3, kept.fileno())
    os.closerange(kept.fileno() + 1, DESCRIPTORS)


def _callers(door: socket.socket) -> Iterator[tuple[socket.socket, bytes]]:
    """Who comes to a door, with a socket and an order, until it is closed."""
    while True:
        text, fds, _, _ = socket.recv_fds(door, ORDER_LIMIT, 1, socket.MSG_CMSG_CLOEXEC)
        if not text or not fds:
            return
        yield socket.socket(fileno=fds[0]), text


def _open_workshop() -> _Workshop:
    """Make the shell, and have it do once what is slow the first time."""
    outputs = Outputs(10**7)
    shell = make_shell(outputs)
    shell.compile.cell_id = "first"
    with outputs.collecting():
        for source in (
            FIRST_ERROR,
            *([FIRST_FIGURE] if "matplotlib.pyplot" in sys.modules else []),
        ):
            shell.run_cell(source)
    shell.reset(new_session=True)
    outputs.items = []
    _notes.clear()
    return _Workshop(outputs, shell)


def main(fd: int) -> None:
    """The warm process: load what an assignment needs, then fork a process for every submission.

    Args:
        fd: Descriptor of the socket to the grader.
    """
    door = socket.socket(fileno=fd)
    setup = json.loads(door.recv(ORDER_LIMIT))
    warm_up(setup["imports"])
    furnish(setup["data_root"])
    workshop = _open_workshop()
    signal.signal(signal.SIGCHLD, _reap)
    memory.settle()
    door.send(b"ready")
    signal.signal(signal.SIGTERM, _hold_out)
    order: dict[str, Any] = {}
    for control, text in _callers(door):
        order = json.loads(text)
        try:
            child = confine.fork_into_a_new_tree() if order["confine"] else os.fork()
            if child == 0:
                door.close()
                _serve_and_leave(control, order, workshop)
        except OSError as error:
            with contextlib.suppress(OSError):
                control.send(b"!")
                Channel(control).send({"error": str(error)})
        control.close()
    if "alone" in order:
        confine.end_guards()
        with contextlib.suppress(OSError):  # the grader does it, unless it was killed
            confine.remove(str(Path(order["alone"]["scratch"]).parent))


def _hold_out(signum: int, frame: object) -> None:
    """The door is closed before the warm process is told to end: it ends when all forks have."""


def _serve_and_leave(
    control: socket.socket, order: dict[str, Any], workshop: _Workshop
) -> NoReturn:
    try:
        _serve_submission(control, order, workshop)
    finally:
        os._exit(0)
