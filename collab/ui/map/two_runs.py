"""Two runs on the Map page: the same films in both, the second aligned with the first, and how far the two agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.services.repeats import differ_only_in_seed
from collab.services.run_record import RunRecord
from collab.ui.frame.other_run import offer_another_seed, pick_other_run, wait_for_other
from collab.ui.frame.page import Page
from collab.ui.frame.run_words import describe_run
from collab.ui.map.colours import MAP_COLOURS
from collab.ui.map.controls import Points, pick_points
from collab.ui.map.figure import Marks, axis_titles
from collab.ui.map.picture import draw_films
from collab.ui.map.two_runs_agreement import MEANING, agreement, show_meaning
from collab.ui.map.two_runs_cached import NEAREST_BY, TwoRuns, compared
from collab.ui.map.two_runs_tables import all_films, chosen_facts, movers, neighbours
from collab.ui.widgets.controls import choose
from collab.ui.widgets.pickers import film_facts, minimum_ratings, pick_film

COLOURS = ("moved", "genre", "decade", "year", "mean", "count")
"""The colours that a film has in both runs; the first is the default."""
HEIGHT = 430


def show_two_runs(page: Page) -> None:
    """The whole view."""
    run = page.run
    picture, controls = st.columns([3, 1], gap="medium")
    with picture:
        left, right = st.columns(2, gap="small")
        left.selectbox("A: the run in the sidebar", [describe_run(run.record)], disabled=True)
        with right:
            other = pick_other_run(
                run,
                "B: another run",
                "The run that is laid onto the one in the sidebar: any run of the same data set whose model has factors.",
            )
            if other is None:
                st.info("There is no other run of this data set with factors yet.", icon=":material/info:")
                offer_another_seed(run, primary=True)
            elif other.busy:
                wait_for_other(other)
    if other is None or other.busy:
        st.markdown(MEANING)
        return
    with controls:
        colour_by = st.selectbox(
            "Colour",
            COLOURS,
            key="moved_colour",
            bind="query-params",
            help="What the colour of a point says about its film. Moved: how far its two places lie from each other.",
        )
        chosen = pick_film(run, default=False)
        minimum = minimum_ratings(
            "Films with fewer training ratings in either run are left out. Higher: surer places, fewer films."
        )
        nearest_by = choose(
            "Nearest by",
            list(NEAREST_BY),
            key="nearest_by",
            help="How the ten nearest films are found in each run: by the angle between factors, or by distance.",
        )
        points = pick_points(run)
    two = compared(run, other.id, minimum, nearest_by)
    if isinstance(two, str):
        picture.info(two, icon=":material/info:")
        return
    with picture:
        _draw_both(page, two, points, colour_by, chosen, (left, right))
        agreement(two, points.n_items)
    with controls:
        _beside(two, chosen, other)
    show_meaning(two)
    movers(two)
    neighbours(two, chosen)
    all_films(two)


def _draw_both(page: Page, two: TwoRuns, points: Points, colour_by: str, chosen: int | None, sides: tuple) -> None:
    """Both maps on the first's principal axes, side by side and on one range, so that they are comparable."""
    rows = np.arange(min(points.n_items, len(two.items)))
    rows = np.union1d(rows, np.flatnonzero(two.items["first_index"] == chosen))
    films = _films(two).iloc[rows]
    places = [two.plane.first[rows], two.plane.second[rows]]
    look = points.look(colour_by, Marks(chosen))
    runs, shares = (two.first, two.second), (two.plane.first_shares, two.plane.second_shares)
    for letter, side, each, run, share in zip("AB", sides, places, runs, shares, strict=True):
        with side:
            draw_films(
                page,
                films,
                each,
                axis_titles(["A’s component 1", "A’s component 2"], share, f"of {letter}’s variance"),
                look,
                key=f"map_{letter.lower()}",
                height=HEIGHT,
                alt=f"{len(films)} films of run {letter}, {run.record.name}, on A’s first two principal components, coloured by "
                f"{MAP_COLOURS[colour_by]}. The table of all films below holds the same.",
                span=np.concatenate(places),
                view=f"{two.first.id} {two.second.id} {two.minimum}",
            )


def _films(two: TwoRuns) -> pd.DataFrame:
    """The films of both as the map's figure takes them; genres, year and mean rating are the first run's."""
    index = two.items["first_index"].to_numpy()
    mean = two.first.items["mean_rating"].to_numpy()[index]
    return two.items.assign(item_index=index, mean_rating=mean, moved=two.alignment.moved, kept=two.n_kept)


def _beside(two: TwoRuns, chosen: int | None, other: RunRecord) -> None:
    """Beside the pictures: the chosen film, and an offer of another seed if the runs do not differ in the seed alone."""
    if chosen is None:
        st.caption("Click a film in a picture, or choose one here, to see how far it moved.")
    else:
        film_facts(two.first, chosen)
        chosen_facts(two, chosen)
    if not differ_only_in_seed(two.first.record, other):
        offer_another_seed(two.first, primary=False)
