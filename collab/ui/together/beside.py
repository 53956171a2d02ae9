"""The tables beside the list of the Together page: how much each person gains from it, and how far the people agree."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from collab.recommend.group import Agreement, GroupPicks, Member, gains
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.together.members import YOU
from collab.ui.together.pick_list import listed_names


def show_gains(group_picks: GroupPicks, members: Sequence[Member], names: Sequence[str]) -> None:
    """Draw each person's mean predicted stars over the list, over their own picks, and over all films left."""
    table = gains(group_picks, members)
    st.header(
        "Who gains",
        anchor=False,
        help="Means of predicted stars. These: the films of the list. Alone: as many picked for that person alone in the same "
        "order. Any: all films that are left. Where somebody has given stars, these count.",
    )
    st.markdown(gain_words(table, names))
    means = table[["together", "alone", "anything"]].to_numpy()
    rows = [(name, *map(formats.stars, row)) for name, row in zip(names, means, strict=True)]
    st.html(_small_table("Mean stars", ("These", "Alone", "Any"), rows))


def gain_words(table: pd.DataFrame, names: Sequence[str]) -> str:
    """Who gains most from the list, in a sentence; equal displayed figures count as a tie."""
    shown = table["gain"].round(1)
    if not np.isfinite(shown).all():
        return ""
    most = [name for name, gain in zip(names, shown, strict=True) if gain == shown.max()]
    if len(most) == len(names):
        return f"All gain alike: {_stars_more(shown.max())} the mean of all films left."
    verb = "gains" if len(most) == 1 and most[0] != YOU else "gain"
    return f"{formats.plain(listed_names(most))} {verb} most: {_stars_more(shown.max())} the mean of all films left."


def _stars_more(gain: float) -> str:
    return f"{abs(gain):.1f} stars {'below' if gain < 0 else 'above'}"


def show_agreement(pairs: Sequence[Agreement], names: Sequence[str]) -> None:
    """Draw how far each pair of people agrees."""
    st.header(
        "Agreement",
        anchor=False,
        help="Correlation of two people’s predicted ratings: 1 the same, 0 unrelated, −1 opposite. Good films please most, so "
        "ratings agree for nearly all. Taste is what is left when the average person’s prediction is taken off; after a few "
        "ratings each it often lies near 1 or −1, since little is known to differ in.",
    )
    rows = [
        (f"{names[pair.first]}, {names[pair.second]}", formats.signed(pair.of_ratings), formats.signed(pair.of_taste))
        for pair in pairs
    ]
    st.html(_small_table("Correlations", ("Ratings", "Taste"), rows))
    st.caption(f"Over the {formats.count(pairs[0].n_items)} most rated films.")


def gains_table(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """`collab.recommend.group.gains` with the people's names, in stars."""
    means = table[["together", "alone", "anything"]].to_numpy().round(4)
    shown = pd.DataFrame(means, columns=["these (stars)", "alone (stars)", "any (stars)"])
    shown.insert(0, "person", list(names))
    return shown


def agreement_table(pairs: Sequence[Agreement], names: Sequence[str]) -> pd.DataFrame:
    """Every pair of people with both correlations and their number of films."""
    rows = [
        (names[pair.first], names[pair.second], round(pair.of_ratings, 3), round(pair.of_taste, 3), pair.n_items)
        for pair in pairs
    ]
    return pd.DataFrame(rows, columns=["person", "and", "ratings (correlation)", "taste (correlation)", "films"])


def _small_table(label: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of figures as HTML, each row beginning with a name; all texts are escaped."""
    colours = palette()
    head = "".join(f"<th scope=col>{escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr><th scope=row>{escape(name)}</th>{''.join(f'<td>{escape(figure)}</td>' for figure in figures)}</tr>"
        for name, *figures in rows
    )
    return (
        f'<table class="evening-figures" style="--line:{colours.grid};--muted:{colours.muted}" aria-label="{escape(label)}">'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
