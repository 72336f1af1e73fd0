"""Plots: what is drawn, what is said beside it, and curves that nobody would draw."""

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.plots import HEIGHT, WIDTH, curve_plot, curve_rows, curve_words
from autograder.verdict import Curves, curves


def tree(drawn: Curves) -> ET.Element:
    """The picture of two curves, as XML."""
    return ET.fromstring(curve_plot(drawn))


def points(picture: ET.Element, kind: str) -> list[list[tuple[float, float]]]:
    """The pieces of one curve, as places in the inner picture."""
    paths = [e.get("d", "") for e in picture.iter("path") if e.get("class") == kind]
    pieces = [piece for path in paths for piece in path.split("M") if piece]
    return [
        [tuple(map(float, pair.split())) for pair in piece.split(" L")]  # type: ignore[misc]
        for piece in pieces
    ]


def labels(picture: ET.Element) -> list[str]:
    """The texts at the ticks."""
    return [e.text or "" for e in picture.iter("text")]


LINE = curves([0, 1, 2, 3], [0, 1, 2, 9], [0, 1, 2, 3], "f(x)")


def test_both_curves_are_drawn() -> None:
    """Each has all its places, left to right; larger values stand higher."""
    picture = tree(LINE)
    (got,), (expected,) = points(picture, "got"), points(picture, "expected")
    assert len(got) == len(expected) == 4
    assert [x for x, _ in got] == sorted(x for x, _ in got)
    assert got[:3] == expected[:3]
    assert got[3][1] < expected[3][1], "down is the positive direction of a picture"


def test_ticks_are_round_numbers_in_the_picture() -> None:
    """Ticks are round, lie within the picture, and name the ends of the variable."""
    picture = tree(LINE)
    assert {"0", "1", "2", "3"} <= set(labels(picture))
    assert {"0", "4", "8"} <= set(labels(picture))
    for text in picture.iter("text"):
        assert 0 <= float(text.get("x", "-1")) <= WIDTH
        assert 0 <= float(text.get("y", "-1")) <= HEIGHT


@pytest.mark.parametrize("scale", [1e-6, 1.0, 12345.0, 1e12])
def test_labels_keep_apart(scale: float) -> None:
    """At every scale there are a few ticks each way, all different, none overlong."""
    picture = tree(curves([0, scale], [0, scale], [0, -scale]))
    across = [e.text for e in picture.iter("text") if e.get("text-anchor") == "middle"]
    up = [e.text for e in picture.iter("text") if e.get("text-anchor") == "end"]
    for names in (across, up):
        assert 3 <= len(names) == len(set(names)) <= 8
        assert max(len(name or "") for name in names) <= 8


def test_a_gap_breaks_the_curve() -> None:
    """No line crosses a gap, a lone value is a dot, and the words count what is missing."""
    x = range(7)
    made = curves(x, [0, 1, math.nan, 3, math.inf, 5, 6], x)
    picture = tree(made)
    assert [len(piece) for piece in points(picture, "got")] == [2, 2]
    assert len([e for e in picture.iter("circle") if e.get("class") == "got"]) == 1
    assert "no finite value at 2 of the 7 places, the first at x = 2." in curve_words(made)[0]


def test_the_picture_says_the_same_in_words() -> None:
    """Its title names what is drawn, over what, which line is which, and the worst place."""
    title = next(tree(LINE).iter("title")).text or ""
    assert "Plot of f(x) over x from 0 to 3" in title
    assert "expected as a solid line, your answer dashed" in title
    assert "The largest difference is at x = 3: your answer gives 9, expected is 3." in title
    assert curve_words(LINE) == (title.partition("dashed. ")[2],)


def test_a_wild_answer_does_not_flatten_what_was_expected() -> None:
    """The picture keeps to the expected values, cuts the answer off, and says so."""
    x = [i / 10 for i in range(100)]
    made = curves(x, [math.exp(5 * v) for v in x], [math.sin(v) for v in x])
    picture = tree(made)
    (expected,) = points(picture, "expected")
    heights = [y for _, y in expected]
    assert max(heights) - min(heights) > HEIGHT / 5
    inner = next(e for e in picture.iter("svg") if e is not picture)
    assert inner.get("overflow") == "hidden"
    assert "Your answer leaves the picture" in curve_words(made)[-1]
    assert not any("picture" in words for words in curve_words(made, drawn=False))
    assert not any("picture" in words for words in curve_words(LINE))


def test_near_values_are_told_apart() -> None:
    """Values that differ late show as many digits as it takes."""
    made = curves([0, 1], [1 / 3, 2.00001], [1 / 3, 2.0])
    assert "gives 2.00001, expected is 2." in curve_words(made)[0]
    assert curve_rows(made)[0].got == curve_rows(made)[0].expected == "0.3333"


def test_a_table_stands_in_for_the_picture() -> None:
    """It holds both ends, a few places between them, and the worst one."""
    x = [float(i) for i in range(101)]
    got = [5.0 if v == 37 else v / 100 for v in x]
    rows = curve_rows(curves(x, got, [v / 100 for v in x]))
    assert 7 <= len(rows) <= 8
    assert (rows[0].x, rows[-1].x) == ("0", "100")
    assert ("37", "5", "0.37") in [(r.x, r.got, r.expected) for r in rows]
    assert curve_rows(Curves((0.0,), (None,), (-1.5,)))[0].got == "none"
    assert curve_rows(Curves((0.0,), (None,), (-1.5,)))[0].expected == "−1.5"


@pytest.mark.parametrize(
    "made",
    [
        Curves((), (), ()),
        Curves((1.0,), (1.0,), (1.0,)),
        Curves((1.0, 1.0), (1.0, 2.0), (1.0, 2.0)),
        Curves((0.0, 1.0), (None, None), (None, None)),
        Curves((math.nan, math.inf), (1.0, 2.0), (1.0, 2.0)),
        Curves((0.0, 1.0), (math.inf, -math.inf), (math.nan, None)),
        Curves((0.0, 1.0), ("1", [2]), ({}, True)),  # type: ignore[arg-type]
    ],
)
def test_nothing_to_draw_gives_no_picture(made: Curves) -> None:
    """Too few places or no value at all: no picture, and no error."""
    assert curve_plot(made) == ""
    assert isinstance(curve_words(made), tuple)
    assert isinstance(curve_rows(made), tuple)


VALUES = st.one_of(st.none(), st.floats(), st.integers(-3, 3).map(float))


@given(st.lists(st.tuples(st.floats(), VALUES, VALUES), max_size=12))
def test_any_numbers_give_a_sound_picture(rows: list[tuple[float, float, float]]) -> None:
    """Whatever the numbers, places are finite and short, and the words are sentences."""
    x, got, expected = zip(*rows, strict=True) if rows else ((), (), ())
    made = Curves(x, got, expected)
    drawn = curve_plot(made)
    if drawn:
        assert not re.search(r"nan|inf|[0-9]{12}", re.sub("<title>.*?</title>", "", drawn))
        ET.fromstring(drawn)
    assert all(words.endswith(".") for words in curve_words(made))
    assert len(curve_rows(made)) <= 8


def test_hostile_labels_are_text() -> None:
    """Labels cannot leave the title, however they are written, and are cut."""
    bad = "</title><script>alert(1)</script>\x00\u202e" * 9
    made = Curves((0.0, 1.0), (0.0, 1.0), (1.0, 2.0), bad, bad)
    picture = tree(made)
    assert {e.tag for e in picture.iter()} == {"svg", "title", "text", "line", "path"}
    assert len(next(picture.iter("title")).text or "") < 400
