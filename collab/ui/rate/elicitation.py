"""Elicitation on the Rate page: the choice of a strategy, its order of films, and the information in the last answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from collab.data.ratings import RatingScale
from collab.errors import RunError
from collab.recommend.elicitation import (
    Audience,
    Interview,
    Strategy,
    at_random,
    by_chance_of_seen,
    by_helf,
    by_information,
    by_popularity,
    information_gained,
)
from collab.services.profiles import Answer
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.person import cached as person_cached
from collab.ui.person.own_profile import Change
from collab.ui.person.viewer import Viewer

EVEN = 0.005
"""A smaller change of the uncertainty counts as none: it would read as 0 %."""


@dataclass(frozen=True)
class Way:
    """A strategy for choosing the next films, a sentence on it, and whether it uses which films are unseen (`listens`)."""

    strategy: Strategy
    sentence: str
    uses_not_seen: bool


WAYS = {
    "Most telling": Way(by_information, "Films that you have probably seen and whose stars tell most.", True),
    "Most likely seen": Way(by_chance_of_seen, "Films that you have probably seen, whatever they tell.", True),
    "Popular": Way(by_popularity, "The most rated films, the same for everyone.", False),
    "HELF": Way(by_helf, "Well-known films that people disagree on.", False),
    "Random": Way(at_random, "Any film, in an order that was drawn once.", False),
}
"""The first is the default; the names appear in the link."""

WITHOUT_DATA = "Popular"
"""The strategy that needs nothing but the run itself."""


def choose_way(run: TrainedRun) -> tuple[str, Audience | None]:
    """Draw the popover with the strategies. Returns the name of the one to use, and the audience, None without its ratings."""
    with st.popover("", icon=":material/tune:", help="Choose which films are asked."):
        name = st.radio(
            "Which films are asked",
            list(WAYS),
            captions=[way.sentence for way in WAYS.values()],
            key="ask",
            bind="query-params",
            help="“HELF”: the harmonic mean of the entropy of a film's ratings and the logarithm of their number.",
        )
        try:
            return name, person_cached.run_audience(run.id)
        except RunError:
            st.caption("The ratings behind this run are not at hand: the most rated films are asked.")
            return WITHOUT_DATA, None


def elicitation_order(viewer: Viewer, name: str, audience: Audience, n: int) -> Sequence[int]:
    """The item indices of the `n` films to ask next by the strategy `name`, best first."""
    known = viewer.known
    interview = Interview(
        viewer.person, audience, known.rated, known.not_seen, dismissed=known.dismissed, seen=known.seen
    )
    return WAYS[name].strategy(interview, n).tolist()


def information_in_words(
    viewer: Viewer, change: Change | None, place: int | None, name: str, audience: Audience | None
) -> str:
    """One line on how the last `change`, of the film `place`, moved the uncertainty; without one, how films are chosen."""
    sentence = WAYS[name].sentence
    if change is None or place is None or audience is None:
        return f"Asked: {sentence[0].lower()}{sentence[1:]}"
    after, scale, rated = change.after, viewer.run.record.scale, viewer.known.rated
    if after is not None and after.is_dismissal and not _stars(change.before, place, scale):
        return "Nothing learned of your taste; it is not picked any more."
    if after is not None and after.rating is None and not _stars(change.before, place, scale):
        if WAYS[name].uses_not_seen:
            return "Nothing learned of your taste, but what to ask you next."
        return "Nothing learned of your taste; that is as good an answer."
    rest = {film: stars for film, stars in rated.items() if film != place}
    before = rest | _stars(change.before, place, scale)
    part = information_gained(viewer.person, before, rated, audience.share)
    if abs(part) < EVEN:
        return "Your uncertainty stayed the same."
    return f"Your uncertainty {'fell' if part > 0 else 'rose'} by {formats.percent(abs(part))}."


def _stars(answer: Answer | None, place: int, scale: RatingScale) -> dict[int, float]:
    """The answer as stars by item_index, clipped to the scale; empty for an answer without stars."""
    if answer is None or answer.rating is None:
        return {}
    return {place: float(np.clip(answer.rating, scale.low, scale.high))}
