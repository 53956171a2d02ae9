"""Step: distance and cosine of two arrows, and why the nearest film is often one with few ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.data.tables import most_rated_items
from collab.explore.similarity import Options, item_space, similar_items
from collab.lessons.closeness import Arrow, arrow, cosine, distance, dot
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.labels import shortened
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, mark_synthetic, styled
from collab.ui.frame.page import Page
from collab.ui.learn.chapter_run import chapter_run
from collab.ui.learn.step import Door, Step
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import as_table

ARROWS, RARE = "Two arrows", "Rare films"
CUT, SHRINK, CAUTIOUS = "Leave rare films out", "Shrink the similarity", "Cautious cosine"
CHAPTER_FILM = "Silence of the Lambs, The (1991)"
N_ITEMS = 7
FEW = 20  # ratings below which a film counts as rare here
FIRST_ANGLE = 20.0


def arrows_figure(first: Arrow, second: Arrow, palette: Palette) -> go.Figure:
    """Two arrows from the origin, and the right-angled triangle between their ends."""
    figure = go.Figure(go.Scatter(x=[0], y=[0], mode="markers", marker={"color": palette.muted}, hoverinfo="skip"))
    corner = (second[0], first[1])
    figure.add_scatter(
        x=[first[0], corner[0], second[0]],
        y=[first[1], corner[1], second[1]],
        mode="lines",
        line={"color": palette.muted, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[first[0], second[0]],
        y=[first[1], second[1]],
        mode="lines",
        line={"color": palette.accent, "dash": "dash", "width": 2.5},
        hoverinfo="skip",
    )
    for name, end, colour in (("A", first, palette.train), ("B", second, palette.chosen)):
        figure.add_annotation(
            x=end[0], y=end[1], ax=0, ay=0, xref="x", yref="y", axref="x", ayref="y", text="",
            showarrow=True, arrowhead=2, arrowwidth=3.5, arrowcolor=colour, arrowsize=1,
        )  # fmt: skip
        figure.add_annotation(
            x=end[0], y=end[1], text=f"<b>{name}</b>", showarrow=False, xshift=12, yshift=10,
            font={"color": colour, "size": 16},
        )  # fmt: skip
    figure.update_xaxes(range=[-3.4, 3.4], zeroline=True, dtick=1)
    figure.update_yaxes(range=[-0.9, 3.4], zeroline=True, dtick=1, scaleanchor="x")
    return styled(figure, palette, 380, left=32)


def arrows_table(angle: float, first: Arrow, second: Arrow) -> dict[str, pd.DataFrame]:
    """The ends of both arrows, and the measures between them."""
    ends = pd.DataFrame([first, second], columns=["x", "y"]).round(3)
    ends.insert(0, "arrow", ["A", "B"])
    measures = {
        "angle (degrees)": float(angle),
        "cosine": cosine(first, second),
        "dot product": dot(first, second),
        "distance": distance(first, second),
    }
    rows = [(name, round(value, 3)) for name, value in measures.items()]
    return {"The ends": ends, "Between them": pd.DataFrame(rows, columns=["measure", "value"])}


def nearest(run: TrainedRun, film: int, minimum: int = 1, beta: float = 0.0, measure: str = "cosine") -> pd.DataFrame:
    """The films nearest to `film` by `measure` among those with at least `minimum` ratings, their similarity shrunk by `beta`."""
    space, options = item_space(run.model, run.items, run.users), Options(measure, False, beta, minimum)
    return similar_items(space, run.items, film, options, N_ITEMS)


def nearest_figure(table: pd.DataFrame, palette: Palette, synthetic: bool) -> go.Figure:
    """Thin bars, nearest on top, each under its film's title and number of ratings; rare films in another colour."""
    rare = table["n_ratings"] < FEW
    places = list(range(len(table)))
    figure = go.Figure(
        go.Bar(
            x=table["similarity"].tolist(),
            y=places,
            orientation="h",
            width=0.28,
            marker={"color": np.where(rare, palette.valid, palette.accent).tolist()},
            text=[f"{value:.2f}" for value in table["similarity"]],
            textposition="outside",
            textfont={"color": palette.ink, "size": 12},
            cliponaxis=False,
            hovertext=[
                f"{formats.in_figure(row.title)} · {formats.count(row.n_ratings)} ratings" for row in table.itertuples()
            ],
            hovertemplate="%{hovertext} · %{x:.2f}<extra></extra>",
        )
    )
    for place, row, is_rare in zip(places, table.itertuples(), rare, strict=True):
        colour = palette.valid if is_rare else palette.muted
        count = f'<span style="color:{colour}">{formats.counted(row.n_ratings, "rating")}</span>'
        figure.add_annotation(
            x=0, y=place, yshift=16, text=f"{formats.in_figure(shortened(row.title, 32))}  {count}", showarrow=False,
            xanchor="left", font={"color": palette.ink, "size": 13},
        )  # fmt: skip
    styled(figure, palette, 340, left=4)
    figure.update_layout(margin={"t": 4, "b": 4})
    figure.update_xaxes(range=[0, 1.1], visible=False)
    figure.update_yaxes(visible=False, range=[N_ITEMS - 0.6, -0.75])
    if synthetic:
        mark_synthetic(figure, palette).layout.annotations[-1].update(y=0, yanchor="bottom")  # the names are on top
    return figure


