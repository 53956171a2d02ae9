"""The film map laid out and drawn: which films on which axes, and the picture of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from collab.components import Pca, place_doubt, taken
from collab.errors import CollabError, SettingError
from collab.services.profiles import Profile
from collab.services.runs import TrainedRun
from collab.ui import cached, map_cache, own_ratings, words
from collab.ui.film_colours import MAP_COLOURS
from collab.ui.film_map_chart import Look, Marks, axis_titles, film_map_figure, film_names, film_words
from collab.ui.film_picker import choose_film, titles_with
from collab.ui.map_controls import TSNE, Points, Space
from collab.ui.map_link import CAMERA, read_camera
from collab.ui.map_set_view import choose_films
from collab.ui.map_tsne import tsne_places
from collab.ui.page import Page
from collab.ui.person import viewer_of
from collab.ui.plot3d import plot3d
from collab.ui.theme import palette

HEIGHT = 600


@dataclass(frozen=True)
class Layout:
    """The films on the map: their table `films`, most rated first, with item_index and what colours ask for; `coordinates` on the
    axes called `titles`; which of them were `found`; and the straight axes `pca` with their titles, which facts are about.
    `view` names the axes for the zoom of a flat picture."""

    films: pd.DataFrame
    coordinates: np.ndarray
    titles: list[str]
    found: np.ndarray
    pca: Pca
    pca_titles: list[str]
    view: str
    with_bias: bool

    @property
    def found_items(self) -> list[int]:
        return self.films["item_index"].to_numpy()[self.found].tolist() if not self.found.all() else []


def lay_out(run: TrainedRun, space: Space, points: Points, colour_by: str, text: str) -> Layout:
    """Where the films lie; draws what is to be said of it (t-SNE's progress, an axis that cannot be)."""
    pca, titles = _straight(run, space, points.n_films)
    coordinates, shown_titles, n_films = pca.coordinates, titles, points.n_films
    view = f"{titles}"
    if space.layout == TSNE:
        found = tsne_places(run.id, points.n_films, space.with_bias, space.n_axes, space.perplexity)
        if found is not None:
            coordinates, shown_titles, n_films = found, [""] * space.n_axes, len(found)
            view = f"t-SNE {space.perplexity} {n_films}"
            if n_films < points.n_films:
                st.caption(f"t-SNE places the {words.count(n_films)} most rated films.")
    item_index = map_cache.rated_films(run.id)[:n_films]
    films = run.items.iloc[item_index].assign(
        item_index=item_index, bias=run.model.item_biases[item_index] if run.model.has_biases else float("nan")
    )
    covariances = run.model.item_covariances
    if covariances is not None and space.layout != TSNE:
        inner = covariances if space.with_bias else covariances[:, :-1, :-1]
        films["doubt"] = place_doubt(pca, np.asarray(inner, dtype=np.float64), item_index)
    elif covariances is not None:
        films["doubt"] = np.nan
        if colour_by == "doubt":
            st.caption(
                "How unsure a place is, is known on straight axes alone: t-SNE has none, so all points are grey."
            )
    if colour_by == "predicted":
        films["predicted"] = _predicted(run)[item_index]
    if colour_by == "cluster":
        films["cluster"] = map_cache.clusters_of(run.id, n_films, space.with_bias, points.n_clusters)
    short = Pca(pca.coordinates[:n_films], pca.explained_variance_ratio, pca.components)
    return Layout(
        films, coordinates[:n_films], shown_titles, titles_with(films, text), short, titles, view, space.with_bias
    )


def draw_map(
    page: Page, layout: Layout, points: Points, colour_by: str, others: str, chosen: int | None, chosen_set: list[int]
) -> None:
    """The picture."""
    run, colours, n_axes = page.run, palette(), layout.coordinates.shape[1]
    found = layout.found_items
    marks = Marks(chosen, found, chosen_set, others)
    look = Look(colour_by, points.genres, points.sized, points.n_names, marks)
    figure = film_map_figure(
        layout.coordinates, layout.titles, layout.films, colours, look, synthetic=page.data.synthetic
    )
    plot3d(
        figure,
        key="film_map",
        height=HEIGHT,
        on_pick=lambda picked: choose_film(run, picked),
        alt=f"The {len(layout.films)} most rated films as points on {'three axes' if n_axes == 3 else 'two axes'}, coloured by "
        f"{MAP_COLOURS[colour_by]}. The table “Films” below holds the same.",
        words={"index": layout.films["item_index"].tolist(), "parts": film_words(layout.films, colour_by)},
        names=film_names(layout.coordinates, layout.films, look),
        n_names=points.n_names,
        colours={"chosen": colours.chosen, "found": colours.found, "kept": colours.accent, "most": colours.ink},
        on_select=lambda picked, how: choose_films(run, picked, how),
        camera=read_camera(st.query_params.get(CAMERA), n_axes),
        view=layout.view,
        link={own_ratings.LINK: _view_token() if colour_by == "predicted" else None},
    )
    n_rated = len(map_cache.rated_films(run.id))
    if n_rated > map_cache.MOST_FILMS:
        st.caption(
            f"{words.count(len(layout.films))} of {words.count(n_rated)} films are on the map, the most rated; "
            f"{words.count(map_cache.MOST_FILMS)} at most."
        )


def _straight(run: TrainedRun, space: Space, n_films: int) -> tuple[Pca, list[str]]:
    """The straight axes in sight, and what they are called."""
    of = "of variance" if space.centred else "of squared length"
    settings = (run.id, n_films, space.centred, space.with_bias)
    if space.has_custom:
        try:
            own = map_cache.axes_of(*settings, space.first, space.last)
        except SettingError as reason:
            st.warning(words.sentence(str(reason)), icon=":material/straighten:")
        else:
            rest = space.numbers[1:]
            shown = taken(own, [0, *rest])
            names = [f"{space.ends[0]} → {space.ends[1]}", *(f"Component {number} of the rest" for number in rest)]
            return shown, axis_titles(names, shown.explained_variance_ratio, of)
    elif space.first or space.last:
        st.caption("An axis of your own needs films at both its ends.")
    shown = taken(map_cache.axes_of(*settings), [number - 1 for number in space.numbers])
    return shown, axis_titles([f"Component {number}" for number in space.numbers], shown.explained_variance_ratio, of)


def _view_token() -> str | None:
    """What lets somebody else see the same predictions and change nothing."""
    profile, _ = _person()
    return profile and profile.view_token


def _person() -> tuple[Profile | None, str]:
    """The profile of the link, and what is wrong with it; else that of the session, which this page's link need not hold."""
    return own_ratings.open_profile() if own_ratings.LINK in st.query_params else (own_ratings.of_session(), "")


def _predicted(run: TrainedRun) -> np.ndarray:
    """How the person in front of the page would rate every film, (n_items,) in stars; the average person without ratings."""
    try:
        profile, wrong = _person()
        viewer = viewer_of(run, profile, own_ratings.answers_of(profile))
        person, rated = viewer.person, viewer.known.rated
    except CollabError as reason:
        st.caption(f"{words.plain(str(reason))} The colours are those of the average person.")
        profile, wrong, rated, person = None, "", {}, cached.for_newcomers(run.id)
    if wrong:
        st.caption(words.plain(wrong))
    if rated:
        st.caption(f"Predicted from {words.counted(len(rated), 'rating')}, those of this page’s profile.")
    else:
        st.caption("Nothing rated yet: these are predictions for the average person.")
        st.page_link("pages/rate.py", label="Rate a few films", icon=":material/star:")
    return np.asarray(person.foresee(rated)[0].mean, dtype=np.float64)
