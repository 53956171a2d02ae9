"""One user of the data set: who they are, how well their held-out ratings were predicted, and what they rated."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collab.data.genres import DECADES, GENRES
from collab.data.ratings import RatingScale
from collab.explore.people import LEAST_ROWS, against_biases, errors_on, taste, training_rows_of
from collab.models.levels import COVERAGE
from collab.services.run_files import TrainedRun
from collab.training.comparison import BETTER, WORSE
from collab.training.metrics import LOSS, METRICS
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.frame import cached
from collab.ui.people import cached as people_cached
from collab.ui.people.figure import predictions_figure
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import item_table, show_table

BY_STARS, BY_SURPRISE = "their stars", "surprise"
MODELS = {"predicted": "This\u00a0model", "biases_only": "Biases\u00a0only", "global_mean": "Global\u00a0mean"}

# --- who ---------------------------------------------------------------------------------------------------------------


def show_who(run: TrainedRun, user_index: int, people: pd.DataFrame) -> None:
    """Draw number, age, gender and occupation where they are known, and the user's figures beside everybody's."""
    user = people[people["user_index"] == user_index].iloc[0]
    known = people_cached.people_known(run.id)
    about = _description(known.iloc[user_index]) if known is not None else ""
    st.markdown(f"**User {formats.plain(user['user_id'])}**" + (f"  \n{formats.plain(about)}" if about else ""))
    facts = [
        f"{formats.counted(user['n_ratings'], 'training rating')} (median of all users "
        f"{formats.count(people['n_ratings'].median())})",
        f"mean {formats.stars(user['mean_rating'])} (average user {formats.stars(people['mean_rating'].mean())})",
    ]
    if "bias" in user:
        facts.append(f"bias {formats.signed(user['bias'])} against the average user")
    st.caption("  \n".join(facts))


def _description(person: pd.Series) -> str:
    """ "22 years, female, student": what is known of a person; "" where nothing is."""
    genders = {"F": "female", "M": "male"}
    parts = [
        f"{person['age']:g} years" if pd.notna(person["age"]) else "",
        genders.get(person["gender"], str(person["gender"])) if pd.notna(person["gender"]) else "",
        str(person["occupation"]) if pd.notna(person["occupation"]) else "",
    ]
    return ", ".join(part for part in parts if part)


# --- how well they were predicted ----------------------------------------------------------------------------------------


def show_predicted(run: TrainedRun, rows: pd.DataFrame, mean: float) -> None:
    """Draw the figure of a user's held-out ratings. `rows` as of `collab.explore.people.held_out_of`, and title, n_ratings."""
    if rows.empty:
        st.info(
            "None of this user’s ratings is held out in this run, so nothing can be said of how well the model foretells them. "
            "Choose another user, or see below what is recommended.",
            icon=":material/info:",
        )
        return
    st.plotly_chart(
        predictions_figure(rows, run.record.scale, palette(), mean=mean, synthetic=run.record.synthetic),
        config=PLAIN,
        key="foretold",
        alt=f"The {formats.counted(len(rows), 'held-out rating')} of the user: predicted and given stars, highest prediction "
        "first. The table of held-out ratings below holds the same.",
    )


def show_errors(rows: pd.DataFrame) -> None:
    """Draw RMSE and MAE of the model and of both baselines on the same rows, and what so few rows can show."""
    found = errors_on(rows)
    if not found:
        return
    shown = {key: metric for key, metric in METRICS.items() if key != LOSS}  # its root says the same in stars
    show_table(
        pd.DataFrame([{"": MODELS[name], **{key: each.values[key] for key in shown}} for name, each in found.items()]),
        width="content",
        key="errors_table",
        alt="Errors on the user’s held-out ratings",
        column_config={
            key: st.column_config.NumberColumn(metric.title, format="%.4f", help=metric.help)
            for key, metric in shown.items()
        },
    )
    st.caption("  \n".join(filter(None, [verdict_in_words(rows), intervals_in_words(rows)])))


def verdict_in_words(rows: pd.DataFrame) -> str:
    """Whether the model is closer than the biases on a user's held-out ratings, with the interval, or why that cannot be said."""
    n, compared = len(rows), against_biases(rows)
    if compared is None:
        return f"{formats.counted(n, 'rating')}: fewer than {LEAST_ROWS} say next to nothing of who is better."
    lower = -compared.difference
    told = {BETTER: "The model is closer", WORSE: "Biases only are closer"}.get(
        compared.verdict, "The two cannot be told apart"
    )
    return (
        f"{told} on these {formats.count(n)} ratings: its MSE is {formats.loss(abs(lower))} "
        f"{'lower' if lower >= 0 else 'higher'} "
        f"than that of biases only, 95 % interval of the difference {formats.signed(compared.low, 4)} to "
        f"{formats.signed(compared.high, 4)}."
    )


