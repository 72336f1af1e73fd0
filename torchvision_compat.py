"""Lets `import torchvision` work beside a build of torch that its operators were not made for.

Why: torchvision's wheel on PyPI carries compiled operators that are linked against the CUDA build
of torch. Beside a CPU build they cannot be loaded. torchvision tolerates that, except for two
operators: it registers shapes for `torchvision::nms` and `torchvision::qnms` without asking
whether they exist, so its import ends with "operator torchvision::nms does not exist" although
data sets, models and transforms need neither. Declaring the two schemas first is the whole cure.
(Calling one of the two operators still fails, as it must: they have no kernel.)

How: `install()` puts a finder in front of `sys.meta_path` that waits for the first import of
torchvision. Nothing else happens until then; in particular a program that never imports
torchvision never imports torch on our account. Where the compiled operators load, or where
torchvision or torch are missing, the finder changes nothing.

Only the standard library is imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

# The arguments and results that torchvision's own C++ sources declare (ops/nms.cpp, qnms).
SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def install() -> None:
    """Make a later `import torchvision` succeed; calling it again changes nothing."""
    if not any(isinstance(finder, _TorchvisionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TorchvisionFinder())


def uninstall() -> None:
    """Take back `install`; what has been imported stays imported."""
    sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _TorchvisionFinder)]


def declare_missing_operators(folder: Path) -> tuple[str, ...]:
    """Declare the operators that torchvision takes for granted, where they are missing.

    Imports torch.

    Args:
        folder: torchvision's folder, which holds its compiled operators.

    Returns:
        Names of the operators that were declared; empty where the cure is not needed.
    """
    import torch

    for library in sorted([*folder.glob("_C.so"), *folder.glob("_C.*")]):
        try:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
        except OSError:
            continue  # linked against another build of torch: the case this module is for
    missing = tuple(name for name in SCHEMAS if not hasattr(torch.ops.torchvision, name))
    for name in missing:
        torch.library.define(f"torchvision::{name}", SCHEMAS[name])
    return missing


class _TorchvisionLoader(SourceFileLoader):
    """Loads torchvision as ever, after the missing operators have been declared."""

    def exec_module(self, module: ModuleType) -> None:
        declare_missing_operators(Path(self.path).parent)
        super().exec_module(module)


class _TorchvisionFinder(MetaPathFinder):
    """Gives torchvision our loader and leaves every other module to the other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "torchvision":
            return None
        spec = _spec_of_others(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _TorchvisionLoader(spec.loader.name, spec.loader.path)
        return spec


def _spec_of_others(
    fullname: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if isinstance(finder, _TorchvisionFinder):
            continue
        spec = finder.find_spec(fullname, path, target)
        if spec is not None:
            return spec
    return None
