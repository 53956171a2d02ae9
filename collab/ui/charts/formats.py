"""Formats of numbers and times on every page; a missing value is a dash."""

from __future__ import annotations

import math

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


def plain(text: str) -> str:
    """`text` escaped for Markdown, so that the stars and brackets of a title are shown literally."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+-.!|~$:&" else sign for sign in text)


def sentence(text: str) -> str:
    """`text` escaped for Markdown, as a sentence: with a capital letter and a full stop."""
    return plain(text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else "."))
