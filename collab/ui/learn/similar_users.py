"""Step: find users who rate alike, recommend what they liked; every prediction is a sum that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.data.ratings import Ratings
from collab.data.tables import trained_items
from collab.errors import RunError
from collab.lessons.similar_users import Trace, trace
from collab.models.neighbours import Neighbours, PredictionTerms, dense
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.labels import shortened
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame.page import Page
from collab.ui.learn import cached as learn_cached
from collab.ui.learn.step import Door, Step, Topic
from collab.ui.widgets.pickers import pick_user
from collab.ui.widgets.tables import as_table, show_table

MINIMUM_COUNT = 20
N_TERMS = 3  # neighbours of a sum that are written out


def table_figure(
    found: Trace, beyond: np.ndarray, user_ids: list[str], titles: list[str], palette: Palette, synthetic: bool
) -> go.Figure:
    """The table of ratings: the user's row on top, similar users below. Colour is `beyond`, the stars above or below what the
    biases predict; the cells of the picks in the user's row hold predictions."""
    n_users, n_items = found.rating.shape
    me, *others = map(formats.in_figure, user_ids)
    rows = [f"<b>user {me}</b>"]
    rows += [
        f"user {user} · {alike:.2f} · {n}"
        for user, alike, n in zip(others, found.similarity, found.n_common, strict=True)
    ]
    text = [["" if np.isnan(each) else f"{each:g}" for each in row] for row in found.rating]
    for place, predicted in enumerate(found.predicted):
        text[0][found.n_shared + place] = f"<b>{predicted:.1f}</b>"
    figure = go.Figure(
        go.Heatmap(
            z=beyond,
            x=list(range(n_items)),
            y=list(range(n_users)),
            colorscale=[[place / 9, colour] for place, colour in enumerate(palette.diverging)],
            zmid=0,
            zmin=-2,
            zmax=2,
            showscale=False,
            xgap=2,
            ygap=2,
            text=text,
            customdata=np.broadcast_to(np.array([*map(formats.in_figure, titles)], dtype=object), found.rating.shape),
            hovertemplate="%{customdata}: %{text} stars, %{z:+.1f} beyond expectation<extra></extra>",
            hoverongaps=False,
        )
    )
    for row in range(n_users):
        for column in range(n_items):
            if text[row][column]:
                predicted = row == 0 and column >= found.n_shared
                strong = abs(beyond[row, column]) > 1.1
                colour = palette.predicted if predicted else palette.paper if strong else palette.ink
                figure.add_annotation(
                    x=column, y=row, text=text[row][column], showarrow=False, font={"color": colour, "size": 12}
                )
    figure.add_vline(found.n_shared - 0.5, line={"color": palette.ink, "width": 2})
    for start, end, label in ((0, found.n_shared, "rated"), (found.n_shared, n_items, "picks")):
        if end > start:
            figure.add_annotation(
                x=(start + end - 1) / 2, y=-0.62, yshift=10, text=label, showarrow=False, font={"color": palette.muted}
            )
    figure.update_xaxes(
        tickvals=list(range(n_items)),
        ticktext=[formats.in_figure(shortened(title, 19)) for title in titles],
        tickangle=-38,
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(range(n_users)), ticktext=rows, range=[n_users - 0.5, -1.2], showgrid=False, zeroline=False
    )
    figure = styled(figure, palette, 430, synthetic=synthetic)
    return figure.update_layout(margin={"l": 130, "b": 110})


def cells_table(found: Trace, beyond: np.ndarray, user_ids: list[str], films: pd.DataFrame) -> pd.DataFrame:
    """The table of ratings with one rating or prediction per row; `films` (title, n_ratings) are those of the columns."""
    rows = []
    alike, common = [np.nan, *found.similarity], [pd.NA, *found.n_common]
    for user, film in np.argwhere(~np.isnan(found.rating)).tolist():
        title, n_ratings = films["title"].iat[film], films["n_ratings"].iat[film]
        given, more = found.rating[user, film], beyond[user, film]
        rows.append((user_ids[user], alike[user], common[user], title, n_ratings, given, more, np.nan))
    for place, predicted in enumerate(found.predicted, found.n_shared):
        title, n_ratings = films["title"].iat[place], films["n_ratings"].iat[place]
        rows.append((user_ids[0], np.nan, pd.NA, title, n_ratings, np.nan, np.nan, predicted))
    names = [
        "user",
        "likeness",
        "films in common",
        "film",
        "ratings of the film",
        "given (stars)",
        "beyond expectation",
    ]
    table = pd.DataFrame(rows, columns=[*names, "predicted (stars)"])
    digits = {"likeness": 3, "beyond expectation": 2, "predicted (stars)": 2}
    return table.astype({"films in common": "Int64"}).round(digits)


def sum_in_words(say: PredictionTerms) -> str:
    """The arithmetic of one prediction, with its first terms written out."""
    if not len(say.neighbour_index):
        return f"Nobody alike has rated it: the biases’ {say.expected:.2f} is all there is."
    terms = list(zip(say.similarity[:N_TERMS].tolist(), say.left[:N_TERMS].tolist(), strict=True))
    more = " + …" if len(say.neighbour_index) > N_TERMS else ""
    over = " + ".join(f"{alike:.2f}·({formats.signed(left)})" for alike, left in terms) + more
    under = " + ".join(f"{alike:.2f}" for alike, _ in terms) + more
    by = "the sum of the likenesses"
    if say.damping:
        under += f" + {say.damping:g}"
        by += f" and {say.damping:g} more, which keeps a few neighbours from having all the say"
    return (
        f"{say.expected:.2f} (mean and both biases) {formats.signed(say.weighted_mean)[0]} "
        f"{abs(say.weighted_mean):.2f} = **{say.predicted:.2f}**, where {formats.signed(say.weighted_mean)} is "
        f"({over}) / ({under}) over {formats.counted(len(say.neighbour_index), 'neighbour')} who rated it: "
        "likeness times stars beyond "
        f"expectation, by {by}."
    )


