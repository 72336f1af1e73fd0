"""The data that crosses between candidate and examiner, and the frames that carry it.

Values travel as a JSON tree with binary buffers beside it: numbers, strings, containers, arrays,
tensors, sympy expressions. Nothing is ever pickled. Only exact types are data; an instance of a
subclass could bring methods of its own, so it stays where it is and crosses as a reference.

This module runs on both sides. What it decodes on the examiner's side may come from a hostile
process: every size, depth, name and dtype is checked before anything is built.
"""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import sys
import time
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

DEPTH_LIMIT = 60  # nesting of containers
NODE_LIMIT = 500_000  # values in one message
ODD_KEY_LIMIT = 1_000  # keys of one table that are no text and no 64-bit integer
EXPRESSION_LIMIT = 20_000  # parts of a sympy expression
TEXT_LIMIT = 32 * 2**20  # bytes of JSON in one message
TOTAL_LIMIT = 1024 * 2**20  # bytes received over one channel, that is in one cell or test
BUFFER_LIMIT = 256 * 2**20  # bytes of arrays in one message
DECIMAL = r"-?(\d*\.?\d*(E[-+]?\d{1,4})?|Infinity|NaN)"  # a huge exponent is a trap for int()
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DTYPE = re.compile(r"[<>|=]?(b1|i[1248]|u[1248]|f[248]|c8|c16|U\d{1,7}|S\d{1,7})")
TORCH_DTYPES = frozenset(
    """float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool
    complex64 complex128""".split()
)
SYMPY_ATOMS = {
    "pi": "Pi", "-oo": "NegativeInfinity", "E": "Exp1", "I": "ImaginaryUnit", "oo": "Infinity",
    "zoo": "ComplexInfinity",
    "nan": "NaN", "true": "BooleanTrue", "false": "BooleanFalse", "GoldenRatio": "GoldenRatio",
    "EulerGamma": "EulerGamma", "Catalan": "Catalan",
}  # fmt: skip
SYMPY_HEADS = frozenset(
    """Add Mul Pow Abs sign exp log sin cos tan cot sec csc asin acos atan atan2 sinh cosh tanh coth
    asinh acosh atanh erf erfc gamma factorial binomial Max Min floor ceiling re im conjugate arg
    Heaviside DiracDelta Piecewise ExprCondPair Tuple Equality Unequality StrictLessThan LessThan
    StrictGreaterThan GreaterThan And Or Not Derivative Integral Sum Product Subs Interval
    FiniteSet LambertW Mod""".split()
)
SYMPY_ASSUMPTIONS = frozenset(
    """real positive negative nonnegative nonpositive nonzero integer complex commutative
    finite""".split()
)


class Uncrossable(Exception):
    """A value cannot be carried, or a message cannot be read. The text says why."""


# --- frames -----------------------------------------------------------------------------


