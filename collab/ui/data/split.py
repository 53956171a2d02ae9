"""What the run's split holds out, compared with the last ratings of every user and the newest rows: in numbers, over time."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from collab.data.splitting import Split, sealed_share, split_by_time, split_last, split_random
from collab.errors import SettingError
from collab.explore.split_facts import SplitFacts, held_out_over_time
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.data import cached
from collab.ui.data.figures import held_out_figure
from collab.ui.data.shown import Shown
from collab.ui.widgets.tables import show_table

DEFAULT_SHARE = 0.2
N_LAST = 10  # newest ratings of every user that the split by last ratings holds out
NEWEST = "newest "  # how the name of the split by time begins


def show_split(shown: Shown) -> None:
    """The picture of what is held out when, the table of the splits, and a summary in words."""
    if shown.no_split:
        st.info(
            f"The split of this run cannot be shown: {formats.plain(shown.no_split)}. A random one stands in; other runs are in "
            "the sidebar.",
            icon=":material/info:",
        )
    picture, metrics = st.columns([3, 1], gap="medium")
    splits = _splits(shown)
    if not splits:
        st.info("No split of this data set leaves rows both to train and to check with.", icon=":material/info:")
        return
    found = {
        name: cached.facts_of_split(
            # with the sizes: before a run has ended, its split may be a different one of the same name
            (*shown.key, shown.items_by, shown.page.record.id, name, len(split.train), len(split.valid)),
            shown.open_ratings,
            split,
        )
        for name, split in splits.items()
    }
    ours = next(iter(splits))
    newest = next((name for name in splits if name.startswith(NEWEST)), ours)
    has_times = shown.ratings.has_times
    over_time = held_out_over_time(shown.open_ratings, splits)
    if has_times:
        picture.plotly_chart(
            held_out_figure(over_time, list(splits), palette(), synthetic=shown.synthetic),
            config=PLAIN,
            key="held_out",
            alt=f"Share of the ratings held out, in {len(over_time)} equally long periods, for {', '.join(splits)}. The second "
            "table below holds the same.",
        )
    with metrics:
        for name in dict.fromkeys((ours, newest)):
            st.metric(
                f"Biases only, {formats.plain(name)}",
                formats.loss(found[name].mse_biases),
                help=f"Mean squared error, squared stars, on {formats.count(found[name].n_valid)} held-out ratings.",
            )
    st.markdown(in_words(found, ours, newest, in_use=shown.split is not None))
    show_table(
        _table(found),
        height="content",
        key="split_table",
        alt="The splits in numbers: rows, newcomers, how much of the future trains, errors of both baselines",
        column_config={"fact": st.column_config.TextColumn("", width=160, pinned=True)},
    )
    st.caption(
        "New: without a training rating. Own future: held-out ratings whose user gave a training rating later. Any future: "
        "training ratings newer than the held-out one, on average. Both known: held-out ratings whose user and film have "
        "training ratings. MSE in squared stars. Each split is checked on rows of its own, so their errors compare tasks and "
        "not models: the global mean on the same rows says how hard these are."
        + (f" {formats.count(shown.n_sealed)} sealed ratings have no part in any of it." if shown.n_sealed else "")
    )
    if not has_times:
        return
    with st.expander("When each split holds out", icon=":material/table_rows:"):
        show_table(
            over_time.assign(**{name: 100 * over_time[name] for name in splits}),
            key="held_out_table",
            alt="Share of the ratings that each split holds out, by period",
            column_config={
                "start": st.column_config.DatetimeColumn("From", format="YYYY-MM-DD", help="UTC."),
                "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
                **{name: st.column_config.NumberColumn(name, format="%.0f %%") for name in splits},
            },
        )


def _splits(shown: Shown) -> dict[str, Split]:
    """The splits to compare by name: the one in use first; the newest rows last, as many as the first holds out. A split
    that cannot be made is left out, with a caption that says why."""
    ratings, splits = shown.open_ratings, {}
    if shown.split is not None:
        splits[_name(shown)] = shown.split
    form = shown.page.record.holdout if shown.split is not None else ""
    share = len(shown.split.valid) / len(ratings) if shown.split is not None else DEFAULT_SHARE
    share = min(0.9, max(0.01, share))
    random = (f"random {formats.percent(share)}, seed 0", partial(split_random, len(ratings), share, 0))
    by_time = (
        (f"last {N_LAST} of every user", partial(split_last, ratings.user_index, ratings.time, N_LAST)),
        (f"{NEWEST}{formats.percent(share)}", partial(split_by_time, ratings.time, share)),
    )
    others = () if form.startswith("random:") else (random,)
    for name, split in (*others, *(by_time if ratings.has_times else ())):
        try:
            splits[name] = split()
        except SettingError as reason:  # no user has that many ratings, or there are too few
            st.caption(f"Left out, {name}: {formats.plain(str(reason))}.")
    return splits


def _name(shown: Shown) -> str:
    """The name of the run's split: "random 20 %, seed 0", "fold u1", "rows of a file"."""
    record = shown.page.record
    kind, _, value = sealed_share(record.holdout)[0].partition(":")
    if kind == "random":
        return f"random {formats.percent(float(value))}, seed {record.split_seed}"
    return "rows of a file" if kind == "rows" else f"fold {value}"