def intervals_in_words(rows: pd.DataFrame) -> str:
    """How many ratings the 80 % intervals hold; "" for a model without variances."""
    if "inside" not in rows:
        return ""
    held, promised = formats.count(rows["inside"].sum()), round(COVERAGE * len(rows), 1)
    return f"The 80 % intervals hold {held} of {formats.count(len(rows))}; {promised:g} would be as promised."


def show_held_out(run: TrainedRun, rows: pd.DataFrame) -> None:
    """Draw every held-out rating with its prediction."""
    if rows.empty:
        st.info("None of this user’s ratings is held out in this run.", icon=":material/info:")
        return
    st.caption("Ratings that the model never saw, highest prediction first.")
    shown = rows.assign(interval=intervals_of(rows)) if "low" in rows else rows
    item_table(
        shown,
        run.items,
        "held_out_table",
        "The user’s held-out ratings with their predictions, highest prediction first",
        ["title", "rating", "predicted", "interval", "difference", "biases_only", "n_ratings"],
        {
            "rating": st.column_config.NumberColumn("Given", format="%g"),
            "difference": st.column_config.NumberColumn("Given − predicted", format="%+.1f"),
            "biases_only": st.column_config.NumberColumn(
                "Biases only", format="%.1f", help="What the user’s and the film’s bias say, without any taste."
            ),
        },
    )


# --- what they rated -----------------------------------------------------------------------------------------------------


def show_rated(run: TrainedRun, user_index: int) -> None:
    """Draw the user's training ratings, by stars or by the error that the model still makes on them."""
    sort = choose(
        "First come",
        [BY_STARS, BY_SURPRISE],
        key="rated_order",
        help="Their highest stars, or the ratings that lie farthest from what the model says of them.",
    )
    train, _ = cached.ratings_of(run.id)
    table = training_rows_of(run.model, train, run.items, user_index)
    table = table.assign(away=table["difference"].abs())
    order = ["rating", "mean_rating"] if sort == BY_STARS else ["away"]
    table = table.sort_values(order, ascending=False, kind="stable")
    st.caption(
        f"{formats.counted(len(table), 'training rating')}. In hindsight: the model has learned from these very "
        "ratings, so it is "
        "closer to them than to any that it has not seen."
    )
    item_table(
        table,
        run.items,
        "rated_table",
        f"What the user rated, by {sort}",
        ["title", "rating", "mean_rating", "fitted", "difference", "n_ratings", "genres"],
        {
            "rating": st.column_config.NumberColumn("Stars", format="%g"),
            "mean_rating": st.column_config.NumberColumn(
                "Film’s mean", format="%.1f", help="Of all training ratings of the film, theirs among them."
            ),
            "fitted": st.column_config.NumberColumn(
                "In hindsight", format="%.1f", help="What the model says of this rating."
            ),
            "difference": st.column_config.NumberColumn("Surprise", format="%+.1f", help="Stars minus hindsight."),
        },
    )


def show_taste(run: TrainedRun, user_index: int) -> None:
    """Draw the user's ratings by genre or decade, beside everybody's."""
    by = choose(
        "By",
        [GENRES, DECADES],
        key="taste_by",
        help="What kinds of films, or of which years. A film counts in each of its genres.",
    )
    train, _ = cached.ratings_of(run.id)
    table = taste(train, run.items, user_index, by)
    if table.empty:
        st.info(f"The data set does not say the {by} of its films.", icon=":material/info:")
        return
    highest = 100 * float(max(table["share"].max(), table["share_all"].max()))
    share = {"format": "%.0f %%", "min_value": 0.0, "max_value": highest}
    show_table(
        table.assign(share=100 * table["share"], share_all=100 * table["share_all"]),
        key="taste_table",
        alt=f"Share and mean of the user’s training ratings by {by}, beside everybody’s",
        column_order=["name", "n_ratings", "share", "share_all", "mean_rating", "mean_rating_all"],
        column_config={
            "name": "Genre" if by == GENRES else "Decade",
            "n_ratings": st.column_config.NumberColumn("Their ratings", format="localized"),
            "share": st.column_config.ProgressColumn("Their share", **share),
            "share_all": st.column_config.ProgressColumn("Everybody’s share", **share),
            "mean_rating": st.column_config.NumberColumn("Their mean", format="%.1f"),
            "mean_rating_all": st.column_config.NumberColumn("Everybody’s mean", format="%.1f"),
        },
    )


def cut_intervals(rows: pd.DataFrame, scale: RatingScale) -> pd.DataFrame:
    """The rows with their intervals, if any, clipped to the scale: no rating lies outside it, so they hold as many."""
    ends = [end for end in ("low", "high") if end in rows]
    return rows.assign(**{end: rows[end].clip(scale.low, scale.high) for end in ends})


def intervals_of(table: pd.DataFrame) -> list[str]:
    """ "2.9 to 4.8" for every row."""
    return [
        f"{formats.stars(low)} to {formats.stars(high)}" for low, high in zip(table["low"], table["high"], strict=True)
    ]
