"""The pictures of neighbours and of the parts of a closeness: what is drawn, in which order, and how it is said."""

import pandas as pd
import pytest

from collab.ui.charts import formats
from collab.ui.charts.palette import LIGHT
from collab.ui.similar.figures import neighbour_bars_figure, parts_figure, seed_marks


def make_table(values=(0.9, 0.5), column="similarity"):
    titles = ["Alien (1979)", "Aliens <2> (1986)"]
    return pd.DataFrame({"item_index": [4, 2], "title": titles, column: values, "n_ratings": [1, 1_200]})


@pytest.mark.parametrize(
    ("column", "values"), [("similarity", [0.9, 0.5]), ("distance", [0.4, 1.5]), ("product", [3.0, -1.0])]
)
def test_bars_closest_on_top_with_their_counts(column, values):
    figure = neighbour_bars_figure(make_table(values, column), column, "an axis", LIGHT)
    (bars,) = figure.data
    assert list(bars.x) == values and figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert bars.hovertext[0] == f"Alien (1979) · {column} {values[0]:.2f} · 1 rating"
    assert "1,200 ratings" in figure.layout.annotations[1].text and "&lt;2&gt;" in figure.layout.annotations[1].text
    assert figure.layout.xaxis.title.text == "an axis"
    low, high = figure.layout.xaxis.range
    assert low <= min(0, *values) and high > max(values)


def test_marked_films_differ_in_weight_and_strength_and_notes_stand_behind_the_count():
    figure = neighbour_bars_figure(make_table(), "similarity", "", LIGHT, marked=[2], notes=["●●○", "●○○"])
    first, second = (annotation.text for annotation in figure.layout.annotations)
    assert "<b>" not in first and second.startswith("<b>Aliens") and "1,200 ratings ●○○" in second
    first, second = figure.data[0].marker.opacity
    assert first < second == 1


def test_parts_to_both_sides_of_zero():
    rows = pd.DataFrame({"part": [0.4, -0.1], "said": ["factor 3", "factor 1"]})
    figure = parts_figure(rows, "what each adds", LIGHT)
    (bars,) = figure.data
    assert list(bars.x) == [0.4, -0.1] and list(bars.text) == ["+0.40", "−0.10"]
    assert bars.marker.color[0] != bars.marker.color[1]
    assert figure.layout.xaxis.range[0] < -0.1 and figure.layout.xaxis.range[1] > 0.4


def test_every_picture_of_synthetic_ratings_says_so():
    rows = pd.DataFrame({"part": [0.4], "said": ["factor 3"]})
    for figure in (
        neighbour_bars_figure(make_table(), "similarity", "", LIGHT, synthetic=True),
        parts_figure(rows, "", LIGHT, synthetic=True),
    ):
        assert "synthetic ratings" in [annotation.text for annotation in figure.layout.annotations]


def test_words():
    assert (seed_marks(3, 5), seed_marks(0, 2), seed_marks(2, 2)) == ("●●●○○", "○○", "●●")
    assert (formats.counted(1, "rating"), formats.counted(1200, "rating")) == ("1 rating", "1,200 ratings")
