# ruff: noqa: D103, E501, PT012  (tables of cases read better unwrapped)
"""What crosses comes back equal and of the same type; what is hostile is refused."""

import json
import math
import socket
import struct
import time
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.crossing import Channel, Decoder, Encoder, Uncrossable

Point = namedtuple("Point", "x y")
x, y = sympy.symbols("x y")


def refuse(value: Any) -> Any:
    """No references in these tests."""
    raise Uncrossable(f"no data: {type(value).__name__}")


def cross(value: Any) -> Any:
    """A value there and back, through real JSON text."""
    encoder = Encoder(refuse)
    tree = json.loads(json.dumps(encoder.encode(value)))
    return Decoder(encoder.buffers, refuse).decode(tree)


def decode(tree: Any, *buffers: bytes) -> Any:
    """What the examiner makes of a tree."""
    return Decoder(buffers, refuse).decode(tree)


VALUES = [
    None, True, 3, -(2**70), 0.1, math.inf, "é\ud800", b"\0\xff", 1 + 2j, [1, [2.5]], (1,), (), {1, 2},
    frozenset({"a"}), {"a": 1, 2: (3,)}, OrderedDict(b=1, a=2), Fraction(-3, 4), Decimal("1.50"),
    Decimal("-1E+20"), Decimal("Infinity"), slice(1, None, 2), range(1, 9, 2), ..., Point(1, [2]),
    torch.Size([2, 3]), torch.float32, torch.device("cpu"), x**2 + sympy.sin(y) / 3,
    sympy.Rational(1, 3), sympy.pi, sympy.E, sympy.I, sympy.oo, -sympy.oo, sympy.true, sympy.Symbol("a", positive=True), sympy.Function("f")(x),
    sympy.Matrix([[1, x], [y, 2]]), sympy.Derivative(sympy.Function("f")(x), x),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_data_come_back_equal_and_of_the_same_type(value: Any) -> None:
    """Numbers, text, containers, expressions."""
    found = cross(value)
    assert found == value
    assert type(found).__name__ == type(value).__name__
    assert not hasattr(value, "_fields") or found._fields == value._fields


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_nesting_of_plain_data_comes_back(value: Any) -> None:
    """Whatever is built of plain data survives the crossing."""
    assert cross(value) == value


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3), np.arange(24).reshape(2, 3, 4)[:, ::2], np.array(3.5), np.zeros((0, 4)),
        np.array(["ab", "c"]), np.array([True, False]), np.array([1 + 2j]), np.float16([1.5]),
        np.arange(4, dtype=">i4"),
    ],
)  # fmt: skip
def test_arrays_come_back(array: np.ndarray) -> None:
    """Values, shape and dtype are kept, and the copy can be written."""
    found = cross(array)
    assert np.array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.flags.writeable


@pytest.mark.parametrize("scalar", [np.float64(1.5), np.int8(-3), np.bool_(True)])
def test_numpy_scalars_stay_scalars(scalar: Any) -> None:
    """A NumPy scalar does not become an array or a Python number."""
    assert type(cross(scalar)) is type(scalar)
    assert cross(scalar) == scalar


@pytest.mark.parametrize(
    "dtype", "float64 float32 float16 bfloat16 int64 int32 uint8 bool complex64".split()
)
def test_tensors_come_back(dtype: str) -> None:
    """Values, shape and dtype are kept, bfloat16 too."""
    tensor = torch.tensor([[0, 1, 2], [3, 4, 5]]).to(getattr(torch, dtype)).T
    found = cross(tensor)
    assert torch.equal(found, tensor)
    assert (found.dtype, found.shape) == (tensor.dtype, tensor.shape)


def test_gradients_travel_with_their_tensors() -> None:
    """`requires_grad`, `.grad` and being a parameter are kept."""
    leaf = torch.nn.Parameter(torch.ones(3))
    (leaf * 2).sum().backward()
    found = cross(leaf)
    assert type(found) is torch.nn.Parameter
    assert torch.equal(found.grad, torch.full((3,), 2.0))
    assert cross(torch.zeros(2, requires_grad=True)).requires_grad


