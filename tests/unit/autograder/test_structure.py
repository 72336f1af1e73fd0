import textwrap

import pytest

from autograder import verdict
from autograder.structure import (
    LIBRARY_CONVOLUTION,
    LIBRARY_POOLING,
    Findings,
    check_allowed,
    find_uses,
    forbidden_operators,
)

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F"
HONEST = """
class ConvLayer(nn.Module):
    def __init__(self, c, f, k):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(f, c, k, k))
        self.layers = [getattr(self, f"layer{i}", None) for i in range(2)]
    def forward(self, x):
        columns = F.unfold(x, self.weight.shape[-1])
        return self.weight.flatten(1) @ columns
"""
FORBIDDEN = {**LIBRARY_CONVOLUTION, **LIBRARY_POOLING}


def find(*cells: str, roots: tuple[str, ...] = ("ConvLayer",)) -> Findings:
    """Search a notebook of some cells after the imports."""
    sources = {f"c{i}": textwrap.dedent(cell) for i, cell in enumerate((HEAD, *cells))}
    return find_uses(sources, roots, FORBIDDEN)


def layer(expression: str, before: str = "") -> str:
    """A layer whose forward pass is one expression."""
    return (
        f"{before}\nclass ConvLayer(nn.Module):\n    def forward(self, x):\n        {expression}\n"
    )


def test_an_honest_layer_has_no_findings() -> None:
    """An own layer with unfold, parameters and getattr on itself is clean."""
    assert find(HONEST) == Findings()


@pytest.mark.parametrize(
    "after",
    [
        "print(nn.Conv2d(1, 2, 3))",
        "reference = nn.Conv2d(1, 2, 3)\nassert ConvLayer(1, 2, 3)(x) == reference(x)",
        "def compare(layer):\n    return layer, F.conv2d",
        "class Library(nn.Module):\n    pool = nn.MaxPool2d(2)",
        "conv = F.conv2d  # the method of the same name below is another thing",
    ],
)
def test_a_comparison_outside_of_the_graded_classes_is_allowed(after: str) -> None:
    """The library's layer may be used where the graded classes do not reach it."""
    assert find(HONEST, after) == Findings()


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("return F.conv2d(x, self.w)", ""),
        ("return torch.conv2d(x, self.w)", ""),
        ("return nn.functional.conv2d(x, self.w)", ""),
        ("return nn.LazyConv2d(3, 3)(x)", ""),
        ("return nn.modules.conv.Conv2d(1, 2, 3)(x)", ""),
        ("return nn.MaxPool2d(2)(x)", ""),
        ("return F.adaptive_avg_pool2d(x, 1)", ""),
        ("return torch.ops.aten.convolution(x)", ""),
        ("return torch._C._nn.slow_conv3d(x)", ""),
        ("return G.conv2d(x)", "import torch.nn.functional as G"),
        ("return Q(1, 2, 3)(x)", "from torch.nn import Conv2d as Q"),
        ("return op(x)", "op = F.conv2d"),
        ("return op(x)", "a, op = 1, F.conv2d"),
        ("return op(x)", "a = F\nb = a\nop = b.conv2d"),
        ("return op(x)", "def op(x):\n    return inner(x)\ndef inner(x):\n    return F.conv2d(x)"),
        ("return op(x)", "op = lambda x: F.conv2d(x)"),
        ("return op(x)", "if True:\n    from torch.nn.functional import conv2d as op"),
        ("return op(x)", "try:\n    op = F.conv2d\nexcept ImportError:\n    op = None"),
        ("return (op := F.conv2d)(x)", ""),
        ('return getattr(F, "conv2d")(x)', ""),
        ('return F.__dict__["conv2d"](x)', ""),
        ('return vars(F)["conv2d"](x)', ""),
        ("from torch.nn.functional import conv2d as q; return q(x)", ""),
        ("import torch.nn.functional as q; return q.conv2d(x)", ""),
        ("q = torch.nn; return q.Conv2d(1, 2, 3)(x)", ""),
        ("return (F if self else F).conv2d(x)", ""),
        ("return conv2d(x)", "from torch.nn.functional import *"),
        ("return convolve2d(x)", "from scipy.signal import convolve2d"),
        ("return scipy.signal.correlate(x)", "import scipy.signal"),
        ("return np.convolve(x)", "import numpy as np"),
        ("return helper.run(x)", "class helper:\n    run = staticmethod(F.conv2d)"),
        ("return [F.conv2d(y) for y in x]", ""),
        ("def inner(y, op=F.conv2d): return op(y)\n        return inner(x)", ""),
        ("return isinstance(x, 0)", "def isinstance(x, y): return F.conv2d(x)"),
    ],
)
def test_a_reachable_library_call_is_found(body: str, before: str) -> None:
    """A ready-made convolution or pooling is found behind aliases, helpers and look-ups."""
    assert find(layer(body, before)).forbidden