def in_words(found: dict[str, SplitFacts], ours: str, newest: str, *, in_use: bool = True) -> str:
    """What the split `ours` lets a model see that the split by time, `newest`, does not. `in_use`: `ours` is the run's.

    Without a split by time, `newest` equals `ours`."""
    one, other = found[ours], found[newest]
    lead = "In use" if in_use else "Standing in"
    lines = [
        f"**{lead}: {formats.plain(ours)}.** {formats.percent(one.share_own_future)} of its {formats.count(one.n_valid)} "
        "held-out ratings have a "
        f"training rating that the same user gave later, and {formats.percent(one.share_future)} of the training rows are newer "
        f"than the held-out one, on average. {_new_users(one)} Biases only reach an MSE of {formats.loss(one.mse_biases)}, the "
        f"global mean {formats.loss(one.mse_mean)}.",
    ]
    if newest != ours:
        lines.append(
            f"**By time: {newest}.** Nothing of the future trains. {_new_users(other)} Biases only reach "
            f"{formats.loss(other.mse_biases)} on these {formats.count(other.n_valid)} ratings, the global mean "
            f"{formats.loss(other.mse_mean)}"
            + (
                f"; on the {formats.count(other.n_met)} whose user and film both train, "
                f"{formats.loss(other.mse_biases_met)} against "
                f"{formats.loss(other.mse_mean_met)}."
                if other.n_met
                else "."
            )
        )
    if one.share_future > other.share_future:
        gains = [(each.mse_mean - each.mse_biases) / each.mse_mean for each in (one, other)]
        lines.append(
            f"Biases take {formats.percent(gains[0])} off the error of the global mean in the first, "
            f"{formats.percent(gains[1])} by time. A split that lets a model look into the future answers how well gaps are "
            "filled, not how well tomorrow is foretold."
        )
    return "\n\n".join(lines)


def _new_users(facts: SplitFacts) -> str:
    users, items = (formats.count(n) if n else "none" for n in (facts.n_new_users, facts.n_new_items))
    return (
        f"Of the {formats.counted(facts.n_users, 'user')} in it {users} {_is(facts.n_new_users)} without any training rating, of "
        f"the {formats.counted(facts.n_items, 'film')} {items}."
    )


def _is(n: int) -> str:
    return "are" if n > 1 else "is"


def _table(found: dict[str, SplitFacts]) -> pd.DataFrame:
    """A row per fact, a column per split, as text."""
    rows = (
        ("Training ratings", formats.count, "n_train"),
        ("Held-out ratings", formats.count, "n_valid"),
        ("Users in these", formats.count, "n_users"),
        ("… new users", formats.count, "n_new_users"),
        ("Films in these", formats.count, "n_items"),
        ("… new films", formats.count, "n_new_items"),
        ("Own future", formats.percent, "share_own_future"),
        ("Any future", formats.percent, "share_future"),
        ("MSE, biases only", formats.loss, "mse_biases"),
        ("MSE, global mean", formats.loss, "mse_mean"),
        ("Both known", formats.count, "n_met"),
        ("… MSE, biases only", formats.loss, "mse_biases_met"),
        ("… MSE, global mean", formats.loss, "mse_mean_met"),
    )
    table = pd.DataFrame({"fact": [name for name, _, _ in rows]})
    for split, facts in found.items():
        table[split] = [write(getattr(facts, field)) for _, write, field in rows]
    return table
