"""The pieces of the Two maps page: pictures, what agrees, the films that moved, neighbours kept, and the tables of all that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from collab.alignment import Alignment, Kept, Plane, kept_by_count, near_in_either, plane_of
from collab.errors import CollabError
from collab.interpret import factor_pca, trained_items
from collab.models.embedding_net import EmbeddingNet
from collab.services.repeats import differ_in_seed_alone
from collab.services.runs import TrainedRun
from collab.ui import cached, two_runs, words
from collab.ui.charts import PLAIN
from collab.ui.compare_view import alike_in_words, differing
from collab.ui.explore_charts import escaped
from collab.ui.theme import palette
from collab.ui.two_maps_chart import band_words, kept_figure, map_figure, named_apart, over_figure, reach_of

N_DRAWN = 1000
"""The most rated films that are drawn; the tables have all."""
N_MOVED = 10
LEAST_FILMS = 12
"""Films that both runs need: one, its ten nearest, and one more."""
MEANING = (
    "Turning users and films together changes no prediction, so the seed decides which way they lie: **a place or an axis of one "
    "run cannot be compared with another run’s before one is turned onto the other.** Which films are near each other needs no "
    "turning, and is what the seeds of one model should agree on."
)
SIDE, OVER, LINES = "apart", "overlaid", "lines"
PICTURES = (SIDE, OVER, LINES)
TURNED, SCALED, WEIGHTED = "turned", "scaled", "by ratings"
FITS = (TURNED, SCALED, WEIGHTED)
NEAREST_BY = {"cosine": "cosine", "distance": "euclidean"}
"""How nearness is measured: in the link, and in `collab.alignment`."""


@dataclass(frozen=True)
class TwoMaps:
    """What the page shows of two runs: their common films (most rated first), one laid onto the other, and neighbours kept."""

    first: TrainedRun
    second: TrainedRun
    films: pd.DataFrame
    alignment: Alignment
    kept: Kept
    disparities: tuple[float, float, float]  # turned, not turned, turned with the films shuffled
    minimum: int
    nearest_by: str  # of NEAREST_BY
    chosen: int | None  # row of `films`
    synthetic: bool

    @cached_property
    def plane(self) -> Plane:
        return plane_of(self.alignment)

    @cached_property
    def table(self) -> pd.DataFrame:
        """All films, most moved first: what is known of each, how far it moved, neighbours kept, its places in both runs."""
        plane = self.plane
        return self.films.assign(
            moved=self.alignment.moved,
            moved_percent=100 * self.alignment.moved,
            out_percent=100 * np.linalg.norm(self.alignment.first, axis=1) / self.alignment.spread,
            kept=np.rint(self.kept.share * self.kept.k).astype(int),
            a1=plane.first[:, 0],
            a2=plane.first[:, 1],
            b1=plane.second[:, 0],
            b2=plane.second[:, 1],
        ).sort_values("moved", ascending=False, kind="stable")


def two_maps(
    first: TrainedRun,
    other_id: str,
    minimum: int,
    fit: Collection[str],
    nearest_by: str,
    item_index: int | None,
    *,
    synthetic: bool,
) -> TwoMaps | str:
    """Both runs, the second laid onto the first by the words of `FITS`; or, where that cannot be, why, in a sentence."""
    try:
        second = cached.trained_run(other_id)
        films = two_runs.films_of_both(first.id, other_id, minimum)
        if len(films) < LEAST_FILMS:
            return (
                f"Only {words.count(len(films))} films have {minimum} training ratings in both runs; {LEAST_FILMS} are needed. "
                "Lower the minimum."
            )
        weighted = WEIGHTED in fit
        return TwoMaps(
            first,
            second,
            films,
            two_runs.alignment_of(first.id, other_id, minimum, TURNED in fit, SCALED in fit, weighted),
            two_runs.kept_of(first.id, other_id, minimum, NEAREST_BY[nearest_by]),
            two_runs.disparities_of(first.id, other_id, minimum, weighted),
            minimum,
            nearest_by,
            _row_of(films, item_index),
            synthetic,
        )
    except CollabError as reason:
        return f"These two runs cannot be compared: {words.plain(str(reason))}."


def _row_of(films: pd.DataFrame, item_index: int | None) -> int | None:
    rows = np.flatnonzero(films["first_index"].to_numpy() == item_index)
    return int(rows[0]) if len(rows) else None


# --- pictures --------------------------------------------------------------------------------------------------------------


def one_map(run: TrainedRun, minimum: int, item_index: int | None, *, synthetic: bool) -> None:
    """The first run alone, as long as there is nothing to compare it with."""
    index = trained_items(run.items, minimum)
    index = index[np.argsort(-run.items["n_ratings"].to_numpy()[index], kind="stable")]
    if len(index) < LEAST_FILMS:
        st.info(f"Only {len(index)} films have {minimum} training ratings. Lower the minimum.", icon=":material/info:")
        return
    pca = factor_pca(run.model.item_factors, index, 2)
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


# --- what agrees -----------------------------------------------------------------------------------------------------------


def agreement(maps: TwoMaps) -> None:
    """The three figures of two runs: what turning does not explain, neighbours kept, and on how many films that is."""
    turned, straight, shuffled = maps.disparities
    k = maps.kept.k
    kept = k * float(maps.kept.share.mean())
    unexplained, neighbours, n_films = st.columns(3)
    unexplained.metric(
        "Not explained by turning",
        words.percent(turned),
        help="Disparity: the share of one run’s variance that the other leaves unexplained after the best shift, turn or mirror "
        "image, and scale. 0 %: the same space, only turned.",
    )
    unexplained.caption(f"Without turning {words.percent(straight)}; turned, films shuffled {words.percent(shuffled)}.")
    neighbours.metric(
        f"Neighbours kept of {k}",
        f"{kept:.1f}",
        help=f"The mean over these films: how many of a film’s {k} nearest (by {maps.nearest_by}, among these films) "
        "are the same in both runs. No turning changes it.",
    )
    neighbours.caption(f"By chance {k * maps.kept.chance:.2f}.")
    n_films.metric("Films compared", words.count(len(maps.films)))
    drawn = f" The {words.count(N_DRAWN)} most rated are drawn." if len(maps.films) > N_DRAWN else ""
    n_films.caption(f"{maps.minimum} training ratings or more in both runs.{drawn}")


def what_it_means(maps: TwoMaps) -> None:
    """What the figures say of these two runs, and what tells the runs apart."""
    st.markdown(_meaning(maps))
    records = [maps.first.record, maps.second.record]
    frame = differing(records)
    if frame.empty:
        st.caption(alike_in_words(records))
    else:
        settings = "; ".join(
            f"{words.plain(label)} {words.plain(row['A'])} and {words.plain(row['B'])}"
            for label, row in frame.iterrows()
        )
        st.caption(f"What differs, A and B: {settings}.")


def _meaning(maps: TwoMaps) -> str:
    text = MEANING
    if differ_in_seed_alone(maps.first.record, maps.second.record):
        text += " These two differ in the seed alone: a neighbour that is not kept was chosen by chance."
    if isinstance(maps.first.model, EmbeddingNet) or isinstance(maps.second.model, EmbeddingNet):
        text += (
            " The layers of a net undo any stretching as well, so seeds may change more in it than a turn takes back."
        )
    return text


# --- films -----------------------------------------------------------------------------------------------------------------


def chosen_facts(maps: TwoMaps) -> None:
    """How far the chosen film moved, and how many of its neighbours are kept."""
    row = maps.chosen
    if row is None:
        same_films = maps.first.record.items_by == maps.second.record.items_by
        st.caption(
            f"It is on neither map: it has fewer than {maps.minimum} training ratings in one of the runs"
            + ("." if same_films else ", or another id of its title stands there instead.")
        )
        return
    moved, n = maps.alignment.moved, len(maps.films)
    rank = 1 + int((moved > moved[row]).sum())
    st.caption(
        f"Moved {words.percent(moved[row])} of how far films typically lie from the middle: place {words.count(rank)} of "
        f"{words.count(n)}, 1 moved most. {round(maps.kept.share[row] * maps.kept.k)} of its {maps.kept.k} nearest are kept."
    )


def movers(maps: TwoMaps) -> None:
    """The films that moved most and least, next to each other."""
    st.subheader("Moved most and least", anchor=False)
    n = min(N_MOVED, len(maps.films) // 2)
    most, least = st.columns(2, gap="medium")
    with most:
        st.markdown("**Most**")
        _movers_table(maps, maps.table.head(n), "The films that moved most", "most_moved")
    with least:
        st.markdown("**Least**")
        _movers_table(maps, maps.table.tail(n).iloc[::-1], "The films that moved least", "least_moved")
    st.caption(
        "Moved: the distance between a film’s two places in all factors, not in the two drawn alone, in shares of how far films "
        "typically lie from A’s middle. Films near the middle have little to move."
    )


def _movers_table(maps: TwoMaps, table: pd.DataFrame, alt: str, key: str) -> None:
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key=key,
        alt=alt,
        column_order=["title", "moved_percent", "kept", "n_ratings"],
        column_config=_columns(maps),
    )


def neighbours_view(maps: TwoMaps) -> None:
    """Neighbours kept by the number of ratings, and the chosen film's neighbours in both runs."""
    by_count, of_film = st.columns(2, gap="medium")
    bands, k = kept_by_count(maps.kept, maps.films["n_ratings"].to_numpy()), maps.kept.k
    with by_count:
        st.subheader("Neighbours kept", anchor=False)
        st.plotly_chart(
            kept_figure(bands, k, maps.kept.chance, palette(), synthetic=maps.synthetic),
            config=PLAIN,
            key="kept_by_count",
            alt=f"Of {k} nearest films, how many are the same in both runs, by the film’s number of ratings. The table below "
            "holds the same.",
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "ratings": [band_words(band.low, band.high) for band in bands.itertuples()],
                    "films": bands["n_films"],
                    "kept": k * bands["kept"],
                    "chance": k * maps.kept.chance,
                }
            ),
            hide_index=True,
            height="content",
            key="kept_bands",
            alt="Neighbours kept by the film’s number of ratings",
            column_config={
                "ratings": "Ratings",
                "films": st.column_config.NumberColumn("Films", format="localized"),
                "kept": st.column_config.NumberColumn(f"Kept of {k}", format="%.1f"),
                "chance": st.column_config.NumberColumn("By chance", format="%.2f"),
            },
        )
    with of_film:
        if maps.chosen is not None:
            _neighbours_of(maps)


