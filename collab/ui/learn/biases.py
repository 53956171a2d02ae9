"""Step: what biases add to a prediction, and why sorting by bias is not sorting by mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.errors import RunError
from collab.explore.biases import bias_table, user_bias_table
from collab.lessons.biases import Parts, Sums, damped_sums, sums_of
from collab.services.run_files import TrainedRun
from collab.services.run_rows import split_of
from collab.ui.charts import formats
from collab.ui.charts.labels import name_of
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame import cached
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.controls import choose
from collab.ui.widgets.pickers import minimum_ratings, pick_film
from collab.ui.widgets.tables import as_table

ONE, ORDER = "one prediction", "two orders"
N_RANKED = 10
LEAST_RATINGS = 20  # of a user, to be ranked from harsh to kind


@st.cache_resource(show_spinner=False, max_entries=8)
def damped_of(run_id: str) -> Sums:
    """Damped biases of the ratings that a run was trained on. Raises RunError where these are not available."""
    split, ratings = split_of(cached.trained_run(run_id), cached.environment())
    return damped_sums(ratings.take(split.train))


def parts_figure(parts: Parts, in_stars: bool, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """The terms of a score as a waterfall, and their sum."""
    names = ["average", "user", "film", "taste", "sum"]
    heights = [parts.base, parts.user, parts.film, parts.taste, parts.score]
    ends = np.cumsum(heights[:4]).tolist()
    starts = [0.0, *ends[:3], 0.0]
    up, down = palette.diverging[-3], palette.diverging[2]
    colours = [palette.muted, *(up if each >= 0 else down for each in heights[1:4]), palette.predicted]
    meaning = [
        "what the average user gives the average film",
        "what this user adds to every film",
        "what this film gets from everybody",
        "the dot product: how well the two suit each other",
        "the score",
    ]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=heights,
            base=starts,
            marker={"color": colours},
            width=0.62,
            hovertext=[f"{each}: {formats.signed(height)}" for each, height in zip(meaning, heights, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    reach = [min(0.0, *ends), max(0.0, *ends)]
    margin = 0.12 * max(reach[1] - reach[0], 0.5)
    for place, (start, height) in enumerate(zip(starts, heights, strict=True)):
        figure.add_annotation(
            x=place,
            y=max(start, start + height),
            text=f"<b>{formats.signed(height)}</b>",
            showarrow=False,
            yanchor="bottom",
            font={"color": palette.ink, "size": 14},
        )
        if place < 4:
            figure.add_shape(
                type="line",
                x0=place + 0.31,
                x1=place + 0.69,
                y0=ends[place],
                y1=ends[place],
                line={"color": palette.muted, "width": 1, "dash": "dot"},
            )
    figure.add_hline(0, line={"color": palette.muted, "width": 1})
    figure.update_yaxes(
        title="stars" if in_stars else "score, before the range", range=[reach[0] - margin, reach[1] + margin]
    )
    return styled(figure, palette, 400, synthetic=synthetic)


def orders_figure(table: pd.DataFrame, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """The top films by mean rating and by bias, each with its rank in the other order; lines join the same film.

    `table` is that of `collab.explore.biases.bias_table` with the ranks `by_mean` and `by_bias` (1, 2, …).
    """
    figure = go.Figure()
    firsts = table[(table["by_mean"] <= N_RANKED) | (table["by_bias"] <= N_RANKED)]
    up, down = palette.diverging[-2], palette.diverging[1]
    for film in firsts.itertuples():
        hover = (
            f"{formats.in_figure(film.title)} · {film.by_mean}. by mean ({formats.stars(film.mean_rating)}) · "
            f"{film.by_bias}. by bias ({formats.signed(film.bias)}) · {formats.count(film.n_ratings)} ratings"
        )
        if max(film.by_mean, film.by_bias) <= N_RANKED:
            figure.add_scatter(
                x=[0, 1],
                y=[film.by_mean, film.by_bias],
                mode="lines",
                line={
                    "color": up
                    if film.by_bias < film.by_mean
                    else down
                    if film.by_bias > film.by_mean
                    else palette.muted,
                    "width": 2.5,
                },
                hovertext=hover,
                hovertemplate="%{hovertext}<extra></extra>",
            )
        for x, place, anchor, shift, other in (
            (0, film.by_mean, "right", -6, film.by_bias),
            (1, film.by_bias, "left", 6, film.by_mean),
        ):
            if place <= N_RANKED:
                away = f' <span style="color:{palette.muted}">({other}.)</span>' if other > N_RANKED else ""
                figure.add_annotation(
                    x=x,
                    y=place,
                    text=f"{formats.in_figure(name_of(film.title, 16))}{away}",
                    hovertext=hover,
                    showarrow=False,
                    xanchor=anchor,
                    xshift=shift,
                    font={"color": palette.ink, "size": 12},
                )
    for x, text, anchor in ((0, "by mean rating", "right"), (1, "by bias", "left")):
        figure.add_annotation(
            x=x,
            y=0.1,
            text=f"<b>{text}</b>",
            showarrow=False,
            xanchor=anchor,
            font={"color": palette.muted, "size": 12},
        )
    figure.update_xaxes(visible=False, range=[-1.9, 2.9])
    figure.update_yaxes(visible=False, range=[N_RANKED + 0.6, -0.5])
    styled(figure, palette, 400, synthetic=synthetic, left=0)
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})


def parts_table(parts: Parts, in_stars: bool) -> pd.DataFrame:
    """The terms of a score and their sum, one row each."""
    heights = {
        "average": parts.base,
        "user": parts.user,
        "film": parts.film,
        "taste (dot product)": parts.taste,
        "sum": parts.score,
    }
    unit = "stars" if in_stars else "before the range"
    return pd.DataFrame({"part": list(heights), f"score ({unit})": [round(each, 3) for each in heights.values()]})


def orders_table(table: pd.DataFrame) -> pd.DataFrame:
    """The films of both orders, highest bias first; `table` is that of `ranked`."""
    firsts = table[(table["by_mean"] <= N_RANKED) | (table["by_bias"] <= N_RANKED)].sort_values("by_bias")
    return pd.DataFrame(
        {
            "film": firsts["title"],
            "ratings": firsts["n_ratings"],
            "place by bias": firsts["by_bias"],
            "bias": firsts["bias"].round(3),
            "place by mean": firsts["by_mean"],
            "mean (stars)": firsts["mean_rating"].round(2),
        }
    )


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """`table`, highest bias first, with the ranks by_mean and by_bias of every film, from 1; equal means: more ratings first."""
    ordered = table.sort_values(["mean_rating", "n_ratings"], ascending=False, kind="stable")
    by_mean = pd.Series(np.arange(1, len(table) + 1), index=ordered.index)
    return table.assign(by_mean=by_mean, by_bias=np.arange(1, len(table) + 1))


def _show_one(
    picture: DeltaGenerator,
    controls: DeltaGenerator,
    page: Page,
    sums: Sums,
    own: bool,
) -> None:
    run = page.run
    users = user_bias_table(run.users, sums.user_biases, LEAST_RATINGS)
    if users.empty:
        users = user_bias_table(run.users, sums.user_biases)
    with controls:
        kindness = st.slider(
            "User, from harsh to kind",
            0,
            100,
            5,
            key="kindness",
            bind="query-params",
            help="All users in the order of their biases, 0 the harshest, 100 the kindest.",
        )
        user = users.iloc[round((1 - kindness / 100) * (len(users) - 1))]
        st.caption(
            f"User {formats.plain(str(user['user_id']))}: {formats.count(user['n_ratings'])} ratings, "
            f"mean {formats.stars(user['mean_rating'])}."
        )
        item_index = pick_film(run, default=True)
        film = run.items.iloc[item_index]
        user_index = int(user["user_index"])
        parts = sums.parts(user_index, item_index)
        predicted = sums.stars(parts.score)
        if own:  # a model may clip its sum to the scale
            predicted = float(run.model.predict(np.array([user_index]), np.array([item_index]))[0])
        st.metric("Predicted", f"{formats.stars(predicted)} stars")
        mean = f"Mean rating of the film: {formats.stars(film['mean_rating'])}."
        if sums.y_range is not None:
            mean += " The sigmoid’s range turns the sum into stars."
        elif abs(predicted - parts.score) >= 0.05:
            mean += f" The sum, {parts.score:.1f}, is cut to the scale of the ratings."
        st.caption(mean)
    picture.plotly_chart(
        parts_figure(parts, sums.y_range is None, palette(), synthetic=page.data.synthetic),
        config=PLAIN,
        key="bias_parts",
        alt=f"What the score of {film['title']} is made of: average {parts.base:+.2f}, user {parts.user:+.2f}, "
        f"film {parts.film:+.2f}, taste {parts.taste:+.2f}",
    )
    with picture:
        as_table("bias_parts_table", "What the score is made of", lambda: parts_table(parts, sums.y_range is None))


def _show_orders(picture: DeltaGenerator, controls: DeltaGenerator, page: Page, sums: Sums) -> None:
    with controls:
        minimum = minimum_ratings("Films with fewer training ratings are left out. Higher: surer orders, fewer films.")
    table = ranked(bias_table(page.run.items, sums.item_biases, minimum))
    if table.empty:
        picture.info(f"No film has {minimum} training ratings. Lower the minimum.", icon=":material/info:")
        return
    controls.caption(
        "Right: the last ten of `argsort()` of the biases, last one first. Lines join films that are on both sides; orange is "
        "higher by bias, blue lower. In brackets: a film’s place in the other order."
    )
    picture.plotly_chart(
        orders_figure(table, palette(), synthetic=page.data.synthetic),
        config=PLAIN,
        key="bias_orders",
        alt="The ten first films by mean rating beside the ten first by bias, the same films joined by lines",
    )
    with picture:
        as_table("bias_orders_table", "The first films by bias and by mean rating", lambda: orders_table(table))


def _sums(run: TrainedRun) -> tuple[Sums | None, str]:
    """The tables to show, None where there are none, and a note where they are not the model's own."""
    own = sums_of(run.model)
    if own is not None:
        return own, ""
    try:
        return damped_of(
            run.id
        ), "The model in use is no plain sum with biases; shown are damped biases of the same ratings."
    except RunError as reason:
        why = formats.plain(str(reason))
        return None, f"The model in use is no plain sum with biases, and {why}. Choose another run in the sidebar."


