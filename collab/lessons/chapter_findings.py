"""What the chapter concludes from its tables, checked against our figures for the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from collab.lessons.chapter import NEAR, ROWS, SEEDS, TIE
from collab.lessons.chapter_summary import Summary

SAME_MODEL = ("dot-bias", "dot-bias-plain", "fastai")
"""Rows of one model: the dot product with biases, range and weight decay 0.1."""

UNDECAYED, DECAYED = "dot-bias-undecayed", "dot-bias"


@dataclass(frozen=True)
class Finding:
    """A statement, whether it holds on our figures (None: some runs are missing), and the evidence, printed and ours."""

    statement: str
    holds: bool | None
    printed: str
    ours: str


def findings(summaries: Sequence[Summary]) -> list[Finding]:
    """The conclusions that exceed the noise; on our figures two are checked seed by seed, the order on the means."""
    known = {each.row.key: each for each in summaries}
    complete = all(each.complete for each in summaries)
    return [_best(known, complete), _overfits(known), _order(summaries, complete)]


def _finals(summary: Summary) -> np.ndarray:
    """The final valid loss of every seed, (3,)."""
    return np.array([curve.valid[-1] for curve in summary.curves])


def _best(known: dict[str, Summary], complete: bool) -> Finding:
    best, others = ([each for key, each in known.items() if (key in SAME_MODEL) == chosen] for chosen in (True, False))
    printed = min(each.row.printed_valid[-1] for each in others) - max(each.row.printed_valid[-1] for each in best)
    holds, ours = None, ""
    if complete:
        gaps = np.min([_finals(each) for each in others], 0) - np.max([_finals(each) for each in best], 0)  # (3,)
        holds = bool(gaps.min() >= NEAR)
        ours = f"by {gaps.mean():.4f}, {gaps.min():.4f} in the closest of {len(SEEDS)} seeds"
    return Finding(
        f"The decayed dot product with biases and range beats every other model by {NEAR} or more.",
        holds,
        f"by {printed:.4f} even in the worst of its three rows",
        ours,
    )


def _overfits(known: dict[str, Summary]) -> Finding:
    without, decayed = known[UNDECAYED], known[DECAYED]
    holds, ours = None, ""
    if without.complete and decayed.complete:
        rises = [np.array([_since_second(curve.valid) for curve in each.curves]) for each in (without, decayed)]  # (3,)
        falls = all(_since_second(curve.running) < 0 for curve in without.curves)
        holds = bool(rises[0].min() >= TIE and rises[1].max() < 0 and falls)
        ours = f"{_signed(rises[0].mean())} without, {_signed(rises[1].mean())} with decay 0.1"
    printed = [_since_second(each.row.printed_valid) for each in (without, decayed)]
    return Finding(
        "Without decay (0.01, the library’s default) the biases over-fit: after the second epoch the valid loss rises while the "
        "train loss falls on.",
        holds,
        f"{_signed(printed[0])} without, {_signed(printed[1])} with decay 0.1",
        ours,
    )


def _since_second(losses: Sequence[float]) -> float:
    return losses[-1] - losses[1]


def _order(summaries: Sequence[Summary], complete: bool) -> Finding:
    separated = [pair for pair in _pairs(summaries) if abs(_printed_gap(*pair)) >= TIE]
    holds, ours = None, ""
    if complete:
        agree = {pair: np.sign(_printed_gap(*pair)) * _gap(*pair) for pair in separated}
        tied = [pair for pair, gap in agree.items() if abs(gap) < TIE]
        swapped = [pair for pair, gap in agree.items() if gap <= -TIE]
        holds = not swapped
        ours = f"{len(separated) - len(tied) - len(swapped)} in the same order"
        ours += f"; now a tie: {_listed(tied, _gap)}" if tied else ""
        ours += f"; the other way round: {_listed(swapped, _gap)}" if swapped else ""
    return Finding(
        "Two models that the print tells apart stand in the same order.",
        holds,
        f"{len(separated)} pairs are {TIE} or more apart",
        ours,
    )


def ties(summaries: Sequence[Summary]) -> tuple[str, str]:
    """The pairs whose gap is noise, in print and on our figures ("" where some runs are missing)."""
    pairs, ours = _pairs(summaries), ""
    if all(each.complete for each in summaries):
        ours = _listed([pair for pair in pairs if abs(_gap(*pair)) < TIE], _gap)
    return _listed([pair for pair in pairs if abs(_printed_gap(*pair)) < TIE], _printed_gap), ours


def printed_noise() -> float:
    """The spread of the printed losses of one model's rows: the noise in a gap between two single trainings."""
    finals = [row.printed_valid[-1] for row in ROWS if row.key in SAME_MODEL]
    return max(finals) - min(finals)


def _listed(pairs: Sequence[tuple[Summary, Summary]], gap_of: Callable[[Summary, Summary], float]) -> str:
    named = (f"{first.row.short} – {second.row.short} ({abs(gap_of(first, second)):.4f})" for first, second in pairs)
    return "; ".join(named) or "none"


def _pairs(summaries: Sequence[Summary]) -> list[tuple[Summary, Summary]]:
    """Pairs of rows of different models; of the three rows of one model only the first counts, printed and ours."""
    rows = [each for each in summaries if each.row.key not in SAME_MODEL[1:]]
    return list(combinations(rows, 2))


def _printed_gap(first: Summary, second: Summary) -> float:
    return first.row.printed_valid[-1] - second.row.printed_valid[-1]


def _gap(first: Summary, second: Summary) -> float:
    return first.final - second.final


def _signed(number: float) -> str:
    return f"{number:+.4f}".replace("-", "−")
