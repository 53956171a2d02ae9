"""Why two films are similar: who rated and liked both, the genres they share, and what each factor adds to their closeness."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.genres import genres_of
from collab.errors import RunError
from collab.explore.co_rating import shared
from collab.explore.similarity import ItemSpace, Options, directions, ends, parts
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.labels import shortened
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.frame import cached
from collab.ui.similar.figures import parts_figure
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import show_table

AS_TRAINED, TURNED = "As trained", "Principal axes"
N_PARTS = 6
SUMS = {
    "cosine": "cosine",
    "cautious": "cautious cosine",
    "dot": "dot product",
    "euclidean": "squared distance",
}


def show_why(run: TrainedRun, first: int, second: int, options: Options, *, synthetic: bool) -> None:
    """Draw two columns: people and genres; the factors, where the model has any."""
    titles = run.items["title"].to_numpy()
    facts, picture = st.columns([1, 1.4], gap="medium")
    with facts:
        st.markdown(_people_in_words(run, first, second))
        st.markdown(genres_in_words(*(run.items["genres"].iat[film] for film in (first, second))))
    if run.model.has_factors:
        with picture:
            basis_name = choose(
                "Factors",
                [TURNED, AS_TRAINED],
                key="directions",
                help="Principal axes: the model’s factors, turned so that the first spreads the films most. As trained: the "
                "factors themselves, which come out turned otherwise at every seed.",
            )
            rows = part_rows(cached.run_film_space(run.id), run, first, second, options, basis_name == TURNED)
            _show_parts(rows, f"{titles[first]} and {titles[second]}", options, basis_name, synthetic=synthetic)


def _people_in_words(run: TrainedRun, first: int, second: int) -> str:
    """How many people rated and liked both, or why this is unknown where the training rows are gone."""
    try:
        known = cached.run_co_rating(run.id)
    except RunError as reason:
        return f"**People**  \nWho rated both cannot be said: {formats.plain(str(reason))}."
    found = shared(known, first, second)
    n_people = int(np.count_nonzero(np.diff(known.seen.tocsr().indptr)))
    by_chance = found.n_first * found.n_second / n_people if n_people else 0.0
    lines = [
        "**People, from the training ratings**",
        f"**{formats.count(found.n_both)}** rated both, of {formats.count(found.n_first)} and "
        f"{formats.count(found.n_second)} who "
        f"rated one of them. By chance it would be {formats.count(by_chance)} of {formats.count(n_people)} people.",
        f"**{formats.count(found.n_liked_both)}** of those {formats.count(found.n_both)} liked both "
        f"({known.liked_from:g} stars or more); {formats.count(found.n_liked_first)} and "
        f"{formats.count(found.n_liked_second)} liked "
        "the one and the other.",
    ]
    if np.isfinite(found.correlation):
        lines.append(
            f"Their stars beyond each person’s mean go together with a correlation of "
            f"**{formats.signed(found.correlation)}** (n = {formats.count(found.n_both)})."
        )
    return "  \n".join(lines)


def genres_in_words(first: str, second: str) -> str:
    """The genres of both, and those of one alone; `first` and `second` are genres joined by bars."""
    one, other = genres_of(first), genres_of(second)
    common = [genre for genre in one if genre in other]
    lines = ["**Genres**", f"Both: **{formats.plain(', '.join(common))}**" if common else "None in common"]
    for name, mine, theirs in (("Only the first", one, other), ("Only the second", other, one)):
        if alone := [genre for genre in mine if genre not in theirs]:
            lines.append(f"{name}: {formats.plain(', '.join(alone))}")
    return "  \n".join(lines)


def part_rows(
    space: ItemSpace, run: TrainedRun, first: int, second: int, options: Options, turned: bool
) -> pd.DataFrame:
    """A row per factor, largest part first: factor, part, low and high (the films at its ends with their counts), and where both
    films lie along it. The signs of factors are arbitrary: each is shown so that the first film lies towards its high end."""
    basis = directions(space, run.items) if turned else np.eye(space.factors.shape[1])
    found, _ = parts(space, first, second, options, basis)
    placed = space.placed(options.centred)
    order = np.argsort(-np.abs(found), kind="stable")
    rows = []
    for number in order.tolist():
        along = placed[[first, second]] @ basis[:, number]
        sign = -1.0 if along[0] < 0 else 1.0
        low, high = ends(space, run.items, sign * basis[:, number])
        rows.append(
            {
                "factor": f"{'axis' if turned else 'factor'} {number + 1}",
                "part": found[number],
                "first": sign * along[0],
                "second": sign * along[1],
                "low": _with_count(run.items, low),
                "high": _with_count(run.items, high),
            }
        )
    return pd.DataFrame(rows)


def _with_count(items: pd.DataFrame, film: int | None) -> str:
    if film is None:
        return formats.MISSING
    return f"{shortened(items['title'].iat[film], 34)}, {formats.count(items['n_ratings'].iat[film])}"


def _show_parts(rows: pd.DataFrame, names: str, options: Options, basis_name: str, *, synthetic: bool) -> None:
    total, what = rows["part"].sum(), SUMS[options.measure]
    drawn = rows.head(N_PARTS)
    said = [
        f"{row.factor}: {'both' if row.second >= 0 else 'apart; the first'} towards <b>{formats.in_figure(row.high)}</b>"
        for row in drawn.itertuples()
    ]
    rest = rows.iloc[N_PARTS:]
    shown = pd.DataFrame({"part": drawn["part"], "said": said})
    if len(rest):
        shown.loc[len(shown)] = [rest["part"].sum(), f"the other {len(rest)} together"]
    st.plotly_chart(
        parts_figure(shown, f"what each adds to the {what} of {total:.2f}", palette(), synthetic=synthetic),
        config=PLAIN,
        key="parts",
        alt=f"What the factors add to the {what} of {names}, {total:.2f} in all. The table below holds the same.",
    )
    with st.expander(f"All {len(rows)} parts as a table"):
        show_table(
            rows,
            key="parts_table",
            column_order=["factor", "part", "first", "second", "high", "low"],
            alt=f"What each factor adds to the {what} of {names}",
            column_config={
                "factor": "Factor" if basis_name == AS_TRAINED else "Axis",
                "part": st.column_config.NumberColumn("Part", format="%+.4f"),
                "first": st.column_config.NumberColumn("First film", format="%+.3f"),
                "second": st.column_config.NumberColumn("Second film", format="%+.3f"),
                "high": st.column_config.TextColumn("At one end", help="The film farthest out, with its ratings"),
                "low": st.column_config.TextColumn("At the other end"),
            },
        )
        shrink = " before shrinkage" if options.beta else ""
        st.caption(
            f"The parts add up to the {what}{shrink}: {total:.4f}. Films at the ends have 50 training ratings or more where "
            "there are such; a factor has no name of its own."
        )
