"""A dot product by hand: multiply factor by factor, and add; in decimal arithmetic, so that every digit is as on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

Factors = tuple[Decimal, ...]


@dataclass(frozen=True)
class Example:
    """One version of the chapter's example: two films, a user, and the names of the factors; all of the same length."""

    title: str
    names: tuple[str, ...]
    items: tuple[tuple[str, Factors], ...]
    user: Factors


def factors(*numbers: str) -> Factors:
    """Decimal numbers as they are written."""
    return tuple(Decimal(number) for number in numbers)


FIRST = Example(
    "Skywalker",
    ("science fiction", "action", "old"),
    (("The Last Skywalker", factors("0.98", "0.9", "-0.9")), ("Casablanca", factors("-0.99", "-0.3", "0.8"))),
    factors("0.9", "0.8", "-0.6"),
)
# Its factors have no names: neither "action" nor "old" fits a second factor where both films are near −1.
SECOND = Example(
    "Star Wars",
    ("factor 1", "factor 2", "factor 3"),
    (("Star Wars", factors("0.98", "-0.9", "0.9")), ("Casablanca", factors("-0.99", "-0.97", "0.4"))),
    factors("0.9", "-0.6", "0.8"),
)
EXAMPLES = (FIRST, SECOND)


def products(film: Sequence[Decimal], user: Sequence[Decimal]) -> Factors:
    """The products of the film's and the user's factors, one by one."""
    return tuple(of_item * of_user for of_item, of_user in zip(film, user, strict=True))


def dot(film: Sequence[Decimal], user: Sequence[Decimal]) -> Decimal:
    """The sum of the products: how well film and user match."""
    return sum(products(film, user), Decimal(0))


def written(number: Decimal, signed: bool = False) -> str:
    """A number with all its digits but no trailing zeros: 2.142, −1.611, 0; with a plus sign if positive and `signed`."""
    text = f"{number:f}"
    text = (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
    if text in ("−0", "0"):
        return "0"
    return f"+{text}" if signed and number > 0 else text