def lists_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table of `nearest` with readable column names."""
    return pd.DataFrame(
        {
            "place": range(1, len(table) + 1),
            "film": table["title"],
            "ratings": table["n_ratings"],
            "similarity": table["similarity"].round(3),
        }
    )


def draw(page: Page) -> None:
    view = choose("View", [ARROWS, RARE], key="distance_view", label_visibility="collapsed")
    if view == ARROWS:
        _arrows()
    elif (run := chapter_run(page)) is not None:
        _rare_films(page, run)


def _arrows() -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        angle = st.slider(
            "Angle between them",
            0,
            150,
            40,
            5,
            key="arrow_angle",
            bind="query-params",
            format="%d°",
            help="The wider, the less alike: at 90° cosine and dot product are zero, beyond it negative.",
        )
        lengths = [
            st.slider(
                f"Length of {name}",
                0.5,
                3.0,
                start,
                0.1,
                key=f"arrow_{name.lower()}",
                bind="query-params",
                help="Longer: the same taste, felt more strongly.",
            )
            for name, start in (("A", 2.0), ("B", 2.5))
        ]
        first, second = arrow(lengths[0], FIRST_ANGLE), arrow(lengths[1], FIRST_ANGLE + angle)
    with picture:
        st.plotly_chart(
            arrows_figure(first, second, palette()),
            config=PLAIN,
            key="arrows",
            alt=f"Two arrows {angle} degrees apart and the distance between their ends",
        )
        as_table("arrows_table", "The two arrows", lambda: arrows_table(angle, first, second))
        across, up = abs(first[0] - second[0]), abs(first[1] - second[1])
        st.markdown(
            f"Cosine **{cosine(first, second):.2f}** · Dot product **{dot(first, second):.2f}** · "
            f"Distance √({across:.2f}² + {up:.2f}²) = **{distance(first, second):.2f}**"
        )


def example_film(run: TrainedRun) -> int | None:
    """The row of the chapter's film, or of the most rated one if the run lacks it; None where no film is rated."""
    titles = run.items["title"].to_numpy()
    most_rated = most_rated_items(run.items, len(run.items)).tolist()
    named = [index for index in most_rated if titles[index] == CHAPTER_FILM]
    return next(iter([*named, *most_rated]), None)


def other_in_words(run: TrainedRun, shown: TrainedRun) -> str:
    """How many of the nearest films are rare in `run`, the one in use, if another run is `shown`; "" if it is the same or has no
    factors."""
    film = example_film(run)
    if run.id == shown.id or not run.model.has_factors or film is None:
        return ""
    n_rare = int((nearest(run, film)["n_ratings"] < FEW).sum())
    text = f" Of the {N_ITEMS} nearest in the run in use, {formats.plain(run.record.name)}, {n_rare} have so few."
    if run.model.item_covariances is not None:
        text += " There a film with few ratings stays close to the average film."
    return text


