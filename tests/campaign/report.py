"""What a part of the campaign hands back, and the table that is printed of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_SHOWN = 12


@dataclass
class Figure:
    """One line of the table: how many `cases` were tried, of `planned` where time was short, and what was `found`, a line each.

    `result` stands for the number of findings where something else was measured."""

    name: str
    cases: int = 0
    planned: int = 0
    found: list[str] = field(default_factory=list)
    result: str = ""

    def add(self, *found: str) -> None:
        """Count one case, with what was found in it."""
        self.cases += 1
        self.found.extend(found)


class Clock:
    """Says when a part has used its time up."""

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + 60 * minutes

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end


def table(figures: Iterable[Figure]) -> str:
    """figure | cases | result, one line each."""
    rows = [("figure", "cases", "result"), ("---", "---", "---")]
    for each in figures:
        of = f" of {each.planned:,}" if each.planned > each.cases else ""
        rows.append((each.name, f"{each.cases:,}{of}", each.result or str(len(each.found))))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def details(figures: Iterable[Figure], most: int = MOST_SHOWN) -> str:
    """What was found, `most` causes a figure; a finding is "cause ⟵ case", and those of one cause are counted."""
    lines = []
    for each in figures:
        if not each.found:
            continue
        lines.append(f"\n{each.name}:")
        causes = Counter(line.split(" ⟵ ")[0] for line in each.found)
        for cause, n in causes.most_common(most):
            first = next(line for line in each.found if line.split(" ⟵ ")[0] == cause)
            lines.append(f"  {n} × {first}")
        if len(causes) > most:
            lines.append(f"  and {len(causes) - most} other causes")
    return "\n".join(lines)
