"""The controls behind a tune button: which films may be picked, and how their order is adjusted."""

from __future__ import annotations

import streamlit as st

from collab.data.genres import genres_of
from collab.recommend.orders import LONG_SHOT, POPULAR, RATING, SAFE, WATCH, Dials
from collab.services.run_files import TrainedRun

MINIMUM_COUNT = 20
HIGHEST_MINIMUM_COUNT = 200


def choose_dials(run: TrainedRun, *, bend: bool, narrow: bool) -> Dials:
    """Minimum number of ratings; with `bend`, the dials popularity and variety; with `narrow`, the filters years and genres."""
    n_ratings = run.items["n_ratings"]
    most = max(2, min(HIGHEST_MINIMUM_COUNT, int(n_ratings.max())))
    minimum_count = st.slider(
        "Least ratings of a film",
        1,
        most,
        min(MINIMUM_COUNT, most),
        key="min_ratings",
        bind="query-params",
        help="Films with fewer training ratings are left out. Higher: better known films, predictions that rest on more.",
    )
    popularity = variety = 0.0
    if bend:
        popularity = st.slider(
            "Obscure (−1) to popular (1)",
            -1.0,
            1.0,
            0.0,
            0.25,
            key="popularity",
            bind="query-params",
            help="Adds to or takes from a film’s score for the number of its ratings. 0: as the order has it.",
        )
        variety = st.slider(
            "Similar (0) to varied (1)",
            0.0,
            1.0,
            0.0,
            0.1,
            key="variety",
            bind="query-params",
            help="Higher: each next pick is less like the ones above it, and further down the order. 0: the best, however alike.",
        )
    years, genres = _years_and_genres(run) if narrow else (None, [])
    return Dials(popularity, variety, years, tuple(genres), minimum_count)


def _years_and_genres(run: TrainedRun) -> tuple[tuple[int, int] | None, list[str]]:
    trained = run.items[run.items["n_ratings"] > 0]
    known_years = trained["year"].dropna()
    years = None
    if known_years.nunique() > 1:
        whole = int(known_years.min()), int(known_years.max())
        years = st.slider("Years", *whole, whole, key="years", bind="query-params")
        years = None if tuple(years) == whole else tuple(years)
    names = sorted({name for genres in trained["genres"].unique() for name in genres_of(genres)})
    genres = st.multiselect("Genres", names, key="pick_genres", bind="query-params", placeholder="All") if names else []
    return years, genres


N_PICKS = 10


ORDER_NAMES = {
    WATCH: "What you would watch and like",
    RATING: "What you would rate highest",
    SAFE: "Safe bet",
    POPULAR: "Popular",
    LONG_SHOT: "Long shot",
}


ORDER_HELP = """What the picks are ranked by.

- *Watch and like*: what people who watched your films watched and liked too, together with the predicted rating.
- *Rate highest*: the predicted rating alone; often films that few people look for.
- *Safe bet*: the lower end of the prediction’s interval.
- *Popular*: the number of ratings, the same for everybody.
- *Long shot*: the upper end of the interval; it may be wonderful, and nobody knows."""
