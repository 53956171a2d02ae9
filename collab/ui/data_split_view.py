"""What the split in use hides: the run's beside the last ratings of every user and the newest rows, in numbers and over time."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from collab.errors import SettingError
from collab.split_facts import SplitFacts, held_out_over_time
from collab.splitting import Split, sealed_share, split_by_time, split_last, split_random
from collab.ui import cached, words
from collab.ui.charts import PLAIN
from collab.ui.data_charts import held_out_figure
from collab.ui.data_shown import Shown
from collab.ui.people_view import counted
from collab.ui.theme import palette

DEFAULT_SHARE = 0.2


def show_split(shown: Shown) -> None:
    """The picture of what is held out when, the table of the splits, and what follows from it in words."""
    if shown.no_split:
        st.info(
            f"The split of this run cannot be shown: {shown.no_split}. A random one stands in; other runs are in the sidebar.",
            icon=":material/info:",
        )
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        n_last = st.slider(
            "Last of every user",
            1,
            19,
            10,
            key="n_last",
            bind="query-params",
            help="How many of the newest ratings of every user the second kind of split holds out. More: more rows, and fewer to "
            "learn each user from.",
        )
    splits = _splits(shown, n_last)
    record = shown.page.record
    run_id = record.id if record is not None else ""
    found = {
        name: cached.facts_of_split((*shown.key, shown.items_by, run_id, name), shown.open_ratings, split)
        for name, split in splits.items()
    }
    ours, newest = next(iter(splits)), list(splits)[-1]
    over_time = held_out_over_time(shown.open_ratings, splits)
    picture.plotly_chart(
        held_out_figure(over_time, list(splits), palette(), synthetic=shown.synthetic),
        config=PLAIN,
        key="held_out",
        alt=f"Share of the ratings held out, in {len(over_time)} equally long periods, for {', '.join(splits)}. The second table "
        "below holds the same.",
    )
    with controls:
        for name in (ours, newest):
            st.metric(
                f"Biases only, {name}",
                words.loss(found[name].mse_biases),
                help=f"Mean squared error, squared stars, on {words.count(found[name].n_valid)} held-out ratings.",
            )
    st.markdown(in_words(found, ours, newest))
    _show_table(found)
    st.caption(
        "Each split is checked on rows of its own, so their errors compare tasks and not models: the global mean on the same "
        "rows says how hard these are. Met: user and film both have a training rating."
        + (f" {words.count(shown.n_sealed)} sealed ratings have no part in any of it." if shown.n_sealed else "")
    )
    with st.expander("When each split holds out", icon=":material/table_rows:"):
        st.dataframe(
            over_time.assign(**{name: 100 * over_time[name] for name in splits}),
            hide_index=True,
            key="held_out_table",
            placeholder=words.MISSING,
            alt="Share of the ratings that each split holds out, by period",
            column_config={
                "start": st.column_config.DatetimeColumn("From", format="YYYY-MM-DD", help="UTC."),
                "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
                **{name: st.column_config.NumberColumn(name, format="%.0f %%") for name in splits},
            },
        )


def _splits(shown: Shown, n_last: int) -> dict[str, Split]:
    """The splits to compare by name: that in use first, the newest rows last; as many of these as are held out in the first."""
    ratings, splits = shown.open_ratings, {}
    if shown.split is not None:
        splits[_name(shown)] = shown.split
    form = shown.page.record.holdout if shown.split is not None and shown.page.record is not None else ""
    share = len(shown.split.valid) / len(ratings) if shown.split is not None else DEFAULT_SHARE
    share = min(0.9, max(0.01, share))
    if not form.startswith("random:"):
        splits[f"random {words.percent(share)}"] = split_random(len(ratings), share, 0)
    for name, split in (
        (f"last {n_last} of every user", partial(split_last, ratings.user_index, ratings.time, n_last)),
        (f"newest {words.percent(share)}", partial(split_by_time, ratings.time, share)),
    ):
        try:
            splits[name] = split()
        except SettingError as reason:  # nobody has as many ratings
            st.caption(f"Left out: {reason}.")
    return splits


def _name(shown: Shown) -> str:
    """What the run's split is called: "random 20 %, seed 0", "fold u1", "rows of a file"."""
    record = shown.page.record
    kind, _, value = sealed_share(record.holdout)[0].partition(":")
    if kind == "random":
        return f"random {words.percent(float(value))}, seed {record.split_seed}"
    return "rows of a file" if kind == "rows" else f"fold {value}"