def draw(page: Page) -> None:
    with st.spinner("Fitting biases"):
        sums, note = _sums(page.run)
    if sums is None:
        st.info(note, icon=":material/info:")
        return
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        view = choose(
            "Show",
            [ONE, ORDER],
            key="biases_view",
            help="What one prediction is made of, or the best films in the order of their mean and of their bias.",
        )
    if view == ONE:
        _show_one(picture.container(), controls, page, sums, own=not note)
    else:
        _show_orders(picture.container(), controls, page, sums)
    if note:
        controls.caption(note)


STEP = Step(
    slug="biases",
    title="Biases",
    insight="Some users are kind to every film, some films are liked by everybody: biases **take that off the factors**, and a "
    "film’s bias is not its mean rating.",
    draw=draw,
    door=Door("pages/biases.py", "all films and users by bias"),
    questions=(
        Question(
            18,
            "What are biases for?",
            "A dot product alone can only say how well tastes fit. That a user rates everything high, or that a film is good in "
            "everybody’s eyes, is one number for each user and film, added to the product.",
        ),
        Question(
            23,
            "What does `argsort` give?",
            """The places of the values in the order that would sort them, lowest first, not the values:
```python
torch.tensor([0.3, -0.2, 0.9]).argsort()                  # tensor([1, 0, 2])
films[item_biases.argsort()[:5]]                          # the five films with the lowest biases
films[item_biases.argsort(descending=True)[:5]]           # the five with the highest
```
""",
        ),
        Question(
            24,
            "Why is sorting by bias not sorting by mean rating?",
            "The mean also holds who rated: kind or strict people, and people to whose taste the film belongs, since one mostly "
            "watches what one likes. The model counts these by the users’ biases and by the factors, and the film’s bias is "
            "what is left. It is also drawn towards nought where ratings are few, so a film with two enthusiasts does not lead "
            "the list.",
        ),
    ),
)
