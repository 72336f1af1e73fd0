"""What can be claimed about an activation function, what is true, and how to measure it.

The vocabulary has six properties (questions q07 and q11):

* `range`: infimum and supremum of the values;
* `monotone`: nondecreasing on the whole line;
* `smooth`: derivatives of every order exist everywhere;
* `zero_centred`: odd, f(-x) = -f(x);
* `saturating`: on which side the values tend to a finite limit: `left`, `right`, `both`, `none`;
* `lipschitz`: the smallest L with |f(x) - f(y)| <= L |x - y|, which is the supremum of |f'|.

`measured` estimates all six from values alone, at 1,601 places: steps of 1/64 up to |x| = 10,
then ever wider ones up to 1e6, and finer ones around whatever looks like a joint. What it can and
cannot see:

* range and Lipschitz constant to 0.001 (compare with `TOLERANCE`, 0.002), as long as the function
  varies on scales of about 1/64 to 100; a bound that is still being left by more than 0.01 between
  1e3 and 1e6 is infinite;
* a fall or an asymmetry of less than 1e-6 goes unnoticed;
* a limit is reached where the values beyond 1e3 differ by less than 0.01;
* jumps of f from 1e-5, of f' from 1e-4 and of f'' from 1e-3, for |x| < 10 and in double precision
  (in single precision about 2e-4 and 0.2, and none of f''). A joint of a higher order looks
  smooth, unless the derivative is given too: then jumps of f''' from 1e-3 are seen.

Reference:
    Goodfellow, Bengio, Courville, "Deep Learning", sections 6.2.2 and 6.3; Hendrycks, Gimpel,
    "Gaussian error linear units" (2016); Ramachandran, Zoph, Le, "Searching for activation
    functions" (2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], ArrayLike]

NAMES = ("range", "monotone", "smooth", "zero_centred", "saturating", "lipschitz")
SIDES = ("left", "right", "both", "none")
TOLERANCE = 0.002  # of a claimed bound or constant, absolute and relative

CORE, FAR, FARTHEST = 10.0, 1e3, 1e6
STEP = 1 / 64  # of the places up to CORE
FINER = 8  # how much finer each look at a joint is
SETTLED = 0.01  # values beyond FAR that differ by less have reached a limit
SLACK = 1e-6  # of a fall, or of an asymmetry
SEEN = (1e-5, 1e-4, 1e-3)  # the least jump of f, f' and f'' that counts
CANDIDATES = 16  # places that are looked at for each order


@dataclass(frozen=True)
class Properties:
    """Properties of an activation function.

    Attributes:
        range: Infimum and supremum of the values, infinite where there is no bound.
        monotone: Whether it is nondecreasing on the whole line.
        smooth: Whether all derivatives exist everywhere.
        zero_centred: Whether it is odd.
        saturating: Where it tends to a finite limit: `left`, `right`, `both` or `none`.
        lipschitz: Its smallest Lipschitz constant, infinite where there is none.
    """

    range: tuple[float, float]
    monotone: bool
    smooth: bool
    zero_centred: bool
    saturating: str
    lipschitz: float


@dataclass(frozen=True)
class Break:
    """A place where a function or one of its derivatives jumps.

    Attributes:
        x: Where, to about 0.001.
        order: 0 where the function itself jumps, 1 a corner, 2 a jump of the second derivative.
        size: By how much, without sign: of a corner or a bend at least half of it.
    """

    x: float
    order: int
    size: float


@dataclass(frozen=True)
class Measurement:
    """What values of a function say about it.

    Attributes:
        properties: The six properties, of the finite values.
        finite: Whether all values with |x| <= 1000 are finite.
        breaks: Jumps of the function and of its derivatives, from left to right.
        evidence: A sentence for each property that says what was seen.
    """

    properties: Properties
    finite: bool
    breaks: tuple[Break, ...]
    evidence: Mapping[str, str]

    @property
    def jumps(self) -> tuple[Break, ...]:
        """Where the function is not continuous."""
        return tuple(b for b in self.breaks if b.order == 0)

    @property
    def corners(self) -> tuple[Break, ...]:
        """Where the function is continuous and its slope jumps."""
        return tuple(b for b in self.breaks if b.order == 1)


# --- what is true -------------------------------------------------------------------------

# Both come from f' = 0, the others from f'' = 0.
GELU_MINIMUM = -0.1699712074  # at x = -0.7517916244
SWISH_MINIMUM = -0.2784645428  # at x = -1.2784645428: f = x + 1 there, and -f is W(1/e)
SWISH_SLOPE = 1.0998393194  # at x = 2.3993572806
GELU_SLOPE = (1 + math.erf(1)) / 2 + math.exp(-1) / math.sqrt(math.pi)  # at sqrt(2): 1.1289
SYMMETRIC_GELU_SLOPE = math.erf(1) + 2 * math.exp(-1) / math.sqrt(math.pi)  # at 1: 1.2578

TABLE: Mapping[str, Properties] = MappingProxyType(
    {
        "sigmoid": Properties((0.0, 1.0), True, True, False, "both", 0.25),
        "tanh": Properties((-1.0, 1.0), True, True, True, "both", 1.0),
        "relu": Properties((0.0, math.inf), True, False, False, "left", 1.0),
        "leaky_relu": Properties((-math.inf, math.inf), True, False, False, "none", 1.0),
        "elu": Properties((-1.0, math.inf), True, False, False, "left", 1.0),
        "softplus": Properties((0.0, math.inf), True, True, False, "left", 1.0),
        "gelu": Properties((GELU_MINIMUM, math.inf), False, True, False, "left", GELU_SLOPE),
        "swish": Properties((SWISH_MINIMUM, math.inf), False, True, False, "left", SWISH_SLOPE),
        "symmetric_gelu": Properties(
            (0.0, math.inf), False, True, False, "none", SYMMETRIC_GELU_SLOPE
        ),
        "hard_sigmoid": Properties((0.0, 1.0), True, False, False, "both", 1 / 6),
        "hard_tanh": Properties((-1.0, 1.0), True, False, True, "both", 1.0),
        "hard_swish": Properties((-0.375, math.inf), False, False, False, "left", 1.5),
    }
)


# --- claims -------------------------------------------------------------------------------


def malformed(name: str, claim: object) -> str:
    """Why a claim cannot be read, one sentence; empty where it can.

    Args:
        name: One of `NAMES`.
        claim: What was claimed: plain data.

    Raises:
        KeyError: There is no such property.
    """
    if name not in NAMES:
        raise KeyError(name)
    if name == "range":
        good = _is_pair(claim) and not any(map(math.isnan, _pair(claim)))
        return "" if good else "range is a pair of numbers (lower, upper), inf where there is none"
    if name == "saturating":
        good = isinstance(claim, str) and claim.strip().lower() in SIDES
        return "" if good else f"saturating is one of {', '.join(SIDES)}"
    if name == "lipschitz":
        good = _is_number(claim) and not math.isnan(_number(claim))
        return "" if good else "lipschitz is a number, inf where there is none"
    return "" if isinstance(claim, bool | np.bool_) else f"{name} is True or False"


def agrees(name: str, claim: object, truth: Properties, tolerance: float = TOLERANCE) -> bool:
    """Whether a claim about one property is true.

    Args:
        name: One of `NAMES`.
        claim: What was claimed; a claim that cannot be read is not true.
        truth: The properties that the function has, from `TABLE` or from `measured`.
        tolerance: Of bounds and constants, absolute and relative.
    """
    if malformed(name, claim):
        return False
    fact = getattr(truth, name)
    if name == "range":
        pairs = zip(_pair(claim), fact, strict=True)
        return all(_close(one, other, tolerance) for one, other in pairs)
    if name == "saturating":
        return str(claim).strip().lower() == str(fact)
    if name == "lipschitz":
        return _close(_number(claim), fact, tolerance)
    return bool(claim) == bool(fact)


def wrong_claims(
    claims: Mapping[str, object], truth: Properties, tolerance: float = TOLERANCE
) -> tuple[str, ...]:
    """Names of the properties that are claimed falsely, unreadably, or not at all.

    Args:
        claims: What an answer says, by property; any values.
        truth: What is so.
        tolerance: How far numbers may be off, relative and absolute.
    """
    return tuple(n for n in NAMES if not agrees(n, claims.get(n), truth, tolerance))


def _close(one: float, other: float, tolerance: float) -> bool:
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


def _is_number(value: object) -> bool:
    numbers = int | float | np.integer | np.floating
    return isinstance(value, numbers) and not isinstance(value, bool)


def _number(value: object) -> float:
    assert isinstance(value, int | float | np.integer | np.floating)
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf if value > 0 else -math.inf


def _is_pair(value: object) -> bool:
    plain = value.tolist() if isinstance(value, np.ndarray) else value
    return isinstance(plain, tuple | list) and len(plain) == 2 and all(map(_is_number, plain))


def _pair(value: object) -> tuple[float, float]:
    assert isinstance(value, tuple | list | np.ndarray)
    return _number(value[0]), _number(value[1])


# --- measuring ----------------------------------------------------------------------------


def measured(f: Function, df: Function | None = None) -> Measurement:
    """Estimate the properties of a function from its values.

    The function is called about eight times, with arrays of 500 to 1,700 places.

    Args:
        f: Maps float64 places, shape (n,), to values, shape (n,).
        df: Its derivative, of the same form, known to belong to f; where it is given, it also
            shows joints at which only the third derivative jumps.

    Raises:
        ValueError: The values have another shape than the places.
    """
    x = _places()
    y = _values(f, x)
    near = np.abs(x) <= FAR
    finite = bool(np.isfinite(y[near]).all())
    usable = np.isfinite(y)
    if np.count_nonzero(usable & near) < 2:
        nothing = Properties((math.nan, math.nan), False, False, False, "none", math.nan)
        return Measurement(nothing, False, (), {})
    found = _breaks(f)
    if df is not None:
        deeper = (Break(b.x, b.order + 1, b.size) for b in _breaks(df))
        found = _lowest([*found, *deeper])
    x, y = x[usable], y[usable]
    slope, steepest = _steepest(f, x, y)
    jumps = [b for b in found if b.order == 0]
    lipschitz = math.inf if jumps else slope
    fall, fall_text = _largest_fall(x, y)
    odd, odd_text = _asymmetry(x, y)
    settled = [_settled(y[x <= -FAR]), _settled(y[x >= FAR])]
    sides = {(True, True): "both", (True, False): "left", (False, True): "right"}
    properties = Properties(
        range=_range(x, y),
        monotone=fall <= SLACK,
        smooth=not found,
        zero_centred=odd <= SLACK,
        saturating=sides.get((settled[0], settled[1]), "none"),
        lipschitz=lipschitz,
    )
    low, high = int(np.argmin(y)), int(np.argmax(y))
    evidence = {
        "range": f"the least value seen is {_point(x[low], y[low])}, "
        f"the greatest {_point(x[high], y[high])}",
        "monotone": fall_text,
        "smooth": _break_text(found),
        "zero_centred": odd_text,
        "saturating": ", ".join(_point(s, _at(x, y, s)) for s in (-FARTHEST, -FAR, FAR, FARTHEST)),
        "lipschitz": _break_text(jumps)
        if jumps
        else f"the steepest slope seen is {slope:.5g}, near x = {steepest + 0.0:.4g}",
    }
    return Measurement(properties, finite, found, evidence)


def _places() -> Array:
    """Places from -1e6 to 1e6, symmetric about 0, with steps of 1/64 up to |x| = 10."""
    inner = np.arange(1, round(CORE / STEP) + 1) * STEP
    outer = np.geomspace(CORE, FARTHEST, 161)[1:]
    outer[63] = FAR  # 64 places for the two decades from 10 to 1000: exactly there
    right = np.concatenate([inner, outer])
    return np.concatenate([-right[::-1], [0.0], right])


def _values(f: Function, x: Array) -> Array:
    y = np.asarray(f(x))
    if y.shape != x.shape:
        raise ValueError(f"{x.size} places give values of shape {y.shape}")
    values: Array = y.astype(np.float64)
    return values


def _rounding(f: Function) -> float:
    """Rounding error of f's number type, relative to the values."""
    kind = np.asarray(f(np.linspace(-1.0, 1.0, 3))).dtype
    return float(np.finfo(kind).eps) if kind.kind == "f" else float(np.finfo(np.float64).eps)


