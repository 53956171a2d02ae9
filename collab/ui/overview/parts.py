"""The parts of the overview: links to three pages, the data set, and the current model."""

from __future__ import annotations

import streamlit as st

from collab.ui.charts import formats
from collab.ui.charts.losses import epoch_word, loss_data, loss_spec
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame import cached
from collab.ui.frame.page import Page
from collab.ui.frame.run_words import describe_run, in_words
from collab.ui.overview.figures import count_and_mean_figure
from collab.ui.widgets.tables import as_table

LINKS = (
    (
        "pages/train.py",
        "Train a model",
        ":material/model_training:",
        "Move a few sliders and watch its loss fall, live.",
    ),
    (
        "pages/map.py",
        "Explore what it learned",
        ":material/scatter_plot:",
        "Walk through the films as the model sees them.",
    ),
    ("pages/rate.py", "Get picks for tonight", ":material/star:", "Rate a few films; every answer changes the picks."),
)


def show_links() -> None:
    """Draw what can be done here, with a link each."""
    for place, (target, title, icon, sentence) in zip(st.columns(3), LINKS, strict=True):
        with place.container(border=True, height="stretch"):
            st.page_link(target, label=f"**{title}**", icon=icon)
            st.caption(sentence)


def show_data(page: Page) -> None:
    """Draw the data set in numbers and as a picture of its items."""
    run, colours = page.run, palette()
    record, films, users = run.record, run.items.iloc[1:], run.users.iloc[1:]
    st.header(formats.plain(record.data_title), anchor=False)
    n_ratings = record.n_train + record.n_valid
    with st.container(horizontal=True):
        st.metric("Ratings", formats.count(n_ratings), width=150)
        st.metric("People", formats.count(len(users)), width=110)
        st.metric("Films", formats.count(len(films)), width=110)
    st.plotly_chart(
        styled(count_and_mean_figure(run.items, colours), colours, 330, synthetic=record.synthetic),
        config=PLAIN,
        key="count_and_mean",
        alt="Films by number of ratings and mean rating: few films have many ratings, and those are liked better",
    )
    as_table(
        "films_table",
        "Films by number of ratings and mean rating",
        lambda: films.loc[films.n_ratings > 0, ["title", "n_ratings", "mean_rating"]].sort_values(
            "n_ratings", ascending=False
        ),
        {
            "n_ratings": st.column_config.NumberColumn("training ratings"),
            "mean_rating": st.column_config.NumberColumn("mean rating", format="%.1f"),
        },
    )
    rare = float((films.n_ratings < 20).mean())
    filled = n_ratings / (len(users) * len(films))
    st.caption(
        f"{formats.sentence(page.data.note)} {filled:.1%} of all pairs of a person and a film are rated; the model fills in "
        f"the rest. {formats.percent(rare)} of the films have fewer than 20 ratings to learn from."
    )


def show_model(page: Page) -> None:
    """Draw the errors of the current model beside both baselines, its loss, and what they mean."""
    run, record, colours = page.run, page.run.record, palette()
    st.header("The current model", anchor=False)
    with st.container(horizontal=True):
        st.metric(
            "Held-out MSE",
            formats.loss(record.valid["mse"]),
            width=150,
            help="Mean squared error, in squared stars, on ratings that the model never saw.",
        )
        st.metric(
            "Biases only",
            formats.loss(record.baselines["biases_only"]["mse"]),
            width=130,
            help="What one number per person and one per film reach on the same ratings.",
        )
        st.metric(
            "Global mean",
            formats.loss(record.baselines["global_mean"]["mse"]),
            width=130,
            help="What the same guess for everybody reaches on the same ratings.",
        )
    progress, word = cached.runs().progress(run.id), epoch_word(record)
    table = loss_data(progress)
    st.vega_lite_chart(
        table,
        loss_spec(progress, table, colours, height=330),
        key="overview_loss",
        alt=f"Loss of {describe_run(record)} by {word}, with both baselines",
    )
    as_table(
        "losses_table",
        f"Losses by {word}",
        lambda: progress.history[["epoch", "train_loss", "valid_loss"]],
        {
            "epoch": st.column_config.NumberColumn(word),
            **{name: st.column_config.NumberColumn(format="%.4f") for name in ("train_loss", "valid_loss")},
        },
    )
    st.caption(f"Trained in {formats.duration(record.seconds)}. {in_words(record)}")
