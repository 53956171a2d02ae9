"""The set of films under the map: what is in it, what it has in common, how it differs from another, and how to keep it.

The set is in the link, and so is the one that it is compared with; the session keeps others by their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from collab.film_sets import SetFacts, distance_of_middles, genre_shares, set_facts
from collab.services.runs import TrainedRun
from collab.ui import film_set, map_cache, words
from collab.ui.plot3d import ADDED, REMOVED, REPLACED

ALL = "All films with ratings"
UNNAMED = "This set"


def choose_films(run: TrainedRun, picked: Sequence[int], how: str) -> None:
    """What a box or a lasso holds becomes the set, joins it or leaves it (in a callback)."""
    now = film_set.film_set_in_link(run.items)
    name = film_set.set_name()
    if how == REMOVED:
        left = set(picked)
        film_set.use_set([index for index in now if index not in left], name)
        return
    wanted = [*now, *picked] if how == ADDED else list(picked)
    wanted = list(dict.fromkeys(wanted))
    if len(wanted) > film_set.MOST:
        st.session_state["_set_cut"] = len(wanted)
        wanted = film_set.most_rated_of(run.items, wanted)
    film_set.use_set(wanted, name if how == ADDED else "")


def set_line(run: TrainedRun, chosen: list[int], on_map: np.ndarray) -> None:
    """One line beside the picture: how large the set is, and what of it was lost."""
    if lost := film_set.lost_from_link(run.items):
        st.caption(f"{words.count(lost)} of the films in the link are not in this run, or too many, and were left out.")
    if cut := st.session_state.pop("_set_cut", 0):
        st.caption(
            f"{words.count(cut)} films were encircled; the {film_set.MOST} most rated of them are the set: a link holds no more."
        )
    if chosen:
        name, n_seen = film_set.set_name(), int(np.isin(chosen, on_map).sum())
        seen = (
            ""
            if n_seen == len(chosen)
            else f", {words.count(n_seen)} of them on the map: show more films for the others"
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(
                f"{words.plain(name) if name else 'The set'}: {words.counted(len(chosen), 'film')}, framed{seen}."
            )
            st.button(
                "Clear",
                key="set_clear",
                type="tertiary",
                on_click=film_set.use_set,
                args=((),),
                help="No set any more.",
            )


def show_set(run: TrainedRun, chosen: list[int], found: Sequence[int], *, synthetic: bool) -> None:
    """The section *Set*."""
    if not chosen:
        st.caption(
            "No set yet. Draw a box or a lasso on the map, mark rows in the table *Films*, or take what a search found."
        )
        if len(found):
            _take_found(run, found)
        _kept(run, chosen)
        return
    name = film_set.set_name()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.session_state["_set_title"] = name
        st.text_input(
            "Name of the set",
            key="_set_title",
            max_chars=film_set.LONGEST_NAME,
            placeholder=UNNAMED,
            on_change=lambda: film_set.use_set(film_set.film_set_in_link(run.items), st.session_state["_set_title"]),
            help="The name goes with the link.",
            width=240,
        )
        st.button(
            "Keep it",
            key="set_keep",
            icon=":material/bookmark_add:",
            on_click=film_set.keep_set,
            args=(run.id, name, chosen),
            help="Keeps the set in this session, to come back to it or to compare another with it.",
        )
        st.download_button(
            "Download as CSV",
            partial(set_csv, run, chosen),
            f"{_file_name(name)}.csv",
            "text/csv",
            key="set_csv",
            icon=":material/download:",
            on_click="ignore",
        )
        if len(found):
            _take_found(run, found)
    _kept(run, chosen)
    _compare(run, chosen, name or UNNAMED, synthetic=synthetic)


def set_csv(run: TrainedRun, chosen: Sequence[int]) -> bytes:
    """The films of a set as a CSV file, the most rated first."""
    table = set_table(run, chosen)
    return table.to_csv(index=False).encode("utf-8")


def set_table(run: TrainedRun, chosen: Sequence[int]) -> pd.DataFrame:
    """Title, year, genres, number and mean of the ratings, and bias, of the films of a set, the most rated first."""
    films = run.items.iloc[list(chosen)].assign(item_index=list(chosen))
    if run.model.has_biases:
        films["bias"] = np.round(run.model.item_biases[list(chosen)].astype(float), 4)
    films = films.sort_values("n_ratings", ascending=False, kind="stable")
    columns = [
        "item_index",
        "title",
        "year",
        "genres",
        "n_ratings",
        "mean_rating",
        *(["bias"] if run.model.has_biases else []),
    ]
    return films[columns]


def _take_found(run: TrainedRun, found: Sequence[int]) -> None:
    st.button(
        "The film found" if len(found) == 1 else f"The {words.count(len(found))} found films",
        key="set_found",
        icon=":material/search:",
        on_click=choose_films,
        args=(run, list(found), REPLACED),
        help="Makes them the set.",
    )


def _kept(run: TrainedRun, chosen: list[int]) -> None:
    """The sets of the session, to press."""
    kept = film_set.kept_sets(run.id)
    if not kept:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Kept:")
        for place, (name, films) in enumerate(kept.items()):
            st.button(
                f"{words.plain(name)} · {words.count(len(films))}",
                key=f"kept_{place}",
                type="primary" if films == chosen else "secondary",
                on_click=film_set.use_set,
                args=(films, name),
                help="Shows this set on the map.",
            )
        with st.popover("", icon=":material/delete:", help="Keep a set no longer."):
            for place, name in enumerate(kept):
                st.button(
                    f"Forget {words.plain(name)}",
                    key=f"forget_{place}",
                    on_click=film_set.forget_set,
                    args=(run.id, name),
                )


def _compare(run: TrainedRun, chosen: list[int], name: str, *, synthetic: bool) -> None:
    beside = film_set.film_set_in_link(run.items, film_set.BESIDE)
    beside_name = film_set.set_name(film_set.BESIDE_NAME) or "The other set"
    others = {title: films for title, films in film_set.kept_sets(run.id).items() if films != chosen}
    if beside and beside_name not in others:
        others[beside_name] = beside
    options = [ALL, *others]
    st.session_state["_beside"] = beside_name if beside else ALL

    def picked() -> None:
        title = st.session_state["_beside"]
        film_set.compare_with(others.get(title, ()), title if title in others else "")

    st.selectbox(
        "Compare with",
        options,
        key="_beside",
        on_change=picked,
        width=320,
        help="Another set that was kept, or all films. The comparison goes with the link.",
    )
    everything = map_cache.rated_films(run.id)
    second = beside or everything.tolist()
    second_name = beside_name if beside else ALL
    biases = run.model.item_biases if run.model.has_biases else None
    facts = [set_facts(run.items, each, biases) for each in (chosen, second)]
    names = [name, second_name if second_name != name else f"{second_name} (2)"]
    left, right = st.columns(2, gap="medium")
    with left:
        st.dataframe(
            facts_table(facts, names),
            hide_index=True,
            height="content",
            placeholder=words.MISSING,
            alt=f"{name} beside {second_name}: sizes, counts, years, means",
        )
        st.caption(_apart(run, chosen, beside, second_name))
        st.dataframe(
            set_table(run, chosen).assign(genres=lambda films: films["genres"].str.replace("|", ", ")),
            hide_index=True,
            placeholder=words.MISSING,
            alt=f"The films of {name}",
            column_order=["title", "n_ratings", "mean_rating", "bias", "genres"],
            column_config={
                "title": st.column_config.TextColumn("Title", width="medium"),
                "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
                "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
                "bias": st.column_config.NumberColumn("Bias", format="%+.2f"),
                "genres": "Genres",
            },
        )
    with right:
        sets = [chosen, beside] if beside else [chosen]
        shares = genre_shares(run.items, sets, everything)
        columns = {"genre": "Genre", "share_1": names[0], **({"share_2": names[1]} if beside else {}), "all": ALL}
        st.dataframe(
            shares[[*columns]].assign(**{each: 100 * shares[each] for each in columns if each != "genre"}),
            hide_index=True,
            height=430,
            alt=f"Shares of the genres in {' and '.join(names[: len(sets)])}, beside all films; the largest difference first",
            column_config={
                "genre": "Genre",
                **{
                    each: st.column_config.ProgressColumn(title, format="%.0f %%", min_value=0, max_value=100)
                    for each, title in columns.items()
                    if each != "genre"
                },
            },
        )
        st.caption("A film counts for each of its genres. The largest difference comes first.")
    if synthetic:
        st.caption("Synthetic ratings.")


def facts_table(facts: Sequence[SetFacts], names: Sequence[str]) -> pd.DataFrame:
    """The facts of sets beside each other, written out."""
    rows = {
        "Films": [words.count(each.n_films) for each in facts],
        "Ratings together": [words.count(each.n_ratings) for each in facts],
        "Ratings of a film, median": [words.count(each.median_ratings) for each in facts],
        "Year, median": [
            f"{each.median_year:.0f}" if np.isfinite(each.median_year) else words.MISSING for each in facts
        ],
        "Mean rating, mean of films": [words.stars(each.mean_rating) for each in facts],
        "Bias, mean of films": [words.signed(each.mean_bias) for each in facts],
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(names))
    return table.reset_index(names="")


def _apart(run: TrainedRun, chosen: list[int], beside: list[int], second_name: str) -> str:
    """How much two sets share, and how far apart they lie."""
    everything = map_cache.rated_films(run.id)
    common = len(set(chosen) & set(beside))
    apart, chance = distance_of_middles(run.model.item_factors, chosen, beside or everything, everything)
    overlap = ""
    if beside:
        share = words.percent(common / len({*chosen, *beside}))
        overlap = f"{words.count(common)} {'film is' if common == 1 else 'films are'} in both sets, {share} of those in either. "
    if not np.isfinite(apart):
        return overlap
    return (
        f"{overlap}The middles of the two lie {apart:.2f} apart, in units of how far apart two films typically are; "
        f"sets of these sizes drawn at random would lie {chance:.2f} apart."
    )


def _file_name(name: str) -> str:
    plain = "".join(sign if sign.isalnum() else "-" for sign in name.lower()).strip("-")
    return plain or "films"
