"""Lists of similar films: by a run's model, by co-rating, around a point; and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.errors import RunError
from collab.explore.co_rating import ALIKE, KINDS, SEEN, agreement, shared_raters, similarity_by
from collab.explore.similarity import (
    MEASURE_COLUMNS,
    Options,
    Point,
    at_item,
    candidates_for,
    closeness_to,
    nearest,
    neighbour_rows,
    ranked,
)
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.frame import cached
from collab.ui.frame.offers import offer_runs_with_ratings
from collab.ui.frame.page import Page
from collab.ui.similar.figures import MEASURE_WORDS, neighbour_bars_figure
from collab.ui.widgets.pickers import minimum_ratings
from collab.ui.widgets.tables import item_table

LARGEST_SHOWN_BETA = 200
AT = 10  # films of each list that are compared
CO_COLUMN = "similarity"
CO_WORDS = {
    SEEN: "cosine of who rated them (1: the same people)",
    ALIKE: "cosine of the stars beyond each person’s mean",
}


@dataclass(frozen=True)
class Choice:
    """The values of the controls: how films are compared in the model's space, how many are shown, how co-rating counts."""

    options: Options
    n_items: int
    co_kind: str


@dataclass(frozen=True)
class Listing:
    """A list of films with at least `minimum` ratings. To compare two lists, `values` (n_items,) are larger for closer films, and
    `candidates` are the films that could have been listed; both are None where there is nothing to compare."""

    heading: str
    table: pd.DataFrame
    column: str
    axis: str
    minimum: int = 1
    values: np.ndarray | None = None
    candidates: np.ndarray | None = None
    notes: Sequence[str] = ()


# --- controls ------------------------------------------------------------------------------------------------------------


def similarity_controls(run: TrainedRun, *, co_rating_only: bool = False) -> Choice:
    """Draw the controls that all views share; with `co_rating_only`, without those of the factors."""
    measure, centred = "cosine", False
    if not co_rating_only:
        measures = cached.run_film_space(run.id).measures
        measure = st.radio(
            "Measure",
            measures,
            measures.index("cautious" if "cautious" in measures else "cosine"),
            key="measure",
            bind="query-params",
            horizontal=True,
            help="Cosine: the same direction of taste. Euclidean: the same taste, equally strong. Dot: favours often rated films."
            + (" Cautious: a cosine in which little known films score less." if "cautious" in measures else ""),
        )
    beta = st.slider(
        "Shrinkage β",
        0,
        LARGEST_SHOWN_BETA,
        0,
        5,
        key="beta",
        bind="query-params",
        help="A similarity counts n / (n + β), n being the film’s ratings: one with β ratings keeps half. Higher: well known "
        "films win.",
    )
    minimum = minimum_ratings(
        "Films with fewer training ratings are left out. Higher: surer neighbours, fewer surprises."
    )
    with st.popover("More settings", icon=":material/tune:", width="stretch"):
        if not co_rating_only:
            centred = st.toggle(
                "Centre the factors",
                key="centred",
                bind="query-params",
                help="Takes away what all films have in common before they are compared; a Euclidean distance stays as it is.",
            )
        kind = st.radio(
            "Co-rating compares",
            KINDS,
            key="co_rating",
            bind="query-params",
            help="Who rated both: the cosine of two columns of 0 and 1. How both were rated: the cosine of the stars beyond each "
            "person’s mean, shrunk by β over the people who rated both.",
        )
        n_items = st.slider(
            "Films",
            5,
            30,
            10,
            key="neighbours",
            bind="query-params",
            help="How many of the nearest films are shown. Higher: a longer list, its end less alike.",
        )
    return Choice(Options(measure, centred, float(beta), minimum), n_items, kind)


# --- lists ---------------------------------------------------------------------------------------------------------------


def by_model(run: TrainedRun, film: int, choice: Choice, heading: str) -> Listing:
    """The films nearest to `film` in the space of a run."""
    space = cached.run_film_space(run.id)
    return around(run, at_item(space, film, choice.options), choice, [film], heading)


def around(run: TrainedRun, point: Point, choice: Choice, without: Sequence[int], heading: str) -> Listing:
    """The films nearest to a point in the space of a run."""
    space, options = cached.run_film_space(run.id), choice.options
    values = closeness_to(space, point, options, run.items["n_ratings"].to_numpy())
    axis = MEASURE_WORDS[options.measure]
    if options.beta:
        n_beta = f"(n + {options.beta:g})"
        axis = f"{axis.partition(' (')[0]} · {f'{n_beta} / n' if options.measure == 'euclidean' else f'n / {n_beta}'}"
    return Listing(
        heading,
        nearest(space, run.items, point, options, without, choice.n_items),
        MEASURE_COLUMNS[options.measure],
        axis,
        options.minimum_count,
        -values if options.measure == "euclidean" else values,
        candidates_for(run.items, options, without),
    )


def by_co_rating(run: TrainedRun, film: int, choice: Choice, heading: str) -> Listing:
    """The films most similar to `film` by co-rating. Raises RunError without the training ratings."""
    known = cached.run_co_rating(run.id)
    beta = choice.options.beta if choice.co_kind == ALIKE else 0.0
    values = similarity_by(known, film, choice.co_kind, beta)
    candidates = candidates_for(run.items, choice.options, [film])
    best = ranked(values, run.items["n_ratings"].to_numpy(), candidates)[: choice.n_items]
    table = neighbour_rows(run.items, best, values, CO_COLUMN)
    table["n_both"] = shared_raters(known, film)[best].astype(int)
    axis = CO_WORDS[choice.co_kind] + (f" · n / (n + {beta:g})" if beta else "")
    return Listing(heading, table, CO_COLUMN, axis, choice.options.minimum_count, values, candidates)


