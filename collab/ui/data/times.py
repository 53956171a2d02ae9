"""When the ratings of a data set were given: by day, week or month."""

from __future__ import annotations

import streamlit as st

from collab.explore.data_facts import PERIODS, WEEK, over_time
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.data.figures import LEAST_FOR_MEAN, over_time_figure, span_words
from collab.ui.data.shown import Shown, day_words
from collab.ui.widgets.tables import show_table


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
        alt=f"Ratings, mean stars and users for each of {formats.counted(len(table), period)} with ratings; most ratings, "
        f"{formats.count(busiest['n_ratings'])}, in that of {day_words(busiest['start'])}. The table below holds the same.",
    )
    share = formats.percent(busiest["n_ratings"] / table["n_ratings"].sum())
    st.caption(
        f"{formats.counted(len(table), period)} with ratings in "
        f"{span_words(shown.sizes.last - shown.sizes.first)}. The busiest is "
        f"the {period} of {day_words(busiest['start'])}, with {share} of the ratings. "
        f"A mean moves with who rates in that {period} as much as with what they think; those of fewer than {LEAST_FOR_MEAN} "
        "ratings stand in the table alone."
        + (f" {formats.count(shown.n_sealed)} sealed ratings are left out." if shown.n_sealed else "")
    )
    show_table(
        table,
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