def in_words(found: dict[str, SplitFacts], ours: str, newest: str) -> str:
    """What the first split lets a model see that the newest rows do not, from their facts."""
    one, other = found[ours], found[newest]
    lines = [
        f"**In use: {ours}.** {words.percent(one.share_own_future)} of its {words.count(one.n_valid)} held-out ratings have a "
        f"training rating that the same user gave later, and {words.percent(one.share_future)} of the training rows are newer "
        f"than the held-out one, on average. {_newcomers(one)} Biases only reach an MSE of {words.loss(one.mse_biases)}, the "
        f"global mean {words.loss(one.mse_mean)}.",
    ]
    if newest != ours:
        lines.append(
            f"**By time: {newest}.** Nothing of the future trains. {_newcomers(other)} Biases only reach "
            f"{words.loss(other.mse_biases)} on these {words.count(other.n_valid)} ratings, the global mean "
            f"{words.loss(other.mse_mean)}"
            + (
                f"; on the {words.count(other.n_met)} whose user and film both train, {words.loss(other.mse_biases_met)} against "
                f"{words.loss(other.mse_mean_met)}."
                if other.n_met
                else "."
            )
        )
    if one.share_future > other.share_future:
        gains = [(each.mse_mean - each.mse_biases) / each.mse_mean for each in (one, other)]
        lines.append(
            f"Biases take {words.percent(gains[0])} off the error of the global mean in the split in use, "
            f"{words.percent(gains[1])} by time. A split that lets a model look into the future answers how well gaps are "
            "filled, not how well tomorrow is "
            "foretold."
        )
    return "\n\n".join(lines)


def _newcomers(facts: SplitFacts) -> str:
    if not facts.n_new_users + facts.n_new_items:
        return "Every user and film that it asks for has a training rating."
    return (
        f"Of the {counted(facts.n_users, 'user')} that it asks for {words.count(facts.n_new_users)} have no training rating, of "
        f"the {counted(facts.n_items, 'film')} {words.count(facts.n_new_items)}."
    )


def _show_table(found: dict[str, SplitFacts]) -> None:
    percents = {"share_own_future", "share_future"}
    rows = [
        {"split": name} | {field: 100 * value if field in percents else value for field, value in vars(facts).items()}
        for name, facts in found.items()
    ]
    count, error = ({"format": form} for form in ("localized", "%.4f"))
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows).replace(np.inf, np.nan),
        hide_index=True,
        key="split_table",
        placeholder=words.MISSING,
        alt="The splits in numbers: rows, newcomers, how much of the future trains, errors of both baselines",
        column_config={
            "split": st.column_config.TextColumn("Held out", width="medium", pinned=True),
            "n_train": number("Train", **count),
            "n_valid": number("Held out", **count, help="Ratings."),
            "n_users": number("Users", **count, help="In the held-out rows."),
            "n_new_users": number("New users", **count, help="Of them without a training rating."),
            "n_items": number("Films", **count, help="In the held-out rows."),
            "n_new_items": number("New films", **count, help="Of them without a training rating."),
            "n_met": number("Met", **count, help="Held-out ratings whose user and film both have a training rating."),
            "share_own_future": number(
                "Own future", format="%.0f %%", help="Held-out ratings whose user gave a training rating later."
            ),
            "share_future": number(
                "Future", format="%.0f %%", help="Training rows newer than the held-out one, on average."
            ),
            "mse_biases": number("Biases only", **error, help="MSE, squared stars, on all held-out ratings."),
            "mse_mean": number("Global mean", **error, help="MSE on the same rows."),
            "mse_biases_met": number("Biases, met", **error, help="MSE on the rows met."),
            "mse_mean_met": number("Mean, met", **error, help="MSE of the global mean on the rows met."),
        },
    )
