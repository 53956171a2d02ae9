"""Formats of numbers and times on every page, a missing value is a dash; and texts from outside, shown as they are."""

from __future__ import annotations

import math
import re
from html import escape

MISSING = "–"


def _missing(number: float | None) -> bool:
    return number is None or not math.isfinite(number)


def loss(number: float | None) -> str:
    """A squared error: four decimals."""
    return MISSING if _missing(number) else f"{number:.4f}"


def stars(number: float | None) -> str:
    """A rating: one decimal."""
    return MISSING if _missing(number) else f"{number:.1f}"


def signed(number: float | None, digits: int = 2) -> str:
    """A number with its sign: a bias has two decimals, a difference of errors four."""
    return MISSING if _missing(number) else f"{number:+.{digits}f}".replace("-", "−")


def count(number: float | None) -> str:
    """A count, with thousands separators."""
    return MISSING if _missing(number) else f"{number:,.0f}"


def counted(number: float, thing: str) -> str:
    """ "1 film", "1,040 films"."""
    return f"1 {thing}" if number == 1 else f"{count(number)} {thing}s"


def percent(share: float | None) -> str:
    """A share, in whole per cent."""
    return MISSING if _missing(share) else f"{100 * share:.0f} %"


def rate(number: float) -> str:
    """A learning rate: two significant digits."""
    return f"{number:.1e}".replace("e-0", "e-").replace(".0e", "e") if number < 0.01 else f"{number:.2g}"


def duration(seconds: float | None) -> str:
    """A time span: "0.4 s", "12 s", "3 min 5 s"."""
    if _missing(seconds):
        return MISSING
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


_SIGNS = re.compile(r"[\\`*_{}\[\]<>()#+\-=.!|~$:&]")
_BLANKS = re.compile(r"^[^\S\x00-\x1f\x85]|[^\S\x00-\x1f\x85]\Z|[\t\n\r]")
_SEAMS = re.compile(
    r"(?<=:)(?=[\w+-]*(?:[:/]|\Z))"  # https://, :smile:, :material/star:
    r"|(?<=www)(?=\.)|(?<=[\w.+-])(?=@)|(?<=[<>=~-])(?=[<>=~-])",  # www.org, me@example.org, -> and --
    re.IGNORECASE,
)
_SEAM = ":color[]"


def plain(text: str) -> str:
    """`text` from outside (a title, a name, a part of a link) as Markdown that shows exactly this text and no markup.

    A page turns addresses, codes of emoji and icons, and arrows into markup after it has undone all escapes, in every text node
    by itself. A directive without content divides such a text into two nodes, and leaves an empty element between them.
    """
    escaped = _SEAM.join(_SIGNS.sub(r"\\\g<0>", part) for part in _SEAMS.split(text))
    return _BLANKS.sub(lambda blank: f"&#{ord(blank[0])};", escaped)


def sentence(text: str) -> str:
    """`text` as by `plain`, as a sentence: with a capital letter and a full stop."""
    return plain(text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else "."))


def in_figure(text: str) -> str:
    """`text` from outside for a Plotly figure, which reads tags, entities and %{variables} in titles, ticks, names and hovers."""
    return escape(text, quote=False).replace("%{", "&#37;{")
