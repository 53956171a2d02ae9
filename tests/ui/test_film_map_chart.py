"""The film map's figure: every film once, with its colour, its words and its index."""

import numpy as np
import pandas as pd
import pytest

from collab.ui.film_map_chart import MAP_COLOURS, NO_GENRE, OTHER_GENRE, film_map_figure, leading_genres
from collab.ui.theme import DARK, LIGHT

GENRES = ["Drama", "Comedy", "Action|Comedy", "Horror", "", "Drama|War"]


def make_films(n_films=60):
    places = np.arange(n_films)
    films = pd.DataFrame(
        {
            "item_index": places + 1,
            "title": [f"Film {place} (1980)" for place in places],
            "year": pd.array([1950 + place if place % 10 else pd.NA for place in places], dtype="Int64"),
            "genres": [GENRES[place % len(GENRES)] for place in places],
            "n_ratings": 500 - places,
            "mean_rating": np.linspace(1, 5, n_films),
            "bias": np.linspace(-0.5, 0.7, n_films),
        }
    )
    coordinates = np.random.default_rng(0).normal(size=(n_films, 3)) * [3, 2, 1]
    return coordinates, films


def draw(**settings):
    coordinates, films = make_films()
    if settings.get("colour_by") == "doubt":
        films["doubt"] = np.linspace(0.1, 1.2, len(films))
    return film_map_figure(coordinates, [0.32, 0.14, 0.081], films, settings.pop("palette", LIGHT), **settings), films


def points(figure):
    """item_index of every film drawn as a plain point, as often as it is drawn."""
    marks = ("names", "found", "chosen")
    return [index for trace in figure.data if trace.name not in marks for index in trace.customdata]


def trace(figure, name):
    return next(each for each in figure.data if each.name == name)


@pytest.mark.parametrize("colour_by", list(MAP_COLOURS))
def test_every_film_is_one_point(colour_by):
    figure, films = draw(colour_by=colour_by, genres=["Drama", "Comedy"])
    assert sorted(points(figure)) == films["item_index"].tolist()


def test_a_film_says_how_sure_its_place_is_where_the_model_does():
    figure, _ = draw(colour_by="doubt")
    drawn = trace(figure, MAP_COLOURS["doubt"])
    assert drawn.hovertext[0].startswith("Film 0 (1980) · place ±10 % · bias")
    assert drawn.marker.colorbar.tickformat == ".0%" and drawn.marker.cmax == pytest.approx(1.2)
    coordinates, films = make_films()
    by_genre = film_map_figure(coordinates, [0.3, 0.2, 0.1], films.assign(doubt=0.25), LIGHT, genres=["Drama"])
    assert "Drama · place ±25 % · bias" in trace(by_genre, "Drama").hovertext[0]
    assert "place" not in trace(draw(genres=["Drama"])[0], "Drama").hovertext[0]


def test_genres_have_their_own_colours_in_the_given_order():
    figure, _ = draw(genres=["Drama", "Comedy"])
    assert [each.name for each in figure.data if each.showlegend] == ["Drama", "Comedy", OTHER_GENRE]
    assert trace(figure, "Drama").marker.color == LIGHT.categorical[0]
    assert trace(figure, OTHER_GENRE).marker.color == LIGHT.muted
    assert any(NO_GENRE in text for text in trace(figure, OTHER_GENRE).hovertext)


def test_leading_genres_by_frequency_then_by_name():
    assert leading_genres(pd.Series([*GENRES, "Horror"]), 3) == ["Drama", "Horror", "Action"]
    assert leading_genres(pd.Series(["", ""])) == []


def test_zero_bias_is_the_middle_of_its_colours():
    figure, _ = draw(colour_by="bias", palette=DARK)
    marker = trace(figure, "bias").marker
    assert marker.cmin == -marker.cmax and marker.colorscale[0][1] == DARK.diverging[0]
    assert list(marker.colorbar.ticktext)[1] == "0"


def test_unknown_years_are_grey_and_counts_are_on_a_logarithmic_scale():
    figure, films = draw(colour_by="year")
    assert trace(figure, "unknown").marker.color == LIGHT.muted
    assert len(trace(figure, "unknown").x) == films["year"].isna().sum()
    figure, films = draw(colour_by="count")
    assert list(trace(figure, "number of ratings").marker.color) == pytest.approx(np.log10(films["n_ratings"]).tolist())


def test_colours_are_lists():
    for colour_by in ("year", "bias", "mean", "count"):
        figure, _ = draw(colour_by=colour_by)
        assert isinstance(trace(figure, MAP_COLOURS[colour_by]).to_plotly_json()["marker"]["color"], list | tuple)


def test_most_rated_films_are_named():
    figure, films = draw(n_labelled=20)
    assert list(trace(figure, "names").customdata) == films["item_index"].head(20).tolist()


def test_found_and_chosen_films_are_marked_and_named():
    figure, _ = draw(chosen=5, found=[5, 7, 40])
    assert list(trace(figure, "chosen").customdata) == [5] and list(trace(figure, "found").customdata) == [7, 40]
    flags = {flag.text: flag.font.color for flag in figure.layout.scene.annotations}
    assert flags == {"Film 6 (1980)": LIGHT.found, "Film 39 (1980)": LIGHT.found, "Film 4 (1980)": LIGHT.chosen}
    assert len(trace(figure, "names").x) == 0  # the other names make room


def test_many_found_films_are_all_ringed_but_not_all_named():
    figure, _ = draw(found=list(range(1, 31)))
    assert len(trace(figure, "found").x) == 30 and 0 < len(figure.layout.scene.annotations) < 12


def test_a_chosen_film_that_is_not_shown_is_not_marked():
    figure, _ = draw(chosen=999)
    assert len(trace(figure, "chosen").x) == 0 and not figure.layout.scene.annotations


def test_axes_say_how_much_they_explain_and_keep_distances():
    figure, _ = draw()
    scene = figure.layout.scene
    assert scene.xaxis.title.text == "Component 1 · 32 % of variance" and scene.zaxis.title.text.endswith(
        "8 % of variance"
    )
    scales = [
        (axis.range[1] - axis.range[0]) / side
        for axis, side in zip(
            (scene.xaxis, scene.yaxis, scene.zaxis),
            (scene.aspectratio.x, scene.aspectratio.y, scene.aspectratio.z),
            strict=True,
        )
    ]
    assert scales == pytest.approx([scales[0]] * 3)


def test_hover_texts_are_words():
    figure, _ = draw(colour_by="mean")
    assert trace(figure, "mean rating").hovertext[0] == "Film 0 (1980) · mean 1.0 · bias −0.50 · 500 ratings"


def test_no_films_and_missing_biases_are_drawn_without_complaint():
    coordinates, films = make_films()
    empty = film_map_figure(coordinates[:0], [0, 0, 0], films.iloc[:0], LIGHT, colour_by="year")
    assert points(empty) == []
    unbiased = film_map_figure(coordinates, [0, 0, 0], films.assign(bias=np.nan), LIGHT, synthetic=True)
    assert "bias –" in unbiased.data[0].hovertext[0]
    assert unbiased.layout.annotations[0].text == "synthetic ratings"
