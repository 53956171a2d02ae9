"""The pictures of biases: what is drawn, in which order, and how it is said."""

import pandas as pd
import pytest

from collab.explore.biases import bias_table
from collab.ui.biases.figures import bias_bars_figure, bias_scatter_figure
from collab.ui.charts.labels import film_words, shortened
from collab.ui.charts.palette import DARK, LIGHT


def make_table(n_items=30):
    biases = [0.0, *(0.05 * (place - n_items / 2) for place in range(n_items))]
    items = pd.DataFrame(
        {
            "title": ["#na#", *(f"Film <b>{place}</b> & more (19{place:02d})" for place in range(n_items))],
            "year": pd.array([pd.NA, *(1900 + place for place in range(n_items))], dtype="Int64"),
            "genres": ["", *["Drama"] * n_items],
            "n_ratings": [0, *(20 + place for place in range(n_items))],
            "mean_rating": [float("nan"), *(2 + 0.1 * place % 2 for place in range(n_items))],
            "damped_mean": [3.5, *(2.2 + 0.08 * place % 1.7 for place in range(n_items))],
        }
    )
    return bias_table(items, biases)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Alien (1979)", "Alien (1979)"),
        ("Children of the Corn: The Gathering (1996)", "Children of the Corn:… (1996)"),
        ("A title without a year that goes on and on", "A title without a year that g…"),
    ],
)
def test_shortened_titles_keep_their_year(title, expected):
    assert shortened(title, 30) == expected
    assert len(shortened(title, 30)) <= 30


def test_a_film_in_words():
    assert film_words("Alien (1979)", 0.421, 1291) == "Alien (1979) · bias +0.42 · 1,291 ratings"
    assert film_words("<i>", -0.5, 1, "mean 3.0") == "&lt;i&gt; · mean 3.0 · bias −0.50 · 1 rating"


def test_bias_bars_show_both_ends_highest_on_top():
    table = make_table()
    (bars,) = bias_bars_figure(table, LIGHT, n=4).data
    assert list(bars.x) == [*table["bias"].head(4), *table["bias"].tail(4)]
    assert list(bars.y) == [0, 1, 2, 3, 5, 6, 7, 8]  # a free line between the ends
    assert bars.marker.color[0] == LIGHT.diverging[-3] and bars.marker.color[-1] == LIGHT.diverging[2]
    assert bars.text[0].startswith("+") and bars.text[-1].startswith("−")


def test_bias_bars_say_how_sure_they_are_where_the_table_does():
    table = make_table().assign(deviation=0.1)
    bars, numbers = bias_bars_figure(table, LIGHT, n=4).data
    assert list(bars.error_x.array) == [0.1] * 8 and bars.text is None
    assert list(numbers.x) == pytest.approx([bias + 0.1 for bias in bars.x[:4]] + [bias - 0.1 for bias in bars.x[4:]])
    assert numbers.text[0].strip().startswith("+") and numbers.textposition[0] == "middle right"
    assert " ± 0.10 · " in bars.hovertext[0] and " ± 0.10 · " in bias_scatter_figure(table, DARK).data[1].hovertext[0]


def test_bias_bars_name_every_film_once_and_take_no_markup_from_titles():
    figure = bias_bars_figure(make_table(5), LIGHT, n=10)
    assert len(figure.data[0].x) == len(figure.layout.annotations) == 5
    assert all("<b>" not in annotation.text and "&lt;b" in annotation.text for annotation in figure.layout.annotations)


def test_bias_scatter_draws_the_line_of_the_mean():
    table = make_table()
    line, films, rings = bias_scatter_figure(table, DARK).data
    expected = table.assign(expected=table["bias"] - table["residual"]).sort_values("damped_mean")["expected"]
    assert list(line.y) == pytest.approx([expected.iloc[0], expected.iloc[-1]])
    assert list(films.x) == list(table["damped_mean"]) and list(films.y) == list(table["bias"])
    assert films.marker.cmin == -films.marker.cmax  # no residual is the middle of the scale
    assert len(rings.x) == 0


def test_bias_scatter_rings_and_names_what_was_found():
    table = make_table()
    figure = bias_scatter_figure(table, LIGHT, found=[3])
    film = table.set_index("item_index").loc[3]
    assert list(figure.data[2].y) == [film["bias"]]
    assert [annotation.y for annotation in figure.layout.annotations] == [film["bias"]]
    assert figure.layout.annotations[0].font.color == LIGHT.found


def test_every_picture_of_synthetic_ratings_says_so():
    table = make_table()
    for figure in (
        bias_bars_figure(table, LIGHT, synthetic=True),
        bias_scatter_figure(table, LIGHT, synthetic=True),
    ):
        assert "synthetic ratings" in [annotation.text for annotation in figure.layout.annotations]
