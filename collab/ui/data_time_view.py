"""When the ratings of a data set were given: by day, week or month, and in which sittings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.data_facts import HOUR, PERIODS, WEEK, over_time, within
from collab.ui import cached_data, words
from collab.ui.charts import PLAIN
from collab.ui.data_charts import LEAST_FOR_MEAN, SPANS, over_time_figure, span_words, within_figure
from collab.ui.data_shown import Shown, day_words
from collab.ui.theme import palette

WINDOWS = {"10 minutes": 600, "an hour": HOUR, "a day": 24 * HOUR, "a week": 7 * 24 * HOUR}


def show_time(shown: Shown) -> None:
    """Ratings, their mean and users by day, week or month."""
    period = st.segmented_control(
        "For each",
        PERIODS,
        default=WEEK,
        required=True,
        key="period",
        bind="query-params",
        help="Ratings of one day, week (from Monday) or month, UTC, count together. Longer: a calmer picture.",
    )
    table = over_time(shown.open_ratings, period)
    busiest = table.loc[table["n_ratings"].idxmax()]
    st.plotly_chart(
        over_time_figure(table, period, palette(), synthetic=shown.synthetic),
        config=PLAIN,
        key="over_time",
        alt=f"Ratings, mean stars and users for each of {words.counted(len(table), period)} with ratings; most ratings, "
        f"{words.count(busiest['n_ratings'])}, in that of {day_words(busiest['start'])}. The table below holds the same.",
    )
    share = words.percent(busiest["n_ratings"] / table["n_ratings"].sum())
    st.caption(
        f"{words.counted(len(table), period)} with ratings in {span_words(shown.sizes.last - shown.sizes.first)}. The busiest is "
        f"the {period} of {day_words(busiest['start'])}, with {share} of the ratings. "
        f"A mean moves with who rates in that {period} as much as with what they think; those of fewer than {LEAST_FOR_MEAN} "
        "ratings stand in the table alone."
        + (f" {words.count(shown.n_sealed)} sealed ratings are left out." if shown.n_sealed else "")
    )
    st.dataframe(
        table,
        hide_index=True,
        key="time_table",
        alt=f"Ratings, their mean and users by {period}",
        column_config={
            "start": st.column_config.DateColumn(period.capitalize(), format="YYYY-MM-DD", help="Its first day."),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
            "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f", help="Stars."),
            "n_users": st.column_config.NumberColumn("Users", format="localized", help="Who rated in it."),
            "n_new": st.column_config.NumberColumn(
                "New users", format="localized", help="Whose first rating lies in it."
            ),
        },
    )


def show_sittings(shown: Shown) -> None:
    """How much is rated within an hour of the first rating, and how long people sit."""
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        window = st.selectbox(
            "Within",
            list(WINDOWS),
            index=1,
            key="window",
            bind="query-params",
            help="The time that has passed since a user’s first rating. Longer: more of the ratings lie within it.",
        )
    longest = max(2 * HOUR, shown.sizes.last - shown.sizes.first + 1)
    seconds = np.unique(np.concatenate([np.geomspace(5, longest, 140).astype(np.int64), list(WINDOWS.values())]))
    curve = within(shown.ratings, seconds)
    at = curve[curve["seconds"] == WINDOWS[window]].iloc[0]
    each = cached_data.sittings_of(*shown.key)
    n_users = each["user_index"].nunique()
    first = each.drop_duplicates("user_index")
    once = int((each.groupby("user_index").size() == 1).sum())
    picture.plotly_chart(
        within_figure(curve, WINDOWS[window], window, palette(), synthetic=shown.synthetic),
        config=PLAIN,
        key="within",
        alt=f"Within {window} of a user’s first rating lie {words.percent(at['share_ratings'])} of the ratings; "
        f"{words.percent(at['share_users'])} of the users have made all theirs by then. The table below holds the same.",
    )
    with controls:
        st.metric(
            f"Ratings within {window}",
            words.percent(at["share_ratings"]),
            help=f"Share of all ratings given less than {window} after the first rating of the same user, which counts too.",
        )
        st.metric(
            f"Users done within {window}",
            words.percent(at["share_users"]),
            help="Share of the users all of whose ratings lie within that time.",
        )
    picture.caption(
        f"{words.percent(once / n_users)} of the users came once: all their ratings are of one sitting, which ends where an hour "
        f"or more passes without a rating. There are {words.counted(len(each), 'sitting')}; the median one holds "
        f"{_median(each['n_ratings'], 'rating')} in {span_words(each['seconds'].median())}, the median first one of a user "
        f"{_median(first['n_ratings'], 'rating')} in {span_words(first['seconds'].median())}. Such times say when a person told "
        "what they think, not when they saw the film."
    )
    marks = within(
        shown.ratings,
        np.unique([*WINDOWS.values(), *(seconds for seconds in SPANS.values() if seconds <= longest)]),
    )
    st.dataframe(
        pd.DataFrame(
            {
                "within": [span_words(value) for value in marks["seconds"]],
                "share_ratings": 100 * marks["share_ratings"],
                "share_users": 100 * marks["share_users"],
            }
        ),
        hide_index=True,
        key="within_table",
        alt="Share of the ratings and of the users by the time since a user’s first rating",
        column_config={
            "within": "Less than … after the first",
            "share_ratings": st.column_config.NumberColumn("Of the ratings", format="%.1f %%"),
            "share_users": st.column_config.NumberColumn("Users who have made all theirs", format="%.1f %%"),
        },
    )


def _median(values: pd.Series, thing: str) -> str:
    middle = float(values.median())
    return f"{middle:,g} {thing}{'' if middle == 1 else 's'}"