def _neighbours_of(maps: TwoMaps) -> None:
    film, k = maps.films.iloc[maps.chosen], maps.kept.k
    st.subheader(f"Nearest to {words.plain(film['title'])}", anchor=False)
    factors = two_runs.factors_of(maps.first.id, maps.second.id, maps.films)
    near = near_in_either(*factors, maps.chosen, k, NEAREST_BY[maps.nearest_by])
    near = near.assign(
        title=maps.films["title"].to_numpy()[near["row"]], n_ratings=maps.films["n_ratings"].to_numpy()[near["row"]]
    )
    n_both = int((near[["rank_first", "rank_second"]].max(axis=1) <= k).sum())
    st.caption(
        f"{n_both} of {k} are among the nearest in both runs. Below: all that are in one of them, with their places in each."
    )
    st.dataframe(
        near,
        hide_index=True,
        height=min(560, 36 * (len(near) + 1)),
        key="near_in_either",
        alt=f"The {k} nearest films to {film['title']} in either run, with their places in both",
        column_order=["title", "rank_first", "rank_second", "n_ratings"],
        column_config={
            "title": st.column_config.TextColumn("Title", width=160),
            "rank_first": st.column_config.NumberColumn("In A", width=54, help="1: the nearest of all."),
            "rank_second": st.column_config.NumberColumn("In B", width=54, help="1: the nearest of all."),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized", width=64),
        },
    )


