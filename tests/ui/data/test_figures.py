"""The pictures of the Data page: few points that keep both ends, spans in words, titles that are no markup."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from collab.ui.charts.palette import DARK, LIGHT
from collab.ui.data.figures import LEAST_FOR_MEAN, over_time_figure, span_words
from collab.ui.data.tail_figures import MOST_POINTS, tail_figure, thinned


@given(some.integers(0, 50_000))
def test_few_points_with_both_ends(n):
    places = thinned(n)
    assert len(places) <= MOST_POINTS and (np.diff(places) > 0).all()
    assert not n or (places[0], places[-1]) == (0, n - 1)
    assert n > MOST_POINTS or len(places) == n


@pytest.mark.parametrize(
    "seconds, words",
    [
        (40, "40 s"),
        (60, "1 minute"),
        (600, "10 minutes"),
        (5400, "1.5 hours"),
        (86_400, "1 day"),
        (2_592_000, "30 days"),
    ],
)
def test_spans_in_words(seconds, words):
    assert span_words(seconds) == words


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_tail_says_who_has_too_few_and_hides_no_markup(palette):
    n_ratings, names = np.array([3, 40, 1, 25]), ["A <b>", "B", "C", "D"]
    figure = tail_figure(n_ratings, names, 20, "films", palette)
    enough, few = figure.data
    assert list(enough.y) == [40, 25] and list(few.y) == [25, 3, 1]  # the last with enough begins the second line
    assert any("A &lt;b&gt;" in text for text in few.hovertext)
    said = [annotation.text for annotation in figure.layout.annotations]
    assert "2 films below 20: 6 % of the ratings" in said and "top 20 %: 58 % of the ratings" in said
    assert "below" not in " ".join(
        each.text for each in tail_figure(n_ratings, names, 1, "films", palette).layout.annotations
    )


def test_means_of_few_ratings_are_not_drawn():
    table = pd.DataFrame(
        {
            "start": pd.to_datetime(["1997-09-01", "1997-10-01"]),
            "n_ratings": [LEAST_FOR_MEAN - 1, LEAST_FOR_MEAN],
            "mean_rating": [1.0, 4.0],
            "n_users": [1, 2],
            "n_new": [1, 1],
        }
    )
    bars, means, *_ = over_time_figure(table, "month", LIGHT).data
    assert len(bars.y) == 2 and list(means.y) == [4.0] and list(means.x) == ["1997-10-01"]
