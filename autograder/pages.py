"""Pages: the templates, and text that is safe to put into them.

Most of what a page shows was written by somebody whom we do not trust. So the environments here
are safe by default: every value that a template prints is stripped of control characters and
escaped for the page's language, HTML or Markdown, unless a filter of this module made it.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder.formulas import is_drawable, mathml
from autograder.plots import curve_plot, curve_rows, curve_words

TEXT_LIMIT = 4000  # characters of one text that a page shows
PRINTED_HEAD = 20  # lines of printed output that a page shows, from its beginning
PRINTED_TAIL = 10  # and from its end
PRINTED_WIDTH = 200  # characters of one line of printed output

JOINERS = "\u200c\u200d"  # invisible, but Indian scripts and emoji are spelled with them
WORD_JOINER = "\u2060"  # invisible, and no mention or address continues across it
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
MARKDOWN_PUNCTUATION = re.compile(r"([\\`*_\[\]<>#$~|!&{}])")
MARKDOWN_BLOCK_START = re.compile(r"^([-+](?=[-\s]|$)|[=:])|^(\d{1,9})([.)])(?=\s|$)")
MENTIONS = re.compile(r"([@#](?=\w)|:(?=//)|\bwww(?=\.))", re.IGNORECASE)


def plain(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text with line ends and tabs kept and every other control character made visible.

    Terminal colours go; what could hide or reorder text (bidirectional overrides, lone
    surrogates) is written as an escape sequence.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    text = ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    return "".join(c if _shows(c) else c.encode("unicode_escape").decode() for c in text)


def _shows(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or character in JOINERS


def line(text: str) -> str:
    """The same text on one line."""
    return " ".join(text.split())


def folded(printed: str) -> str:
    """The beginning and the end of printed output, with a word on what was left out."""
    lines = [_cut(row) for row in ANSI.sub("", printed).strip("\r\n").splitlines()]
    if len(lines) > PRINTED_HEAD + PRINTED_TAIL + 1:
        count = len(lines) - PRINTED_HEAD - PRINTED_TAIL
        lines[PRINTED_HEAD:-PRINTED_TAIL] = [f"… {count} lines left out …"]
    return "\n".join(lines)


def _cut(row: str) -> str:
    return row if len(row) <= PRINTED_WIDTH else row[: PRINTED_WIDTH - 1] + "…"


def number(value: float) -> str:
    """Points as people write them: `3`, `2.5`, `0.33`."""
    return f"{round(value, 2) + 0.0:.12g}"


def count(amount: float, noun: str, plural: str = "") -> str:
    """An amount with its noun: `1 point`, `2 points`."""
    return f"{number(amount)} {noun if amount == 1 else plural or noun + 's'}"


def share(part: float, whole: float) -> float:
    """A part in percent of a whole, between 0 and 100."""
    return round(min(max(100 * part / whole, 0.0), 100.0), 2) if whole > 0 else 0.0


# --- Markdown -----------------------------------------------------------------------------


def markdown_text(text: str) -> Markup:
    """Text that a Markdown reader shows as it is: no links, pictures, HTML, mathematics, names.

    GitHub looks for `@names`, `#numbers` and addresses after Markdown is done, so a backslash
    does not stop it; an invisible word joiner does.
    """
    rows = (_markdown_row(row.strip()) for row in plain(text).split("\n"))
    return Markup("\\\n".join(row for row in rows if row))


def _markdown_row(row: str) -> str:
    row = MARKDOWN_PUNCTUATION.sub(r"\\\1", row)
    row = MARKDOWN_BLOCK_START.sub(lambda m: f"{m[2] or ''}\\{m[1] or m[3]}", row)
    return MENTIONS.sub(rf"\1{WORD_JOINER}", row)


def markdown_code(text: str) -> Markup:
    """Text as a code span on one line."""
    text = line(plain(text))
    ticks = "`" * (_longest_ticks(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return Markup(f"{ticks}{pad}{text}{pad}{ticks}") if text else Markup("")


def markdown_block(text: str) -> Markup:
    """Text as a fenced block."""
    text = plain(text)
    ticks = "`" * max(3, _longest_ticks(text) + 1)
    return Markup(f"{ticks}text\n{text}\n{ticks}")


def markdown_formula(latex: str) -> Markup:
    """A formula as GitHub and GitLab draw it, code for other readers; else the text as typed."""
    return Markup(f"$`{latex}`$") if is_drawable(latex) else markdown_code(latex)


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


# --- rendering ----------------------------------------------------------------------------


def render_html(template: str, **values: object) -> str:
    """A page made from an HTML template of this folder."""
    return _html().get_template(template).render(**values).rstrip() + "\n"


def render_markdown(template: str, **values: object) -> str:
    """A page made from a Markdown template of this folder, without runs of empty lines."""
    text = _markdown().get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _html_value(value: object) -> object:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _markdown_value(value: object) -> object:
    safe = isinstance(value, Markup) or not isinstance(value, str)
    return value if safe else markdown_text(str(value))


def _environment(autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_html_value if autoescape else _markdown_value,
    )
    environment.filters |= {
        "line": line,
        "folded": folded,
        "number": number,
        "count": count,
        "share": share,
        "code": markdown_code,
        "block": markdown_block,
        "formula": markdown_formula,
        "mathml": mathml,
        "plot": curve_plot,
        "plot_words": curve_words,
        "plot_rows": curve_rows,
    }
    return environment


@cache
def _html() -> Environment:
    return _environment(autoescape=True)


@cache
def _markdown() -> Environment:
    return _environment(autoescape=False)


def write_text(path: Path, text: str) -> Path:
    """Write a file as UTF-8, whole or not at all; leave it alone where it says the same already."""
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