def all_films(maps: TwoMaps) -> None:
    """Every film with its places in both runs."""
    st.subheader("All films", anchor=False)
    columns = ["title", "moved_percent", "out_percent", "kept", "n_first", "n_second", "a1", "a2", "b1", "b2"]
    st.dataframe(
        maps.table[columns],
        hide_index=True,
        key="all_films",
        alt="Every film compared: how far it moved, neighbours kept, and its places in both runs",
        column_config=_columns(maps) | {"title": st.column_config.TextColumn("Title", width=220)},
    )


def _columns(maps: TwoMaps) -> dict:
    shares = zip(("a1", "a2", "b1", "b2"), ("A", "A", "B", "B"), (1, 2, 1, 2), strict=True)
    return {
        "title": st.column_config.TextColumn("Title", width=140),
        "moved_percent": st.column_config.NumberColumn(
            "Moved", format="%.0f %%", width=62, help="In shares of how far films typically lie from A’s middle."
        ),
        "out_percent": st.column_config.NumberColumn(
            "From A’s middle", format="%.0f %%", help="Its distance from the middle in A, in the same shares."
        ),
        "kept": st.column_config.NumberColumn(
            f"Kept of {maps.kept.k}", width=76, help="Nearest films that both runs share."
        ),
        "n_ratings": st.column_config.NumberColumn(
            "Ratings", format="localized", width=64, help="Training ratings, the fewer of both runs."
        ),
        "n_first": st.column_config.NumberColumn("Ratings in A", format="localized"),
        "n_second": st.column_config.NumberColumn("Ratings in B", format="localized"),
        **{
            name: st.column_config.NumberColumn(f"{letter}, component {number}", format="%+.2f")
            for name, letter, number in shares
        },
    }