def co_rating_or_offer(run: TrainedRun, film: int, choice: Choice, heading: str, goes_on: str) -> Listing | None:
    """The list by co-rating; where the run's ratings are gone, say so, offer runs that still have theirs, and return None."""
    try:
        return by_co_rating(run, film, choice, heading)
    except RunError as reason:
        offer_runs_with_ratings(run.record, f"{formats.plain(str(reason))}. {goes_on}")
        return None


# --- drawing -------------------------------------------------------------------------------------------------------------


def draw_list(
    place: DeltaGenerator, page: Page, listing: Listing, key: str, marked: Sequence[int] | None = None
) -> None:
    """Draw a heading and the bars of a list, `marked` films in bold, or say that no film has enough ratings."""
    with place:
        st.markdown(f"**{formats.plain(listing.heading)}**")
        if listing.table.empty:
            st.info(f"No other film has {listing.minimum} training ratings. Lower the minimum.", icon=":material/info:")
            return
        st.plotly_chart(
            neighbour_bars_figure(
                listing.table,
                listing.column,
                listing.axis,
                palette(),
                marked=marked,
                notes=listing.notes,
                name_length=26 if marked is not None else 40,
                synthetic=page.data.synthetic,
            ),
            config=PLAIN,
            key=key,
            alt=f"{listing.heading}: the {len(listing.table)} nearest films, closest first. A table below holds the same.",
        )


def draw_beside(page: Page, places: Sequence[DeltaGenerator], first: Listing, second: Listing | None) -> None:
    """Draw a list and, where there is one, a second beside it; films in both are bold."""
    marked = None if second is None else in_both(first, second)
    draw_list(places[0], page, first, "similar_bars", marked)
    if second is not None:
        draw_list(places[1], page, second, "second_bars", marked)


def in_both(first: Listing, second: Listing) -> list[int]:
    """The films (item indices) that both lists show, in the order of the first."""
    theirs = set(second.table["item_index"])
    return [film for film in first.table["item_index"].tolist() if film in theirs]


def agreement_in_words(first: Listing, second: Listing) -> str:
    """How far two lists agree, over the films that both could have listed; "" where they cannot be compared."""
    if first.values is None or second.values is None or not (len(first.candidates) and len(second.candidates)):
        return ""
    found = agreement(first.values, second.values, np.intersect1d(first.candidates, second.candidates), AT)
    return (
        f"**{found.n_common} of the first {found.k}** stand in both lists; two random lists would share {found.by_chance:.1f}. "
        f"Rank correlation (Spearman) {formats.signed(found.spearman)} over the {formats.count(found.n_union)} "
        "films of either list, "
        f"{formats.signed(found.spearman_all)} over all {formats.count(found.n_candidates)} films with enough ratings (over two "
        "lists alone it leans below zero: a film stands there because one of them has it high). Bold films stand in both lists."
    )


# --- tables --------------------------------------------------------------------------------------------------------------


def neighbour_table(run: TrainedRun, table: pd.DataFrame, column: str, alt: str, key: str, seeds: int = 0) -> None:
    """Draw the films of a list as a table, with `n_both` and how many of `seeds` found each film where it has these columns."""
    item_table(
        table,
        run.items,
        key,
        alt,
        ["title", column, "n_ratings", "n_both", "seeds", "near", "genres", "year"],
        {
            column: st.column_config.NumberColumn(column.capitalize(), format="%.2f", width="small"),
            "n_both": st.column_config.NumberColumn(
                "Rated both", format="localized", help="People who rated both films"
            ),
            "seeds": st.column_config.NumberColumn(
                f"Seeds of {seeds}", help=f"In how many of {seeds} trainings it is among the 10 nearest"
            ),
            "near": st.column_config.TextColumn("Also near"),
        },
        height="content",
    )


def two_lists_table(run: TrainedRun, first: Listing, second: Listing, names: tuple[str, str], key: str) -> None:
    """Draw every film of either list with its rank and closeness in both; a dash where a list does not show it."""
    rows = []
    for listing in (first, second):
        table = listing.table
        rows.append(
            pd.DataFrame(
                {
                    "place": pd.array(np.arange(1, len(table) + 1), dtype="Int64"),
                    "value": table[listing.column].to_numpy(),
                },
                index=table["item_index"].to_numpy(),
            )
        )
    both = pd.merge(*rows, how="outer", left_index=True, right_index=True, suffixes=("_1", "_2"))
    both = both.join(run.items[["title", "n_ratings"]]).rename_axis("item_index").reset_index()
    item_table(
        both.sort_values(["place_1", "place_2"], kind="stable"),
        run.items,
        key,
        f"The films of both lists: {names[0]} and {names[1]}",
        ["title", "n_ratings", "place_1", "value_1", "place_2", "value_2"],
        {
            f"{what}_{number}": st.column_config.NumberColumn(f"{label}: {name}", format=form)
            for number, name in enumerate(names, 1)
            for what, label, form in (("place", "Place", "%d"), ("value", "Closeness", "%.2f"))
        },
        height="content",
    )