class Liar(float):
    """A number with an opinion."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


class Tensor(torch.Tensor):
    """A tensor that could bring methods of its own."""


class Triple(Point):
    """A named tuple with methods of its own."""


NO_DATA = [
    Liar(1), type("S", (str,), {})("a"), type("L", (list,), {})([1]), type("D", (dict,), {})(), object(),
    len, Liar, np.array([object()]), np.zeros(2, dtype=[("a", "f8")]), np.ma.array([1.0]),
    np.array(["2020-01-01"], dtype="datetime64[D]"), torch.zeros(2).as_subclass(Tensor),
    torch.zeros(2, 2).to_sparse(), Triple(1, 2), iter([1]), (i for i in ()),
]  # fmt: skip


@pytest.mark.parametrize("value", NO_DATA, ids=lambda v: type(v).__name__)
def test_what_could_bring_methods_is_no_data(value: Any) -> None:
    """Subclasses, objects, odd dtypes and iterators are left where they are, nested ones too."""
    for held in (value, [value], {"a": (value,)}):
        with pytest.raises(Uncrossable, match="no data"):
            cross(held)


def test_size_and_depth_are_bounded_on_the_way_out() -> None:
    """Endless and bottomless values are refused with the number that they exceed."""
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(Uncrossable, match="60 levels"):
        cross(loop)
    with pytest.raises(Uncrossable, match="500,000 parts"):
        cross([0] * 500_001)
    with pytest.raises(Uncrossable, match="too deeply"):
        expression = x
        for _ in range(300):
            expression = sympy.sin(expression, evaluate=False)
        cross(expression)


HOSTILE = [
    1.5, math.inf, {}, {"t": "pickle"}, {"t": ["float"]}, {"t": "float", "v": 3}, {"t": "float", "v": "x"},
    {"t": "int", "v": "f" * 200_000}, {"t": "tuple", "v": 3}, {"t": "set", "v": [[1]]},
    {"t": "dict", "v": [[1]]}, {"t": "dict", "v": [[[], 1]]}, {"t": "bytes", "b": 0}, {"t": "bytes", "b": -1},
    {"t": "bytes", "b": True}, {"t": "Fraction", "v": "1/0"}, {"t": "Fraction", "v": "1_0/3"},
    {"t": "Decimal", "v": "1E1000000000"}, {"t": "Decimal", "v": "sNaN"}, {"t": "range", "v": [1, 2, 0]},
    {"t": "slice", "v": [1, 2, 3, 4]}, {"t": "namedtuple", "n": "a b", "f": [], "v": []},
    {"t": "namedtuple", "n": "A", "f": ["__class__"], "v": [1]},
    {"t": "namedtuple", "n": "A", "f": ["x=__import__('os')"], "v": [1]},
    {"t": "namedtuple", "n": "A", "f": ["class"], "v": [1]}, {"t": "namedtuple", "n": "A", "f": ["a"], "v": []},
    {"t": "array", "d": "O", "s": [1], "b": 0}, {"t": "array", "d": "<f8", "s": [10**30], "b": 0},
    {"t": "array", "d": "<f8", "s": [-1], "b": 0}, {"t": "array", "d": "<f8,<f8", "s": [1], "b": 0},
    {"t": "tensor", "d": "save", "s": [1], "b": 0}, {"t": "tensor", "d": "float32", "s": [1] * 40, "b": 0},
    {"t": "dtype", "v": "os"}, {"t": "device", "v": "cuda:0; x"}, {"t": "Size", "v": ["a"]},
    {"t": "sympy", "v": []}, {"t": "sympy", "v": ["sympify", "1"]}, {"t": "sympy", "v": ["__class__", 1]},
    {"t": "sympy", "v": ["Symbol", "a" * 200, []]}, {"t": "sympy", "v": ["Symbol", "a", ["evil"]]},
    {"t": "sympy", "v": ["Function", "f(", ["Integer", "1"]]}, {"t": "sympy", "v": ["Integer", "1" * 20_000]},
    {"t": "sympy", "v": ["Matrix", 10**6, 10**6, []]}, {"t": "sympy", "v": "x"},
    {"t": "ref", "id": "0:0"}, {"t": "global", "module": "os", "name": "system"}, {"t": "callback", "id": 0},
]  # fmt: skip


@pytest.mark.parametrize("tree", HOSTILE, ids=lambda t: json.dumps(t)[:60])
def test_hostile_trees_are_refused(tree: Any) -> None:
    """Nothing is built that is not of our form, and only `Uncrossable` is raised."""
    with pytest.raises(Uncrossable):
        decode(tree)
    with pytest.raises(Uncrossable):
        decode([[tree]])


def test_trees_are_bounded_on_the_way_in() -> None:
    """Depth and number of parts are checked again: the sender may be forged."""
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    for tree in (deep, [0] * 500_001):
        with pytest.raises(Uncrossable, match="too large or nested"):
            decode(tree)


@pytest.mark.parametrize("kind", ["set", "frozenset", "dict"])
def test_keys_of_one_hash_are_refused(kind: str) -> None:
    """Thousands of keys that share a hash, which would take hours, end at once."""
    keys = [{"t": "int", "v": hex((2**61 - 1) * (k + 9))} for k in range(20_000)]
    started = time.monotonic()
    with pytest.raises(Uncrossable, match="odd keys"):
        decode({"t": kind, "v": [[k, 1] for k in keys] if kind == "dict" else keys})
    assert time.monotonic() - started < 5
    assert len(cross({k: str(k) for k in range(20_000)})) == 20_000


def test_nothing_is_evaluated_when_an_expression_is_built() -> None:
    """A tower of powers and a huge factorial are built, not computed."""
    started = time.monotonic()
    nine = ["Integer", "0x9"]
    decode({"t": "sympy", "v": ["Pow", nine, ["Pow", nine, ["Pow", nine, nine]]]})
    decode({"t": "sympy", "v": ["factorial", ["Integer", hex(10**12)]]})
    decode({"t": "sympy", "v": ["binomial", ["Integer", hex(10**9)], ["Integer", hex(10**8)]]})
    assert time.monotonic() - started < 5


# --- frames -----------------------------------------------------------------------------


Pair = Callable[..., tuple[Channel, socket.socket]]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Makes a channel and the bare socket at its other end; closes both."""
    opened: list[socket.socket] = []

    def make(on_wait: Any = None) -> tuple[Channel, socket.socket]:
        opened.extend(socket.socketpair())
        return Channel(opened[-2], on_wait), opened[-1]

    yield make
    for end in opened:
        end.close()


