"""The pictures of a taste: what is drawn where, and that titles are no markup."""

import numpy as np
import pandas as pd
import pytest

from collab.ui.charts.palette import DARK, LIGHT
from collab.ui.taste.figures import alike_figure, distribution_figure, genre_figure, place_figure


def points(n=40):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n, 2)), columns=["x", "y"])
    table["words"] = [f"Film {row} · 20 ratings" for row in range(n)]
    return table.assign(value=table["x"], rated=table.index < 3, marked=False, name="")


def texts(figure):
    return [annotation.text for annotation in figure.layout.annotations]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_arrow_ends_at_the_place_and_all_rated_films_are_in_sight(palette):
    films = points()
    films.loc[0, ["x", "y", "name"]] = 9.0, 8.0, "<b>Far</b>"
    films.loc[1, "name"] = "Near"
    outline = np.array([[-4.0, 0.0], [0.0, -5.0]])
    figure = place_figure(films, np.array([2.0, -1.0]), outline, palette, "You", (0.3, 0.2), synthetic=True)
    arrow = next(each for each in figure.layout.annotations if each.showarrow and each.axref == "x")
    assert (arrow.x, arrow.y, arrow.ax, arrow.ay) == (2.0, -1.0, 0, 0)
    assert "&lt;b&gt;Far&lt;/b&gt;" in texts(figure) and "synthetic ratings" in texts(figure)
    stars = next(trace for trace in figure.data if trace.marker.symbol == "star")
    assert list(stars.hovertext) == films.words[:3].tolist()
    for axis, low, high in ((figure.layout.xaxis, -4, 9), (figure.layout.yaxis, -5, 8)):
        assert axis.range[0] < low and axis.range[1] > high
    assert figure.layout.xaxis.title.text == "Component 1 · 30 % of variance"
    assert figure.layout.yaxis.scaleanchor == "x"  # a direction is a direction


def test_nobody_has_no_arrow_and_no_colours():
    figure = place_figure(points().assign(value=np.nan, rated=False), np.zeros(2), None, LIGHT, "You", (0.3, 0.2))
    assert texts(figure) == ["the average person"] and figure.data[0].marker.color == LIGHT.muted


def test_names_that_would_stand_on_each_other_are_left_out():
    films = points()
    films.loc[[4, 5], ["x", "y"]] = 1.0
    films.loc[[4, 5], "name"] = ["First", "Second"]
    names = texts(place_figure(films, np.array([-2.0, -2.0]), None, LIGHT, "You", (0.3, 0.2)))
    assert "First" in names and "Second" not in names


def test_genres_that_are_not_clear_are_pale_and_have_their_line():
    table = pd.DataFrame(
        {
            "genre": ["War", "Drama"],
            "difference": [0.4, -0.1],
            "deviation": [0.1, 0.2],
            "low": [0.27, -0.36],
            "high": [0.53, 0.16],
            "clear": pd.array([True, False], dtype="boolean"),
            "n_items": [1, 1200],
            "n_rated": [0, 2],
        }
    )
    figure = genre_figure(table, LIGHT)
    (bars,) = figure.data
    assert list(bars.marker.opacity) == [1.0, 0.4] and bars.marker.color[0] != bars.marker.color[1]
    np.testing.assert_allclose(bars.error_x.array, [0.13, 0.26])
    assert list(bars.hovertext) == [
        "War · +0.40 ± 0.10 stars · 1 film, 0 rated",
        "Drama · −0.10 ± 0.20 stars · 1,200 films, 2 rated",
    ]
    assert figure.layout.xaxis.range[0] == -figure.layout.xaxis.range[1]
    unknown = genre_figure(
        table.assign(deviation=np.nan, low=np.nan, high=np.nan, clear=pd.array([pd.NA] * 2, "boolean")), LIGHT
    )
    assert list(unknown.data[0].marker.opacity) == [1.0, 1.0] and unknown.data[0].error_x.thickness == 0


def test_the_average_person_is_a_line_over_the_columns():
    table = pd.DataFrame({"low": [1.0, 1.25], "high": [1.25, 1.5], "n": [3, 4], "n_average": [5, 2]})
    figure = distribution_figure(table, (1.3, float("nan")), LIGHT, "They")
    assert list(figure.data[0].y) == [3, 4] and list(figure.data[1].y) == [5, 2, 2]
    assert texts(figure) == ["■ They, mean 1.3", "━ average person, mean –"] and len(figure.layout.shapes) == 1


def test_users_stand_in_order_with_their_lines():
    table = pd.DataFrame(
        {"user_id": ["7", "<i>"], "likeness": [0.8, 0.5], "low": [0.6, -0.2], "high": [0.9, 0.7], "words": ["a", "b"]}
    )
    figure = alike_figure(table, LIGHT)
    assert list(figure.layout.yaxis.ticktext) == ["User 7 ", "User &lt;i&gt; "]
    np.testing.assert_allclose(figure.data[0].error_x.arrayminus, [0.2, 0.7])
    assert figure.layout.xaxis.range[0] < -0.2