class Channel:
    """One end of a socket that carries messages: a JSON head and its buffers.

    Args:
        sock: A connected stream socket.
        on_wait: Called about ten times a second while nothing comes; may raise.
    """

    def __init__(self, sock: socket.socket, on_wait: Callable[[], None] | None = None) -> None:
        self.sock = sock
        self.on_wait = on_wait
        self.next_look = 0.0
        self.received = 0

    def send(self, head: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send one message.

        Raises:
            ConnectionError: The other end is gone.
            Uncrossable: The message is too large.
        """
        text = json.dumps({"head": head, "sizes": [len(b) for b in buffers]}).encode()
        if len(text) > TEXT_LIMIT or sum(map(len, buffers)) > BUFFER_LIMIT:
            raise Uncrossable("the value is too large to be carried")
        for part in (struct.pack("<I", len(text)) + text, *buffers):
            self._send_all(part)

    def _send_all(self, part: bytes) -> None:
        if self.on_wait is None:
            self.sock.sendall(part)
            return
        view = memoryview(part)
        while view:
            _, writable, _ = select.select([], [self.sock], [], 0.1)
            if writable:
                view = view[self.sock.send(view[: 1 << 18], socket.MSG_DONTWAIT) :]
            else:
                self.on_wait()

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        """Receive one message.

        Raises:
            ConnectionError: The other end is gone.
            Uncrossable: What came is no message.
        """
        (size,) = struct.unpack("<I", self._exactly(4))
        if size > TEXT_LIMIT:
            raise Uncrossable("a message of an impossible size came back")
        try:
            message = json.loads(self._exactly(size))
            head, sizes = message["head"], message["sizes"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Uncrossable("what came back is no message") from error
        good = isinstance(head, dict) and isinstance(sizes, list)
        if (
            not good
            or not all(type(s) is int and s >= 0 for s in sizes)
            or sum(sizes) > BUFFER_LIMIT
        ):
            raise Uncrossable("what came back is no message of ours")
        self.received += size + sum(sizes)
        if self.received > TOTAL_LIMIT:
            raise Uncrossable("too much data came back")
        return head, [self._exactly(s) for s in sizes]

    def _exactly(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            if self.on_wait is not None:
                self._wait()
            part = self.sock.recv(min(count, 1 << 20))
            if not part:
                raise ConnectionError("the other end closed the channel")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _wait(self) -> None:
        assert self.on_wait is not None
        while True:
            readable, _, _ = select.select([self.sock], [], [], 0.1)
            if time.monotonic() >= self.next_look:  # also where answers come without a pause
                self.on_wait()
                self.next_look = time.monotonic() + 0.1
            if readable:
                return


# --- values into messages ---------------------------------------------------------------


class Encoder:
    """Turns values into a JSON tree and buffers.

    Args:
        refer: Turns what is no data into a reference node, or raises `Uncrossable`.
    """

    def __init__(self, refer: Callable[[Any], dict[str, Any]]) -> None:
        self.refer = refer
        self.buffers: list[bytes] = []
        self.nodes = 0

    def encode(self, value: Any, depth: int = 0) -> Any:
        """The tree of one value; its arrays are appended to `buffers`."""
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            raise Uncrossable(f"the value has more than {NODE_LIMIT:,} parts")
        if depth > DEPTH_LIMIT:
            raise Uncrossable(f"the value is nested more than {DEPTH_LIMIT} levels deep")
        kind = type(value)
        if value is None or kind in (bool, str):
            return value
        if kind is int:
            return value if -(2**63) < value < 2**63 else {"t": "int", "v": hex(value)}
        if kind is float:
            return {"t": "float", "v": value.hex()}
        if kind is list:
            return [self.encode(v, depth + 1) for v in value]
        encode = self._PLAIN.get(kind)
        if encode is not None:
            return encode(self, value, depth + 1)
        return self._library(value, kind, depth + 1)

    def _sequence(self, value: Any, depth: int) -> Any:
        return {"t": type(value).__name__, "v": [self.encode(v, depth) for v in value]}

    def _mapping(self, value: Any, depth: int) -> Any:
        pairs = [[self.encode(k, depth), self.encode(v, depth)] for k, v in value.items()]
        return {"t": type(value).__name__, "v": pairs}

    def _bytes(self, value: bytes, depth: int) -> Any:
        self.buffers.append(value)
        return {"t": "bytes", "b": len(self.buffers) - 1}

    def _complex(self, value: complex, depth: int) -> Any:
        return {"t": "complex", "v": [value.real.hex(), value.imag.hex()]}

    def _text(self, value: Any, depth: int) -> Any:
        return {"t": type(value).__name__, "v": str(value)}

    def _slice(self, value: Any, depth: int) -> Any:
        parts = (value.start, value.stop, value.step)
        return {"t": type(value).__name__, "v": [self.encode(p, depth) for p in parts]}

    def _ellipsis(self, value: Any, depth: int) -> Any:
        return {"t": "ellipsis"}

    _PLAIN: ClassVar[dict[type, Callable[[Encoder, Any, int], Any]]] = {
        tuple: _sequence, set: _sequence, frozenset: _sequence, dict: _mapping,
        OrderedDict: _mapping, bytes: _bytes, complex: _complex, Fraction: _text,
        Decimal: _text, slice: _slice, range: _slice, type(...): _ellipsis,
    }  # fmt: skip

    def _library(self, value: Any, kind: type, depth: int) -> Any:
        """Data of numpy, torch and sympy; modules that are not loaded made no values."""
        numpy, torch, sympy = (sys.modules.get(n) for n in ("numpy", "torch", "sympy"))
        if numpy is not None and (kind is numpy.ndarray or issubclass(kind, numpy.generic)):
            return self._array(value, kind, numpy)
        if torch is not None:
            if kind in (torch.Tensor, torch.nn.Parameter) and value.layout is torch.strided:
                return self._tensor(value, torch, depth)
            if kind is torch.Size:
                return {"t": "Size", "v": [int(v) for v in value]}
            if kind in (torch.dtype, torch.device):
                return {"t": kind.__name__, "v": str(value).removeprefix("torch.")}
        if sympy is not None and issubclass(kind, sympy.Basic | sympy.MatrixBase):
            return {"t": "sympy", "v": encode_sympy(value, sympy)}
        fields = getattr(kind, "_fields", None)
        if (
            kind.__bases__ == (tuple,)
            and type(fields) is tuple
            and all(type(f) is str for f in fields)
        ):
            values = [self.encode(v, depth) for v in tuple.__iter__(value)]
            return {"t": "namedtuple", "n": kind.__name__, "f": list(fields), "v": values}
        return self.refer(value)

    def _array(self, value: Any, kind: type, numpy: Any) -> Any:
        scalar = kind is not numpy.ndarray
        if (
            scalar
            and getattr(numpy, kind.__name__, None) is not kind
            and kind.__module__ != "numpy"
        ):
            return self.refer(value)
        array = numpy.ascontiguousarray(value).reshape(numpy.shape(value))
        if not DTYPE.fullmatch(array.dtype.str):
            return self.refer(value)
        self.buffers.append(array.tobytes())
        place = {"b": len(self.buffers) - 1, "d": array.dtype.str}
        return (
            {"t": "scalar", **place} if scalar else {"t": "array", "s": list(array.shape), **place}
        )

    def _tensor(self, value: Any, torch: Any, depth: int) -> Any:
        name = str(value.dtype).removeprefix("torch.")
        if name not in TORCH_DTYPES:
            return self.refer(value)
        flat = value.detach().cpu().contiguous().resolve_conj().resolve_neg()
        if name == "bfloat16":
            flat = flat.view(torch.int16)
        self.buffers.append(flat.numpy().tobytes())
        node = {"t": "tensor", "d": name, "s": list(value.shape), "b": len(self.buffers) - 1}
        node["r"] = bool(value.requires_grad)
        node["p"] = type(value) is torch.nn.Parameter
        if value.is_leaf and value.grad is not None and type(value.grad) is torch.Tensor:
            node["g"] = self._tensor(value.grad, torch, depth)
        return node


def encode_sympy(value: Any, sympy: Any, depth: int = 0) -> Any:
    """A sympy expression or matrix as nested lists of head, arguments."""
    if depth > DEPTH_LIMIT * 4:
        raise Uncrossable("the expression is nested too deeply")
    if isinstance(value, sympy.MatrixBase):
        rows, columns = (int(n) for n in value.shape)
        return ["Matrix", rows, columns, [encode_sympy(v, sympy, depth + 1) for v in value]]
    head = type(value).__name__
    if value.is_Symbol:
        assumed = {
            k: v for k, v in value.assumptions0.items() if k in SYMPY_ASSUMPTIONS and v is True
        }
        return ["Symbol", str(value.name), sorted(assumed)]
    if value.is_Integer:
        return ["Integer", hex(int(value))]
    if value.is_Rational:
        return ["Rational", hex(int(value.p)), hex(int(value.q))]
    if value.is_Float:
        return ["Float", str(value), int(value._prec)]
    for name, kind in SYMPY_ATOMS.items():
        if head == kind:
            return ["Atom", name]
    args = [encode_sympy(a, sympy, depth + 1) for a in value.args]
    if isinstance(value, sympy.core.function.AppliedUndef):
        return ["Function", head, *args]
    if head not in SYMPY_HEADS:
        raise Uncrossable(f"the sympy object {head} cannot be carried")
    return [head, *args]


# --- messages into values ---------------------------------------------------------------


class Decoder:
    """Builds values from a JSON tree and buffers; refuses whatever is not of our form.

    Args:
        buffers: The buffers of the message.
        resolve: Turns a reference node into what it stands for, or raises `Uncrossable`.
    """

    def __init__(self, buffers: Sequence[bytes], resolve: Callable[[dict[str, Any]], Any]) -> None:
        self.buffers = buffers
        self.resolve = resolve
        self.nodes = 0

    def decode(self, node: Any) -> Any:
        """The value of one tree.

        Raises:
            Uncrossable: The tree is not of our form.
        """
        try:
            return self._decode(node, 0)
        except Uncrossable:
            raise
        except (
            KeyError,
            IndexError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
        ) as error:
            raise Uncrossable(
                f"a value came back in no readable form ({type(error).__name__})"
            ) from error

    def _decode(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > NODE_LIMIT or depth > DEPTH_LIMIT:
            raise Uncrossable("a value came back that is too large or nested too deeply")
        if node is None or type(node) in (bool, int, str):
            return node
        if type(node) is list:
            return [self._decode(v, depth + 1) for v in node]
        if type(node) is not dict:
            raise Uncrossable("a value came back in no readable form")
        build = self._BUILD.get(node["t"])
        return self.resolve(node) if build is None else build(self, node, depth + 1)

    def _items(self, node: Any, depth: int) -> list[Any]:
        return [self._decode(v, depth) for v in node["v"]]

    def _pairs(self, node: Any, depth: int) -> list[tuple[Any, Any]]:
        pairs = [(self._decode(k, depth), self._decode(v, depth)) for k, v in node["v"]]
        _spread([key for key, _ in pairs])
        return pairs

    def _buffer(self, node: Any) -> bytes:
        index = node["b"]
        if type(index) is not int or not 0 <= index < len(self.buffers):
            raise Uncrossable("a value came back without its data")
        return self.buffers[index]

    def _namedtuple(self, node: Any, depth: int) -> Any:
        names = [node["n"], *node["f"]]
        if len(names) > 100 or not all(type(n) is str and IDENTIFIER.fullmatch(n) for n in names):
            raise Uncrossable("a named tuple came back with impossible names")
        return namedtuple(node["n"], node["f"])(*self._items(node, depth))

    def _array(self, node: Any, depth: int) -> Any:
        import numpy

        if not DTYPE.fullmatch(node["d"]):
            raise Uncrossable("an array came back with an unknown dtype")
        shape = node.get("s", [])
        if len(shape) > 32 or not all(type(n) is int and n >= 0 for n in shape):
            raise Uncrossable("an array came back with an impossible shape")
        array = (
            numpy.frombuffer(self._buffer(node), dtype=numpy.dtype(node["d"])).reshape(shape).copy()
        )
        return array[()] if node["t"] == "scalar" else array

    def _tensor(self, node: Any, depth: int) -> Any:
        import torch

        if node["d"] not in TORCH_DTYPES:
            raise Uncrossable("a tensor came back with an unknown dtype")
        shape = node["s"]
        if len(shape) > 32 or not all(type(n) is int and n >= 0 for n in shape):
            raise Uncrossable("a tensor came back with an impossible shape")
        dtype = getattr(torch, node["d"])
        data = bytearray(self._buffer(node))
        flat = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
        tensor = flat.reshape(shape).clone()
        if node.get("p"):
            tensor = torch.nn.Parameter(tensor, requires_grad=node.get("r") is True)
        elif node.get("r") is True:
            tensor.requires_grad_(True)
        if "g" in node:
            tensor.grad = self._tensor(node["g"], depth)
        return tensor

    def _torch_name(self, node: Any, depth: int) -> Any:
        import torch

        if node["t"] == "dtype" and node["v"] in TORCH_DTYPES:
            return getattr(torch, node["v"])
        if node["t"] == "device" and re.fullmatch(r"[a-z]+(:\d{1,2})?", node["v"]):
            return torch.device(node["v"])
        raise Uncrossable("an unknown torch name came back")

    def _size(self, node: Any, depth: int) -> Any:
        import torch

        return torch.Size([int(v) for v in node["v"]])

    def _sympy(self, node: Any, depth: int) -> Any:
        import sympy

        if _size_of(node["v"]) > EXPRESSION_LIMIT:
            raise Uncrossable(f"an expression came back with over {EXPRESSION_LIMIT:,} parts")
        with sympy.evaluate(False):
            return decode_sympy(node["v"], sympy)

    def _float(self, node: Any, depth: int) -> float:
        return float.fromhex(node["v"])

    def _int(self, node: Any, depth: int) -> int:
        if len(node["v"]) > 100_000:
            raise Uncrossable("an integer came back with too many digits")
        return int(node["v"], 16)

    _BUILD: ClassVar[dict[str, Callable[[Decoder, Any, int], Any]]] = {
        "float": _float,
        "int": _int,
        "complex": lambda s, n, d: complex(*map(float.fromhex, n["v"])),
        "bytes": lambda s, n, d: bytes(s._buffer(n)),
        "tuple": lambda s, n, d: tuple(s._items(n, d)),
        "set": lambda s, n, d: set(_spread(s._items(n, d))),
        "frozenset": lambda s, n, d: frozenset(_spread(s._items(n, d))),
        "dict": lambda s, n, d: dict(s._pairs(n, d)),
        "OrderedDict": lambda s, n, d: OrderedDict(s._pairs(n, d)),
        "Fraction": lambda s, n, d: Fraction(_short(n["v"], r"-?\d+(/[1-9]\d*)?")),
        "Decimal": lambda s, n, d: Decimal(
            _short(n["v"], r"-?(\d*\.?\d*(E[-+]?\d{1,4})?|Infinity|NaN)")
        ),
        "slice": lambda s, n, d: slice(*s._items(n, d)),
        "range": lambda s, n, d: range(*s._items(n, d)),
        "ellipsis": lambda s, n, d: ...,
        "namedtuple": _namedtuple,
        "array": _array,
        "scalar": _array,
        "tensor": _tensor,
        "Size": _size,
        "dtype": _torch_name,
        "device": _torch_name,
        "sympy": _sympy,
    }


def _spread(keys: list[Any]) -> list[Any]:
    """Keys as they are, unless so many can share one hash that a table of them takes hours."""
    plain = sum(k is None or type(k) in (str, bool) or _is_small(k) for k in keys)
    if len(keys) - plain > ODD_KEY_LIMIT:
        raise Uncrossable(f"a set or dictionary came back with over {ODD_KEY_LIMIT:,} odd keys")
    return keys


def _is_small(key: Any) -> bool:
    return type(key) is int and -(2**63) <= key < 2**63


def _short(text: str, form: str) -> str:
    if len(text) > 1000 or not re.fullmatch(form, text):
        raise Uncrossable("a number came back in no readable form, or with too many digits")
    return text


def _size_of(node: Any) -> int:
    """How many lists a tree of lists holds, counted up to just above the limit."""
    count, queue = 0, [node]
    while queue and count <= EXPRESSION_LIMIT:
        part = queue.pop()
        if type(part) is list:
            count += 1
            queue += part
    return count


def decode_sympy(node: Any, sympy: Any, depth: int = 0) -> Any:
    """The expression that `encode_sympy` wrote; only known heads, nothing evaluated."""
    if depth > DEPTH_LIMIT * 4 or type(node) is not list or not node:
        raise Uncrossable("an expression came back in no readable form")
    head, *rest = node
    if head == "Symbol":
        if not all(a in SYMPY_ASSUMPTIONS for a in rest[1]) or len(rest[0]) > 100:
            raise Uncrossable("a symbol came back with impossible assumptions")
        return sympy.Symbol(rest[0], **dict.fromkeys(rest[1], True))
    if head in ("Integer", "Rational"):
        if any(len(r) > 10_000 for r in rest):
            raise Uncrossable("a number came back with too many digits")
        return getattr(sympy, head)(*(int(r, 16) for r in rest))
    if head == "Float" and len(rest[0]) < 1000:
        return sympy.Float(rest[0])
    if head == "Atom" and rest[0] in SYMPY_ATOMS:
        return -sympy.oo if rest[0] == "-oo" else getattr(sympy, rest[0])
    if head == "Matrix":
        rows, columns, items = rest
        return sympy.Matrix(
            int(rows), int(columns), [decode_sympy(i, sympy, depth + 1) for i in items]
        )
    if head == "Function" and IDENTIFIER.fullmatch(rest[0]):
        return sympy.Function(rest[0])(*(decode_sympy(a, sympy, depth + 1) for a in rest[1:]))
    if head not in SYMPY_HEADS:
        raise Uncrossable(f"an expression came back with the unknown head {str(head)[:40]!r}")
    arguments = [decode_sympy(a, sympy, depth + 1) for a in rest]
    if head == "ExprCondPair":
        return tuple(arguments)
    return getattr(sympy, head)(*arguments)