def test_a_message_comes_back(pair: Pair) -> None:
    """Head and buffers, empty ones too."""
    channel, other = pair()
    Channel(other).send({"a": [1]}, [b"xy", b"", b"z"])
    assert channel.receive() == ({"a": [1]}, [b"xy", b"", b"z"])


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<I", 2**32 - 1), struct.pack("<I", 1) + b"x", struct.pack("<I", 2) + b"[]",
        struct.pack("<I", 4) + b"null", struct.pack("<I", 2) + b"{}", struct.pack("<I", 1000) + b"[" * 1000,
        struct.pack("<I", 2) + b"\xff\xfe",
        *(struct.pack("<I", len(t)) + t for t in (
            b'{"head": [], "sizes": []}', b'{"head": {}, "sizes": 3}', b'{"head": {}, "sizes": [-1]}',
            b'{"head": {}, "sizes": [true]}', b'{"head": {}, "sizes": [1e3]}',
            b'{"head": {}, "sizes": [600000000]}', b'{"head": {}, "sizes": [' + b"9" * 5000 + b"]}")),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(pair: Pair, content: bytes) -> None:
    """Garbage and impossible sizes cost the reader nothing."""
    channel, other = pair()
    other.sendall(content)
    with pytest.raises(Uncrossable):
        channel.receive()


def test_half_a_message_and_silence_are_a_lost_connection(pair: Pair) -> None:
    """When the other end closes in the middle, that is said."""
    channel, other = pair()
    other.sendall(struct.pack("<I", 100) + b"{")
    other.close()
    with pytest.raises(ConnectionError):
        channel.receive()


class Late(Exception):
    """The watcher has had enough."""


def late() -> None:
    raise Late


def test_the_watcher_is_called_while_nothing_comes(pair: Pair) -> None:
    """A silent or slow partner does not keep the examiner waiting."""
    channel, other = pair(late)
    other.sendall(b"\x01")
    with pytest.raises(Late):
        channel.receive()


def test_the_watcher_is_called_though_answers_come_without_a_pause(pair: Pair) -> None:
    """A partner that always answers at once is watched as well."""
    looks: list[float] = []
    channel, other = pair(lambda: looks.append(time.monotonic()))
    partner = Channel(other)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        partner.send({})
        channel.receive()
    assert 2 <= len(looks) <= 8


def test_the_watcher_is_called_while_nobody_reads(pair: Pair) -> None:
    """A partner that does not read cannot block the sender for ever."""
    channel, _other = pair(late)
    with pytest.raises(Late):
        channel.send({}, [b"x" * 10_000_000])
