"""The pictures of means by kind and of the users' biases: what is drawn, where, and how it is said."""

import numpy as np
import pandas as pd
import pytest

from collab.ui.biases.figures import distribution_figure, genre_decade_figure, kinds_figure
from collab.ui.charts.palette import LIGHT

KINDS = pd.DataFrame(
    {
        "name": ["Drama", "<b>"],
        "mean": [0.2, -0.1],
        "error": [0.05, np.nan],
        "n_items": [1200, 1],
        "n_ratings": [5000, 1],
    }
)
CELLS = pd.DataFrame(
    {
        "genre": ["Drama", "Drama", "War"],
        "decade": ["1980s", "1990s", "1980s"],
        "mean": [0.3, -0.3, 0.0],
        "error": [0.1, np.nan, 0.1],
        "n_items": [2, 1, 4],
        "n_ratings": [20, 10, 40],
    }
)


def test_kinds_are_dots_with_their_errors_beside_the_mean_of_all():
    figure = kinds_figure(KINDS, 0.04, LIGHT)
    (dots,) = figure.data
    assert list(dots.x) == [0.2, -0.1] and list(dots.error_x.array) == [0.05, 0.0]
    assert dots.marker.cmin == -dots.marker.cmax
    assert dots.hovertext[0] == "Drama · mean bias +0.20 ± 0.05 · 1,200 films · 5,000 ratings"
    assert dots.hovertext[1] == "&lt;b&gt; · mean bias −0.10 · 1 film · 1 rating"
    assert figure.layout.shapes[0].x0 == 0.04 and figure.layout.yaxis.ticktext[1].startswith("&lt;b&gt;")
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first on top


def test_the_heat_map_has_zero_in_the_middle_and_the_films_in_its_cells():
    (cells,) = genre_decade_figure(CELLS, LIGHT).data
    assert cells.zmin == -cells.zmax and list(cells.x) == ["1980s", "1990s"] and list(cells.y) == ["Drama", "War"]
    assert cells.z[0][0] == 0.3 and np.isnan(cells.z[1][1])
    assert [list(row) for row in cells.text] == [["2", "1"], ["4", ""]]
    assert cells.hovertext[0][1] == "Drama, 1990s · mean bias −0.30 · 1 film · 10 ratings"


def test_the_distribution_counts_every_user_once():
    biases = np.r_[np.linspace(-1, 0.5, 50), 1.0]
    figure = distribution_figure(pd.DataFrame({"bias": biases}), LIGHT, n_bins=10)
    (bars,) = figure.data
    assert sum(bars.y) == 51 and len(bars.x) == 10
    assert sum(n for x, n in zip(bars.x, bars.y, strict=True) if x < 0) == (biases < 0).sum()
    assert figure.layout.shapes[0].x0 == pytest.approx(biases.mean())
    assert set(bars.marker.color[:5]) == {LIGHT.diverging[2]} and set(bars.marker.color[5:]) == {LIGHT.diverging[-3]}


def test_every_picture_of_synthetic_ratings_says_so():
    for figure in (
        kinds_figure(KINDS, 0.0, LIGHT, synthetic=True),
        genre_decade_figure(CELLS, LIGHT, synthetic=True),
        distribution_figure(pd.DataFrame({"bias": [0.1]}), LIGHT, synthetic=True),
    ):
        assert "synthetic ratings" in [annotation.text for annotation in figure.layout.annotations]
