"""*What if* a film had other stars: one rating changed hypothetically, and the picks that would follow. Nothing is saved.

The hypothetical rating is in the link, `what_if=2:Alien (1979)`, or `what_if=none:Alien (1979)` for no rating at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from collab.data.ratings import RatingScale
from collab.ui.charts import formats
from collab.ui.frame import link
from collab.ui.person import own_profile
from collab.ui.person.known import Known

LINK = "what_if"
UNRATED = "none"
KEY = "what_if"
"""Key of the container with the banner."""


@dataclass(frozen=True)
class Hypothetical:
    """The film `item_index`, rated under the `title`, with `stars` instead of those it `has`; None stands for no rating."""

    item_index: int
    title: str
    has: float
    stars: float | None

    @property
    def changes(self) -> bool:
        """Whether the stars differ from those given."""
        return self.stars != self.has

    def rated(self, rated: Mapping[int, float]) -> dict[int, float]:
        """The hypothetical ratings, stars by item_index, in the order of those given."""
        there = {film: self.stars if film == self.item_index else stars for film, stars in rated.items()}
        return {film: stars for film, stars in there.items() if stars is not None}


def hypothetical(known: Known, scale: RatingScale) -> tuple[Hypothetical | None, str]:
    """What the link asks, and why that cannot be asked, "" if it can; if it cannot, it is removed from the link."""
    text, whose = link.own(LINK), own_profile.in_use()
    if (
        not link.came(LINK) and st.session_state.get("_rate_what_if_of") != whose
    ):  # another profile has been opened since
        _put(None)
        return None, ""
    if not text:
        return None, ""
    found, wrong = read(text, known, scale)
    _put(None if found is None else text)
    return found, wrong


def read(text: str, known: Known, scale: RatingScale) -> tuple[Hypothetical | None, str]:
    """What `text`, the link's "STARS:TITLE", asks about a person's answers, and why it cannot be asked, "" if it can."""
    given, colon, title = text.partition(":")
    film = next((film for film, name in known.titles.items() if name == title and film in known.rated), None)
    if not colon or not title:
        return None, f"The link’s {LINK} is {text[:60]!r}; it is written as 2:Alien (1979), or {UNRATED}:Alien (1979)."
    if film is None:
        return None, f"What if has ended: {title[:80]} is not among the films rated."
    has = known.rated[film]
    if given == UNRATED:
        return Hypothetical(film, title, has, None), ""
    if given == f"{has:g}":  # may lie between two levels of this scale
        return Hypothetical(film, title, has, has), ""
    try:
        stars = float(given)
    except ValueError:
        stars = float("nan")
    if stars not in scale.levels:
        return None, f"The link asks what if {title[:80]} had {given[:20]!r} stars; ratings go {scale}."
    return Hypothetical(film, title, has, stars), ""


def ask(title: str, stars: float | None) -> None:
    """Ask what if a rated film had these stars, or None; for a callback."""
    _put(f"{UNRATED if stars is None else f'{stars:g}'}:{title}")


def end() -> None:
    """Return to the actual picks; for a callback."""
    _put(None)


def show(now: Hypothetical, known: Known, choice: Sequence[int], can_edit: bool) -> None:
    """Draw the banner: the hypothetical rating, the controls to change its film and stars, and the buttons to end it. `choice`
    holds the item indices of the rated films to choose from, in order."""
    titles = [known.titles[film] for film in choice]
    stars_key, film_key = f"what_if_stars-{now.title}", "what_if_film"
    st.session_state[film_key] = now.title
    st.session_state[stars_key] = None if now.stars is None or now.stars % 1 else int(now.stars) - 1
    with st.container(border=True, gap="xsmall", key=KEY):
        st.markdown(in_words(now))
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_if_of"):
            st.selectbox(
                "What if this film had other stars",
                titles,
                key=film_key,
                label_visibility="collapsed",
                on_change=_other_film,
                args=(film_key, {known.titles[film]: known.rated[film] for film in choice}),
                help="The films rated; those that have the largest part in the picks come first.",
            )
            st.feedback("stars", key=stars_key, on_change=_tapped, args=(now.title, stars_key))
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_if_then"):
            st.button(
                "As if not rated",
                key="what_if_unrated",
                disabled=now.stars is None,
                on_click=ask,
                args=(now.title, None),
                help="The picks without this rating.",
            )
            if can_edit:
                st.button(
                    "Keep it",
                    key="what_if_keep",
                    disabled=not now.changes,
                    on_click=_keep,
                    args=(now,),
                    help="Makes it your answer. Undo takes it back.",
                )
            st.button("Back", key="what_if_back", on_click=end, help="The picks as they are.")


def in_words(now: Hypothetical) -> str:
    """The hypothetical rating in words, as Markdown."""
    title = formats.plain(now.title)
    if not now.changes:
        return f"**What if** {title} had other stars than {now.has:g}? Tap them. Nothing is saved."
    if now.stars is None:
        return f"**What if** {title} had not been rated at all? It has {now.has:g}. Nothing is saved."
    return f"**What if** {title} with {now.stars:g} instead of {now.has:g}. Nothing is saved."


def _other_film(key: str, rated: Mapping[str, float]) -> None:
    title = st.session_state[key]
    if title in rated:
        ask(title, rated[title])


def _tapped(title: str, key: str) -> None:
    filled = st.session_state[key]
    ask(title, None if filled is None else filled + 1.0)  # the same star again clears the rating, as everywhere


def _keep(now: Hypothetical) -> None:
    end()
    if now.stars is None:
        own_profile.take_back(now.title)
    else:
        own_profile.rate(now.title, now.stars)


def _put(text: str | None) -> None:
    st.session_state["_rate_what_if_of"] = own_profile.in_use()
    link.put(LINK, text)
