"""The film map's figure: every film once, with its colour, its words and its index; and the names that may stand on it."""

import itertools

import numpy as np
import pandas as pd
import pytest

from collab.ui.charts.palette import DARK, LIGHT
from collab.ui.map.colours import MAP_COLOURS, NO_YEAR, OTHER_GENRE, Groups, Scale, distinct_colours, film_colours
from collab.ui.map.figure import (
    FADED,
    HIDDEN,
    POINTS,
    Look,
    Marks,
    axis_titles,
    film_map_figure,
    film_names,
    film_words,
    point_sizes,
)

GENRES = ["Drama", "Comedy", "Action|Comedy", "Horror", "", "Drama|War"]
TITLES = ["Component 1 · 32 % of variance", "Component 2 · 14 % of variance", "Component 3 · 8 % of variance"]


def make_films(n_items=60):
    places = np.arange(n_items)
    films = pd.DataFrame(
        {
            "item_index": places + 1,
            "title": [f"Film {place} (1980)" for place in places],
            "year": pd.array([1950 + place if place % 10 else pd.NA for place in places], dtype="Int64"),
            "genres": [GENRES[place % len(GENRES)] for place in places],
            "n_ratings": 500 - places,
            "mean_rating": np.linspace(1, 5, n_items),
            "bias": np.linspace(-0.5, 0.7, n_items),
            "doubt": np.linspace(0.1, 1.2, n_items),
            "length": np.linspace(0.2, 3, n_items),
            "moved": np.linspace(0, 0.8, n_items),
            "kept": places % 11,
            "predicted": np.linspace(2, 4.5, n_items),
            "cluster": places % 3 + 1,
        }
    )
    coordinates = np.random.default_rng(0).normal(size=(n_items, 3)) * [3, 2, 1]
    return coordinates, films


def draw(n_axes=3, palette=LIGHT, synthetic=False, **look):
    coordinates, films = make_films()
    shown = coordinates[:, :n_axes]
    return film_map_figure(shown, TITLES[:n_axes], films, palette, Look(**look), synthetic=synthetic), films


def points(figure):
    """item_index of every film drawn as a point, as often as it is drawn."""
    return [int(index) for trace in figure.data if trace.meta == POINTS for index in trace.customdata]


def trace(figure, name):
    return next(each for each in figure.data if each.name == name)


def rim(drawn, place):
    """The colour of a point's rim, as the browser finds it on the scale."""
    line = drawn.marker.line
    share = (line.color[place] - line.cmin) / (line.cmax - line.cmin)
    return next(colour for (low, colour), (high, _) in itertools.pairwise(line.colorscale) if low <= share <= high)


def rims(drawn):
    return {rim(drawn, place) for place in range(len(drawn.customdata))}


@pytest.mark.parametrize("n_axes", [2, 3])
@pytest.mark.parametrize("colour_by", list(MAP_COLOURS))
def test_every_film_is_one_point(colour_by, n_axes):
    figure, films = draw(n_axes, colour_by=colour_by, genres=["Drama", "Comedy"])
    assert sorted(points(figure)) == films["item_index"].tolist()
    assert {each.type for each in figure.data} == {"scatter3d" if n_axes == 3 else "scattergl"}


@pytest.mark.parametrize("colour_by", ["genre", "year"])
def test_a_point_stands_where_its_film_is(colour_by):
    coordinates, _ = make_films()
    figure, _ = draw(colour_by=colour_by, genres=["Drama", "Comedy"])
    for each in figure.data:
        if each.meta == POINTS:
            rows = np.asarray(each.customdata) - 1
            assert np.column_stack([each.x, each.y, each.z]) == pytest.approx(coordinates[rows], abs=1e-5)


def test_a_film_has_the_colour_of_its_rarest_genre_and_the_next_as_a_rim():
    figure, films = draw(genres=["Drama", "Comedy", "War"])
    shades = distinct_colours(LIGHT)
    assert [each.name for each in figure.data if each.showlegend] == ["Drama", "Comedy", "War", OTHER_GENRE]
    war = trace(figure, "War")
    assert len(war.customdata) == films["genres"].eq("Drama|War").sum() and war.marker.color == shades[2]
    assert rims(war) == {shades[0]}  # Drama, which more films have
    (key,) = [
        each for each in figure.data if each.showlegend and each.name == "War"
    ]  # all have a rim: a key of its own
    assert key.legendgroup == war.legendgroup and key.marker.color == shades[2] and key.marker.line.color is None
    assert np.isnan(key.x).all() and key.meta is None
    assert set(trace(figure, "Comedy").customdata) == set(films["item_index"][films["genres"].str.contains("Comedy")])
    assert trace(figure, OTHER_GENRE).marker.color == LIGHT.rest
    assert set(films["genres"].iloc[np.asarray(trace(figure, OTHER_GENRE).customdata) - 1]) == {"Horror", ""}


