"""How long the films' factors are beside their number of ratings; a box around films takes them to the map.

The films taken are the set of the link (`collab.ui.film_set`), however they were taken: with a box on the picture, by ticking
rows of the table, by their title, or one by one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

import pandas as pd
import streamlit as st

from collab.factor_norms import norm_and_count, norm_table
from collab.services.runs import TrainedRun
from collab.ui import words
from collab.ui.bias_charts import norm_figure
from collab.ui.bias_parts import HEIGHT
from collab.ui.film_picker import find_text, minimum_ratings, titles_with
from collab.ui.film_set import FILMS, MOST, film_set_in_link, film_set_text, lost_from_link, most_rated_of, use_set
from collab.ui.needs import need_factors
from collab.ui.page import Page
from collab.ui.table_csv import csv_button
from collab.ui.theme import palette

CHART = "biases"  # the key of the page's picture, in every view
ADDED = "_add_film"
WITH_TOOLS = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtons": [["select2d", "lasso2d", "pan2d", "resetScale2d"]],
}


def show_norms(page: Page) -> None:
    """The view of norms and counts."""
    run = page.run
    need_factors(run, "there are no norms to measure")
    picture, controls = st.columns([3, 1], gap="medium")
    chosen = film_set_in_link(run.items)
    with controls:
        minimum = minimum_ratings("Films with fewer training ratings are left out. Higher: fewer, better known films.")
        text = find_text(
            "Part of a title",
            "The table lists only the films with this text in their title, and all of them can be taken at once.",
        )
    table = norm_table(run.items, run.model.item_factors, minimum)
    if table.empty:
        picture.info(f"No film has {minimum} training ratings. Lower the minimum.", icon=":material/info:")
        return
    found = table[titles_with(table, text)]
    relation = norm_and_count(table)
    with controls:
        _take(run, found, text, chosen)
        _show_on_map(page, chosen)
        if hidden := len(set(chosen) - set(table["item_index"])):
            st.caption(f"{words.count(hidden)} of them have fewer than {minimum} training ratings: not in the picture.")
        st.caption(_in_words(table, relation))
    with picture:
        st.plotly_chart(
            norm_figure(table, palette(), chosen, height=HEIGHT, synthetic=page.data.synthetic),
            config=WITH_TOOLS,
            key=CHART,
            on_select=lambda: take_boxed(run, st.session_state[CHART]),
            selection_mode=("box", "lasso"),
            alt=f"The norm of every film’s factors against its number of ratings. {_in_words(table, relation)} "
            "The table below holds the same; tick its rows instead of drawing a box.",
        )
    _frame(run, found, chosen)


def take_boxed(run: TrainedRun, state: dict) -> None:
    """Make the films inside of a drawn box or lasso the set: of more than fit, the most rated. An empty box changes nothing."""
    points = state.get("selection", {}).get("points", [])
    inside = {int(_scalar(point["customdata"])) for point in points if "customdata" in point}
    if inside:
        _use(run, sorted(inside))


def _use(run: TrainedRun, indices: list[int]) -> None:
    """Make these films the set; of more than fit, the most rated, and remember of how many."""
    taken = indices if len(indices) <= MOST else most_rated_of(run.items, indices)
    st.session_state["_marked"] = (film_set_text(taken), len(indices))
    use_set(taken)


def _scalar(value: object) -> object:
    return value[0] if isinstance(value, list) else value


def _take(run: TrainedRun, found: pd.DataFrame, text: str, chosen: list[int]) -> None:
    """Ways to take films without a mouse: one by its title, or all that were found."""
    films = found[~found["item_index"].isin(chosen)].sort_values("n_ratings", ascending=False, kind="stable")
    labels = {
        index: f"{title} · {words.count(n)}"
        for index, title, n in zip(films["item_index"].tolist(), films["title"], films["n_ratings"], strict=True)
    }
    often = Counter(labels.values())  # the browser sends back words, so no two films may have the same
    labels = {index: label if often[label] == 1 else f"{label} · {index}" for index, label in labels.items()}

    def add() -> None:
        if st.session_state[ADDED] is not None:
            use_set([*chosen, st.session_state[ADDED]])
            st.session_state[ADDED] = None

    if st.session_state.get(ADDED) not in labels:
        st.session_state[ADDED] = None
    st.selectbox(
        "Take a film",
        list(labels),
        index=None,
        key=ADDED,
        format_func=labels.__getitem__,
        placeholder="Type a title",
        on_change=add,
        disabled=len(chosen) >= MOST,
        help=f"Adds the film to those taken, at most {MOST}. A box drawn on the picture takes all films inside of it instead.",
    )
    with st.container(horizontal=True, gap="small"):
        if text and len(found):
            taken = most_rated_of(run.items, found["item_index"].tolist())
            st.button(
                f"Take the {words.count(len(taken))} found",
                key="take_found",
                on_click=use_set,
                args=(taken,),
                help=f"Takes the films that the table lists instead of those of before; of more than {MOST} the most rated.",
            )
        if chosen:
            st.button("Take none", key="take_none", on_click=use_set, args=((),), help="Lets go of the films taken.")


def _show_on_map(page: Page, chosen: list[int]) -> None:
    """The way to the map, and what was taken."""
    pressed = st.button(
        f"Show these {words.count(len(chosen))} on the map" if chosen else "Show these on the map",
        key="to_map",
        type="primary",
        icon=":material/scatter_plot:",
        disabled=not chosen,
        help="Opens the film map with these films marked. The link keeps them.",
    )
    if pressed:
        st.switch_page(
            "pages/map.py",
            query_params={"data": page.data.name, "run": page.run.id, FILMS: film_set_text(chosen)},
        )
    if not chosen:
        st.caption("Draw a box around films, or tick them in the table, to see where they lie on the map.")
    text, n_marked = st.session_state.get("_marked", ("", 0))
    if chosen and text == film_set_text(chosen) and n_marked > len(chosen):
        st.caption(f"{words.count(n_marked)} films were marked; taken are the {len(chosen)} most rated of them.")
    if lost := lost_from_link(page.run.items):
        st.caption(
            f"{words.count(lost)} of the link’s films are unknown to this run, or more than the {MOST} that a set has."
        )


def _in_words(table: pd.DataFrame, relation: float) -> str:
    n = words.count(len(table))
    if relation != relation:
        return f"{n} films: too few, or too alike, for a correlation of norm and count."
    return (
        f"Correlation of the norm with the logarithm of the count: {words.signed(relation)} over {n} films. A long vector moves "
        "a film’s predictions far; it takes ratings to become long."
    )


def _frame(run: TrainedRun, found: pd.DataFrame, chosen: Iterable[int]) -> None:
    """The table; its ticked rows are the films taken. Films taken that it does not list stay taken."""
    chosen = list(chosen)
    listed = found["item_index"].tolist()
    mark = hashlib.sha256(f"{run.id} {listed} {chosen}".encode()).hexdigest()[:8]
    ticked_before = [place for place, index in enumerate(listed) if index in set(chosen)]
    key = f"norms-{mark}"

    def ticked() -> None:
        rows = [row for row in st.session_state[key]["selection"]["rows"] if row < len(listed)]
        kept = [index for index in chosen if index not in set(listed)]
        _use(run, [*kept, *(listed[row] for row in rows)])

    st.dataframe(
        found.assign(genres=found["genres"].str.replace("|", ", ")),
        key=key,
        on_select=ticked,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked_before}},
        hide_index=True,
        placeholder=words.MISSING,
        alt="The norms of all films, longest first",
        column_order=["title", "norm", "n_ratings", "mean_rating", "genres", "year"],
        column_config={
            "title": st.column_config.TextColumn("Title", width="medium"),
            "norm": st.column_config.NumberColumn(
                "Norm", format="%.2f", help="Euclidean length of the film’s factors."
            ),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
            "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
            "genres": "Genres",
            "year": st.column_config.NumberColumn("Year", format="%d"),
        },
    )
    csv_button(found, "norms")
