"""The pictures of a new film: every film once, the closest ones numbered, and a histogram that holds every user."""

import numpy as np
import pandas as pd
import pytest

from collab.components import Pca
from collab.new_film import AudienceSpace, NewFilm, film_table
from collab.ratings import RatingScale
from collab.ui.new_film_charts import place_figure, rating_bins, ratings_figure
from collab.ui.new_film_view import usual_genres
from collab.ui.theme import DARK, LIGHT

N = 8
ITEMS = pd.DataFrame(
    {
        "title": ["#na#", *(f"Film <{place}> (19{place:02d})" for place in range(1, N + 1))],
        "genres": ["", *(["Drama", "Comedy|Drama", "Comedy|Horror", "Horror"] * 2)],
        "year": pd.array([None, *range(1901, 1901 + N)], dtype="Int64"),
        "n_ratings": [0, *range(20, 20 + N)],
        "mean_rating": [np.nan, *([3.0] * N)],
    }
)


@pytest.fixture
def seen():
    """Eight films on a circle, film 3 the closest; four users."""
    angles = np.arange(N) * 2 * np.pi / N
    pca = Pca(np.stack([np.cos(angles), np.sin(angles)], axis=1), np.array([0.6, 0.3]), np.zeros((2, 4)))
    space = AudienceSpace(np.arange(1, 5), np.arange(1, N + 1), np.zeros(4), np.zeros((N, 4)), pca, pca.coordinates)
    closeness = np.linspace(0.9, -0.9, N)[np.array([3, 1, 0, 2, 4, 5, 6, 7])]
    return space, NewFilm(3.2, np.array([0.2, 3.1, 3.2, 5.4]), np.zeros(4), closeness, np.array([2.0, 0.0]))


def test_the_map_has_every_film_once_and_the_new_one(seen):
    space, film = seen
    table = film_table(space, film, ITEMS)
    assert table["item_index"].tolist()[:3] == [3, 2, 4]
    figure = place_figure(space, film, table, "<b>Mine</b>", ["Horror"], LIGHT, synthetic=True)
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces) == ["other films", "share a genre", "the new film", "the 5 closest"]
    assert len(traces["other films"].x) == len(traces["share a genre"].x) == 4
    assert list(traces["the 5 closest"].x) == table["x"].head(5).tolist()
    texts = [each.text for each in figure.layout.annotations]
    assert texts == ["1", "2", "3", "4", "5", "&lt;b>Mine&lt;/b>", "synthetic ratings"]
    assert figure.layout.xaxis.range[0] < -1 and figure.layout.xaxis.range[1] > 2  # the new film is in the picture
    named = place_figure(space, film, table.assign(title="Spider-Man <b>"), "<b>%{x}", [], LIGHT).data
    (own,) = (trace for trace in named if trace.name == "the new film")
    assert own.hovertemplate == "%{hovertext}<extra></extra>" and own.hovertext == ("&lt;b>%{x}",)
    assert named[0].hovertext[0].startswith("Spider-Man &lt;b> · closeness +0.90 · ")
    without = place_figure(space, film, table, "Mine", [], DARK)
    assert [trace.name for trace in without.data][:1] == ["films"] and len(without.data[0].x) == N


def test_the_histogram_holds_every_user_also_beyond_the_scale(seen):
    _, film = seen
    bins = rating_bins(film.ratings, RatingScale(1.0, 5.0, 1.0))
    assert bins["n_users"].sum() == 4 and bins["n_users"].iloc[[0, -1]].tolist() == [1, 1]
    assert (bins["low"].iloc[0], bins["high"].iloc[-1], len(bins)) == (1.0, 5.0, 16)
    assert bins.loc[bins["low"] == 3.0, "n_users"].tolist() == [2]
    figure = ratings_figure(film, RatingScale(0.5, 5.0, 0.5), LIGHT)
    assert sum(figure.data[0].y) == 4 and "average person 3.2" in [each.text for each in figure.layout.annotations]


def test_the_usual_genres_are_the_pair_found_most_often():
    assert usual_genres(ITEMS) == ["Comedy", "Drama"]  # as often as Comedy|Horror: the first by the alphabet
    assert usual_genres(ITEMS[ITEMS["genres"] == "Horror"]) == ["Horror"]
    assert usual_genres(ITEMS.head(1)) == []
