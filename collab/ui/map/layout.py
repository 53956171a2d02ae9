"""The layout of the film map: which films on which axes, and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from collab.errors import CollabError, SettingError
from collab.explore.components import Pca, position_deviations, taken
from collab.services.profiles import Profile
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import link
from collab.ui.map import cached as map_cached
from collab.ui.map.controls import TSNE, Points, Space
from collab.ui.map.figure import axis_titles
from collab.ui.map.tsne import tsne_places
from collab.ui.person import cached as person_cached
from collab.ui.person import own_profile
from collab.ui.person.viewer import viewer_of
from collab.ui.widgets.pickers import titles_with


@dataclass(frozen=True)
class Layout:
    """The films on the map: their table `items`, most rated first, with item_index and the columns of the colours; `coordinates`
    on the axes called `titles`; which of them the search `text` has `found`; and the straight axes `pca` with their titles, which
    the section *Axes* describes. `view` names the axes for the zoom of a flat picture."""

    items: pd.DataFrame
    coordinates: np.ndarray
    titles: list[str]
    text: str
    found: np.ndarray
    pca: Pca
    pca_titles: list[str]
    view: str
    with_bias: bool

    @property
    def found_items(self) -> list[int]:
        return self.items["item_index"].to_numpy()[self.found].tolist() if not self.found.all() else []


def lay_out(run: TrainedRun, space: Space, points: Points, colour_by: str, text: str) -> Layout:
    """Lay out the films; also draws messages (t-SNE's progress, an axis that is not possible)."""
    pca, titles = _straight(run, space, points.n_items)
    coordinates, shown_titles, n_items = pca.coordinates, titles, points.n_items
    view = f"{titles}"
    if space.layout == TSNE:
        found = tsne_places(run.id, points.n_items, space.with_bias, space.n_axes, space.perplexity)
        if found is not None:
            coordinates, shown_titles, n_items = found, [""] * space.n_axes, len(found)
            view = f"t-SNE {space.perplexity} {n_items}"
            if n_items < points.n_items:
                st.caption(f"t-SNE places the {formats.count(n_items)} most rated films.")
    item_index = map_cached.rated_films(run.id)[:n_items]
    films = run.items.iloc[item_index].assign(
        item_index=item_index,
        bias=run.model.item_biases[item_index] if run.model.has_biases else float("nan"),
        length=np.linalg.norm(np.asarray(run.model.item_factors, dtype=np.float64)[item_index], axis=1),
    )
    covariances = run.model.item_covariances
    if covariances is not None and space.layout != TSNE:
        inner = covariances if space.with_bias else covariances[:, :-1, :-1]
        films["doubt"] = position_deviations(pca, np.asarray(inner, dtype=np.float64), item_index)
    elif covariances is not None:
        films["doubt"] = np.nan
        if colour_by == "doubt":
            st.caption(
                "How unsure a place is, is known on straight axes alone: t-SNE has none, so all points are grey."
            )
    if colour_by == "predicted":
        films["predicted"] = _predicted(run)[item_index]
    if colour_by == "cluster":
        films["cluster"] = map_cached.clusters_of(run.id, item_index, space.with_bias, points.n_clusters)
    short = Pca(pca.coordinates[:n_items], pca.explained_variance_ratio, pca.components)
    return Layout(
        films, coordinates[:n_items], shown_titles, text, titles_with(films, text), short, titles, view, space.with_bias
    )


def _straight(run: TrainedRun, space: Space, n_items: int) -> tuple[Pca, list[str]]:
    """The straight axes that are shown, and their titles."""
    of = "of variance" if space.centred else "of squared length"
    settings = (run.id, n_items, space.centred, space.with_bias)
    if space.has_custom:
        try:
            own = map_cached.axes_of(*settings, space.first, space.last)
        except SettingError as reason:
            st.warning(formats.sentence(str(reason)), icon=":material/straighten:")
        else:
            rest = space.numbers[1:]
            shown = taken(own, [0, *rest])
            names = [f"{space.ends[0]} → {space.ends[1]}", *(f"Component {number} of the rest" for number in rest)]
            return shown, axis_titles(names, shown.explained_variance_ratio, of)
    elif space.first or space.last:
        st.caption("An axis of your own needs films at both its ends.")
    shown = taken(map_cached.axes_of(*settings), [number - 1 for number in space.numbers])
    return shown, axis_titles([f"Component {number}" for number in space.numbers], shown.explained_variance_ratio, of)


def profile_of_map() -> tuple[Profile | None, str]:
    """The profile in the link and what is wrong with it; without one, the session's, which this page's link need not hold."""
    return own_profile.open_profile() if link.said(own_profile.LINK) else (own_profile.of_session(), "")


def _predicted(run: TrainedRun) -> np.ndarray:
    """The person's predicted ratings of every film, (n_items,) in stars; the average user's if the person has rated nothing."""
    try:
        profile, wrong = profile_of_map()
        viewer = viewer_of(run, profile, own_profile.answers_of(profile))
        person, rated = viewer.person, viewer.known.rated
    except CollabError as reason:
        st.caption(f"{formats.plain(str(reason))} The colours are those of the average person.")
        profile, wrong, rated, person = None, "", {}, person_cached.new_user_of(run.id)
    if wrong:
        st.caption(formats.plain(wrong))
    if rated:
        st.caption(f"Predicted from {formats.counted(len(rated), 'rating')}, those of this page’s profile.")
    else:
        st.caption("Nothing rated yet: these are predictions for the average person.")
        st.page_link("pages/rate.py", label="Rate a few films", icon=":material/star:")
    return np.asarray(person.predict(rated)[0].mean, dtype=np.float64)
