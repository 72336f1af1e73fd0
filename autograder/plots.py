"""Plots: two curves in one picture, as SVG that a page carries in itself.

The picture takes its colours from the page, so it follows light and dark. The curves differ in
colour, width and dashes, the text beside them says the same in words, and a small table of values
stands in where no picture can be shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autograder.verdict import Curves

WIDTH, HEIGHT = 400.0, 230.0
TOP, RIGHT, BOTTOM = 8.0, 14.0, 24.0  # margins; the left one depends on the labels
CHARACTER = 8.5  # room for a character of a label
TICKS = (7, 5)  # about how many, across and up
LARGEST = 1e100  # a value beyond is treated as no value
ROOM = 1.0  # how far beyond the expected values the picture reaches, in their own range
FAR = 4.0  # and from what range on, so that a wild answer does not flatten what was expected
BEYOND = 20.0  # heights of the picture, at which a curve is cut off
TABLE_ROWS = 7
GAP = "none"  # how a value that is missing is called


@dataclass(frozen=True)
class Row:
    """One place of a curve: where, the answer's value and the expected one, as text."""

    x: str
    got: str
    expected: str


@dataclass(frozen=True)
class _Frame:
    """The part of the plane that is shown."""

    left: float  # of the picture, in its own units
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, x: float) -> float:
        """Place of a value of x within the drawn part."""
        return (x - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - self.left - RIGHT)

    def down(self, y: float) -> float:
        """Place of a value of y within the drawn part, cut off far outside."""
        share = (self.y[1] - y) / (self.y[1] - self.y[0])
        return min(max(share, -BEYOND), BEYOND) * (HEIGHT - TOP - BOTTOM)


def curve_plot(curves: Curves) -> Markup:
    """The two curves as an SVG element; empty where there is nothing to draw."""
    curves = _cleaned(curves)
    frame = _frame(curves)
    if frame is None:
        return Markup("")
    inner = Markup("").join([*_axes(frame), _drawn(curves, frame)])
    return Markup(
        '<svg class="curves" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>'
    ).format(_short(WIDTH), _short(HEIGHT), _alternative(curves), inner)


def curve_words(curves: Curves, *, drawn: bool = True) -> tuple[str, ...]:
    """What the curves show, in sentences.

    Args:
        curves: The curves.
        drawn: Whether the sentences stand beside the picture.
    """
    curves = _cleaned(curves)
    sentences = []
    rows = zip(curves.x, curves.got, curves.expected, strict=True)
    gaps = [x for x, got, expected in rows if got is None and expected is not None]
    if gaps:
        sentences.append(
            f"Your answer has no finite value at {len(gaps)} of the {len(curves.x)} places, "
            f"the first at {_name(curves.x_label, 'x')} = {_label(gaps[0])}."
        )
    worst = _worst(curves)
    if worst is not None:
        row = _row(curves, worst)
        sentences.append(
            f"The largest difference is at {_name(curves.x_label, 'x')} = {row.x}: "
            f"your answer gives {row.got}, expected is {row.expected}."
        )
    frame = _frame(curves) if drawn else None
    values = [v for v in curves.got if v is not None]
    if frame is not None and values and (min(values) < frame.y[0] or max(values) > frame.y[1]):
        sentences.append(
            "Your answer leaves the picture: its values go from "
            f"{_label(min(values))} to {_label(max(values))}."
        )
    return tuple(sentences)


def curve_rows(curves: Curves, count: int = TABLE_ROWS) -> tuple[Row, ...]:
    """A few rows of values, evenly spread, and the row of the largest difference."""
    curves = _cleaned(curves)
    last = len(curves.x) - 1
    if last < 0:
        return ()
    chosen = {round(i * last / max(count - 1, 1)) for i in range(count)}
    worst = _worst(curves)
    chosen |= set() if worst is None else {worst}
    return tuple(_row(curves, i) for i in sorted(chosen))


def _cleaned(curves: Curves) -> Curves:
    """The same curves with every value that cannot be drawn as a gap; places must be numbers."""
    kept = [
        (x, _usable(got), _usable(expected))
        for x, got, expected in zip(curves.x, curves.got, curves.expected, strict=False)
        if _usable(x) is not None
    ]
    x, got, expected = zip(*kept, strict=True) if kept else ((), (), ())
    return Curves(x, got, expected, curves.x_label, curves.y_label)


def _usable(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not abs(value) < LARGEST:  # so for what is no number as well
        return None
    return float(value) if abs(value) > 1 / LARGEST else 0.0


def _row(curves: Curves, index: int) -> Row:
    pair = curves.got[index], curves.expected[index]
    return Row(_label(curves.x[index]), *_told_apart(*pair))


def _told_apart(*values: float | None) -> tuple[str, str]:
    """Two values with as many digits as it takes to tell them apart; with few, where none do."""
    pairs = [_pair(digits, *values) for digits in (4, 6, 9, 17)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])


def _pair(digits: int, *values: float | None) -> tuple[str, str]:
    got, expected = (GAP if v is None else _label(v, digits) for v in values)
    return got, expected