def _rare_films(page: Page, run: TrainedRun) -> None:
    titles = run.items["title"].to_numpy()
    film = example_film(run)
    if film is None:
        st.info("No film of this run has a training rating. Choose another run in the sidebar.", icon=":material/info:")
        return
    raw_side, mended_side, controls = st.columns([1.5, 1.5, 1], gap="medium")
    with controls:
        remedy = st.radio("Remedy", [CUT, SHRINK, CAUTIOUS], key="rare_remedy", bind="query-params")
        mended, how = _with_remedy(page, run, film, remedy)
    if mended is None:
        with mended_side:
            _offer_bayes(page)
    tables = {"raw": nearest(run, film)} | ({} if mended is None else {"mended": mended})
    n_rare = {name: int((table["n_ratings"] < FEW).sum()) for name, table in tables.items()}
    headings = {"raw": "Nearest by cosine, as it is", "mended": f"With the remedy ({how})"}
    for side, name in zip((raw_side, mended_side), tables, strict=False):
        with side:
            st.markdown(f"**{headings[name]}**")
            if tables[name].empty:
                st.info("No other film has so many training ratings. Lower the number.", icon=":material/info:")
                continue
            st.plotly_chart(
                nearest_figure(tables[name], palette(), page.data.synthetic),
                config=PLAIN,
                key=f"rare_{name}",
                alt=f"The films nearest to {titles[film]}, {n_rare[name]} of them with fewer than {FEW} ratings",
            )
    with controls:
        st.metric(f"Films under {FEW} ratings", " → ".join(map(str, n_rare.values())))
        st.caption(
            f"Nearest to **{formats.plain(titles[film])}** in the chapter’s own model ({formats.plain(run.record.name)}). A few "
            "ratings can point a film anywhere; among so many such films some point the same way by chance."
            + other_in_words(page.run, run)
        )
    as_table(
        "rare_table",
        "Both lists",
        lambda: {headings[name]: lists_table(table) for name, table in tables.items()},
    )


def _with_remedy(page: Page, run: TrainedRun, film: int, remedy: str) -> tuple[pd.DataFrame | None, str]:
    """Draw the remedy's control, and return the films of `run` nearest to `film` with it and the remedy in words. The cautious
    cosine is that of the run in use: None where that run has no covariances of its films."""
    if remedy == CUT:
        minimum = st.slider(
            "Ratings needed",
            1,
            100,
            FEW,
            key="rare_minimum",
            bind="query-params",
            help="Films with fewer training ratings are left out. Higher: surer neighbours, fewer surprises.",
        )
        return nearest(run, film, minimum), f"at least {minimum} ratings"
    if remedy == SHRINK:
        beta = st.slider(
            "β: ratings for half",
            0,
            100,
            FEW,
            key="rare_beta",
            bind="query-params",
            help="Similarity · n / (n + β): a film with β ratings keeps half of it. Higher: well known films win.",
        )
        return nearest(run, film, beta=beta), f"β = {beta}"
    own = page.run
    same = example_film(own)
    if own.model.item_covariances is None or same is None:
        return None, ""
    st.caption(
        f"In it a film that is little known cannot score high. It is that of the run in use, {formats.plain(own.record.name)}, "
        "which knows how sure it is of each film."
    )
    return nearest(own, same, measure="cautious"), "cautious cosine"


def _offer_bayes(page: Page) -> None:
    """Why the run in use has no cautious cosine, and a link to training one that has."""
    st.info(
        f"The cautious cosine takes a model that knows how sure it is of each film. {formats.plain(page.run.record.name)} does "
        "not: choose a Bayesian run in the sidebar, or train one.",
        icon=":material/info:",
    )
    st.page_link(
        "pages/train.py",
        label="Train a Bayesian model",
        icon=":material/model_training:",
        query_params={"model": "bayes", "data": page.data.name},
    )


STEP = Step(
    slug="distance",
    title="Near and alike",
    insight="Distance sees where two arrows **end**, cosine only where they **point**; with few ratings, both are guesses.",
    draw=draw,
    door=Door("pages/similar.py", "the nearest films, by each measure"),
)