def _at(x: Array, y: Array, place: float) -> float:
    """The value at the place that is nearest to one."""
    return float(y[int(np.argmin(np.abs(x - place)))])


def _settled(y: Array) -> bool:
    return y.size > 1 and float(np.ptp(y)) < SETTLED


def _range(x: Array, y: Array) -> tuple[float, float]:
    inner, outer = y[np.abs(x) < FAR], y[np.abs(x) >= FAR]
    low, high = float(y.min()), float(y.max())
    if outer.size and outer.min() < inner.min() - SETTLED:
        low = -math.inf
    if outer.size and outer.max() > inner.max() + SETTLED:
        high = math.inf
    return low, high


def _largest_fall(x: Array, y: Array) -> tuple[float, str]:
    """The largest f(a) - f(b) with a < b, relative where values are large, and where that is."""
    before = np.maximum.accumulate(y)
    falls = (before - y) / np.maximum(1.0, np.abs(before))
    end = int(np.argmax(falls))
    if falls[end] <= SLACK:
        return float(falls[end]), "it was not seen to fall"
    high = y[: end + 1] >= before[end] - 0.05 * (before[end] - y[end])
    start = int(np.flatnonzero(high)[-1])  # the last place that is almost as high
    return float(falls[end]), f"{_point(x[start], y[start])}, but {_point(x[end], y[end])}"