def test_the_keys_first_point_has_no_rim():
    coordinates, films = make_films()
    films = films.assign(genres=["Drama|War", "Drama", "War"] * 20)
    figure = film_map_figure(coordinates, TITLES, films, LIGHT, Look(genres=["War", "Drama"]))
    drama = trace(figure, "Drama")
    assert rim(drama, 0) == drama.marker.color and rims(drama) == set(distinct_colours(LIGHT)[:2])
    assert trace(figure, "War").marker.line.color is None


def test_decades_run_along_the_scale_and_unknown_years_are_grey():
    _, films = make_films()
    found = film_colours(films, "decade", (), LIGHT)
    assert isinstance(found, Groups) and list(found.colours) == [
        *[f"{decade}s" for decade in range(1950, 2010, 10)],
        NO_YEAR,
    ]
    assert found.colours["1950s"] == LIGHT.sequential[0] and found.colours["2000s"] == LIGHT.sequential[-1]
    assert (found.of == NO_YEAR).sum() == films["year"].isna().sum() and found.colours[NO_YEAR] == LIGHT.rest
    old = film_colours(films.assign(year=1899), "decade", (), LIGHT)
    assert list(old.colours) == ["to 1939"]


def test_zero_bias_is_the_middle_of_its_colours():
    figure, _ = draw(colour_by="bias", palette=DARK)
    marker = trace(figure, "bias").marker
    assert marker.cmin == -marker.cmax and marker.colorscale[0][1] == DARK.diverging[0]
    assert list(marker.colorbar.ticktext)[1] == "0"


def test_unknown_years_are_grey_and_counts_are_on_a_logarithmic_scale():
    figure, films = draw(colour_by="year")
    assert trace(figure, "unknown").marker.color == LIGHT.rest
    assert len(trace(figure, "unknown").x) == films["year"].isna().sum()
    found = film_colours(films, "count", (), LIGHT)
    assert isinstance(found, Scale) and found.values == pytest.approx(np.log10(films["n_ratings"]))


def test_colours_are_lists():
    for colour_by in ("year", "bias", "length", "mean", "count", "predicted", "doubt", "moved"):
        figure, _ = draw(colour_by=colour_by)
        assert isinstance(trace(figure, MAP_COLOURS[colour_by]).to_plotly_json()["marker"]["color"], list | tuple)


def test_sizes_by_count_are_areas():
    sizes = point_sizes(np.array([400, 100]), solid=True, sized=True)
    assert sizes[0] / sizes[1] == pytest.approx(2) and point_sizes(np.array([3]), solid=True, sized=False) == 2.2
    figure, _ = draw(sized=True, colour_by="year")
    assert trace(figure, "year").marker.size[0] == pytest.approx(12, abs=0.1)


def test_found_kept_and_chosen_films_are_marked_and_named():
    marks = Marks(chosen=5, found=[5, 7, 40], kept=[9])
    figure, films = draw(marks=marks)
    assert list(trace(figure, "chosen").customdata) == [5] and list(trace(figure, "found").customdata) == [7, 40]
    assert list(trace(figure, "set").customdata) == [9]
    names = film_names(make_films()[0], films, Look(marks=marks))
    assert [(name["text"], name["kind"]) for name in names] == [
        ("Film 4 (1980)", "chosen"), ("Film 6 (1980)", "found"), ("Film 39 (1980)", "found"), ("Film 8 (1980)", "kept"),
    ]  # fmt: skip
    assert names[0]["at"] == pytest.approx(make_films()[0][4], abs=1e-4)


def test_others_fade_or_go_and_the_axes_stay():
    marks = {"found": [7, 40], "kept": [9], "chosen": 12}
    whole, films = draw(colour_by="year")
    faded, _ = draw(colour_by="year", marks=Marks(**marks, others=FADED))
    assert sorted(points(faded)) == films["item_index"].tolist() and len(trace(faded, "others").x) == 56
    alone, _ = draw(colour_by="year", marks=Marks(**marks, others=HIDDEN))
    assert sorted(points(alone)) == [7, 9, 12, 40]
    assert alone.layout.scene == whole.layout.scene == faded.layout.scene
    nothing_asked, _ = draw(colour_by="year", marks=Marks(chosen=3, others=HIDDEN))
    assert len(points(nothing_asked)) == len(films)  # nothing to isolate


