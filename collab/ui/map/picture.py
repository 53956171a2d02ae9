"""The picture of the film map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.plot3d.plot3d import plot3d
from collab.ui.frame import link
from collab.ui.frame.page import Page
from collab.ui.map import cached
from collab.ui.map.camera import CAMERA, read_camera
from collab.ui.map.colours import MAP_COLOURS
from collab.ui.map.figure import Look, film_map_figure, film_names, film_words
from collab.ui.map.item_set import choose_films
from collab.ui.map.layout import Layout, profile_of_map
from collab.ui.person import own_profile
from collab.ui.widgets.pickers import choose_film

HEIGHT = 600


def draw_map(page: Page, layout: Layout, look: Look) -> None:
    """The picture of one run."""
    run, n_axes, colour_by = page.run, layout.coordinates.shape[1], look.colour_by
    draw_films(
        page,
        layout.items,
        layout.coordinates,
        layout.titles,
        look,
        key="film_map",
        height=HEIGHT,
        alt=f"The {len(layout.items)} most rated films as points on {'three axes' if n_axes == 3 else 'two axes'}, coloured by "
        f"{MAP_COLOURS[colour_by]}. The table “Films” below holds the same.",
        on_select=lambda picked, how: choose_films(run, picked, how),
        camera=read_camera(link.own(CAMERA), n_axes),
        view=layout.view,
        link={own_profile.LINK: _view_token() if colour_by == "predicted" else None},
    )
    n_rated = len(cached.rated_films(run.id))
    if n_rated > cached.MOST_FILMS:
        st.caption(
            f"{formats.count(len(layout.items))} of {formats.count(n_rated)} films are on the map, the most rated; "
            f"{formats.count(cached.MOST_FILMS)} at most."
        )


def draw_films(
    page: Page,
    films: pd.DataFrame,
    coordinates: np.ndarray,
    titles: Sequence[str],
    look: Look,
    *,
    key: str,
    height: int,
    alt: str,
    span: np.ndarray | None = None,
    **more: Any,
) -> None:
    """Draw `films` at their `coordinates` by `collab.ui.map.figure.film_map_figure`; a click chooses one. `more` goes to
    `collab.ui.charts.plot3d.plot3d`."""
    colours = palette()
    plot3d(
        film_map_figure(coordinates, titles, films, colours, look, span=span, synthetic=page.data.synthetic),
        key=key,
        height=height,
        on_pick=lambda picked: choose_film(page.run, picked),
        alt=alt,
        words={"index": films["item_index"].tolist(), "parts": film_words(films, look.colour_by)},
        names=film_names(coordinates, films, look),
        n_names=look.n_names,
        colours={"chosen": colours.chosen, "found": colours.found, "kept": colours.accent, "most": colours.ink},
        **more,
    )


def _view_token() -> str | None:
    """The token that lets others see the same predictions but change nothing."""
    profile, _ = profile_of_map()
    return profile and profile.view_token