def _asymmetry(x: Array, y: Array) -> tuple[float, str]:
    """The largest |f(x) + f(-x)|, relative where values are large, and where that is."""
    mirrored = np.interp(-x, x, y)  # at places of the grid: the value there
    gap = np.abs(y + mirrored) / np.maximum(1.0, np.abs(y))
    gap[~np.isin(-x, x)] = 0.0
    near = np.abs(x) <= CORE
    index = int(np.argmax(np.where(near, gap, 0.0) if gap[near].max() > SLACK else gap))
    if gap[index] <= SLACK:
        return float(gap[index]), "f(-x) = -f(x) wherever it was tried"
    place = abs(float(x[index]))
    if place == 0:
        return float(gap[index]), f"{_point(0.0, y[index])}, but an odd function is 0 there"
    left, right = _at(x, y, -place), _at(x, y, place)
    return float(gap[index]), f"{_point(place, right)}, but {_point(-place, left)}"


def _steepest(f: Function, x: Array, y: Array) -> tuple[float, float]:
    """The steepest slope and where it is; infinite where slopes grow without end."""
    slopes = np.abs(np.diff(y) / np.diff(x))
    middle = (x[1:] + x[:-1]) / 2
    index = int(np.argmax(slopes))
    place, slope = float(middle[index]), float(slopes[index])
    moderate = slopes[np.abs(middle) <= FARTHEST / 100].max(initial=0.0)
    if abs(place) > FARTHEST / 10 and slope > 1.2 * moderate:
        return math.inf, place
    if abs(place) > CORE:
        return slope, place
    closer = [slope]
    for step in (STEP / FINER, STEP / FINER**2):
        around: Array = place + step * np.arange(-2.0 * FINER, 2.0 * FINER + 1)
        steps = np.abs(np.diff(_values(f, around))) / step
        steps = np.where(np.isfinite(steps), steps, 0.0)
        best = int(np.argmax(steps))
        place = float(around[best] + step / 2)
        closer.append(float(steps[best]))
    if min(closer[1] / closer[0], closer[2] / closer[1]) > 1.25:  # a vertical tangent
        return math.inf, place
    return max(closer), place


