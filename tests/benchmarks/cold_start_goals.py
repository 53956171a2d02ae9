"""The goals of cold start: what was wanted, what was found, and whether it was reached, as one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tests.benchmarks.new_users import NOT_SIGNIFICANT, Interval


class Goal(NamedTuple):
    """`what` is measured, what was `wanted` of it, what was `found`, and whether that `reached` it."""

    what: str
    wanted: str
    found: str
    reached: bool


def at_least(what: str, wanted: float, found: Interval) -> Goal:
    """A gain over an opponent whose mean should be `wanted` or more."""
    return Goal(what, f"≥ {wanted:.3f}", found.text(4), found.mean >= wanted)


def upper_end(what: str, wanted: float, found: Interval, *, above: bool) -> Goal:
    """A difference whose interval should reach up to `wanted`, or, not `above`, no further."""
    reached = found.high >= wanted if above else found.high <= wanted
    return Goal(what, f"upper end {'≥' if above else '≤'} {wanted:.2f}", found.text(4), reached)


def at_most(what: str, wanted: float, found: float, unit: str) -> Goal:
    """A number that should not be above `wanted`."""
    return Goal(what, f"≤ {wanted:g} {unit}", f"{found:.3g} {unit}", found <= wanted)


def share(what: str, low: float, high: float, found: Iterable[float]) -> Goal:
    """Shares that should all lie between `low` and `high`."""
    found = list(found)
    ends = " to ".join(dict.fromkeys(f"{100 * end:.1f}" for end in (min(found), max(found))))
    wanted = f"{100 * low:.0f} to {100 * high:.0f} %" if high < 1 else f"≥ {100 * low:.0f} %"
    return Goal(what, wanted, f"{ends} %", all(low <= each <= high for each in found))


def print_goals(goals: list[Goal], people: str) -> None:
    """The table, and how many were reached."""
    print(f"\nGoals, {people}; mean and 95 % interval of paired differences; {NOT_SIGNIFICANT}")
    width = max(len(goal.what) for goal in goals)
    for what, wanted, found, reached in goals:
        print(f"{what:{width}}  {wanted:18} {found:34} {'reached' if reached else 'MISSED'}")
    print(f"{sum(goal.reached for goal in goals)} of {len(goals)} reached")