def test_most_rated_films_may_be_named_and_more_of_them_than_are_shown():
    coordinates, films = make_films()
    names = film_names(coordinates, films, Look(n_names=5))
    assert [name["text"] for name in names] == [f"Film {place} (1980)" for place in range(20)]
    assert {name["kind"] for name in names} == {"most"}
    assert film_names(coordinates, films, Look(n_names=0)) == []


def test_a_chosen_film_that_is_not_shown_is_not_marked():
    figure, films = draw(marks=Marks(chosen=999))
    assert len(trace(figure, "chosen").x) == 0
    assert {name["kind"] for name in film_names(make_films()[0], films, Look(marks=Marks(chosen=999)))} == {"most"}


def test_axes_say_how_much_they_explain_and_keep_distances():
    figure, _ = draw()
    scene = figure.layout.scene
    assert scene.xaxis.title.text == TITLES[0] and scene.zaxis.title.text == TITLES[2]
    axes, sides = (scene.xaxis, scene.yaxis, scene.zaxis), scene.aspectratio
    scales = [
        (axis.range[1] - axis.range[0]) / side for axis, side in zip(axes, (sides.x, sides.y, sides.z), strict=True)
    ]
    assert scales == pytest.approx([scales[0]] * 3)
    assert axis_titles(["Component 4"], [0.051]) == ["Component 4 · 5 % of variance"]
    flat, _ = draw(2)
    assert flat.layout.yaxis.scaleanchor == "x" and flat.layout.xaxis.title.text == TITLES[0]


def test_axes_hold_the_span_of_several_pictures():
    coordinates, films = make_films()
    span = np.concatenate([coordinates[:, :2], 2 * coordinates[:, :2]])
    figures = [film_map_figure(each, TITLES[:2], films, LIGHT, Look(), span=span) for each in (span[:60], span[60:])]
    assert figures[0].layout.xaxis.range == figures[1].layout.xaxis.range
    low, high = figures[0].layout.yaxis.range
    assert low < span[:, 1].min() and span[:, 1].max() < high


def test_words_come_as_columns():
    _, films = make_films(4)
    parts = film_words(films.assign(bias=[0.421, -0.1, np.nan, 0]), "mean")
    title, genre, mean, moved, kept, doubt, bias, count = parts
    assert title["values"][0] == "Film 0 (1980)" and genre["names"][genre["codes"][2]] == "Action, Comedy"
    assert mean["values"][0] == 1.0 and mean["before"] == "mean " and mean["digits"] == 1
    assert (moved["values"][-1], moved["before"], kept["values"], kept["after"]) == (
        80,
        "moved ",
        [0, 1, 2, 3],
        " neighbours kept",
    )
    assert doubt["values"][0] == 10 and (doubt["before"], doubt["after"]) == ("place ±", " %")
    assert bias["values"] == [0.42, -0.1, None, 0.0] and bias["sign"] and count["values"][0] == 500
    assert "cluster " in [part.get("before") for part in film_words(films, "cluster")]
    assert "length " in [part.get("before") for part in film_words(films, "length")]
    unbiased = films.drop(columns=["doubt", "moved"]).assign(bias=np.nan)
    assert len(film_words(unbiased, "genre")) == 3


def test_many_films_are_squares_without_rims(monkeypatch):
    monkeypatch.setattr("collab.ui.map.figure.MANY", 60)
    many, films = draw(genres=["Drama", "War"])
    assert {each.marker.symbol for each in many.data if each.meta == POINTS} == {"square"}
    assert all(each.marker.line.color is None for each in many.data) and len(points(many)) == len(films)
    flat, _ = draw(2, genres=["Drama", "War"])
    assert {each.marker.symbol for each in flat.data if each.meta == POINTS} == {None}


def test_no_films_are_drawn_without_complaint():
    coordinates, films = make_films()
    for colour_by in ("year", "genre", "decade", "cluster"):
        empty = film_map_figure(coordinates[:0], TITLES, films.iloc[:0], LIGHT, Look(colour_by))
        assert points(empty) == []
    marked, _ = draw(synthetic=True)
    assert marked.layout.annotations[0].text == "synthetic ratings"