def test_a_finding_tells_cell_line_and_full_name() -> None:
    """A finding names the cell, the line, the text and what it stands for."""
    found = find("from torch.nn import Conv2d as Q", layer("pass\n        return Q(1, 2, 3)(x)"))
    assert [(f.cell_id, f.line, f.what) for f in found.forbidden] == [
        ("c2", 5, "Q (torch.nn.Conv2d)")
    ]
    assert "convolution" in found.forbidden[0].reason


@pytest.mark.parametrize(
    "cell",
    [
        "class ConvLayer(nn.Conv2d):\n    pass",
        "class Base(nn.Conv2d):\n    pass\nclass ConvLayer(Base):\n    pass",
        "ConvLayer = nn.Conv2d",
        "ConvLayer = type('ConvLayer', (nn.Conv2d,), {})",
        "if True:\n    from torch.nn import Conv2d as Q\n    class ConvLayer(Q):\n        pass",
        HONEST + "ConvLayer.forward = lambda self, x: F.conv2d(x, self.weight)",
        HONEST + "setattr(ConvLayer, 'forward', F.conv2d)",
        HONEST + "class ConvLayer(ConvLayer):\n    forward = F.conv2d",
        HONEST + "F.unfold = F.conv2d",
        "@(lambda c: nn.Conv2d)\n" + HONEST.strip(),
    ],
)
def test_a_class_that_is_the_librarys_is_found(cell: str) -> None:
    """Subclassing, renaming, decorating and patching do not hide the library's layer."""
    assert find(cell).forbidden


def test_only_the_last_definition_counts() -> None:
    """An earlier draft that the last definition replaces is not held against a student."""
    assert find(layer("return F.conv2d(x)"), HONEST) == Findings()
    old_super = HONEST.replace("super()", "super(ConvLayer, self)")
    assert find(layer("return F.conv2d(x)"), old_super) == Findings()


def test_a_base_class_is_the_one_that_was_there() -> None:
    """A draft that the last definition is built on does count."""
    base = layer("return F.conv2d(x)") + "Base = ConvLayer\n"
    assert find(base, "class ConvLayer(Base):\n    pass").forbidden
    assert find(base, "class ConvLayer(ConvLayer):\n    pass").forbidden
    assert find("ops = [F.conv2d]\nops += []\n" + layer("return ops[0](x)")).forbidden


@pytest.mark.parametrize(
    "body",
    [
        "return getattr(F, 'con' + 'v2d')(x)",
        "return eval('F.conv2d')(x)",
        "exec('y = F.conv2d(x)')",
        "return __import__('torch').conv2d(x)",
        "import importlib; return importlib.import_module('torch').conv2d(x)",
        "import sys; return sys.modules['torch'].conv2d(x)",
        "return globals()['F'].conv2d(x)",
        "return get_ipython().user_ns['F'].conv2d(x)",
        "return F.__getattribute__('conv2d')(x)",
        "import operator; return operator.attrgetter('conv2d')(F)(x)",
        "return F.__dict__.get('conv2d')(x)",
    ],
)
def test_what_the_source_hides_is_unchecked(body: str) -> None:
    """Names that are computed while the code runs go to a person."""
    found = find(layer(body))
    assert found.unchecked
    assert not found.forbidden


def test_a_missing_root_is_unchecked() -> None:
    """A class that no cell defines cannot be cleared."""
    assert [f.what for f in find("x = 1").unchecked] == ["ConvLayer"]


def test_local_names_hide_those_of_the_module() -> None:
    """A parameter named like a module's alias is something else."""
    cell = "conv = F.conv2d\n" + layer("for conv in self.layers: x = conv(x)\n        return x")
    assert find(cell) == Findings()


def test_a_type_test_and_an_annotation_are_no_use() -> None:
    """Asking for the library's type in an initialisation is allowed."""
    body = "layer: nn.Conv2d = self\n        return isinstance(x, (nn.Conv2d, nn.Linear))"
    assert find(layer(body)) == Findings()


@pytest.mark.parametrize("magic", ["%matplotlib inline", "!pip install x", "%%time", "?nn"])
def test_magics_do_not_hide_a_cell(magic: str) -> None:
    """A cell with IPython's own syntax is read all the same."""
    found = find(f"{magic}\n{layer('return F.conv2d(x)')}")
    assert found.forbidden
    assert not found.unreadable


