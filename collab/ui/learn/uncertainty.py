"""Step: a posterior narrows with every rating; PMF keeps only its mode, the Bayesian model its width as well."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.data.tables import most_rated_items
from collab.lessons.uncertainty import Belief, drawn_ratings, likelihood, penalty_of, update
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.labels import shortened
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame import cached
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Step
from collab.ui.widgets.tables import as_table

QUALITY = 0.8  # mean of the drawn ratings, in stars above the average film
PRIOR_SPREAD = 0.6
PLACES = np.linspace(-2, 2.6, 461)


def belief_figure(
    prior: Belief, alone: Belief | None, after: Belief, ratings: np.ndarray, palette: Palette
) -> go.Figure:
    """Prior, likelihood of the ratings alone, and posterior; ticks are the ratings, the line is PMF's estimate."""
    figure = go.Figure()
    high = after.density(np.array([after.mean]))[0]
    curves = [(prior, "before", palette.muted, "dot"), (after, "after", palette.predicted, "solid")]
    if alone is not None:
        curves.insert(1, (alone, "ratings alone", palette.observed, "dash"))
    for belief, name, colour, dash in curves:
        figure.add_scatter(
            x=PLACES,
            y=belief.density(PLACES),
            mode="lines",
            line={"color": colour, "width": 3 if name == "after" else 1.8, "dash": dash},
            fill="tozeroy" if name == "after" else None,
            fillcolor=f"rgba{(*(int(colour[at : at + 2], 16) for at in (1, 3, 5)), 0.18)}",
            hovertemplate=f"{name}: %{{x:+.2f}} stars<extra></extra>",
        )
    figure.add_scatter(
        x=ratings,
        y=[-0.05 * high] * len(ratings),
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 11, "color": palette.observed, "line": {"width": 1.2}},
        hovertemplate="a rating: %{x:+.2f}<extra></extra>",
    )
    figure.add_scatter(
        x=[after.mean, after.mean],
        y=[0, 1.08 * high],
        mode="lines+text",
        line={"color": palette.chosen, "width": 2},
        text=["", "PMF’s point"],
        textposition="top center",
        textfont={"color": palette.chosen},
        hovertemplate="%{x:+.2f} stars<extra></extra>",
    )
    for at, label, colour in (
        (0.02, "┄ before any rating", palette.muted),
        (0.09, "– – the ratings alone", palette.observed),
        (0.16, "━ after the ratings", palette.predicted),
    ):
        figure.add_annotation(
            x=0,
            y=1 - at,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="top",
            text=label,
            showarrow=False,
            font={"color": colour, "size": 12},
        )
    figure.update_xaxes(title="the film’s bias: stars above the average film", range=[PLACES[0], PLACES[-1]])
    figure.update_yaxes(title="belief (density)", range=[-0.1 * high, 1.3 * high], showticklabels=False)
    return styled(figure, palette, 380)


def beliefs_table(prior: Belief, alone: Belief | None, after: Belief, ratings: np.ndarray) -> dict[str, pd.DataFrame]:
    """Mean and deviation of each belief, the curves at points a tenth of a star apart, and the ratings."""
    named = {"before": prior, "ratings alone": alone, "after": after}
    known = {name: belief for name, belief in named.items() if belief is not None}
    summary = pd.DataFrame(
        {
            "belief": list(known),
            "mean (stars)": [round(each.mean, 3) for each in known.values()],
            "deviation (stars)": [round(each.deviation, 3) for each in known.values()],
        }
    )
    places = PLACES[::10]
    curves = pd.DataFrame(
        {
            "bias (stars)": places.round(1) + 0.0,
            **{f"{name} (density)": each.density(places).round(4) for name, each in known.items()},
        }
    )
    drawn = pd.DataFrame({"rating (stars above the average film)": np.round(ratings, 2)})
    return {"The beliefs": summary, "Their curves": curves, "The ratings": drawn}


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        n = st.slider(
            "Ratings",
            0,
            100,
            3,
            key="belief_ratings",
            bind="query-params",
            help="How many people have rated the film. More: the belief narrows and follows the ratings.",
        )
        noise = st.slider(
            "Noise of a rating",
            0.3,
            2.0,
            1.0,
            0.1,
            key="belief_noise",
            bind="query-params",
            help="How far a single rating lies from the film’s quality, in stars. More: each rating tells less.",
        )
        spread = st.slider(
            "Spread of films",
            0.1,
            1.5,
            PRIOR_SPREAD,
            0.1,
            key="belief_spread",
            bind="query-params",
            help="How far films differ from the average one before any rating. Less: more ratings are needed to believe in "
            "an unusual film.",
        )
    prior = Belief(0.0, spread)
    ratings = drawn_ratings(n, QUALITY, noise)
    alone, after = likelihood(ratings, noise), update(prior, ratings, noise)
    with controls:
        st.metric("Belief (stars)", f"{formats.signed(after.mean)} ± {after.deviation:.2f}")
    picture.plotly_chart(
        belief_figure(prior, alone, after, ratings, palette()),
        config=PLAIN,
        key="belief",
        alt=f"After {n} ratings the belief of the film's bias is {after.mean:+.2f} with a deviation of {after.deviation:.2f} "
        f"stars, before it was 0 with {spread:.2f}",
    )
    with picture:
        as_table("belief_table", "The beliefs", lambda: beliefs_table(prior, alone, after, ratings))
    picture.caption(
        f"Precisions add up: 1/{spread:g}² + {n}/{noise:g}² = {spread**-2 + n / noise**2:.2f} ≈ 1/{after.deviation:.2f}². The "
        f"top is where Σ(r − b)² + λ b² is least, with λ = noise² / spread² = {penalty_of(prior, noise):.2f}: PMF with weight "
        "decay finds this point, and forgets how wide the curve is. The ratings are made up."
    )
    _real_films(page.run)


def _real_films(run: TrainedRun) -> None:
    """How sure the run is of the bias of a film with few ratings and of one with many."""
    doubt = cached.run_bias_deviations(run.id)
    if doubt is None:
        st.caption(
            f"The run in use, {formats.plain(run.record.name)}, keeps points only: it takes every film for exactly known. "
            "A Bayesian run shows its ± here."
        )
        return
    by_count = most_rated_items(run.items, len(run.items))
    few, many = int(by_count[-1]), int(by_count[0])
    with st.container(horizontal=True):
        for film in (few, many):
            st.metric(
                f"{formats.plain(shortened(run.items['title'].iat[film], 30))} · "
                f"{formats.counted(run.items['n_ratings'].iat[film], 'rating')}",
                f"{formats.signed(run.model.item_biases[film])} ± {doubt.items[film]:.2f}",
                help="Bias and its standard deviation in the run in use, in stars.",
                border=True,
            )


STEP = Step(
    slug="uncertainty",
    title="From PMF to uncertainty",
    insight="The dot-product model is also called *probabilistic matrix factorisation* (PMF): it finds the **top** of a belief. "
    "The Bayesian model keeps the whole belief, which narrows with every rating.",
    draw=draw,
    door=Door("pages/train.py", "train the Bayesian model", {"model": "bayes"}),
)