def _breaks(f: Function) -> tuple[Break, ...]:
    """Where f, f' or f'' jumps, for |x| < 10.

    A difference of order n + 2, divided by the n-th power of the step, stays as it is on ever
    finer steps where the n-th derivative jumps; where only a higher one does, it shrinks as fast
    as the step, and where the function is smooth, as its square.
    """
    x: Array = STEP * np.arange(-CORE / STEP, CORE / STEP + 1)
    y = _values(f, x)
    rounding = _rounding(f) * float(np.abs(y[np.isfinite(y)]).max(initial=1.0))
    found = []
    for order, seen in enumerate(SEEN):
        centres = _peaks(x, y, order)
        if not centres.size:
            continue
        centres, before = _closer(f, centres, STEP / FINER, order)
        centres, sizes = _closer(f, centres, STEP / FINER**2, order)
        noise = 4 * 2 ** (order + 2) * rounding / (STEP / FINER**2) ** order
        real = (sizes > 0.5 * before) & (sizes > max(seen, noise))
        pairs = zip(centres[real], sizes[real], strict=True)
        found += [Break(float(centre), order, float(size)) for centre, size in pairs]
    return _lowest(found)


def _roughness(y: Array, step: float, order: int) -> Array:
    """Differences of order + 2 along the last axis, over step^order; 0 where not finite."""
    rough = np.abs(np.diff(y, n=order + 2, axis=-1)) / step**order
    return np.where(np.isfinite(rough), rough, 0.0)