def test_a_cell_that_is_no_python_is_reported_and_skipped() -> None:
    """An unreadable cell is named; the others are still searched."""
    found = find("def broken(:", layer("return F.conv2d(x)"))
    assert found.unreadable == ("c1",)
    assert found.forbidden


@pytest.mark.parametrize(
    "hostile",
    [
        "(" * 5000,
        "x = " + "-" * 50_000 + "1",
        "x\0y",
        "'\\d'",
        "a0 = F\n"
        + "".join(f"a{i + 1} = a{i} if c else a{i}\n" for i in range(60))
        + layer("a60()"),
        layer("y = F\n        " + "; ".join(f"y = y.a{i} if z else z; z = y" for i in range(90))),
    ],
)
def test_hostile_source_costs_little(hostile: str) -> None:
    """Deep, long and entangled source neither crashes nor hangs the search."""
    assert isinstance(find(HONEST, hostile), Findings)


@pytest.mark.parametrize("length", [40, 200])
def test_a_long_chain_of_names_does_not_hide_a_use(length: int) -> None:
    """A use behind many names is found, or a person decides."""
    chain = "".join(f"a{i + 1} = a{i} if c else a{i}\n" for i in range(length))
    found = find("a0 = nn\n" + chain + layer(f"return a{length}.Conv2d(x)"))
    assert found.forbidden if length < 50 else found.unchecked


def test_operators_of_the_library_are_forbidden() -> None:
    """Convolutions and poolings are found by their operators' names, and nothing else is."""
    ran = [
        "aten.convolution.default",
        "aten::conv2d",
        "aten.mkldnn_convolution.default",
        "aten._slow_conv2d_forward.default",
        "aten.convolution_backward.default",
        "aten.max_pool2d_with_indices.default",
        "aten._adaptive_avg_pool2d.default",
    ]
    fine = ["aten.im2col.default", "aten.col2im.default", "aten.unfold.default", "aten.mm.default"]
    fine += ["aten.amax.default", "aten.mean.dim", "aten._convert_indices_from_csr_to_coo.default"]
    assert forbidden_operators([*fine, *ran, *ran]) == ran


def test_the_real_operators_are_seen_and_named_so() -> None:
    """The names that torch's dispatch mode gives are the ones that the patterns know."""
    torch = pytest.importorskip("torch")
    from torch.utils._python_dispatch import TorchDispatchMode

    class Seen(TorchDispatchMode):
        def __init__(self) -> None:
            super().__init__()
            self.names: list[str] = []

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore
            self.names.append(str(func))
            return func(*args, **(kwargs or {}))

    x = torch.randn(1, 1, 8, 8)
    with Seen() as honest:
        (torch.nn.functional.unfold(x, 3).sum(1).view(1, 1, 6, 6).relu()).amax()
    with Seen() as library:
        torch.nn.functional.max_pool2d(torch.nn.Conv2d(1, 2, 3)(x), 2)
    assert honest.names
    assert forbidden_operators(honest.names) == []
    assert len(forbidden_operators(library.names)) == 2


def test_check_allowed_passes_an_honest_layer() -> None:
    """An honest layer with honest operators passes."""
    sources = {"a": HEAD, "b": HONEST}
    check_allowed(["ConvLayer"], FORBIDDEN, sources=sources, operators=["aten.mm.default"])


def test_check_allowed_names_line_and_reason() -> None:
    """The message names the use, the line and why it is forbidden."""
    sources = {"a": HEAD, "q10-conv": layer("return F.conv2d(x)")}
    with pytest.raises(verdict.CheckFailed, match=r"F\.conv2d .*line 4 of cell q10-conv.*ready"):
        check_allowed(["ConvLayer"], FORBIDDEN, sources=sources)


def test_check_allowed_fails_by_operators_alone() -> None:
    """A source that looks clean does not help where the operators tell otherwise."""
    with pytest.raises(verdict.CheckFailed, match=r"aten\.convolution"):
        check_allowed(
            ["ConvLayer"],
            FORBIDDEN,
            sources={"a": HEAD, "b": HONEST},
            operators=["aten.convolution.default"],
        )


@pytest.mark.parametrize(
    ("body", "operators"), [("return eval('x')", ["aten.mm.default"]), ("return x", [])]
)
def test_check_allowed_leaves_doubt_to_a_person(body: str, operators: list[str]) -> None:
    """Code from text, or a run in which no operator was seen, is ungraded."""
    sources = {"a": HEAD, "b": layer(body)}
    with pytest.raises(verdict.CheckUngraded):
        check_allowed(["ConvLayer"], FORBIDDEN, sources=sources, operators=operators)