def draw(page: Page) -> None:
    run = page.run
    try:
        model, train = learn_cached.similar_users(run.id)
    except RunError as reason:
        st.info(f"The ratings behind this run are needed here: {formats.plain(str(reason))}.", icon=":material/info:")
        return
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        user_index = pick_user(run)
    found = trace(model, train, user_index, _candidates(run))
    titles = run.items["title"].to_numpy()[found.items].tolist()
    ids = run.users["user_id"].to_numpy()[found.users].tolist()
    expected = model.user_biases[found.users][:, None] + model.item_biases[found.items]
    beyond = found.rating - expected
    beyond[0, found.n_shared :] = np.nan
    if len(found.users) == 1 or not len(found.picks):
        picture.info(
            "Nobody is alike enough: there are too few ratings in common. Choose another user.",
            icon=":material/group_off:",
        )
        return
    picture.plotly_chart(
        table_figure(found, beyond, ids, titles, palette(), run.record.synthetic),
        config=PLAIN,
        key="similar_users",
        alt=f"Ratings of user {ids[0]} and of the most similar users {', '.join(ids[1:])}; picks: "
        + ", ".join(
            f"{title} {formats.stars(stars)}"
            for title, stars in zip(titles[found.n_shared :], found.predicted, strict=True)
        ),
    )
    with picture:
        as_table(
            "similar_users_table",
            "The ratings of the user and of whoever is alike",
            lambda: cells_table(found, beyond, ids, run.items.iloc[found.items]),
        )
    with controls:
        picks = titles[found.n_shared :]
        pick = st.selectbox(
            "Why this pick?",
            picks,
            key="similar_pick",
            bind="query-params",
            help="Its prediction is written out as a sum below the picture.",
        )
        st.caption(
            "A row: user · likeness · films in common. Orange: more stars than the biases expect, blue: fewer. "
            + ("" if model is run.model else "Trained here on the training ratings of the run in use.")
        )
    item_index = int(found.picks[picks.index(pick) if pick in picks else 0])
    say = model.terms_of(user_index, item_index)
    st.markdown(f"**{formats.plain(run.items['title'].iat[item_index])}**: {sum_in_words(say)}")
    with st.expander(f"The neighbours who have a say: {len(say.neighbour_index)}"):
        _show_neighbours(run, model, train, say, user_index, item_index)


def _candidates(run: TrainedRun) -> np.ndarray:
    """Films with enough training ratings that no single neighbour decides; all trained ones where there are none."""
    known = trained_items(run.items, MINIMUM_COUNT)
    return known if len(known) else trained_items(run.items)


def _show_neighbours(
    run: TrainedRun, model: Neighbours, train: Ratings, say: PredictionTerms, user_index: int, item_index: int
) -> None:
    n_common = model.similarity_to(user_index)[1]
    show_table(
        pd.DataFrame(
            {
                "user": run.users["user_id"].to_numpy()[say.neighbour_index],
                "likeness": say.similarity,
                "common": n_common[say.neighbour_index],
                "gave": dense(say.neighbour_index.tolist(), train)[:, item_index],
                "beyond": say.left,
            }
        ),
        key="neighbour_users",
        alt="Neighbours who rated the film",
        column_config={
            "user": "User",
            "likeness": st.column_config.NumberColumn(
                "Likeness",
                format="%.3f",
                help="Cosine of what the biases leave over, times n / (n + shrinkage) for n in common",
            ),
            "common": st.column_config.NumberColumn("In common", help="Films that both have rated"),
            "gave": st.column_config.NumberColumn("Gave", format="%.1f", help="Stars for this film"),
            "beyond": st.column_config.NumberColumn(
                "Beyond", format="%+.2f", help="Stars beyond this neighbour’s biases"
            ),
        },
    )


STEP = Step(
    slug="similar-users",
    title="Find similar users, recommend what they liked",
    insight="The oldest form of collaborative filtering has no factors: **look** at a user’s ratings, **find** who rates alike, "
    "and **recommend** what those liked and the user has not rated; a likeness seen in few common films counts less.",
    draw=draw,
    door=Door("pages/train.py", "train similar users", {"model": "neighbours"}),
    topics=(
        Topic(
            "where else collaborative filtering is used, with its pros and cons",
            "| field | who and what | for it | against it |\n| --- | --- | --- | --- |\n"
            "| shopping | buyers × goods | finds what goes together without knowing what it is | a purchase is no praise; "
            "new goods have no buyers |\n"
            "| music | listeners × songs | taste is hard to describe, easy to share | many plays of few songs: the known get "
            "better known |\n"
            "| news | readers × articles | follows interest at once | an article is old before anyone has read it; clicks reward "
            "the loud |\n"
            "| jobs | seekers × openings | finds careers that a search would not | repeats who was hired before, with all its "
            "unfairness; one opening, one hire |\n"
            "| dating | people × people | learns from behaviour, not from forms | both sides must want it; a few get all the "
            "attention |\n"
            "| programming | projects × libraries or functions | suggests what others use beside it | popular is not the same as "
            "right or safe |\n"
            "| medicine | patients × treatments or side effects | fills in effects that were never tried together | data "
            "are few and private; a wrong guess harms, so it may only hint |",
        ),
    ),
)