def _peaks(x: Array, y: Array, order: int) -> Array:
    """Centres of the highest peaks of roughness on the grid, at most `CANDIDATES`."""
    rough = _roughness(y, STEP, order)
    row = np.pad(rough, 1)
    peaks = np.flatnonzero((rough >= row[:-2]) & (rough >= row[2:]) & (rough > 0))
    best = peaks[np.argsort(-rough[peaks], kind="stable")[:CANDIDATES]]
    centres: Array = x[best] + STEP * (order + 2) / 2
    return centres


def _closer(f: Function, centres: Array, step: float, order: int) -> tuple[Array, Array]:
    """Look around each place with a finer step.

    Args:
        f: The function.
        centres: Places, shape (n,), found with a step `FINER` times as large.
        step: The finer step.
        order: Which derivative is looked at.

    Returns:
        Where it is roughest now, and how rough it is there, both of shape (n,).
    """
    reach = (FINER // 2 + 1) * (order + 2) + 1
    places = centres[:, None] + step * np.arange(-reach, reach + 1)
    rough = _roughness(_values(f, places.ravel()).reshape(places.shape), step, order)
    rows, best = np.arange(len(centres)), rough.argmax(axis=1)
    return places[rows, best] + step * (order + 2) / 2, rough[rows, best]


def _lowest(found: list[Break]) -> tuple[Break, ...]:
    """One break a place, the one of the lowest order, from left to right."""
    kept: list[Break] = []
    for one in sorted(found, key=lambda b: (b.order, -b.size)):
        if all(abs(one.x - other.x) > 8 * STEP for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda b: b.x))


def _break_text(found: Sequence[Break]) -> str:
    if not found:
        return "no jump, corner or sudden bend was seen"
    worst = min(found, key=lambda b: (b.order, -b.size))
    what = (
        f"the function itself jumps by {worst.size:.3g}",
        "the slope jumps",
        "the second derivative jumps",
        "the third derivative jumps",
    )
    return f"near x = {round(worst.x, 2) + 0.0:g} {what[worst.order]}"


def _point(x: float, y: float) -> str:
    return f"f({x + 0.0:.4g}) = {y + 0.0:.4g}"  # + 0.0 makes -0 a 0