def _worst(curves: Curves) -> int | None:
    """Where the two differ most; None where nothing can be compared, or nothing differs."""
    differences = [
        (abs(got - expected), -index)
        for index, (got, expected) in enumerate(zip(curves.got, curves.expected, strict=True))
        if got is not None and expected is not None
    ]
    largest = max(differences, default=(0.0, 0))
    return -largest[1] if largest[0] > 0 else None


def _name(text: str, otherwise: str = "") -> str:
    """A label on one line, not too long."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (text if len(text) <= 40 else f"{text[:39]}…") or otherwise


def _alternative(curves: Curves) -> str:
    over = f"{_name(curves.x_label, 'x')} from {_label(min(curves.x))} to {_label(max(curves.x))}"
    drawn = _name(curves.y_label, "values")
    first = f"Plot of {drawn} over {over}: expected as a solid line, your answer dashed."
    return " ".join([first, *curve_words(curves)])


# --- the frame ----------------------------------------------------------------------------


def _frame(curves: Curves) -> _Frame | None:
    """What to show; None where there is no place, or nothing but gaps."""
    right = [v for v in curves.expected if v is not None]
    both = [*right, *(v for v in curves.got if v is not None)]
    if len(curves.x) < 2 or min(curves.x) == max(curves.x) or not both:
        return None
    low, high = min(both), max(both)
    span = max(right) - min(right) if right else 0.0
    if span > 0 and high - low > FAR * span:
        low = max(low, min(right) - ROOM * span)
        high = min(high, max(right) + ROOM * span)
    pad = 0.05 * (high - low) or abs(high) / 10 or 0.5
    y = (low - pad, high + pad)
    longest = max(len(_label(t)) for t in _ticks(*y, TICKS[1]))
    return _Frame(CHARACTER * longest + 8, (min(curves.x), max(curves.x)), y)


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers within a range, about so many."""
    step = 10.0 ** math.floor(math.log10((high - low) / count))
    step *= next((f for f in (1, 2, 2.5, 5) if (high - low) / (f * step) <= count), 10)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)][: 4 * count]


def _label(value: float, digits: int = 4) -> str:
    """A number as people write it: `−0.5`, `1.2e6`."""
    text = f"{value + 0.0:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    text = f"{mantissa}e{int(exponent)}" if exponent else mantissa
    return ("0" if float(text) == 0 else text).replace("-", "−")


# --- drawing ------------------------------------------------------------------------------


def _axes(frame: _Frame) -> Iterator[Markup]:
    """Lines and labels of the ticks."""
    end, bottom = _short(WIDTH - RIGHT), HEIGHT - BOTTOM
    for x in _ticks(*frame.x, TICKS[0]):
        at = _short(frame.left + frame.across(x))
        yield _line("grid" if x else "zero", at, _short(TOP), at, _short(bottom))
        text = Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>')
        yield text.format(at, _short(bottom + 17), _label(x))
    for y in _ticks(*frame.y, TICKS[1]):
        at, left = _short(TOP + frame.down(y)), _short(frame.left)
        yield _line("grid" if y else "zero", left, at, end, at)
        text = Markup('<text x="{}" y="{}" dy=".35em" text-anchor="end">{}</text>')
        yield text.format(_short(frame.left - 5), at, _label(y))


def _line(kind: str, x1: str, y1: str, x2: str, y2: str) -> Markup:
    text = '<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>'
    return Markup(text).format(kind, x1, y1, x2, y2)


def _drawn(curves: Curves, frame: _Frame) -> Markup:
    """Both curves in an inner picture, which cuts off what leaves it."""
    width, height = WIDTH - frame.left - RIGHT, HEIGHT - TOP - BOTTOM
    paths = Markup("").join(
        [
            *_path("expected", curves.x, curves.expected, frame),
            *_path("got", curves.x, curves.got, frame),
        ]
    )
    head = Markup('<svg x="{}" y="{}" width="{}" height="{}" overflow="hidden">')
    head = head.format(*map(_short, (frame.left, TOP, width, height)))
    return head + paths + Markup("</svg>")


def _path(
    kind: str, x: Sequence[float], y: Sequence[float | None], frame: _Frame
) -> Iterator[Markup]:
    """A curve, broken at its gaps; a value between two gaps is a dot."""
    runs = [[_point(a, b, frame) for a, b in run] for run in _runs(x, y)]
    lines = "".join(f"M{' L'.join(f'{a} {b}' for a, b in run)}" for run in runs if len(run) > 1)
    if lines:
        yield Markup('<path class="{}" d="{}"/>').format(kind, lines)
    for run in runs:
        if len(run) == 1:
            dot = Markup('<circle class="{}" cx="{}" cy="{}" r="3"/>')
            yield dot.format(kind, *run[0])


def _point(x: float, y: float, frame: _Frame) -> tuple[str, str]:
    return _short(frame.across(x)), _short(frame.down(y))


def _runs(x: Iterable[float], y: Iterable[float | None]) -> list[list[tuple[float, float]]]:
    """Pieces of a curve without gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for a, b in zip(x, y, strict=True):
        if b is None:
            runs.append([])
        else:
            runs[-1].append((a, b))
    return [run for run in runs if run]


def _short(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"
