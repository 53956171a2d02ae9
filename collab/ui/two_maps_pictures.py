"""The pictures of the Two maps page: both runs beside each other, one over the other, or the first alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.components import film_axes, film_matrix
from collab.services.runs import TrainedRun
from collab.tables import trained_items
from collab.ui import words
from collab.ui.as_table import as_table
from collab.ui.charts import PLAIN
from collab.ui.explore_charts import escaped
from collab.ui.theme import palette
from collab.ui.two_maps_chart import map_figure, named_apart, over_figure, reach_of
from collab.ui.two_maps_shown import LEAST_FILMS, TwoMaps

N_DRAWN = 1000
"""The most rated films that are drawn; the tables have all."""
SIDE, OVER, LINES = "apart", "overlaid", "lines"
PICTURES = (SIDE, OVER, LINES)


def one_map(run: TrainedRun, minimum: int, item_index: int | None, *, synthetic: bool) -> None:
    """The first run alone, as long as there is nothing to compare it with."""
    index = trained_items(run.items, minimum)
    index = index[np.argsort(-run.items["n_ratings"].to_numpy()[index], kind="stable")]
    if len(index) < LEAST_FILMS:
        st.info(f"Only {len(index)} films have {minimum} training ratings. Lower the minimum.", icon=":material/info:")
        return
    pca = film_axes(film_matrix(run.model.item_factors, index), 2)
    chosen = np.flatnonzero(index == item_index)
    drawn = _drawn(len(index), int(chosen[0]) if len(chosen) else None)
    places, films = pca.coordinates[drawn], run.items.iloc[index[drawn]]
    reach, row = reach_of(places), int(np.flatnonzero(drawn == chosen[0])[0]) if len(chosen) else None
    figure = map_figure(
        places,
        films["title"].tolist(),
        [f"{escaped(film.title)} · {words.counted(film.n_ratings, 'rating')}" for film in films.itertuples()],
        pca.explained_variance_ratio,
        reach,
        palette(),
        named=named_apart(range(len(drawn)), [places], reach, row),
        chosen=row,
        synthetic=synthetic,
    )
    st.plotly_chart(
        figure,
        config=PLAIN,
        key="map_a",
        alt=f"The {len(drawn)} most rated films of {run.record.name} on two principal components of their factors.",
    )
    as_table("map_a_table", "The films of the map", lambda: places_table(films, places))


def places_table(films: pd.DataFrame, places: np.ndarray) -> pd.DataFrame:
    """`films` (title, n_ratings) with their `places` (n, 2) on the first two components."""
    named = {"film": films["title"], "ratings": films["n_ratings"]}
    return pd.DataFrame(named | {f"component {1 + axis}": places[:, axis].round(3) for axis in range(2)})


def side_by_side(maps: TwoMaps, letter: str) -> None:
    """One of the two pictures that stand next to each other, of run "A" or "B"."""
    drawn, row, titles, hover = _to_draw(maps)
    both = [maps.plane.first[drawn], maps.plane.second[drawn]]
    reach = reach_of(*both)
    places, shares, run = (
        (both[0], maps.plane.first_shares, maps.first)
        if letter == "A"
        else (both[1], maps.plane.second_shares, maps.second)
    )
    moved = maps.alignment.moved[drawn]
    figure = map_figure(
        places,
        titles,
        hover,
        shares,
        reach,
        palette(),
        moved=moved,
        most_moved=float(np.quantile(moved, 0.98)) or 1.0,
        named=named_apart(range(len(drawn)), both, reach, row),
        chosen=row,
        letter=letter,
        synthetic=maps.synthetic,
    )
    st.plotly_chart(
        figure,
        config=PLAIN,
        key=f"map_{letter.lower()}",
        alt=f"{len(drawn)} films of run {letter}, {run.record.name}, on A’s first two principal components, coloured by how far "
        "they moved. The table of all films below holds the same.",
    )


def one_over_the_other(maps: TwoMaps, lines: bool) -> None:
    """Both runs in one picture; the films are named that moved most."""
    drawn, row, titles, hover = _to_draw(maps)
    both = [maps.plane.first[drawn], maps.plane.second[drawn]]
    reach = reach_of(*both)
    farthest = np.argsort(-maps.alignment.moved[drawn], kind="stable")[:50]
    figure = over_figure(
        *both,
        titles,
        hover,
        maps.plane.first_shares,
        reach,
        palette(),
        lines=lines,
        named=named_apart(farthest, both[1:], reach, row, wide=True),
        chosen=row,
        synthetic=maps.synthetic,
    )
    st.plotly_chart(
        figure,
        config=PLAIN,
        key="map_both",
        alt=f"{len(drawn)} films of run A as dots and of run B as open triangles on A’s first two principal components; those "
        "named moved most. The table of all films below holds the same.",
    )


def _drawn(n: int, chosen: int | None) -> np.ndarray:
    """The rows that are drawn: the most rated films, and the chosen one."""
    drawn = np.arange(min(n, N_DRAWN))
    return drawn if chosen is None or chosen < len(drawn) else np.append(drawn, chosen)


def _to_draw(maps: TwoMaps) -> tuple[np.ndarray, int | None, list[str], list[str]]:
    """The rows that are drawn, the chosen film's place among them, their titles and hover texts."""
    drawn = _drawn(len(maps.films), maps.chosen)
    row = None if maps.chosen is None else int(np.flatnonzero(drawn == maps.chosen)[0])
    films, k = maps.films.iloc[drawn], maps.kept.k
    kept = np.rint(maps.kept.share[drawn] * k).astype(int)
    hover = [
        f"{escaped(title)} · moved {words.percent(moved)} · {n_kept} of {k} neighbours kept · "
        f"{words.counted(n_ratings, 'rating')}"
        for title, moved, n_kept, n_ratings in zip(
            films["title"], maps.alignment.moved[drawn], kept, films["n_ratings"], strict=True
        )
    ]
    return drawn, row, films["title"].tolist(), hover
